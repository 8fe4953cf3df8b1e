"""`/v1/goals/{goal_id}/indicators/{indicator_id}/entries`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.conditional import ChangeTag, content_tag
from attain_api.deps import CurrentActor, Uow, allow
from attain_api.entries import service
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.errors import Conflict
from attain_shared.goals.life_schemas import EntryCreate, EntryRead, EntryRejection
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/goals/{goal_id}/indicators/{indicator_id}/entries", tags=["Goals"])

PEOPLE = allow("admin", "hr", "executive", "employee")
"""Who enters and who accepts is a matter of who they are to the goal's owner (GOAL-4)."""


class EntryQuery(PageQuery):
    """Which entries, and in which order."""

    sort: Literal["on", "-on", "created_at", "-created_at"] = "-on"
    """By default those of the latest day first."""
    state: Literal["pending", "accepted", "rejected"] | None = None
    """Only those in this state."""


@router.post(
    "", status_code=201, summary="Enter a number", response_model=EntryRead, dependencies=[PEOPLE],
    responses=problems(Conflict),
)  # fmt: skip
async def create_entry(
    *, uow: Uow, creation: Creation, goal_id: UUID, indicator_id: UUID, body: EntryCreate
) -> Response:
    """For a manual indicator of a confirmed goal, by its owner; it counts once it is accepted."""
    return await creation.answer(
        uow,
        lambda: service.create_entry(uow, actor=creation.actor, goal_id=goal_id, indicator_id=indicator_id, data=body),
        EntryRead,
        location=None,
        etag=content_tag,
    )


@router.get("", summary="List the numbers entered", dependencies=[PEOPLE])
async def list_entries(
    *, uow: Uow, actor: CurrentActor, goal_id: UUID, indicator_id: UUID, query: Annotated[EntryQuery, Query()]
) -> Page[EntryRead]:
    """What was entered for an indicator, for whoever sees the goal in full."""
    found = await service.list_entries(
        uow, actor=actor, goal_id=goal_id, indicator_id=indicator_id, state=query.state, query=query
    )
    return Page[EntryRead].model_validate(page_of(*found))


@router.post(
    "/{entry_id}/actions/accept", summary="Accept a number", dependencies=[PEOPLE], responses=problems(Conflict)
)
async def accept_entry(
    *, uow: Uow, actor: CurrentActor, goal_id: UUID, indicator_id: UUID, entry_id: UUID, tag: ChangeTag
) -> EntryRead:
    """By the superior; where nobody is above the goal's owner, by the owner."""
    entry = await service.decide(
        uow, actor=actor, goal_id=goal_id, indicator_id=indicator_id, entry_id=entry_id, decision="accepted"
    )
    tag.set(content_tag(entry))
    return entry


@router.post(
    "/{entry_id}/actions/reject", summary="Reject a number", dependencies=[PEOPLE], responses=problems(Conflict)
)
async def reject_entry(
    *,
    uow: Uow,
    actor: CurrentActor,
    goal_id: UUID,
    indicator_id: UUID,
    entry_id: UUID,
    body: EntryRejection,
    tag: ChangeTag,
) -> EntryRead:
    """As accepting; the owner enters another one."""
    entry = await service.decide(
        uow,
        actor=actor,
        goal_id=goal_id,
        indicator_id=indicator_id,
        entry_id=entry_id,
        decision="rejected",
        reason=body.reason,
    )
    tag.set(content_tag(entry))
    return entry
