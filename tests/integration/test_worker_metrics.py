"""What a worker tells of itself: its heartbeat, its port for Prometheus, and a bounded number of series."""

import asyncio
import urllib.request
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import AsyncClient
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlalchemy import select

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.rules.corrections import Verdict
from attain_shared.work.models import WorkerHeartbeat
from attain_worker import main
from attain_worker.bell import QueueWatch
from attain_worker.jobs import Job, Outcome, Totals
from attain_worker.maintenance import service
from attain_worker.maintenance.service import Housekeeping
from attain_worker.report import report
from attain_worker.settings import WorkerSettings
from deploy.local.ports import free_port
from tests.support.killable import own_redis
from tests.support.pushes import Pusher, make_pusher
from tests.support.told import Told, fail_with
from tests.support.worker import new_ingestion


@pytest.fixture
def told() -> Told:
    return Told()


async def test_a_heartbeat_tells_what_was_done_and_the_lag_for_a_while(
    state: ApiState, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Housekeeping(state.sessions, state.doorbell)
    beat = told.jobs.by_the_clock(Job.HEARTBEAT, lambda: keeper.beat(told.jobs.totals))

    async def row() -> WorkerHeartbeat:
        async with transaction(state.sessions, state.doorbell) as uow:
            stored = select(WorkerHeartbeat).where(WorkerHeartbeat.worker_id == keeper._worker_id)
            return (await uow.session.scalars(stored)).one()

    with told.jobs.run(Job.INGESTION):
        earlier = utc_now() - timedelta(seconds=7)
        report().took_in([earlier, utc_now()], [{"accepted": 3}, {"stale": 1}])
    with told.jobs.run(Job.RECOMPUTE):
        report().recomputed([earlier])
    with suppress(ValueError), told.jobs.run(Job.CHECKS):
        raise ValueError("a bug")
    await beat()
    first = await row()
    assert (first.batches_taken_in, first.rows_taken_in, first.goals_recomputed, first.jobs_failed) == (2, 4, 1, 1)
    assert first.lag_seconds is not None
    assert 7 <= first.lag_seconds < 9
    assert first.version == "0.1.0"
    assert first.memory_bytes is not None
    assert 10 << 20 < first.memory_bytes < 10 << 30
    assert abs(told.value("heartbeat_timestamp_seconds") - first.beat_at.timestamp()) < 1
    await beat()
    second = await row()
    assert (second.lag_seconds, second.rows_taken_in) == (first.lag_seconds, 4), "who looks every 15 seconds finds it"
    monkeypatch.setattr(service, "LAG_TOLD_SECONDS", 0)
    await beat()
    assert (await row()).lag_seconds is None
    assert told.ended(Job.HEARTBEAT) == {"done": 3}


async def test_a_heartbeat_that_does_not_arrive_keeps_the_lag(
    state: ApiState, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.jobs.totals.lag_seconds = 9.0
    keeper = Housekeeping(state.sessions, state.doorbell)
    beat = told.jobs.by_the_clock(Job.HEARTBEAT, lambda: keeper.beat(told.jobs.totals))
    with monkeypatch.context() as failing:
        failing.setattr("attain_worker.maintenance.repository.beat", fail_with(ConnectionResetError("gone")))
        await beat()
    assert told.ended(Job.HEARTBEAT) == {"put-off": 1}
    assert told.value("heartbeat_timestamp_seconds") == 0
    await beat()
    async with transaction(state.sessions, state.doorbell) as uow:
        row = await uow.session.get_one(WorkerHeartbeat, keeper._worker_id)
    assert row.lag_seconds == 9.0


async def test_a_worker_that_cannot_tell_its_size_lives_all_the_same(
    state: ApiState, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(service, "Path", lambda _name: tmp_path / "nothing")
    keeper = Housekeeping(state.sessions, state.doorbell)
    await keeper.beat(Totals())
    async with transaction(state.sessions, state.doorbell) as uow:
        row = await uow.session.get_one(WorkerHeartbeat, keeper._worker_id)
    assert row.memory_bytes is None


def series(registry: CollectorRegistry) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """Every series there is: its name and its labels."""
    return {(one.name, tuple(sorted(one.labels.items()))) for metric in registry.collect() for one in metric.samples}


async def test_no_series_comes_of_what_is_worked_on(api: AsyncClient, state: ApiState, told: Told) -> None:
    """However many companies, shops, metrics and faults there are, the series are those of the first day."""
    for job in Job:
        with told.jobs.run(job):
            report().add(things=1)
    before = series(told.registry)
    assert len(before) < 500
    pushers: list[Pusher] = [await make_pusher(state) for _ in range(3)]
    for pusher in pushers:
        odd = [pusher.row(f"odd_{number}", dimension=f"item:{number}") for number in range(20)]
        await pusher.push(api, pusher.row(), *odd, {**pusher.row(), "shop": "tmall:nobody"})
        with told.jobs.run(Job.INGESTION, pusher.company_id):
            await new_ingestion(state).take_in(pusher.company_id)
    for number in range(300):
        with suppress(Exception), told.jobs.run(list(Job)[number % len(Job)], new_id()):
            report().add(**{f"thing_{number}": 1})
            raise type(f"Odd{number}", (Exception,), {})(f"trouble {number}")
    assert series(told.registry) == before
    values = {value for _, labels in before for name, value in labels if name != "le"}
    assert values == {*(job.value for job in Job), *(one.value for one in Outcome), *(one.value for one in Verdict)}


@pytest.fixture
def settings(state: ApiState) -> WorkerSettings:
    return WorkerSettings(
        database_url=state.settings.database_url,
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
        metrics_port=free_port(),
        heartbeat_seconds=0.05,
    )


async def test_a_worker_serves_its_metrics_on_a_port_of_its_own(
    state: ApiState, told: Told, settings: WorkerSettings
) -> None:
    url = f"http://127.0.0.1:{settings.metrics_port}/metrics"

    def read() -> str:
        with urllib.request.urlopen(url, timeout=5) as response:
            return str(response.read(), "utf-8")

    async with main._telling(settings, told.registry, state.engine):
        served = await asyncio.to_thread(read)
    for name in (
        'attain_build_info{python="',
        'attain_database_pool_connections{state="idle"}',
        "attain_database_pool_size ",
        "attain_event_loop_lag_seconds ",
        "attain_queue_up 0.0",
        "process_resident_memory_bytes ",
        'attain_jobs_total{outcome="failed",task="settling"} 0.0',
        'attain_rows_taken_in_total{verdict="conflict"} 0.0',
        "attain_ingestion_lag_seconds_bucket",
    ):
        assert name in served, name


async def test_a_queue_that_hangs_is_noticed_within_a_moment() -> None:
    registry = CollectorRegistry()
    with own_redis() as redis:
        watch = QueueWatch(redis.url, registry)

        async def is_up() -> float | None:
            async with asyncio.timeout(5):
                await watch.look()
            return registry.get_sample_value("attain_queue_up")

        assert await is_up() == 1
        redis.pause()
        try:
            assert await is_up() == 0
        finally:
            redis.resume()
        assert await is_up() == 1
        await watch.aclose()
