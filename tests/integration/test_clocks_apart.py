"""Hosts whose clocks differ: what a worker whose clock is ahead has to find all the same (F11, ING-4)."""

import asyncio
from datetime import timedelta
from itertools import count
from uuid import UUID

import pytest
from httpx import AsyncClient

from attain_api.batches import service as batches
from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.identifiers import first_id_at
from attain_worker import repository
from attain_worker.runner import Runner
from tests.integration.test_worker_runner import new_runner, only, run_until, until_done
from tests.support.pushes import make_pusher

FOUND_SECONDS = 5.0
"""Two looks and a little: the look from the start, which finds it too, comes once a minute."""


async def test_a_push_of_an_api_whose_clock_is_behind_is_found_at_the_second_look(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its id is older than any push in flight can be, and lies below what the worker takes for done."""
    pusher, worker = await make_pusher(state), new_runner(state)
    monkeypatch.setattr(repository, "list_companies_with_work", only(pusher))
    hour_ago, numbers = first_id_at(utc_now() - timedelta(hours=1)).int, count(1)

    async def found() -> None:
        await until_done(api, pusher, first)
        monkeypatch.setattr(batches, "new_id", lambda: UUID(int=hour_ago + next(numbers)))
        for day in range(2, 5):
            batch = await pusher.push(api, pusher.row(bucket=f"2026-07-0{day}"))
            async with asyncio.timeout(FOUND_SECONDS):
                await asyncio.gather(until_done(api, pusher, batch), look_twice(worker))

    first = await pusher.push(api, pusher.row())
    await run_until(worker, asyncio.create_task(found()))


async def look_twice(worker: Runner) -> None:
    """As the bell and the sweep have it look."""
    for _ in range(2):
        worker.look()
        await asyncio.sleep(0.2)
