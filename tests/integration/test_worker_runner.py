"""The worker's round: who has work is found, served, and forgotten once idle (ING-4, ING-5)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from prometheus_client import CollectorRegistry
from sqlalchemy import select
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.work.models import CompanyWork
from attain_worker import repository, runner
from attain_worker.curves.wanted import WantedCurves
from attain_worker.ingestion.service import Ingestion
from attain_worker.jobs import Jobs
from attain_worker.runner import Runner
from tests.support.goals import indicator, make_cycle, make_goal, read_attainment
from tests.support.pushes import Pusher, make_pusher, read_batch
from tests.support.worker import count_rows, cross_check, new_checks, new_curves, new_ingestion, new_recompute, take_in


def new_runner(state: ApiState, *, ingestion: Ingestion | None = None) -> Runner:
    wanted = WantedCurves()
    return Runner(
        state.sessions,
        state.doorbell,
        ingestion=ingestion or new_ingestion(state),
        recompute=new_recompute(state, wanted_curves=wanted),
        checks=new_checks(state),
        curves=new_curves(state, wanted),
        jobs=Jobs(CollectorRegistry()),
    )


async def listed(state: ApiState, pusher: Pusher) -> bool:
    async with transaction(state.sessions, state.doorbell) as uow:
        return pusher.company_id in await repository.list_companies_with_work(uow.session)


def only(pusher: Pusher) -> Callable[[object], Awaitable[set[UUID]]]:
    """No other company has work."""

    async def listed_alone(_session: object) -> set[UUID]:
        return {pusher.company_id}

    return listed_alone


async def run_until(worker: Runner, condition: "asyncio.Future[None] | asyncio.Task[None]") -> None:
    """Let a worker run until something holds, then stop it."""
    running = asyncio.create_task(worker.run())
    await asyncio.wait({running, condition}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    worker.stop()
    await asyncio.wait_for(running, timeout=10)
    await condition


async def until_done(api: AsyncClient, pusher: Pusher, batch: str) -> None:
    while (await read_batch(api, pusher, batch))["state"] != "done":  # noqa: ASYNC110 - a process has no event to wait for
        await asyncio.sleep(0.02)


async def test_a_worker_finds_the_push_and_recomputes_its_goals(api: AsyncClient, state: ApiState) -> None:
    """GOAL-10."""
    pusher = await make_pusher(state)
    cycle = (await make_cycle(api, pusher.company))["id"]
    goal = (await make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle))["id"]
    batch = await pusher.push(api, pusher.row(value="1500"))
    assert await listed(state, pusher)

    async def shown() -> None:
        params = {"wait_for_batch": batch, "timeout": 10}
        found = await read_attainment(api, pusher.company, goal, **params)
        assert found["indicators"][0]["attainment"] == "1.500000"

    await run_until(new_runner(state), asyncio.create_task(shown()))


async def test_figures_are_cross_checked_once_nothing_is_left_to_take_in(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MET-9."""
    pusher, ingestion = await make_pusher(state), new_ingestion(state)
    await pusher.push(api, *(pusher.row(metric, value="10") for metric in ("gmv", "aov", "paying_buyers")))
    await take_in(state, pusher.company_id)
    marks: list[int] = []

    async def busy_thrice(company_id: UUID) -> bool:
        marks.append(await count_rows(state, "shop_checks", pusher.company_id))
        return company_id == pusher.company_id and len(marks) <= 3

    async def found() -> None:
        while await count_rows(state, "metric_findings", pusher.company_id) == 0:  # noqa: ASYNC110 - a process has no event to wait for
            await asyncio.sleep(0.02)

    async def batches_thrice(*_: Any, **__: Any) -> list[repository.Work]:
        return [repository.Work(pusher.company_id, has_batches=len(marks) <= 3, has_marks=False, has_checks=True)]

    monkeypatch.setattr(ingestion, "take_in", busy_thrice)
    monkeypatch.setattr(repository, "find_work", batches_thrice)
    await run_until(new_runner(state, ingestion=ingestion), asyncio.create_task(found()))
    assert marks[:4] == [1, 1, 1, 1]


async def test_a_push_does_not_wait_for_a_cross_check(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MET-9, GOAL-10."""
    pusher, begun, released = await make_pusher(state), asyncio.Event(), asyncio.Event()

    async def lasts(_company_id: UUID) -> bool:
        begun.set()
        await released.wait()
        return False

    worker = new_runner(state)
    await pusher.push(api, pusher.row("uv"))
    await take_in(state, pusher.company_id)
    monkeypatch.setattr(worker._checks, "check", lasts)
    monkeypatch.setattr(repository, "list_companies_with_work", only(pusher))

    async def taken_in() -> None:
        await begun.wait()
        batch = await pusher.push(api, pusher.row())
        worker.look()
        await until_done(api, pusher, batch)
        released.set()

    await run_until(worker, asyncio.create_task(taken_in()))


async def make_paced_goal(api: AsyncClient, pusher: Pusher) -> str:
    """A goal that runs today, of a figure that has begun."""
    today = business_day()
    cycle = (await make_cycle(api, pusher.company, kind="year", starts_on=f"{today.year}-01-01"))["id"]
    days = {"starts_on": str(today - timedelta(days=9)), "ends_on": str(today + timedelta(days=9))}
    goal = await make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle, **days)
    return str(goal["id"])


async def test_a_worker_draws_the_curves_that_goals_lack(api: AsyncClient, state: ApiState) -> None:
    """GOAL-7: and computes the goals anew, until none is marked."""
    pusher = await make_pusher(state)
    await make_paced_goal(api, pusher)

    async def drawn() -> None:
        curves = marks = 0
        while curves == 0 or marks > 0:
            await asyncio.sleep(0.02)
            curves = await count_rows(state, "pace_curves", pusher.company_id)
            marks = await count_rows(state, "goal_marks", pusher.company_id)

    await run_until(new_runner(state), asyncio.create_task(drawn()))


async def test_a_push_does_not_wait_for_a_curve(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GOAL-7, GOAL-10: and what is being drawn hears that somebody waits."""
    pusher, begun, released = await make_pusher(state), asyncio.Event(), asyncio.Event()
    worker = new_runner(state)
    take_in, served = worker._ingestion.take_in, []

    async def lasts(_company_id: UUID, *, may_go_on: Callable[[], bool]) -> bool:
        served.append(may_go_on)
        begun.set()
        await released.wait()
        return False

    async def look_whether_to_go_on(company_id: UUID) -> bool:
        went_on.append(served[0]())
        return await take_in(company_id)

    went_on: list[bool] = []
    await make_paced_goal(api, pusher)
    monkeypatch.setattr(worker._curves, "draw", lasts)
    monkeypatch.setattr(repository, "list_companies_with_work", only(pusher))

    async def taken_in() -> None:
        await begun.wait()
        assert served[0]()
        monkeypatch.setattr(worker._ingestion, "take_in", look_whether_to_go_on)
        batch = await pusher.push(api, pusher.row())
        worker.look()
        await until_done(api, pusher, batch)
        assert went_on[0] is False
        released.set()

    await run_until(worker, asyncio.create_task(taken_in()))


async def test_nothing_is_drawn_for_a_company_with_work(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GOAL-7, GOAL-10."""
    pusher, worker = await make_pusher(state), new_runner(state)
    turns: list[int] = []
    drawn: list[int] = []
    begun = asyncio.Event()

    async def busy_thrice(_company_id: UUID) -> bool:
        turns.append(len(drawn))
        return True

    async def batches_thrice(*_: Any, **__: Any) -> list[repository.Work]:
        return [repository.Work(pusher.company_id, has_batches=len(turns) < 3, has_marks=False, has_checks=False)]

    async def draw(_company_id: UUID, **_: Any) -> bool:
        drawn.append(len(turns))
        begun.set()
        return False

    worker._curves._wanted.add(pusher.company_id, [pusher.company_id])
    monkeypatch.setattr(worker._ingestion, "take_in", busy_thrice)
    monkeypatch.setattr(worker._curves, "draw", draw)
    monkeypatch.setattr(repository, "find_work", batches_thrice)
    monkeypatch.setattr(repository, "list_companies_with_work", only(pusher))
    await run_until(worker, asyncio.create_task(_wait(begun)))
    assert (turns, drawn[0]) == ([0, 0, 0], 3)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def test_an_idle_company_is_forgotten_and_found_again(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "IDLE_SECONDS", 0.05)
    pusher, worker = await make_pusher(state), new_runner(state)

    async def forgotten() -> None:
        while await listed(state, pusher):
            await asyncio.sleep(0.02)
            worker.look()

    first = await pusher.push(api, pusher.row())
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(until_done(api, pusher, first), timeout=10)
    await asyncio.wait_for(forgotten(), timeout=10)
    second = await pusher.push(api, pusher.row(bucket="2026-07-02"))
    assert await listed(state, pusher)
    worker.look()
    await asyncio.wait_for(until_done(api, pusher, second), timeout=10)
    worker.stop()
    await asyncio.wait_for(running, timeout=10)


async def test_a_company_with_something_to_do_is_not_forgotten(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    await pusher.push(api, pusher.row())

    async def forget() -> None:
        async with transaction(state.sessions, state.doorbell) as uow:
            await repository.forget_idle_company(uow.session, company_id=pusher.company_id)

    await forget()
    assert await listed(state, pusher)
    while await new_ingestion(state).take_in(pusher.company_id):
        pass
    assert await count_rows(state, "shop_checks", pusher.company_id) == 1
    await forget()
    assert await listed(state, pusher)
    await cross_check(state, pusher.company_id)
    await forget()
    assert not await listed(state, pusher)
    cycle = (await make_cycle(api, pusher.company))["id"]
    await make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle)
    assert await count_rows(state, "goal_marks", pusher.company_id) == 1
    await forget()
    assert await listed(state, pusher)


async def test_a_company_whose_work_fails_does_not_stop_the_others(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ING-5."""
    broken, healthy = await make_pusher(state), await make_pusher(state)
    ingestion = new_ingestion(state)
    take_in = ingestion.take_in

    async def fail_for_one(company_id: UUID) -> bool:
        if company_id == broken.company_id:
            raise ValueError("a bug")
        return await take_in(company_id)

    monkeypatch.setattr(ingestion, "take_in", fail_for_one)
    await broken.push(api, broken.row())
    batch = await healthy.push(api, healthy.row())
    worker = new_runner(state, ingestion=ingestion)
    with capture_logs([merge_contextvars]) as logs:
        await run_until(worker, asyncio.create_task(until_done(api, healthy, batch)))
    failed = [line for line in logs if line.get("outcome") == "failed"]
    assert {(line["task"], line["company_id"]) for line in failed} == {("ingestion", str(broken.company_id))}
    assert all(isinstance(line["exc_info"], ValueError) and "job_id" in line for line in failed)


async def test_a_database_that_is_away_is_waited_for(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PAUSE_AFTER_FAILURE", 0.01)
    pusher, failures = await make_pusher(state), [ConnectionRefusedError("no"), ValueError("a bug")]
    list_companies = repository.list_companies_with_work

    async def away(session: object) -> object:
        if failures:
            raise failures.pop()
        return await list_companies(session)  # type: ignore[arg-type]

    monkeypatch.setattr(repository, "list_companies_with_work", away)
    batch = await pusher.push(api, pusher.row())
    with capture_logs() as logs:
        await run_until(new_runner(state), asyncio.create_task(until_done(api, pusher, batch)))
    events = [line["event"] for line in logs if line["log_level"] in {"warning", "error"}]
    assert events == ["the round failed; trying again", "the database is away; trying again"]


async def test_a_push_lists_its_company_once(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    wanted = select(CompanyWork.wanted_at).where(CompanyWork.company_id == pusher.company_id)
    seen = []
    for day in (1, 2):
        await pusher.push(api, pusher.row(bucket=f"2026-07-0{day}"))
        async with transaction(state.sessions, state.doorbell) as uow:
            seen.append(list(await uow.session.scalars(wanted)))
    assert seen[0] == seen[1]
    assert len(seen[0]) == 1
