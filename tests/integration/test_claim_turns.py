"""Whose batches are next: nobody waits for another's thousands, and trouble that passes costs no try (ING-4, ING-5)."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.metrics.slots import slot_of
from attain_shared.shops.models import Shop
from attain_shared.shops.queries import lock_shops
from attain_worker.facts.claim import Batch, unpack
from attain_worker.ingestion import repository
from attain_worker.ingestion.claiming import Claiming, in_turns
from attain_worker.ingestion.service import Ingestion
from tests.support.companies import make_connector, make_shop
from tests.support.pushes import Pusher, make_pusher, name_of, read_batch
from tests.support.worker import new_ingestion

FIRST = date(2026, 1, 1)


async def shops_in_slots_of_their_own(state: ApiState, pusher: Pusher, count: int) -> list[Pusher]:
    """So many pushers of one company, each with a shop whose batches wait in another queue."""
    pushers, slots = [pusher], {slot_of(name_of(pusher.shop))}
    while len(pushers) < count:
        shop: Shop = await make_shop(state, pusher.company)
        if slot_of(name_of(shop)) not in slots:
            slots.add(slot_of(name_of(shop)))
            connector = await make_connector(state, pusher.company, shop_ids=[shop.id], scopes=("write", "backfill"))
            pushers.append(Pusher(company=pusher.company, shop=shop, connector=connector))
    return pushers


async def push_rows(api: AsyncClient, pusher: Pusher, rows: int, **more: Any) -> str:
    days = [(FIRST + timedelta(day)).isoformat() for day in range(rows)]
    return await pusher.push(api, *(pusher.row(bucket=day) for day in days), **more)


@pytest.mark.parametrize("lane", ["live", "backfill"])
async def test_a_small_push_does_not_wait_for_the_backlogs_of_two_others(
    api: AsyncClient, state: ApiState, lane: str
) -> None:
    """Batches as large as half a claim: the shop served last stands behind the others."""
    busy, other, small = await shops_in_slots_of_their_own(state, await make_pusher(state), 3)
    for _ in range(4):
        for pusher in (busy, other):
            await push_rows(api, pusher, 50, lane=lane)
    batch = await push_rows(api, small, 1, lane=lane)
    ingestion = new_ingestion(state, claim_rows=100)
    for _ in range(3):
        assert await ingestion.take_in(busy.company_id)
    assert (await read_batch(api, small, batch))["state"] == "done"


def test_turns_begin_behind_the_slot_served_last() -> None:
    batches = {slot: [_batch() for _ in range(count)] for slot, count in {2: 2, 5: 1, 9: 3}.items()}
    assert [slot for slot, _ in in_turns(batches, after=5)] == [9, 2, 5, 9, 2, 9]
    assert [slot for slot, _ in in_turns(batches, after=-1)] == [2, 5, 9, 2, 9, 9]
    assert in_turns({}, after=3) == []


def _batch() -> Batch:
    return Batch(new_id(), None, 1, None, None)  # type: ignore[arg-type]  # only who it is matters


async def test_a_lock_that_is_not_to_be_had_costs_no_try(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of a batch that is tried alone: five hot moments would put a sound one aside."""
    pusher = await make_pusher(state)
    batch = await pusher.push(api, pusher.row())

    async def busy(*_: Any, **__: Any) -> None:
        raise DBAPIError("LOCK", {}, _LockTimeout())

    with monkeypatch.context() as patched:
        patched.setattr("attain_worker.facts.service.lock_shops", busy)
        for _ in range(7):
            await _make_due(state, pusher, batch)
            with pytest.raises(DBAPIError):
                await Ingestion(state.sessions, state.doorbell, claim_rows=100).take_in(pusher.company_id)
    read = await read_batch(api, pusher, batch)
    assert (read["state"], read["attempts"]) == ("stored", 0)
    await _make_due(state, pusher, batch)
    assert await new_ingestion(state).take_in(pusher.company_id)
    assert (await read_batch(api, pusher, batch))["state"] == "done"


class _LockTimeout(Exception):
    sqlstate = "55P03"


async def _make_due(state: ApiState, pusher: Pusher, batch: str) -> None:
    statement = "UPDATE metric_batches SET due_at = now() WHERE company_id = :company_id AND id = :id"
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(text(statement), {"company_id": pusher.company_id, "id": UUID(batch)})


async def test_a_worker_just_started_passes_over_what_another_holds(api: AsyncClient, state: ApiState) -> None:
    """It tries batches alone at first, and helps nobody by waiting for one that is being done."""
    busy, free = await shops_in_slots_of_their_own(state, await make_pusher(state), 2)
    held, other = await push_rows(api, busy, 1), await push_rows(api, free, 1)
    async with transaction(state.sessions, state.doorbell) as uow:
        assert await repository.claim_batch(uow.session, company_id=busy.company_id, batch_id=UUID(held))
        await lock_shops(uow.session, company_id=busy.company_id, shop_ids=[busy.shop.id])
        assert await Ingestion(state.sessions, state.doorbell, claim_rows=100).take_in(busy.company_id)
        assert (await read_batch(api, free, other))["state"] == "done"
        assert (await read_batch(api, busy, held))["state"] == "stored"


async def test_two_claims_side_by_side_are_of_different_shops(api: AsyncClient, state: ApiState) -> None:
    """Far behind, a claim takes half of the queues: the one beside it need not wait for its shops."""
    pushers = await shops_in_slots_of_their_own(state, await make_pusher(state), 4)
    for _ in range(6):
        for pusher in pushers:
            await push_rows(api, pusher, 5)
    claiming, shops = Claiming(claim_rows=20), []
    company_id = pushers[0].company_id
    async with transaction(state.sessions, state.doorbell) as first:
        await claiming.claim(first.session, company_id=company_id)
    assert claiming.is_behind(company_id)
    for _ in range(2):
        async with transaction(state.sessions, state.doorbell) as uow:
            batches = await claiming.claim(uow.session, company_id=company_id)
            found = await repository.load_payloads(uow.session, company_id=company_id, batches=batches)
        shops.append({row.shop for payload in found.values() for row in unpack(payload).observations})
    assert [len(of_claim) for of_claim in shops] == [2, 2]
    assert shops[0].isdisjoint(shops[1])
