"""What owners have reached in a cycle, and what everybody below them has (REV-2)."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from attain_api.access.actor import Actor
from attain_api.cycles.service import get_cycle
from attain_api.goals.owners import OwnerKey, read_owner
from attain_api.goals.service import check_owner
from attain_api.scorecards import repository
from attain_shared.db.session import UnitOfWork
from attain_shared.goals.scorecard_schemas import GoalBelow, PerformanceBelow, ScorecardGoal, ScorecardRead
from attain_shared.rules.scorecard import Performance, performance

Scored = ScorecardGoal | Row[Any]
"""What has a weight and the scores of an attainment, or of an owner's attainment that is still to be computed."""


async def get_scorecard(
    uow: UnitOfWork, *, actor: Actor, owner: OwnerKey, cycle_id: UUID, with_below: bool = False
) -> ScorecardRead:
    """An owner's confirmed goals in a cycle and the performance they make (REV-2)."""
    await get_cycle(uow, actor=actor, cycle_id=cycle_id)
    await check_owner(uow, actor=actor, owner=owner)
    rows = await repository.list_scored_goals(uow.session, company_id=actor.company_id, cycle_id=cycle_id, owner=owner)
    below = None
    if with_below:
        found = await repository.list_scores_below(uow.session, visible_to=actor, cycle_id=cycle_id, owner=owner)
        below = _by_owner(found)
    goals = [ScorecardGoal.model_validate(row) for row in rows]
    return ScorecardRead(
        owner=read_owner(owner),
        cycle_id=cycle_id,
        **_figures(goals),
        goals=goals,
        without_data=[goal.goal_id for goal in goals if _is_without_data(goal)],
        below=below,
    )


def _by_owner(rows: Iterable[Row[Any]]) -> list[PerformanceBelow]:
    below = []
    for (owner, name), found in groupby(rows, key=lambda row: (OwnerKey(row.department_id, row.person_id), row.name)):
        goals = list(found)
        below.append(
            PerformanceBelow(
                owner=read_owner(owner),
                name=name,
                **_figures(goals),
                goals=len(goals),
                without_data=sum(map(_is_without_data, goals)),
                standings=[GoalBelow.model_validate(goal) for goal in goals],
            )
        )
    return below


def _figures(goals: Sequence[Scored]) -> dict[str, Any]:
    """The performance as it stands and as it is forecast, by the names of fields."""
    stands = measured_performance(goals)
    forecast = performance((goal.weight, goal.score_forecast, goal.score_forecast) for goal in goals)
    return {
        "performance": stands.value,
        "performance_low": stands.low,
        "performance_high": stands.high,
        "performance_forecast": forecast.value,
    }


def measured_performance(goals: Iterable[Scored]) -> Performance:
    """The performance that goals make by what they have come to: an interval where a score is one (REV-2)."""
    return performance(
        (goal.weight, goal.score_low, goal.score_high) if goal.score is None else (goal.weight, goal.score, goal.score)
        for goal in goals
    )


def _is_without_data(goal: Scored) -> bool:
    return goal.score is None and goal.score_low is None
