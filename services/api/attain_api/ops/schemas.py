"""What operations are told of the installation; nothing of any company."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from attain_shared.wire import Output


class DatabaseStatus(Output):
    """PostgreSQL."""

    state: Literal["ok", "behind"]
    """`behind`: its schema is older than this build needs. Where it is away there is a 503 instead."""
    milliseconds: float
    """How long it took to say so."""
    db_schema: str | None = Field(serialization_alias="schema")
    """The migration it is at."""
    size_bytes: int
    """On disk, with its indexes."""
    connections: int
    """Of all clients."""
    oldest_transaction_seconds: float | None
    """How long the oldest open transaction has been; null where there is none. It holds the vacuum back."""
    archive_failing_seconds: float | None
    """How long ago a file of the log was archived while newer ones wait; null where none does, or nothing is archived."""
    synchronous_standbys: int
    """Standbys that stream and that commits may wait for."""
    synchronous_standbys_wanted: int
    """How many of them each commit is to wait for; 0 where none is set up."""


class QueueStatus(Output):
    """Redis."""

    state: Literal["ok", "away"]
    """Without it workers look every two seconds."""
    milliseconds: float
    """How long it took to say so."""


class WorkerStatus(Output):
    """A worker process of the last day."""

    id: UUID
    """Made anew at each start."""
    host: str
    """Where it runs."""
    version: str | None
    """Its build's; null before its first report."""
    started_at: datetime
    """When it began."""
    beat_at: datetime
    """When it was last seen."""
    is_alive: bool
    """Seen within the last 30 seconds."""
    memory_bytes: int | None
    """Resident; null before its first report."""
    batches_taken_in: int
    """Since its start."""
    rows_taken_in: int
    """Since its start."""
    goals_recomputed: int
    """Since its start."""
    jobs_failed: int
    """Since its start."""


class InboxStatus(Output):
    """Batches, of all companies together."""

    live: int
    """Waiting to be taken in, in the live lane; of one company no more than 100,001 are counted."""
    backfill: int
    """Likewise, in the backfill lane."""
    oldest_seconds: float | None
    """How long the one that has waited longest has; null where none waits."""
    failed: int
    """Given up, until somebody replays them."""


class MarksStatus(Output):
    """What is to be computed anew, of all companies together."""

    goals: int
    """Goals whose facts have changed since their attainment was computed; of one company no more than 100,001."""
    oldest_seconds: float | None
    """How long the one that has waited longest has; null where none waits."""
    checks: int
    """Months of shops whose figures are still to be looked through (MET-9)."""


class InstallationStatus(Output):
    """How the installation does right now."""

    status: Literal["ok", "degraded", "unavailable"]
    """`degraded`: it serves, but the queue is away or no worker is alive. `unavailable`: the schema is too old."""
    version: str
    """Of the API process that answers."""
    revision: str
    """The commit it was built from; `unknown` where it was not told."""
    started_at: datetime
    """When that process began."""
    uptime_seconds: float
    """How long ago that was."""
    database: DatabaseStatus
    """PostgreSQL."""
    queue: QueueStatus
    """Redis."""
    workers: list[WorkerStatus]
    """Those of the last day, 100 at most; whoever was seen last comes first."""
    inbox: InboxStatus
    """Batches that wait or have failed."""
    marks: MarksStatus
    """What is to be computed anew."""
    ingestion_lag_seconds: float | None
    """The longest that a batch just taken in had waited; null where none was of late."""
    silent_connectors: int
    """Connectors with an open alert of that kind (MET-8)."""


class Sample(Output):
    """The installation in a slot."""

    at: datetime = Field(validation_alias="sampled_at")
    """When the slot began, by the database's clock."""
    requests: int
    """Answered by all API processes since the sample before."""
    failed_requests: int
    """Of these, with 5xx or not at all."""
    slow_requests: int
    """Of these, in more than a second."""
    inbox_live: int
    """As in the status."""
    inbox_backfill: int
    """As in the status."""
    inbox_oldest_seconds: float | None
    """As in the status."""
    inbox_oldest_live_seconds: float | None
    """The same of the live lane alone."""
    failed_batches: int
    """As in the status."""
    marks: int
    """Goals, as in the status."""
    marks_oldest_seconds: float | None
    """As in the status."""
    checks: int
    """As in the status."""
    silent_connectors: int
    """As in the status."""
    workers: int
    """Alive."""
    batches_taken_in: int
    """By all workers since the sample before."""
    rows_taken_in: int
    """By all workers since the sample before."""
    ingestion_lag_seconds: float | None
    """As in the status."""
    database_bytes: int
    """As in the status."""
    connections: int
    """As in the status."""
    oldest_transaction_seconds: float | None
    """As in the status."""
    archive_failing_seconds: float | None
    """As in the status."""
    synchronous_standbys: int = Field(validation_alias="standbys")
    """As in the status."""
    synchronous_standbys_wanted: int = Field(validation_alias="standbys_wanted")
    """As in the status."""


class Samples(Output):
    """The last hour."""

    slot_seconds: int
    """How long a slot is. A slot in which the database was away has no sample."""
    samples: list[Sample]
    """Oldest first."""
