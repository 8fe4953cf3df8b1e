"""What a goal would come to with other figures (GOAL-8)."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import Member, make_member
from tests.support.goals import confirm_goals, make_cycle, read_attainment
from tests.support.http import ok, pointers, problem
from tests.support.measured import Json, daily_rows, goal_of, scored, shown
from tests.support.pushes import Pusher, make_pusher, push_and_take_in
from tests.support.statements import count_statements
from tests.support.worker import count_rows, work_off

CONVERSION = {"metric": "conversion", "aggregate": "daily_pooled", "target": "0.036"}
DWELL = {"metric": "dwell", "aggregate": "daily_pooled", "target": "140"}
FIGURES = ("actual", "attainment", "verdict", "supposed")


@pytest.fixture
async def pusher(state: ApiState) -> Pusher:
    return await make_pusher(state)


async def ids_of(api: AsyncClient, reader: Member, goal: str) -> list[str]:
    found = ok(await api.get(f"/v1/goals/{goal}", headers=reader.headers))
    return [one["id"] for one in found["indicators"]]


async def what_if(api: AsyncClient, reader: Member, goal: str, *actuals: str | None, **headers: str) -> Json:
    """With a figure for each indicator in its order, None for those that keep theirs."""
    ids = await ids_of(api, reader, goal)
    named = [{"indicator_id": one, "actual": actual} for one, actual in zip(ids, actuals, strict=True) if actual]
    path = f"/v1/goals/{goal}/what-if"
    return ok(await api.post(path, json={"indicators": named}, headers=reader.headers | headers))


@pytest.mark.parametrize(
    ("conversion", "dwell", "score", "rule"),
    [
        ("0.036", "140", "3.5", "otherwise"),
        ("0.0288", "140", "3.25", "any<=0.80"),
        ("0.0216", "84", "2.5", "all<=0.60"),
        ("0.029", "140", "3.5", "otherwise"),
        ("0.0252", "98", "3", "mean<=0.70"),
        ("0.0378", "147", "3.75", "all>=1.05"),
        ("0.0468", "182", "4.5", "all>=1.30"),
        ("0.0576", "145", "3.5", "otherwise"),
    ],
)
async def test_the_planners_goal_would_be_scored_as_goal_6_says(
    api: AsyncClient, pusher: Pusher, conversion: str, dwell: str, score: str, rule: str
) -> None:
    """GOAL-6, GOAL-8: before anything was pushed."""
    goal = await goal_of(api, pusher, CONVERSION, DWELL)
    found = await what_if(api, pusher.company, goal, conversion, dwell)
    assert scored(found)[:4] == (score, None, None, rule)
    assert found["rubric"] == {"source": "default", "id": None, "version": 1}


async def test_what_is_not_named_stands_as_it_stands_and_nothing_is_stored(
    api: AsyncClient, state: ApiState, pusher: Pusher
) -> None:
    goal = await goal_of(api, pusher, {"target": "1000"}, {"metric": "pv", "target": "100"})
    await push_and_take_in(api, state, pusher, pusher.row(value="600"), pusher.row("pv", value="105"))
    await work_off(state, pusher.company_id)
    before = await read_attainment(api, pusher.company, goal)
    entries = await count_rows(state, "audit_entries", pusher.company_id)
    found = await what_if(api, pusher.company, goal, "1050", None)
    assert shown(found, *FIGURES) == [("1050", "1.050000", "met", True), ("105", "1.050000", "met", False)]
    assert scored(found) == ("3.75", None, None, "all>=1.05", "met")
    assert await read_attainment(api, pusher.company, goal) == before
    assert scored(before)[0] == "3.25"
    assert await count_rows(state, "audit_entries", pusher.company_id) == entries


async def test_each_kind_takes_the_figure_it_shows(api: AsyncClient, state: ApiState, pusher: Pusher) -> None:
    """GOAL-4, GOAL-5: of a growth the growth, in whichever direction; visitors are then known exactly; a band."""
    goal = await goal_of(
        api, pusher,
        {"kind": "growth", "against": "last_year", "target": "0.20"},
        {"kind": "growth", "against": "previous", "target": "-0.25", "direction": "lower_better"},
        {"metric": "uv", "target": "1000"},
        {"metric": "dsr_service", "direction": "band", "target": None, "band": {"low": "4.7", "high": "5"}},
    )  # fmt: skip
    await push_and_take_in(api, state, pusher, *daily_rows(pusher, "uv", [500, 600]))
    found = await what_if(api, pusher.company, goal, "0.14", "-0.4", "999", "4.55")
    assert shown(found, *FIGURES) == [
        ("0.14", "0.950000", "missed", True),
        ("-0.4", "1.200000", "met", True),
        ("999", "0.999000", "missed", True),
        ("4.55", "0.500000", "missed", True),
    ]
    kept = await what_if(api, pusher.company, goal, "0.14", "-0.4", None, "4.55")
    assert kept["indicators"][2]["actual_low"] == "600"
    assert kept["indicators"][2]["supposed"] is False


async def test_a_figure_supposed_of_a_running_window_is_that_of_its_end(api: AsyncClient, state: ApiState) -> None:
    """GOAL-7: decided, where the present one is open."""
    with time_machine.travel(datetime(2026, 7, 10, 4, tzinfo=UTC)):
        pusher = await make_pusher(state)
        goal = await goal_of(api, pusher, {"target": "3100"}, CONVERSION)
        await push_and_take_in(
            api, state, pusher, *daily_rows(pusher, "gmv", [100] * 9), observed_at="2026-07-10T09:00:00+08:00"
        )
        present = await read_attainment(api, pusher.company, goal)
        found = await what_if(api, pusher.company, goal, "3000", "0.036")
    assert shown(present, "verdict", "status")[0] == ("open", "on_track")
    assert shown(found, "verdict", "status") == [("missed", "missed"), ("met", "met")]
    assert [one["pace"] for one in found["indicators"]] == [None, None]


async def test_indicators_are_named_once_and_of_this_goal(api: AsyncClient, pusher: Pusher) -> None:
    cycle = (await make_cycle(api, pusher.company, kind="month"))["id"]
    goal, other = [await goal_of(api, pusher, {}, cycle_id=cycle) for _ in range(2)]
    (mine,) = await ids_of(api, pusher.company, goal)
    (theirs,) = await ids_of(api, pusher.company, other)
    path, headers = f"/v1/goals/{goal}/what-if", pusher.company.headers

    async def refused(*ids: str) -> Any:
        body = {"indicators": [{"indicator_id": one, "actual": "1"} for one in ids]}
        return pointers(await api.post(path, json=body, headers=headers))

    assert await refused(mine, theirs, str(new_id())) == [
        ("/indicators/1/indicator_id", "indicator-not-in-goal"),
        ("/indicators/2/indicator_id", "indicator-not-in-goal"),
    ]
    assert await refused(mine, mine) == [("/indicators/1/indicator_id", "duplicate")]
    assert await refused() == [("/indicators", "too-short")]
    body = {"indicators": [{"indicator_id": mine, "actual": None}]}
    assert pointers(await api.post(path, json=body, headers=headers))[0][0] == "/indicators/0/actual"


async def test_only_who_sees_the_goal_in_full_supposes(api: AsyncClient, state: ApiState, pusher: Pusher) -> None:
    """SEC-3."""
    goal = await goal_of(api, pusher, {}, weight="100")
    (one,) = await ids_of(api, pusher.company, goal)
    employee = await make_member(state, pusher.company)
    path, body = f"/v1/goals/{goal}/what-if", {"indicators": [{"indicator_id": one, "actual": "1"}]}
    problem(await api.post(path, json=body, headers=employee.headers), status=404, code="not-found")
    await confirm_goals(api, pusher.company, goal)
    problem(await api.post(path, json=body, headers=employee.headers), status=403, code="not-allowed")


async def test_it_takes_as_many_statements_for_eight_as_for_one(api: AsyncClient, pusher: Pusher) -> None:
    counts = []
    cycle = (await make_cycle(api, pusher.company, kind="month"))["id"]
    for number in (1, 8):
        goal = await goal_of(api, pusher, *[{} for _ in range(number)], cycle_id=cycle)
        ids = await ids_of(api, pusher.company, goal)
        body = {"indicators": [{"indicator_id": one, "actual": "1"} for one in ids]}
        with count_statements() as statements:
            ok(await api.post(f"/v1/goals/{goal}/what-if", json=body, headers=pusher.company.headers))
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 12
