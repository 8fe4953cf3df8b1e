"""One installation of real processes for the session, over a database that writes to the disk before it says so."""

from collections.abc import Iterator

import pytest

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
