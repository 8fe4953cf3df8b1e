"""Listening to what happens in a company, as it happens."""

from collections.abc import AsyncGenerator

from fastapi.sse import ServerSentEvent

from attain_api.access.actor import Actor
from attain_api.events.feed import Feed, Stream
from attain_api.events.messages import hello, message_of, reset
from attain_api.events.places import Mark, read_mark
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork


async def listen(uow: UnitOfWork, *, feed: Feed, actor: Actor) -> Stream:
    """Begin to listen.

    Raises:
        TooManyStreams: as many listen as this process takes.
    """
    feed.check_room()
    return await feed.open(uow.session, actor=actor)


async def tell(feed: Feed, stream: Stream, *, last_event_id: str | None) -> AsyncGenerator[ServerSentEvent, None]:
    """What the listener has missed, then what happens, until the stream ends."""
    try:
        if last_event_id is None:
            yield hello(Mark(stream.begins, utc_now()))
        else:
            mark = read_mark(last_event_id)
            missed = await feed.catch_up(stream, after=mark.place) if mark and mark.is_kept(utc_now()) else None
            yield hello(mark) if mark and missed is not None else reset(Mark(stream.begins, utc_now()))
            for event in missed or ():
                yield message_of(event)
        while (message := await stream.take()) is not None:
            yield message
    finally:
        feed.close(stream)
