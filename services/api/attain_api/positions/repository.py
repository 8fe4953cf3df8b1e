"""Statements on positions and their successors."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, null, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.visibility import on_day
from attain_api.paging import PageQuery, paginate
from attain_shared.people.models import PersonEvent, PersonSpell
from attain_shared.positions.models import Position, Successor


async def find_position(
    session: AsyncSession, *, company_id: UUID, position_id: UUID, for_update: bool = False
) -> Position | None:
    """A position of the company; held until the transaction ends where it is to be changed."""
    statement = select(Position).where(Position.company_id == company_id, Position.id == position_id)
    return await session.scalar(statement.with_for_update() if for_update else statement)


async def list_positions(
    session: AsyncSession, *, company_id: UUID, is_open: bool, filters: dict[str, Any], query: PageQuery
) -> tuple[list[Position], str | None]:
    """A part of the company's positions; `filters` are fields and what they must be, None for anything."""
    statement = select(Position).where(
        Position.company_id == company_id, Position.closed_on.is_(None) if is_open else Position.closed_on.is_not(None)
    )
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(getattr(Position, name) == value)
    columns = {"name": Position.name, "created_at": Position.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=Position.id)


async def lock_library(session: AsyncSession, *, company_id: UUID) -> None:
    """Let the library be applied by one at a time: the second finds what the first has made."""
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"attain:positions:{company_id}", 0)))
    )


async def list_matching(
    session: AsyncSession, *, company_id: UUID, origins: Iterable[str], names: Iterable[tuple[str, str]]
) -> Sequence[Position]:
    """The positions with one of these origins, or one of these functions and names."""
    statement = select(Position).where(
        Position.company_id == company_id,
        or_(Position.origin.in_(origins), tuple_(Position.function, Position.name).in_(list(names))),
    )
    return (await session.scalars(statement)).all()


async def was_ever_given(session: AsyncSession, *, company_id: UUID, position_id: UUID) -> bool:
    """Whether somebody has or had the position, was ever to get it, or is to succeed in it."""
    events = select(null()).where(
        PersonEvent.company_id == company_id, PersonEvent.changes["position_id"].astext == str(position_id)
    )
    spells = select(null()).where(PersonSpell.company_id == company_id, PersonSpell.position_id == position_id)
    successors = select(null()).where(Successor.company_id == company_id, Successor.position_id == position_id)
    statement = select(or_(events.exists(), spells.exists(), successors.exists()))
    return bool((await session.execute(statement)).scalar_one())


async def list_successors(session: AsyncSession, *, company_id: UUID, position_id: UUID) -> list[Successor]:
    """The successors of a position, the readiest first."""
    rank = case({"now": 0, "one_year": 1}, value=Successor.readiness, else_=2)
    statement = select(Successor).where(Successor.company_id == company_id, Successor.position_id == position_id)
    return list(await session.scalars(statement.order_by(rank, Successor.created_at, Successor.person_id)))


async def list_statuses(
    session: AsyncSession, *, company_id: UUID, person_ids: Iterable[UUID], today: date
) -> dict[UUID, str]:
    """Where people stand today; whoever is not of the company is left out."""
    statement = select(PersonSpell.person_id, PersonSpell.status).where(
        PersonSpell.company_id == company_id, PersonSpell.person_id.in_(list(person_ids)), on_day(today)
    )
    return {row.person_id: row.status for row in await session.execute(statement)}
