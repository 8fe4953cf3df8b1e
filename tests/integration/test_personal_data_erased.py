"""After leaving, nothing is left of a person but figures (SEC-6)."""

import asyncio
import io
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from httpx import AsyncClient
from sqlalchemy import delete, make_url, select, text

from attain_api.audit.commands import verify_company
from attain_api.personal_data.texts import PLACES
from attain_api.state import ApiState
from attain_shared.access.models import Account, IdempotencyKey, Membership
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.db.tables import metadata
from attain_shared.departments.models import Department
from attain_shared.people.models import Person, PersonEvent, PersonSpell
from attain_shared.people.queries import standing
from attain_shared.people.timeline import build_spells, spell_row
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import created, ok, problem
from tests.support.traces import Known, make_known, rename, speak_of

KEEPERS = ("admin", "hr", "employee")
YESTERDAY = business_day() - timedelta(days=1)


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


async def places_of(state: ApiState, company: Company, name: str) -> list[tuple[str, int]]:
    """By searched column: the rows that hold a name."""
    async with state.engine.connect() as connection:
        counted = []
        for place in PLACES:
            for column in place.columns:
                holds = f"company_id = :company_id AND {column}::text LIKE '%{name}%'"
                statement = text(f"SELECT count(*) FROM {place.table} WHERE {holds}")
                rows = await connection.execute(statement, {"company_id": company.company_id})
                counted.append((f"{place.table}.{column}", rows.scalar_one()))
    return counted


async def findings(state: ApiState, company: Company) -> list[str]:
    return [one async for one in verify_company(state.sessions, company_id=company.company_id)]


async def test_nothing_of_an_erased_person_is_left_in_the_database(api: AsyncClient, state: ApiState) -> None:
    """Must show 8."""
    company = await make_company(state)
    member = await make_known(api, state, company)
    await speak_of(state, company, member.name)
    await leave(api, company, member)
    assert [place for place in await places_of(state, company, member.name) if place[1] == 0] == []
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
    company = await make_company(state, roles=KEEPERS)
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


async def test_two_erasures_at_once_are_one(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_known(api, state, company)
    await leave(api, company, member)
    one, other = await asyncio.gather(*(erase(api, company, member.person_id) for _ in range(2)))
    assert one == other
    assert await findings(state, company) == []
    query = {"resource_id": str(member.person_id), "action": "erase_person"}
    trail = ok(await api.get("/v1/audit-entries", params=query, headers=company.headers))
    assert len(trail["items"]) == 1


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


async def test_other_companies_are_left_alone(api: AsyncClient, state: ApiState) -> None:
    company, other = await make_company(state), await make_company(state)
    member = await make_member(state, company)
    await rename(api, company, member.person_id, name="林晓")
    await rename(api, other, other.person_id, name="林晓")
    async with transaction(state.sessions, state.doorbell) as uow:
        for one in (company, other):
            uow.session.add(Department(company_id=one.company_id, name="林晓的部门", function="design", duties=["x"]))
    await leave(api, company, member)
    await erase(api, company, member.person_id)
    for one, expected in ((company, f"已删除 {member.person_id.hex[-8:]}的部门"), (other, "林晓的部门")):
        page = ok(await api.get("/v1/departments", headers=one.headers))
        assert [row["name"] for row in page["items"]] == [expected]
        assert await findings(state, one) == []


async def test_a_former_name_is_forgotten_but_not_looked_for_in_texts_on_others(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state, roles=KEEPERS)
    member = await make_known(api, state, company)
    await rename(api, company, member.person_id, name="运营")
    await rename(api, company, member.person_id, name=member.name)
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add(Department(company_id=company.company_id, name="运营部", function="design", duties=[]))
    await leave(api, company, member)
    await erase(api, company, member.person_id)
    departments = ok(await api.get("/v1/departments", params={"name": "运营部"}, headers=company.headers))
    assert len(departments["items"]) == 1
    trail = (await exported(api, company, member.person_id))["audit_entries"]
    assert "运营" not in str([entry["changes"] for entry in trail])


async def test_a_stored_answer_that_speaks_of_the_person_goes_and_others_stay(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state)
    member = await make_known(api, state, company)
    # only looks like it
    body = {"name": "other", "function": "design", "duties": [f"{member.mail}.cn"]}
    created(await api.post("/v1/departments", json=body, headers=company.headers | {"Idempotency-Key": "other"}))
    about = {"name": "about", "function": "design", "duties": [member.mail]}
    created(await api.post("/v1/departments", json=about, headers=company.headers | {"Idempotency-Key": "about"}))
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
