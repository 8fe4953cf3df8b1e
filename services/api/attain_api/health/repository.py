"""What the readiness check asks the database."""

from datetime import timedelta

from sqlalchemy import exists, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.work.models import WorkerHeartbeat


async def ping(session: AsyncSession) -> None:
    """Raise unless the database answers."""
    await session.execute(text("SELECT 1"))


async def has_live_worker(session: AsyncSession, *, max_age: timedelta) -> bool:
    """Whether a worker was seen alive so lately; by the database's clock, which beats are told by."""
    alive = exists().where(WorkerHeartbeat.beat_at > func.now() - max_age)
    return bool(await session.scalar(select(alive)))
