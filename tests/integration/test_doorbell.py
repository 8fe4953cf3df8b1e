"""The doorbell: a ring carries nothing, never makes a caller wait, and is heard through a real queue (ING-4)."""

import asyncio
import gc
import time
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from arq.connections import ArqRedis, create_pool

from attain_shared.doorbell import RING_TIMEOUT, ArqDoorbell, Bell, deserialize_job, redis_settings, serialize_job
from attain_worker.bell import create_bell, hear_bells
from tests.support.servers import redis_server


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url
    # arq loses a connection that is cancelled while it is made: found here, not in whatever test comes next
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


async def eventually(heard: asyncio.Event) -> None:
    await asyncio.wait_for(heard.wait(), timeout=10)


async def stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_ring_is_heard(redis_url: str) -> None:
    heard, doorbell = asyncio.Event(), ArqDoorbell(redis_url)
    rung: list[Bell] = []

    def hear(bell: Bell) -> None:
        rung.append(bell)
        heard.set()

    listener = asyncio.create_task(hear_bells(redis_url, hear))
    for bell in Bell:
        heard.clear()
        doorbell.ring_all([bell])
        await eventually(heard)
    assert rung == list(Bell)
    assert doorbell.lost == 0
    await doorbell.aclose()
    await stop(listener)


async def test_a_bell_is_heard_again_right_after_it_was(redis_url: str) -> None:
    """No ring is coalesced away by a job's kept result."""
    rings, doorbell = 0, ArqDoorbell(redis_url)
    heard = asyncio.Event()

    def count(_bell: Bell) -> None:
        nonlocal rings
        rings += 1
        heard.set()

    listener = asyncio.create_task(hear_bells(redis_url, count))
    for number in range(1, 4):
        heard.clear()
        doorbell.ring_all([Bell.INBOX])
        await eventually(heard)
        assert rings == number
    await doorbell.aclose()
    await stop(listener)


async def test_many_rings_at_once_are_few_jobs(redis_url: str) -> None:
    doorbell, heard = ArqDoorbell(redis_url), asyncio.Event()
    rings = 0

    def count(_bell: Bell) -> None:
        nonlocal rings
        rings += 1
        heard.set()

    for _ in range(500):
        doorbell.ring_all([Bell.INBOX, Bell.MARKS])
    await doorbell.aclose()
    listener = asyncio.create_task(hear_bells(redis_url, count))
    await eventually(heard)
    await asyncio.sleep(0.3)
    assert rings <= 4
    await stop(listener)


async def test_a_queue_that_is_away_costs_the_caller_nothing() -> None:
    """ING-4: a lost ring is counted and left to the sweep."""
    doorbell = ArqDoorbell("redis://127.0.0.1:1/0")
    started = time.perf_counter()
    doorbell.ring_all([Bell.INBOX])
    assert time.perf_counter() - started < 0.05
    await doorbell.aclose()
    assert doorbell.lost == 1
    with pytest.raises((OSError, TimeoutError)):
        await doorbell.ping()


async def test_a_queue_that_hangs_is_given_up() -> None:
    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    doorbell = ArqDoorbell(f"redis://127.0.0.1:{port}/0")
    started = time.perf_counter()
    doorbell.ring_all([Bell.INBOX])
    await doorbell.aclose()
    assert doorbell.lost == 1
    assert time.perf_counter() - started < RING_TIMEOUT + 1
    server.close()


async def test_a_ring_and_a_ping_that_come_first_together_make_one_connection(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = 0

    async def counting(*args: Any, **kwargs: Any) -> ArqRedis:
        nonlocal made
        made += 1
        return await create_pool(*args, **kwargs)

    monkeypatch.setattr("attain_shared.doorbell.create_pool", counting)
    doorbell = ArqDoorbell(redis_url)
    doorbell.ring_all([Bell.INBOX])
    await asyncio.gather(doorbell.ping(), doorbell.ping())
    await doorbell.aclose()
    assert (made, doorbell.lost) == (1, 0)


async def test_bells_are_heard_again_once_the_queue_is_back(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attain_worker.bell.RETRY_DELAY", 0.01)
    urls = ["redis://127.0.0.1:1/0"]
    heard = asyncio.Event()

    def settings(_url: str) -> object:
        return redis_settings(urls.pop() if urls else redis_url)

    monkeypatch.setattr("attain_worker.bell.redis_settings", settings)
    listener = asyncio.create_task(hear_bells(redis_url, lambda _bell: heard.set()))
    doorbell = ArqDoorbell(redis_url)
    doorbell.ring_all([Bell.MARKS])
    await eventually(heard)
    assert not urls
    await doorbell.aclose()
    await stop(listener)


async def test_every_bell_is_registered_once(redis_url: str) -> None:
    """C11: arq destroys a job whose name the worker does not know."""
    worker = create_bell(redis_url, lambda _bell: None)
    assert sorted(worker.functions) == sorted(bell.value for bell in Bell)
    assert all(function.keep_result_s == 0 for function in worker.functions.values())


def test_jobs_travel_as_json() -> None:
    job = {"t": 1, "f": "inbox", "a": [], "k": {}, "et": 1}
    assert deserialize_job(serialize_job(job)) == job
    assert serialize_job({"e": ValueError("x")}) == b'{"e": "ValueError(\'x\')"}'
