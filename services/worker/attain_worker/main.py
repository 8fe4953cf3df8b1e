"""The worker process: `attain-worker`, or `python -m attain_worker.main`."""

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
import uvloop
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from attain_shared import logs
from attain_shared.db.failures import is_passing
from attain_shared.db.schema import SCHEMA_REVISION, schema_is_ready
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import Bell, Doorbell, MemoryDoorbell
from attain_shared.periodic import every
from attain_shared.settings import read_settings
from attain_shared.telemetry import LoopLag, describe_process, serve_metrics, watch_pool
from attain_shared.tracing import start_tracing
from attain_worker.alerts.service import Silence
from attain_worker.alerts.watching import Watch
from attain_worker.attainment.service import Recompute
from attain_worker.bell import QueueWatch, hear_bells
from attain_worker.checks.service import Checks
from attain_worker.curves.service import Curves
from attain_worker.curves.wanted import WantedCurves
from attain_worker.delivery.running import deliver
from attain_worker.ingestion.service import Ingestion
from attain_worker.jobs import Job, Jobs
from attain_worker.maintenance.service import Housekeeping
from attain_worker.probe import loop_file
from attain_worker.retention.service import Retention
from attain_worker.reviews.service import Settling
from attain_worker.runner import Runner
from attain_worker.settings import WorkerSettings

log = structlog.get_logger(__name__)

LOOK_FROM_THE_START_SECONDS = 60.0
LEAVE_SECONDS = 1.0
"""For taking the heartbeat away: where the database is away nobody waits for it."""
HOUR = 3600.0
MINUTE = 60.0


def collect_rarely() -> None:
    """Have cyclic garbage looked for a hundred times less often.

    A claim makes hundreds of thousands of objects that live until its end; to look through them again and again took a
    quarter of the time of a recompute, and found next to nothing.
    """
    gc.freeze()
    gc.set_threshold(70_000, 10, 10)


async def work(settings: WorkerSettings) -> None:
    """Work until SIGTERM or SIGINT; then finish the claim in progress."""
    collect_rarely()
    # set-based statements over thousands of keys: a generic plan made one fifty times slower from the sixth run on
    engine = create_engine(settings, application="attain-worker", plan_cache_mode="force_custom_plan")
    sessions = create_sessions(engine)
    doorbell = MemoryDoorbell()  # the worker rings nobody: it looks again by itself
    registry = CollectorRegistry()
    jobs = Jobs(registry)
    ingestion = Ingestion(sessions, doorbell, claim_rows=settings.claim_rows)
    runner = _new_runner(sessions, doorbell, jobs, ingestion=ingestion, claim_goals=settings.claim_goals)
    housekeeping = Housekeeping(sessions, doorbell, heartbeat_file=settings.heartbeat_file)

    def hear(bell: Bell) -> None:
        if bell is Bell.INBOX_FROM_THE_START:
            ingestion.forget_low_water()
        runner.look()

    async def look() -> None:
        runner.look()

    async def look_from_the_start() -> None:
        await housekeeping.list_forgotten_work()
        ingestion.forget_low_water()
        runner.look()

    async with _telling(settings, registry, engine):
        await _wait_for_schema(sessions)
        log.info("worker started")
        beside = [
            asyncio.create_task(hear_bells(settings.redis_url.get_secret_value(), hear)),
            asyncio.create_task(every(settings.sweep_seconds, jobs.by_the_clock(Job.SWEEP, look))),
            asyncio.create_task(
                every(LOOK_FROM_THE_START_SECONDS, jobs.by_the_clock(Job.FORGOTTEN_WORK, look_from_the_start))
            ),
            asyncio.create_task(deliver(settings, sessions, jobs=jobs, registry=registry)),
            *_by_the_clock(settings, engine, jobs, housekeeping),
        ]
        await _run_until_stopped(runner, drain_seconds=settings.drain_seconds)
        await _end(beside)
        await _leave(housekeeping)
    await engine.dispose()
    log.info("worker stopped")


@asynccontextmanager
async def _telling(settings: WorkerSettings, registry: CollectorRegistry, engine: AsyncEngine) -> AsyncIterator[None]:
    """Tell Prometheus of the process, its connections, its loop and the queue."""
    describe_process(registry, "attain-worker")
    watch_pool(registry, engine)
    queue = QueueWatch(settings.redis_url.get_secret_value(), registry)
    serve_metrics(settings, registry)
    watching = [
        asyncio.create_task(LoopLag(registry).watch()),
        asyncio.create_task(every(settings.heartbeat_seconds, queue.look)),
    ]
    if settings.heartbeat_file is not None:
        watching.append(asyncio.create_task(_show_running(settings.heartbeat_file, settings.heartbeat_seconds)))
    try:
        yield
    finally:
        await _end(watching)
        await queue.aclose()


async def _show_running(heartbeat_file: Path, seconds: float) -> None:
    """Say to the probe beside that the loop runs, whatever is away."""

    async def touch() -> None:
        loop_file(heartbeat_file).touch()

    await every(seconds, touch)


async def _leave(housekeeping: Housekeeping) -> None:
    """Take the heartbeat away; where that fails the worker is listed for a day, as one that died."""
    try:
        async with asyncio.timeout(LEAVE_SECONDS):
            await housekeeping.leave()
    except Exception as error:  # noqa: BLE001 - all its work is done, so it has ended well
        log.warning("the heartbeat stays listed", reason=repr(error)[:300])


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _new_runner(
    sessions: async_sessionmaker[AsyncSession],
    doorbell: Doorbell,
    jobs: Jobs,
    *,
    ingestion: Ingestion,
    claim_goals: int,
) -> Runner:
    wanted = WantedCurves()
    return Runner(
        sessions,
        doorbell,
        ingestion=ingestion,
        recompute=Recompute(sessions, doorbell, claim_goals=claim_goals, wanted_curves=wanted),
        checks=Checks(sessions, doorbell),
        curves=Curves(sessions, doorbell, wanted=wanted),
        jobs=jobs,
    )


def _by_the_clock(
    settings: WorkerSettings, engine: AsyncEngine, jobs: Jobs, housekeeping: Housekeeping
) -> list[asyncio.Task[None]]:
    """Start what is done every hour, every minute and every few seconds, whatever comes in."""
    sessions, doorbell = create_sessions(engine), MemoryDoorbell()
    retention = Retention(
        engine,
        inbox_kept_days=settings.inbox_kept_days,
        push_keys_kept_days=settings.push_keys_kept_days,
        facts_kept_months=settings.facts_kept_months,
    )
    tasks: list[tuple[float, Job, Callable[[], Awaitable[None]]]] = [
        (settings.heartbeat_seconds, Job.HEARTBEAT, lambda: housekeeping.beat(jobs.totals)),
        (MINUTE, Job.NEW_DAY, housekeeping.notice_new_day),
        (MINUTE, Job.SILENCE, Silence(sessions, doorbell).watch),
        (MINUTE, Job.ALERT_RULES, Watch(sessions, doorbell).watch),
        (HOUR, Job.PARTITIONS, housekeeping.make_partitions),
        (HOUR, Job.OLD_ANSWERS, housekeeping.forget_old_answers),
        (HOUR, Job.RETENTION, retention.let_go),
        (HOUR, Job.SETTLING, Settling(sessions, doorbell).settle),
    ]
    return [asyncio.create_task(every(seconds, jobs.by_the_clock(job, task))) for seconds, job, task in tasks]


async def _run_until_stopped(runner: Runner, *, drain_seconds: float) -> None:
    """Run until a signal; then finish the claim in progress, or hand it back by rolling it back."""
    working = asyncio.create_task(runner.run())
    loop = asyncio.get_running_loop()

    def stop() -> None:
        runner.stop()
        loop.call_later(drain_seconds, working.cancel)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await working
    except asyncio.CancelledError:
        await runner.let_go()
        log.warning("the claim in progress was handed back", after_seconds=drain_seconds)


async def _wait_for_schema(sessions: async_sessionmaker[AsyncSession]) -> None:
    """Start only on a schema this build knows; a database that is not there yet is waited for."""
    while True:
        try:
            async with sessions() as session:
                if await schema_is_ready(session):
                    return
            log.warning("waiting for the migrations", needed=SCHEMA_REVISION)
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("waiting for the database", reason=repr(error)[:300])
        await asyncio.sleep(1)


def main() -> None:
    """Read the settings and work."""
    # until there is a claim to finish; as a container's first process it would not even hear the signal by default
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = read_settings(WorkerSettings, program="attain-worker")
    logs.configure(level=settings.log_level, service="attain-worker")
    stop_tracing = start_tracing(settings, "attain-worker")
    try:
        uvloop.run(work(settings))
    finally:
        stop_tracing()


if __name__ == "__main__":
    main()
