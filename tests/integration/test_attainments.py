"""What goals have come to, over pushed data; the worked examples are in test_goal_examples.py."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text

from attain_api.app import create_app
from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from tests.support.companies import make_member
from tests.support.goals import confirm_goals, indicator, make_cycle, make_goal, read_attainment
from tests.support.http import pointers, problem
from tests.support.pushes import Pusher, make_pusher, push_and_take_in, read_batch
from tests.support.worker import recompute, take_in, work_off

CONVERSION = {"metric": "conversion", "aggregate": "daily_pooled", "target": "0.036"}
DWELL = {"metric": "dwell", "aggregate": "daily_pooled", "target": "140"}


async def goal_of(api: AsyncClient, pusher: Pusher, *indicators: dict[str, Any], **more: Any) -> str:
    """A goal over July 2026, which is over."""
    cycle = await make_cycle(api, pusher.company, kind="month")
    made = [indicator([pusher.shop.id], **one) for one in indicators]
    return str((await make_goal(api, pusher.company, *made, cycle_id=cycle["id"], **more))["id"])


async def attained(
    api: AsyncClient, state: ApiState, rows: dict[str, str], *indicators: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """The attainment of a goal after one day's rows came in, and its sight before the worker had run."""
    pusher = await make_pusher(state)
    goal = await goal_of(api, pusher, *indicators, **more)
    await push_and_take_in(api, state, pusher, *(pusher.row(metric, value=value) for metric, value in rows.items()))
    at_once = await read_attainment(api, pusher.company, goal)
    await recompute(state, pusher.company_id)
    stored = await read_attainment(api, pusher.company, goal)
    moving = {"computed_at": None, "includes_batches_up_to": None}  # the mark still holds the batch back
    assert at_once | moving == stored | moving
    return stored


@pytest.mark.parametrize(
    ("rows", "one", "actual", "attainment", "verdict"),
    [
        ({"paying_buyers": "324", "uv": "10000"}, CONVERSION, "0.0324", "0.900000", "missed"),
        (
            {"refund_amount": "6", "gmv": "100"},
            {"metric": "refund_rate", "direction": "lower_better", "target": "0.05"},
            "0.06", "0.800000", "missed",
        ),
        (
            {"logistics_cost": "400000"},
            {"metric": "logistics_cost", "direction": "lower_better", "target": "350000", "baseline": "450000"},
            "400000", "0.500000", "missed",
        ),
        (
            {"dsr_service": "4.7"},
            {"metric": "dsr_service", "direction": "band", "target": None, "band": {"low": "4.7", "high": "5"}},
            "4.7", "1.000000", "met",
        ),
        (
            {"dsr_service": "4.55"},
            {"metric": "dsr_service", "direction": "band", "target": None, "band": {"low": "4.7", "high": "5"}},
            "4.55", "0.500000", "missed",
        ),
        ({"gmv": "1000"}, {"target": "1000"}, "1000", "1.000000", "met"),
        ({"gmv": "5000"}, {"target": "1000"}, "5000", "5.000000", "met"),
        ({"gmv": "0"}, {"target": "1000"}, "0", "0.000000", "missed"),
        ({"gmv": "2"}, {"target": "3"}, "2", "0.666667", "missed"),
        ({"gmv": "50"}, {"target": "10", "direction": "lower_better"}, "50", "0.000000", "missed"),
    ],
)  # fmt: skip
async def test_an_indicator_is_attained_as_goal_5_says(
    api: AsyncClient,
    state: ApiState,
    rows: dict[str, str],
    one: dict[str, Any],
    actual: str,
    attainment: str,
    verdict: str,
) -> None:
    """GOAL-5: raw, to six decimals, half up, never below 0; x = t is met."""
    (found,) = (await attained(api, state, rows, one))["indicators"]
    assert (found["actual"], found["attainment"], found["verdict"]) == (actual, attainment, verdict)
    assert found["status"] == verdict
    assert found["coverage"] == {"expected": 31, "present": 1, "provisional": 0}


async def test_without_data_there_is_no_score(api: AsyncClient, state: ApiState) -> None:
    """GOAL-5, GOAL-6: never 0, unless the goal ignores what is missing."""
    rows = {"uv": "10000", "paying_buyers": "468"}
    found = await attained(api, state, rows, CONVERSION, DWELL)
    assert (found["score"], found["rule"], found["status"]) == (None, None, "no_data")
    assert [one["verdict"] for one in found["indicators"]] == ["met", "no_data"]
    assert found["indicators"][1]["attainment"] is None
    found = await attained(api, state, rows, CONVERSION, DWELL, ignore_missing=True)
    assert (found["score"], found["rule"]) == ("4.5", "all>=1.30")


async def test_a_goals_own_rubric_scores_it(api: AsyncClient, state: ApiState) -> None:
    """GOAL-6: a mean is of the capped attainments."""
    rubric = {"rules": [{"test": "mean", "op": ">=", "threshold": "1.2", "score": "4"}], "otherwise": "3"}
    rows = {"gmv": "9000", "pv": "10"}
    for cap, score in (("2.0", "3"), ("3", "4")):
        gmv, pv = {"target": "1000", "cap": cap}, {"metric": "pv", "target": "100"}
        found = await attained(api, state, rows, gmv, pv, rubric=rubric)
        assert found["score"] == score, cap
        assert found["indicators"][0]["attainment"] == "9.000000"


async def test_the_rule_is_for_those_who_see_the_goal_in_full(api: AsyncClient, state: ApiState) -> None:
    """SEC-3: the rule quotes the rubric, which is no part of a goal's public form; the score is."""
    pusher = await make_pusher(state)
    employee = await make_member(state, pusher.company)
    goal = await goal_of(api, pusher, {"target": "100"})
    await confirm_goals(api, pusher.company, goal)
    batch = await pusher.push(api, pusher.row(value="200"))
    await take_in(state, pusher.company_id)
    for is_stored in (False, True):
        if is_stored:
            await recompute(state, pusher.company_id)
        whole = await read_attainment(api, pusher.company, goal)
        assert (whole["rule"], whole["score"]) == ("all>=1.30", "4.5")
        for params in ({}, {"wait_for_batch": batch, "timeout": 0}) if is_stored else ({},):
            public = await read_attainment(api, employee, goal, **params)
            assert public | {"computed_at": None} == whole | {"computed_at": None, "rule": None, "rubric": None}


async def test_an_attainment_is_told_as_known_at_an_earlier_instant(api: AsyncClient, state: ApiState) -> None:
    """MET-7."""
    pusher = await make_pusher(state)
    goal = await goal_of(api, pusher, {"target": "100"})
    knew = []
    for value, hour in (("50", "09"), ("100", "10")):
        observed_at = f"2026-08-01T{hour}:00:00+08:00"
        batch = await pusher.push(api, pusher.row(value=value, observed_at=observed_at))
        await work_off(state, pusher.company_id)
        knew.append((batch, (await read_batch(api, pusher, batch))["stored_at"]))
    expected = [
        ("2026-07-02T00:00:00Z", None, None),
        (knew[0][1], "0.500000", knew[0][0]),
        (knew[1][1], "1.000000", knew[1][0]),
    ]
    for as_of, attainment, batch_id in expected:
        found = await read_attainment(api, pusher.company, goal, as_of=as_of)
        assert (found["indicators"][0]["attainment"], found["includes_batches_up_to"]) == (attainment, batch_id)
    response = await api.get(
        f"/v1/goals/{goal}/attainment", params={"as_of": knew[0][1], "wait_for_batch": knew[1][0]},
        headers=pusher.company.headers,
    )  # fmt: skip
    assert pointers(response) == [("/query/wait_for_batch", "not-with-as-of")]


@pytest.mark.parametrize(("target", "value"), [("2000", "100"), ("1000000000", "50000000.01")])
async def test_an_open_window_has_a_pace(api: AsyncClient, state: ApiState, target: str, value: str) -> None:
    """GOAL-7: today's partial day is left out; a target of a billion takes no more care than one of 2,000."""
    with time_machine.travel(datetime(2026, 6, 15, 4, tzinfo=UTC)):
        pusher = await make_pusher(state)
        cycle = await make_cycle(api, pusher.company, kind="month", starts_on="2026-06-01")
        window = {"starts_on": "2026-06-05", "ends_on": "2026-06-24"}
        measured = indicator([pusher.shop.id], target=target)
        goal = (await make_goal(api, pusher.company, measured, cycle_id=cycle["id"], **window))["id"]
        rows = [pusher.row(bucket=f"2026-06-{day:02}", value=value) for day in range(5, 16)]
        await push_and_take_in(api, state, pusher, *rows, observed_at="2026-06-15T09:00:00+08:00")
        await recompute(state, pusher.company_id)
        found = await read_attainment(api, pusher.company, goal)
    (one,) = found["indicators"]
    assert (Decimal(one["actual"]), one["verdict"], one["status"]) == (11 * Decimal(value), "open", "on_track")
    assert one["pace"]["method"] == "linear"
    assert Decimal(one["pace"]["forecast"]) == 20 * Decimal(value)
    assert Decimal(one["pace"]["expected"]) == Decimal(target) / 2


async def test_waiting_for_a_batch_ends_as_soon_as_it_is_shown(api: AsyncClient, state: ApiState) -> None:
    """GOAL-10."""
    pusher = await make_pusher(state)
    goal = await goal_of(api, pusher, {"target": "100"})
    await work_off(state, pusher.company_id)
    batch = await pusher.push(api, pusher.row(value="70"))
    started = time.perf_counter()
    waiting = asyncio.create_task(read_attainment(api, pusher.company, goal, wait_for_batch=batch, timeout=20))
    await asyncio.sleep(0.1)
    await take_in(state, pusher.company_id)
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await recompute(state, pusher.company_id)
    found = await waiting
    assert found["indicators"][0]["actual"] == "70"
    assert found["includes_batches_up_to"] == batch
    assert time.perf_counter() - started < 5


async def test_waiting_ends_honestly_when_the_time_is_up(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    goal = await goal_of(api, pusher, {"target": "100"})
    first = await pusher.push(api, pusher.row(value="70"))
    await work_off(state, pusher.company_id)
    batch = await pusher.push(api, pusher.row(bucket="2026-07-02"))
    started = time.perf_counter()
    found = await read_attainment(api, pusher.company, goal, wait_for_batch=batch, timeout=0.2)
    assert 0.1 < time.perf_counter() - started < 5
    assert found["includes_batches_up_to"] == first
    assert found["indicators"][0]["actual"] == "70"


async def test_those_who_wait_leave_room_for_others(state: ApiState) -> None:
    """Half of what the process takes: whoever comes on top is answered as if the time were up."""
    settings = state.settings.model_copy(update={"max_requests": 3})
    narrow = replace(state, settings=settings, registry=type(state.registry)())
    async with AsyncClient(transport=ASGITransport(create_app(narrow)), base_url="http://test") as client:
        pusher = await make_pusher(narrow)
        goal = await goal_of(client, pusher, {"target": "100"})
        batch = await pusher.push(client, pusher.row(value="70"))
        waiting = asyncio.create_task(read_attainment(client, pusher.company, goal, wait_for_batch=batch, timeout=20))
        await asyncio.sleep(0.1)
        started = time.perf_counter()
        await read_attainment(client, pusher.company, goal, wait_for_batch=batch, timeout=20)
        assert time.perf_counter() - started < 5
        assert not waiting.done()
        await pusher.push(client, pusher.row(bucket="2026-07-02"))
        await work_off(narrow, pusher.company_id)
        assert (await waiting)["indicators"][0]["actual"] is not None


async def test_waiting_for_what_is_not_there_is_not_found_at_once(api: AsyncClient, state: ApiState) -> None:
    pusher, other = await make_pusher(state), await make_pusher(state)
    goal = await goal_of(api, pusher, {"target": "100"})
    foreign, mine = await other.push(api, other.row()), await pusher.push(api, pusher.row())
    started = time.perf_counter()
    for goal_id, batch in ((goal, str(new_id())), (goal, foreign), (str(new_id()), mine)):
        params = {"wait_for_batch": batch, "timeout": "5"}
        response = await api.get(f"/v1/goals/{goal_id}/attainment", params=params, headers=pusher.company.headers)
        problem(response, status=404, code="not-found")
    assert time.perf_counter() - started < 2
    for timeout in ("-1", "31", "x"):
        params = {"wait_for_batch": mine, "timeout": timeout}
        response = await api.get(f"/v1/goals/{goal}/attainment", params=params, headers=pusher.company.headers)
        assert [pointer for pointer, _ in pointers(response)] == ["/query/timeout"]


async def test_every_batch_up_to_the_one_named_is_shown(api: AsyncClient, state: ApiState) -> None:
    """GOAL-10: a stuck older batch holds the name back, and what came after it is shown all the same."""
    pusher = await make_pusher(state)
    goal = await goal_of(api, pusher, {"target": "100"})
    assert (await read_attainment(api, pusher.company, goal))["includes_batches_up_to"] is None
    batches = [await pusher.push(api, pusher.row(bucket=f"2026-07-0{day}")) for day in (1, 2, 3)]
    later = text(
        "UPDATE metric_batches SET due_at = now() + interval '1 hour' WHERE company_id = :company AND id = :id"
    )
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(later, {"company": pusher.company_id, "id": batches[1]})
    await take_in(state, pusher.company_id)
    assert (await read_attainment(api, pusher.company, goal))["includes_batches_up_to"] is None
    await recompute(state, pusher.company_id)
    found = await read_attainment(api, pusher.company, goal, wait_for_batch=batches[2], timeout=5)
    assert (found["includes_batches_up_to"], found["indicators"][0]["actual"]) == (batches[0], "200")
    failed = text("UPDATE metric_batches SET state = 'failed' WHERE company_id = :company AND id = :id")
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(failed, {"company": pusher.company_id, "id": batches[1]})
    assert (await read_attainment(api, pusher.company, goal))["includes_batches_up_to"] == batches[2]
