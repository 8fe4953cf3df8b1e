"""The standby that reads which may lag go to, for as long as it is not too far behind."""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from fastapi import Request, Response
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_api.settings import ApiSettings
from attain_shared.db.failures import is_passing, took_too_long
from attain_shared.db.replay import Position, find_replayed, find_written
from attain_shared.db.session import UnitOfWork, create_engine, create_sessions, reading
from attain_shared.errors import Invalid, NotFound
from attain_shared.periodic import every

log = structlog.get_logger(__name__)

STANDBY = "attain.standby"
"""Where a request keeps the standby that it has begun to read from; None once it is to read from it no more."""
_FUNCTION_STACK = "fastapi_function_astack"
"""Where FastAPI keeps what ends with the handler: the request's connections."""
LOOKS = 5
"""How often it is looked at within the time that it may lag."""
LONGEST_PAUSE_SECONDS = 2.0
PATIENCE_SECONDS = 1.0
"""A standby that takes longer to say where it is, or to take a connection, is as good as away."""


class Standby:
    """Knows from looks taken beside all requests how old the standby's rows are at most; requests only compare.

    A look notes where the primary's log ends at this instant, and which such end the standby has replayed: no clock of
    either server is asked, and a primary at rest does not look like a standby that lags.
    """

    def __init__(
        self, settings: ApiSettings, primary: async_sessionmaker[AsyncSession], registry: CollectorRegistry
    ) -> None:
        """Nothing is connected before the first look."""
        self.max_lag_seconds = settings.standby_max_lag_seconds
        own = {
            "database_url": settings.database_standby_url,
            # who was let down by it has the primary's whole time yet
            "statement_timeout_ms": settings.statement_timeout_ms // 2,
        }
        self.engine = create_engine(settings.model_copy(update=own), application="attain-api standby")
        self._sessions, self._primary = create_sessions(self.engine), primary
        self._ends: deque[tuple[float, Position]] = deque()
        self._replayed_at = -math.inf
        self._was_usable = False
        gauge = Gauge("attain_standby_in_use", "1 while reads that may lag go to the standby.", registry=registry)
        gauge.set_function(lambda: float(self.is_usable))

    @property
    def lag_seconds(self) -> float:
        """How old its rows are at most; infinite where nobody knows."""
        return time.monotonic() - self._replayed_at

    @property
    def is_usable(self) -> bool:
        """Whether it may be read from at this instant."""
        return self.lag_seconds <= self.max_lag_seconds

    async def watch(self) -> None:
        """Look again and again; runs beside the application."""
        await every(min(self.max_lag_seconds / LOOKS, LONGEST_PAUSE_SECONDS), self.look)

    async def look(self) -> None:
        """Find out how far it is; one that cannot say is not read from until it can."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), reading(self._primary) as uow:
                self._write_down(time.monotonic(), await find_written(uow.session))
        except Exception as error:  # a primary that is busy or away says nothing against the standby, which gets older
            if not is_passing(error):
                raise
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), reading(self._sessions) as uow:
                self._note(await find_replayed(uow.session))
        except Exception as error:
            if not is_passing(error):
                raise
            self.give_up()
        while self._ends and time.monotonic() - self._ends[0][0] > self.max_lag_seconds:
            self._ends.popleft()
        if self.is_usable != self._was_usable:
            self._was_usable = not self._was_usable
            log.info("standby in use" if self._was_usable else "standby not in use")

    def give_up(self) -> None:
        """Read nothing from it before the next look that finds it well."""
        self._replayed_at = -math.inf

    @asynccontextmanager
    async def reading(self, request: Request, instead: UnitOfWork) -> AsyncIterator[UnitOfWork]:
        """A unit of work that reads from it; where it cannot be reached at once, the one `instead`."""
        async with self._sessions() as session:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            except Exception as error:
                if not is_passing(error):
                    raise
                self.give_up()
                uow = instead
            else:
                request.scope[STANDBY] = self
                uow = UnitOfWork(session)
            yield uow

    def _write_down(self, at: float, written: Position) -> None:
        if self._ends and self._ends[0][1].timeline != written.timeline:
            self._ends.clear()
        self._ends.append((at, written))

    def _note(self, replayed: Position | None) -> None:
        if replayed is None:  # it was promoted: no standby any more
            self.give_up()
            return
        if self._ends and self._ends[0][1].timeline != replayed.timeline:
            self.give_up()  # left behind by a promotion or a restore: its log says what never was
            return
        while self._ends and self._ends[0][1] <= replayed:
            self._replayed_at = self._ends.popleft()[0]


@asynccontextmanager
async def lagging(request: Request, standby: Standby | None, instead: UnitOfWork) -> AsyncIterator[UnitOfWork]:
    """A unit of work for reads that may lag: the standby's where there is one that may be read from."""
    if standby is None or not standby.is_usable or STANDBY in request.scope:
        yield instead
    else:
        async with standby.reading(request, instead) as uow:
            yield uow


class LaggingRoute(APIRoute):
    """A read that is done again, on the primary, where the standby let it down halfway or knows too little.

    What the caller has just made may not be there yet; what is nowhere costs two looks.
    """

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """The documented way to put something around a handler."""
        handle = super().get_route_handler()

        async def handle_twice(request: Request) -> Response:
            try:
                return await _handle_alone(handle, request)
            except Exception as error:
                standby = request.scope.get(STANDBY)
                is_broken = is_passing(error) or took_too_long(error)
                if standby is None or not (is_broken or isinstance(error, NotFound | Invalid)):
                    raise
                if is_broken:
                    standby.give_up()
                request.scope[STANDBY] = None
            return await _handle_alone(handle, request)

        return handle_twice


async def _handle_alone(handle: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    """Let go of the connections at the attempt's end: the next one takes its own, and the pool may have no more."""
    async with AsyncExitStack() as attempt:
        request.scope[_FUNCTION_STACK] = attempt
        return await handle(request)
