"""Cascades: whether targets add up, what is loose, and how a target may be split (GOAL-11)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.identifiers import new_id
from attain_shared.people.timeline import EventKind
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.goals import make_cycle
from tests.support.http import created, ok, problem
from tests.support.relations import make_relations
from tests.support.staff import HIRED_ON, Told, add_person, hired
from tests.support.statements import count_statements
from tests.support.stored_goals import store_goal, stored_indicator

Json = dict[str, Any]


async def read_cascade(api: AsyncClient, caller: Member, cycle: Json, **params: Any) -> Json:
    """A cycle's cascade as this caller sees it."""
    return ok(await api.get(f"/v1/cycles/{cycle['id']}/cascade", params=params, headers=caller.headers))


async def executive_of(state: ApiState) -> tuple[Company, Member]:
    """A company, and somebody who sees everything in it."""
    company = await make_company(state)
    return company, await make_member(state, company, roles=("executive",))


async def make_department(api: AsyncClient, company: Member, **more: Any) -> str:
    """A department."""
    body = {"name": "运营部", "function": "operations"} | more
    return str(created(await api.post("/v1/departments", json=body, headers=company.headers))["id"])


async def test_targets_that_add_up_are_compared(api: AsyncClient, state: ApiState) -> None:
    """GOAL-11: 600,000 + 500,000 against 1,000,000: a gap of 100,000, stretched 1.1 times."""
    company, executive = await executive_of(state)
    quarter, month = await make_cycle(api, company), await make_cycle(api, company, kind="month")
    people = [await add_person(state, company, hired()) for _ in range(3)]
    gmv, uv = stored_indicator(target="1000000"), stored_indicator("uv", "500")
    pv, mean = stored_indicator("pv", "70"), stored_indicator("paid_orders", "10", aggregate="daily_mean")
    item = stored_indicator(target="5", dimension="item:1")
    parent = await store_goal(state, company, quarter, gmv, uv, pv, mean, item, title="公司成交")
    below: dict[str, Any] = {"parent_id": parent, "state": "draft"}
    half = [stored_indicator(target="250000"), stored_indicator(target="350000", dimension=""), uv]
    await store_goal(state, company, quarter, *half, person_id=people[0], **below)
    await store_goal(state, company, month, stored_indicator(target="500000"), mean, person_id=people[1], **below)
    cancelled = below | {"state": "cancelled"}
    await store_goal(state, company, quarter, gmv, person_id=people[2], **cancelled)
    report = await read_cascade(api, executive, quarter)
    (found,) = report["items"]
    assert (found["goal_id"], found["title"], found["children"]) == (str(parent), "公司成交", 2)
    assert found["owner"] == {"type": "company", "id": None}
    assert found["metrics"] == [
        {
            "metric": "gmv", "dimension": "", "item_set_id": None, "target": "1000000", "children": 2,
            "children_target": "1100000", "gap": "100000", "stretch": "1.100000",
        }
    ]  # fmt: skip
    assert (report["orphans"], report["unowned"], report["next_cursor"]) == ([], [], None)


async def test_what_is_loose_is_listed(api: AsyncClient, state: ApiState) -> None:
    """GOAL-11: below none, below a cancelled goal, and with others below that nobody answers for."""
    company, executive = await executive_of(state)
    cycle = await make_cycle(api, company)
    head = await add_person(state, company, hired())
    yesterday = business_day() - timedelta(days=1)
    gone: Told = (EventKind.LEAVE, yesterday, {})
    left = await add_person(state, company, hired(on=HIRED_ON), gone)
    led = await make_department(api, company, head_id=str(head))
    headless = await make_department(api, company)
    closed = await make_department(api, company, head_id=str(head))
    created_goals: dict[str, UUID] = {}
    company_goal = await store_goal(state, company, cycle, title="company")
    cancelled = await store_goal(state, company, cycle, title="cancelled", state="cancelled")
    for name, owner in (
        ("led", {"department_id": led}),
        ("headless", {"department_id": headless}),
        ("closed", {"department_id": closed}),
        ("left", {"person_id": left}),
    ):
        created_goals[name] = await store_goal(state, company, cycle, title=name, parent_id=company_goal, **owner)
    ok(await api.post(f"/v1/departments/{closed}/actions/close", headers=company.headers))
    for name, parent in created_goals.items():
        await store_goal(state, company, cycle, title=f"below {name}", parent_id=parent, person_id=head)
    await store_goal(state, company, cycle, title="alone", person_id=head)
    await store_goal(state, company, cycle, title="below cancelled", person_id=head, parent_id=cancelled)
    report = await read_cascade(api, executive, cycle)
    assert {one["title"]: one["reason"] for one in report["orphans"]} == {
        "alone": "no-parent",
        "below cancelled": "parent-cancelled",
    }
    assert {one["title"]: one["reason"] for one in report["unowned"]} == {
        "headless": "department-without-head",
        "closed": "department-closed",
        "left": "owner-left",
    }
    assert {one["title"] for one in report["items"]} == {"company", *created_goals}


async def test_only_goals_in_view_are_added_or_listed(api: AsyncClient, state: ApiState) -> None:
    """SEC-3."""
    made = await make_relations(state)
    cycle = await make_cycle(api, made.admin)
    gmv = stored_indicator(target="100")
    company_goal = await store_goal(state, made.admin, cycle, gmv)
    team = await store_goal(
        state, made.admin, cycle, gmv, department_id=made.departments["team"], parent_id=company_goal
    )
    for name in ("me", "peer", "former"):
        await store_goal(state, made.admin, cycle, gmv, person_id=made[name].person_id, parent_id=team)
    await store_goal(state, made.admin, cycle, gmv, person_id=made["report"].person_id)
    for caller, parents, children, orphans in (
        ("executive", 2, ["100", "300"], 1), ("head", 1, ["200"], 0), ("me", 0, [], 1), ("other_head", 0, [], 0),
    ):  # fmt: skip
        report = await read_cascade(api, made[caller], cycle)
        assert len(report["items"]) == parents, caller
        assert sorted(one["metrics"][0]["children_target"] for one in report["items"]) == children
        assert len(report["orphans"]) == orphans, caller


async def test_a_cascade_is_read_in_parts_by_a_fixed_number_of_statements(api: AsyncClient, state: ApiState) -> None:
    company, executive = await executive_of(state)
    cycle = await make_cycle(api, company)
    costs = []
    for more in (1, 24):
        for _ in range(more):
            person = await add_person(state, company, hired())
            top = await store_goal(state, company, cycle, stored_indicator())
            await store_goal(state, company, cycle, stored_indicator(), person_id=person, parent_id=top)
            await store_goal(state, company, cycle, person_id=person)
        with count_statements() as statements:
            await read_cascade(api, executive, cycle, limit=200)
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 6
    seen: dict[str, list[str]] = {"items": [], "orphans": []}
    params: dict[str, Any] = {"limit": 7}
    while True:
        page = await read_cascade(api, executive, cycle, **params)
        for name, found in seen.items():
            found += [one["goal_id"] for one in page[name]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert [len(set(found)) for found in seen.values()] == [len(found) for found in seen.values()] == [25, 25]


async def test_an_unknown_cycle_is_not_found(api: AsyncClient, state: ApiState) -> None:
    company, other = await make_company(state), await make_company(state)
    cycle = await make_cycle(api, company)
    for caller, cycle_id in ((company, new_id()), (other, cycle["id"])):
        response = await api.get(f"/v1/cycles/{cycle_id}/cascade", headers=caller.headers)
        problem(response, status=404, code="not-found")


@pytest.mark.parametrize("name", ["sort", "department_id"])
async def test_an_unknown_order_or_filter_is_refused(api: AsyncClient, state: ApiState, name: str) -> None:
    company = await make_company(state)
    cycle = await make_cycle(api, company)
    response = await api.get(f"/v1/cycles/{cycle['id']}/cascade", params={name: "x"}, headers=company.headers)
    problem(response, status=422, code="invalid")
