"""The sampler and `GET /v1/ops/samples`: one row a slot, whoever looks, and what the metrics make of the newest."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import SecretStr
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.app import create_app
from attain_api.main import create_state
from attain_api.middleware import RequestMetrics
from attain_api.ops import gauges, repository, sampler
from attain_api.ops.sampler import Sampler, slot_of
from attain_api.ops.traffic import Traffic
from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import reading, transaction
from attain_shared.work.models import InstallationSample, WorkerHeartbeat
from tests.support.companies import make_company
from tests.support.fresh import client_of
from tests.support.http import ok
from tests.support.installation import Planted, make_worker
from tests.support.statements import count_statements

Json = dict[str, Any]
SLOT = timedelta(seconds=15)


class Clock:
    """The database's clock, in the test's hands."""

    def __init__(self) -> None:
        self.now = slot_of(utc_now()) - timedelta(hours=2)

    async def read(self, session: AsyncSession) -> datetime:
        await session.execute(text("SELECT 1"))
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(repository, "get_time", made.read)
    return made


class Process:
    """An API process, as far as samples go."""

    def __init__(self, state: ApiState, **changes: Any) -> None:
        self.state = replace(state, registry=CollectorRegistry(), traffic=Traffic(), **changes)
        self.sampler = Sampler(self.state)

    def serve(self, count: int, *, status: int = 200, seconds: float = 0.1) -> None:
        for _ in range(count):
            self.state.traffic.note(status=status, seconds=seconds)

    def gauges(self) -> dict[str, float]:
        lines = generate_latest(self.state.registry).decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


Start = Callable[..., Process]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts processes that end with the test."""
    started: list[Process] = []

    def begin(state: ApiState, **changes: Any) -> Process:
        started.append(Process(state, **changes))
        return started[-1]

    yield begin
    for process in started:
        await process.sampler._engine.dispose()


async def rows_of(state: ApiState) -> list[InstallationSample]:
    async with reading(state.sessions) as uow:
        return list(await uow.session.scalars(select(InstallationSample).order_by(InstallationSample.sampled_at)))


async def samples_of(state: ApiState) -> list[Json]:
    operator = await make_company(state, ops=True)
    async with client_of(state) as client:
        response = await client.get("/v1/ops/samples", headers=operator.headers)
    content = ok(response)
    assert (content["slot_seconds"], response.headers["cache-control"]) == (15, "no-store")
    return list(content["samples"])


def looks(statements: list[str]) -> int:
    """How often the whole inbox was counted."""
    return sum("FROM company_work" in statement for statement in statements)


async def test_a_turn_that_came_late_is_in_the_slot_that_it_came_in(
    emptied: ApiState, clock: Clock, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wait_for_long(_session: AsyncSession) -> None:
        clock.now += SLOT

    began = clock.now
    monkeypatch.setattr(repository, "wait_for_turn", wait_for_long)
    await start(emptied).sampler.sample()
    assert [row.sampled_at for row in await rows_of(emptied)] == [began + SLOT]


async def test_processes_at_once_give_a_slot_one_row_whose_requests_add_up(
    emptied: ApiState, clock: Clock, start: Start
) -> None:
    processes = [start(emptied) for _ in range(6)]
    for number, process in enumerate(processes):
        process.serve(10 + number)
        process.serve(2, status=503)
        process.serve(1, seconds=1.5)
    rows: list[InstallationSample] = []
    for slots in (1, 2, 3):
        with count_statements() as statements:
            await asyncio.gather(*(process.sampler.sample() for process in processes))
        assert looks(statements) == 1, "one of them looks, and the others add to what it saw"
        rows = await rows_of(emptied)
        assert [row.sampled_at for row in rows] == [clock.now - SLOT * back for back in reversed(range(slots))]
        clock.now += SLOT
        processes[0].serve(1)
    counted = [(row.requests, row.failed_requests, row.slow_requests) for row in rows]
    assert counted == [(sum(range(10, 16)) + 18, 12, 6), (1, 0, 0), (1, 0, 0)], "and none is counted twice"


async def test_a_sample_tells_what_there_was(emptied: ApiState, clock: Clock, start: Start) -> None:
    company = await make_company(emptied)
    planted = Planted(emptied, company)
    await planted.batches(3, seconds_ago=1000)
    await planted.batches(2, lane="backfill")
    await planted.batches(batch_state="failed")
    await planted.check()
    await make_worker(emptied, batches_taken_in=4, rows_taken_in=400, lag_seconds=0.25)
    process = start(emptied)
    await process.sampler.sample()
    clock.now = utc_now()
    await process.sampler.sample()
    sample = (await samples_of(emptied))[-1]
    assert datetime.fromisoformat(sample["at"]) == slot_of(clock.now)
    assert (sample["inbox_live"], sample["inbox_backfill"], sample["failed_batches"], sample["checks"]) == (3, 2, 1, 1)
    assert sample["inbox_oldest_seconds"] == pytest.approx(1000, abs=100)
    assert sample["inbox_oldest_live_seconds"] == sample["inbox_oldest_seconds"]
    assert sample["archive_failing_seconds"] is None
    assert (sample["marks"], sample["marks_oldest_seconds"], sample["silent_connectors"]) == (0, None, 0)
    assert (sample["workers"], sample["ingestion_lag_seconds"]) == (1, 0.25)
    assert (sample["synchronous_standbys"], sample["synchronous_standbys_wanted"]) == (0, 0)
    assert (sample["batches_taken_in"], sample["rows_taken_in"]) == (0, 0), "since the sample before"
    assert sample["database_bytes"] > 1_000_000
    assert sample["connections"] > 0
    told = process.gauges()
    assert told['attain_inbox_batches{lane="live"}'] == 3
    assert told['attain_inbox_batches{lane="backfill"}'] == 2
    assert told["attain_inbox_oldest_seconds"] == pytest.approx(1000, abs=100)
    assert (told["attain_failed_batches"], told["attain_checks_waiting"], told["attain_workers_alive"]) == (1, 1, 1)
    assert (told["attain_marks_oldest_seconds"], told["attain_archive_failing_seconds"]) == (0, 0)
    assert (told["attain_database_up"], told["attain_queue_up"]) == (1, 1)


async def test_a_long_backfill_is_not_taken_for_live_pushes_that_wait(emptied: ApiState, start: Start) -> None:
    planted = Planted(emptied, await make_company(emptied))
    await planted.batches(2, lane="backfill", seconds_ago=5000)
    await planted.batches(1, seconds_ago=10)
    process = start(emptied)
    await process.sampler.sample()
    told = process.gauges()
    assert told["attain_inbox_oldest_seconds"] == pytest.approx(5000, abs=100)
    assert told["attain_inbox_oldest_live_seconds"] == pytest.approx(10, abs=9)


async def test_what_workers_did_is_never_less_than_nothing(emptied: ApiState, clock: Clock, start: Start) -> None:
    """A total falls when a worker that has been dead for a day is forgotten."""
    clock.now = utc_now() - timedelta(minutes=5)
    process = start(emptied)
    gone = await make_worker(emptied, seconds_ago=9999, batches_taken_in=50, rows_taken_in=5000)
    await make_worker(emptied, batches_taken_in=1, rows_taken_in=100)
    for more in (0, 30, 0, 7):
        async with transaction(emptied.sessions, emptied.doorbell) as uow:
            worker = await uow.session.scalar(select(WorkerHeartbeat).where(WorkerHeartbeat.worker_id != gone))
            assert worker is not None
            worker.batches_taken_in += more
            worker.rows_taken_in += more * 10
            if more == 0 and worker.batches_taken_in > 1:
                await uow.session.execute(delete(WorkerHeartbeat).where(WorkerHeartbeat.worker_id == gone))
        await process.sampler.sample()
        clock.now += SLOT
    done = [(sample["batches_taken_in"], sample["rows_taken_in"]) for sample in await samples_of(emptied)]
    assert done == [(0, 0), (30, 300), (0, 0), (7, 70)]


async def test_the_last_hour_is_told_and_a_day_is_kept(emptied: ApiState, clock: Clock, start: Start) -> None:
    process = start(emptied)
    clock.now = slot_of(utc_now())
    for ago in (timedelta(hours=24, seconds=15), timedelta(hours=24), timedelta(hours=1), timedelta(minutes=59)):
        now, clock.now = clock.now, clock.now - ago
        await process.sampler.sample()
        clock.now = now
    assert len(await rows_of(emptied)) == 4
    await process.sampler.sample()
    assert [clock.now - row.sampled_at for row in await rows_of(emptied)] == [
        timedelta(hours=24),
        timedelta(hours=1),
        timedelta(minutes=59),
        timedelta(0),
    ]
    told = [datetime.fromisoformat(sample["at"]) for sample in await samples_of(emptied)]
    assert told == [clock.now - timedelta(minutes=59), clock.now], "oldest first"


async def test_a_clock_that_was_set_back_leaves_no_samples_ahead(emptied: ApiState, clock: Clock, start: Start) -> None:
    process = start(emptied)
    for step in (timedelta(0), SLOT, SLOT, SLOT * -2, SLOT):
        clock.now += step
        await process.sampler.sample()
    assert [row.sampled_at for row in await rows_of(emptied)] == [clock.now - SLOT, clock.now]


async def test_while_the_database_is_away_the_process_says_so_and_counts_on(
    emptied: ApiState, clock: Clock, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_queue() -> None:
        raise ConnectionError

    process = start(emptied)
    process.serve(3)
    await process.sampler.sample()
    clock.now += SLOT
    url = SecretStr("postgresql+asyncpg://nobody:nothing@127.0.0.1:1/none")
    away = start(emptied, settings=emptied.settings.model_copy(update={"database_url": url}), ping_queue=no_queue)
    await away.sampler.sample()
    told = away.gauges()
    assert (told["attain_database_up"], told["attain_queue_up"]) == (0, 0)
    assert "attain_workers_alive" not in told, "nothing was seen yet"
    assert 0 <= told["attain_sample_age_seconds"] < 60, "since the process began: one that never comes is noticed"

    sessions = process.sampler._sessions
    process.sampler._sessions = away.sampler._sessions
    process.serve(4)
    await process.sampler.sample()
    assert process.gauges()["attain_database_up"] == 0
    assert "attain_workers_alive" in process.gauges(), "as it was a moment ago"
    monkeypatch.setattr(gauges, "STALE_SECONDS", 0)
    left = {name for name in process.gauges() if not name.startswith("attain_s")}
    assert left == {"attain_database_up", "attain_queue_up"}, "so that an alert on their absence works"
    assert process.gauges()["attain_sample_age_seconds"] > 0

    process.sampler._sessions = sessions
    await process.sampler.sample()
    assert [row.requests for row in await rows_of(emptied)] == [3, 4]


async def test_a_look_that_takes_too_long_is_given_up_and_the_database_is_not_called_away(
    emptied: ApiState, clock: Clock, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking never makes trouble worse: no statement of it goes on for long."""
    monkeypatch.setattr(sampler, "STATEMENT_MS", 200)
    process = start(emptied)
    process.serve(2)
    async with emptied.engine.connect() as connection:
        await connection.exec_driver_sql("LOCK TABLE companies IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(2):
            await process.sampler.sample()
        assert process.gauges()["attain_database_up"] == 1
        assert await rows_of(emptied) == []
        await connection.rollback()
    await process.sampler.sample()
    assert [row.requests for row in await rows_of(emptied)] == [2]


async def test_the_application_samples_for_as_long_as_it_runs(emptied: ApiState) -> None:
    """Its real state, with Redis away and the pool used up: the sampler has a connection of its own."""
    state = create_state(emptied.settings.model_copy(update={"database_pool_size": 1}))
    app = create_app(state)
    async with app.router.lifespan_context(app), state.engine.connect() as taken:
        await taken.exec_driver_sql("SELECT 1")
        async with asyncio.timeout(10):
            while not (rows := await rows_of(emptied)):  # noqa: ASYNC110 - it is another task that makes them
                await asyncio.sleep(0.05)
    assert abs(rows[0].sampled_at - slot_of(datetime.now(UTC))) <= SLOT


def test_a_slot_begins_on_the_quarter_of_a_minute() -> None:
    instant = datetime(2026, 11, 22, 10, 0, 44, 999_999, tzinfo=UTC)
    assert slot_of(instant) == datetime(2026, 11, 22, 10, 0, 30, tzinfo=UTC)
    assert slot_of(slot_of(instant)) == slot_of(instant)
    for ahead, expected in ((0, 0.500001), (1, 14.500001), (0.6, 14.900001), (15, 0.500001)):
        wait = sampler._until_next_slot(instant + timedelta(seconds=ahead))
        assert wait.total_seconds() == pytest.approx(expected)


async def test_requests_are_counted_as_they_are_answered(state: ApiState) -> None:
    own = replace(state, registry=CollectorRegistry(), traffic=Traffic())
    async with client_of(own) as client:
        await served(client, "/livez", "/nowhere", "/v1/shops")
    assert (own.traffic.requests, own.traffic.failed) == (2, 0), "probes are nobody's work"


def test_whoever_waits_for_a_push_makes_nothing_look_slow() -> None:
    traffic, long_poll = Traffic(), "/v1/goals/{goal_id}/attainment"
    metrics = RequestMetrics(CollectorRegistry(), traffic)
    for route in (long_poll, "/v1/shops"):
        metrics.note(method="GET", route=route, status=200, seconds=20.0, statements=3)
    assert (traffic.requests, traffic.slow) == (2, 1)
    rules = Path("deploy/prometheus/attain.rules.yml").read_text()
    assert f'route!="{long_poll}"' in rules, "as AttainSlow has it"


async def served(client: AsyncClient, *paths: str) -> None:
    for path in paths:
        await client.get(path)
