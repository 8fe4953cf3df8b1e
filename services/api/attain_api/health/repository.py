"""What the readiness check asks the database."""

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.work.models import WorkerHeartbeat


async def ping(session: AsyncSession) -> None:
    """Raise unless the database answers."""
    await session.execute(text("SELECT 1"))


async def find_last_beat(session: AsyncSession) -> datetime | None:
    """When a worker was last seen alive."""
    return await session.scalar(select(func.max(WorkerHeartbeat.beat_at)))
