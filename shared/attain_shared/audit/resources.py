"""Which tables the audit trail follows, and what their rows are called there."""

from typing import NamedTuple


class Resource(NamedTuple):
    """What a row is called in the trail."""

    type: str
    id: str = "id"
    """The column that an entry is found by."""
    unseen: frozenset[str] = frozenset()
    """Columns that no entry shows, beside those marked SECRET."""


RESOURCES = {
    "companies": Resource("company"),
    # the account's id would tell one company that the other has the same account (ORG-0)
    "memberships": Resource("membership", "person_id", frozenset({"account_id"})),
    "one_time_links": Resource("one_time_link"),
    "connectors": Resource("connector"),
    "api_keys": Resource("api_key"),
    "departments": Resource("department"),
    "positions": Resource("position"),
    "successors": Resource("successor", "person_id"),
    "people": Resource("person"),
    "person_events": Resource("person_event"),
    "shops": Resource("shop"),
    "shop_owners": Resource("shop_owner"),
    "item_sets": Resource("item_set"),
    "cycles": Resource("cycle"),
    "goals": Resource("goal"),
    "indicators": Resource("indicator"),
    "milestones": Resource("milestone"),
    "indicator_entries": Resource("indicator_entry"),
    "rubrics": Resource("rubric"),
    "kpi_templates": Resource("kpi_template"),
    "calendar_events": Resource("calendar_event"),
    "company_metrics": Resource("metric"),
    "metric_imports": Resource("metric_import", unseen=frozenset({"report", "file_hash"})),
}
"""By table."""

NOT_FOLLOWED = {
    "accounts": "belongs to no company: what its owner does is recorded in the company it is done for",
    "account_identities": "as accounts",
    "sessions": "a sign-in is recorded as an event, not as a row",
    "refresh_tokens": "a secret that changes by itself",
    "oidc_sign_ins": "a sign-in under way",
    "sign_in_throttles": "counters",
    "idempotency_keys": "answers kept for a day",
    "audit_entries": "the trail itself",
    "audit_heads": "the trail itself",
    "department_spells": "derived from departments",
    "person_spells": "derived from person_events",
    "indicator_sources": "derived from indicators",
    "goal_marks": "work to do",
    "goal_events": "the record of goals, with its own history; the goal's entry says the same",
    "rubric_versions": "never changed; the rubric's entry names the version",
    "attainments": "derived from observations",
    "attainment_days": "derived from observations",
    "pace_curves": "derived from observations",
    "metric_months": "derived from observations",
    "company_work": "work to do",
    "worker_heartbeats": "work being done",
    "metric_batches": "has a history of its own (MET-7)",
    "batch_keys": "as metric_batches",
    "batch_rejections": "as metric_batches",
    "observations": "as metric_batches",
    "observation_history": "as metric_batches",
    "connector_deliveries": "as metric_batches",
    "shop_checks": "work to do",
    "metric_findings": "derived from observations",
    "alerts": "raised and cleared by Attain itself; has its own history",
}
"""The other tables, and why."""

NEVER_SHOWN = frozenset({"company_id", "version", "created_at"})
"""Columns that say nothing an entry does not say itself."""
