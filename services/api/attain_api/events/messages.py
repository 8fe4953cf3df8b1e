"""Events as they go over the wire."""

from fastapi.sse import ServerSentEvent

from attain_api.events.places import Mark
from attain_shared.events.queries import StoredEvent
from attain_shared.events.schemas import EventKind, EventRead

RETRY_MS = 1000
"""How long a client waits before it comes back."""


def message_of(event: StoredEvent) -> ServerSentEvent:
    """An event, with the mark to come back with."""
    read = EventRead(
        id=event.id,
        kind=EventKind(event.kind),
        subject_id=event.subject_id,
        happened_at=event.happened_at,
        data=event.data,
    )
    mark = Mark(event.place, event.happened_at)
    return ServerSentEvent(event=event.kind, id=str(mark), raw_data=read.model_dump_json())


def hello(mark: Mark) -> ServerSentEvent:
    """The first one: the stream has begun, and all that came before this mark is told."""
    return ServerSentEvent(event="hello", id=str(mark), retry=RETRY_MS, raw_data="{}")


def farewell(mark: Mark) -> ServerSentEvent:
    """The last of a stream: a mark alone, which clients keep and take for no event (HTML standard, 9.2.6)."""
    return ServerSentEvent(id=str(mark))


def reset(mark: Mark) -> ServerSentEvent:
    """The first one for whoever cannot be told of all that they missed: everything is to be asked for anew."""
    return ServerSentEvent(event="reset", id=str(mark), retry=RETRY_MS, raw_data="{}")
