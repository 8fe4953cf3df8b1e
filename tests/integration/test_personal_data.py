"""What is held on a person is exported, and after leaving nothing of it is left but figures (SEC-6)."""

import io
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from httpx import AsyncClient
from sqlalchemy import delete, make_url, select, text, update

from attain_api.audit.commands import verify_company
from attain_api.personal_data.held import HELD
from attain_api.personal_data.repository import FREE_TEXT
from attain_api.state import ApiState
from attain_shared.access.models import Account, AccountIdentity, IdempotencyKey, Membership, OneTimeLink, Session
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import business_day, utc_now
from attain_shared.db.base import PERSONAL, Base
from attain_shared.db.session import transaction
from attain_shared.db.tables import metadata
from attain_shared.departments.models import Department
from attain_shared.goals.models import Cycle, Goal
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person, PersonEvent, PersonSpell
from attain_shared.people.queries import standing
from attain_shared.people.timeline import build_spells, spell_row
from attain_shared.positions.models import Position, Successor
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import created, ok, problem

YESTERDAY = business_day() - timedelta(days=1)

ELSEWHERE = {
    "person_spells.manager_id": "somebody else's record, that names the person by the id",
    "person_spells.mentor_id": "somebody else's record, that names the person by the id",
}
"""Foreign keys to people that the export does not follow, and why."""


@dataclass(frozen=True, kw_only=True)
class Known(Member):
    """A member who has left traces; no other test's member has the same."""

    mark: str

    @property
    def name(self) -> str:
        return f"欧阳{self.mark}"

    @property
    def former_name(self) -> str:
        return f"欧阳小{self.mark}"

    @property
    def phone(self) -> str:
        return f"+86 139 {int(self.mark, 16)}"

    @property
    def mail(self) -> str:
        return f"ouyang.{self.mark}@example.com"

    @property
    def note(self) -> str:
        return f"家里有事 {self.mark}"

    @property
    def reason(self) -> str:
        return f"搬到另一座城市 {self.mark}"

    @property
    def device(self) -> str:
        return f"{self.mark}'s phone"

    @property
    def address(self) -> str:
        return f"2001:db8::{self.mark}"

    @property
    def traces(self) -> list[str]:
        """What must be gone: as everything holds the mark, it is enough to look for that and for the phone."""
        return [self.name, self.former_name, self.phone, self.mail, self.note, self.reason, self.device, self.address]


async def rename(api: AsyncClient, company: Company, person_id: UUID, **changes: object) -> None:
    ok(await api.patch(f"/v1/people/{person_id}", json=changes, headers=company.headers))


async def leave(api: AsyncClient, company: Company, who: Member, *, on: date = YESTERDAY) -> None:
    body = {"effective_on": on.isoformat()}
    if isinstance(who, Known):
        body |= {"reason": f"{who.reason} ({who.name})", "note": who.note}
    ok(await api.post(f"/v1/people/{who.person_id}/leave", json=body, headers=company.headers))


async def erase(api: AsyncClient, company: Member, person_id: UUID) -> dict[str, Any]:
    return ok(await api.post(f"/v1/people/{person_id}/erase", headers=company.headers))


async def exported(api: AsyncClient, member: Member, person_id: UUID) -> dict[str, Any]:
    content = ok(await api.get(f"/v1/people/{person_id}/personal-data", headers=member.headers))
    records: dict[str, Any] = content["records"]
    return records


async def dump(state: ApiState) -> str:
    """Every row of every table, as COPY writes them."""
    url = make_url(state.settings.database_url.get_secret_value()).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    written = io.BytesIO()
    for table in metadata.tables:
        await connection.copy_from_query(f'SELECT * FROM "{table}"', output=written)
    await connection.close()
    return written.getvalue().decode()


async def findings(state: ApiState, company: Company) -> list[str]:
    return [one async for one in verify_company(state.sessions, company_id=company.company_id)]


async def make_known(api: AsyncClient, state: ApiState, company: Company) -> Known:
    """A person who has left traces wherever a person can."""
    member = Known(**vars(await make_member(state, company)), mark=secrets.token_hex(6))
    company_id, person_id, now = company.company_id, member.person_id, utc_now()
    await rename(api, company, person_id, name=member.former_name, email=member.mail.upper(), phone=member.phone)
    await rename(api, company, person_id, name=member.name)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(update(Account).where(Account.id == member.account_id).values(email=member.mail))
        uow.session.add(
            AccountIdentity(issuer="https://id.example", subject=f"{member.mail}#1", account_id=member.account_id)
        )
        await uow.session.execute(
            update(Session)
            .where(Session.account_id == member.account_id)
            .values(device=member.device, address=member.address)
        )
        uow.record(
            resource_type="session",
            resource_id=person_id,
            changes={"device": (None, member.device), "address": (None, member.address)},
            company_id=company_id,
            action="sign_in",
        )
        uow.session.add(
            OneTimeLink(
                kind="invitation",
                company_id=company_id,
                person_id=person_id,
                secret_hash=b"x",
                expires_at=now,
            )
        )
        position = Position(
            company_id=company_id,
            id=new_id(),
            name="店长",
            function="operations",
            tier="middle",
            grade="M1",
            duties=[],
            hiring_standards={},
            kpi_template=[],
        )
        uow.session.add(position)
        await uow.session.flush()
        uow.session.add(
            Successor(
                company_id=company_id, position_id=position.id, person_id=person_id, readiness="now", note=member.note
            )
        )
        uow.session.add(
            Successor(
                company_id=company_id,
                position_id=position.id,
                person_id=company.person_id,
                readiness="later",
                note=f"如果{member.name}不行",
            )
        )
    body = {
        "name": f"{member.name}的团队",
        "function": "operations",
        "head_id": str(person_id),
        "duties": [f"找{member.name}"],
    }
    headers = company.headers | {"Idempotency-Key": "k"}
    created(await api.post("/v1/departments", json=body, headers=headers))
    async with transaction(state.sessions, state.doorbell) as uow:
        for row in goals_of(company, member):
            uow.session.add(row)
            await uow.session.flush()
    return member


def goals_of(company: Company, member: Known) -> list[Base]:
    """The member's own goal and one of the company's: both speak of the member."""
    days = {"starts_on": date(2026, 10, 1), "ends_on": date(2026, 12, 31)}
    cycle = Cycle(company_id=company.company_id, id=new_id(), kind="quarter", name="Q4", state="open", **days)
    goals = [
        Goal(
            company_id=company.company_id,
            id=new_id(),
            cycle_id=cycle.id,
            person_id=owner,
            title=f"{member.name}提升转化",
            why=f"ask {member.mail.title()} or {member.phone}",
            behaviours="nothing personal",
            standards={"below": f"{member.name} fails", "meets": "x", "above": "y"},
            weight=Decimal(40),
            ignore_missing=False,
            state="confirmed",
            created_by=company.person_id,
            **days,
        )
        for owner in (member.person_id, None)
    ]
    return [cycle, *goals]


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


async def test_nothing_of_an_erased_person_is_left_in_the_database(api: AsyncClient, state: ApiState) -> None:
    """Must show 8."""
    company = await make_company(state)
    member = await make_known(api, state, company)
    await leave(api, company, member)
    before = await dump(state)
    assert [term for term in member.traces if term.lower() not in before.lower()] == []
    erased = await erase(api, company, member.person_id)
    after = (await dump(state)).lower()
    assert [term for term in member.traces if term.lower() in after] == []
    assert member.email.lower() not in after
    assert erased["name"] == f"已删除 {member.person_id.hex[-8:]}"
    assert erased["email"] == f"erased-{member.person_id}@erased.invalid"
    assert (erased["phone"], erased["leaving_reason"]) == (None, None)
    assert await findings(state, company) == []


async def test_figures_and_dates_stay(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_known(api, state, company)
    await leave(api, company, member)
    before = await exported(api, company, member.person_id)
    await erase(api, company, member.person_id)
    after = await exported(api, company, member.person_id)
    assert [spell | {"leaving_reason": None} for spell in before["spells"]] == after["spells"]
    assert [event["kind"] for event in before["events"]] == [event["kind"] for event in after["events"]]
    [goal], [was] = after["goals"], before["goals"]
    assert goal["title"] == f"已删除 {member.person_id.hex[-8:]}提升转化"
    texts = {"title", "why", "standards", "version"}
    assert {name: goal[name] for name in goal.keys() - texts} == {name: was[name] for name in was.keys() - texts}
    assert goal["version"] == was["version"] + 1
    assert after["successions"] == [before["successions"][0] | {"note": None}]
    async with state.sessions() as session:
        of_person = (PersonEvent.company_id == company.company_id, PersonEvent.person_id == member.person_id)
        events = list(await session.scalars(select(PersonEvent).where(*of_person)))
        spells = await session.scalars(
            select(PersonSpell)
            .where(PersonSpell.company_id == company.company_id, PersonSpell.person_id == member.person_id)
            .order_by(PersonSpell.starts_on)
        )
        stored = [{name: getattr(row, name) for name in spell_row(build_spells(standing(events))[0])} for row in spells]
    assert stored == [spell_row(spell) for spell in build_spells(standing(events))]


async def test_erasing_twice_changes_nothing(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_known(api, state, company)
    await leave(api, company, member)
    first = await erase(api, company, member.person_id)
    before = await dump(state)
    assert await erase(api, company, member.person_id) == first
    assert await dump(state) == before


async def test_somebody_who_works_here_or_will_again_is_not_erased(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_member(state, company)
    path = f"/v1/people/{member.person_id}/erase"
    problem(await api.post(path, headers=company.headers), status=409, code="not-left-yet")
    await leave(api, company, member, on=business_day())
    problem(await api.post(path, headers=company.headers), status=409, code="not-left-yet")
    other = await make_member(state, company)
    await leave(api, company, other)
    body = {"effective_on": (business_day() + timedelta(days=30)).isoformat()}
    ok(await api.post(f"/v1/people/{other.person_id}/rehire", json=body, headers=company.headers))
    problem(
        await api.post(f"/v1/people/{other.person_id}/erase", headers=company.headers), status=409, code="not-left-yet"
    )


async def test_who_erases_and_whom(api: AsyncClient, state: ApiState) -> None:
    company, stranger = await make_company(state), await make_company(state)
    member = await make_member(state, company)
    await leave(api, company, member)
    path = f"/v1/people/{member.person_id}/erase"
    for role in ("executive", "employee"):
        other = await make_member(state, company, roles=(role,))
        problem(await api.post(path, headers=other.headers), status=403, code="not-allowed")
    problem(await api.post(path, headers=stranger.headers), status=404, code="not-found")
    stale = await api.post(path, headers=company.headers | {"If-Match": '"1"'})
    problem(stale, status=412, code="stale")
    hr = await make_member(state, company, roles=("hr",))
    response = await api.post(path, headers=hr.headers)
    ok(response)
    shown = await api.get(f"/v1/people/{member.person_id}", headers=hr.headers)
    assert shown.headers["etag"] == response.headers["etag"]


async def test_an_account_that_serves_another_company_stays_there(api: AsyncClient, state: ApiState) -> None:
    ours, theirs = await make_company(state), await make_company(state)
    member = await make_member(state, ours)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(delete(Membership).where(Membership.account_id == theirs.account_id))
        uow.session.add(
            Membership(
                account_id=member.account_id,
                company_id=theirs.company_id,
                person_id=theirs.person_id,
                accepted_at=utc_now(),
            )
        )
    await leave(api, ours, member)
    await erase(api, ours, member.person_id)
    async with state.sessions() as session:
        places = await session.scalars(select(Membership.company_id).where(Membership.account_id == member.account_id))
        assert list(places) == [theirs.company_id]
        assert await session.get(Account, member.account_id) is not None
        person = await session.scalar(
            select(Person).where(Person.company_id == theirs.company_id, Person.id == theirs.person_id)
        )
    assert person is not None
    assert person.erased_at is None


async def test_a_namesake_and_other_companies_are_left_alone(api: AsyncClient, state: ApiState) -> None:
    company, other = await make_company(state), await make_company(state)
    member, namesake = await make_member(state, company), await make_member(state, company)
    for one, where in ((member, company), (namesake, company)):
        await rename(api, where, one.person_id, name="林晓")
    await rename(api, other, other.person_id, name="林晓")
    async with transaction(state.sessions, state.doorbell) as uow:
        for one in (company, other):
            uow.session.add(Department(company_id=one.company_id, name="林晓的部门", function="design", duties=["x"]))
    await leave(api, company, member)
    await erase(api, company, member.person_id)
    assert ok(await api.get(f"/v1/people/{namesake.person_id}", headers=company.headers))["name"] == "林晓"
    trail = ok(
        await api.get("/v1/audit-entries", params={"resource_id": str(namesake.person_id)}, headers=company.headers)
    )
    assert {"before": namesake.email.partition("@")[0], "after": "林晓"} in [
        entry["changes"].get("name") for entry in trail["items"]
    ]
    for one, expected in ((company, f"已删除 {member.person_id.hex[-8:]}的部门"), (other, "林晓的部门")):
        page = ok(await api.get("/v1/departments", headers=one.headers))
        assert [row["name"] for row in page["items"]] == [expected]
        assert await findings(state, one) == []


async def test_a_stored_answer_that_speaks_of_the_person_goes_and_others_stay(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state)
    member = await make_known(api, state, company)
    body = {"name": "other", "function": "design"}
    created(await api.post("/v1/departments", json=body, headers=company.headers | {"Idempotency-Key": "other"}))
    await leave(api, company, member)
    await erase(api, company, member.person_id)
    async with state.sessions() as session:
        keys = await session.scalars(select(IdempotencyKey.key).where(IdempotencyKey.company_id == company.company_id))
        assert list(keys) == ["other"]


@pytest.mark.parametrize("table", ["memberships", "sessions", "one_time_links", "account_identities", "accounts"])
async def test_the_sign_in_of_an_erased_person_is_gone(api: AsyncClient, state: ApiState, table: str) -> None:
    company = await make_company(state)
    member = await make_known(api, state, company)
    await leave(api, company, member)
    await erase(api, company, member.person_id)
    key = {"accounts": "id", "one_time_links": "person_id"}.get(table, "account_id")
    value = member.person_id if table == "one_time_links" else member.account_id
    async with state.engine.connect() as connection:
        counted = await connection.execute(text(f"SELECT count(*) FROM {table} WHERE {key} = :value"), {"value": value})
        assert counted.scalar_one() == 0
