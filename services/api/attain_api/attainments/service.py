"""What goals and their owners have come to (GOAL-5, GOAL-6, GOAL-10, REV-2)."""

import asyncio
import time
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.attainments import repository
from attain_api.cycles.service import get_cycle
from attain_api.goals.owners import OwnerKey, read_owner
from attain_api.goals.service import check_owner
from attain_api.state import ApiState
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.errors import NotFound
from attain_shared.goals.attainment_schemas import AttainmentRead, IndicatorAttainmentRead, ScorecardGoal, ScorecardRead
from attain_shared.goals.evaluation import Evaluation, evaluate, load_facts, load_formulas
from attain_shared.goals.figures import indicator_figures
from attain_shared.goals.queries import load_goals
from attain_shared.rules.scorecard import Performance, performance

FIRST_PAUSE, PAUSE_GROWTH, LONGEST_PAUSE = 0.03, 1.2, 0.25
"""Seconds between the looks of a waiting request: often at first, as most waits are short, and each costs a statement."""


PATIENCE = 0.5
"""Seconds that a batch which is shown waits for older ones: most are a moment behind, one that fails may take long."""


async def wait_for_batch(state: ApiState, *, actor: Actor, goal_id: UUID, batch_id: UUID, seconds: float) -> None:
    """Wait until a batch is done or failed and the goal's attainment shows it, or the time is up.

    A moment longer, if batches with smaller ids are on their way: `includes_batches_up_to` can then name this one.
    No connection is held between looks, so many may wait. A process that is to end lets nobody wait.
    """
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        async with transaction(state.sessions, state.doorbell) as uow:
            found = await repository.find_wait_state(uow.session, visible_to=actor, goal_id=goal_id, batch_id=batch_id)
        if found is None:
            raise NotFound("no such goal or batch")
        if found.shows(batch_id):
            if not found.has_older_open:
                return
            deadline = min(deadline, time.monotonic() + PATIENCE)
        if state.draining or time.monotonic() + pause > deadline:
            return
        await asyncio.sleep(pause)
        pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE)


async def get_attainment(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, as_of: datetime | None) -> AttainmentRead:
    """A goal's attainment as it stands, or as it was known at an instant (MET-7)."""
    now = utc_now()
    row = await repository.find_attainment(uow.session, visible_to=actor, goal_id=goal_id, as_of=as_of or now)
    if row is None:
        raise NotFound("no such goal")
    if as_of is None and row.computed_at is not None and row.business_day == business_day():
        attainment = AttainmentRead.model_validate(row)
    else:  # not computed yet, of another day's calendar, or of another instant's facts
        evaluation = await _evaluate(uow.session, actor=actor, goal_id=goal_id, as_of=as_of)
        attainment = _read_evaluation(evaluation, row, computed_at=now)
    # the rule quotes the rubric, which is no part of a goal's public form
    return attainment if row.is_full else attainment.model_copy(update={"rule": None})


async def get_scorecard(uow: UnitOfWork, *, actor: Actor, owner: OwnerKey, cycle_id: UUID) -> ScorecardRead:
    """An owner's confirmed goals in a cycle and the performance they make (REV-2)."""
    await get_cycle(uow, actor=actor, cycle_id=cycle_id)
    await check_owner(uow, actor=actor, owner=owner)
    rows = await repository.list_scored_goals(
        uow.session,
        company_id=actor.company_id,
        cycle_id=cycle_id,
        department_id=owner.department_id,
        person_id=owner.person_id,
    )
    goals = [ScorecardGoal.model_validate(row) for row in rows]
    stands = _performance(goals)
    forecast = performance((goal.weight, goal.score_forecast, goal.score_forecast) for goal in goals)
    return ScorecardRead(
        owner=read_owner(owner),
        cycle_id=cycle_id,
        performance=stands.value,
        performance_low=stands.low,
        performance_high=stands.high,
        performance_forecast=forecast.value,
        goals=goals,
        without_data=[goal.goal_id for goal in goals if goal.score is None and goal.score_low is None],
    )


def _performance(goals: list[ScorecardGoal]) -> Performance:
    return performance(
        (
            goal.weight,
            goal.score_low if goal.score is None else goal.score,
            goal.score_high if goal.score is None else goal.score,
        )
        for goal in goals
    )


async def _evaluate(session: AsyncSession, *, actor: Actor, goal_id: UUID, as_of: datetime | None) -> Evaluation:
    goals = await load_goals(session, company_id=actor.company_id, goal_ids=[goal_id])
    formulas = await load_formulas(session, company_id=actor.company_id, goals=goals, as_of=as_of)
    cells = await load_facts(session, company_id=actor.company_id, goals=goals, formulas=formulas, as_of=as_of)
    ((goal, indicators),) = goals
    return evaluate(goal, indicators, cells=cells, formulas=formulas, today=business_day(as_of))


def _read_evaluation(evaluation: Evaluation, row: Row[Any], *, computed_at: datetime) -> AttainmentRead:
    return AttainmentRead(
        goal_id=evaluation.goal.id,
        score=evaluation.scored.score,
        score_low=evaluation.scored.score_low,
        score_high=evaluation.scored.score_high,
        rule=evaluation.scored.rule,
        status=evaluation.status.value,
        computed_at=computed_at,
        includes_batches_up_to=row.includes_batches_up_to,
        indicators=[IndicatorAttainmentRead.model_validate(indicator_figures(one)) for one in evaluation.indicators],
    )
