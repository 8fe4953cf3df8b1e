"""`/v1/events`."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from attain_api.deps import CurrentActor, State, Uow, allow
from attain_api.events import service
from attain_api.problems import problems
from attain_shared.errors import Unavailable

router = APIRouter(prefix="/v1/events", tags=["Events"])

PEOPLE = allow("admin", "hr", "executive", "employee")


LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        max_length=200,
        description="The `id` of the last event that the client has seen: it is told of those after it.",
    ),
]


async def _listen(
    uow: Uow, state: State, actor: CurrentActor, last_event_id: LastEventId = None
) -> AsyncIterator[ServerSentEvent]:
    """Before the answer begins: whoever cannot listen is told why, and takes no place among those who do."""
    stream = await service.listen(uow, feed=state.feed, actor=actor)
    return service.tell(state.feed, stream, last_event_id=last_event_id)


@router.get(
    "",
    summary="Listen to what happens",
    response_class=EventSourceResponse,
    dependencies=[PEOPLE],
    responses=problems(Unavailable),
)
async def listen_to_events(
    messages: Annotated[AsyncIterator[ServerSentEvent], Depends(_listen)],
) -> AsyncIterable[ServerSentEvent]:
    """Server-sent events: `attainment.changed`, `review.step_changed`, `alert.raised` and `alert.cleared`.

    Only of what the caller sees. The data of each is `{"id", "kind", "subject_id", "happened_at", "data"}`, and says what
    has changed, not into what. The first event is `hello`; or `reset` where not all that was missed can be told: then
    ask for everything anew. A stream lasts five minutes: come back with `Last-Event-ID`, and nothing is missed.
    Browsers' own `EventSource` sends no `Authorization`: read it by `fetch`.
    """
    async for message in messages:
        yield message
