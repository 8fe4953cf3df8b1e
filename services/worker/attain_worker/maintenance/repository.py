"""Statements of the housekeeping."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select, text
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


async def beat(session: AsyncSession, *, worker_id: UUID, host: str, now: datetime) -> None:
    """Say that this worker lives; forget those that have been dead for a day."""
    values = {"worker_id": worker_id, "host": host, "started_at": now, "beat_at": now}
    await session.execute(
        insert(WorkerHeartbeat)
        .values(values)
        .on_conflict_do_update(index_elements=["worker_id"], set_={"beat_at": now})
    )
    await session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.beat_at < now - timedelta(days=1)))


async def delete_answers(session: AsyncSession, *, company_id: UUID, before: datetime) -> None:
    """Delete a company's stored answers that are older than this."""
    await session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.company_id == company_id, IdempotencyKey.created_at < before)
    )


async def delete_refresh_tokens(session: AsyncSession, *, before: datetime) -> None:
    """Delete the refresh tokens that expired before this: a spent one is kept until then, to notice its reuse."""
    await session.execute(delete(RefreshToken).where(RefreshToken.expires_at < before))


async def delete_sessions(session: AsyncSession, *, before: datetime) -> None:
    """Delete the sessions that ended before this, with what they tell of devices and addresses."""
    await session.execute(delete(Session).where(or_(Session.expires_at < before, Session.revoked_at < before)))


async def delete_oidc_sign_ins(session: AsyncSession, *, before: datetime) -> None:
    """Delete the single sign-ons whose browser never came back."""
    await session.execute(delete(OidcSignIn).where(OidcSignIn.expires_at < before))


async def delete_links(session: AsyncSession, *, before: datetime) -> None:
    """Delete the invitations and resets that expired before this, used or not."""
    await session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at < before))


async def delete_throttles(session: AsyncSession, *, before: datetime) -> None:
    """Delete the tallies of tries that count no more; one that a sign-in holds at this moment is left."""
    old = select(SignInThrottle.subject).where(SignInThrottle.window_started_at < before)
    held = old.with_for_update(skip_locked=True)
    await session.execute(delete(SignInThrottle).where(SignInThrottle.subject.in_(held)))


_RELIST = text("""
    INSERT INTO company_work (company_id, wanted_at) SELECT CAST(:company_id AS uuid), now()
    WHERE EXISTS (SELECT FROM metric_batches batch WHERE batch.company_id = :company_id AND batch.state = 'stored')
       OR EXISTS (SELECT FROM goal_marks mark WHERE mark.company_id = :company_id)
       OR EXISTS (SELECT FROM shop_checks mark WHERE mark.company_id = :company_id)
    ON CONFLICT DO NOTHING
""")


async def relist_company(session: AsyncSession, *, company_id: UUID) -> None:
    """List a company for the workers if it has a batch or a mark to be done."""
    await session.execute(_RELIST, {"company_id": company_id})
