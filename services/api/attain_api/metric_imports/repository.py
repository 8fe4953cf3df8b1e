"""Statements on imported files."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from attain_api.paging import PageQuery, paginate
from attain_shared.metrics.models import MetricBatch, MetricImport


class BatchProgress(NamedTuple):
    """How far a batch is."""

    state: str
    verdicts: dict[str, int] | None


async def find_import(session: AsyncSession, *, company_id: UUID, import_id: UUID) -> MetricImport | None:
    """One import of a company."""
    statement = select(MetricImport).where(MetricImport.company_id == company_id, MetricImport.id == import_id)
    found: MetricImport | None = await session.scalar(statement)
    return found


async def list_imports(
    session: AsyncSession, *, company_id: UUID, shop_id: UUID | None, query: PageQuery
) -> tuple[list[MetricImport], str | None]:
    """A part of a company's imports, without their reports."""
    statement = select(MetricImport).where(MetricImport.company_id == company_id)
    if shop_id is not None:
        statement = statement.where(MetricImport.shop_id == shop_id)
    return await paginate(
        session,
        statement.options(defer(MetricImport.report, raiseload=True)),
        query=query,
        columns={"created_at": MetricImport.created_at},
        id_column=MetricImport.id,
    )


async def list_progress(
    session: AsyncSession, *, company_id: UUID, batch_ids: Collection[UUID]
) -> dict[UUID, BatchProgress]:
    """How far these batches are; one that has been pruned is missing."""
    found = await session.execute(
        select(MetricBatch.id, MetricBatch.state, MetricBatch.verdicts).where(
            MetricBatch.company_id == company_id, MetricBatch.id == any_(literal(sorted(batch_ids), ARRAY(Uuid)))
        )
    )
    return {batch_id: BatchProgress(state, verdicts) for batch_id, state, verdicts in found}
