"""A company's event calendar: what ships, with its own events in their place or beside it (GOAL-7)."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.event_calendar import repository
from attain_api.goals.measuring import recompute
from attain_shared.calendar.models import CalendarEvent
from attain_shared.calendar.queries import SHIPPED_BY_KEY, load_own_events
from attain_shared.calendar.schemas import CalendarEventRead, EventCreate, EventUpdate
from attain_shared.calendar.shipped import ShippedEvent
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, Invalid, NotFound
from attain_shared.goals.curves import forget_curves, hold_curves
from attain_shared.identifiers import new_id

MAX_EVENTS = 500
"""Events of a company's own."""
MAX_DAYS = 92
"""How long an event may last: beyond a quarter it is no event."""


class EventTaken(Conflict):
    """The company has an event of this code and year already."""

    code, title = "event-taken", "Event already there"


class TooManyEvents(Conflict):
    """The company has as many events of its own as it can."""

    code, title = "too-many-events", "Too many events"


def read_event(event: CalendarEvent) -> CalendarEventRead:
    """An event of the company's as the contract shows it."""
    return CalendarEventRead(
        id=event.id,
        code=event.code,
        year=event.year,
        name=event.name,
        en=None,
        starts_on=event.starts_on,
        ends_on=event.ends_on,
        shipped=(event.code, event.year) in SHIPPED_BY_KEY,
        cancelled=event.is_cancelled,
    )


def _read_shipped(shipped: ShippedEvent) -> CalendarEventRead:
    event = shipped.event
    return CalendarEventRead(
        id=None,
        code=event.code,
        year=event.starts_on.year,
        name=shipped.zh,
        en=shipped.en,
        starts_on=event.starts_on,
        ends_on=event.ends_on,
        shipped=True,
        cancelled=False,
    )


async def list_events(uow: UnitOfWork, *, actor: Actor, year: int | None) -> list[CalendarEventRead]:
    """The calendar of a year or of all, by its days."""
    own = {(one.code, one.year): one for one in await load_own_events(uow.session, company_id=actor.company_id)}
    shown = [read_event(event) for event in own.values()]
    shown += [_read_shipped(event) for key, event in SHIPPED_BY_KEY.items() if key not in own]
    return sorted(
        (event for event in shown if year in (None, event.year)), key=lambda one: (one.starts_on, one.code, one.year)
    )


async def get_event(uow: UnitOfWork, *, actor: Actor, event_id: UUID, for_update: bool = False) -> CalendarEvent:
    """An event of the company's own."""
    found = await repository.find_event(
        uow.session, company_id=actor.company_id, event_id=event_id, for_update=for_update
    )
    if found is None:
        raise NotFound("There is no such event of the company's own.")
    return found


async def create_event(uow: UnitOfWork, *, actor: Actor, data: EventCreate) -> CalendarEvent:
    """An event beside the shipped ones, or in the place of one."""
    _refuse_faulty(data.starts_on, data.ends_on)
    await hold_curves(uow.session, company_id=actor.company_id)
    if await repository.count_events(uow.session, company_id=actor.company_id) >= MAX_EVENTS:
        raise TooManyEvents(f"A company has {MAX_EVENTS} events of its own at most.")
    event = CalendarEvent(
        company_id=actor.company_id,
        id=new_id(),
        code=data.code,
        year=data.starts_on.year,
        name=data.name,
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        is_cancelled=data.cancelled,
    )
    uow.session.add(event)
    await _flush(uow, event)
    await _redraw(uow, company_id=actor.company_id)
    return event


async def update_event(
    uow: UnitOfWork, *, actor: Actor, event_id: UUID, data: EventUpdate, if_match: str | None
) -> CalendarEvent:
    """Change what is given; another name alone draws no curve anew."""
    await hold_curves(uow.session, company_id=actor.company_id)
    event = await get_event(uow, actor=actor, event_id=event_id, for_update=True)
    check_if_match(if_match, version_tag(event.version))
    before = _days(event)
    given = data.model_dump(exclude_unset=True)
    changes = {"is_cancelled" if name == "cancelled" else name: value for name, value in given.items()}
    starts_on, ends_on = changes.get("starts_on", event.starts_on), changes.get("ends_on", event.ends_on)
    _refuse_faulty(starts_on, ends_on)
    apply_changes(event, changes | {"year": starts_on.year})
    await _flush(uow, event)
    if _days(event) != before:
        await _redraw(uow, company_id=actor.company_id)
    return event


async def delete_event(uow: UnitOfWork, *, actor: Actor, event_id: UUID, if_match: str | None) -> None:
    """Take an event off; a shipped one that it replaced is back."""
    await hold_curves(uow.session, company_id=actor.company_id)
    event = await get_event(uow, actor=actor, event_id=event_id, for_update=True)
    check_if_match(if_match, version_tag(event.version))
    await uow.session.delete(event)
    await uow.session.flush()
    await _redraw(uow, company_id=actor.company_id)


def _days(event: CalendarEvent) -> Mapping[str, object]:
    """What curves are made of."""
    return {name: getattr(event, name) for name in ("starts_on", "ends_on", "is_cancelled")}


async def _redraw(uow: UnitOfWork, *, company_id: UUID) -> None:
    """Have the curves of windows that are not over drawn anew, and meanwhile their goals paced by equal days."""
    goal_ids = await forget_curves(uow.session, company_id=company_id, today=business_day())
    await recompute(uow, company_id=company_id, goal_ids=goal_ids)


def _refuse_faulty(starts_on: date, ends_on: date) -> None:
    if not 0 <= (ends_on - starts_on).days < MAX_DAYS:
        detail = f"An event ends no earlier than it starts, and lasts {MAX_DAYS} days at most."
        raise Invalid.field("/ends_on", "event-days", detail)


async def _flush(uow: UnitOfWork, event: CalendarEvent) -> None:
    code, year = event.code, event.year
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_calendar_events_code_year" in str(error.orig):
            raise EventTaken(f"There is an event {code} of {year} already.") from error
        raise
