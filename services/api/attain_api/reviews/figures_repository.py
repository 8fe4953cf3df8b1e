"""The statements that the figures of reviews are read with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.metrics.models import MetricBatch


async def find_next_batch_stored_at(session: AsyncSession, *, company_id: UUID, after: UUID | None) -> datetime | None:
    """When the first batch behind one was stored, or the first of all; None where there is none yet."""
    statement = select(MetricBatch.stored_at).where(MetricBatch.company_id == company_id)
    if after is not None:
        statement = statement.where(MetricBatch.id > after)
    return (await session.scalars(statement.order_by(MetricBatch.id).limit(1))).one_or_none()
