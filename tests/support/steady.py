"""A steady push from several connections, as connectors push: paced, and each again with its key until it is taken."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.support.stack import wait_until
from tests.support.story import PATIENCE_SECONDS, Connector, Json, Row

CONNECTIONS, ROWS_A_BATCH, PACE_SECONDS = 4, 100, 0.1
"""Forty pushes a second, were each answered at once."""


@dataclass
class SteadyPush:
    """What came of every push so far."""

    connector: Connector
    pace_seconds: float = PACE_SECONDS
    """Between two pushes of a connection."""
    acknowledged: dict[str, tuple[Json, list[Row]]] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)
    """Requests that were not answered 202, by what came instead."""
    told: list[str] = field(default_factory=list)
    """What they were told, if anything: the texts of the answers."""
    slowest: float = 0.0
    """Seconds of the slowest answer."""
    gap: float = 0.0
    """Seconds of the longest time without a 202, over all connections."""
    taken_at: list[float] = field(default_factory=list)
    """When each 202 came, by the clock of `time.monotonic`."""
    _last: float = field(default_factory=time.monotonic)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def push_on(self, connection: int) -> None:
        """Push until told to stop; the push in hand is brought to its end."""
        chance, number = random.Random(connection), 0
        while not self._stopping.wait(self.pace_seconds):
            number += 1
            key, rows = f"{connection}-{number}", some_rows(chance)
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not self._is_taken(key, rows):
                assert time.monotonic() < deadline, f"a push is not taken: {self.failed}"
                time.sleep(0.1)

    def stop(self) -> None:
        """No new pushes."""
        self._stopping.set()

    def _is_taken(self, key: str, rows: list[Row]) -> bool:
        started = time.monotonic()
        try:
            reply = self.connector.push_once(rows, key=key)
        except httpx.TransportError as error:
            return self._count_failure(type(error).__name__)
        if reply.status_code != 202:
            return self._count_failure(str(reply.status_code), reply.text)
        now = time.monotonic()
        with self._lock:
            self.slowest = max(self.slowest, now - started)
            self.gap, self._last = max(self.gap, now - self._last), now
            self.taken_at.append(now)
            self.acknowledged[key] = reply.json(), rows
        return True

    def _count_failure(self, what: str, *told: str) -> bool:
        with self._lock:
            self.failed[what] += 1
            self.told += told
        return False


def some_rows(chance: random.Random) -> list[Row]:
    """Complete rows for the shop `steady`: many keys more than once."""
    return [
        {
            "shop": "tmall:steady",
            "metric": chance.choice(["gmv", "uv", "paid_orders"]),
            "dimension": "",
            "bucket": f"2025-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            "value": str(chance.randrange(100_000)),
            "finality": chance.choice(["final", "realtime"]),
            "observed_at": f"2026-01-02T01:{chance.randrange(60):02}:{chance.randrange(60):02}+00:00",
        }
        for _ in range(ROWS_A_BATCH)
    ]


@contextmanager
def steady_push(connector: Connector, *, pace_seconds: float = PACE_SECONDS) -> Iterator[SteadyPush]:
    """Push in the background; at the end every push has been acknowledged."""
    pushing = SteadyPush(connector, pace_seconds)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        threads = [pool.submit(pushing.push_on, number) for number in range(CONNECTIONS)]
        try:
            wait_until(lambda: len(pushing.acknowledged) > 2 * CONNECTIONS)
            yield pushing
        finally:
            pushing.stop()
        for thread in threads:
            thread.result()
