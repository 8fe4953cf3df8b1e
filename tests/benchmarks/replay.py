"""Changes over and over: each is asked of the application and taken back, then its statements are run as they were.

Both without their commit, which costs both the same: the application in a savepoint of a transaction that is rolled
back, the statements in a transaction of a connection of asyncpg's own.
"""

import gc
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import asyncpg
from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.ext.asyncio import async_sessionmaker

from attain_api.app import create_app
from attain_api.settings import ApiSettings
from attain_api.state import ApiState
from attain_shared.db.partitions import KNOWN_MONTHS
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import MemoryDoorbell
from tests.benchmarks.reviews_at_scale import analyse
from tests.support.stack import Stack

TIMEOUT = 300


class Sent(NamedTuple):
    """A statement as it went to the server."""

    sql: str
    values: Any
    """Of one, or of each time that it was run."""
    is_many: bool


class Change(NamedTuple):
    """A request that changes something."""

    method: str
    path: str
    body: Any
    headers: Mapping[str, str]


@dataclass
class Replayed:
    """Seconds of each round."""

    statements: int = 0
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)


@asynccontextmanager
async def application(stack: Stack) -> AsyncIterator[ApiState]:
    """What an application in this process has, on the database and with the key of the stack's."""
    settings = ApiSettings(
        database_url=SecretStr(stack.api.env["ATTAIN_DATABASE_URL"]),
        redis_url=SecretStr(stack.redis_url),
        secret_key=SecretStr(stack.api.env["ATTAIN_SECRET_KEY"]),
    )
    engine = create_engine(settings, application="benchmark")

    async def answers() -> None:
        return None

    state = ApiState(
        settings=settings,
        engine=engine,
        sessions=create_sessions(engine),
        doorbell=MemoryDoorbell(),
        ping_queue=answers,
    )
    yield state
    await engine.dispose()


def client_of(state: ApiState) -> AsyncClient:
    """A client of an application in this process, which counts for itself."""
    app = create_app(replace(state, registry=CollectorRegistry()))
    return AsyncClient(transport=ASGITransport(app), base_url="http://here", timeout=TIMEOUT)


async def replay(state: ApiState, bare: asyncpg.Connection, change: Change, *, rounds: int) -> Replayed:
    """Ours and the bare statements in turn, after a round that warms up."""
    found = Replayed()
    async with state.engine.connect() as connection:
        sessions = async_sessionmaker(
            bind=connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
            info={KNOWN_MONTHS: set()},
        )
        async with client_of(replace(state, sessions=sessions)) as client:
            gc.collect()
            gc.freeze()  # as the API's process does at its start
            for number in range(rounds + 1):
                outer = await connection.begin()
                with noted() as sent:
                    ours = await _ask(client, change)
                await outer.rollback()
                statements = [one for one in sent if not one.sql.startswith(("SAVEPOINT", "RELEASE"))]
                seconds = await _run(bare, statements)
                await analyse(bare)  # what was taken back is gone, too: plans for a table of dead rows are bad ones
                if number:
                    found.ours.append(ours)
                    found.bare.append(seconds)
                    found.statements = len(statements)
    return found


async def _ask(client: AsyncClient, change: Change) -> float:
    started = time.perf_counter()
    reply = await client.request(change.method, change.path, json=change.body, headers=change.headers)
    seconds = time.perf_counter() - started
    if not reply.is_success:
        raise RuntimeError(f"{change.method} {change.path}: {reply.text[:500]}")
    return seconds


async def _run(connection: asyncpg.Connection, statements: list[Sent]) -> float:
    transaction = connection.transaction()
    started = time.perf_counter()
    await transaction.start()
    for sql, values, is_many in statements:
        if is_many:
            await connection.executemany(sql, values)
        else:
            await connection.fetch(sql, *values)
    seconds = time.perf_counter() - started
    await transaction.rollback()
    return seconds


@contextmanager
def noted() -> Iterator[list[Sent]]:
    """The statements that run inside the block, with their values."""
    sent: list[Sent] = []

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        is_many = isinstance(values, list)  # many rows in one statement are one run of it
        sent.append(Sent(sql, [tuple(one) for one in values] if is_many else tuple(values), is_many))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
