"""Statements on the numbers entered for manual indicators."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.goals.models import Indicator, IndicatorEntry


async def find_indicator(
    session: AsyncSession, *, company_id: UUID, goal_id: UUID, indicator_id: UUID
) -> Indicator | None:
    """An indicator of a goal."""
    found: Indicator | None = await session.scalar(
        select(Indicator).where(
            Indicator.company_id == company_id, Indicator.goal_id == goal_id, Indicator.id == indicator_id
        )
    )
    return found


async def hold_entry(
    session: AsyncSession, *, company_id: UUID, indicator_id: UUID, entry_id: UUID
) -> IndicatorEntry | None:
    """An entry, held until the transaction ends."""
    found: IndicatorEntry | None = await session.scalar(
        select(IndicatorEntry)
        .where(
            IndicatorEntry.company_id == company_id,
            IndicatorEntry.indicator_id == indicator_id,
            IndicatorEntry.id == entry_id,
        )
        .with_for_update()
    )
    return found


async def list_entries(
    session: AsyncSession, *, company_id: UUID, indicator_id: UUID, state: str | None, query: PageQuery
) -> tuple[list[IndicatorEntry], str | None]:
    """A part of what was entered for an indicator."""
    statement = select(IndicatorEntry).where(
        IndicatorEntry.company_id == company_id, IndicatorEntry.indicator_id == indicator_id
    )
    if state is not None:
        statement = statement.where(IndicatorEntry.state == state)
    columns = {"on": IndicatorEntry.on_day, "created_at": IndicatorEntry.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=IndicatorEntry.id)
