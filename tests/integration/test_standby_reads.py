"""Reads that may lag come from the standby while it keeps up, and from the primary otherwise; nobody notices."""

import asyncio
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import pytest
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.pool import QueuePool

from attain_api import standby
from attain_api.app import create_app
from attain_api.settings import ApiSettings
from attain_api.standby import Standby
from attain_api.state import ApiState
from attain_shared.db.replay import Position, find_written
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import MemoryDoorbell
from deploy.local.servers import Postgres
from tests.support import databases
from tests.support.companies import Company, make_company
from tests.support.database import Database
from tests.support.standby import standby_of

MAX_LAG_SECONDS = 60.0
"""However slow this machine is, the standby keeps up; a test that wants it to lag asks for less."""
SHORT_SECONDS = 0.5
NOBODY = "01890000-0000-7000-8000-000000000000"
HEAVY_READS = (
    "GET /v1/audit-entries",
    "GET /v1/departments/stats",
    f"GET /v1/departments/{NOBODY}/stats",
    f"GET /v1/leaderboards?cycle_id={NOBODY}",
    f"GET /v1/cycles/{NOBODY}/cascade",
    f"GET /v1/review-cycles/{NOBODY}/export",
    "POST /v1/people/export",
)


@dataclass
class Pair:
    """A primary with its standby, and an API over both."""

    primary: Postgres
    standby: Postgres
    state: ApiState
    client: AsyncClient
    company: Company

    @property
    def seen(self) -> Standby:
        assert self.state.standby is not None
        return self.state.standby

    async def keep_up(self) -> None:
        """Wait until the standby has replayed all that there is, and look until that is known."""
        [(end,)] = await ask(self.primary, "SELECT pg_current_wal_flush_lsn()::text")
        replayed = "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn"
        async with asyncio.timeout(10):
            while not (self.seen.is_usable and (await ask(self.standby, replayed, end))[0][0]):
                await asyncio.sleep(0.02)
                await self.seen.look()

    async def entries(self) -> int:
        """How many entries the audit trail shows."""
        answer = await self.client.get("/v1/audit-entries", headers=self.company.headers, params={"limit": 200})
        assert answer.status_code == 200, answer.text
        return len(answer.json()["items"])

    async def change(self) -> None:
        """Something that the audit trail tells of."""
        answer = await self.client.post(
            "/v1/departments", headers=self.company.headers, json={"name": "Another", "function": "operations"}
        )
        assert answer.status_code == 201, answer.text


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Postgres, Postgres]]:
    with (
        tempfile.TemporaryDirectory(prefix="attain-standby-") as folder,
        Postgres(Path(folder) / "primary") as primary,
        standby_of(primary, Path(folder) / "standby", synchronous=False) as standby,
    ):
        yield primary, standby


@pytest.fixture(scope="module")
async def pair(servers: tuple[Postgres, Postgres]) -> AsyncIterator[Pair]:
    primary, standby = servers
    await databases.migrate(primary.url)
    settings = ApiSettings(
        database_url=SecretStr(primary.url),
        database_standby_url=SecretStr(standby.url),
        standby_max_lag_seconds=MAX_LAG_SECONDS,
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
        secret_key=SecretStr("a secret key only for the tests, long enough"),
    )
    engine = create_engine(settings, application="tests")
    sessions = create_sessions(engine)

    async def queue_answers() -> None:
        pass

    state = ApiState(
        settings=settings, engine=engine, sessions=sessions, doorbell=MemoryDoorbell(), ping_queue=queue_answers
    )
    state.standby = Standby(settings, sessions, state.registry)
    company = await make_company(state, roles=("admin", "hr", "employee"))
    async with AsyncClient(transport=ASGITransport(create_app(state)), base_url="http://test") as client:
        yield Pair(primary, standby, state, client, company)
    await state.standby.engine.dispose()
    await engine.dispose()


@pytest.fixture
async def caught_up(pair: Pair) -> Pair:
    await pair.keep_up()
    return pair


async def test_a_read_that_may_lag_is_served_by_the_standby_until_that_lags_too_much(caught_up: Pair) -> None:
    before = await caught_up.entries()
    await ask(caught_up.standby, "SELECT pg_wal_replay_pause()")
    try:
        await caught_up.change()
        await caught_up.seen.look()
        # what the standby has not replayed is not seen: so it was the standby that answered
        assert await caught_up.entries() == before
        caught_up.seen.max_lag_seconds = SHORT_SECONDS
        await asyncio.sleep(SHORT_SECONDS)
        assert not caught_up.seen.is_usable
        assert await caught_up.entries() == before + 1
        await caught_up.seen.look()
        assert gauge(caught_up) == 0
    finally:
        caught_up.seen.max_lag_seconds = MAX_LAG_SECONDS
        await ask(caught_up.standby, "SELECT pg_wal_replay_resume()")
    await caught_up.keep_up()
    assert gauge(caught_up) == 1


async def test_a_standby_that_a_restore_has_left_behind_is_not_read_from(
    caught_up: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find_written_after_a_restore(session: AsyncSession) -> Position:
        written = await find_written(session)
        return written._replace(timeline=written.timeline + 1, end=0)

    with monkeypatch.context() as restored:
        restored.setattr(standby, "find_written", find_written_after_a_restore)
        await caught_up.seen.look()
        assert not caught_up.seen.is_usable
    await caught_up.keep_up()


async def test_a_primary_at_rest_does_not_look_like_a_standby_that_lags(caught_up: Pair) -> None:
    await asyncio.sleep(SHORT_SECONDS)
    caught_up.seen.give_up()
    await caught_up.keep_up()
    assert caught_up.seen.is_usable


@pytest.mark.parametrize("read", HEAVY_READS)
async def test_the_caller_is_read_from_the_primary_and_the_data_from_the_standby(caught_up: Pair, read: str) -> None:
    method, path = read.split()
    with noting(caught_up.state.engine) as of_primary, noting(caught_up.seen.engine) as of_standby:
        answer = await caught_up.client.request(method, path, headers=caught_up.company.headers)
    assert answer.status_code in {200, 404}, answer.text
    assert "sessions" in of_primary[0]
    assert all("sessions" not in statement and "company_id" in statement for statement in of_standby)
    assert of_standby
    # what the standby does not know is looked for on the primary too
    assert (of_standby[-1] in of_primary) == (answer.status_code == 404)


async def test_what_the_caller_has_just_made_is_there_though_the_standby_lags(caught_up: Pair) -> None:
    await ask(caught_up.standby, "SELECT pg_wal_replay_pause()")
    try:
        body = {"name": "Just made", "function": "operations"}
        made = await caught_up.client.post("/v1/departments", headers=caught_up.company.headers, json=body)
        path = f"/v1/departments/{made.json()['id']}/stats"
        answer = await caught_up.client.get(path, headers=caught_up.company.headers)
        assert answer.status_code == 200, answer.text
        assert caught_up.seen.is_usable, "it has done nothing wrong"
    finally:
        await ask(caught_up.standby, "SELECT pg_wal_replay_resume()")


async def test_a_standby_that_died_between_two_looks_costs_no_request(caught_up: Pair) -> None:
    before = await caught_up.entries()
    caught_up.standby.stop_immediately()
    try:
        assert caught_up.seen.is_usable
        assert await caught_up.entries() == before
        assert not caught_up.seen.is_usable
        await caught_up.seen.look()
        assert not caught_up.seen.is_usable
        assert await caught_up.entries() == before
    finally:
        caught_up.standby.start()
    await caught_up.keep_up()


async def test_a_read_that_the_standby_breaks_off_is_done_again_on_the_primary(caught_up: Pair) -> None:
    """By the only connection that there is."""
    settings = caught_up.state.settings.model_copy(update={"database_pool_size": 1})
    engine = create_engine(settings, application="tests")
    narrow = replace(
        caught_up.state, engine=engine, sessions=create_sessions(engine), registry=type(caught_up.state.registry)()
    )
    async with AsyncClient(transport=ASGITransport(create_app(narrow)), base_url="http://test") as client:
        await be_broken_off(replace(caught_up, client=client))
    await engine.dispose()


async def test_no_connection_to_the_primary_waits_for_the_standby(caught_up: Pair) -> None:
    pool = caught_up.state.engine.pool
    assert isinstance(pool, QueuePool)
    held: list[int] = []
    event.listen(
        caught_up.seen.engine.sync_engine,
        "before_cursor_execute",
        lambda *_: held.append(pool.checkedout()),
        once=True,
    )
    await caught_up.entries()
    assert held == [0]


async def be_broken_off(caught_up: Pair) -> None:
    before = await caught_up.entries()
    broken: list[int] = []

    def end_backend(connection: Connection, *_: object) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        broken.append(driver.get_server_pid())
        ending = threading.Thread(target=end, args=(caught_up.standby, broken[-1]))
        ending.start()
        ending.join()

    event.listen(caught_up.seen.engine.sync_engine, "before_cursor_execute", end_backend, once=True)
    assert await caught_up.entries() == before
    assert len(broken) == 1
    assert not caught_up.seen.is_usable


def end(server: Postgres, pid: int) -> None:
    with Database(server.url) as database:
        assert database.value("SELECT pg_terminate_backend($1, 5000)", pid)


@contextmanager
def noting(engine: AsyncEngine) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    ran: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def ask(server: Postgres, statement: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(server.url.replace("+asyncpg", ""))
    try:
        return list(await connection.fetch(statement, *values))
    finally:
        await connection.close()


def gauge(pair: Pair) -> float | None:
    return pair.state.registry.get_sample_value("attain_standby_in_use")
