"""What is told: a change, once it is committed, to readers who miss none of it (ADR 44)."""

import asyncio
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.db.session import reading, transaction
from attain_shared.events.queries import Happening, Place, StoredEvent, read_events, tell
from attain_shared.events.schemas import EventKind
from attain_shared.goals.queries import mark_goals
from attain_shared.identifiers import new_id
from attain_worker.attainment import service
from tests.support.companies import make_company
from tests.support.goals import indicator, make_cycle, make_goal
from tests.support.pushes import Pusher, make_pusher, push_and_take_in
from tests.support.worker import recompute, work_off

BEGIN = Place(0, UUID(int=0))
DAY = "2026-07-01"


async def written(state: ApiState, company_id: UUID) -> list[str]:
    """The subjects of all events, as they were written."""
    statement = text("SELECT subject_id::text FROM events WHERE company_id = :company_id ORDER BY position, id")
    async with reading(state.sessions) as uow:
        return list(await uow.session.scalars(statement, {"company_id": company_id}))


async def read_all(state: ApiState, company_id: UUID, after: Place = BEGIN) -> list[StoredEvent]:
    """What a reader is given now."""
    async with reading(state.sessions) as uow:
        return await read_events(uow.session, after={company_id: after}, most=100)


async def happen(state: ApiState, company_id: UUID, subject_id: UUID) -> None:
    async with transaction(state.sessions, state.doorbell) as uow:
        await tell_of(uow, company_id, subject_id)


async def tell_of(uow: Any, company_id: UUID, subject_id: UUID) -> None:
    happening = Happening(subject_id, {"goal_id": str(subject_id)})
    await tell(uow.session, company_id=company_id, kind=EventKind.ATTAINMENT_CHANGED, happenings=[happening])


async def two_goals(api: AsyncClient, state: ApiState) -> tuple[Pusher, list[str]]:
    """On gmv and on uv of one shop, computed once."""
    pusher = await make_pusher(state)
    cycle = (await make_cycle(api, pusher.company))["id"]
    goals = [
        (await make_goal(api, pusher.company, indicator([pusher.shop.id], metric), cycle_id=cycle, weight="0"))["id"]
        for metric in ("gmv", "uv")
    ]
    await work_off(state, pusher.company_id)
    return pusher, goals


async def test_a_goal_is_told_of_when_its_figures_change_and_only_then(api: AsyncClient, state: ApiState) -> None:
    pusher, (gmv, uv) = await two_goals(api, state)
    company_id = pusher.company_id
    assert sorted(await written(state, company_id)) == sorted([gmv, uv])  # computed for the first time
    await push_and_take_in(api, state, pusher, pusher.row(value="5", bucket=DAY))
    await work_off(state, company_id)
    assert (await written(state, company_id))[2:] == [gmv]
    async with transaction(state.sessions, state.doorbell) as uow:
        await mark_goals(uow.session, company_id=company_id, marks=[(UUID(gmv), None), (UUID(uv), None)])
    await recompute(state, company_id)
    assert (await written(state, company_id))[2:] == [gmv]


async def test_pace_that_moves_with_the_calendar_is_not_told(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every midnight would be an event for every goal."""
    pusher, goals = await two_goals(api, state)
    told = []
    for day in (date(2026, 7, 15), date(2026, 7, 16)):
        async with transaction(state.sessions, state.doorbell) as uow:
            await mark_goals(uow.session, company_id=pusher.company_id, marks=[(UUID(goal), None) for goal in goals])
        monkeypatch.setattr(service, "business_day", lambda day=day: day)
        await recompute(state, pusher.company_id)
        told.append(await written(state, pusher.company_id))
    async with reading(state.sessions) as uow:
        days = text("SELECT DISTINCT business_day FROM attainments WHERE company_id = :company_id")
        assert list(await uow.session.scalars(days, {"company_id": pusher.company_id})) == [date(2026, 7, 16)]
    assert told[0] == told[1]


async def test_what_is_rolled_back_is_not_told(state: ApiState) -> None:
    company_id = (await make_company(state)).company_id
    with suppress(ZeroDivisionError):
        async with transaction(state.sessions, state.doorbell) as uow:
            await tell_of(uow, company_id, new_id())
            raise ZeroDivisionError
    assert await written(state, company_id) == []


async def test_what_commits_late_is_read_before_what_began_after_it(state: ApiState) -> None:
    """A reader that took what is there would go on behind it, and never see the late one."""
    company_id = (await make_company(state)).company_id
    early, late = new_id(), new_id()
    async with transaction(state.sessions, state.doorbell) as uow:
        await tell_of(uow, company_id, early)
        await happen(state, company_id, late)
        assert await written(state, company_id) == [str(late)]
        assert await read_all(state, company_id) == []
    seen = await until_read(state, company_id, 2)
    assert [event.subject_id for event in seen] == [early, late]
    assert await read_all(state, company_id, seen[0].place) == seen[1:]
    assert await read_all(state, company_id, seen[1].place) == []


async def test_companies_are_read_apart(state: ApiState) -> None:
    one, other = (await make_company(state)).company_id, (await make_company(state)).company_id
    subjects = {one: new_id(), other: new_id()}
    for company_id, subject_id in subjects.items():
        await happen(state, company_id, subject_id)
    await until_read(state, other, 1)
    async with reading(state.sessions) as uow:
        both = await read_events(uow.session, after=dict.fromkeys(subjects, BEGIN), most=100)
    assert {event.company_id: event.subject_id for event in both} == subjects
    assert [event.subject_id for event in await read_all(state, one)] == [subjects[one]]


async def until_read(state: ApiState, company_id: UUID, count: int) -> list[StoredEvent]:
    """Other tests' transactions on the server may still run; none runs for long."""
    async with asyncio.timeout(20):
        while len(seen := await read_all(state, company_id)) < count:  # noqa: ASYNC110 - of the database
            await asyncio.sleep(0.05)
    return seen
