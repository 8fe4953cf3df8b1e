"""The statements of metric reads that only the API runs."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_shared.metrics.models import ObservationHistory
from attain_shared.shops.models import Shop


async def find_shop_ids(session: AsyncSession, *, visible_to: Actor, shop_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these are shops whose values the caller sees (SEC-3)."""
    statement = select(Shop.id).where(
        Shop.company_id == visible_to.company_id, Shop.id.in_(shop_ids), View(visible_to).shop(Shop.id)
    )
    return set(await session.scalars(statement))


class HistoryKey(NamedTuple):
    """What a history is of (MET-2)."""

    shop_id: UUID
    metric: str
    dimension: str
    grain: str
    bucket: date


async def list_history(
    session: AsyncSession, *, company_id: UUID, key: HistoryKey, after: tuple[UUID, int] | None, limit: int
) -> Sequence[ObservationHistory]:
    """Every row received for a key, in the order of their batches (MET-7)."""
    row = ObservationHistory
    statement = (
        select(row)
        .where(
            row.company_id == company_id,
            row.shop_id == key.shop_id,
            row.metric == key.metric,
            row.dimension == key.dimension,
            row.grain == key.grain,
            row.bucket == key.bucket,
        )
        .order_by(row.batch_id, row.row_index)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(tuple_(row.batch_id, row.row_index) > after)
    return (await session.scalars(statement)).all()
