"""What is held on a person is exported, all of it (SEC-6)."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from attain_api.audit.commands import verify_company
from attain_api.personal_data.held import HELD
from attain_api.personal_data.repository import FREE_TEXT
from attain_api.state import ApiState
from attain_shared.audit.models import AuditEntry
from attain_shared.db.base import PERSONAL
from attain_shared.db.tables import metadata
from attain_shared.identifiers import new_id
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import ok, problem
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
        and not (table.name in tables and element.parent.name in {"person_id", "head_id"})
    }
    assert unseen == set(ELSEWHERE)


def test_every_personal_text_of_company_data_is_searched_for_the_names_of_others() -> None:
    searched = {f"{model.__tablename__}.{name}" for model, names in FREE_TEXT.items() for name in names}
    of_the_account = {"sessions", "accounts", "account_identities"}
    personal = {
        str(column)
        for table in metadata.tables.values()
        for column in table.columns
        if column.info == PERSONAL and table.name not in of_the_account | {"people"}
    }
    assert personal - searched == set()


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
    for asking in (company, hr):
        records = await exported(api, asking, member.person_id)
        assert {held.name for held in HELD} - set(records) == {"account", "identities"}
        assert str(member.account_id) not in str(records)
    for role in ("executive", "employee"):
        other = await make_member(state, company, roles=(role,))
        response = await api.get(f"/v1/people/{member.person_id}/personal-data", headers=other.headers)
        problem(response, status=403, code="not-allowed")
    stranger = await make_company(state)
    for path in (f"/v1/people/{member.person_id}/personal-data", f"/v1/people/{new_id()}/personal-data"):
        problem(await api.get(path, headers=stranger.headers), status=404, code="not-found")
