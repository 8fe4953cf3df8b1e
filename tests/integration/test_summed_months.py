"""Months summed up are always those of the rows (MET-7, GOAL-10), and tell what the rows tell."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_api.summed_months.commands import check_months, fill_all, restore_all
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import reading, transaction
from attain_shared.goals.evaluation import evaluate_goals
from attain_shared.goals.figures import indicator_figures
from attain_shared.goals.queries import load_goals
from tests.support.companies import make_member
from tests.support.goals import indicator, make_cycle, make_goal, read_attainment
from tests.support.http import created, ok
from tests.support.measured import pusher_of_shops
from tests.support.pushes import Pusher, make_pusher
from tests.support.worker import count_rows, take_in, work_off

FIRST, LAST = date(2026, 4, 1), date(2026, 9, 30)
METRICS = ("gmv", "uv", "paying_buyers", "conversion", "members", "aov")
DIMENSIONS = ("", "item:1", "item:2")
ROUNDS, ROWS = 12, 100

OF_A_SHOP: tuple[dict[str, Any], ...] = (
    {"metric": "gmv"},
    {"metric": "uv"},
    {"metric": "uv", "aggregate": "daily_mean"},
    {"metric": "conversion", "aggregate": "daily_pooled", "target": "0.036"},
    {"metric": "conversion", "target": "0.036"},
    {"metric": "aov", "target": "100"},
    {"metric": "members"},
    {"metric": "gmv", "aggregate": "daily_mean"},
)
LAST_YEAR = {"kind": "growth", "against": "last_year", "target": "0.2"}
PREVIOUS = LAST_YEAR | {"against": "previous"}
OF_ALL_SHOPS: tuple[dict[str, Any], ...] = (
    {"metric": "gmv"},
    {"metric": "uv"},
    {"metric": "conversion", "aggregate": "daily_pooled", "target": "0.036"},
    {"metric": "members"},
    PREVIOUS | {"metric": "gmv"},
    LAST_YEAR | {"metric": "gmv"},
    PREVIOUS | {"metric": "uv"},
    LAST_YEAR | {"metric": "conversion", "aggregate": "daily_pooled"},
)
OWNED: tuple[dict[str, Any], ...] = (
    {"metric": "gmv"},
    {"metric": "uv", "aggregate": "daily_mean"},
    {"metric": "conversion", "aggregate": "daily_pooled", "target": "0.036"},
    {"metric": "members"},
    PREVIOUS | {"metric": "gmv"},
    LAST_YEAR | {"metric": "gmv"},
)
OF_ITEMS: tuple[dict[str, Any], ...] = (
    {"metric": "gmv"},
    {"metric": "uv"},
    {"metric": "conversion", "aggregate": "daily_pooled", "target": "0.036"},
    PREVIOUS | {"metric": "gmv"},
    LAST_YEAR | {"metric": "gmv"},
)
WINDOWS: tuple[dict[str, Any], ...] = (
    {},
    {"starts_on": "2026-07-01", "ends_on": "2026-08-31"},
    {"starts_on": "2026-07-06", "ends_on": "2026-08-16"},
)


def _random_row(chance: random.Random, pusher: Pusher, shops: list[str]) -> dict[str, Any]:
    """Of the first shop and its items, or of another one; of this summer, or of the one before."""
    year = chance.choices((2026, 2025), (3, 1))[0]
    day = FIRST.replace(year=year) + timedelta(days=chance.randrange((LAST - FIRST).days + 1))
    grain = chance.choices(("day", "week", "month", "quarter"), (24, 2, 2, 1))[0]
    bucket = {
        "day": day,
        "week": day - timedelta(days=day.weekday()),
        "month": day.replace(day=1),
        "quarter": date(year, (day.month - 1) // 3 * 3 + 1, 1),
    }[grain]
    row: dict[str, Any] = pusher.row(
        chance.choice(METRICS), bucket=str(bucket), value=str(chance.randrange(1, 5000)), grain=grain
    )
    row["finality"] = chance.choice(("realtime", "final"))
    row["observed_at"] = f"2026-10-0{chance.randrange(1, 9)}T09:00:00+08:00"
    row["shop"] = chance.choices(shops, (3, 1, 1))[0]
    if row["shop"] == shops[0]:
        row["dimension"] = chance.choice(DIMENSIONS)
    if grain == "month" and chance.random() < 0.3:
        row["through"] = str(bucket + timedelta(days=chance.randrange(28)))
    return row


async def _own(api: AsyncClient, pusher: Pusher, shop_id: str, *shares: tuple[str, str, str]) -> None:
    """Who owns a shop from which day on, with which share: the company's own person, and the rest somebody else."""
    for starts_on, share, other in shares:
        owners = [{"type": "person", "id": str(pusher.company.person_id), "share": share}]
        if other:
            owners.append({"type": "person", "id": other, "share": str(1 - Decimal(share))})
        body = {"starts_on": starts_on, "owners": owners}
        ok(await api.put(f"/v1/shops/{shop_id}/owners", json=body, headers=pusher.company.headers))


async def _make_goals(api: AsyncClient, pusher: Pusher, shops: list[str], other: str) -> list[str]:
    """Of one shop, of three, of what somebody owned of them, and of two items, over each window."""
    await _own(api, pusher, shops[0], ("2025-05-01", "1", ""), ("2026-07-11", "0.25", other))
    await _own(api, pusher, shops[1], ("2026-08-05", "1", ""))
    hot = {"shop_id": shops[0], "name": "爆款", "item_ids": ["1", "2"]}
    items = created(await api.post("/v1/item-sets", json=hot, headers=pusher.company.headers))["id"]
    groups: list[tuple[list[str], tuple[dict[str, Any], ...], dict[str, Any]]] = [
        (shops[:1], OF_A_SHOP, {}),
        (shops, OF_ALL_SHOPS, {}),
        (shops, OWNED, {"attribution": "owned"}),
        (shops[:1], OF_ITEMS, {"item_set": items}),
    ]
    cycle = await make_cycle(api, pusher.company)
    owner = {"type": "person", "id": str(pusher.company.person_id)}
    made = [
        await make_goal(
            api, pusher.company, *(indicator(of) | one | more for one in indicators),
            cycle_id=cycle["id"], owner=owner, weight="1", **window,
        )
        for window in WINDOWS
        for of, indicators, more in groups
    ]  # fmt: skip
    return [goal["id"] for goal in made]


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


@pytest.mark.no_cover
async def test_whatever_is_pushed_months_tell_what_the_rows_tell(api: AsyncClient, state: ApiState) -> None:
    """MET-3 to MET-7: days, weeks, months and quarters, provisional and final, in any order and restated."""
    (pusher, shops, names), chance = await pusher_of_shops(state, 3), random.Random(6)
    other = await make_member(state, pusher.company)
    goal_ids = await _make_goals(api, pusher, shops, str(other.person_id))
    figures: dict[Any, Any] = {}
    for _ in range(ROUNDS):
        await pusher.push(api, *(_random_row(chance, pusher, names) for _ in range(ROWS)))
        await take_in(state, pusher.company_id)
        assert await _differing(state) == []
        figures = await _figures(state, pusher, goal_ids, by_rows=False)
        assert figures == await _figures(state, pusher, goal_ids, by_rows=True)
    assert all(one["verdict"] != "no_data" for each in figures.values() for one in each)
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


async def test_months_of_goals_from_before_are_read_from_rows_until_they_are_filled(
    api: AsyncClient, state: ApiState
) -> None:
    """As after an upgrade: the figure is the same before and after."""
    pusher = await make_pusher(state)
    cycle = await make_cycle(api, pusher.company)
    goal = await make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle["id"])
    await pusher.push(api, pusher.row())
    await take_in(state, pusher.company_id)
    async with transaction(state.sessions, state.doorbell) as uow:
        forget = text("DELETE FROM metric_months WHERE company_id = :company_id")
        await uow.session.execute(forget, {"company_id": pusher.company_id})
    figures = await _figures(state, pusher, [goal["id"]], by_rows=False)
    assert await fill_all(state.sessions, company_id=pusher.company_id) == 1
    assert await count_rows(state, "metric_months", pusher.company_id) == 3
    assert await _differing(state) == []
    assert await _figures(state, pusher, [goal["id"]], by_rows=False) == figures


async def test_what_is_read_by_rows_for_one_indicator_is_a_part_of_anothers_ratio(
    api: AsyncClient, state: ApiState
) -> None:
    """GOAL-12: a shop held in part is read by rows, and whose ratio beside it by months."""
    pusher = await make_pusher(state)
    cycle = await make_cycle(api, pusher.company)
    other = (await make_member(state, pusher.company)).person_id
    await _own(api, pusher, str(pusher.shop.id), ("2026-07-01", "0.5", str(other)))
    owner = {"type": "person", "id": str(pusher.company.person_id)}
    shop = [pusher.shop.id]
    goal = await make_goal(
        api, pusher.company, indicator(shop, attribution="owned"), indicator(shop, "refund_rate", target="0.05"),
        cycle_id=cycle["id"], owner=owner,
    )  # fmt: skip
    await pusher.push(api, pusher.row(), pusher.row("refund_amount", value="5"))
    await work_off(state, pusher.company_id)
    figures = (await read_attainment(api, pusher.company, goal["id"]))["indicators"]
    assert [one["actual"] for one in figures] == ["50", "0.05"]
