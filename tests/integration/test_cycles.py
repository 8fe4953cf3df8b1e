"""Cycles: the periods that goals belong to (GOAL-1)."""

import asyncio
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from attain_api.state import ApiState
from attain_shared.db.session import reading
from attain_shared.goals.models import Goal, GoalEvent, Indicator, IndicatorSource
from attain_shared.identifiers import new_id
from tests.support.companies import Member, make_company, make_member, make_shop
from tests.support.goals import make_cycle
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements
from tests.support.stored_goals import store_goal, stored_indicator


@pytest.mark.parametrize(
    ("kind", "starts_on", "ends_on"),
    [
        ("month", "2028-02-01", "2028-02-29"),
        ("quarter", "2026-10-01", "2026-12-31"),
        ("half_year", "2026-07-01", "2026-12-31"),
        ("year", "2026-01-01", "2026-12-31"),
    ],
)
async def test_a_cycle_is_open_and_ends_as_its_kind_says(
    api: AsyncClient, state: ApiState, kind: str, starts_on: str, ends_on: str
) -> None:
    """GOAL-1."""
    company = await make_company(state)
    cycle = await make_cycle(api, company, kind=kind, starts_on=starts_on)
    assert (cycle["ends_on"], cycle["state"]) == (ends_on, "open")
    read = await api.get(f"/v1/cycles/{cycle['id']}", headers=company.headers)
    assert ok(read) == cycle


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "quarter", "starts_on": "2026-02-01"}, ("/starts_on", "not-first-day")),
        ({"kind": "half_year", "starts_on": "2026-04-01"}, ("/starts_on", "not-first-day")),
        ({"kind": "year", "starts_on": "2026-07-01"}, ("/starts_on", "not-first-day")),
        ({"kind": "month", "starts_on": "2026-07-02"}, ("/starts_on", "not-first-day")),
        ({"kind": "week"}, ("/kind", "enum")),
        ({"starts_on": "2026-13-01"}, ("/starts_on", "date-from-datetime-parsing")),
        ({"starts_on": 20260701}, ("/starts_on", "date-format")),
        ({"name": ""}, ("/name", "string-too-short")),
        ({"name": None}, ("/name", "string-type")),
        ({"ends_on": "2026-08-31"}, ("/ends_on", "extra-forbidden")),
    ],
    ids=str,
)
async def test_a_cycle_that_cannot_be_is_refused(
    api: AsyncClient, state: ApiState, changes: dict[str, object], expected: tuple[str, str]
) -> None:
    company = await make_company(state)
    body = {"kind": "quarter", "starts_on": "2026-07-01", "name": "Q3"} | changes
    found = pointers(await api.post("/v1/cycles", json=body, headers=company.headers))
    assert [pointer for pointer, _ in found] == [expected[0]]
    if expected[1] != "date-from-datetime-parsing":
        assert found == [expected]
    assert ok(await api.get("/v1/cycles", headers=company.headers))["items"] == []


async def test_a_company_has_a_period_once(api: AsyncClient, state: ApiState) -> None:
    """C7: of many at once one is made."""
    company, other = await make_company(state), await make_company(state)
    body = {"kind": "quarter", "starts_on": "2026-07-01", "name": "Q3"}
    makes = (api.post("/v1/cycles", json=body, headers=company.headers) for _ in range(8))
    answers = await asyncio.gather(*makes)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, status=409, code="cycle-taken")
    await make_cycle(api, company, kind="half_year")
    await make_cycle(api, other)


async def test_a_cycle_is_closed_and_opened(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    path = f"/v1/cycles/{(await make_cycle(api, company))['id']}"
    for action, after, again in (("close", "closed", "close"), ("open", "open", "open")):
        response = await api.post(f"{path}/actions/{action}", headers=company.headers)
        assert ok(response)["state"] == after
        response = await api.post(f"{path}/actions/{again}", headers=company.headers)
        problem(response, status=409, code="action-not-allowed")
    tag = (await api.get(path, headers=company.headers)).headers["etag"]
    assert tag == '"3"'
    stale = await api.post(f"{path}/actions/close", headers=company.headers | {"If-Match": '"1"'})
    problem(stale, status=412, code="stale")
    ok(await api.post(f"{path}/actions/close", headers=company.headers | {"If-Match": tag}))
    assert (await api.get(path, headers=company.headers | {"If-None-Match": '"4"'})).status_code == 304


async def test_cycles_are_listed_the_newest_first_by_kind_and_state(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for month in range(1, 6):
        await make_cycle(api, company, kind="month", starts_on=f"2026-{month:02}-01")
    quarter = await make_cycle(api, company)
    ok(await api.post(f"/v1/cycles/{quarter['id']}/actions/close", headers=company.headers))
    seen, cursor = [], None
    while True:
        params = {"kind": "month", "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = ok(await api.get("/v1/cycles", params=params, headers=company.headers))
        seen += [cycle["starts_on"][5:7] for cycle in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["05", "04", "03", "02", "01"]
    closed = ok(await api.get("/v1/cycles?state=closed", headers=company.headers))["items"]
    assert [cycle["id"] for cycle in closed] == [quarter["id"]]


async def test_a_cycle_made_twice_with_one_key_is_one(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    body, headers = {"kind": "year", "starts_on": "2026-01-01", "name": "2026"}, {"Idempotency-Key": "k"}
    first = created(await api.post("/v1/cycles", json=body, headers=company.headers | headers))
    assert created(await api.post("/v1/cycles", json=body, headers=company.headers | headers)) == first


async def test_cycles_are_their_companys(api: AsyncClient, state: ApiState) -> None:
    """ORG-0, SEC-3: everybody reads them, administrators write them."""
    company, other = await make_company(state), await make_company(state)
    path = f"/v1/cycles/{(await make_cycle(api, company))['id']}"
    employee = await make_member(state, company)
    ok(await api.get(path, headers=employee.headers))
    problem(await api.post(f"{path}/actions/close", headers=employee.headers), status=403, code="not-allowed")
    for address in (path, f"/v1/cycles/{new_id()}"):
        problem(await api.get(address, headers=other.headers), status=404, code="not-found")
        problem(await api.post(f"{address}/actions/close", headers=other.headers), status=404, code="not-found")


async def test_cycles_are_nested_in_the_shortest_around_them(api: AsyncClient, state: ApiState) -> None:
    """GOAL-1: a month in its quarter, half-year and year; what is made later comes in between, and changes the tag."""
    company, other = await make_company(state), await make_company(state)
    month = await make_cycle(api, company, kind="month", starts_on="2026-08-01")
    await make_cycle(api, other)
    await make_cycle(api, company, kind="quarter", starts_on="2026-04-01")
    path, around, tags = f"/v1/cycles/{month['id']}", None, []
    for kind, starts_on in (("year", "2026-01-01"), ("half_year", "2026-07-01"), ("quarter", "2026-07-01")):
        before = await api.get(path, headers=company.headers)
        made = await make_cycle(api, company, kind=kind, starts_on=starts_on)
        after = await api.get(path, headers=company.headers | {"If-None-Match": before.headers["etag"]})
        assert (ok(before)["parent_id"], ok(after)["parent_id"]) == (around, made["id"])
        around, tags = made["id"], [before.headers["etag"], after.headers["etag"]]
    found = ok(await api.get("/v1/cycles", headers=company.headers))["items"]
    kinds = {cycle["id"]: cycle["kind"] for cycle in found} | {None: None}
    assert {(cycle["kind"], cycle["starts_on"][5:7]): kinds[cycle["parent_id"]] for cycle in found} == {
        ("month", "08"): "quarter",
        ("quarter", "07"): "half_year",
        ("quarter", "04"): "year",
        ("half_year", "07"): "year",
        ("year", "01"): None,
    }
    stale = company.headers | {"If-Match": tags[0]}
    problem(await api.post(f"{path}/actions/close", headers=stale), status=412, code="stale")
    fresh = company.headers | {"If-Match": tags[1]}
    closed = await api.post(f"{path}/actions/close", headers=fresh)
    assert ok(closed)["parent_id"] == around
    assert closed.headers["etag"] == (await api.get(path, headers=company.headers)).headers["etag"]


async def test_cycles_are_listed_by_a_fixed_number_of_statements(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    costs = []
    for months in (range(1, 2), range(2, 13)):
        for month in months:
            await make_cycle(api, company, kind="month", starts_on=f"2026-{month:02}-01")
        with count_statements() as statements:
            ok(await api.get("/v1/cycles", headers=company.headers))
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 3


async def read_states(state: ApiState, company: Member) -> dict[UUID, tuple[str, int]]:
    """State and version of every goal."""
    async with reading(state.sessions) as uow:
        rows = await uow.session.execute(
            select(Goal.id, Goal.state, Goal.version).where(Goal.company_id == company.company_id)
        )
        return {row.id: (row.state, row.version) for row in rows}


async def test_confirmed_goals_are_closed_and_opened_with_their_cycle(api: AsyncClient, state: ApiState) -> None:
    """GOAL-1, GOAL-3: both records have it, and what was closed by hand stays closed."""
    company = await make_company(state)
    cycle, other = await make_cycle(api, company), await make_cycle(api, company, kind="year", starts_on="2026-01-01")
    states = ("draft", "submitted", "returned", "confirmed", "closed", "cancelled")
    goals = {name: await store_goal(state, company, cycle, state=name, weight="10") for name in states}
    elsewhere = await store_goal(state, company, other)
    path = f"/v1/cycles/{cycle['id']}/actions"
    ok(await api.post(f"{path}/close", headers=company.headers))
    found = await read_states(state, company)
    assert {name: found[goal][0] for name, goal in goals.items()} == {
        "draft": "draft", "submitted": "submitted", "returned": "returned", "confirmed": "closed", "closed": "closed",
        "cancelled": "cancelled",
    }  # fmt: skip
    assert (found[goals["confirmed"]], found[goals["closed"]], found[elsewhere]) == (
        ("closed", 2), ("closed", 1), ("confirmed", 1),
    )  # fmt: skip
    ok(await api.post(f"{path}/open", headers=company.headers))
    found = await read_states(state, company)
    assert (found[goals["confirmed"]], found[goals["closed"]]) == (("confirmed", 3), ("closed", 1))
    async with reading(state.sessions) as uow:
        events = await uow.session.execute(
            select(GoalEvent.goal_id, GoalEvent.action, GoalEvent.actor_id)
            .where(GoalEvent.company_id == company.company_id)
            .order_by(GoalEvent.id)
        )
        assert events.all() == [(goals["confirmed"], action, company.person_id) for action in ("close", "open")]
    entries = ok(await api.get("/v1/audit-entries", params={"resource_type": "goal"}, headers=company.headers))["items"]
    told = [(one["action"], one["changes"]) for one in entries if one["resource_id"] == str(goals["confirmed"])]
    assert [action for action, _ in told[:2]] == ["open_cycle", "close_cycle"]
    assert [changes["state"] for _, changes in told[:2]] == [
        {"before": "closed", "after": "confirmed"},
        {"before": "confirmed", "after": "closed"},
    ]


async def test_closing_a_cycle_costs_the_same_for_one_goal_and_for_many(api: AsyncClient, state: ApiState) -> None:
    """The audit trail has an entry a goal; everything else is one statement."""
    company = await make_company(state)
    costs = []
    for kind, goals in (("quarter", 1), ("half_year", 50)):
        cycle = await make_cycle(api, company, kind=kind)
        for _ in range(goals):
            await store_goal(state, company, cycle, weight="1")
        for action in ("close", "open"):
            with count_statements() as statements:
                ok(await api.post(f"/v1/cycles/{cycle['id']}/actions/{action}", headers=company.headers))
            costs.append(len(statements))
    assert costs[:2] == costs[2:]


async def test_goals_of_a_cycle_opened_again_follow_what_changed_meanwhile(api: AsyncClient, state: ApiState) -> None:
    """MET-2: while the cycle was closed its goals stayed with the items that their set had then."""
    company = await make_company(state)
    shop = await make_shop(state, company)
    cycle = await make_cycle(api, company)
    body = {"shop_id": str(shop.id), "name": "爆款", "item_ids": ["1"]}
    item_set = created(await api.post("/v1/item-sets", json=body, headers=company.headers))["id"]
    told = stored_indicator(shop_ids=[shop.id], item_set_id=UUID(item_set), item_dimensions=["item:1"])
    goal = await store_goal(state, company, cycle, told)

    async def read_items() -> tuple[list[str], set[str]]:
        async with reading(state.sessions) as uow:
            of_goal = (Indicator.company_id == company.company_id, Indicator.goal_id == goal)
            items = await uow.session.scalar(select(Indicator.item_dimensions).where(*of_goal))
            fed = (IndicatorSource.company_id == company.company_id, IndicatorSource.goal_id == goal)
            return items or [], set(await uow.session.scalars(select(IndicatorSource.dimension).where(*fed)))

    path = f"/v1/cycles/{cycle['id']}/actions"
    ok(await api.post(f"{path}/close", headers=company.headers))
    ok(await api.patch(f"/v1/item-sets/{item_set}", json={"item_ids": ["2", "3"]}, headers=company.headers))
    assert (await read_items())[0] == ["item:1"]
    ok(await api.post(f"{path}/open", headers=company.headers))
    assert await read_items() == (["item:2", "item:3"], {"item:2", "item:3"})
