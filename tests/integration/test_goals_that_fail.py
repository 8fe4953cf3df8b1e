"""Goals that cannot be computed: they hold up no other, and their readers are told that there is nothing (GOAL-10)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from attain_api.state import ApiState
from attain_shared.goals import evaluation
from attain_shared.goals.inputs import Inputs, load_inputs
from attain_shared.goals.models import Goal, Indicator
from attain_shared.goals.sources import Measured
from tests.support.goals import read_attainment
from tests.support.http import ok
from tests.support.measured import goal_of, shown
from tests.support.pushes import Pusher, make_pusher, push_and_take_in
from tests.support.worker import count_rows, new_recompute, recompute

JULY = {"from": "2026-07-01", "to": "2026-12-31"}


async def three_goals(api: AsyncClient, state: ApiState) -> tuple[Pusher, list[str]]:
    """Goals of one shop's gmv, none of them computed yet."""
    pusher = await make_pusher(state)
    first = await goal_of(api, pusher, {})
    cycle = ok(await api.get(f"/v1/goals/{first}", headers=pusher.company.headers))["cycle_id"]
    goals = [first, *[await goal_of(api, pusher, {}, cycle_id=cycle) for _ in range(2)]]
    await push_and_take_in(api, state, pusher, pusher.row(value="7"))
    return pusher, goals


@pytest.mark.parametrize("statement", [None, "SELECT 1 / 0"], ids=["in the rules", "in the database"])
async def test_a_goal_that_cannot_be_loaded_holds_up_no_other(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch, statement: str | None
) -> None:
    """Of many at once each is tried alone; it keeps its mark, and is told of."""
    pusher, (bad, *good) = await three_goals(api, state)

    async def load(session: AsyncSession, *, goals: Measured, **more: Any) -> Inputs:
        if UUID(bad) in {goal.id for goal, _ in goals}:
            if statement is not None:
                await session.execute(text(statement))
            raise LookupError("no such metric")
        return await load_inputs(session, goals=goals, **more)

    monkeypatch.setattr(evaluation, "load_inputs", load)
    with capture_logs() as logs:
        await recompute(state, pusher.company_id)
    assert {one["goal_id"] for one in logs if one["event"] == "a goal cannot be recomputed"} == {bad}
    assert await count_rows(state, "goal_marks", pusher.company_id) == 1
    for goal in good:
        assert shown(await read_attainment(api, pusher.company, goal), "actual") == ["7"]
    monkeypatch.undo()
    assert await new_recompute(state).recompute(pusher.company_id)
    assert await count_rows(state, "goal_marks", pusher.company_id) == 0


async def test_of_a_goal_that_cannot_be_evaluated_nothing_is_said(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer all the same, of no data and no batch; the log says why."""
    pusher, (bad, *good) = await three_goals(api, state)

    def evaluate(goal: Goal, indicators: Sequence[Indicator], inputs: Inputs) -> evaluation.Evaluation:
        if goal.id == UUID(bad):
            raise ArithmeticError("a figure beyond all bounds")
        return evaluated(goal, indicators, inputs)

    evaluated = evaluation.evaluate
    monkeypatch.setattr(evaluation, "evaluate", evaluate)
    await recompute(state, pusher.company_id)
    with capture_logs() as logs:
        found = await read_attainment(api, pusher.company, bad)
    assert [one["goal_id"] for one in logs if one["event"] == "a goal cannot be evaluated"] == [bad]
    assert (found["score"], found["status"], found["rule"], found["includes_batches_up_to"]) == (
        None,
        "no_data",
        None,
        None,
    )
    assert found["indicators"] == []
    history = f"/v1/goals/{bad}/attainment/history"
    assert ok(await api.get(history, params=JULY, headers=pusher.company.headers))["items"] == []
    for goal in good:
        assert shown(await read_attainment(api, pusher.company, goal), "actual") == ["7"]
