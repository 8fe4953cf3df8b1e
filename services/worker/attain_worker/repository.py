"""Which companies have work, and saying that this worker lives: statements of the installation."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.access.models import Company
from attain_shared.work.models import CompanyWork, WorkerHeartbeat

_FORGET_IDLE = text("""
    DELETE FROM company_work WHERE company_id = :company_id
    AND NOT EXISTS (SELECT FROM metric_batches batch WHERE batch.company_id = :company_id AND batch.state = 'stored')
    AND NOT EXISTS (SELECT FROM goal_marks mark WHERE mark.company_id = :company_id)
""")


async def list_companies_with_work(session: AsyncSession) -> set[UUID]:
    """The companies that may have something to do."""
    return set(await session.scalars(select(CompanyWork.company_id)))


async def list_companies(session: AsyncSession) -> list[UUID]:
    """Every company there is."""
    return list(await session.scalars(select(Company.id).order_by(Company.id)))


async def forget_idle_company(session: AsyncSession, *, company_id: UUID) -> None:
    """Take a company off the list, unless something is to be done there after all."""
    await session.execute(_FORGET_IDLE, {"company_id": company_id})


async def beat(session: AsyncSession, *, worker_id: UUID, host: str, now: datetime) -> None:
    """Say that this worker lives; forget those that have been dead for a day."""
    values = {"worker_id": worker_id, "host": host, "started_at": now, "beat_at": now}
    await session.execute(
        insert(WorkerHeartbeat)
        .values(values)
        .on_conflict_do_update(index_elements=["worker_id"], set_={"beat_at": now})
    )
    await session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.beat_at < now - timedelta(days=1)))
