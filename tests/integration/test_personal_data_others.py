"""Erasing one person takes nothing from anybody else (SEC-6)."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import event, select, text, update

from attain_api.state import ApiState
from attain_shared.access.models import Account, Membership
from attain_shared.audit.models import AuditEntry
from attain_shared.db.session import transaction
from attain_shared.departments.models import Department
from attain_shared.people.models import Person, PersonEvent
from attain_shared.shops.models import ItemSet
from tests.integration.test_personal_data_erased import erase, findings, leave
from tests.support.companies import Company, Member, make_company, make_member, make_shop
from tests.support.http import created, ok, problem
from tests.support.traces import make_known, rename

POSITION = {
    "name": "Lead",
    "function": "operations",
    "tier": "middle",
    "grade": "lead",
    "duties": ["Employee care"],
    "hiring_standards": {"skills": ["skills", "Employee", "gmv"], "experience": [], "qualities": []},
    "kpi_template": [
        {"name": "gmv", "kind": "metric", "metric": "gmv"},
        {"name": "Employee score", "kind": "manual", "unit": "skills"},
    ],
}


async def gone(api: AsyncClient, state: ApiState, company: Company, *, name: str, **contacts: str) -> Member:
    """Somebody of that name who has left."""
    member = await make_member(state, company)
    await rename(api, company, member.person_id, name=name, **contacts)
    await leave(api, company, member)
    return member


async def department(api: AsyncClient, company: Company, name: str, *duties: str) -> UUID:
    body = {"name": name, "function": "design", "duties": duties}
    return UUID(created(await api.post("/v1/departments", json=body, headers=company.headers))["id"])


async def names(api: AsyncClient, company: Company) -> set[str]:
    page = ok(await api.get("/v1/departments", headers=company.headers))
    return {row["name"] for row in page["items"]}


@pytest.mark.parametrize(
    "name", ["Employee", "employment_type", "skills", "operations", "manual", "higher_better", "gmv"]
)
async def test_a_name_that_is_a_code_or_a_key_leaves_structured_data_alone(
    api: AsyncClient, state: ApiState, name: str
) -> None:
    company = await make_company(state)
    position = created(await api.post("/v1/positions", json=POSITION, headers=company.headers))
    other = await make_member(state, company)
    member = await gone(api, state, company, name=name, phone="2026")
    async with state.sessions() as session:
        of_others = (PersonEvent.company_id == company.company_id, PersonEvent.person_id != member.person_id)
        before = (await session.execute(select(PersonEvent.id, PersonEvent.changes).where(*of_others))).all()
    await erase(api, company, member.person_id)
    async with state.sessions() as session:
        assert (await session.execute(select(PersonEvent.id, PersonEvent.changes).where(*of_others))).all() == before
    shown = ok(await api.get(f"/v1/positions/{position['id']}", headers=company.headers))
    codes = ("kind", "metric", "aggregate", "direction", "dimension")
    assert set(shown["hiring_standards"]) == set(position["hiring_standards"])
    assert [[kpi[code] for code in codes] for kpi in shown["kpi_template"]] == [
        [kpi[code] for code in codes] for kpi in position["kpi_template"]
    ]
    assert (shown["function"], shown["tier"]) == ("operations", "middle")
    # what is in people's own words is searched
    expected = "gmv" if name != "gmv" else f"已删除 {member.person_id.hex[-8:]}"
    assert shown["hiring_standards"]["skills"][2] == expected
    body = {"effective_on": "2026-06-01"}
    ok(await api.post(f"/v1/people/{other.person_id}/confirm", json=body, headers=company.headers))
    assert ok(await api.get(f"/v1/people/{other.person_id}", headers=company.headers))["employment_type"] == "employee"
    assert await findings(state, company) == []


async def test_short_phones_are_in_no_id_and_no_date(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    other = await make_member(state, company)
    mark = other.person_id.hex[:4]
    await department(api, company, f"{mark} by 2026-07-15", f"see {other.person_id}")
    member = await gone(api, state, company, name="林晓", phone="2026")
    await rename(api, company, member.person_id, name=mark)
    await erase(api, company, member.person_id)
    page = ok(await api.get("/v1/departments", headers=company.headers))
    [row] = page["items"]
    assert row["name"] == f"已删除 {member.person_id.hex[-8:]} by 2026-07-15"
    assert row["duties"] == [f"see {other.person_id}"]


async def test_a_namesakes_texts_stay_but_for_those_with_a_contact(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    namesake = await make_member(state, company)
    await rename(api, company, namesake.person_id, name="林晓")
    await department(api, company, "林晓的部门")
    await department(api, company, "林晓 (lin.xiao@example.com)")
    member = await gone(api, state, company, name="林晓", email="lin.xiao@example.com")
    await erase(api, company, member.person_id)
    replacement = f"已删除 {member.person_id.hex[-8:]}"
    assert await names(api, company) == {"林晓的部门", f"{replacement} ({replacement})"}
    assert ok(await api.get(f"/v1/people/{namesake.person_id}", headers=company.headers))["name"] == "林晓"
    query = {"resource_id": str(namesake.person_id), "resource_type": "person"}
    trail = ok(await api.get("/v1/audit-entries", params=query, headers=company.headers))
    before = namesake.email.partition("@")[0]
    assert {"before": before, "after": "林晓"} in [entry["changes"].get("name") for entry in trail["items"]]
    of_departments = ok(
        await api.get("/v1/audit-entries", params={"resource_type": "department"}, headers=company.headers)
    )
    assert {"before": None, "after": "林晓的部门"} in [row["changes"].get("name") for row in of_departments["items"]]
    assert await findings(state, company) == []


async def test_a_longer_name_of_another_stays(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    other = await make_member(state, company)
    await rename(api, company, other.person_id, name="王伟明")
    await department(api, company, "王伟明的团队")
    await department(api, company, "王伟的团队")
    member = await gone(api, state, company, name="王伟")
    await erase(api, company, member.person_id)
    assert await names(api, company) == {"王伟明的团队", f"已删除 {member.person_id.hex[-8:]}的团队"}


async def test_a_contact_that_another_has_now_stays(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await department(api, company, "Call 400 123 4567")
    member = await gone(api, state, company, name="王伟", phone="400 123 4567")
    other = await make_member(state, company)
    await rename(api, company, other.person_id, phone="400 123 4567")
    await erase(api, company, member.person_id)
    assert await names(api, company) == {"Call 400 123 4567"}


async def test_a_change_of_others_records_leaves_an_entry_without_values(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    shop = await make_shop(state, company, name="王伟专营店")
    department_id = await department(api, company, "王伟的团队", "找王伟")
    member = await gone(api, state, company, name="王伟")
    await erase(api, company, member.person_id)
    trail = ok(await api.get("/v1/audit-entries", params={"action": "erase_person"}, headers=company.headers))
    told = {entry["resource_id"]: entry["changes"] for entry in trail["items"]}
    assert set(told) == {str(shop.id), str(department_id), str(member.person_id)}
    assert told[str(shop.id)] == {"replaced_fields": {"before": None, "after": ["name"]}}
    assert told[str(department_id)] == {"replaced_fields": {"before": None, "after": ["duties", "name"]}}
    assert await findings(state, company) == []


async def test_names_that_become_the_same_are_told_apart(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    shop = await make_shop(state, company)
    async with transaction(state.sessions, state.doorbell) as uow:
        for name in ("Lin Xiao", "LIN XIAO", "Lin Xiao " * 22):
            uow.session.add(ItemSet(company_id=company.company_id, shop_id=shop.id, name=name, item_ids=["1"]))
    member = await gone(api, state, company, name="Lin Xiao")
    await erase(api, company, member.person_id)
    page = ok(await api.get("/v1/item-sets", headers=company.headers))
    replacement = f"已删除 {member.person_id.hex[-8:]}"
    cut = (f"{replacement} " * 22)[:200]
    assert {row["name"] for row in page["items"]} == {replacement, f"{replacement} 2", cut}


async def test_an_operator_is_erased_by_an_operator_alone_and_the_account_stays(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state, platform=True)
    hr = await make_member(state, company, roles=("hr", "admin"))
    for flag in ("is_platform", "is_ops"):
        member = await make_member(state, company)
        async with transaction(state.sessions, state.doorbell) as uow:
            await uow.session.execute(update(Account).where(Account.id == member.account_id).values({flag: True}))
        await leave(api, company, member)
        path = f"/v1/people/{member.person_id}/erase"
        problem(await api.post(path, headers=hr.headers), status=403, code="not-allowed")
        await erase(api, company, member.person_id)
        async with state.sessions() as session:
            assert await session.get(Account, member.account_id) is not None
            places = select(Membership).where(Membership.account_id == member.account_id)
            assert list(await session.scalars(places)) == []


async def test_the_trail_is_searched_before_the_chain_is_held(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_known(api, state, company)
    await leave(api, company, member)
    said: list[str] = []

    def listen(*arguments: Any) -> None:
        said.append(arguments[2])

    event.listen(state.engine.sync_engine, "before_cursor_execute", listen)
    await erase(api, company, member.person_id)
    event.remove(state.engine.sync_engine, "before_cursor_execute", listen)
    held = next(at for at, one in enumerate(said) if "audit_heads" in one and "FOR UPDATE" in one)
    assert [one for one in said[:held] if "audit_entries" in one and "ILIKE" in one]
    assert [one for one in said[held:] if "ILIKE" in one] == []


async def until_somebody_waits(state: ApiState) -> None:
    statement = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(100):
        async with state.engine.connect() as connection:
            if (await connection.execute(statement)).scalar_one():
                return
        await asyncio.sleep(0.05)
    raise AssertionError("nobody waits")


async def test_what_is_written_during_the_search_is_found_too(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    shop = await make_shop(state, company)
    department_id = await department(api, company, "王伟的团队")
    member = await gone(api, state, company, name="王伟")
    async with state.sessions() as session, session.begin():
        row = select(Department.id).where(Department.company_id == company.company_id, Department.id == department_id)
        await session.execute(row.with_for_update())
        erasing = asyncio.create_task(erase(api, company, member.person_id))
        await until_somebody_waits(state)
        ok(await api.patch(f"/v1/shops/{shop.id}", json={"name": "王伟专营店"}, headers=company.headers))
    await erasing
    async with state.sessions() as session:
        entries = await session.scalars(select(AuditEntry.changes).where(AuditEntry.company_id == company.company_id))
        assert "王伟" not in str(list(entries))
    assert await findings(state, company) == []


async def test_erasures_of_a_company_wait_for_each_other_and_for_no_other_company(
    api: AsyncClient, state: ApiState
) -> None:
    company, other = await make_company(state), await make_company(state)
    names = ("王伟", "李雷", "林晓")
    members = [await gone(api, state, company, name=name) for name in names]
    stranger = await gone(api, state, other, name=names[0])
    for name in names:
        await department(api, company, f"{name}的组", *(f"找{one}" for one in names))
    hold = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    async with state.engine.begin() as connection:
        await connection.execute(hold, {"name": f"attain:erasures:{company.company_id}"})
        waiting = [asyncio.create_task(erase(api, company, member.person_id)) for member in members]
        await until_somebody_waits(state)
        await erase(api, other, stranger.person_id)
        assert not any(task.done() for task in waiting)
    await asyncio.gather(*waiting)
    async with state.sessions() as session:
        of_company = select(Person.erased_at).where(Person.company_id == company.company_id)
        assert len([at for at in await session.scalars(of_company) if at is not None]) == len(members)
    assert await findings(state, company) == []
