"""Statements on a company's own events."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.calendar.models import CalendarEvent


async def find_event(
    session: AsyncSession, *, company_id: UUID, event_id: UUID, for_update: bool = False
) -> CalendarEvent | None:
    """An event of the company's; held until the transaction ends where it is to be changed."""
    statement = select(CalendarEvent).where(CalendarEvent.company_id == company_id, CalendarEvent.id == event_id)
    found: CalendarEvent | None = await session.scalar(statement.with_for_update() if for_update else statement)
    return found


async def count_events(session: AsyncSession, *, company_id: UUID) -> int:
    """How many events of its own a company has."""
    statement = select(func.count()).select_from(CalendarEvent).where(CalendarEvent.company_id == company_id)
    return int(await session.scalar(statement) or 0)
