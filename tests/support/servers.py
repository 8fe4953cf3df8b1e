"""A PostgreSQL and a Redis for the tests, from wherever they can be had.

Given by ATTAIN_TEST_DATABASE_URL and ATTAIN_TEST_REDIS_URL; else from Docker, if an engine answers; else the embedded
servers of deploy/local; ATTAIN_TEST_SERVERS chooses between these two. If none of them works the tests fail: they are
never skipped.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import redis
from sqlalchemy.engine import make_url

from tests.support.killable import own_postgres, own_redis, source

GIVEN_POSTGRES = "ATTAIN_TEST_DATABASE_URL"
GIVEN_REDIS = "ATTAIN_TEST_REDIS_URL"
REDIS_DATABASES = 16
"""How many a Redis has unless it is told otherwise."""


def describe_servers() -> str:
    """Where the servers of this run come from."""
    postgres, queue = ("given" if os.environ.get(name) else source() for name in (GIVEN_POSTGRES, GIVEN_REDIS))
    return f"servers: PostgreSQL {postgres}, Redis {queue}, those to be killed {source()}"


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """A server to make databases in: the URL of one of its databases, as a user who may.

    A durable one of our own really writes to the disk before it says so.
    """
    if given := os.environ.get(GIVEN_POSTGRES):
        yield make_url(given).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
    else:
        with own_postgres(durable=durable) as server:
            yield server.url


@contextmanager
def redis_server() -> Iterator[str]:
    """An empty database of a Redis, for the caller alone."""
    if given := os.environ.get(GIVEN_REDIS):
        with _free_number() as number:
            url = urlsplit(given)._replace(path=f"/{number}").geturl()
            with redis.Redis.from_url(url) as client:
                client.flushdb()
            yield url
    else:
        with own_redis() as server:
            yield server.url


@contextmanager
def _free_number() -> Iterator[int]:
    """The number of a Redis database that no test process on this machine has; free again however this one ends."""
    with ExitStack() as held:
        for number in range(REDIS_DATABASES):
            path = Path(tempfile.gettempdir()) / f"attain-test-{os.getuid()}-redis-{number}.lock"
            lock = held.enter_context(path.open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield number
            return
        raise RuntimeError(f"all {REDIS_DATABASES} databases of the given Redis are in use by tests")


async def create_database(admin_url: str) -> str:
    """Make an empty database and return its URL."""
    name = f"test_{uuid4().hex}"
    await _execute(admin_url, f'CREATE DATABASE "{name}"')
    return make_url(admin_url).set(database=name).render_as_string(hide_password=False)


async def drop_database(admin_url: str, url: str) -> None:
    """Drop a database that `create_database` made, with whoever is connected to it."""
    await _execute(admin_url, f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')


async def _execute(admin_url: str, statement: str) -> None:
    plain_url = make_url(admin_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
