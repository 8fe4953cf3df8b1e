"""A PostgreSQL and a Redis for the tests, from wherever they can be had.

Given by ATTAIN_TEST_DATABASE_URL and ATTAIN_TEST_REDIS_URL; else from Docker, if an engine answers; else the embedded
servers of deploy/local. If none of them works the tests fail: they are never skipped.
"""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
from sqlalchemy.engine import make_url
from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.redis import RedisContainer
from testcontainers.core.config import testcontainers_config

from deploy.local.servers import Postgres, Valkey

POSTGRES_IMAGE = "postgres:17"
REDIS_IMAGE = "redis:8"

# the container that removes leftovers wants the engine's socket, which not every engine lets it have
testcontainers_config.ryuk_disabled = True


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """A server to make databases in: the URL of one of its databases, as a user who may.

    A durable one really writes to the disk before it says so.
    """
    if given := os.environ.get("ATTAIN_TEST_DATABASE_URL"):
        yield given
    elif docker_answers():
        with PostgresContainer(POSTGRES_IMAGE, driver="asyncpg") as container:
            yield container.get_connection_url()
    else:
        with _data_dir() as data_dir, Postgres(data_dir, durable=durable) as server:
            yield server.url


@contextmanager
def redis_server() -> Iterator[str]:
    """A server whose first database is for this process only."""
    if given := os.environ.get("ATTAIN_TEST_REDIS_URL"):
        yield given
    elif docker_answers():
        with RedisContainer(REDIS_IMAGE) as container:
            yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"
    else:
        with _data_dir() as data_dir, Valkey(data_dir) as server:
            yield server.url


def docker_answers() -> bool:
    """Whether an engine listens where testcontainers will look for one."""
    # not by the docker package, which leaves sockets open when it fails, and our warnings are errors
    where = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    family, address = (socket.AF_INET, (where.hostname, where.port)) if where.hostname else (socket.AF_UNIX, where.path)
    with socket.socket(family) as probe:
        probe.settimeout(5)
        return probe.connect_ex(address) == 0


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


@contextmanager
def _data_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="attain-test-") as folder:
        yield Path(folder)
