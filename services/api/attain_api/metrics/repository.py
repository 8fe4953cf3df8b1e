"""The statements of metric reads that only the API runs."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_api.paging import PageQuery, paginate
from attain_shared.metrics.models import CompanyMetric
from attain_shared.metrics.queries import every_row
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


class HistoryRow(NamedTuple):
    """A row once received for a key."""

    batch_id: UUID
    row_index: int
    value: Decimal
    is_final: bool
    through: date | None
    observed_at: datetime
    received_at: datetime
    verdict: str


_OF_KEY = "shop_id = :shop_id AND metric = :metric AND dimension = :dimension AND grain = :grain AND bucket = :bucket"

_HISTORY = text(f"""
    SELECT o.batch_id, o.row_index, o.value, o.is_final, o.through, o.observed_at, o.received_at, o.verdict
    FROM {every_row(_OF_KEY)} AS o
    WHERE o.company_id = :company_id AND (o.batch_id, o.row_index) > (:after_batch, :after_index)
    ORDER BY o.batch_id, o.row_index LIMIT :limit
""")  # nosec B608 # noqa: S608 - composed of constants


async def list_history(
    session: AsyncSession, *, company_id: UUID, key: HistoryKey, after: tuple[UUID, int], limit: int
) -> list[HistoryRow]:
    """Every row received for a key, in the order of their batches (MET-7)."""
    after_batch, after_index = after
    parameters = {"company_id": company_id, "after_batch": after_batch, "after_index": after_index, "limit": limit}
    return [HistoryRow(*row) for row in await session.execute(_HISTORY, parameters | key._asdict())]


async def find_metric(session: AsyncSession, *, company_id: UUID, code: str) -> CompanyMetric | None:
    """The version in force of a company's own metric (MET-4)."""
    statement = (
        select(CompanyMetric)
        .where(CompanyMetric.company_id == company_id, CompanyMetric.code == code)
        .order_by(CompanyMetric.version.desc())
        .limit(1)
    )
    return await session.scalar(statement)


async def list_versions(
    session: AsyncSession, *, company_id: UUID, code: str, query: PageQuery
) -> tuple[list[CompanyMetric], str | None]:
    """A part of the versions of a company's own metric."""
    statement = select(CompanyMetric).where(CompanyMetric.company_id == company_id, CompanyMetric.code == code)
    return await paginate(
        session, statement, query=query, columns={"version": CompanyMetric.version}, id_column=CompanyMetric.id
    )
