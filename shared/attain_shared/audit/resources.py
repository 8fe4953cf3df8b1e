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
    # when it may be sent to next, and since when it fails, changes by itself
    "webhooks": Resource("webhook", unseen=frozenset({"sends_after", "failing_since", "starts_after"})),
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
    "company_values": Resource("company_value"),
    "review_cycles": Resource("review_cycle"),
    # what belongs to a review is found by the review: whoever may not know of a review finds none of it
    "reviews": Resource("review", unseen=frozenset({"raters_result"})),
    "review_delegations": Resource("review_delegation", "review_id"),
    "review_assessments": Resource("review_assessment", "review_id", frozenset({"document"})),
    "rating_changes": Resource("rating_change", "review_id"),
    "interviews": Resource("interview", "review_id"),
    "calibration_groups": Resource("calibration_group"),
    # who has answered is known to nobody but the rater (REV-11)
    "review_raters": Resource("review_rater", "review_id", frozenset({"state"})),
    "action_items": Resource("action_item"),
    "improvement_plans": Resource("improvement_plan"),
    "decisions": Resource("decision"),
    "feedback": Resource("feedback"),
    "alert_rules": Resource("alert_rule"),
    # what is written is the writer's and the reader's: the trail holds that it was, not what
    "check_ins": Resource("check_in", unseen=frozenset({"summary", "plans", "blockers", "private_note"})),
    "check_in_goals": Resource("check_in_goal", "check_in_id", frozenset({"comment"})),
    "check_in_comments": Resource("check_in_comment", "check_in_id", frozenset({"text"})),
    "recognitions": Resource("recognition"),
    "recognition_people": Resource("recognition_person", "recognition_id"),
}
"""By table."""

OF_REVIEWS = frozenset({
    "review", "review_delegation", "review_assessment", "rating_change", "interview", "calibration_group",
    "review_rater", "rater_answer", "action_item", "improvement_plan", "decision", "feedback",
    "check_in", "check_in_goal", "check_in_comment",
})  # fmt: skip
"""Resources that hold contents of reviews: neither administrators nor executives read their trail (SEC-3)."""
UNREAD = frozenset({"review_assessment", "rater_answer", "check_in", "check_in_goal", "check_in_comment"})
"""Resources whose entries stand in the chain and are shown to nobody.

That a draft was saved, and when, is its writer's alone to know, like what it says (REV-7); that it was submitted is in
the review's own entry. So with check-ins: drafts are their writer's, and a 1:1 is known to two (CULT-1). Of what raters
said nothing is noted; only an erased name in it leaves an entry (REV-11).
"""

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
    "installation_samples": "of no company",
    "metric_batches": "has a history of its own (MET-7)",
    "batch_keys": "as metric_batches",
    "batch_rejections": "as metric_batches",
    "observations": "as metric_batches",
    "observation_history": "as metric_batches",
    "connector_deliveries": "as metric_batches",
    "shop_checks": "work to do",
    "metric_findings": "derived from observations",
    "alerts": "raised and cleared by Attain itself, with a history of their own; who takes one on is recorded",
    "review_goals": "frozen out of attainments and the manager's assessment; the review's entry has what it comes to",
    "review_events": "the record of reviews, with its own history; the review's entry says the same",
    "rater_answers": "an entry would say when, and beside the others of that minute who (REV-11)",
    "event_relays": "work being done",
    "deliveries": "of events; sending one anew is an entry of its webhook",
    "events": "tell of changes that have entries of their own",
    "reminders": "made by Attain itself out of due dates",
}
"""The other tables, and why."""

NEVER_SHOWN = frozenset({"company_id", "version", "created_at"})
"""Columns that say nothing an entry does not say itself."""
