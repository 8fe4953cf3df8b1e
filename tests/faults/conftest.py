"""Installations of real processes for the session, over databases that write to the disk before they say so."""

from collections.abc import Iterator

import pytest

from tests.faults.injections import Site
from tests.support.killable import own_postgres, own_redis
from tests.support.servers import postgres_server, redis_server
from tests.support.stack import Stack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """API and worker, ready; a test that ends one of them starts it again."""
    with (
        postgres_server(durable=True) as postgres_url,
        redis_server() as redis_url,
        running_stack(postgres_url, redis_url, tmp_path_factory.mktemp("stack")) as running,
    ):
        yield running


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same over servers of our own, which may be killed."""
    with (
        own_postgres(durable=True) as postgres,
        own_redis() as queue,
        running_stack(postgres.url, queue.url, tmp_path_factory.mktemp("stack")) as running,
    ):
        yield Site(postgres, queue, running)
