"""`/v1/leaderboards` (龙虎榜)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from attain_api.deps import CurrentActor, LaggingUow, allow
from attain_api.leaderboards import service
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_api.standby import LaggingRoute
from attain_shared.errors import Invalid, NotFound
from attain_shared.goals.leaderboard_schemas import LeaderboardRead
from attain_shared.wire import Code

router = APIRouter(prefix="/v1/leaderboards", tags=["Leaderboards"], route_class=LaggingRoute)


class LeaderboardQuery(PageQuery):
    """Which board."""

    sort: Literal["rank"] = "rank"
    """The best first."""
    cycle_id: UUID
    """Of this cycle."""
    metric: Code | None = None
    """By the attainment of this metric; by default by performance."""
    department_id: UUID | None = None
    """Only people of this department and of those below it."""


@router.get(
    "",
    summary="A leaderboard",
    dependencies=[allow("admin", "hr", "executive", "employee")],
    responses=problems(NotFound, Invalid),
)
async def get_leaderboard(
    *, uow: LaggingUow, actor: CurrentActor, query: Annotated[LeaderboardQuery, Query()]
) -> LeaderboardRead:
    """People with confirmed goals in a cycle, ranked; only those whose goals the caller sees in full (SEC-3)."""
    return await service.get_leaderboard(
        uow,
        actor=actor,
        cycle_id=query.cycle_id,
        metric=query.metric,
        department_id=query.department_id,
        query=query,
    )
