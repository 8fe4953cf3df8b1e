"""What tells workers where to look, and operations how the installation does; all of it outside the company wall."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Double, ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, created, name_text


class CompanyWork(Base):
    """A company that may have something to do: workers ask here first, then claim inside that company."""

    __tablename__ = "company_work"
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    wanted_at: Mapped[created]


class WorkerHeartbeat(Base):
    """A worker process, the last time it was seen alive, and what it has done since its start."""

    __tablename__ = "worker_heartbeats"
    worker_id: Mapped[UUID] = mapped_column(primary_key=True)
    host: Mapped[name_text]
    started_at: Mapped[created]
    beat_at: Mapped[datetime]
    version: Mapped[str | None] = mapped_column(String(80))
    memory_bytes: Mapped[int | None] = mapped_column(BigInteger)
    """Resident."""
    batches_taken_in: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    rows_taken_in: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    goals_recomputed: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    jobs_failed: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    lag_seconds: Mapped[float | None] = mapped_column(Double)
    """The longest that a batch taken in within the last 20 seconds had waited; empty where there was none."""


class InstallationSample(Base):
    """What the installation was like in a slot of 15 seconds; nothing of any company (api.md, `/v1/ops`).

    Whichever API process comes first looks; all of them add the requests they served.
    """

    __tablename__ = "installation_samples"
    sampled_at: Mapped[datetime] = mapped_column(primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    failed_requests: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    """Answered with 5xx."""
    slow_requests: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), default=0)
    """Took longer than a second."""
    inbox_live: Mapped[int]
    inbox_backfill: Mapped[int]
    inbox_oldest_seconds: Mapped[float | None] = mapped_column(Double)
    """How long the batch that has waited longest has; empty where none waits."""
    inbox_oldest_live_seconds: Mapped[float | None] = mapped_column(Double)
    """The same of the live lane alone."""
    failed_batches: Mapped[int]
    marks: Mapped[int]
    marks_oldest_seconds: Mapped[float | None] = mapped_column(Double)
    checks: Mapped[int]
    silent_connectors: Mapped[int]
    workers: Mapped[int]
    """Seen alive within the last 30 seconds."""
    batches_taken_in: Mapped[int] = mapped_column(BigInteger)
    """By all workers that are known, since they started."""
    rows_taken_in: Mapped[int] = mapped_column(BigInteger)
    ingestion_lag_seconds: Mapped[float | None] = mapped_column(Double)
    """The longest of the live workers'."""
    database_bytes: Mapped[int] = mapped_column(BigInteger)
    connections: Mapped[int]
    oldest_transaction_seconds: Mapped[float | None] = mapped_column(Double)
    archive_failing_seconds: Mapped[float | None] = mapped_column(Double)
    """How long ago the last file of the log was archived while a newer one waits; empty where none does."""
    standbys: Mapped[int]
    """Synchronous ones that stream."""
    standbys_wanted: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    """How many of them each commit is to wait for."""
