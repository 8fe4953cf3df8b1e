"""What operations are told of the archive of the log: a server of its own, as archiving is switched on at its start."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from attain_api.ops import repository
from tests.support.killable import Killable, own_postgres

FULL_FILE = "SELECT pg_logical_emit_message(false, 'attain', 'something'), pg_switch_wal()"


@pytest.fixture(scope="module")
def server() -> Iterator[Killable]:
    with own_postgres(durable=False) as started:
        yield started


@asynccontextmanager
async def connected(server: Killable) -> AsyncIterator[AsyncSession]:
    engine = create_async_engine(server.url, isolation_level="AUTOCOMMIT")
    async with AsyncSession(engine) as session:
        yield session
    await engine.dispose()


async def run(session: AsyncSession, *statements: str) -> None:
    for statement in statements:
        await session.execute(text(statement))


async def failing_for(session: AsyncSession) -> float | None:
    return (await repository.find_database(session)).archive_failing_seconds


async def wait_for_the_archive(session: AsyncSession) -> None:
    async with asyncio.timeout(20):
        while await failing_for(session) is not None:  # noqa: ASYNC110 - it is the server that archives
            await asyncio.sleep(0.1)


async def test_a_log_that_does_not_reach_the_archive_is_told_and_one_that_does_is_not(server: Killable) -> None:
    async with connected(server) as session:
        await run(session, "CREATE TABLE alembic_version (version_num text)", FULL_FILE, FULL_FILE)
        assert await failing_for(session) is None, "nobody archives"
        await run(session, "ALTER SYSTEM SET archive_mode = on", "ALTER SYSTEM SET archive_command = 'true'")
    server.stop_immediately()
    server.start()
    async with connected(server) as session:
        await run(session, FULL_FILE)
        await wait_for_the_archive(session)
        await asyncio.sleep(1)
        assert await failing_for(session) is None, "the file that is written to need not be there"

        # one that fails, and one that hangs, which PostgreSQL does not count as a failure
        for command in ("false", "sleep 3"):
            await run(session, f"ALTER SYSTEM SET archive_command = '{command}'", "SELECT pg_reload_conf()")
            await asyncio.sleep(0.5)
            await run(session, FULL_FILE, FULL_FILE)
            first = await failing_for(session)
            assert first is not None
            assert first > 0
            await asyncio.sleep(0.5)
            later = await failing_for(session)
            assert later is not None
            assert later >= first + 0.5
            await run(session, "ALTER SYSTEM SET archive_command = 'true'", "SELECT pg_reload_conf()")
            if command == "false":
                await wait_for_the_archive(session)
