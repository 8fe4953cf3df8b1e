"""How many pushes a minute one principal may send, counted in Redis and forgotten with it.

A bucket that drips (GCRA): one instant a principal and lane, up to which its pushes are spoken for. One script is one
round trip, and Redis' own clock serves all processes alike. Nothing durable hangs on it: where Redis does not answer
at once, every push is let through.
"""

import asyncio
import contextlib
import time
from typing import NamedTuple, Protocol

import structlog
from prometheus_client import CollectorRegistry, Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

ANSWER_TIMEOUT = 0.1
"""Seconds that Redis may take; then the push goes on uncounted."""
PAUSE_AFTER_FAILURE = 1.0
"""Seconds for which Redis is not asked again: not every push shall wait for what is away."""
BURST_SHARE = 10
"""A tenth of a minute's pushes may come at once."""

_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local spoken_for = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local allowed = 0
if spoken_for + interval - now <= interval * burst then
    allowed = 1
    spoken_for = spoken_for + interval
    redis.call('SET', KEYS[1], string.format('%.0f', spoken_for), 'PX', math.ceil((spoken_for - now) / 1000))
end
return {allowed, math.floor(burst - (spoken_for - now) / interval), math.ceil((spoken_for - now) / 1000000)}
"""


class Rate(NamedTuple):
    """What a principal may still push."""

    allowed: bool
    per_minute: int
    burst: int
    """Pushes at once, after a rest."""
    remaining: int
    """Pushes that may come right now."""
    reset: int
    """Seconds, rounded up, until a whole burst may come again."""


class Limiter(Protocol):
    """Counts pushes."""

    async def take(self, name: str, *, per_minute: int) -> Rate | None:
        """Count one push of this name; None where it cannot be known how many there were."""

    async def aclose(self) -> None:
        """Let go of the connections."""


class NoLimiter:
    """Counts nothing: for commands and tests that run without Redis."""

    async def take(self, name: str, *, per_minute: int) -> Rate | None:  # noqa: ARG002 - the port's shape
        """Nothing is known."""
        return None

    async def aclose(self) -> None:
        """Nothing to let go of."""


class RedisLimiter:
    """Counts in Redis, for all processes of the API together."""

    def __init__(self, url: str, registry: CollectorRegistry) -> None:
        """Nothing is connected before the first push."""
        tls = {"ssl_check_hostname": True} if url.startswith("rediss://") else {}
        # without the driver's name, which costs every new connection two round trips
        self._redis: Redis = Redis.from_url(
            url, socket_connect_timeout=ANSWER_TIMEOUT, lib_name=None, lib_version=None, **tls
        )
        self._script = self._redis.register_script(_TAKE)
        self._away_until = 0.0
        self._unchecked = Counter(
            "attain_push_rate_unchecked", "Pushes let through uncounted, as Redis did not answer.", registry=registry
        )

    async def take(self, name: str, *, per_minute: int) -> Rate | None:
        """Count one push of this name; None while Redis is away, known within a tenth of a second."""
        if time.monotonic() < self._away_until:
            self._unchecked.inc()
            return None
        burst = max(1, per_minute // BURST_SHARE)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                allowed, remaining, reset = await self._script(
                    keys=[f"attain:pushes:{name}"], args=[60_000_000 / per_minute, burst]
                )
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + PAUSE_AFTER_FAILURE
            self._unchecked.inc()
            log.warning("pushes are not counted", reason=type(error).__name__)
            await self._start_afresh()
            return None
        return Rate(bool(allowed), per_minute, burst, max(0, remaining), reset)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()

    async def _start_afresh(self) -> None:
        """Close what idles: the driver keeps a connection that was given up half open, and would use it again."""
        with contextlib.suppress(RedisError, OSError):
            await self._redis.connection_pool.disconnect(inuse_connections=False)
