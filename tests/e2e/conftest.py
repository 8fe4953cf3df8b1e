"""One installation of real processes for the session; each test makes companies of its own in it."""

from collections.abc import Iterator

import pytest

from tests.support.servers import redis_server
from tests.support.stack import Stack, running_stack


@pytest.fixture(scope="session")
def stack(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """API and worker, ready."""
    with (
        redis_server() as redis_url,
        running_stack(postgres_url, redis_url, tmp_path_factory.mktemp("stack")) as running,
    ):
        yield running
