"""Statements on the installation as a whole: how much there is of something, never of whom."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Row, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.ops.traffic import Traffic
from attain_shared.alerts.schemas import AlertKind
from attain_shared.identifiers import CLOCKS_DIFFER, id_ahead
from attain_shared.work.models import InstallationSample, WorkerHeartbeat

AT_MOST = 100_001
"""Of one company no more are counted: of a heap far too large it need only be known that it is."""

# what other roles' sessions and standbys are doing is shown to superusers and members of pg_read_all_stats alone;
# the log's newest whole file is the one before that in which the next write goes
_DATABASE = text(r"""
    SELECT (SELECT max(version_num) FROM alembic_version) AS revision,
           pg_database_size(current_database()) AS size_bytes,
           count(*) AS connections,
           extract(epoch FROM clock_timestamp() - min(activity.xact_start) FILTER (WHERE activity.pid <> pg_backend_pid()))
               ::float8 AS oldest_transaction_seconds,
           CASE WHEN current_setting('archive_mode') <> 'off' AND NOT pg_is_in_recovery() THEN (
               SELECT extract(epoch FROM clock_timestamp() - coalesce(last_archived_time, stats_reset))::float8
               FROM pg_stat_archiver
               WHERE coalesce(last_archived_wal, '') COLLATE "C"
                   < pg_walfile_name(pg_current_wal_lsn() - pg_size_bytes(current_setting('wal_segment_size')))
           ) END AS archive_failing_seconds,
           (SELECT count(*) FROM pg_stat_replication
            WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')) AS synchronous_standbys,
           CASE WHEN current_setting('synchronous_standby_names') = '' THEN 0
                ELSE coalesce(substring(current_setting('synchronous_standby_names') FROM '(\d+)\s*\('), '1')::int
           END AS standbys_wanted
    FROM pg_stat_activity AS activity
    WHERE activity.datname = current_database() AND activity.backend_type = 'client backend'
""")

# a batch that was sent round again waits since then; ids above `until` are not made yet, which keeps the look out of
# the partitions made ahead
_WAITING = text("""
    SELECT coalesce(sum(inbox.live), 0)::bigint AS inbox_live, coalesce(sum(inbox.backfill), 0)::bigint AS inbox_backfill,
           extract(epoch FROM now() - min(inbox.since))::float8 AS inbox_oldest_seconds,
           extract(epoch FROM now() - min(inbox.live_since))::float8 AS inbox_oldest_live_seconds,
           coalesce(sum(marked.goals), 0)::bigint AS marks,
           extract(epoch FROM now() - min(marked.since))::float8 AS marks_oldest_seconds,
           coalesce(sum(checked.shops), 0)::bigint AS checks
    FROM company_work AS work
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE lane = 'live') AS live, count(*) FILTER (WHERE lane = 'backfill') AS backfill,
               min(since) AS since, min(since) FILTER (WHERE lane = 'live') AS live_since
        FROM (SELECT batch.lane, least(greatest(batch.stored_at, batch.replayed_at), now()) AS since
              FROM metric_batches AS batch
              WHERE batch.company_id = work.company_id AND batch.state = 'stored' AND batch.id < :until
              ORDER BY batch.id LIMIT :at_most) AS waiting
    ) AS inbox
    CROSS JOIN LATERAL (
        SELECT count(*) AS goals, min(marked_at) AS since
        FROM (SELECT least(mark.marked_at, now()) AS marked_at FROM goal_marks AS mark WHERE mark.company_id = work.company_id LIMIT :at_most) AS goal
    ) AS marked
    CROSS JOIN LATERAL (
        SELECT count(*) AS shops
        FROM (SELECT FROM shop_checks AS mark WHERE mark.company_id = work.company_id LIMIT :at_most) AS shop
    ) AS checked
""")

_TROUBLE = text("""
    SELECT coalesce(sum(inbox.failed), 0)::bigint AS failed_batches,
           coalesce(sum(told.connectors), 0)::bigint AS silent_connectors
    FROM companies AS company
    CROSS JOIN LATERAL (
        SELECT count(*) AS failed
        FROM (SELECT FROM metric_batches AS batch
              WHERE batch.company_id = company.id AND batch.state = 'failed' AND batch.id < :until LIMIT :at_most) AS batch
    ) AS inbox
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT alert.connector_id) AS connectors FROM alerts AS alert
        WHERE alert.company_id = company.id AND alert.kind = :silent AND alert.cleared_at IS NULL
    ) AS told
""").bindparams(silent=AlertKind.SILENT_CONNECTOR.value)


class Database(NamedTuple):
    """How the database does."""

    revision: str | None
    size_bytes: int
    connections: int
    oldest_transaction_seconds: float | None
    archive_failing_seconds: float | None
    synchronous_standbys: int
    standbys_wanted: int


class Waiting(NamedTuple):
    """What is still to be done, in all companies together."""

    inbox_live: int
    inbox_backfill: int
    inbox_oldest_seconds: float | None
    inbox_oldest_live_seconds: float | None
    marks: int
    marks_oldest_seconds: float | None
    checks: int


class Trouble(NamedTuple):
    """What somebody has to look at, in all companies together."""

    failed_batches: int
    silent_connectors: int


class Workers(NamedTuple):
    """What the workers have done."""

    alive: int
    batches_taken_in: int
    rows_taken_in: int
    lag_seconds: float | None


async def get_time(session: AsyncSession) -> datetime:
    """The database's clock: the one that all processes share."""
    now: datetime = (await session.scalars(select(func.clock_timestamp()))).one()
    return now


async def find_database(session: AsyncSession) -> Database:
    """How the database does."""
    return Database(*(await session.execute(_DATABASE)).one())


async def count_waiting(session: AsyncSession) -> Waiting:
    """What is still to be done; companies that are not listed as having work are left out for the seconds they are not."""
    given = {"until": id_ahead(CLOCKS_DIFFER), "at_most": AT_MOST}
    return Waiting(*(await session.execute(_WAITING, given)).one())


async def count_trouble(session: AsyncSession) -> Trouble:
    """What somebody has to look at."""
    given = {"until": id_ahead(CLOCKS_DIFFER), "at_most": AT_MOST}
    return Trouble(*(await session.execute(_TROUBLE, given)).one())


async def list_workers(
    session: AsyncSession, *, max_age: timedelta, at_most: int
) -> Sequence[Row[WorkerHeartbeat, bool]]:
    """The workers of the last day, and which are alive, by the clock that beats are told by; whoever was seen last first."""
    rows = await session.execute(
        select(WorkerHeartbeat, WorkerHeartbeat.beat_at > func.now() - max_age)
        .order_by(WorkerHeartbeat.beat_at.desc(), WorkerHeartbeat.worker_id)
        .limit(at_most)
    )
    return rows.all()


async def sum_workers(session: AsyncSession, *, max_age: timedelta) -> Workers:
    """What all workers of the last day have done since they started; lag only of those that are alive."""
    alive = WorkerHeartbeat.beat_at > func.now() - max_age
    row = await session.execute(
        select(
            func.count().filter(alive),
            func.coalesce(func.sum(WorkerHeartbeat.batches_taken_in), 0),
            func.coalesce(func.sum(WorkerHeartbeat.rows_taken_in), 0),
            func.max(WorkerHeartbeat.lag_seconds).filter(alive),
        )
    )
    count, batches, rows, lag = row.one()
    return Workers(count, int(batches), int(rows), lag)


async def wait_for_turn(session: AsyncSession) -> None:
    """Until the transaction ends no other process takes a sample."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("attain:sample", 0))))


async def delete_samples(session: AsyncSession, *, before: datetime, after: datetime) -> None:
    """Forget what is old, and what lies ahead since the database's clock was set back."""
    await session.execute(
        delete(InstallationSample).where(
            or_(InstallationSample.sampled_at < before, InstallationSample.sampled_at > after)
        )
    )


async def add_traffic(session: AsyncSession, *, slot: datetime, traffic: Traffic) -> InstallationSample | None:
    """Add a process's requests to the sample of a slot, if there is one."""
    statement = (
        update(InstallationSample)
        .where(InstallationSample.sampled_at == slot)
        .values(
            requests=InstallationSample.requests + traffic.requests,
            failed_requests=InstallationSample.failed_requests + traffic.failed,
            slow_requests=InstallationSample.slow_requests + traffic.slow,
        )
        .returning(InstallationSample)
        .execution_options(synchronize_session=False)
    )
    sample: InstallationSample | None = await session.scalar(statement)
    return sample


async def list_samples(session: AsyncSession, *, since: datetime, at_most: int) -> Sequence[InstallationSample]:
    """The newest samples since then, oldest first."""
    rows = await session.scalars(
        select(InstallationSample)
        .where(InstallationSample.sampled_at >= since)
        .order_by(InstallationSample.sampled_at.desc())
        .limit(at_most)
    )
    return rows.all()[::-1]
