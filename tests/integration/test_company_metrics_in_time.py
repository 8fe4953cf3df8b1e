"""A company's own metric through its versions: as it was known at an instant, and in cycles that are over (MET-4, MET-7)."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.metrics.declarations import lock_metrics
from tests.integration.test_company_metrics_in_goals import KEPT, PATH, actual, measured, sources, still_waits
from tests.support.goals import indicator, make_goal, read_attainment
from tests.support.http import created, ok
from tests.support.pushes import Pusher, make_pusher, push_and_take_in, read_total, read_values
from tests.support.statements import count_statements
from tests.support.worker import count_rows, recompute

LESS_ADS = {"numerator": "gmv - refund_amount - ad_spend"}
PARTS = ["gmv", "kept", "refund_amount"]


def now() -> str:
    return datetime.now(UTC).isoformat()


async def change(api: AsyncClient, pusher: Pusher, **changes: Any) -> None:
    ok(await api.patch(PATH, json=changes, headers=pusher.company.headers))


async def move(api: AsyncClient, pusher: Pusher, cycle: str, action: str) -> None:
    ok(await api.post(f"/v1/cycles/{cycle}/actions/{action}", headers=pusher.company.headers | {"If-Match": "*"}))


async def correct(api: AsyncClient, state: ApiState, pusher: Pusher, metric: str, value: str, hour: str) -> None:
    row = pusher.row(metric, value=value, observed_at=f"2026-08-02T{hour}:00:00+08:00")
    await push_and_take_in(api, state, pusher, row)


async def test_figures_as_of_an_instant_are_made_by_the_formula_of_then(api: AsyncClient, state: ApiState) -> None:
    """MET-7: also after it has changed twice; before there was any, by the first."""
    pusher = await make_pusher(state)
    rows = [pusher.row("gmv", value="100"), pusher.row("refund_amount", value="20"), pusher.row("ad_spend", value="30")]
    await push_and_take_in(api, state, pusher, *rows)
    instants = [now()]
    created(await api.post("/v1/metrics", json=KEPT, headers=pusher.company.headers))
    instants.append(now())
    for numerator in (LESS_ADS["numerator"], "refund_amount"):
        await change(api, pusher, numerator=numerator)
        instants.append(now())
    day = {"metric": "kept", "to": "2026-07-01"}
    for as_of, expected in zip(instants, ("0.8", "0.8", "0.5", "0.2"), strict=True):
        (value,) = await read_values(api, pusher, **day, as_of=as_of)
        total = await read_total(api, pusher, **day, as_of=as_of)
        assert (value["value"], total["value"]) == (expected, expected), as_of
    assert (await read_total(api, pusher, **day))["value"] == "0.2"


async def test_an_attainment_as_of_an_instant_is_made_by_the_formula_of_then(api: AsyncClient, state: ApiState) -> None:
    """MET-7."""
    pusher, goal, _ = await measured(api, state)
    instants = [now()]
    for numerator in (LESS_ADS["numerator"], "refund_amount"):
        await change(api, pusher, numerator=numerator)
        instants.append(now())
    for as_of, expected in zip(instants, ("0.8", "0.5", "0.2"), strict=True):
        found = await read_attainment(api, pusher.company, goal, as_of=as_of)
        assert found["indicators"][0]["actual"] == expected, as_of


async def test_a_closed_cycle_keeps_the_formula_until_it_is_opened_again(api: AsyncClient, state: ApiState) -> None:
    """MET-4: what a score was given by stands, also where a fact is corrected."""
    pusher, goal, cycle = await measured(api, state)
    await recompute(state, pusher.company_id)
    await move(api, pusher, cycle, "close")
    for numerator in (LESS_ADS["numerator"], "refund_amount", LESS_ADS["numerator"]):
        await change(api, pusher, numerator=numerator)
    assert await count_rows(state, "goal_marks", pusher.company_id) == 0
    assert await sources(state, pusher) == PARTS
    await correct(api, state, pusher, "refund_amount", "40", "09")
    assert await actual(api, pusher, goal) == "0.8", "marked"
    await recompute(state, pusher.company_id)
    assert await actual(api, pusher, goal) == "0.6", "by the formula of then: 100 - 40, of 100"
    found = await read_attainment(api, pusher.company, goal, as_of=now())
    assert found["indicators"][0]["actual"] == "0.6", "evaluated by the API"

    await move(api, pusher, cycle, "open")
    assert await sources(state, pusher) == ["ad_spend", *PARTS]
    await recompute(state, pusher.company_id)
    assert await actual(api, pusher, goal) == "0.3"
    await move(api, pusher, cycle, "close")
    await move(api, pusher, cycle, "open")
    assert await count_rows(state, "goal_marks", pusher.company_id) == 0, "nothing has changed"


@pytest.mark.parametrize("over", ["closed", "cancelled"])
async def test_a_goal_that_is_over_keeps_its_formula(api: AsyncClient, state: ApiState, over: str) -> None:
    """MET-4; others of its cycle follow."""
    pusher, goal, cycle = await measured(api, state)
    other = (await make_goal(api, pusher.company, indicator([pusher.shop.id], "kept"), cycle_id=cycle, weight="0"))[
        "id"
    ]
    await recompute(state, pusher.company_id)
    statement = text("UPDATE goals SET state = :state WHERE company_id = :company_id AND id = :id")
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(statement, {"state": over, "company_id": pusher.company_id, "id": goal})
    await change(api, pusher, **LESS_ADS)
    await correct(api, state, pusher, "gmv", "200", "09")
    await recompute(state, pusher.company_id)
    assert [await actual(api, pusher, one) for one in (goal, other)] == ["0.9", "0.75"]


async def test_many_goals_follow_in_as_many_statements_as_one(api: AsyncClient, state: ApiState) -> None:
    """P12."""
    pusher, _, cycle = await measured(api, state)
    counts = []
    for numerator in (LESS_ADS["numerator"], "refund_amount", LESS_ADS["numerator"]):
        with count_statements() as statements:
            await change(api, pusher, numerator=numerator)
        counts.append(len(statements))
        own = indicator([pusher.shop.id], "kept")
        await make_goal(api, pusher.company, own, own, own, cycle_id=cycle, weight="0")
    assert counts == [counts[0]] * 3
    assert await count_rows(state, "goal_marks", pusher.company_id) == 4
    assert await count_rows(state, "indicator_sources", pusher.company_id) == (1 + 3 * 3) * len(["ad_spend", *PARTS])


async def test_an_opening_waits_for_a_formula_on_its_way(api: AsyncClient, state: ApiState) -> None:
    """Neither misses the other: the change passes by the cycle while it is closed."""
    pusher, _, cycle = await measured(api, state)
    await move(api, pusher, cycle, "close")
    async with transaction(state.sessions, state.doorbell) as other:
        await lock_metrics(other.session, company_id=pusher.company_id)
        opening = asyncio.create_task(move(api, pusher, cycle, "open"))
        assert await still_waits(opening)
    await opening
