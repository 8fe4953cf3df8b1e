"""One look at the database for all who listen to this process; each is handed what they may see (ADR 44)."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from uuid import UUID

import structlog
from fastapi.sse import ServerSentEvent
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_api.access.actor import Actor
from attain_api.access.authentication import roles_of
from attain_api.events.audience import find_audience
from attain_api.events.messages import farewell, message_of
from attain_api.events.places import Mark
from attain_shared.clock import utc_now
from attain_shared.db.failures import is_passing
from attain_shared.db.session import reading
from attain_shared.errors import Unavailable
from attain_shared.events.queries import Place, StoredEvent, find_here, read_events
from attain_shared.events.schemas import EventKind

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.2
"""Between two looks for new events; without anybody who listens there is none."""
RIGHTS_SECONDS = 5.0
"""How long a right that was taken away, or a sign-out, may go unnoticed by a stream."""
PAUSE_SECONDS = 1.0
"""After a look that failed."""
EVENTS_A_LOOK = 1000
"""Of one company; the next look takes the others."""
QUEUE = 1000
"""Events that wait for a listener who takes none: then the stream ends, and may be resumed."""
KINDS = frozenset(EventKind)
"""A newer build, while it takes over, may tell of others: they are its own listeners' to hear."""


class TooManyStreams(Unavailable):
    """As many listen as the process takes."""

    code, title = "too-many-streams", "Too many streams"


class Stream:
    """One listener: what has happened since they came, as far as they may see it."""

    def __init__(self, actor: Actor, *, begins: Place) -> None:
        """What is at or before the place that it begins at is not told."""
        self.actor = actor
        self.begins = begins
        self.timer: asyncio.TimerHandle | None = None
        """Ends it; whoever closes it before takes it back, as it would hold on to the stream."""
        self._queue: asyncio.Queue[tuple[Place, ServerSentEvent] | None] = asyncio.Queue()

    def put(self, place: Place, message: ServerSentEvent) -> bool:
        """Hand over an event; False where the listener takes none any more."""
        if self._queue.qsize() >= QUEUE:
            return False
        self._queue.put_nowait((place, message))
        return True

    def end(self) -> None:
        """Nothing more comes; what is in the queue is still taken."""
        self._queue.put_nowait(None)

    async def take(self) -> ServerSentEvent | None:
        """The next event; None at the end."""
        while (next_one := await self._queue.get()) is not None:
            place, message = next_one
            if place > self.begins:
                return message
        return None


class Feed:
    """All streams of a process."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        *,
        most: int,
        stream_seconds: float,
        is_draining: Callable[[], bool],
    ) -> None:
        """`most` streams at once, each so long; once the process drains, all of them end and no other begins."""
        self._sessions = sessions
        self._most = most
        self._stream_seconds = stream_seconds
        self._is_draining = is_draining
        self._streams: dict[UUID, set[Stream]] = {}
        self._places: dict[UUID, Place] = {}
        self._looking: asyncio.Task[None] | None = None
        self._rights_at = 0.0

    @property
    def listening(self) -> int:
        """How many listen."""
        return sum(map(len, self._streams.values()))

    def check_room(self) -> None:
        """Refuse one more where there are too many.

        Raises:
            TooManyStreams: as many listen as may, or the process is about to end.
        """
        if self._is_draining() or self.listening >= self._most:
            raise TooManyStreams("This process has as many streams as it takes; try again soon.", retry_after=1)

    async def open(self, session: AsyncSession, *, actor: Actor) -> Stream:
        """Listen from now on, for a while; whoever opens a stream closes it."""
        company_id = actor.company_id
        if company_id not in self._places:
            here = await find_here(session)
            # who came meanwhile has set it, and may have been told of more since
            self._places.setdefault(company_id, here)
        stream = Stream(actor, begins=self._places[company_id])
        self._streams.setdefault(company_id, set()).add(stream)
        stream.timer = asyncio.get_running_loop().call_later(self._stream_seconds, self._finish, stream)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_on())
        return stream

    def close(self, stream: Stream) -> None:
        """Nobody listens to it any more."""
        if stream.timer is not None:
            stream.timer.cancel()
        company_id = stream.actor.company_id
        listening = self._streams.get(company_id, set())
        listening.discard(stream)
        if not listening:
            self._streams.pop(company_id, None)
            self._places.pop(company_id, None)

    async def catch_up(self, stream: Stream, *, after: Place) -> list[StoredEvent] | None:
        """What the stream's listener may see of what happened before it began; None where that is too much to tell.

        Also where the place is one that this database has not come to: another one told of it.
        """
        actor, until = stream.actor, stream.begins
        async with reading(self._sessions) as uow:
            if after > await find_here(uow.session):
                return None
            stream.begins = max(until, after)  # another process may have told them of more than this one has seen
            found = await read_events(uow.session, after={actor.company_id: after}, most=EVENTS_A_LOOK)
            missed = [event for event in found if event.place <= until]
            if len(missed) == EVENTS_A_LOOK:
                return None
            seen = await find_audience(uow.session, company_id=actor.company_id, events=missed, listeners=[actor])
        return [event for event in _newest(missed) if event.subject_id in seen[actor.principal_id]]

    async def _look_on(self) -> None:
        """For as long as anybody listens."""
        pause = LOOK_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = LOOK_SECONDS
            if self._is_draining():
                for stream in list(self._all()):
                    self._finish(stream)
            if not self._streams:
                return
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - whatever it was, those who listen are told a moment later
                log.warning("no events could be read", passing=is_passing(error), reason=repr(error)[:300])
                pause = PAUSE_SECONDS

    async def _look(self) -> None:
        after = dict(self._places)
        async with reading(self._sessions) as uow:
            await self._renew_rights(uow.session)
            by_company: dict[UUID, list[StoredEvent]] = {}
            for event in await read_events(uow.session, after=after, most=EVENTS_A_LOOK):
                by_company.setdefault(event.company_id, []).append(event)
            failures = []
            for company_id, events in by_company.items():
                try:
                    await self._tell(uow.session, company_id, events, after[company_id])
                except Exception as error:
                    if is_passing(error):
                        raise
                    failures.append(error)  # what is wrong with one company is no reason to tell another nothing
        if failures:
            raise failures[0]

    async def _tell(self, session: AsyncSession, company_id: UUID, events: Sequence[StoredEvent], was: Place) -> None:
        """Hand the events to whoever may see them, and go on behind them."""
        seen: dict[UUID, set[UUID]] = {}
        # who comes while we ask begins at the old place, and is asked about in turn
        while actors := [one for one in self._actors(company_id) if one.principal_id not in seen]:
            found = await find_audience(session, company_id=company_id, events=events, listeners=actors)
            seen |= {actor.principal_id: found[actor.principal_id] for actor in actors}
        if self._places.get(company_id) != was:
            return  # all have gone meanwhile, and whoever came then began later
        messages = [(event.place, event.subject_id, message_of(event)) for event in _newest(events)]
        for stream in list(self._streams[company_id]):
            sights = seen[stream.actor.principal_id]
            if not all(stream.put(place, message) for place, subject, message in messages if subject in sights):
                self._end(stream)
        if company_id in self._streams:
            self._places[company_id] = events[-1].place

    async def _renew_rights(self, session: AsyncSession) -> None:
        """Roles as they are now; whoever is signed out, or gone, hears nothing more."""
        now = asyncio.get_running_loop().time()
        if now - self._rights_at < RIGHTS_SECONDS:
            return
        streams = list(self._all())
        ids = [stream.actor.session_id for stream in streams if stream.actor.session_id is not None]
        roles = await roles_of(session, session_ids=ids)
        for stream in streams:
            held = roles.get(stream.actor.session_id) if stream.actor.session_id is not None else None
            if held is None:
                self._end(stream)
            else:
                stream.actor = replace(stream.actor, roles=held)
        self._rights_at = now

    def _actors(self, company_id: UUID) -> Iterable[Actor]:
        return {stream.actor.principal_id: stream.actor for stream in self._streams.get(company_id, ())}.values()

    def _all(self) -> Iterable[Stream]:
        return (stream for listening in self._streams.values() for stream in listening)

    def _end(self, stream: Stream) -> None:
        self.close(stream)
        stream.end()

    def _finish(self, stream: Stream) -> None:
        """Its time is over; it is told how far it has come, or it would come back for what others alone have heard."""
        place = self._places[stream.actor.company_id]
        stream.put(place, farewell(Mark(place, utc_now())))
        self._end(stream)


def _newest(events: Iterable[StoredEvent]) -> list[StoredEvent]:
    """Of several events of one kind and subject the last: they say the same."""
    last = {(event.kind, event.subject_id): event for event in events if event.kind in KINDS}
    return sorted(last.values(), key=lambda event: event.place)
