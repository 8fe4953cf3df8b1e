"""The inbox of pushed batches, the facts made of them, the history of every row, and what is found out about them.

`metric_batches` is partitioned by the month of its UUIDv7 id, `observations` and `observation_history` by the month
of their bucket (`attain_shared.db.partitions`), so that old parts are dropped instead of deleted. The fact tables have
no foreign keys: the shop was looked up by the claim that writes the row, and a check for each of millions of rows
would cost more than the write.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    desc,
    text,
)
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version
from attain_shared.identifiers import new_id


class MetricBatch(Base):
    """A pushed batch as it came: the inbox (ING-1)."""

    __tablename__ = "metric_batches"
    __table_args__ = (
        CheckConstraint("state IN ('stored', 'done', 'failed')", name="state"),
        CheckConstraint("lane IN ('live', 'backfill')", name="lane"),
        # small, as they hold only what is to be done: for the oldest of all, and for claims, which go round the slots
        Index("ix_metric_batches_stored", "company_id", "id", postgresql_where=text("state = 'stored'")),
        Index(
            "ix_metric_batches_waiting", "company_id", "lane", "slot", "id", postgresql_where=text("state = 'stored'")
        ),
        Index("ix_metric_batches_failed", "company_id", "id", postgresql_where=text("state = 'failed'")),
        {"postgresql_partition_by": "RANGE (id)"},
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    connector_id: Mapped[UUID | None]
    """Empty where a person pushed by hand."""
    source: Mapped[str | None]
    lane: Mapped[code_text]
    slot: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    """The queue it waits in (`attain_shared.metrics.slots`): claims serve all alike, so no shop starves another."""
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
    traceparent: Mapped[str | None] = mapped_column(String(55))
    """The trace that the push belongs to (W3C Trace Context), where traces are taken."""


class BatchKey(Base):
    """An Idempotency-Key of a push. In a table of its own: a unique key cannot cross partitions (ING-2)."""

    __tablename__ = "batch_keys"
    # for forgetting the old ones
    __table_args__ = (Index("ix_batch_keys_company_id_created_at", "company_id", "created_at"),)
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
    """The present value of (shop, metric, dimension, grain, bucket) (MET-2).

    It is a part of the history too: only once another row stands in its place is it moved to `observation_history`.
    """

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
    row_index: Mapped[int | None]
    """Its place in its batch; empty where a build before 0007 wrote it, which kept it in the history as well."""
    verdict: Mapped[str | None]
    """As it was judged; empty as `row_index`."""


class ObservationHistory(Base):
    """Every row received that is not the present one, with its verdict (MET-7)."""

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


class MetricMonth(Base):
    """The day rows of a series in a month, summed up: for series that goals are measured by, with each change of a row.

    A month without a row here is not known to be empty: its day rows are to be read.
    """

    __tablename__ = "metric_months"
    company_id: Mapped[company_key]
    shop_id: Mapped[UUID] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    total: Mapped[Decimal | None]
    largest: Mapped[Decimal | None]
    last: Mapped[Decimal | None]
    """The value of the last day that has a row."""
    days: Mapped[int]
    """One bit a day, the first of the month the lowest: whether it has a row."""
    provisional_days: Mapped[int]
    """Likewise: whether that row is provisional."""
    has_coarser: Mapped[bool]
    """Whether rows of weeks, months or quarters begin in the month."""


class CompanyMetric(Base):
    """A version of a metric that a company has declared itself (MET-4); the greatest version is in force."""

    __tablename__ = "company_metrics"
    __table_args__ = (ForeignKeyConstraint(["company_id"], ["companies.id"]),)
    company_id: Mapped[company_key]
    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(default=new_id)
    """What the audit trail calls this version."""
    zh: Mapped[name_text]
    en: Mapped[name_text]
    unit: Mapped[code_text]
    algebra: Mapped[code_text]
    over_shops: Mapped[code_text]
    over_shops_weight: Mapped[str | None]
    numerator: Mapped[str]
    """A sum of metric codes, as in the shipped catalogue; empty but for ratios."""
    denominator: Mapped[str]
    default_aggregate: Mapped[code_text]
    better: Mapped[code_text]
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_by: Mapped[UUID]
    created_at: Mapped[created]


class MetricImport(Base):
    """A file of a seller's report that was taken in (ING-6); its figures went the way of every push."""

    __tablename__ = "metric_imports"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "shop_id"], ["shops.company_id", "shops.id"]),
        CheckConstraint("kind IN ('shop', 'product')", name="kind"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    shop_id: Mapped[UUID]
    kind: Mapped[code_text]
    file_name: Mapped[name_text]
    file_hash: Mapped[bytes] = mapped_column(LargeBinary)
    rows: Mapped[int]
    """Rows of the report below its header."""
    report: Mapped[dict[str, Any]]
    batch_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID))
    created_by: Mapped[UUID]
    created_at: Mapped[created]
    version: Mapped[row_version]


class ShopCheck(Base):
    """A month of a shop whose facts have changed: to be cross-checked (MET-9). Marked as goals are."""

    __tablename__ = "shop_checks"
    company_id: Mapped[company_key]
    shop_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column(BigInteger)
    marked_at: Mapped[created]


class MetricFinding(Base):
    """Figures of a shop that do not go together (MET-9): found, told, and never a reason to reject."""

    __tablename__ = "metric_findings"
    __table_args__ = (
        Index("ix_metric_findings_company_id_id", "company_id", desc("id"), unique=True),
        Index("ix_metric_findings_company_id_batch_id", "company_id", "batch_id"),
    )
    company_id: Mapped[company_key]
    shop_id: Mapped[UUID] = mapped_column(primary_key=True)
    bucket: Mapped[date] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    batch_id: Mapped[UUID]
    """The batch of the figure that stands out."""
    value: Mapped[Decimal]
    """The figure."""
    expected: Mapped[Decimal]
    """What the others make of it: a product, a quotient, an earlier value, a median."""
    found_at: Mapped[created]
    resolved_at: Mapped[datetime | None]
    """Since when the figures go together again."""


class ConnectorDelivery(Base):
    """Up to which day a connector has brought figures of a shop (MET-8)."""

    __tablename__ = "connector_deliveries"
    company_id: Mapped[company_key]
    connector_id: Mapped[UUID] = mapped_column(primary_key=True)
    shop_id: Mapped[UUID] = mapped_column(primary_key=True)
    latest_day: Mapped[date]
    """The last business day with a day row that is final, or was read once the day was over."""
    received_at: Mapped[datetime]
    """When that day came in."""
