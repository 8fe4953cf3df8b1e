"""Goals measured by a company's own metric follow its formula (MET-4, GOAL-10)."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.metrics.declarations import hold_metrics, lock_metrics
from attain_shared.shops.queries import lock_shops
from tests.support.goals import goal_body, indicator, make_cycle, make_goal, read_attainment
from tests.support.http import created, ok, pointers
from tests.support.pushes import Pusher, make_pusher, push_and_take_in
from tests.support.statements import count_statements
from tests.support.worker import count_rows, recompute

KEPT: dict[str, Any] = {
    "code": "kept",
    "zh": "净支付率",
    "en": "Kept after refunds",
    "unit": "ratio",
    "algebra": "ratio",
}
KEPT |= {"numerator": "gmv - refund_amount", "denominator": "gmv", "better": "higher"}
PATH = "/v1/metrics/kept"


async def measured(api: AsyncClient, state: ApiState) -> tuple[Pusher, str, str]:
    """A company with figures, its own metric, and a goal by it: the pusher, the goal, its cycle."""
    pusher = await make_pusher(state)
    created(await api.post("/v1/metrics", json=KEPT, headers=pusher.company.headers))
    rows = [pusher.row("gmv", value="100"), pusher.row("refund_amount", value="20"), pusher.row("ad_spend", value="30")]
    await push_and_take_in(api, state, pusher, *rows)
    cycle = (await make_cycle(api, pusher.company))["id"]
    goal = await make_goal(api, pusher.company, indicator([pusher.shop.id], "kept", target="0.8"), cycle_id=cycle)
    return pusher, goal["id"], cycle


async def actual(api: AsyncClient, pusher: Pusher, goal: str) -> str | None:
    read: str | None = (await read_attainment(api, pusher.company, goal))["indicators"][0]["actual"]
    return read


async def sources(state: ApiState, pusher: Pusher) -> list[str]:
    """The metrics that the company's goals depend on."""
    statement = text("SELECT metric FROM indicator_sources WHERE company_id = :company_id ORDER BY metric")
    async with transaction(state.sessions, state.doorbell) as uow:
        return list(await uow.session.scalars(statement, {"company_id": pusher.company_id}))


async def test_a_new_formula_moves_the_goals_that_measure_it(api: AsyncClient, state: ApiState) -> None:
    pusher, goal, cycle = await measured(api, state)
    other = await make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle, weight="0")
    assert await actual(api, pusher, goal) == "0.8", "not computed yet: evaluated by the API"
    await recompute(state, pusher.company_id)
    assert await actual(api, pusher, goal) == "0.8"
    assert await sources(state, pusher) == ["gmv", "gmv", "kept", "refund_amount"]

    change = {"numerator": "gmv - refund_amount - ad_spend"}
    ok(await api.patch(PATH, json=change, headers=pusher.company.headers))
    assert await sources(state, pusher) == ["ad_spend", "gmv", "gmv", "kept", "refund_amount"]
    assert await count_rows(state, "goal_marks", pusher.company_id) == 1, "not the goal by gmv"
    await recompute(state, pusher.company_id)
    assert await actual(api, pusher, goal) == "0.5"
    assert await actual(api, pusher, other["id"]) == "100"

    later = {"observed_at": "2026-08-02T09:00:00+08:00"}
    await push_and_take_in(api, state, pusher, pusher.row("ad_spend", value="10", **later))
    await recompute(state, pusher.company_id)
    assert await actual(api, pusher, goal) == "0.7", "GOAL-10: marked by its new part"


async def test_a_new_label_moves_no_goal(api: AsyncClient, state: ApiState) -> None:
    pusher, _, _ = await measured(api, state)
    await recompute(state, pusher.company_id)
    change = {"zh": "净率", "aliases": ["留存率"], "default_aggregate": "daily_pooled"}
    ok(await api.patch(PATH, json=change, headers=pusher.company.headers))
    assert await count_rows(state, "goal_marks", pusher.company_id) == 0


async def test_a_formula_of_another_company_moves_no_goal(api: AsyncClient, state: ApiState) -> None:
    """ORG-0."""
    ours, goal, _ = await measured(api, state)
    theirs, _, _ = await measured(api, state)
    for pusher in (ours, theirs):
        await recompute(state, pusher.company_id)
    ok(await api.patch(PATH, json={"numerator": "refund_amount"}, headers=theirs.company.headers))
    assert await count_rows(state, "goal_marks", ours.company_id) == 0
    assert await count_rows(state, "goal_marks", theirs.company_id) == 1
    await recompute(state, ours.company_id)
    assert await actual(api, ours, goal) == "0.8"


async def test_a_goal_takes_the_default_aggregate_that_was_declared(api: AsyncClient, state: ApiState) -> None:
    """MET-5a; goals keep theirs when it changes."""
    pusher, _, cycle = await measured(api, state)
    ok(await api.patch(PATH, json={"default_aggregate": "daily_pooled"}, headers=pusher.company.headers))
    second = await make_goal(
        api, pusher.company, indicator([pusher.shop.id], "kept"), cycle_id=cycle, weight="0", title="second"
    )
    assert second["indicators"][0]["aggregate"] == "daily_pooled"
    body = goal_body(cycle, [indicator([pusher.shop.id], "never_declared")])
    response = await api.post("/v1/goals", json=body, headers=pusher.company.headers)
    assert pointers(response) == [("/indicators/0/metric", "unknown-metric")]


async def still_waits(task: "asyncio.Task[Any]") -> bool:
    done, _ = await asyncio.wait({task}, timeout=0.5)
    return not done


async def test_a_new_formula_waits_for_the_claims_that_write_to_its_shops(api: AsyncClient, state: ApiState) -> None:
    """Such a claim has looked already for the goals that its rows touch."""
    pusher, _, _ = await measured(api, state)
    async with transaction(state.sessions, state.doorbell) as claim:
        await lock_shops(claim.session, company_id=pusher.company_id, shop_ids=[pusher.shop.id])
        change = api.patch(PATH, json={"numerator": "ad_spend"}, headers=pusher.company.headers)
        changing = asyncio.create_task(change)
        assert await still_waits(changing)
    ok(await changing)


@pytest.mark.parametrize("first", ["goal", "formula"])
async def test_a_goal_and_a_formula_do_not_miss_each_other(api: AsyncClient, state: ApiState, first: str) -> None:
    """A goal made on the way of a change depends on the new parts: one waits for the other."""
    pusher, _, cycle = await measured(api, state)
    body = goal_body(cycle, [indicator([pusher.shop.id], "kept")], weight="0")
    async with transaction(state.sessions, state.doorbell) as other:
        if first == "goal":
            await hold_metrics(other.session, company_id=pusher.company_id)
            change = {"numerator": "ad_spend"}
            waiting = asyncio.create_task(api.patch(PATH, json=change, headers=pusher.company.headers))
        else:
            await lock_metrics(other.session, company_id=pusher.company_id)
            waiting = asyncio.create_task(api.post("/v1/goals", json=body, headers=pusher.company.headers))
        assert await still_waits(waiting)
    assert (await waiting).is_success


async def test_a_stored_attainment_needs_no_declarations(api: AsyncClient, state: ApiState) -> None:
    """P12."""
    pusher, goal, _ = await measured(api, state)
    await recompute(state, pusher.company_id)
    with count_statements() as statements:
        await read_attainment(api, pusher.company, goal)
    assert not [one for one in statements if "company_metrics" in one]
    with count_statements() as statements:
        await read_attainment(api, pusher.company, goal, as_of=f"{business_day()}T00:00:00+08:00")
    assert len([one for one in statements if "company_metrics" in one]) == 1
