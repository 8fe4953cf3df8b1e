"""Hearing the doorbell: an arq worker whose only job is to say "look now"."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import structlog
from arq.worker import Function, Worker, func
from opentelemetry.trace import SpanKind
from prometheus_client import CollectorRegistry, Gauge
from redis.exceptions import RedisError

from attain_shared.doorbell import QUEUE, ArqDoorbell, Bell, deserialize_job, redis_settings, serialize_job
from attain_shared.tracing import following

log = structlog.get_logger(__name__)

POLL_DELAY = 0.05
"""Seconds between looks at the queue: arq's default of half a second would be most of the time to an attainment."""
RETRY_DELAY = 2.0
"""Seconds before Redis is tried again; the sweep does the work meanwhile."""
CLOSE_SECONDS = 1.0
"""How long jobs may take to end by themselves: all that is left to do for them is to say so."""


def create_bell(redis_url: str, hear: Callable[[Bell], None]) -> Worker:
    """An arq worker that knows every bell, with the settings that bite set (libraries.md, part 2)."""

    def job(bell: Bell) -> Function:
        # whatever else a later build may send is passed over
        async def heard(ctx: dict[Any, Any], traceparent: str | None = None, *_: object, **more: object) -> None:  # noqa: ARG001 - arq's shape
            with following(f"hear {bell.value}", [traceparent], kind=SpanKind.CONSUMER):
                hear(bell)

        return func(heard, name=bell.value, keep_result=0, max_tries=1, timeout=5)

    return Worker(
        functions=[job(bell) for bell in Bell],
        queue_name=QUEUE,
        redis_settings=redis_settings(redis_url),
        handle_signals=False,
        max_jobs=20,
        job_timeout=5,
        keep_result=0,
        max_tries=1,
        poll_delay=POLL_DELAY,
        health_check_interval=10,
        health_check_key=f"{QUEUE}:health:{socket.gethostname()}",
        job_serializer=serialize_job,
        job_deserializer=deserialize_job,
        log_results=False,
    )


async def hear_bells(redis_url: str, hear: Callable[[Bell], None]) -> None:
    """Hear bells until cancelled; start again whenever Redis was away."""
    while True:
        bell = create_bell(redis_url, hear)
        try:
            await bell.async_run()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("the queue is away; the sweep goes on", reason=type(error).__name__)
        finally:
            await _close(bell)
        await asyncio.sleep(RETRY_DELAY)


class QueueWatch:
    """Tells in the metrics whether the queue answers: one that hangs is not noticed by whoever waits for a bell."""

    def __init__(self, redis_url: str, registry: CollectorRegistry) -> None:
        """Nothing is known before the first look."""
        self._queue = ArqDoorbell(redis_url)
        self._is_up = Gauge("attain_queue_up", "1 while the queue answers this process.", registry=registry)

    async def look(self) -> None:
        """Ask once, for no longer than a ring may take."""
        try:
            await self._queue.ping()
        except (RedisError, OSError, TimeoutError):
            self._is_up.set(0)
        else:
            self._is_up.set(1)

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._queue.aclose()


async def _close(bell: Worker) -> None:
    """Let go of every connection. arq's own close stumbles over a job that is cancelled, and leaves them open."""
    if bell.main_task is not None:
        bell.main_task.cancel()
        await asyncio.gather(bell.main_task, return_exceptions=True)
    # first they end by themselves: what arq does last in a job is shielded, and would connect again once all is closed
    if jobs := set(bell.tasks.values()):
        await asyncio.wait(jobs, timeout=CLOSE_SECONDS)
    for job in jobs:
        job.cancel()
    # only then are the connections they read from back in the pool, to be closed with the others
    await asyncio.gather(*jobs, return_exceptions=True)
    if bell.pool is not None:
        await bell.pool.aclose()
