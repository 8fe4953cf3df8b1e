"""What every request needs and nobody may reach for as a global."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import Request
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from attain_api.access.passwords import Passwords
from attain_api.aftermath import Aftermath
from attain_api.batches.gauge import InboxGauge
from attain_api.batches.rates import Limiter, NoLimiter
from attain_api.counters import Counters
from attain_api.events.feed import Feed
from attain_api.file_queue import FileQueue
from attain_api.oidc.provider import OidcProvider
from attain_api.ops.traffic import Traffic
from attain_api.settings import ApiSettings
from attain_api.standby import Standby
from attain_shared.clock import utc_now
from attain_shared.doorbell import Doorbell


@dataclass(slots=True)
class ApiState:
    """The process's connections and settings; kept in `app.state.attain`."""

    settings: ApiSettings
    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    doorbell: Doorbell
    ping_queue: Callable[[], Awaitable[None]]
    """Raises unless the queue answers."""
    passwords: Passwords = field(default_factory=Passwords)
    health_engine: AsyncEngine | None = None
    """One connection for the readiness check: a full pool is no database that is away. Without, one of the pool's."""
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    counters: Counters = field(default_factory=Counters)
    """In the registry once there is an application."""
    limiter: Limiter = field(default_factory=NoLimiter)
    """Counts pushes."""
    inbox: InboxGauge = field(default_factory=InboxGauge)
    oidc: OidcProvider | None = None
    """For single sign-on, if there is any."""
    files: FileQueue = field(default_factory=FileQueue)
    """Whose upload is read next."""
    aftermath: Aftermath = field(default_factory=Aftermath)
    standby: Standby | None = None
    """For reads that may lag, if there is one."""
    started_at: datetime = field(default_factory=utc_now)
    traffic: Traffic = field(default_factory=Traffic)
    """The requests answered so far."""
    beside: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What runs for as long as the application does; ended by being cancelled."""
    waiting: int = field(default=0, init=False)
    """Requests that wait for a batch."""
    readiness: asyncio.Task[Any] | None = field(default=None, init=False)
    """The last check: whoever asks while it runs is told what it finds."""
    asking: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    """Checks of the database that nobody waits for any more, until they end."""
    feed: Feed = field(init=False)
    """Whoever listens to what happens."""
    draining: bool = False
    """Asked to end: still serves, but is not ready, keeps no connection alive and lets no request wait."""

    def __post_init__(self) -> None:
        """The feed looks with the same sessions, and ends with the process."""
        self.feed = Feed(
            self.sessions,
            most=self.settings.max_streams,
            stream_seconds=self.settings.stream_seconds,
            is_draining=lambda: self.draining,
        )

    async def aclose(self) -> None:
        """Finish what answers have left to do, then let go of every connection."""
        await self.aftermath.finish()
        await self.doorbell.aclose()
        await self.limiter.aclose()
        await self.engine.dispose()
        if self.health_engine is not None:
            await self.health_engine.dispose()
        if self.standby is not None:
            await self.standby.engine.dispose()


def state_of(request: Request) -> ApiState:
    """The state of the application that serves this request."""
    state: ApiState = request.app.state.attain
    return state
