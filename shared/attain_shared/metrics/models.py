"""The inbox of pushed batches, the facts made of them, and the history of every row.

`metric_batches` is partitioned by the month of its UUIDv7 id, `observations` and `observation_history` by the month
of their bucket (`attain_shared.db.partitions`), so that old parts are dropped instead of deleted. The fact tables have
no foreign keys: the shop was looked up by the claim that writes the row, and a check for each of millions of rows
would cost more than the write.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key


class MetricBatch(Base):
    """A pushed batch as it came: the inbox (ING-1)."""

    __tablename__ = "metric_batches"
    __table_args__ = (
        CheckConstraint("state IN ('stored', 'done', 'failed')", name="state"),
        CheckConstraint("lane IN ('live', 'backfill')", name="lane"),
        # small, as it holds only what is to be done: for the sweep that looks from the beginning
        Index("ix_metric_batches_stored", "company_id", "id", postgresql_where=text("state = 'stored'")),
        {"postgresql_partition_by": "RANGE (id)"},
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    connector_id: Mapped[UUID | None]
    """Empty where a person pushed by hand."""
    source: Mapped[str | None]
    lane: Mapped[code_text]
    received: Mapped[int]
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    """The body, compressed with gzip: as received, or by Attain."""
    state: Mapped[code_text]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    due_at: Mapped[datetime]
    """Not to be tried before: pushed back after a failed attempt."""
    stored_at: Mapped[created]
    replayed_at: Mapped[datetime | None]
    """When it was last sent round again: what then goes in was not known before."""
    processed_at: Mapped[datetime | None]
    error: Mapped[str | None]
    verdicts: Mapped[dict[str, Any] | None]
    """How many rows of each verdict; they add up to `received`."""
    row_verdicts: Mapped[bytes | None] = mapped_column(LargeBinary)
    """One byte a row: the verdict's place in `Verdict`."""


class BatchKey(Base):
    """An Idempotency-Key of a push. In a table of its own: a unique key cannot cross partitions (ING-2)."""

    __tablename__ = "batch_keys"
    company_id: Mapped[company_key]
    principal_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    batch_id: Mapped[UUID]
    received: Mapped[int]
    created_at: Mapped[created]


class BatchRejection(Base):
    """A row that could not be taken in, with field and reason (ING-3)."""

    __tablename__ = "batch_rejections"
    company_id: Mapped[company_key]
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    row_index: Mapped[int] = mapped_column(primary_key=True)
    pointer: Mapped[str]
    code: Mapped[code_text]
    detail: Mapped[str]


class Observation(Base):
    """The present value of (shop, metric, dimension, grain, bucket) (MET-2)."""

    __tablename__ = "observations"
    __table_args__ = ({"postgresql_partition_by": "RANGE (bucket)"},)
    company_id: Mapped[company_key]
    shop_id: Mapped[UUID] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    bucket: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[Decimal]
    is_final: Mapped[bool]
    through: Mapped[date | None]
    observed_at: Mapped[datetime]
    batch_id: Mapped[UUID]
    received_at: Mapped[datetime]


class ObservationHistory(Base):
    """Every row ever received for a key, with its verdict (MET-7)."""

    __tablename__ = "observation_history"
    __table_args__ = ({"postgresql_partition_by": "RANGE (bucket)"},)
    company_id: Mapped[company_key]
    shop_id: Mapped[UUID] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    bucket: Mapped[date] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    row_index: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[Decimal]
    is_final: Mapped[bool]
    through: Mapped[date | None]
    observed_at: Mapped[datetime]
    received_at: Mapped[datetime]
    verdict: Mapped[str]
