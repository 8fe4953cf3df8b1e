"""How many pushes a minute one principal may send, counted in Redis and forgotten with it.

A bucket that drips (GCRA): one instant a principal and lane, up to which its pushes are spoken for. One script is one
round trip, and Redis' own clock serves all processes alike. Nothing durable hangs on it: a push that Redis gives no
answer on is let through.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable
from typing import NamedTuple, Protocol, TypeVar

import structlog
from prometheus_client import CollectorRegistry, Counter
from redis.asyncio import Redis
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

T = TypeVar("T")
log = structlog.get_logger(__name__)

PATIENCE, STEP = 0.1, 0.01
"""Seconds that Redis may take, looked at in steps: a step counts no more, however long this process was busy itself."""
LONGEST_WAIT = 1.0
"""Seconds after which even a busy process lets the push go on uncounted."""
MISSES_IN_A_ROW = 3
"""Answers that did not come, one after the other: then Redis hangs, rather than was late once."""
AWAY = (RedisError, OSError, RuntimeError)
"""What Redis' absence shows as; the last one is how uvloop says that a connection was closed meanwhile."""
PAUSE = 1.0
"""Seconds for which Redis is not asked while it hangs or is away: not every push shall wait for it."""
BURST_SHARE = 10
"""A tenth of a minute's pushes may come at once."""
RETURN_SHARE = 10
"""Who was refused comes back for a tenth of a burst: for a single push it would be refused again at once."""

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
return {allowed, math.floor(burst - (spoken_for - now) / interval), math.ceil(spoken_for - now)}
"""


class Rate(NamedTuple):
    """What a principal may still push."""

    allowed: bool
    per_minute: int
    remaining: int
    """Pushes that may come right now."""
    reset: float
    """Seconds until a whole burst may come again."""

    @property
    def burst(self) -> int:
        """Pushes at once, after a rest."""
        return max(1, self.per_minute // BURST_SHARE)

    def until(self, pushes: int) -> float:
        """Seconds until so many pushes may come, 0 where they may now."""
        return max(0.0, self.reset - (self.burst - pushes) * 60 / self.per_minute)

    @property
    def retry_after(self) -> float:
        """Seconds after which it is worth coming back."""
        return self.until(max(1, self.burst // RETURN_SHARE))


class Limiter(Protocol):
    """Counts pushes."""

    async def take(self, name: str, *, per_minute: int) -> Rate | None:
        """Count one push of this name; None where it cannot be known how many there were."""

    def find_refusal(self, name: str) -> Rate | None:
        """What a push of this name would be refused with, where that is known without asking; it is not counted."""

    async def aclose(self) -> None:
        """Let go of the connections."""


class NoLimiter:
    """Counts nothing: for commands and tests that run without Redis."""

    async def take(self, name: str, *, per_minute: int) -> Rate | None:  # noqa: ARG002 - the port's shape
        """Nothing is known."""
        return None

    def find_refusal(self, name: str) -> Rate | None:  # noqa: ARG002 - the port's shape
        """Nothing is refused."""
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
            url, socket_connect_timeout=LONGEST_WAIT, lib_name=None, lib_version=None, **tls
        )
        self._script = self._redis.register_script(_TAKE)
        self._used_up: dict[str, tuple[float, Rate]] = {}
        """By name, since when none may come, and what Redis said then."""
        self._away_until = 0.0
        self._misses, self._missed_at = 0, 0.0
        self._unchecked = Counter(
            "attain_push_rate_unchecked", "Pushes let through uncounted, as Redis did not answer.", registry=registry
        )

    async def take(self, name: str, *, per_minute: int) -> Rate | None:
        """Count one push of this name; None while Redis is away, known within a tenth of a second."""
        began = time.monotonic()
        if began < self._away_until:
            self._unchecked.inc()
            return None
        asked = self._script(
            keys=[f"attain:pushes:{name}"], args=[60_000_000 / per_minute, max(1, per_minute // BURST_SHARE)]
        )
        try:
            allowed, remaining, reset = await _in_time(asked)
        except AWAY as error:
            self._unchecked.inc()
            self._note(error, began=began)
            await self._start_afresh()
            return None
        self._misses = 0
        rate = Rate(bool(allowed), per_minute, max(0, remaining), reset / 1_000_000)
        if rate.until(1):
            self._used_up[name] = began, rate
        return rate

    def find_refusal(self, name: str) -> Rate | None:
        """What Redis would answer: time alone makes room, so until then it need not be asked, nor the push be read."""
        since, rate = self._used_up.get(name, (0.0, None))
        if rate is None:
            return None
        passed = time.monotonic() - since
        if passed >= rate.until(1):
            del self._used_up[name]
            return None
        return rate._replace(allowed=False, remaining=0, reset=rate.reset - passed)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()

    def _note(self, error: Exception, *, began: float) -> None:
        """Ask no more for a while where there is nobody, or nobody who answers; one late answer is no reason."""
        if isinstance(error, TimeoutError | RedisTimeoutError):
            # those that waited side by side missed one answer together
            self._misses += began >= self._missed_at
            self._missed_at = time.monotonic()
            if self._misses < MISSES_IN_A_ROW:
                return
        self._away_until = time.monotonic() + PAUSE
        log.warning("pushes are not counted", reason=type(error).__name__)

    async def _start_afresh(self) -> None:
        """Close what idles: the driver keeps a connection that was given up half open, and would use it again."""
        with contextlib.suppress(*AWAY):
            await self._redis.connection_pool.disconnect(inuse_connections=False)


async def _in_time(asked: Awaitable[T]) -> T:
    """The answer, unless Redis takes too long: where this process was busy, the answer may long be there unread.

    Raises:
        TimeoutError: Redis had `PATIENCE` seconds in which this process listened, or `LONGEST_WAIT` in all.
    """
    answer = asyncio.ensure_future(asked)
    looked_at = time.monotonic()
    ends, patience = looked_at + LONGEST_WAIT, PATIENCE
    try:
        while not answer.done():
            if patience <= 0 or looked_at >= ends:
                raise TimeoutError
            await asyncio.wait({answer}, timeout=STEP)
            now = time.monotonic()
            patience, looked_at = patience - min(now - looked_at, STEP), now
        return answer.result()
    finally:
        if answer.cancel():
            await asyncio.wait({answer})
