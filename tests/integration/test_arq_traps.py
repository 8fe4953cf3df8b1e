"""arq's traps (libraries.md, part 2), one by one: each that concerns a bell has a test, here or elsewhere (ING-4)."""

import ast
import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from arq.constants import in_progress_key_prefix, job_key_prefix
from redis.asyncio import Redis

from attain_shared.doorbell import QUEUE, ArqDoorbell, Bell, redis_settings
from attain_worker import bell as bells
from attain_worker.bell import create_bell, hear_bells
from tests.support.servers import redis_server

TESTS = Path(__file__).resolve().parents[1]
HEARD_SECONDS = 1.0
"""Far less than what arq's in-progress keys last for."""

WITHOUT = "not used: "
TRAPS: dict[int, str] = {
    1: "test_a_bell_is_heard_again_right_after_it_was",
    2: "test_the_settings_that_bite_are_set",
    3: "test_a_ring_has_no_name_that_could_be_taken",
    4: "test_a_bell_whose_hearing_fails_is_heard_again",
    5: "test_a_worker_that_lacks_a_bell_destroys_its_ring_and_hears_the_others",
    6: "test_what_a_killed_worker_had_in_hand_holds_up_no_ring",
    7: "test_bells_are_heard_again_once_the_queue_is_back",
    8: WITHOUT + "Sentinel and Cluster",
    9: "test_the_settings_that_bite_are_set",
    10: "test_what_a_killed_worker_had_in_hand_holds_up_no_ring",
    11: "test_the_settings_that_bite_are_set",
    12: "test_without_a_worker_or_a_queue_it_still_serves",
    13: "test_the_settings_that_bite_are_set",
    14: "test_jobs_travel_as_json",
    15: "test_a_worker_that_is_asked_to_end_finishes_its_claim_and_leaves_the_rest",
    16: "test_a_ring_whose_job_has_expired_is_passed_over",
    17: "test_the_settings_that_bite_are_set",
    18: "test_a_queue_reached_by_tls_has_to_be_who_it_says",
    19: WITHOUT + "jobs that compute: a bell sets an event",
}
"""By the trap's number: the test that shows that we are not hurt by it."""


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture
async def queue(redis_url: str) -> AsyncIterator[Redis]:
    """The queue, empty."""
    client: Redis = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


@asynccontextmanager
async def listening(redis_url: str, hear: Callable[[Bell], None] | None = None) -> AsyncIterator["asyncio.Queue[Bell]"]:
    """A worker's ear; what it hears."""
    heard: asyncio.Queue[Bell] = asyncio.Queue()

    def note(bell: Bell) -> None:
        heard.put_nowait(bell)
        if hear is not None:
            hear(bell)

    task = asyncio.create_task(hear_bells(redis_url, note))
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def ring(redis_url: str, *wanted: Bell) -> None:
    doorbell = ArqDoorbell(redis_url)
    doorbell.ring_all(wanted)
    await doorbell.aclose()
    assert doorbell.lost == 0


async def next_of(heard: "asyncio.Queue[Bell]") -> Bell:
    return await asyncio.wait_for(heard.get(), HEARD_SECONDS + 4)


def test_every_trap_has_a_test_that_is_there() -> None:
    there = {
        node.name
        for file in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert sorted(TRAPS) == list(range(1, 20))
    assert {name for name in TRAPS.values() if not name.startswith(WITHOUT)} <= there


async def test_the_settings_that_bite_are_set(redis_url: str) -> None:
    """2, 9, 11, 12, 13, 15, 17: what arq has by default would lose rings, keep results or speak too much."""
    worker = create_bell(redis_url, lambda _bell: None)
    assert (worker.keep_result_s, worker.keep_result_forever, worker.max_tries) == (0, False, 1)
    assert all((one.keep_result_s, one.max_tries) == (0, 1) for one in worker.functions.values())
    assert worker.in_progress_timeout_s <= 15
    assert (worker.allow_abort_jobs, worker.cron_jobs, worker._handle_signals) == (False, [], False)
    assert (worker.health_check_interval, worker.log_results) == (10, False)
    assert worker.redis_settings is not None
    assert worker.redis_settings.port == redis_settings(redis_url).port
    assert OSError in (worker.redis_settings.retry_on_error or [])


async def test_a_ring_has_no_name_that_could_be_taken(redis_url: str, queue: Redis) -> None:
    """1, 3: a job's id is good once in the whole of Redis; two rings are two jobs, and leave nothing once heard."""
    for _ in range(2):
        await ring(redis_url, Bell.INBOX)
    assert await queue.zcard(QUEUE) == 2
    async with listening(redis_url) as heard:
        assert [await next_of(heard) for _ in range(2)] == [Bell.INBOX] * 2
    left = {key async for key in queue.scan_iter("arq:*")}
    assert not left, "a result or a job is kept"


async def test_a_bell_whose_hearing_fails_is_heard_again(redis_url: str, queue: Redis) -> None:
    """4: arq does not try again what has raised; the next ring, or the sweep, does."""
    failures = [ValueError("a bug")]

    def fail_once(_bell: Bell) -> None:
        if failures:
            raise failures.pop()

    async with listening(redis_url, fail_once) as heard:
        for _ in range(2):
            await ring(redis_url, Bell.INBOX)
            await next_of(heard)
    assert not failures
    assert await queue.zcard(QUEUE) == 0


async def test_a_worker_that_lacks_a_bell_destroys_its_ring_and_hears_the_others(
    redis_url: str, queue: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5, 2, F14: the ring is lost to the sweep, and stands in the way of none that comes later."""
    with monkeypatch.context() as older:
        older.setattr(bells, "Bell", (Bell.INBOX,))
        async with listening(redis_url) as heard:
            await ring(redis_url, Bell.MARKS)
            await ring(redis_url, Bell.INBOX)
            assert await next_of(heard) is Bell.INBOX
            while await queue.zcard(QUEUE):  # noqa: ASYNC110 - Redis has no event to wait for
                await asyncio.sleep(0.02)
    async with listening(redis_url) as heard:
        await ring(redis_url, Bell.MARKS)
        assert await next_of(heard) is Bell.MARKS


async def test_what_a_killed_worker_had_in_hand_holds_up_no_ring(redis_url: str, queue: Redis) -> None:
    """6, 10: its jobs rest until their keys run out, at the head of the queue; as many as it may have had at once."""
    for _ in range(create_bell(redis_url, lambda _bell: None).max_jobs):
        await ring(redis_url, Bell.MARKS)
    for job in await queue.zrange(QUEUE, 0, -1):
        await queue.psetex(in_progress_key_prefix + job.decode(), 15_000, b"1")
    async with listening(redis_url) as heard:
        await ring(redis_url, Bell.INBOX)
        async with asyncio.timeout(HEARD_SECONDS):
            assert await heard.get() is Bell.INBOX
        assert heard.empty()


async def test_a_ring_whose_job_has_expired_is_passed_over(redis_url: str, queue: Redis) -> None:
    """16: what nobody has heard for a day is gone, but for its place in the queue."""
    await ring(redis_url, Bell.MARKS)
    (job,) = await queue.zrange(QUEUE, 0, -1)
    await queue.delete(job_key_prefix + job.decode())
    async with listening(redis_url) as heard:
        await ring(redis_url, Bell.INBOX)
        assert await next_of(heard) is Bell.INBOX
    assert await queue.zcard(QUEUE) == 0


def test_a_queue_reached_by_tls_has_to_be_who_it_says() -> None:
    """18: arq would take any name."""
    assert redis_settings("rediss://queue.internal:6379/0").ssl_check_hostname is True
