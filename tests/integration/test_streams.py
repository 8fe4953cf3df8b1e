"""Those who listen to one process: each is told, none is remembered once gone, and none holds up another (ADR 44)."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.sse import ServerSentEvent
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text

from attain_api.app import create_app
from attain_api.events import audience, service
from attain_api.events import feed as feeding
from attain_api.events.audience import Seen
from attain_api.events.feed import Stream
from attain_api.events.places import Mark, read_mark
from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import reading, transaction
from attain_shared.events.queries import Happening, find_here, tell
from attain_shared.events.schemas import EVENTS_KEPT, EventKind
from attain_shared.identifiers import new_id
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.goals import make_cycle, make_goal
from tests.support.http import problem

MANUAL = {"kind": "manual", "name": "培训", "unit": "次", "target": "12"}
HOUR = timedelta(hours=1)


@pytest.fixture
async def lasting(state: ApiState) -> AsyncIterator[ApiState]:
    """A process whose streams do not end by themselves; they do with the test."""
    made = ApiState(
        settings=state.settings.model_copy(update={"stream_seconds": 60.0}),
        engine=state.engine,
        sessions=state.sessions,
        doorbell=state.doorbell,
        ping_queue=state.ping_queue,
    )
    yield made
    made.draining = True
    await asyncio.sleep(2 * feeding.LOOK_SECONDS)


@pytest.fixture
async def company(state: ApiState) -> Company:
    return await make_company(state, roles=("admin", "executive"))


async def open_stream(state: ApiState, member: Member) -> Stream:
    async with reading(state.sessions) as uow:
        return await state.feed.open(uow.session, actor=member.actor)


async def goal_of(api: AsyncClient, company: Company) -> UUID:
    cycle = await make_cycle(api, company)
    return UUID((await make_goal(api, company, MANUAL, cycle_id=cycle["id"]))["id"])


async def happen(state: ApiState, company: Company, goal_id: UUID) -> None:
    async with transaction(state.sessions, state.doorbell) as uow:
        happenings = [Happening(goal_id, {"goal_id": str(goal_id)})]
        await tell(uow.session, company_id=company.company_id, kind=EventKind.ATTAINMENT_CHANGED, happenings=happenings)


async def next_of(stream: Stream) -> ServerSentEvent:
    async with asyncio.timeout(20):
        message = await stream.take()
    assert message is not None
    return message


async def test_a_request_that_is_refused_takes_no_stream(lasting: ApiState, company: Company) -> None:
    """It would take a place until its time is over, with nobody at the other end."""
    async with AsyncClient(transport=ASGITransport(create_app(lasting)), base_url="http://test") as client:
        headers = company.headers | {"Last-Event-ID": "1" * 201}
        problem(await client.get("/v1/events", headers=headers), status=422, code="invalid")
    assert lasting.feed.listening == 0


async def test_whoever_has_gone_is_not_remembered(lasting: ApiState, company: Company) -> None:
    """A client that comes and goes costs the process nothing once it is gone."""
    stream = await open_stream(lasting, company)
    lasting.feed.close(stream)
    gone = weakref.ref(stream)
    del stream
    gc.collect()
    assert (lasting.feed.listening, gone()) == (0, None)


async def test_what_this_build_does_not_know_is_passed_over(
    api: AsyncClient, lasting: ApiState, company: Company
) -> None:
    """While one build replaces another, the newer one may tell of what the older one has no name for."""
    goal_id = await goal_of(api, company)
    stream = await open_stream(lasting, company)
    async with transaction(lasting.sessions, lasting.doorbell) as uow:
        unknown = text(
            "INSERT INTO events (company_id, id, kind, subject_id, data, happened_at)"
            " VALUES (:company_id, :id, 'goal.renamed', :goal_id, '{}', now())"
        )
        await uow.session.execute(unknown, {"company_id": company.company_id, "id": new_id(), "goal_id": goal_id})
    await happen(lasting, company, goal_id)
    assert (await next_of(stream)).event == EventKind.ATTAINMENT_CHANGED


async def test_a_company_that_cannot_be_told_holds_up_no_other(
    api: AsyncClient, lasting: ApiState, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await make_company(lasting, roles=("admin", "executive"))
    broken, whole = sorted((company, other), key=lambda one: one.company_id)
    streams = {one.company_id: await open_stream(lasting, one) for one in (broken, whole)}

    async def find_audience(*args: Any, company_id: UUID, **more: Any) -> Seen:
        if company_id == broken.company_id:
            raise ZeroDivisionError
        return await audience.find_audience(*args, company_id=company_id, **more)

    monkeypatch.setattr(feeding, "find_audience", find_audience)
    goals = {one.company_id: await goal_of(api, one) for one in (broken, whole)}
    for one in (broken, whole):
        await happen(lasting, one, goals[one.company_id])
    assert str(goals[whole.company_id]) in str((await next_of(streams[whole.company_id])).raw_data)
    monkeypatch.undo()
    assert str(goals[broken.company_id]) in str((await next_of(streams[broken.company_id])).raw_data)


async def test_who_comes_back_twice_is_told_from_when_their_place_was(
    api: AsyncClient, lasting: ApiState, company: Company
) -> None:
    """What came after a place is kept for a week of when it was told, not of when it was shown again."""
    async with reading(lasting.sessions) as uow:
        place = await find_here(uow.session)
    told_at = (utc_now() - EVENTS_KEPT + 2 * HOUR).replace(microsecond=0)
    await happen(lasting, company, await goal_of(api, company))
    stream = await open_stream(lasting, company)
    telling = service.tell(lasting.feed, stream, last_event_id=str(Mark(place, told_at)))
    async with aclosing(telling):
        first = await anext(telling)
    assert (first.event, read_mark(first.id)) == ("hello", Mark(place, told_at))


async def test_a_stream_ends_with_how_far_it_has_come(api: AsyncClient, lasting: ApiState, company: Company) -> None:
    """Whoever sees nothing of what happens would come back for all of it, until that is too much to tell."""
    goal_id = await goal_of(api, company)
    outsider = await make_member(lasting, company)
    ended, told = await open_stream(lasting, outsider), await open_stream(lasting, company)
    await happen(lasting, company, goal_id)
    mark = read_mark((await next_of(told)).id)
    lasting.draining = True
    last = await next_of(ended)
    assert (last.event, last.data, last.raw_data) == (None, None, None)
    kept = read_mark(last.id)
    assert mark is not None
    assert kept is not None
    assert kept.place == mark.place
    assert await ended.take() is None
