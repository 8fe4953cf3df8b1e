"""Nothing waits without an end: connections, statements, locks, transactions left open (reliability promise 4)."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient, Response
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from attain_api.app import create_app
from attain_api.settings import ApiSettings
from attain_api.shops import service as shops
from attain_api.state import ApiState
from attain_shared.db.failures import is_passing
from attain_shared.db.session import UnitOfWork, create_engine, create_sessions
from attain_worker.settings import WorkerSettings
from tests.support.companies import make_company
from tests.support.http import problem

LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
SECONDS_TO_CONNECT = 5.0


@asynccontextmanager
async def serving(state: ApiState, **settings: object) -> AsyncIterator[tuple[AsyncClient, ApiState]]:
    """The application with these settings, over connections of its own."""
    engine = create_engine(state.settings.model_copy(update=settings), application="tests")
    own = replace(state, engine=engine, sessions=create_sessions(engine), registry=type(state.registry)())
    async with AsyncClient(transport=ASGITransport(create_app(own)), base_url="http://test") as client:
        yield client, own
    await engine.dispose()


def refused(response: Response) -> str:
    """What a request is told that could not be served for now."""
    content = problem(response, status=503, code="unavailable")
    assert int(response.headers["retry-after"]) > 0
    return str(content["detail"])


async def test_every_connection_has_its_limits(state: ApiState) -> None:
    given = state.settings
    worker = WorkerSettings(database_url=given.database_url, redis_url=given.redis_url)
    api = ApiSettings(database_url=given.database_url, redis_url=given.redis_url, secret_key=given.secret_key)
    for settings, expected in ((api, ["10s", "5s", "30s"]), (worker, ["30s", "10s", "30s"])):
        engine = create_engine(settings, application="tests")
        async with engine.connect() as connection:
            assert [await connection.scalar(text(f"SHOW {limit}")) for limit in LIMITS] == expected
            assert await connection.scalar(text("SHOW client_connection_check_interval")) == "1s"
            assert await connection.scalar(text("SHOW tcp_keepalives_idle")) == "60"
        await engine.dispose()


async def test_a_statement_that_takes_too_long_is_given_up(state: ApiState, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slowly(uow: UnitOfWork, **_: object) -> None:
        await uow.session.execute(text("SELECT pg_sleep(30)"))

    company = await make_company(state)
    async with serving(state, statement_timeout_ms=100) as (client, _):
        monkeypatch.setattr(shops, "get_shop", slowly)
        started = time.monotonic()
        refused(await client.get(f"/v1/shops/{company.person_id}", headers=company.headers))
        assert time.monotonic() - started < 2
        assert (await client.get("/v1/me", headers=company.headers)).status_code == 200


async def test_a_transaction_left_open_is_ended_and_its_connection_replaced(state: ApiState) -> None:
    company = await make_company(state)
    async with serving(state, idle_in_transaction_timeout_ms=100, database_pool_size=1) as (client, own):
        async with own.sessions() as session:
            await session.execute(text("SELECT 1"))
            await asyncio.sleep(0.3)
            with pytest.raises(DBAPIError) as ended:
                await session.execute(text("SELECT 1"))
        assert is_passing(ended.value)
        assert (await client.get("/v1/me", headers=company.headers)).status_code == 200


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """It takes connections, and says nothing; its port."""

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)

    taken: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    for writer in taken:
        writer.close()
    server.close()


async def test_nobody_waits_for_a_connection_longer_than_five_seconds(state: ApiState) -> None:
    """One where all are in use, one where the server does not answer: both are told so, and when to come back."""
    company = await make_company(state)
    async with (
        silent_server() as port,
        serving(state, database_pool_size=1) as (crowded, own),
        serving(state, database_url=SecretStr(f"postgresql+asyncpg://nobody@127.0.0.1:{port}/none")) as (away, _),
        own.engine.connect(),
    ):
        started = time.monotonic()
        answers = await asyncio.gather(*(one.get("/v1/me", headers=company.headers) for one in (crowded, away)))
        assert SECONDS_TO_CONNECT - 0.5 < time.monotonic() - started < SECONDS_TO_CONNECT + 2
    crowd, silence = map(refused, answers)
    assert crowd.startswith("All connections to the database are in use")
    assert silence.startswith("The database does not answer")


async def test_one_after_the_other_uses_one_connection(state: ApiState) -> None:
    """However many were needed at once: each keeps the plans of whatever it has run."""
    engine = create_engine(state.settings, application="tests")
    async with AsyncExitStack() as held:
        for _ in range(5):
            await held.enter_async_context(engine.connect())
    used = set()
    for _ in range(10):
        async with engine.connect() as connection:
            used.add(await connection.scalar(text("SELECT pg_backend_pid()")))
    await engine.dispose()
    assert len(used) == 1
