"""How batches are claimed: lanes, limits, late commits, poison, and two workers at once (ING-4, ING-5)."""

import asyncio
import json
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.identifiers import first_id_at
from attain_shared.shops.queries import lock_shops
from attain_worker.ingestion import repository
from tests.support.companies import make_shop
from tests.support.pushes import Pusher, make_pusher, push_and_take_in, read_batch, read_total, read_values
from tests.support.worker import count_received, count_rows, new_ingestion, take_in


async def change_batches(state: ApiState, pusher: Pusher, assignments: str, **values: Any) -> None:
    """Change batches behind Attain's back: one, or all of the company."""
    statement = text(
        f"UPDATE metric_batches SET {assignments} WHERE company_id = :company_id AND CAST(:only AS uuid) IN (id, :none)"
    )
    none = UUID(int=0)
    async with transaction(state.sessions, state.doorbell) as uow:
        only = values.pop("only", none)
        await uow.session.execute(statement, {"company_id": pusher.company_id, "only": only, "none": none} | values)


async def due_at(state: ApiState, pusher: Pusher, batch: str) -> datetime:
    statement = text("SELECT due_at FROM metric_batches WHERE company_id = :company_id AND id = :id")
    async with transaction(state.sessions, state.doorbell) as uow:
        found = await uow.session.execute(statement, {"company_id": pusher.company_id, "id": UUID(batch)})
        due: datetime = found.scalar_one()
    return due


async def states(api: AsyncClient, pusher: Pusher, batches: list[str]) -> list[str]:
    return [(await read_batch(api, pusher, batch))["state"] for batch in batches]


async def test_a_poison_batch_ends_failed_and_the_others_go_in(api: AsyncClient, state: ApiState) -> None:
    """ING-5: it is tried alone, five times, each later than the one before, then put aside with its error."""
    pusher = await make_pusher(state)
    batches = [await pusher.push(api, pusher.row(bucket=f"2026-07-0{day}")) for day in (1, 2, 3)]
    await change_batches(state, pusher, "payload = '\\x00'", only=batches[1])
    await take_in(state, pusher.company_id)
    assert await states(api, pusher, batches) == ["done", "stored", "done"]
    assert (await read_total(api, pusher))["value"] == "200"
    for attempts in (1, 2, 3, 4):
        read = await read_batch(api, pusher, batches[1])
        assert (read["state"], read["attempts"], read["error"]) == ("stored", attempts, None)
        assert not await new_ingestion(state).take_in(pusher.company_id)
        wait = (await due_at(state, pusher, batches[1]) - utc_now()).total_seconds()
        assert 2**attempts - 1 < wait <= 2**attempts
        await change_batches(state, pusher, "due_at = :now", now=utc_now(), only=batches[1])
        await new_ingestion(state).take_in(pusher.company_id)
    read = await read_batch(api, pusher, batches[1])
    assert (read["state"], read["attempts"], read["verdicts"]) == ("failed", 5, None)
    assert "UnreadablePayload" in read["error"]
    assert read["processed_at"] is not None
    assert not await new_ingestion(state).take_in(pusher.company_id)


async def test_a_batch_that_was_mended_goes_in_at_the_next_try(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    good = await pusher.push(api, pusher.row())
    payload = text("SELECT payload FROM metric_batches WHERE company_id = :company_id")
    async with transaction(state.sessions, state.doorbell) as uow:
        kept = await uow.session.scalar(payload, {"company_id": pusher.company_id})
    await change_batches(state, pusher, "payload = '\\x00'")
    await take_in(state, pusher.company_id)
    await change_batches(state, pusher, "payload = :kept, due_at = :now", kept=kept, now=utc_now())
    await take_in(state, pusher.company_id)
    read = await read_batch(api, pusher, good)
    assert (read["state"], read["error"]) == ("done", None)
    assert read["verdicts"]["accepted"] == 1


async def test_a_failure_leaves_nothing_half_done(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ING-4: rows, history, marks and verdicts are one transaction."""
    pusher = await make_pusher(state)
    batch = await pusher.push(api, pusher.row(), pusher.row() | {"shop": "tmall:none"})

    async def broken(*_args: object, **_more: object) -> None:
        raise ValueError("at the last statement")

    with monkeypatch.context() as patched:
        patched.setattr(repository, "finish_batches", broken)
        await take_in(state, pusher.company_id)
    for table in ("observations", "observation_history", "batch_rejections", "goal_marks"):
        assert await count_rows(state, table, pusher.company_id) == 0, table
    await change_batches(state, pusher, "due_at = :now", now=utc_now())
    await take_in(state, pusher.company_id)
    assert (await read_batch(api, pusher, batch))["state"] == "done"


async def test_the_live_lane_goes_before_the_backfill(api: AsyncClient, state: ApiState) -> None:
    """ING-5: a reload does not delay today's rows."""
    pusher = await make_pusher(state)
    batches = [
        await pusher.push(api, pusher.row(bucket="2026-07-01"), lane="backfill"),
        await pusher.push(api, pusher.row(bucket="2026-07-02"), lane="backfill"),
        await pusher.push(api, pusher.row(bucket="2026-07-03")),
    ]
    ingestion = new_ingestion(state)
    assert await ingestion.take_in(pusher.company_id)
    assert await states(api, pusher, batches) == ["stored", "stored", "done"]
    late = await pusher.push(api, pusher.row(bucket="2026-07-04"))
    assert await ingestion.take_in(pusher.company_id)
    assert await states(api, pusher, [*batches, late]) == ["stored", "stored", "done", "done"]
    assert await ingestion.take_in(pusher.company_id)
    assert await states(api, pusher, batches) == ["done", "done", "done"]
    assert not await ingestion.take_in(pusher.company_id)


async def test_a_claim_holds_whole_batches_up_to_its_rows(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    rows = [pusher.row(bucket=f"2026-07-{day:02}") for day in range(1, 6)]
    batches = [await pusher.push(api, *rows[:count]) for count in (1, 2, 5, 1)]
    ingestion = new_ingestion(state, claim_rows=4)
    expected = [["done", "done", "stored", "stored"], ["done", "done", "done", "stored"], ["done"] * 4]
    for after in expected:
        assert await ingestion.take_in(pusher.company_id)
        assert await states(api, pusher, batches) == after
    assert not await ingestion.take_in(pusher.company_id)


async def test_a_batch_that_was_committed_late_with_an_older_id_is_taken_in(api: AsyncClient, state: ApiState) -> None:
    """ING-4: at once where it took seconds, by the look from the start where it took longer."""
    pusher = await make_pusher(state)
    ingestion = new_ingestion(state)
    for age, after_forgetting in ((2, False), (60, True)):
        await push_and_take_in(api, state, pusher, pusher.row())
        await pusher.push(api, pusher.row(value="1"))
        assert await ingestion.take_in(pusher.company_id)
        late = await pusher.push(api, pusher.row(bucket="2026-07-02", value=str(age)))
        older = first_id_at(utc_now() - timedelta(seconds=age))
        await change_batches(state, pusher, "id = :older", older=older, only=late)
        assert await ingestion.take_in(pusher.company_id) is not after_forgetting
        if after_forgetting:
            ingestion.forget_low_water()
            assert await ingestion.take_in(pusher.company_id)
        assert (await read_batch(api, pusher, str(older)))["state"] == "done"


async def test_a_locked_batch_is_left_to_whoever_holds_it(api: AsyncClient, state: ApiState) -> None:
    """ING-4: locked rows are skipped; a dead worker's are free with its transaction."""
    pusher = await make_pusher(state)
    held, free = [await pusher.push(api, pusher.row(bucket=f"2026-07-0{day}")) for day in (1, 2)]
    ingestion = new_ingestion(state)
    async with transaction(state.sessions, state.doorbell) as uow:
        assert await repository.claim_batch(uow.session, company_id=pusher.company_id, batch_id=UUID(held))
        assert await ingestion.take_in(pusher.company_id)
        assert await states(api, pusher, [held, free]) == ["stored", "done"]
        assert not await ingestion.take_in(pusher.company_id)
    assert await ingestion.take_in(pusher.company_id)
    assert await states(api, pusher, [held, free]) == ["done", "done"]


async def test_two_workers_on_one_hot_shop_agree(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ING-4, MET-7: both claim, then judge one after the other; verdicts add up and the greatest row stands."""
    pusher = await make_pusher(state)
    batches = [
        await pusher.push(
            api,
            *(pusher.row(bucket=f"2026-07-0{day}", value=str(number)) for day in (1, 2, 3)),
            observed_at=f"2026-07-04T09:00:{number:02}+08:00",
        )
        for number in range(12)
    ]
    barrier = asyncio.Barrier(2)
    met: list[int] = []

    async def lock_together(*args: Any, **more: Any) -> None:
        if len(met) < 2:
            met.append(1)
            await barrier.wait()
        await lock_shops(*args, **more)

    monkeypatch.setattr("attain_worker.facts.service.lock_shops", lock_together)
    workers = [new_ingestion(state, claim_rows=9) for _ in range(2)]
    while any(await asyncio.gather(*(worker.take_in(pusher.company_id) for worker in workers))):
        pass
    assert len(met) == 2
    counted: Counter[str] = Counter()
    for batch in batches:
        read = await read_batch(api, pusher, batch)
        assert (read["state"], read["attempts"], sum(read["verdicts"].values())) == ("done", 1, 3)
        counted.update(read["verdicts"])
    assert counted["accepted"] == 3
    assert counted["superseded"] + counted["stale"] == 33
    assert [one["value"] for one in await read_values(api, pusher, to="2026-07-03")] == ["11"] * 3
    assert await count_received(state, pusher.company_id) == 36


async def test_two_workers_on_overlapping_shops_do_not_deadlock(api: AsyncClient, state: ApiState) -> None:
    """ING-4: locks and rows are taken in one order."""
    pusher = await make_pusher(state)
    shops = [pusher.shop, *[await make_shop(state, pusher.company) for _ in range(3)]]
    names = [f"{shop.platform}:{shop.external_id}" for shop in shops]
    headers = pusher.company.headers
    for number in range(16):
        ordered = names if number % 2 else names[::-1]
        rows = [pusher.row(value=str(number)) | {"shop": name} for name in ordered]
        content = json.dumps({"observations": rows, "grain": "day", "observed_at": "2026-08-01T09:00:00+08:00"})
        response = await api.post(
            "/v1/metric-batches", content=content, headers=headers | {"Idempotency-Key": str(number)}
        )
        assert response.status_code == 202
    workers = [new_ingestion(state, claim_rows=4) for _ in range(3)]
    while any(await asyncio.gather(*(worker.take_in(pusher.company_id) for worker in workers))):
        pass
    total = await read_total(api, pusher)
    assert Decimal(total["value"]) == 15
    attempts = text("SELECT count(*) FROM metric_batches WHERE company_id = :company_id AND attempts <> 1")
    async with transaction(state.sessions, state.doorbell) as uow:
        assert await uow.session.scalar(attempts, {"company_id": pusher.company_id}) == 0


async def test_a_month_nobody_spoke_of_gets_its_partition(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    exists = text("SELECT to_regclass('observations_p2003_05') IS NOT NULL")
    async with transaction(state.sessions, state.doorbell) as uow:
        assert not await uow.session.scalar(exists)
    await push_and_take_in(api, state, pusher, pusher.row(bucket="2003-05-06"), pusher.row(bucket="2003-06-01"))
    async with transaction(state.sessions, state.doorbell) as uow:
        assert await uow.session.scalar(exists)
    params = {"from": "2003-05-01", "to": "2003-06-30"}
    assert (await read_total(api, pusher, **params))["value"] == "200"
