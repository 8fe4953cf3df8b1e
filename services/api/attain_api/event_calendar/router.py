"""`/v1/event-calendar`: the days that curves are lined up by (GOAL-7)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.conditional import ChangeTag, Tag, version_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.event_calendar import service
from attain_api.event_calendar.service import EventTaken, TooManyEvents, read_event
from attain_api.idempotency import Creation
from attain_api.problems import problems
from attain_shared.calendar.schemas import CalendarEventRead, EventCreate, EventList, EventUpdate

router = APIRouter(prefix="/v1/event-calendar", tags=["Event calendar"])

READ = ("admin", "hr", "executive", "employee")
WRITE = ("admin", "hr")


@router.get("", summary="List the event calendar", dependencies=[allow(*READ)])
async def list_calendar_events(
    *, uow: Uow, actor: CurrentActor, year: Annotated[int | None, Query(ge=1900, le=2100)] = None
) -> EventList:
    """What ships (618, 双11, 双12, Spring Festival) as the company has it, and its own; of one year where given."""
    return EventList(items=await service.list_events(uow, actor=actor, year=year), next_cursor=None)


@router.post(
    "",
    status_code=201,
    response_model=CalendarEventRead,
    summary="Put an event on the calendar",
    dependencies=[allow(*WRITE)],
    responses=problems(EventTaken, TooManyEvents),
)
async def create_calendar_event(*, uow: Uow, creation: Creation, body: EventCreate) -> Response:
    """An event of the company's own, or another form of a shipped one; paces and forecasts follow."""
    return await creation.answer(
        uow,
        lambda: service.create_event(uow, actor=creation.actor, data=body),
        read_event,
        location="/v1/event-calendar/{id}",
    )


@router.get("/{calendar_event_id}", summary="Get an event of the company's", dependencies=[allow(*READ)])
async def get_calendar_event(*, uow: Uow, actor: CurrentActor, tag: Tag, calendar_event_id: UUID) -> CalendarEventRead:
    """One that the company has put on the calendar; a shipped one has no address."""
    event = await service.get_event(uow, actor=actor, event_id=calendar_event_id)
    tag.show(version_tag(event.version))
    return read_event(event)


@router.patch(
    "/{calendar_event_id}",
    summary="Change an event of the company's",
    dependencies=[allow(*WRITE)],
    responses=problems(EventTaken),
)
async def update_calendar_event(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    calendar_event_id: UUID,
    body: EventUpdate,
    if_match: IfMatch = None,
) -> CalendarEventRead:
    """Its name, its days, or that it does not take place; the code stays."""
    event = await service.update_event(uow, actor=actor, event_id=calendar_event_id, data=body, if_match=if_match)
    tag.set(version_tag(event.version))
    return read_event(event)


@router.delete("/{calendar_event_id}", status_code=204, summary="Take an event off", dependencies=[allow(*WRITE)])
async def delete_calendar_event(
    *, uow: Uow, actor: CurrentActor, calendar_event_id: UUID, if_match: IfMatch = None
) -> None:
    """A shipped event that it replaced is back."""
    await service.delete_event(uow, actor=actor, event_id=calendar_event_id, if_match=if_match)
