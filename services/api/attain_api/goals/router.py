"""`/v1/goals` and `/v1/goal-weights`: what is to be reached, by whom, and how much it weighs."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.conditional import ChangeTag, Tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.goals import service, weights
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_shared.errors import Conflict, PreconditionRequired
from attain_shared.goals.schemas import GoalCreate, GoalRead, GoalUpdate, GoalWeights, GoalWeightsRead
from attain_shared.wire import Page

router = APIRouter(prefix="/v1", tags=["Goals"])

PEOPLE = allow("admin", "hr", "executive", "employee")
"""Whose goals they see and write is a matter of who they are to the owner (SEC-3)."""


class GoalQuery(PageQuery):
    """Which goals, and in which order."""

    sort: Literal["created_at", "-created_at", "title", "-title"] = "created_at"
    """By default the oldest first."""
    cycle_id: UUID | None = None
    """Only those of this cycle."""
    person_id: UUID | None = None
    """Only this person's."""
    department_id: UUID | None = None
    """Only this department's."""
    owner_type: Literal["company"] | None = None
    """`company`: only the company's own."""
    parent_id: UUID | None = None
    """Only those below this goal."""
    state: Literal["draft", "submitted", "returned", "confirmed", "closed", "cancelled"] | None = None
    """Only those in this state."""


@router.post(
    "/goals", status_code=201, summary="Write a goal", response_model=GoalRead, dependencies=[PEOPLE],
    responses=problems(Conflict),
)  # fmt: skip
async def post_goal(*, uow: Uow, creation: Creation, body: GoalCreate) -> Response:
    """A goal starts as a draft; its attainment is computed from the first moment on."""
    return await creation.answer(
        uow,
        lambda: service.create_goal(uow, actor=creation.actor, data=body),
        lambda goal: goal.body,
        location="/v1/goals/{id}",
        etag=lambda goal: goal.tag,
    )


@router.get("/goals", summary="List goals", dependencies=[PEOPLE])
async def list_goals(*, uow: Uow, actor: CurrentActor, query: Annotated[GoalQuery, Query()]) -> Page[GoalRead]:
    """Goals by cycle, owner, parent or state."""
    filters = query.model_dump(
        include={"cycle_id", "person_id", "department_id", "parent_id", "state"}, exclude_none=True
    )
    goals, cursor = await service.list_goals(
        uow, actor=actor, query=query, filters=filters, of_company=query.owner_type == "company"
    )
    return Page[GoalRead](items=goals, next_cursor=cursor)


@router.get("/goals/{goal_id}", summary="One goal", dependencies=[PEOPLE])
async def get_goal(*, uow: Uow, actor: CurrentActor, goal_id: UUID, tag: Tag) -> GoalRead:
    """A goal with its indicators; its figures are in its attainment."""
    goal = await service.get_goal(uow, actor=actor, goal_id=goal_id)
    tag.show(goal.tag)
    return goal.body


@router.patch(
    "/goals/{goal_id}", summary="Change a draft", dependencies=[PEOPLE],
    responses=problems(Conflict, PreconditionRequired),
)  # fmt: skip
async def patch_goal(
    *, uow: Uow, actor: CurrentActor, goal_id: UUID, body: GoalUpdate, tag: ChangeTag, if_match: IfMatch = None
) -> GoalRead:
    """What is absent stays, null clears."""
    goal = await service.update_goal(uow, actor=actor, goal_id=goal_id, data=body, if_match=if_match)
    tag.set(goal.tag)
    return goal.body


@router.post(
    "/goals/{goal_id}/actions/submit", summary="Submit a goal", dependencies=[PEOPLE],
    responses=problems(Conflict, PreconditionRequired),
)  # fmt: skip
async def submit_goal(
    *, uow: Uow, actor: CurrentActor, goal_id: UUID, tag: ChangeTag, if_match: IfMatch = None
) -> GoalRead:
    """The owner's submitted and confirmed goals weigh at most 100 together."""
    goal = await service.act_on_goal(uow, actor=actor, goal_id=goal_id, action="submit", if_match=if_match)
    tag.set(goal.tag)
    return goal.body


@router.post(
    "/goals/{goal_id}/actions/confirm", summary="Confirm a goal", dependencies=[PEOPLE],
    responses=problems(Conflict, PreconditionRequired),
)  # fmt: skip
async def confirm_goal(
    *, uow: Uow, actor: CurrentActor, goal_id: UUID, tag: ChangeTag, if_match: IfMatch = None
) -> GoalRead:
    """The owner's submitted and confirmed goals weigh exactly 100 together."""
    goal = await service.act_on_goal(uow, actor=actor, goal_id=goal_id, action="confirm", if_match=if_match)
    tag.set(goal.tag)
    return goal.body


@router.put("/goal-weights", summary="Set an owner's weights", dependencies=[PEOPLE], responses=problems(Conflict))
async def put_goal_weights(*, uow: Uow, actor: CurrentActor, body: GoalWeights) -> GoalWeightsRead:
    """All of an owner's weights in a cycle change together, to 100."""
    return await weights.set_weights(uow, actor=actor, data=body)
