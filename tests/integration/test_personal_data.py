"""What is held on a person is exported, all of it (SEC-6)."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from attain_api.audit.commands import verify_company
from attain_api.personal_data.held import HELD
from attain_api.personal_data.texts import PLACES
from attain_api.state import ApiState
from attain_shared.audit.models import AuditEntry
from attain_shared.db.base import PERSONAL
from attain_shared.db.tables import metadata
from attain_shared.identifiers import new_id
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import created, ok, problem
from tests.support.traces import make_known

ELSEWHERE = {
    "person_spells.manager_id": "somebody else's record, that names the person by the id",
    "person_spells.mentor_id": "somebody else's record, that names the person by the id",
}
"""Foreign keys to people that the export does not follow, and why."""


async def exported(api: AsyncClient, member: Member, person_id: UUID) -> dict[str, Any]:
    content = ok(await api.get(f"/v1/people/{person_id}/personal-data", headers=member.headers))
    records: dict[str, Any] = content["records"]
    return records


async def findings(state: ApiState, company: Company) -> list[str]:
    return [one async for one in verify_company(state.sessions, company_id=company.company_id)]


def held_columns() -> set[str]:
    return {f"{held.model.__tablename__}.{name}" for held in HELD for name in held.columns}


def test_every_personal_column_and_every_key_to_people_is_exported_or_explained() -> None:
    personal = {
        str(column) for table in metadata.tables.values() for column in table.columns if column.info == PERSONAL
    }
    assert personal - held_columns() == set()
    tables = {held.model.__tablename__ for held in HELD}
    unseen = {
        f"{table.name}.{element.parent.name}"
        for table in metadata.tables.values()
        for constraint in table.foreign_key_constraints
        for element in constraint.elements
        if element.target_fullname == "people.id"
        and not (table.name in tables and element.parent.name in {"person_id", "head_id", "owner_id"})
    }
    assert unseen == set(ELSEWHERE)


NOT_SEARCHED = {
    "accounts.email": "the account's own, which may serve other companies; it goes with the account",
    "accounts.password_hash": "a secret",
    "account_identities.issuer": "the account's own",
    "account_identities.subject": "the account's own",
    "alert_rules.condition": "codes, ids and figures",
    "alerts.details": "codes, figures, days and instants",
    "attainments.indicators": "computed: codes and figures",
    "attainments.rule": "computed of a rubric",
    "audit_entries.changes": "searched as the trail, by the fields of the searched tables",
    "audit_entries.digests": "digests",
    "audit_entries.request_id": "under the chain: a letter of it changed would break it",
    "batch_keys.key": "made by a connector, for connectors",
    "batch_rejections.detail": "on figures that a connector pushed",
    "batch_rejections.pointer": "on figures that a connector pushed",
    "companies.name": "the company's own, kept by the installation",
    "company_metrics.code": "a code",
    "company_metrics.denominator": "codes",
    "company_metrics.numerator": "codes",
    "company_metrics.over_shops_weight": "a code",
    "connectors.scopes": "codes",
    "deliveries.data": "ids and codes",
    "deliveries.tries": "instants, figures and codes",
    "departments.origin": "a place in a blueprint",
    "goals.rubric": "codes and figures",
    "idempotency_keys.answer": "removed, with the whole row, where it speaks of the person",
    "idempotency_keys.headers": "as the answer",
    "idempotency_keys.key": "as the answer",
    "idempotency_keys.route": "a path of the API",
    "indicators.dimension": "a code",
    "indicators.item_dimensions": "codes",
    "kpi_templates.rubric": "codes and figures",
    "item_sets.item_ids": "a platform's ids",
    "events.data": "ids and codes",
    "metric_batches.error": "of the worker",
    "metric_batches.source": "what a connector's program calls itself",
    "metric_batches.verdicts": "counts",
    "metric_findings.dimension": "a code",
    "metric_findings.grain": "a code",
    "metric_findings.kind": "a code",
    "metric_findings.metric": "a code",
    "observation_history.dimension": "a code",
    "observation_history.grain": "a code",
    "observation_history.metric": "a code",
    "observation_history.verdict": "a code",
    "observations.dimension": "a code",
    "observations.grain": "a code",
    "observations.metric": "a code",
    "observations.verdict": "a code",
    "indicator_sources.dimension": "a code",
    "indicator_sources.metric": "a code",
    "metric_months.dimension": "a code",
    "metric_months.metric": "a code",
    "pace_curves.errors": "computed: codes and figures",
    "rubric_versions.rubric": "codes and figures",
    "oidc_sign_ins.code_verifier": "of a sign-in under way",
    "oidc_sign_ins.nonce": "of a sign-in under way",
    "oidc_sign_ins.redirect_uri": "of a sign-in under way",
    "oidc_sign_ins.scope": "of a sign-in under way",
    "people.email": "what others are called and reached by is theirs",
    "people.name": "what others are called and reached by is theirs",
    "people.phone": "what others are called and reached by is theirs",
    "people.roles": "codes",
    "positions.origin": "a place in the library or in a blueprint",
    "calibration_groups.violations": "codes and counts",
    "rater_answers.scores": "codes and figures",
    "review_assessments.part": "a code",
    "review_cycles.due": "days",
    "review_cycles.settings": "codes and figures",
    "review_delegations.step": "a code",
    "review_goals.indicators": "computed: codes and figures",
    "review_goals.rule": "computed of a rubric",
    "sessions.address": "where somebody else signed in from",
    "shops.external_id": "a platform's id",
    "webhooks.event_kinds": "codes",
    "webhooks.url_shown": "a host's name",
    "worker_heartbeats.host": "of the worker",
    "metric_batches.traceparent": "numbers",
}
"""Columns of text in which an erasure does not look for the person, and why; nor in short ones, which hold codes."""


OF_CODES = 80
"""The length of columns of codes."""


def test_every_column_of_text_is_searched_or_explained() -> None:
    searched = {f"{place.table}.{name}" for place in PLACES for name in place.columns}
    of_text = {
        str(column)
        for table in metadata.tables.values()
        for column in table.columns
        if _is_text(getattr(column.type, "item_type", column.type))
    }
    assert searched & set(NOT_SEARCHED) == set()
    assert of_text == searched | set(NOT_SEARCHED)


def _is_text(kind: TypeEngine[Any]) -> bool:
    return isinstance(kind, JSONB) or (isinstance(kind, String) and kind.length != OF_CODES)


async def test_the_export_holds_everything_and_is_recorded(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_known(api, state, company)
    response = await api.get(f"/v1/people/{member.person_id}/personal-data", headers=member.headers)
    records = ok(response)["records"]
    assert set(records) == {held.name for held in HELD}
    empty = {name for name, rows in records.items() if not rows}
    assert empty <= {"shop_shares", "audited_actions", "departments_headed_before"}
    assert records["person"][0]["phone"] == member.phone
    assert records["account"] == [records["account"][0] | {"email": member.mail}]
    assert records["identities"][0]["subject"] == f"{member.mail}#1"
    assert records["sessions"][0]["address"] == member.address
    assert [goal["title"] for goal in records["goals"]] == [f"{member.name}提升转化"]
    assert {"before": member.former_name, "after": member.name} in [
        entry["changes"].get("name") for entry in records["audit_entries"]
    ]
    for secret in ("secret_hash", "password_hash", "salt"):
        assert secret not in response.text
    async with state.sessions() as session:
        [entry] = await session.scalars(
            select(AuditEntry).where(
                AuditEntry.company_id == company.company_id,
                AuditEntry.request_id == response.headers["x-request-id"],
            )
        )
    assert (entry.action, entry.actor_id, entry.resource_id) == (
        "export_personal_data",
        member.person_id,
        member.person_id,
    )
    assert await findings(state, company) == []


async def test_the_accounts_own_data_are_told_to_its_owner_alone(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_known(api, state, company)
    hr = await make_member(state, company, roles=("hr",))
    records = await exported(api, hr, member.person_id)
    assert {held.name for held in HELD} - set(records) == {held.name for held in HELD if held.is_private}
    assert {"account", "identities"} & set(records) == set()
    assert str(member.account_id) not in str(records)
    for role in ("admin", "executive", "employee"):
        other = await make_member(state, company, roles=(role,))
        response = await api.get(f"/v1/people/{member.person_id}/personal-data", headers=other.headers)
        problem(response, status=403, code="not-allowed")
    stranger = await make_company(state)
    for path in (f"/v1/people/{member.person_id}/personal-data", f"/v1/people/{new_id()}/personal-data"):
        problem(await api.get(path, headers=stranger.headers), status=404, code="not-found")


async def test_of_the_trail_hr_gets_what_it_reads_of_it_anyway(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_member(state, company, roles=("admin",))
    hr, both = [await make_member(state, company, roles=roles) for roles in (("hr",), ("hr", "admin"))]
    body = {"name": "x", "function": "design"}
    created(await api.post("/v1/departments", json=body, headers=member.headers))
    ok(await api.patch(f"/v1/people/{hr.person_id}", json={"phone": "12345"}, headers=member.headers))
    for asking, expected in (
        (hr, {"update_person"}),
        (both, {"create_department", "update_person"}),
        (member, {"create_department", "update_person"}),
    ):
        records = await exported(api, asking, member.person_id)
        actions = {entry["action"] for entry in records["audited_actions"]}
        assert actions - {"export_personal_data"} == expected
