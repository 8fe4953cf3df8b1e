"""The statements of the inbox, as the API sees it."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from attain_shared.metrics.models import BatchKey, BatchRejection, MetricBatch
from attain_shared.work.queries import WANT_WORK


class Receipt(NamedTuple):
    """A stored batch, as the first answer said."""

    id: UUID
    received: int
    stored_at: datetime
    body_hash: bytes


# the key decides: where it is taken already, nothing else is written; a push under way with the same key is waited for
_STORE = text(f"""
    WITH fresh AS (
        INSERT INTO batch_keys (company_id, principal_id, key, body_hash, batch_id, received, created_at)
        VALUES (:company_id, :principal_id, :key, :body_hash, :id, :received, :now)
        ON CONFLICT DO NOTHING RETURNING batch_id
    ), listed AS ({WANT_WORK})
    INSERT INTO metric_batches (company_id, id, connector_id, source, lane, slot, received, payload, state, attempts, due_at,
                                stored_at, traceparent)
    SELECT :company_id, fresh.batch_id, CAST(:connector_id AS uuid), CAST(:source AS text), CAST(:lane AS text),
           CAST(:slot AS smallint), CAST(:received AS integer), CAST(:payload AS bytea), 'stored', 0, now(), CAST(:now AS timestamptz),
           CAST(:traceparent AS text)
    FROM fresh RETURNING id
""")  # nosec B608 # noqa: S608 - composed of constants


async def store_batch(
    session: AsyncSession,
    *,
    company_id: UUID,
    principal_id: UUID,
    key: str,
    body_hash: bytes,
    batch_id: UUID,
    connector_id: UUID | None,
    source: str | None,
    lane: str,
    slot: int,
    received: int,
    payload: bytes,
    now: datetime,
    traceparent: str | None,
) -> bool:
    """Store a batch and its key in one statement; False where the key was used before."""
    stored = await session.scalar(
        _STORE,
        {
            "company_id": company_id,
            "principal_id": principal_id,
            "key": key,
            "body_hash": body_hash,
            "id": batch_id,
            "connector_id": connector_id,
            "source": source,
            "lane": lane,
            "slot": slot,
            "received": received,
            "payload": payload,
            "now": now,
            "traceparent": traceparent,
        },
    )
    return stored is not None


# bounded: of an inbox far too full it need only be known that it is
_WAITING = text("""
    SELECT count(*) FROM (
        SELECT FROM metric_batches WHERE company_id = :company_id AND lane = :lane AND state = 'stored' LIMIT :at_most
    ) AS waiting
""")


async def count_waiting(session: AsyncSession, *, company_id: UUID, lane: str, at_most: int) -> int:
    """How many batches of a lane wait to be taken in, counted no further than `at_most`."""
    waiting: int = await session.scalar(_WAITING, {"company_id": company_id, "lane": lane, "at_most": at_most})
    return waiting


async def is_key_used(session: AsyncSession, *, company_id: UUID, principal_id: UUID, key: str) -> bool:
    """Whether a push with this key is stored."""
    known = await session.get(BatchKey, (company_id, principal_id, key))
    return known is not None


async def find_receipt(session: AsyncSession, *, company_id: UUID, principal_id: UUID, key: str) -> Receipt | None:
    """What the first push with a key was answered."""
    row = await session.execute(
        select(BatchKey.batch_id, BatchKey.received, BatchKey.created_at, BatchKey.body_hash).where(
            BatchKey.company_id == company_id, BatchKey.principal_id == principal_id, BatchKey.key == key
        )
    )
    found = row.one_or_none()
    return Receipt(*found) if found else None


def select_batches(*, company_id: UUID, connector_id: UUID | None) -> Select[MetricBatch]:
    """The batches of a company, or of one of its connectors, without what they hold."""
    statement = select(MetricBatch).where(MetricBatch.company_id == company_id)
    if connector_id is not None:
        statement = statement.where(MetricBatch.connector_id == connector_id)
    return statement.options(
        defer(MetricBatch.payload, raiseload=True), defer(MetricBatch.row_verdicts, raiseload=True)
    )


async def find_batch(
    session: AsyncSession, *, company_id: UUID, connector_id: UUID | None, batch_id: UUID, lock: bool = False
) -> MetricBatch | None:
    """One batch, within the caller's view; locked where it is to be changed."""
    statement = select_batches(company_id=company_id, connector_id=connector_id)
    if lock:
        statement = statement.with_for_update()
    batch: MetricBatch | None = await session.scalar(statement.where(MetricBatch.id == batch_id))
    return batch


class BatchContent(NamedTuple):
    """What a batch holds: its body, and a byte a row once it is done."""

    payload: bytes
    row_verdicts: bytes | None


async def find_content(
    session: AsyncSession, *, company_id: UUID, connector_id: UUID | None, batch_id: UUID
) -> BatchContent | None:
    """The content of one batch, within the caller's view."""
    statement = select(MetricBatch.payload, MetricBatch.row_verdicts).where(
        MetricBatch.company_id == company_id, MetricBatch.id == batch_id
    )
    if connector_id is not None:
        statement = statement.where(MetricBatch.connector_id == connector_id)
    row = (await session.execute(statement)).one_or_none()
    return BatchContent(*row) if row else None


async def list_rejections(
    session: AsyncSession, *, company_id: UUID, batch_id: UUID, indexes: Sequence[int]
) -> dict[int, BatchRejection]:
    """Why these rows were rejected."""
    rows = await session.scalars(
        select(BatchRejection).where(
            BatchRejection.company_id == company_id,
            BatchRejection.batch_id == batch_id,
            BatchRejection.row_index.in_(indexes),
        )
    )
    return {row.row_index: row for row in rows}


async def get_database_time(session: AsyncSession) -> datetime:
    """The database's clock: the one that workers compare a batch's due time with."""
    now: datetime = await session.scalar(select(func.now()))  # type: ignore[assignment]  # never null
    return now
