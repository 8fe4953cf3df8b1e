"""`/v1/goals` and `/v1/goal-weights`: what is to be reached, by whom, and how much it weighs."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from attain_api.conditional import ChangeTag, ResponseTag, Tag
from attain_api.deps import Actor, CurrentActor, IfMatch, Uow, allow
from attain_api.goals import acting, changing, milestones, record, service, weights, writing
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, PreconditionRequired
from attain_shared.goals.life_schemas import GoalAction, GoalEventRead, MilestoneDone
from attain_shared.goals.schemas import GoalCreate, GoalRead, GoalUpdate, GoalWeights, GoalWeightsRead
from attain_shared.rules.life import Action
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


class HistoryQuery(PageQuery):
    """In which order."""

    sort: Literal["at", "-at"] = "-at"
    """By default the latest first."""


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """One change of one goal in the version that the caller means."""

    uow: UnitOfWork
    actor: Actor
    goal_id: UUID
    tag: ResponseTag
    if_match: str | None

    async def act(self, action: Action, body: GoalAction) -> GoalRead:
        """Lead it on in its life."""
        goal = await acting.act_on_goal(
            self.uow, actor=self.actor, goal_id=self.goal_id, action=action, reason=body.reason, if_match=self.if_match
        )
        self.tag.set(goal.tag)
        return goal.body

    async def tick(self, milestone_id: UUID, action: milestones.MilestoneAction, *, on: date | None) -> GoalRead:
        """Say what became of a milestone."""
        goal = await milestones.tick_milestone(
            self.uow,
            actor=self.actor,
            goal_id=self.goal_id,
            milestone_id=milestone_id,
            action=action,
            on=on,
            if_match=self.if_match,
        )
        self.tag.set(goal.tag)
        return goal.body


async def _change(
    uow: Uow, actor: CurrentActor, goal_id: UUID, tag: ChangeTag, if_match: IfMatch = None
) -> ChangeRequest:
    return ChangeRequest(uow, actor, goal_id, tag, if_match)


_SAYING_NOTHING, _TODAY = GoalAction(), MilestoneDone()
GoalChange = Annotated[ChangeRequest, Depends(_change)]
"""For actions on a goal."""


@router.post(
    "/goals", status_code=201, summary="Write a goal", response_model=GoalRead, dependencies=[PEOPLE],
    responses=problems(Conflict),
)  # fmt: skip
async def post_goal(*, uow: Uow, creation: Creation, body: GoalCreate) -> Response:
    """A goal starts as a draft; its attainment is computed from the first moment on."""
    return await creation.answer(
        uow,
        lambda: writing.create_goal(uow, actor=creation.actor, data=body),
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
    "/goals/{goal_id}", summary="Change a goal", dependencies=[PEOPLE],
    responses=problems(Conflict, PreconditionRequired),
)  # fmt: skip
async def patch_goal(
    *, uow: Uow, actor: CurrentActor, goal_id: UUID, body: GoalUpdate, tag: ChangeTag, if_match: IfMatch = None
) -> GoalRead:
    """What is absent stays, null clears; a confirmed goal is changed with a reason, its standards and rubric never."""
    goal = await changing.update_goal(uow, actor=actor, goal_id=goal_id, data=body, if_match=if_match)
    tag.set(goal.tag)
    return goal.body


@router.post(
    "/goals/{goal_id}/actions/submit", summary="Submit a goal", dependencies=[PEOPLE],
    responses=problems(Conflict, PreconditionRequired),
)  # fmt: skip
async def submit_goal(*, change: GoalChange, body: GoalAction = _SAYING_NOTHING) -> GoalRead:
    """The owner's submitted and confirmed goals weigh at most 100 together."""
    return await change.act(Action.SUBMIT, body)


@router.post(
    "/goals/{goal_id}/actions/return", summary="Return a goal", dependencies=[PEOPLE],
    responses=problems(Conflict, PreconditionRequired),
)  # fmt: skip
async def return_goal(*, change: GoalChange, body: GoalAction = _SAYING_NOTHING) -> GoalRead:
    """Back to whoever writes it, with a reason."""
    return await change.act(Action.RETURN, body)


@router.post(
    "/goals/{goal_id}/actions/adjust", summary="Agree to a goal", dependencies=[PEOPLE],
    responses=problems(Conflict, PreconditionRequired),
)  # fmt: skip
async def adjust_goal(*, change: GoalChange, body: GoalAction = _SAYING_NOTHING) -> GoalRead:
    """By the owner's superior, once it is as it should be: now the owner may confirm it."""
    return await change.act(Action.ADJUST, body)


@router.post(
    "/goals/{goal_id}/actions/confirm", summary="Confirm a goal", dependencies=[PEOPLE],
    responses=problems(Conflict, PreconditionRequired),
)  # fmt: skip
async def confirm_goal(*, change: GoalChange, body: GoalAction = _SAYING_NOTHING) -> GoalRead:
    """Once the superior has agreed; the owner's submitted and confirmed goals weigh exactly 100 together."""
    return await change.act(Action.CONFIRM, body)


@router.post(
    "/goals/{goal_id}/actions/cancel", summary="Cancel a goal", dependencies=[PEOPLE],
    responses=problems(Conflict, PreconditionRequired),
)  # fmt: skip
async def cancel_goal(*, change: GoalChange, body: GoalAction = _SAYING_NOTHING) -> GoalRead:
    """With a reason; its weight counts no more, and the goals below it keep it as their parent."""
    return await change.act(Action.CANCEL, body)


@router.post(
    "/goals/{goal_id}/actions/close", summary="Close a goal", dependencies=[PEOPLE],
    responses=problems(Conflict, PreconditionRequired),
)  # fmt: skip
async def close_goal(*, change: GoalChange, body: GoalAction = _SAYING_NOTHING) -> GoalRead:
    """What it has come to stands."""
    return await change.act(Action.CLOSE, body)


@router.get("/goals/{goal_id}/history", summary="What was done with a goal", dependencies=[PEOPLE])
async def list_goal_history(
    *, uow: Uow, actor: CurrentActor, goal_id: UUID, query: Annotated[HistoryQuery, Query()]
) -> Page[GoalEventRead]:
    """Who did what and why, for whoever sees the goal in full."""
    found = await record.list_events(uow, actor=actor, goal_id=goal_id, query=query)
    return Page[GoalEventRead].model_validate(page_of(*found))


@router.post(
    "/goals/{goal_id}/milestones/{milestone_id}/actions/complete", summary="Complete a milestone",
    dependencies=[PEOPLE], responses=problems(Conflict, PreconditionRequired),
)  # fmt: skip
async def complete_milestone(*, change: GoalChange, milestone_id: UUID, body: MilestoneDone = _TODAY) -> GoalRead:
    """Of a confirmed goal; by its owner, the milestone's, or the superior."""
    return await change.tick(milestone_id, "complete", on=body.on)


@router.post(
    "/goals/{goal_id}/milestones/{milestone_id}/actions/reopen", summary="Reopen a milestone",
    dependencies=[PEOPLE], responses=problems(Conflict, PreconditionRequired),
)  # fmt: skip
async def reopen_milestone(*, change: GoalChange, milestone_id: UUID) -> GoalRead:
    """It was not done after all."""
    return await change.tick(milestone_id, "reopen", on=None)


@router.put("/goal-weights", summary="Set an owner's weights", dependencies=[PEOPLE], responses=problems(Conflict))
async def put_goal_weights(*, uow: Uow, actor: CurrentActor, body: GoalWeights) -> GoalWeightsRead:
    """All of an owner's weights in a cycle change together, to 100."""
    return await weights.set_weights(uow, actor=actor, data=body)
