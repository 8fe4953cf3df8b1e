"""The only door to the queue. A ring carries no data: it says "look now" (ING-4).

PostgreSQL holds what is to be done and the worker's sweep looks anyway, so a lost ring costs two seconds, never a
row. Ringing therefore never makes a caller wait and never fails it.
"""

import asyncio
import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol
from urllib.parse import unquote

import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from opentelemetry.trace import SpanKind
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from attain_shared.tracing import following, traceparent

log = structlog.get_logger(__name__)

QUEUE = "attain:v1"
"""The queue's name holds a version: arq destroys jobs whose name a worker does not know, so new bells get a new one."""

RING_TIMEOUT = 0.5
"""Seconds a ring may take before it is given up to the sweep."""

RING_PAUSE = 0.02
"""Seconds between rings of one process: a thousand pushes a second need not ring a thousand times."""


class Bell(StrEnum):
    """The rings there are: what the worker should look at."""

    INBOX = "inbox"
    INBOX_FROM_THE_START = "inbox-from-the-start"
    """An old batch is to be done again: it lies below what the worker remembers as done."""
    MARKS = "marks"


class Doorbell(Protocol):
    """Tells the worker that there is something to do."""

    def ring_all(self, bells: Iterable[Bell]) -> None:
        """Ring without waiting; a bell that cannot be heard is covered by the sweep."""

    async def aclose(self) -> None:
        """Let go of the connection."""


def redis_settings(url: str) -> RedisSettings:
    """Connection settings that survive a restart of Redis (libraries.md, part 2, no. 7)."""
    settings = RedisSettings.from_dsn(url)
    settings.password = unquote(settings.password) if settings.password else None  # which arq leaves as it was
    settings.conn_timeout = 2
    settings.conn_retries = 0
    settings.retry_on_timeout = True
    settings.retry_on_error = [RedisConnectionError, RedisTimeoutError, OSError]
    settings.retry = Retry(ExponentialBackoff(cap=2, base=0.1), 3)
    if settings.ssl:
        settings.ssl_check_hostname = True
    return settings


def serialize_job(job: dict[str, object]) -> bytes:
    """Jobs travel as JSON: a pickle would let whoever writes to Redis run code in the worker."""
    return json.dumps(job, default=repr).encode()


def deserialize_job(data: bytes) -> dict[str, object]:
    """The reverse of `serialize_job`."""
    job: dict[str, object] = json.loads(data)
    return job


class ArqDoorbell:
    """Rings through arq, from a background task."""

    def __init__(self, url: str) -> None:
        """Nothing is connected before the first ring."""
        self._url = url
        self._pool: ArqRedis | None = None
        self._connecting = asyncio.Lock()
        self._wanted: dict[Bell, str | None] = {}
        """Each with the trace of whoever asked for it first."""
        self._task: asyncio.Task[None] | None = None
        self.lost = 0
        """Rings given up since the start."""

    def ring_all(self, bells: Iterable[Bell]) -> None:
        """Note the bells; the background task rings each once, however many asked in the meantime."""
        for bell in bells:
            self._wanted.setdefault(bell, traceparent())
        if self._wanted and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._ring_wanted(), name="doorbell")

    async def ping(self) -> None:
        """Raise unless the queue answers within the ring's timeout."""
        async with asyncio.timeout(RING_TIMEOUT):
            await (await self._connected()).ping()

    async def aclose(self) -> None:
        """Ring what is still wanted, then let go."""
        if self._task is not None:
            await self._task
        if self._pool is not None:
            await self._pool.aclose()

    async def _ring_wanted(self) -> None:
        while self._wanted:
            bell = next(iter(self._wanted))
            asked_by = self._wanted.pop(bell)
            try:
                async with asyncio.timeout(RING_TIMEOUT):
                    await self._ring(bell, asked_by)
            except (RedisError, OSError, TimeoutError) as error:
                self.lost += 1
                log.warning("ring lost; the sweep will look", bell=bell.value, reason=type(error).__name__)
            await asyncio.sleep(RING_PAUSE)

    async def _ring(self, bell: Bell, asked_by: str | None) -> None:
        with following(f"ring {bell.value}", [asked_by], kind=SpanKind.PRODUCER):
            carried = [traceparent()] if asked_by else []
            await (await self._connected()).enqueue_job(bell.value, *carried, _queue_name=QUEUE)

    async def _connected(self) -> ArqRedis:
        async with self._connecting:  # a ring and a ping may come first together
            if self._pool is None:
                self._pool = await create_pool(
                    redis_settings(self._url), job_serializer=serialize_job, job_deserializer=deserialize_job
                )
        return self._pool


class MemoryDoorbell:
    """Remembers its rings: for commands and tests that run without a queue."""

    def __init__(self) -> None:
        """No bell has rung."""
        self.rung: list[Bell] = []

    def ring_all(self, bells: Iterable[Bell]) -> None:
        """Remember."""
        self.rung.extend(bells)

    async def aclose(self) -> None:
        """Nothing to let go of."""
