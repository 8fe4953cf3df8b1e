"""Statements on sign-ins."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.access.models import Session


def _live(now: datetime) -> Select[Session]:
    return select(Session).where(Session.revoked_at.is_(None), Session.expires_at > now)


async def list_sessions(
    session: AsyncSession, *, account_id: UUID, company_id: UUID, now: datetime, query: PageQuery
) -> tuple[list[Session], str | None]:
    """A part of the sign-ins of an account in a company that have not ended."""
    statement = _live(now).where(Session.account_id == account_id, Session.company_id == company_id)
    columns = {"created_at": Session.created_at, "last_used_at": Session.last_used_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=Session.id)


async def find_session(
    session: AsyncSession, *, session_id: UUID, account_id: UUID, company_id: UUID, now: datetime
) -> Session | None:
    """One of them, held until the transaction ends."""
    statement = _live(now).where(
        Session.id == session_id, Session.account_id == account_id, Session.company_id == company_id
    )
    found: Session | None = await session.scalar(statement.with_for_update())
    return found


async def find_live(session: AsyncSession, *, session_id: UUID, now: datetime) -> Session | None:
    """A sign-in that has not ended, held until the transaction ends."""
    found: Session | None = await session.scalar(_live(now).where(Session.id == session_id).with_for_update())
    return found


async def hold_sessions(session: AsyncSession, *, now: datetime, which: ColumnElement[bool]) -> list[Session]:
    """Several that have not ended, held until the transaction ends; in one order, so that two callers never lock up."""
    return list(await session.scalars(_live(now).where(which).order_by(Session.id).with_for_update()))
