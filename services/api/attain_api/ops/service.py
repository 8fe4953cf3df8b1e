"""How the installation does: right now, and over the last hour."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from attain_api.health.service import BEAT_MAX_AGE, check
from attain_api.ops import repository
from attain_api.ops.schemas import (
    DatabaseStatus,
    InboxStatus,
    InstallationStatus,
    MarksStatus,
    QueueStatus,
    Sample,
    Samples,
    WorkerStatus,
)
from attain_api.ops.traffic import Traffic
from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.schema import SCHEMA_REVISION
from attain_shared.db.session import UnitOfWork
from attain_shared.telemetry import build_of
from attain_shared.work.models import InstallationSample, WorkerHeartbeat

SLOT_SECONDS = 15
SHOWN = timedelta(hours=1)
WORKERS_SHOWN = 100


async def get_status(uow: UnitOfWork, *, state: ApiState) -> InstallationStatus:
    """Everything as it is now; the database and the queue are asked side by side."""
    asked = asyncio.ensure_future(check(state.ping_queue, "queue"))
    try:
        database = await _ask_database(uow)
        workers = await repository.list_workers(uow.session, max_age=BEAT_MAX_AGE, at_most=WORKERS_SHOWN)
        waiting = await repository.count_waiting(uow.session)
        trouble = await repository.count_trouble(uow.session)
        queue = QueueStatus.model_validate(await asked)
    finally:
        asked.cancel()
    alive = [worker for worker, is_alive in workers if is_alive]
    serves = queue.state == "ok" and alive
    version, revision = build_of("attain-api")
    return InstallationStatus(
        status="unavailable" if database.state == "behind" else "ok" if serves else "degraded",
        version=version,
        revision=revision,
        started_at=state.started_at,
        uptime_seconds=round((utc_now() - state.started_at).total_seconds(), 1),
        database=database,
        queue=queue,
        workers=[_read_worker(worker, is_alive=is_alive) for worker, is_alive in workers],
        inbox=InboxStatus(
            live=waiting.inbox_live,
            backfill=waiting.inbox_backfill,
            oldest_seconds=waiting.inbox_oldest_seconds,
            failed=trouble.failed_batches,
        ),
        marks=MarksStatus(goals=waiting.marks, oldest_seconds=waiting.marks_oldest_seconds, checks=waiting.checks),
        ingestion_lag_seconds=max(
            (worker.lag_seconds for worker in alive if worker.lag_seconds is not None), default=None
        ),
        silent_connectors=trouble.silent_connectors,
    )


async def _ask_database(uow: UnitOfWork) -> DatabaseStatus:
    started = time.perf_counter()
    found = await repository.find_database(uow.session)
    return DatabaseStatus(
        state="ok" if found.revision is not None and found.revision >= SCHEMA_REVISION else "behind",
        milliseconds=round((time.perf_counter() - started) * 1000, 1),
        db_schema=found.revision,
        size_bytes=found.size_bytes,
        connections=found.connections,
        oldest_transaction_seconds=found.oldest_transaction_seconds,
        archive_failing_seconds=found.archive_failing_seconds,
        synchronous_standbys=found.synchronous_standbys,
        synchronous_standbys_wanted=found.standbys_wanted,
    )


def _read_worker(row: WorkerHeartbeat, *, is_alive: bool) -> WorkerStatus:
    return WorkerStatus(
        id=row.worker_id,
        host=row.host,
        version=row.version,
        started_at=row.started_at,
        beat_at=row.beat_at,
        is_alive=is_alive,
        memory_bytes=row.memory_bytes,
        batches_taken_in=row.batches_taken_in,
        rows_taken_in=row.rows_taken_in,
        goals_recomputed=row.goals_recomputed,
        jobs_failed=row.jobs_failed,
    )


async def take_sample(uow: UnitOfWork, *, slot: datetime, traffic: Traffic) -> InstallationSample:
    """Look at the installation, and keep it as the sample of a slot that has none; the first requests are in it."""
    database = await repository.find_database(uow.session)
    waiting = await repository.count_waiting(uow.session)
    trouble = await repository.count_trouble(uow.session)
    workers = await repository.sum_workers(uow.session, max_age=BEAT_MAX_AGE)
    sample = InstallationSample(
        sampled_at=slot,
        requests=traffic.requests,
        failed_requests=traffic.failed,
        slow_requests=traffic.slow,
        **waiting._asdict(),
        **trouble._asdict(),
        workers=workers.alive,
        batches_taken_in=workers.batches_taken_in,
        rows_taken_in=workers.rows_taken_in,
        ingestion_lag_seconds=workers.lag_seconds,
        database_bytes=database.size_bytes,
        connections=database.connections,
        oldest_transaction_seconds=database.oldest_transaction_seconds,
        archive_failing_seconds=database.archive_failing_seconds,
        standbys=database.synchronous_standbys,
        standbys_wanted=database.standbys_wanted,
    )
    uow.session.add(sample)
    await uow.session.flush()
    return sample


async def list_samples(uow: UnitOfWork) -> Samples:
    """The last hour."""
    now = await repository.get_time(uow.session)
    at_most = SHOWN // timedelta(seconds=SLOT_SECONDS)
    # one more, as what was done within a slot is a difference
    rows = await repository.list_samples(
        uow.session, since=now - SHOWN - timedelta(seconds=SLOT_SECONDS), at_most=at_most + 1
    )
    return Samples(slot_seconds=SLOT_SECONDS, samples=_read_samples(rows, since=now - SHOWN))


def _read_samples(rows: Sequence[InstallationSample], *, since: datetime) -> list[Sample]:
    """What workers have done, as differences: a total falls when a worker is forgotten, and then tells nothing."""
    before = {row.sampled_at: earlier for earlier, row in pairwise(rows)}
    return [_read_sample(row, before.get(row.sampled_at, row)) for row in rows if row.sampled_at > since]


def _read_sample(row: InstallationSample, before: InstallationSample) -> Sample:
    done = {
        "batches_taken_in": max(row.batches_taken_in - before.batches_taken_in, 0),
        "rows_taken_in": max(row.rows_taken_in - before.rows_taken_in, 0),
    }
    return Sample.model_validate(row).model_copy(update=done)
