"""A Redis that is given to the tests: whoever asks gets a database alone."""

from collections.abc import Iterator

import pytest
import redis

from tests.support.killable import own_redis
from tests.support.servers import GIVEN_REDIS, redis_server


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with own_redis() as server:
        monkeypatch.setenv(GIVEN_REDIS, server.url)
        yield server.url.removesuffix("/0")


def test_each_has_an_empty_database_of_its_own(given: str) -> None:
    for number in range(16):
        with redis.Redis.from_url(f"{given}/{number}") as client:
            client.set("left", "by an earlier run")
    with redis_server() as one, redis_server() as other:
        assert one != other
        with redis.Redis.from_url(one) as client, redis.Redis.from_url(other) as neighbour:
            assert client.dbsize() == neighbour.dbsize() == 0
            neighbour.set("key", "value")
            client.flushdb()
            assert neighbour.get("key") == b"value"
