"""A goal that comes into being while a claim is on its way misses none of its rows (GOAL-10)."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.state import ApiState
from attain_shared.goals.evaluation import evaluate
from attain_shared.goals.models import Goal
from attain_worker.ingestion import repository
from tests.support.goals import indicator, make_cycle, make_goal, read_attainment
from tests.support.pushes import make_pusher
from tests.support.worker import new_ingestion, recompute


async def test_two_workers_and_a_new_goal(api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker has looked for affected goals and not committed; the goal is made; another worker computes it."""
    pusher = await make_pusher(state)
    cycle = await make_cycle(api, pusher.company)
    looked, go_on = asyncio.Event(), asyncio.Event()
    finish = repository.finish_batches

    async def finish_later(session: AsyncSession, **more: object) -> None:
        looked.set()
        await go_on.wait()
        await finish(session, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(repository, "finish_batches", finish_later)
    batch = await pusher.push(api, pusher.row("gmv", value="777"))
    claim = asyncio.create_task(new_ingestion(state).take_in(pusher.company_id))
    await looked.wait()
    making = asyncio.create_task(make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle["id"]))
    done, _ = await asyncio.wait({making}, timeout=0.5)
    assert not done, "the goal waits for the claim that writes to its shop"
    go_on.set()
    await claim
    goal = (await making)["id"]
    await recompute(state, pusher.company_id)
    read = await read_attainment(api, pusher.company, goal)
    assert read["indicators"][0]["actual"] == "777"
    assert UUID(read["includes_batches_up_to"]) >= UUID(batch)


async def test_a_goal_that_cannot_be_evaluated_holds_up_no_other(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other goals of the company go on; the one says by its batches that it is behind."""
    pusher = await make_pusher(state)
    cycle = await make_cycle(api, pusher.company)
    bad, good = [
        (await make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle["id"]))["id"] for _ in "ab"
    ]
    await recompute(state, pusher.company_id)

    def evaluate_unless_bad(goal: Goal, *more: Any, **named: Any) -> Any:
        if str(goal.id) == bad:
            raise ArithmeticError(goal.id)
        return evaluate(goal, *more, **named)

    monkeypatch.setattr("attain_shared.goals.evaluation.evaluate", evaluate_unless_bad)
    batch = await pusher.push(api, pusher.row("gmv", value="5"))
    await new_ingestion(state).take_in(pusher.company_id)
    await recompute(state, pusher.company_id)
    shown = {goal: await read_attainment(api, pusher.company, goal) for goal in (bad, good)}
    assert shown[good]["indicators"][0]["actual"] == "5"
    assert shown[good]["includes_batches_up_to"] == batch
    assert shown[bad]["indicators"][0]["actual"] is None
    assert shown[bad]["includes_batches_up_to"] is None
