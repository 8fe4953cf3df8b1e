"""`/v1/reminders`: what the caller has to do, and by when."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from attain_api.conditional import ChangeTag, content_tag
from attain_api.deps import CurrentActor, Uow, allow
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_api.reminders import service
from attain_shared.errors import NotFound
from attain_shared.reviews.reminder_schemas import ReminderRead
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/reminders", tags=["Reviews"])

PEOPLE = allow("admin", "hr", "executive", "employee")


class ReminderQuery(PageQuery):
    """Which reminders, and in which order."""

    sort: Literal["created_at", "-created_at", "due_on", "-due_on"] = "-created_at"
    """By default the latest first."""
    is_seen: bool | None = None
    """Only those that the caller has seen, or has not."""


@router.get("", summary="List one's reminders", dependencies=[PEOPLE])
async def list_reminders(
    *, uow: Uow, actor: CurrentActor, query: Annotated[ReminderQuery, Query()]
) -> Page[ReminderRead]:
    """What the caller is reminded of: steps of reviews, answers as a rater, action items and plans; nobody else's."""
    found = await service.list_reminders(uow, actor=actor, is_seen=query.is_seen, query=query)
    return Page[ReminderRead].model_validate(page_of(*found))


@router.post(
    "/{reminder_id}/actions/see",
    summary="Say that a reminder is seen",
    dependencies=[PEOPLE],
    responses=problems(NotFound),
)
async def see_reminder(*, uow: Uow, actor: CurrentActor, tag: ChangeTag, reminder_id: UUID) -> ReminderRead:
    """It stays in the list, as one that is seen; to say it again changes nothing."""
    reminder = ReminderRead.model_validate(await service.see_reminder(uow, actor=actor, reminder_id=reminder_id))
    tag.set(content_tag(reminder))
    return reminder
