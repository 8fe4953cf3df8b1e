"""Scorecards: an owner's confirmed goals and the performance they make (REV-2)."""

from typing import Any

from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import make_company, make_member
from tests.support.goals import confirm_goals, indicator, make_cycle, make_goal, read_attainment, read_scorecard
from tests.support.http import created, pointers, problem
from tests.support.pushes import Pusher, make_pusher, push_and_take_in
from tests.support.statements import count_statements
from tests.support.worker import recompute


async def scored(
    api: AsyncClient, state: ApiState, *goals: tuple[str, dict[str, Any]], rows: dict[str, str], **more: Any
) -> tuple[Pusher, str, list[str]]:
    """A July of confirmed goals, each a weight and an indicator, over these rows; the cycle and the goals."""
    pusher = await make_pusher(state)
    cycle = (await make_cycle(api, pusher.company, kind="month"))["id"]
    ids = []
    for weight, one in goals:
        shops = indicator([pusher.shop.id], **one)
        goal = await make_goal(api, pusher.company, shops, cycle_id=cycle, weight=weight, **more)
        ids.append(goal["id"])
    await confirm_goals(api, pusher.company, *ids)
    await push_and_take_in(api, state, pusher, *(pusher.row(metric, value=value) for metric, value in rows.items()))
    await recompute(state, pusher.company_id)
    return pusher, cycle, ids


async def test_performance_is_the_weighted_mean_of_the_scores(api: AsyncClient, state: ApiState) -> None:
    """REV-2: two decimals, half up: (4.5 × 33.33 + 3.25 × 66.67) / 100 = 3.6666…"""
    goals = ("33.33", {"target": "100"}), ("66.67", {"metric": "pv", "target": "100"})
    pusher, cycle, ids = await scored(api, state, *goals, rows={"gmv": "130", "pv": "80"})
    card = await read_scorecard(api, pusher.company, "company", cycle_id=cycle)
    assert (card["performance"], card["performance_low"], card["performance_high"]) == ("3.67", None, None)
    assert card["owner"] == {"type": "company", "id": None}
    assert [(goal["goal_id"], goal["score"], goal["weight"]) for goal in card["goals"]] == [
        (ids[0], "4.5", "33.33"),
        (ids[1], "3.25", "66.67"),
    ]
    assert card["without_data"] == []
    assert card["performance_forecast"] == "3.67"
    for goal in card["goals"]:
        attainment = await read_attainment(api, pusher.company, goal["goal_id"])
        assert {name: goal[name] for name in ("score", "rule", "status", "indicators")}.items() <= attainment.items()


async def test_a_goal_without_data_is_listed_not_counted(api: AsyncClient, state: ApiState) -> None:
    """REV-2."""
    goals = ("50", {"target": "100"}), ("50", {"metric": "pv", "target": "100"})
    pusher, cycle, ids = await scored(api, state, *goals, rows={"gmv": "130"})
    card = await read_scorecard(api, pusher.company, "company", cycle_id=cycle)
    assert (card["performance"], card["without_data"]) == ("4.50", [ids[1]])


async def test_without_any_data_there_is_no_performance(api: AsyncClient, state: ApiState) -> None:
    pusher, cycle, ids = await scored(api, state, ("100", {}), rows={"pv": "1"})
    card = await read_scorecard(api, pusher.company, "company", cycle_id=cycle)
    assert (card["performance"], card["performance_low"], card["without_data"]) == (None, None, ids)


async def test_an_interval_makes_performance_an_interval(api: AsyncClient, state: ApiState) -> None:
    """REV-2, MET-5."""
    pusher = await make_pusher(state)
    cycle = (await make_cycle(api, pusher.company, kind="month"))["id"]
    uv = indicator([pusher.shop.id], "uv", target="100")
    gmv = indicator([pusher.shop.id], "gmv", target="100")
    ids = [(await make_goal(api, pusher.company, one, cycle_id=cycle, weight="50"))["id"] for one in (uv, gmv)]
    await confirm_goals(api, pusher.company, *ids)
    rows = [pusher.row("uv", bucket=f"2026-07-0{day}", value="80") for day in (1, 2)]
    await push_and_take_in(api, state, pusher, *rows, pusher.row(value="130"))
    await recompute(state, pusher.company_id)
    card = await read_scorecard(api, pusher.company, "company", cycle_id=cycle)
    assert (card["performance"], card["performance_low"], card["performance_high"]) == (None, "3.88", "4.50")
    assert card["without_data"] == []


async def test_drafts_and_other_owners_goals_are_not_counted(api: AsyncClient, state: ApiState) -> None:
    pusher, cycle, ids = await scored(api, state, ("100", {"target": "100"}), rows={"gmv": "130"})
    nobody_yet = await make_member(state, pusher.company, accepted=False)  # the administrator acts for them
    person = {"type": "person", "id": str(nobody_yet.person_id)}
    one = indicator([pusher.shop.id])
    await make_goal(api, pusher.company, one, cycle_id=cycle, weight="0")
    mine = await make_goal(api, pusher.company, one, cycle_id=cycle, owner=person)
    await confirm_goals(api, pusher.company, mine["id"])
    body = {"name": "运营部", "function": "operations"}
    department = created(await api.post("/v1/departments", json=body, headers=pusher.company.headers))["id"]
    for path, expected in (
        ("company", ids),
        (f"people/{person['id']}", [mine["id"]]),
        (f"departments/{department}", []),
    ):
        with count_statements() as statements:
            card = await read_scorecard(api, pusher.company, path, cycle_id=cycle)
        assert [goal["goal_id"] for goal in card["goals"]] == expected
        assert len(statements) <= 4, statements


async def test_an_unknown_owner_or_cycle_is_not_found(api: AsyncClient, state: ApiState) -> None:
    pusher, cycle, _ids = await scored(api, state, ("100", {}), rows={"gmv": "1"})
    other = await make_company(state)
    employee = await make_member(state, pusher.company)
    mine, theirs = str(pusher.company.person_id), str(other.person_id)
    for caller, path, cycle_id in (
        (pusher.company, f"people/{theirs}", cycle),
        (pusher.company, f"departments/{mine}", cycle),
        (pusher.company, "company", str(new_id())),
        (other, "company", cycle),
        (other, f"people/{mine}", cycle),
    ):
        response = await api.get(f"/v1/scorecards/{path}", params={"cycle_id": cycle_id}, headers=caller.headers)
        problem(response, status=404, code="not-found")
    response = await api.get("/v1/scorecards/company", params={"cycle_id": cycle}, headers=employee.headers)
    problem(response, status=403, code="not-allowed")
    response = await api.get("/v1/scorecards/company", headers=pusher.company.headers)
    assert pointers(response) == [("/query/cycle_id", "missing")]
