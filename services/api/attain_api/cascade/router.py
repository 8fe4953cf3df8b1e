"""`/v1/cycles/{id}/cascade` and `/v1/goals/{id}/split`: whether targets add up, and how one may be split (GOAL-11)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from attain_api.cascade import service, splitting
from attain_api.deps import CurrentActor, LaggingUow, Uow, allow
from attain_api.goals.owners import OwnerKey
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_api.standby import LaggingRoute
from attain_shared.errors import Invalid, NotFound
from attain_shared.goals.cascade_schemas import CascadeRead, GoalSplitRead
from attain_shared.wire import Input

router = APIRouter(prefix="/v1", tags=["Cascades"], route_class=LaggingRoute)

PEOPLE = allow("admin", "hr", "executive", "employee")
"""Which goals they see is a matter of who they are to the owner (SEC-3)."""


class CascadeQuery(PageQuery):
    """Which part of a cascade."""

    sort: Literal["goal_id"] = "goal_id"
    """The oldest first."""


class SplitQuery(Input):
    """What is split, by what and to whom."""

    by: Literal["shop", "last_year"]
    """By the shops that each holds, or by what these made in the same window last year."""
    indicator_id: UUID | None = None
    """By default the goal's first indicator of a metric that adds up."""
    department_id: list[UUID] = Field(default_factory=list, max_length=200)
    """To these departments; repeat it for several."""
    person_id: list[UUID] = Field(default_factory=list, max_length=200)
    """And to these people; without either, to the owners of the goals right below."""


@router.get(
    "/cycles/{cycle_id}/cascade", summary="A cycle's cascade", dependencies=[PEOPLE], responses=problems(NotFound)
)
async def get_cascade(
    *, uow: LaggingUow, actor: CurrentActor, cycle_id: UUID, query: Annotated[CascadeQuery, Query()]
) -> CascadeRead:
    """Of goals with others below them the targets beside theirs; goals below none, and those that nobody answers for.

    Only goals that the caller sees in full. `limit` counts goals, of which one may stand in several lists.
    """
    return await service.get_cascade(uow, actor=actor, cycle_id=cycle_id, query=query)


@router.get(
    "/goals/{goal_id}/split", summary="Propose a split", dependencies=[PEOPLE], responses=problems(NotFound, Invalid)
)
async def get_goal_split(
    *, uow: Uow, actor: CurrentActor, goal_id: UUID, query: Annotated[SplitQuery, Query()]
) -> GoalSplitRead:
    """How a target may be split so that the parts add up to it exactly; nothing is stored."""
    owners = [OwnerKey(department_id=one) for one in query.department_id]
    owners += [OwnerKey(person_id=one) for one in query.person_id]
    return await splitting.propose_split(
        uow, actor=actor, goal_id=goal_id, indicator_id=query.indicator_id, by=query.by, owners=owners
    )
