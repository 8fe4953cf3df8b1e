"""`/v1/action-items`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from attain_api.action_items import service
from attain_api.conditional import ChangeTag, Tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_shared.errors import Conflict, Invalid, NotFound, Stale
from attain_shared.reviews.follow_up_schemas import ActionItemRead, ActionItemState, ActionItemUpdate
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/action-items", tags=["Reviews"])

PEOPLE = allow("hr", "executive", "employee")


class ActionItemQuery(PageQuery):
    """Which action items, and in which order."""

    sort: Literal["due_on", "-due_on", "created_at", "-created_at"] = "due_on"
    """By default what is due first."""
    owner_id: UUID | None = None
    """Only those that this person sees to."""
    person_id: UUID | None = None
    """Only those about this person."""
    review_id: UUID | None = None
    """Only those of this review."""
    state: ActionItemState | None = None
    """Only those in this state."""
    overdue: bool = False
    """Only open ones that were due before today."""


@router.get("", summary="List action items", dependencies=[PEOPLE])
async def list_action_items(
    *, uow: Uow, actor: CurrentActor, query: Annotated[ActionItemQuery, Query()]
) -> Page[ActionItemRead]:
    """What is to be done after reviews: what the caller sees to, what is about them or about people below; HR sees all."""
    filters = query.model_dump(include={"owner_id", "person_id", "review_id", "state"}, exclude_none=True)
    items, cursor = await service.list_action_items(
        uow, actor=actor, query=query, filters=filters, is_overdue=query.overdue
    )
    return Page[ActionItemRead](items=items, next_cursor=cursor)


@router.get("/{action_item_id}", summary="One action item", dependencies=[PEOPLE], responses=problems(NotFound))
async def get_action_item(*, uow: Uow, actor: CurrentActor, tag: Tag, action_item_id: UUID) -> ActionItemRead:
    """What is to be done, by whom and by when."""
    seen = await service.get_action_item(uow, actor=actor, item_id=action_item_id)
    tag.show(service.item_tag(seen))
    return service.read_item(seen)


@router.patch(
    "/{action_item_id}",
    summary="Change an action item",
    dependencies=[PEOPLE],
    responses=problems(NotFound, Conflict, Stale, Invalid),
)
async def update_action_item(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    action_item_id: UUID,
    body: ActionItemUpdate,
    if_match: IfMatch = None,
) -> ActionItemRead:
    """By its owner, the manager of whom it is about, or HR: that it is done, what came of it, a later day."""
    seen = await service.update_action_item(uow, actor=actor, item_id=action_item_id, data=body, if_match=if_match)
    tag.set(service.item_tag(seen))
    return service.read_item(seen)
