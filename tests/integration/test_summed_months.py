"""Months summed up are always those of the rows (MET-7, GOAL-10), and tell what the rows tell."""

import random
from datetime import date, timedelta
from typing import Any

from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_api.summed_months.commands import check_months, restore_all
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import reading, transaction
from attain_shared.goals.evaluation import evaluate_goals
from attain_shared.goals.figures import indicator_figures
from attain_shared.goals.queries import load_goals
from tests.support.goals import indicator, make_cycle, make_goal, read_attainment
from tests.support.pushes import Pusher, make_pusher
from tests.support.worker import count_rows, take_in, work_off

FIRST, LAST = date(2026, 4, 1), date(2026, 9, 30)
METRICS = ("gmv", "uv", "paying_buyers", "conversion", "members", "aov")
ROUNDS, ROWS = 12, 60

INDICATORS: tuple[dict[str, Any], ...] = (
    {"metric": "gmv"},
    {"metric": "uv"},
    {"metric": "uv", "aggregate": "daily_mean"},
    {"metric": "conversion", "aggregate": "daily_pooled", "target": "0.036"},
    {"metric": "conversion", "target": "0.036"},
    {"metric": "aov", "target": "100"},
    {"metric": "members"},
    {"metric": "gmv", "aggregate": "daily_mean"},
)
WINDOWS: tuple[dict[str, Any], ...] = (
    {},
    {"starts_on": "2026-07-01", "ends_on": "2026-08-31"},
    {"starts_on": "2026-07-06", "ends_on": "2026-08-16"},
)


def _random_row(chance: random.Random, pusher: Pusher) -> dict[str, Any]:
    day = FIRST + timedelta(days=chance.randrange((LAST - FIRST).days + 1))
    grain = chance.choices(("day", "week", "month", "quarter"), (24, 2, 2, 1))[0]
    bucket = {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": date(2026, (day.month - 1) // 3 * 3 + 1, 1),
    }[grain]
    row = pusher.row(chance.choice(METRICS), bucket=str(bucket), value=str(chance.randrange(1, 5000)), grain=grain)
    row["finality"] = chance.choice(("realtime", "final"))
    row["observed_at"] = f"2026-10-0{chance.randrange(1, 9)}T09:00:00+08:00"
    if grain == "month" and chance.random() < 0.3:
        row["through"] = str(bucket + timedelta(days=chance.randrange(28)))
    return row


async def _differing(state: ApiState) -> list[Any]:
    return [one async for _, _, found in check_months(state.sessions) for one in found]


async def _figures(state: ApiState, pusher: Pusher, goal_ids: list[Any], *, by_rows: bool) -> dict[Any, Any]:
    """What goals have come to: by summed months, or by every row received so far."""
    as_of = utc_now() + timedelta(seconds=1) if by_rows else None
    async with reading(state.sessions) as uow:
        goals = await load_goals(uow.session, company_id=pusher.company_id, goal_ids=goal_ids)
        found, _ = await evaluate_goals(
            uow.session, company_id=pusher.company_id, goals=goals, today=business_day(), as_of=as_of
        )
    return {goal_id: [indicator_figures(each) for each in one.indicators] for goal_id, one in found.items()}


async def test_whatever_is_pushed_months_tell_what_the_rows_tell(api: AsyncClient, state: ApiState) -> None:
    """MET-3 to MET-7: days, weeks, months and quarters, provisional and final, in any order and restated."""
    pusher, chance = await make_pusher(state), random.Random(6)
    cycle = await make_cycle(api, pusher.company)
    made = [
        await make_goal(
            api, pusher.company, *(indicator([pusher.shop.id]) | one for one in INDICATORS),
            cycle_id=cycle["id"], weight="1", **window,
        )
        for window in WINDOWS
    ]  # fmt: skip
    goal_ids = [goal["id"] for goal in made]
    for _ in range(ROUNDS):
        await pusher.push(api, *(_random_row(chance, pusher) for _ in range(ROWS)))
        await take_in(state, pusher.company_id)
        assert await _differing(state) == []
        assert await _figures(state, pusher, goal_ids, by_rows=False) == await _figures(
            state, pusher, goal_ids, by_rows=True
        )
    assert await count_rows(state, "metric_months", pusher.company_id) > 0


async def test_months_are_summed_for_what_goals_are_measured_by_and_nothing_else(
    api: AsyncClient, state: ApiState
) -> None:
    pusher = await make_pusher(state)
    cycle = await make_cycle(api, pusher.company)
    await pusher.push(api, pusher.row(), pusher.row("pv"), pusher.row("uv"))
    await take_in(state, pusher.company_id)
    assert await count_rows(state, "metric_months", pusher.company_id) == 0
    goal = await make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle["id"])
    assert await count_rows(state, "metric_months", pusher.company_id) == 3
    await pusher.push(api, pusher.row(bucket="2026-07-02"), pusher.row("pv", bucket="2026-07-02"))
    await work_off(state, pusher.company_id)
    assert await count_rows(state, "metric_months", pusher.company_id) == 3
    assert (await read_attainment(api, pusher.company, goal["id"]))["indicators"][0]["actual"] == "200"


async def test_a_month_that_does_not_add_up_is_found_and_restored(api: AsyncClient, state: ApiState) -> None:
    """And the goals that were measured by it are computed anew."""
    pusher = await make_pusher(state)
    cycle = await make_cycle(api, pusher.company)
    goal = await make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle["id"])
    await pusher.push(api, pusher.row())
    await work_off(state, pusher.company_id)
    spoil = text("UPDATE metric_months SET total = total + 1 WHERE company_id = :company_id AND days > 0")
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(spoil, {"company_id": pusher.company_id})
    ((series, month),) = await _differing(state)
    assert (series.metric, month) == ("gmv", date(2026, 7, 1))
    await restore_all(state.sessions, company_id=pusher.company_id, series=[(series, month)])
    assert await _differing(state) == []
    assert await count_rows(state, "goal_marks", pusher.company_id) == 1
    await work_off(state, pusher.company_id)
    assert (await read_attainment(api, pusher.company, goal["id"]))["indicators"][0]["actual"] == "100"
