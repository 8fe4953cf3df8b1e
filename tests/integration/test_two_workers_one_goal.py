"""Two workers, one goal, restatements interleaved at every point that matters: the last attainment is the facts' state."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count, product
from typing import Any
from unittest.mock import patch

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.db.session import reading
from attain_shared.goals import evaluation
from attain_shared.metrics.months import find_differing
from attain_worker.attainment import repository as attainments
from attain_worker.facts import service as facts
from tests.support.fresh import client_of, fresh_state
from tests.support.goals import indicator, make_cycle, make_goal, read_attainment
from tests.support.pushes import Pusher, make_pusher
from tests.support.worker import new_ingestion, new_recompute, work_off

FIRST_READ = datetime(2026, 10, 1, tzinfo=UTC)
BETWEEN = "between the claim and the recompute"

Step = Callable[..., Awaitable[Any]]
STEPS: dict[str, tuple[object, str]] = {
    "months are summed up": (facts, "sum_up_changed"),
    "goals are marked": (facts, "mark_goals"),
    "marks are read": (attainments, "read_marks"),
    "facts are read": (evaluation, "load_inputs"),
    "marks are taken": (attainments, "take_marks"),
    "the attainment is stored": (attainments, "store_attainments"),
}
POINTS = [BETWEEN, *(f"{when} {step}" for step in STEPS for when in ("before", "after"))]
"""Where a worker can be held."""
ORDERS = ((True, True), (False, True), (True, False))
"""Whether the first one held goes on first, and whether one at a time recomputes a company: that only saves work."""


class Barrier:
    """Holds one worker at a point, once."""

    def __init__(self, point: str) -> None:
        self._point = point
        self._reached, self._go_on = asyncio.Event(), asyncio.Event()

    async def at(self, point: str) -> None:
        """Wait here, if this is the point."""
        if point == self._point and not self._reached.is_set():
            self._reached.set()
            await self._go_on.wait()

    @property
    def is_reached(self) -> bool:
        """Whether the worker is there, or was."""
        return self._reached.is_set()

    def release(self) -> None:
        """Let the worker go on."""
        self._go_on.set()


BARRIER: ContextVar[Barrier] = ContextVar("barrier")
"""Of the worker that the present task is."""


def held_at(name: str, step: Step) -> Step:
    async def held(*arguments: Any, **named: Any) -> Any:
        barrier = BARRIER.get(None)
        if barrier is None:
            return await step(*arguments, **named)
        await barrier.at(f"before {name}")
        result = await step(*arguments, **named)
        await barrier.at(f"after {name}")
        return result

    return held


@pytest.fixture(autouse=True)
def barriers() -> Iterator[None]:
    """Every step looks for its worker's barrier."""
    with _all_held():
        yield


@contextmanager
def _all_held() -> Iterator[None]:
    patches = [patch.object(place, name, held_at(step, getattr(place, name))) for step, (place, name) in STEPS.items()]
    for one in patches:
        one.start()
    yield
    for one in patches:
        one.stop()


@pytest.fixture(scope="module")
async def apart(postgres_url: str, state: ApiState) -> AsyncIterator[ApiState]:
    """A database of this file's own."""
    async with fresh_state(postgres_url, state) as own:
        yield own


@pytest.fixture(scope="module")
async def client(apart: ApiState) -> AsyncIterator[AsyncClient]:
    async with client_of(apart) as own:
        yield own


async def work(state: ApiState, pusher: Pusher, barrier: Barrier) -> None:
    """One claim and one recompute after the other, as a worker's round has them, until nothing is left."""
    BARRIER.set(barrier)
    ingestion, recompute, busy = new_ingestion(state), new_recompute(state), True
    while busy:
        busy = await ingestion.take_in(pusher.company_id)
        await barrier.at(BETWEEN)
        busy |= await recompute.recompute(pusher.company_id)


async def unlocked(*_: object, **__: object) -> bool:
    return True


async def come_to_rest(state: ApiState, worker: asyncio.Task[None], barrier: Barrier | None = None) -> None:
    """Until the worker has ended, is at its barrier, or waits for what the other holds."""
    statement = text(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
    )
    while not worker.done() and not (barrier and barrier.is_reached):
        async with reading(state.sessions) as uow:
            if await uow.session.scalar(statement):
                return
        await asyncio.sleep(0.002)


async def state_of_facts(state: ApiState, pusher: Pusher) -> Decimal:
    statement = text("SELECT sum(value) FROM observations WHERE company_id = :company_id")
    async with reading(state.sessions) as uow:
        total: Decimal = await uow.session.scalar(statement, {"company_id": pusher.company_id})
        for month in (date(2026, 7, 1), date(2026, 8, 1)):
            assert await find_differing(uow.session, company_id=pusher.company_id, month=month) == []
    return total


@pytest.mark.no_cover
@pytest.mark.parametrize("first", POINTS)
async def test_the_last_attainment_is_the_state_of_the_facts(client: AsyncClient, apart: ApiState, first: str) -> None:
    """GOAL-10: the one is held at one point, the other at another, and go on in either order."""
    pusher = await make_pusher(apart)
    cycle = (await make_cycle(client, pusher.company))["id"]
    goal = (await make_goal(client, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle))["id"]
    await work_off(apart, pusher.company_id)
    restated = count(1)

    async def start(point: str, day: str) -> tuple[Barrier, asyncio.Task[None]]:
        """Push a restatement of a row that both restate and one of its own, and have a worker take it in."""
        number = next(restated)
        # every third was read before the one before it: it is stale where both restate
        at = FIRST_READ + timedelta(minutes=number - 2 * (number % 3 == 0))
        rows = pusher.row(value=str(number)), pusher.row(bucket=day, value=str(1000 * number))
        await pusher.push(client, *rows, observed_at=at.isoformat())
        barrier = Barrier(point)
        worker = asyncio.create_task(work(apart, pusher, barrier))
        await come_to_rest(apart, worker, barrier)
        return barrier, worker

    for second, (is_first_first, is_locked) in product(POINTS, ORDERS):
        with nullcontext() if is_locked else patch.object(attainments, "try_lock_company", unlocked):
            both = [await start(first, "2026-07-02"), await start(second, "2026-08-02")]
            for barrier, worker in both if is_first_first else reversed(both):
                barrier.release()
                await come_to_rest(apart, worker)
            await asyncio.gather(*(worker for _, worker in both))
        await work_off(apart, pusher.company_id)  # as the next round would: what is marked is not said to be so
        shown = await read_attainment(client, pusher.company, goal)
        expected = await state_of_facts(apart, pusher)
        assert Decimal(shown["indicators"][0]["actual"]) == expected, (second, is_first_first, is_locked)
    print(f"held {first}: {len(POINTS) * len(ORDERS)} interleavings")
