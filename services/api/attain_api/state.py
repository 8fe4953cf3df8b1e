"""What every request needs and nobody may reach for as a global."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi import Request
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from attain_api.access.passwords import Passwords
from attain_api.aftermath import Aftermath
from attain_api.batches.gauge import InboxGauge
from attain_api.batches.rates import Limiter, NoLimiter
from attain_api.file_queue import FileQueue
from attain_api.oidc.provider import OidcProvider
from attain_api.settings import ApiSettings
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
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    limiter: Limiter = field(default_factory=NoLimiter)
    """Counts pushes."""
    inbox: InboxGauge = field(default_factory=InboxGauge)
    oidc: OidcProvider | None = None
    """For single sign-on, if there is any."""
    files: FileQueue = field(default_factory=FileQueue)
    """Whose upload is read next."""
    aftermath: Aftermath = field(default_factory=Aftermath)
    draining: bool = False
    """Asked to end: still serves, but is not ready, keeps no connection alive and lets no request wait."""


def state_of(request: Request) -> ApiState:
    """The state of the application that serves this request."""
    state: ApiState = request.app.state.attain
    return state
