"""What a worker does by the clock: heartbeats, partitions, the turn of the day, answers kept long enough."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.testing import capture_logs

from attain_api.state import ApiState
from attain_shared.access.models import IdempotencyKey
from attain_shared.clock import business_day, utc_now
from attain_shared.db.partitions import months_ahead, partition_name
from attain_shared.db.session import create_sessions, transaction
from attain_shared.periodic import every
from attain_shared.work.models import WorkerHeartbeat
from attain_worker import main
from attain_worker.jobs import Totals
from attain_worker.maintenance import service
from attain_worker.maintenance.service import Housekeeping
from tests.support.companies import make_company
from tests.support.goals import make_cycle
from tests.support.http import created
from tests.support.worker import count_rows


async def test_a_worker_says_that_it_lives_and_the_long_dead_are_forgotten(state: ApiState) -> None:
    keeper, dead = Housekeeping(state.sessions, state.doorbell), Housekeeping(state.sessions, state.doorbell)

    async def beats() -> dict[UUID, object]:
        async with transaction(state.sessions, state.doorbell) as uow:
            rows = await uow.session.execute(select(WorkerHeartbeat.worker_id, WorkerHeartbeat.beat_at))
            return {row.worker_id: row.beat_at for row in rows}

    await dead.beat(Totals())
    async with transaction(state.sessions, state.doorbell) as uow:
        long_ago = update(WorkerHeartbeat).where(WorkerHeartbeat.worker_id == dead._worker_id)
        await uow.session.execute(long_ago.values(beat_at=utc_now() - timedelta(days=2)))
    await keeper.beat(Totals())
    first = await beats()
    assert dead._worker_id not in first
    await keeper.beat(Totals())
    second = await beats()
    assert second[keeper._worker_id] != first[keeper._worker_id]


async def test_a_worker_that_ends_well_is_listed_no_more(state: ApiState) -> None:
    ended, died = Housekeeping(state.sessions, state.doorbell), Housekeeping(state.sessions, state.doorbell)
    for keeper in (ended, died):
        await keeper.beat(Totals())
    await main._leave(ended)
    async with transaction(state.sessions, state.doorbell) as uow:
        listed = set(await uow.session.scalars(select(WorkerHeartbeat.worker_id)))
    assert died._worker_id in listed
    assert ended._worker_id not in listed


async def test_a_worker_ends_well_though_the_database_is_away(state: ApiState) -> None:
    nowhere = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    with capture_logs() as logs:
        await main._leave(Housekeeping(create_sessions(nowhere), state.doorbell))
    assert [line["event"] for line in logs] == ["the heartbeat stays listed"]
    await nowhere.dispose()


async def test_a_worker_ends_well_though_the_database_does_not_answer(
    state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object, **__: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("attain_worker.maintenance.repository.forget_worker", hang)
    began = time.monotonic()
    await main._leave(Housekeeping(state.sessions, state.doorbell))
    assert time.monotonic() - began < main.LEAVE_SECONDS + 2


async def test_only_a_heartbeat_that_reached_the_database_touches_the_file(state: ApiState, tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    nowhere = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    with pytest.raises(OSError, match="Connect call failed"):
        await Housekeeping(create_sessions(nowhere), state.doorbell, heartbeat_file=beat).beat(Totals())
    assert not beat.exists()
    await Housekeeping(state.sessions, state.doorbell, heartbeat_file=beat).beat(Totals())
    assert beat.exists()
    await nowhere.dispose()


async def test_a_year_of_partitions_is_kept_ahead(state: ApiState) -> None:
    keeper = Housekeeping(state.sessions, state.doorbell)
    await keeper.make_partitions()
    await keeper.make_partitions()
    months = months_ahead(business_day())
    assert len(months) == 13
    async with transaction(state.sessions, state.doorbell) as uow:
        for table in ("metric_batches", "observations", "observation_history"):
            for month in months:
                exists = text("SELECT to_regclass(:name) IS NOT NULL")
                assert await uow.session.scalar(exists, {"name": partition_name(table, month)}), (table, month)


async def test_a_new_day_is_noticed_once_for_every_company(state: ApiState, monkeypatch: pytest.MonkeyPatch) -> None:
    company, seen = await make_company(state), []

    async def note(_uow: object, *, company_id: UUID, today: object) -> None:
        seen.append((company_id, today))

    monkeypatch.setattr(service, "mark_goals_for_new_day", note)
    keeper = Housekeeping(state.sessions, state.doorbell)
    await keeper.notice_new_day()
    assert (company.company_id, business_day()) in seen
    told = len(seen)
    await keeper.notice_new_day()
    assert len(seen) == told
    tomorrow = business_day() + timedelta(days=1)
    monkeypatch.setattr(service, "business_day", lambda: tomorrow)
    await keeper.notice_new_day()
    assert (company.company_id, tomorrow) in seen


async def test_periodic_work_outlives_its_failures() -> None:
    runs, enough = 0, asyncio.Event()

    async def task() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise ConnectionResetError("gone")
        if runs == 3:
            enough.set()

    with capture_logs() as logs:
        running = asyncio.create_task(every(0.001, task))
        await asyncio.wait_for(enough.wait(), timeout=10)
        running.cancel()
    assert [line["event"] for line in logs] == ["periodic work failed"]
    assert logs[0]["passing"] is True


async def test_answers_older_than_a_day_are_forgotten(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await make_cycle(api, company)
    for key, month in (("old", "01"), ("new", "02")):
        body = {"kind": "month", "starts_on": f"2026-{month}-01", "name": key}
        created(await api.post("/v1/cycles", json=body, headers=company.headers | {"Idempotency-Key": key}))
    async with transaction(state.sessions, state.doorbell) as uow:
        old = update(IdempotencyKey).where(IdempotencyKey.company_id == company.company_id, IdempotencyKey.key == "old")
        await uow.session.execute(old.values(created_at=utc_now() - timedelta(hours=25)))
    await Housekeeping(state.sessions, state.doorbell).forget_old_answers()
    assert await count_rows(state, "idempotency_keys", company.company_id) == 1
