"""Statements of the housekeeping."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.access.models import Company, IdempotencyKey
from attain_shared.work.models import WorkerHeartbeat


async def list_companies(session: AsyncSession) -> list[UUID]:
    """Every company there is."""
    return list(await session.scalars(select(Company.id).order_by(Company.id)))


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
