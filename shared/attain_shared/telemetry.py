"""What a process tells of itself: metrics on a port of its own, if it is given one."""

import asyncio
import os
import platform
import time
from collections import deque
from collections.abc import Callable, Iterable
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from attain_shared.settings import SharedSettings

LOOK_SECONDS = 0.25
"""How often the event loop is asked whether it is late."""
LOOKS = 60
"""Of which the worst is told: those of the last 15 seconds."""


def describe_process(registry: CollectorRegistry, service: str) -> None:
    """Have the registry tell of the process itself and of its build; `service` is the distribution's name."""
    ProcessCollector(registry=registry)
    build = Gauge("attain_build_info", "Always 1.", ("service", "version", "revision", "python"), registry=registry)
    build.labels(service, *build_of(service), platform.python_version()).set(1)


def build_of(service: str) -> tuple[str, str]:
    """The version of a distribution, and the commit it was built from, where whoever built it has told."""
    return version(service), os.environ.get("ATTAIN_REVISION", "unknown")


def serve_metrics(settings: SharedSettings, registry: CollectorRegistry) -> None:
    """Serve the metrics in a thread for as long as the process lives, where a port is set."""
    if settings.metrics_port is not None:
        start_http_server(settings.metrics_port, settings.metrics_host, registry)


class _Readings(Collector):
    """Figures that somebody else keeps, read when they are asked for."""

    def __init__(self, read: Callable[[], Iterable[Metric]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """The figures as they stand."""
        return self._read()


def watch_count(registry: CollectorRegistry, name: str, documentation: str, read: Callable[[], float]) -> None:
    """Tell of a count that somebody else keeps and that only grows."""
    registry.register(_Readings(lambda: [CounterMetricFamily(name, documentation, value=read())]))


def watch_pool(registry: CollectorRegistry, engine: AsyncEngine) -> None:
    """Tell of an engine's connections as they stand when somebody asks."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)

    def read() -> list[Metric]:
        by_state = GaugeMetricFamily(
            "attain_database_pool_connections", "Connections of the pool to the database.", labels=["state"]
        )
        by_state.add_metric(["in_use"], pool.checkedout())
        by_state.add_metric(["idle"], pool.checkedin())
        return [by_state, GaugeMetricFamily("attain_database_pool_size", "The most there may be.", value=pool.size())]

    registry.register(_Readings(read))


class LoopLag:
    """How late the event loop was at worst in the last 15 seconds: while it is late, everybody waits."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Nothing is late before `watch` runs."""
        self._lags: deque[float] = deque([0.0], maxlen=LOOKS)
        self._due: float | None = None
        gauge = Gauge(
            "attain_event_loop_lag_seconds", "How late the event loop was at worst in 15 seconds.", registry=registry
        )
        gauge.set_function(lambda: self.seconds)

    @property
    def seconds(self) -> float:
        """The worst lateness; one that lasts still counts, for whoever asks from another thread."""
        return max(*self._lags, time.monotonic() - self._due if self._due is not None else 0.0)

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        try:
            while True:
                self._due = time.monotonic() + LOOK_SECONDS
                await asyncio.sleep(LOOK_SECONDS)
                self._lags.append(max(0.0, time.monotonic() - self._due))
        finally:
            self._due = None
