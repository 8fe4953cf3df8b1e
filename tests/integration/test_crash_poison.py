"""What a dead worker leaves behind: batches that killed it, companies nobody lists any more (ING-4, ING-5)."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.doorbell import MemoryDoorbell
from attain_worker import repository as worker_repository
from attain_worker.facts import claim as rows
from attain_worker.facts import service as facts
from attain_worker.ingestion import repository
from attain_worker.ingestion.service import MAX_ATTEMPTS, Ingestion
from attain_worker.maintenance.service import Housekeeping
from tests.support.pushes import Pusher, make_pusher, read_batch, read_values


class WorkerDied(BaseException):
    """Stands for kill -9: nothing in the worker may catch it."""


def fresh_worker(state: ApiState) -> Ingestion:
    """The ingestion of a worker just started."""
    return Ingestion(state.sessions, state.doorbell, claim_rows=20_000)


async def make_all_due(state: ApiState, pusher: Pusher) -> None:
    """Let the time to the next try pass."""
    async with transaction(state.sessions, MemoryDoorbell()) as uow:
        statement = "UPDATE metric_batches SET due_at = now() WHERE company_id = :company_id"
        await uow.session.execute(text(statement), {"company_id": pusher.company_id})


async def test_a_batch_that_kills_the_worker_is_put_aside_after_five_deaths(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ING-5, F8: a death leaves no exception behind, so the try is counted before it is made."""
    pusher = await make_pusher(state)
    deadly = await pusher.push(api, pusher.row(value="666"))
    sound = await pusher.push(api, pusher.row("uv", value="7"))
    sort_out = rows.sort_out

    def die(batches: Any, pushes: Any, known: Any) -> Any:
        if any(bytes(row.value) == b'"666"' for push in pushes for row in push.observations):
            raise WorkerDied
        return sort_out(batches, pushes, known)

    monkeypatch.setattr(facts, "sort_out", die)
    deaths = 0
    for _ in range(MAX_ATTEMPTS + 3):
        await make_all_due(state, pusher)
        worker = fresh_worker(state)
        try:
            while await worker.take_in(pusher.company_id):
                pass
        except WorkerDied:
            deaths += 1
    assert deaths == MAX_ATTEMPTS
    read = await read_batch(api, pusher, deadly)
    assert (read["state"], read["error"]) == ("failed", "the worker ended during each try")
    assert read["allowed_actions"] == ["replay"]
    assert (await read_batch(api, pusher, sound))["state"] == "done"


async def test_after_a_start_the_oldest_batches_go_one_by_one_and_then_together(
    api: AsyncClient, state: ApiState
) -> None:
    pusher = await make_pusher(state)
    batches = [await pusher.push(api, pusher.row(bucket=f"2026-07-{day:02}")) for day in range(1, 7)]
    worker = Ingestion(state.sessions, state.doorbell, claim_rows=20_000, alone_first=2)
    done = []
    while await worker.take_in(pusher.company_id):
        states = [(await read_batch(api, pusher, batch))["state"] for batch in batches]
        done.append(states.count("done"))
    assert done == [1, 2, 6]
    assert {(await read_batch(api, pusher, batch))["attempts"] for batch in batches} == {1}
    assert [value["value"] for value in await read_values(api, pusher, to="2026-07-06")] == ["100"] * 6


async def test_a_push_that_committed_just_as_its_company_was_forgotten_is_listed_again(
    api: AsyncClient, state: ApiState
) -> None:
    """Whatever the race was: the minute's look lists every company that has something to do."""
    pusher = await make_pusher(state)
    await pusher.push(api, pusher.row())
    async with transaction(state.sessions, MemoryDoorbell()) as uow:
        forget = "DELETE FROM company_work WHERE company_id = :company_id"
        await uow.session.execute(text(forget), {"company_id": pusher.company_id})
    await Housekeeping(state.sessions, state.doorbell).list_forgotten_work()
    async with transaction(state.sessions, MemoryDoorbell()) as uow:
        assert pusher.company_id in await worker_repository.list_companies_with_work(uow.session)


async def test_many_workers_that_start_at_once_count_one_try(api: AsyncClient, state: ApiState) -> None:
    """All see the same oldest batch; were each to count a try of it, the sixth would put a sound batch aside."""
    pusher = await make_pusher(state)
    batch = UUID(await pusher.push(api, pusher.row()))

    async def count() -> int | None:
        async with transaction(state.sessions, MemoryDoorbell()) as uow:
            return await repository.count_attempt(uow.session, company_id=pusher.company_id, batch_id=batch)

    counted = await asyncio.gather(*(count() for _ in range(8)))
    assert sorted(one for one in counted if one) == [1]


async def test_a_batch_that_is_not_due_yet_keeps_a_started_worker_careful(api: AsyncClient, state: ApiState) -> None:
    """It may be the one that killed the worker: it still goes alone when its time comes."""
    pusher = await make_pusher(state)
    batches = [await pusher.push(api, pusher.row(bucket=f"2026-07-0{day}")) for day in (1, 2)]
    async with transaction(state.sessions, MemoryDoorbell()) as uow:
        later = "UPDATE metric_batches SET due_at = now() + interval '1 hour' WHERE company_id = :company_id"
        await uow.session.execute(text(later), {"company_id": pusher.company_id})
    worker = fresh_worker(state)
    assert not await worker.take_in(pusher.company_id)
    await make_all_due(state, pusher)
    assert await worker.take_in(pusher.company_id)
    assert [(await read_batch(api, pusher, batch))["state"] for batch in batches] == ["done", "stored"]
