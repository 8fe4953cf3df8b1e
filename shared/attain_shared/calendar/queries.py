"""The calendar as a company has it: what ships, with its own events in their place or beside it (GOAL-7)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.calendar.models import CalendarEvent
from attain_shared.calendar.shipped import SHIPPED, ShippedEvent
from attain_shared.rules.events import Calendar, Event

Key = tuple[str, int]
"""An occurrence of an event: its code and its year."""

SHIPPED_BY_KEY: Mapping[Key, ShippedEvent] = {(one.event.code, one.event.starts_on.year): one for one in SHIPPED}


async def load_own_events(session: AsyncSession, *, company_id: UUID) -> Sequence[CalendarEvent]:
    """The company's own events, those that are called off among them."""
    statement = select(CalendarEvent).where(CalendarEvent.company_id == company_id)
    return (await session.scalars(statement)).all()


async def load_calendar(session: AsyncSession, *, company_id: UUID) -> Calendar:
    """What takes place; an event of the company's replaces the shipped one of its code and year: one statement."""
    own = await load_own_events(session, company_id=company_id)
    events = {key: one.event for key, one in SHIPPED_BY_KEY.items()}
    events |= {(one.code, one.year): Event(one.code, one.starts_on, one.ends_on) for one in own}
    cancelled = {(one.code, one.year) for one in own if one.is_cancelled}
    return Calendar(event for key, event in events.items() if key not in cancelled)
