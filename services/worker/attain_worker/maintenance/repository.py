"""Statements of the housekeeping."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Executable, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.access.models import (
    IdempotencyKey,
    OidcSignIn,
    OneTimeLink,
    RefreshToken,
    Session,
    SignInThrottle,
)
from attain_shared.work.models import WorkerHeartbeat


async def beat(session: AsyncSession, *, worker_id: UUID, host: str, told: Mapping[str, Any]) -> None:
    """Say that this worker lives, and what it tells of itself; forget those that have been dead for a day.

    By the database's clock: whoever reads it has that one too, and hosts' clocks may be minutes apart.
    """
    now = func.now()
    values = {"worker_id": worker_id, "host": host, "started_at": now, "beat_at": now, **told}
    await session.execute(
        insert(WorkerHeartbeat)
        .values(values)
        .on_conflict_do_update(index_elements=["worker_id"], set_={"beat_at": now, **told})
    )
    await session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.beat_at < now - timedelta(days=1)))


async def forget_worker(session: AsyncSession, *, worker_id: UUID) -> None:
    """List a worker no more."""
    await session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.worker_id == worker_id))


async def delete_answers(session: AsyncSession, *, company_id: UUID, before: datetime) -> int:
    """Delete a company's stored answers that are older than this."""
    return await _execute(
        session,
        delete(IdempotencyKey).where(IdempotencyKey.company_id == company_id, IdempotencyKey.created_at < before),
    )


async def delete_refresh_tokens(session: AsyncSession, *, before: datetime) -> int:
    """Delete the refresh tokens that expired before this: a spent one is kept until then, to notice its reuse."""
    return await _execute(session, delete(RefreshToken).where(RefreshToken.expires_at < before))


async def delete_sessions(session: AsyncSession, *, before: datetime) -> int:
    """Delete the sessions that ended before this, with what they tell of devices and addresses."""
    return await _execute(session, delete(Session).where(or_(Session.expires_at < before, Session.revoked_at < before)))


async def delete_oidc_sign_ins(session: AsyncSession, *, before: datetime) -> int:
    """Delete the single sign-ons whose browser never came back."""
    return await _execute(session, delete(OidcSignIn).where(OidcSignIn.expires_at < before))


async def delete_links(session: AsyncSession, *, before: datetime) -> int:
    """Delete the invitations and resets that expired before this, used or not."""
    return await _execute(session, delete(OneTimeLink).where(OneTimeLink.expires_at < before))


async def delete_throttles(session: AsyncSession, *, before: datetime) -> int:
    """Delete the tallies of tries that count no more; one that a sign-in holds at this moment is left."""
    old = select(SignInThrottle.subject).where(SignInThrottle.window_started_at < before)
    held = old.with_for_update(skip_locked=True)
    return await _execute(session, delete(SignInThrottle).where(SignInThrottle.subject.in_(held)))


_RELIST = text("""
    INSERT INTO company_work (company_id, wanted_at) SELECT CAST(:company_id AS uuid), now()
    WHERE EXISTS (SELECT FROM metric_batches batch WHERE batch.company_id = :company_id AND batch.state = 'stored')
       OR EXISTS (SELECT FROM goal_marks mark WHERE mark.company_id = :company_id)
       OR EXISTS (SELECT FROM shop_checks mark WHERE mark.company_id = :company_id)
    ON CONFLICT DO NOTHING
""")


async def relist_company(session: AsyncSession, *, company_id: UUID) -> int:
    """List a company for the workers if it has a batch or a mark to be done; 1 where it was not listed."""
    return await _execute(session, _RELIST, {"company_id": company_id})


async def _execute(session: AsyncSession, statement: Executable, parameters: Mapping[str, Any] | None = None) -> int:
    """How many rows a statement has written."""
    return cast("CursorResult[Any]", await session.execute(statement, parameters)).rowcount
