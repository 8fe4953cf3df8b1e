"""Every change leaves an entry, in the same transaction (SEC-5)."""

import asyncio
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import insert, select, text

from attain_api.audit.commands import verify_company
from attain_api.state import ApiState
from attain_shared.access.models import Company
from attain_shared.audit.models import AuditEntry
from attain_shared.audit.resources import NOT_FOLLOWED, RESOURCES
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.db.tables import metadata
from attain_shared.departments.models import Department
from attain_shared.identifiers import new_id
from tests.support.companies import make_company
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements


async def entries(state: ApiState, company_id: UUID, request_id: str | None = None) -> list[AuditEntry]:
    statement = select(AuditEntry).where(AuditEntry.company_id == company_id)
    if request_id is not None:
        statement = statement.where(AuditEntry.request_id == request_id)
    async with state.sessions() as session:
        return list(await session.scalars(statement.order_by(AuditEntry.sequence)))


def values(entry: AuditEntry) -> dict[str, Any]:
    return {name: (change["before"], change["after"]) for name, change in entry.changes.items()}


async def test_a_new_department_and_its_change_each_leave_an_entry(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    body = {"name": "运营部", "function": "operations", "headcount_plan": 6, "duties": ["数据分析"]}
    response = await api.post("/v1/departments", json=body, headers=company.headers)
    made = created(response)
    [entry] = await entries(state, company.company_id, response.headers["x-request-id"])
    assert (entry.actor_kind, entry.actor_id, entry.action) == ("person", company.person_id, "create_department")
    assert (entry.resource_type, str(entry.resource_id)) == ("department", made["id"])
    assert values(entry) == {name: (None, value) for name, value in body.items()}


async def test_a_change_names_before_and_after_and_nothing_else(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    body = {"name": "运营部", "function": "operations", "headcount_plan": 6}
    made = created(await api.post("/v1/departments", json=body, headers=company.headers))
    path = f"/v1/departments/{made['id']}"
    response = await api.patch(path, json={"name": "运营一部", "headcount_plan": 6}, headers=company.headers)
    [entry] = await entries(state, company.company_id, response.headers["x-request-id"])
    assert entry.action == "update_department"
    assert values(entry) == {"name": ("运营部", "运营一部")}
    same = await api.patch(path, json={"name": "运营一部"}, headers=company.headers)
    assert await entries(state, company.company_id, same.headers["x-request-id"]) == []


async def test_a_refused_request_leaves_no_entry(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    before = len(await entries(state, company.company_id))
    shop = {"platform": "tmall", "external_id": "one", "name": "旗舰店"}
    created(await api.post("/v1/shops", json=shop, headers=company.headers))
    problem(await api.post("/v1/shops", json=shop, headers=company.headers), status=409, code="shop-taken")
    body = {"name": "x", "function": "design", "parent_id": str(new_id())}
    pointers(await api.post("/v1/departments", json=body, headers=company.headers))
    assert [entry.action for entry in (await entries(state, company.company_id))[before:]] == ["create_shop"]


async def test_a_secret_is_in_no_entry(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    body = {"name": "connector", "shop_ids": [], "scopes": ["write"]}
    response = await api.post("/v1/connectors", json=body, headers=company.headers)
    made = created(response)
    found = await entries(state, company.company_id, response.headers["x-request-id"])
    assert {entry.resource_type for entry in found} == {"connector", "api_key"}
    written = " ".join(str(entry.changes) for entry in found)
    assert "secret_hash" not in written
    assert made["api_key"] not in written


async def test_several_flushes_of_one_row_make_one_entry(state: ApiState) -> None:
    company = await make_company(state)
    start = len(await entries(state, company.company_id))
    async with transaction(state.sessions, state.doorbell) as uow:
        row = Department(company_id=company.company_id, name="a", function="design", duties=[])
        uow.session.add(row)
        await uow.session.flush()
        row.name = "b"
        await uow.session.flush()
        row.name = "c"
    async with transaction(state.sessions, state.doorbell) as uow:
        row = await uow.session.merge(row)
        row.name = "d"
        await uow.session.flush()
        row.name = "c"
        await uow.session.flush()
        passing = Department(company_id=company.company_id, name="x", function="design", duties=[])
        uow.session.add(passing)
        await uow.session.flush()
        await uow.session.delete(passing)
    [entry] = (await entries(state, company.company_id))[start:]
    assert (entry.actor_kind, entry.action) == ("system", "create")
    assert values(entry)["name"] == (None, "c")


async def test_what_a_savepoint_takes_back_leaves_no_entry(state: ApiState) -> None:
    company = await make_company(state)
    start = len(await entries(state, company.company_id))
    async with transaction(state.sessions, state.doorbell) as uow:
        row = Department(company_id=company.company_id, name="kept", function="design", duties=[])
        uow.session.add(row)
        savepoint = await uow.session.begin_nested()
        row.name = "lost"
        uow.session.add(Department(company_id=company.company_id, name="gone", function="design", duties=[]))
        await uow.session.flush()
        await savepoint.rollback()
    [entry] = (await entries(state, company.company_id))[start:]
    assert values(entry)["name"] == (None, "kept")


async def test_a_bulk_statement_is_recorded_by_hand_twenty_thousand_at_once(state: ApiState) -> None:
    company = await make_company(state)
    start = len(await entries(state, company.company_id))
    async with transaction(state.sessions, state.doorbell) as uow:
        for number in range(20_000):
            uow.record(
                resource_type="person",
                resource_id=new_id(),
                changes={"name": (None, f"name {number}")},
                company_id=company.company_id,
            )
    found = verify_company(state.sessions, company_id=company.company_id)
    assert [one async for one in found] == []
    last = (await entries(state, company.company_id))[-1]
    assert (last.sequence, values(last)) == (start + 20_000, {"name": (None, "name 19999")})


async def test_a_company_does_not_learn_which_operator_made_it(api: AsyncClient, state: ApiState) -> None:
    operator = await make_company(state, platform=True)
    email = f"{new_id().hex}@example.com"
    body = {"name": "青禾", "admin_email": email, "admin_password": "a long enough password"}
    response = await api.post("/v1/companies", json=body, headers=operator.headers)
    made = created(response)
    found = await entries(state, UUID(made["id"]))
    assert found[0].resource_type == "company"
    assert {(entry.actor_kind, entry.actor_id) for entry in found} == {("system", None)}
    assert await entries(state, operator.company_id, response.headers["x-request-id"]) == []


def test_every_table_is_followed_or_said_why_not() -> None:
    assert set(RESOURCES) | set(NOT_FOLLOWED) == set(metadata.tables)
    assert not set(RESOURCES) & set(NOT_FOLLOWED)


async def test_a_change_costs_one_statement_more_and_a_read_none(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    made = created(await api.post("/v1/departments", json={"name": "a", "function": "design"}, headers=company.headers))
    path = f"/v1/departments/{made['id']}"
    for call, expected in (
        (api.get(path, headers=company.headers), 0),
        (api.patch(path, json={"name": "a"}, headers=company.headers), 0),
        (api.patch(path, json={"name": "b"}, headers=company.headers), 1),
    ):
        with count_statements() as statements:
            ok(await call)
        assert sum("audit_" in statement for statement in statements) == expected


async def test_eight_writers_of_one_company_make_one_whole_chain(api: AsyncClient, state: ApiState) -> None:
    """Must show 6, in small: 400 changes by 8 concurrent clients."""
    company = await make_company(state)
    paths = []
    for number in range(8):
        body = {"name": f"{number}", "function": "design"}
        made = created(await api.post("/v1/departments", json=body, headers=company.headers))
        paths.append(f"/v1/departments/{made['id']}")
    start, barrier = len(await entries(state, company.company_id)), asyncio.Barrier(8)

    async def change(path: str) -> None:
        await barrier.wait()
        for number in range(50):
            ok(await api.patch(path, json={"name": f"change {number}"}, headers=company.headers))

    await asyncio.gather(*map(change, paths))
    found = await entries(state, company.company_id)
    assert len(found) == start + 400
    assert [entry.sequence for entry in found] == list(range(1, start + 401))
    assert [one async for one in verify_company(state.sessions, company_id=company.company_id)] == []


async def test_the_first_writers_of_a_company_make_one_head(state: ApiState) -> None:
    company_id = new_id()
    async with state.engine.begin() as connection:
        values = {"id": company_id, "code": company_id.hex, "name": "x", "created_at": utc_now()}
        await connection.execute(insert(Company).values(values))
    barrier = asyncio.Barrier(8)

    async def first() -> None:
        async with transaction(state.sessions, state.doorbell) as uow:
            uow.record(resource_type="company", resource_id=company_id, changes={}, company_id=company_id)
            await barrier.wait()

    await asyncio.gather(*(first() for _ in range(8)))
    assert [entry.sequence for entry in await entries(state, company_id)] == list(range(1, 9))
    assert [one async for one in verify_company(state.sessions, company_id=company_id)] == []


async def test_one_companys_chain_keeps_no_other_company_waiting(api: AsyncClient, state: ApiState) -> None:
    ours, theirs = await make_company(state), await make_company(state)
    body = {"name": "a", "function": "design"}
    lock = text("SELECT 1 FROM audit_heads WHERE company_id = :company_id FOR UPDATE")
    async with state.engine.begin() as connection:
        await connection.execute(lock, {"company_id": ours.company_id})
        waiting = asyncio.create_task(api.post("/v1/departments", json=body, headers=ours.headers))
        created(await api.post("/v1/departments", json=body, headers=theirs.headers))
        ok(await api.get("/v1/departments", headers=ours.headers))
        await asyncio.sleep(0.2)
        assert not waiting.done()
    created(await waiting)
