"""Why an attainment changed between two instants: business and restated data add up to it (GOAL-8, MET-7)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from httpx import AsyncClient

from attain_api.state import ApiState
from tests.support.companies import make_member
from tests.support.goals import indicator, make_cycle, make_goal, read_attainment
from tests.support.http import ok, pointers
from tests.support.pushes import Pusher, make_pusher
from tests.support.worker import work_off

THURSDAY, SUNDAY, MONDAY = (datetime(2026, 7, day, 4, tzinfo=UTC) for day in (9, 12, 13))
"""At noon in Shanghai."""
NIGHT = "2026-07-09T23:00:00+08:00"
"""Of Thursday: what was known then."""
ZERO = Decimal(0)

Split = Mapping[str, str | None]


async def explained(api: AsyncClient, state: ApiState, pusher: Pusher, goal: str, **params: Any) -> dict[str, Any]:
    """As HR sees it, who has just signed in: days have gone by since the goal was made."""
    reader = await make_member(state, pusher.company, roles=("hr",))
    return ok(await api.get(f"/v1/goals/{goal}/explain", params=params, headers=reader.headers))


async def push(
    api: AsyncClient, state: ApiState, pusher: Pusher, metric: str, values: Mapping[int, object], **more: Any
) -> str:
    """Days of July, and everything brought up to date; the batch."""
    rows = [pusher.row(metric, bucket=f"2026-07-{day:02}", value=str(value)) for day, value in values.items()]
    batch = await pusher.push(api, *rows, **more)
    await work_off(state, pusher.company_id)
    return batch


async def week_goal(api: AsyncClient, pusher: Pusher, *indicators: dict[str, Any], **more: Any) -> str:
    """A goal of the second week of July."""
    cycle = await make_cycle(api, pusher.company, kind="month")
    week = {"starts_on": "2026-07-06", "ends_on": "2026-07-12"}
    made = [indicator([pusher.shop.id], **one) for one in indicators]
    return str((await make_goal(api, pusher.company, *made, cycle_id=cycle["id"], **week, **more))["id"])


def adds_up(split: Split | None) -> Any:
    """Business, restated and the whole change, once they are sure to add up."""
    assert split is not None
    first, last, change, business, restated = (
        Decimal(split[name] or "NaN") for name in ("first", "last", "change", "business", "restated")
    )
    assert business + restated == change == last - first
    return business, restated, change


async def test_a_restated_week_opens_into_business_and_restated_data(
    api: AsyncClient, state: ApiState, capsys: pytest.CaptureFixture[str]
) -> None:
    """GOAL-8: 3,400 of 7,000 on Thursday, 6,950 on Monday: the 7th was restated, the 8th became final, the week went on."""
    with time_machine.travel(THURSDAY):
        pusher = await make_pusher(state)
        goal = await week_goal(api, pusher, {"target": "7000"})
        final = await push(
            api, state, pusher, "gmv", {5: 9999, 6: 1000, 7: 1000}, observed_at="2026-07-09T09:00:00+08:00"
        )
        live = await push(
            api, state, pusher, "gmv", {8: 1000, 9: 400}, finality="realtime", observed_at="2026-07-09T09:00:00+08:00"
        )
        at_thursday = await read_attainment(api, pusher.company, goal)
    with time_machine.travel(SUNDAY):
        restating = await push(
            api, state, pusher, "gmv", {5: 1, 7: 900, 8: 1050}, observed_at="2026-07-12T09:00:00+08:00"
        )
    with time_machine.travel(MONDAY):
        rest = dict.fromkeys(range(9, 13), 1000)
        await push(api, state, pusher, "gmv", rest, observed_at="2026-07-13T09:00:00+08:00")
        hr = await make_member(state, pusher.company, roles=("hr",))
        at_monday = await read_attainment(api, hr, goal)
        found = await explained(api, state, pusher, goal, since=NIGHT)
    (change,) = found["change"]["indicators"]
    assert adds_up(change["actual"]) == (Decimal(3600), Decimal(-50), Decimal(3550))
    assert adds_up(change["attainment"]) == (Decimal("0.514286"), Decimal("-0.007143"), Decimal("0.507143"))
    assert adds_up(found["change"]["score"]) == (1, 0, 1)
    assert [at["indicators"][0]["attainment"] for at in (at_thursday, at_monday)] == [
        change["attainment"]["first"],
        change["attainment"]["last"],
    ]
    # the 5th was restated too, and is no part of the week
    assert change["restatements_total"] == 2
    assert [
        (row["bucket"], row["before"], row["after"], row["batch_before"], row["batch_after"])
        for row in change["restatements"]
    ] == [
        ("2026-07-07", "1000", "900", final, restating),
        ("2026-07-08", "1000", "1050", live, restating),
    ]
    with capsys.disabled():
        print_change(found)


def print_change(found: dict[str, Any]) -> None:
    """The split, as a reader would want it."""
    (change,) = found["change"]["indicators"]
    print(f"\nfrom {found['change']['since']} to {found['change']['until']}")
    for name, split in (
        ("gmv", change["actual"]),
        ("attainment", change["attainment"]),
        ("score", found["change"]["score"]),
    ):
        print(
            f"  {name:<11}{split['first']:>9} → {split['last']:<9} change {split['change']:>9} ="
            f" business {split['business']:>9} + restated {split['restated']:>9}"
        )
    for row in change["restatements"]:
        print(f"    restated: {row['bucket']} {row['metric']} {row['before']} → {row['after']}")


async def test_the_ends_of_an_interval_are_split_each_by_itself(api: AsyncClient, state: ApiState) -> None:
    """MET-5: visitors of a week out of its days."""
    with time_machine.travel(THURSDAY):
        pusher = await make_pusher(state)
        goal = await week_goal(api, pusher, {"metric": "uv", "target": "300"})
        await push(api, state, pusher, "uv", {6: 100, 7: 120}, observed_at="2026-07-09T09:00:00+08:00")
    with time_machine.travel(MONDAY):
        await push(api, state, pusher, "uv", {7: 90, 8: 110}, observed_at="2026-07-13T09:00:00+08:00")
        found = await explained(api, state, pusher, goal, since=NIGHT)
    (change,) = found["change"]["indicators"]
    assert (change["actual"], change["attainment"]) == (None, None)
    # [120, 220] then; [100, 190] restated; [110, 300] now
    assert adds_up(change["actual_low"]) == (10, -20, -10)
    assert adds_up(change["actual_high"]) == (110, -30, 80)
    adds_up(change["attainment_low"])
    adds_up(change["attainment_high"])
    score = found["change"]["score_low"], found["change"]["score_high"]
    assert [(one["first"], one["last"]) for one in score] == [("2.5", "2.5"), ("3.25", "3.5")]
    for one in score:
        adds_up(one)


async def test_a_side_without_data_has_no_split(api: AsyncClient, state: ApiState) -> None:
    """GOAL-8: null, never 0."""
    with time_machine.travel(THURSDAY):
        pusher = await make_pusher(state)
        goal = await week_goal(api, pusher, {"target": "7000"})
    with time_machine.travel(MONDAY):
        await push(api, state, pusher, "gmv", {6: 100}, observed_at="2026-07-13T09:00:00+08:00")
        found = await explained(api, state, pusher, goal, since=NIGHT)
    (change,) = found["change"]["indicators"]
    assert change["actual"] == {"first": None, "last": "100", "change": None, "business": None, "restated": None}
    assert found["change"]["score"]["change"] is None
    assert change["restatements"] == []


async def test_growth_and_a_ratio_split_too(api: AsyncClient, state: ApiState) -> None:
    """GOAL-4: a restated earlier window changes a growth; both windows are opened."""
    with time_machine.travel(THURSDAY):
        pusher = await make_pusher(state)
        growth = {"kind": "growth", "against": "previous", "target": "0.20"}
        pooled = {"metric": "conversion", "aggregate": "daily_pooled", "target": "0.05"}
        goal = await week_goal(api, pusher, growth, pooled)
        await push(api, state, pusher, "gmv", {1: 1000, 6: 1100}, observed_at="2026-07-09T09:00:00+08:00")
        await push(api, state, pusher, "uv", {6: 1000, 7: 1000}, observed_at="2026-07-09T09:00:00+08:00")
        await push(api, state, pusher, "paying_buyers", {6: 50, 7: 30}, observed_at="2026-07-09T09:00:00+08:00")
    with time_machine.travel(MONDAY):
        await push(api, state, pusher, "gmv", {1: 800, 7: 100}, observed_at="2026-07-13T09:00:00+08:00")
        await push(api, state, pusher, "paying_buyers", {7: 40}, observed_at="2026-07-13T09:00:00+08:00")
        found = await explained(api, state, pusher, goal, since=NIGHT)
    grown, converted = found["change"]["indicators"]
    # 1100 / 1000, then 1100 / 800, then 1200 / 800
    assert adds_up(grown["actual"]) == (Decimal("0.125"), Decimal("0.275"), Decimal("0.4"))
    assert [(row["period"], row["bucket"]) for row in grown["restatements"]] == [("earlier", "2026-07-01")]
    assert adds_up(converted["actual"]) == (0, Decimal("0.005"), Decimal("0.005"))
    adds_up(converted["attainment"])


async def test_nothing_changes_between_two_instants_of_quiet(api: AsyncClient, state: ApiState) -> None:
    with time_machine.travel(THURSDAY):
        pusher = await make_pusher(state)
        goal = await week_goal(api, pusher, {"target": "7000"})
        await push(api, state, pusher, "gmv", {6: 100}, observed_at="2026-07-09T09:00:00+08:00")
    with time_machine.travel(MONDAY):
        found = await explained(api, state, pusher, goal, since=NIGHT, as_of="2026-07-12T00:00:00+08:00")
    (change,) = found["change"]["indicators"]
    assert adds_up(change["actual"]) == (ZERO, ZERO, ZERO)
    assert (found["change"]["since"], found["change"]["until"]) == (NIGHT, "2026-07-12T00:00:00+08:00")


async def test_the_first_instant_lies_before_the_second(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    goal = await week_goal(api, pusher, {"target": "7000"})
    path, headers = f"/v1/goals/{goal}/explain", pusher.company.headers
    for params in ({"since": "2099-01-01T00:00:00Z"}, {"since": NIGHT, "as_of": NIGHT}):
        refused = await api.get(path, params=params, headers=headers)
        assert pointers(refused) == [("/query/since", "since-not-before")]
