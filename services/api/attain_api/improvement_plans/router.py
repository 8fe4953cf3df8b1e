"""`/v1/improvement-plans`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from attain_api.conditional import ChangeTag, Tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.improvement_plans import service
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_shared.errors import Conflict, Invalid, NotFound, Stale
from attain_shared.reviews.follow_up_schemas import ImprovementPlanRead, ImprovementPlanUpdate, PlanState
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/improvement-plans", tags=["Reviews"])

PEOPLE = allow("hr", "executive", "employee")


class ImprovementPlanQuery(PageQuery):
    """Which improvement plans, and in which order."""

    sort: Literal["due_on", "-due_on", "created_at", "-created_at"] = "due_on"
    """By default what is due first."""
    owner_id: UUID | None = None
    """Only those that this person leads."""
    person_id: UUID | None = None
    """Only this person's."""
    review_id: UUID | None = None
    """Only that of this review."""
    state: PlanState | None = None
    """Only those in this state."""
    overdue: bool = False
    """Only open ones that were due before today."""


@router.get("", summary="List improvement plans", dependencies=[PEOPLE])
async def list_improvement_plans(
    *, uow: Uow, actor: CurrentActor, query: Annotated[ImprovementPlanQuery, Query()]
) -> Page[ImprovementPlanRead]:
    """The plans that the caller leads, their own, those of people below; HR sees all."""
    filters = query.model_dump(include={"owner_id", "person_id", "review_id", "state"}, exclude_none=True)
    plans, cursor = await service.list_improvement_plans(
        uow, actor=actor, query=query, filters=filters, is_overdue=query.overdue
    )
    return Page[ImprovementPlanRead](items=plans, next_cursor=cursor)


@router.get(
    "/{improvement_plan_id}", summary="One improvement plan", dependencies=[PEOPLE], responses=problems(NotFound)
)
async def get_improvement_plan(
    *, uow: Uow, actor: CurrentActor, tag: Tag, improvement_plan_id: UUID
) -> ImprovementPlanRead:
    """What is to become better, until when, and what came of it."""
    seen = await service.get_improvement_plan(uow, actor=actor, plan_id=improvement_plan_id)
    tag.show(service.plan_tag(seen))
    return service.read_plan(seen)


@router.patch(
    "/{improvement_plan_id}",
    summary="Change an improvement plan",
    dependencies=[PEOPLE],
    responses=problems(NotFound, Conflict, Stale, Invalid),
)
async def update_improvement_plan(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    improvement_plan_id: UUID,
    body: ImprovementPlanUpdate,
    if_match: IfMatch = None,
) -> ImprovementPlanRead:
    """By its owner or HR: objectives, support, a later day; or its end, with what came of it."""
    seen = await service.update_improvement_plan(
        uow, actor=actor, plan_id=improvement_plan_id, data=body, if_match=if_match
    )
    tag.set(service.plan_tag(seen))
    return service.read_plan(seen)
