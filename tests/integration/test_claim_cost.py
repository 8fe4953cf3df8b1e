"""What a claim reads while a transaction elsewhere keeps the vacuum from clearing up behind it (F9)."""

from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.partitions import create_partitions, month_of
from attain_shared.db.session import reading, transaction
from attain_shared.identifiers import first_id_at
from attain_shared.metrics.slots import SLOTS
from attain_worker import repository as work_repository
from attain_worker.ingestion import repository
from attain_worker.maintenance import repository as maintenance_repository
from tests.support.fresh import client_of
from tests.support.pushes import Pusher, make_pusher
from tests.support.worker import count_rows, new_ingestion

BATCHES = 20_000


@pytest.fixture
async def client(installation: ApiState) -> AsyncIterator[AsyncClient]:
    """The application on it."""
    async with client_of(installation) as made:
        yield made


async def fill(state: ApiState, client: AsyncClient, pusher: Pusher) -> None:
    """An inbox of an hour's pushes, all alike."""
    await pusher.push(client, pusher.row())
    begin = utc_now() - timedelta(hours=1)
    ids = [first_id_at(begin + timedelta(milliseconds=100 * number)) for number in range(BATCHES)]
    async with transaction(state.sessions, state.doorbell) as uow:
        await create_partitions(uow.session, buckets=[], inbox=[month_of(begin.date())])
        copy = text("""
            INSERT INTO metric_batches (company_id, id, connector_id, lane, slot, received, payload, state, attempts,
                                        due_at, stored_at)
            SELECT company_id, fresh.id, connector_id, lane, fresh.place % :slots, received, payload, state, 0, due_at,
                   stored_at
            FROM metric_batches
            CROSS JOIN unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS fresh (id, place)
            WHERE company_id = :company_id
        """)
        await uow.session.execute(copy, {"company_id": pusher.company_id, "ids": ids, "slots": SLOTS})
    async with state.engine.connect() as connection:
        await connection.execute(text("ANALYZE metric_batches"))
        await connection.commit()


def note_buffers(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """The buffers that the statements of a claim touch, in the order they run."""
    seen: dict[str, list[int]] = defaultdict(list)

    def explained(name: str, find: Any) -> Any:
        async def run(session: AsyncSession, **arguments: Any) -> Any:
            return await find(Explaining(session, seen[name]), **arguments)

        return run

    for name in ("find_oldest", "claim_batches"):
        monkeypatch.setattr(repository, name, explained(name, getattr(repository, name)))
    return seen


class Explaining:
    """A session that counts the buffers of each statement before it runs it."""

    def __init__(self, session: AsyncSession, seen: list[int]) -> None:
        self._session = session
        self._seen = seen

    async def execute(self, statement: Any, parameters: Any) -> Any:
        """Run it, twice."""
        self._seen.append(await buffers(self._session, statement, parameters))
        return await self._session.execute(statement, parameters)


async def buffers(session: AsyncSession, statement: Any, parameters: Any) -> int:
    """How many a statement touches, in memory or on the disk."""
    explain = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.text}")
    plan = (await session.scalar(explain, parameters))[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@pytest.mark.timeout(240)
async def test_a_claim_reads_no_more_after_thousands_of_batches_under_an_open_transaction(
    installation: ApiState, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pusher = await make_pusher(installation)
    await fill(installation, client, pusher)
    ingestion = new_ingestion(installation)
    seen = note_buffers(monkeypatch)
    async with installation.engine.connect() as elsewhere:
        await elsewhere.execution_options(isolation_level="REPEATABLE READ")
        await elsewhere.execute(text("SELECT FROM metric_batches WHERE company_id = gen_random_uuid()"))
        await elsewhere.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        while await ingestion.take_in(pusher.company_id):
            pass
        remembering = seen["find_oldest"][-1]
        assert not await new_ingestion(installation).take_in(pusher.company_id)
        from_the_start = seen["find_oldest"].pop()
        print(f"from the start: {from_the_start} buffers")
        assert from_the_start > 10 * remembering, "nothing was held back: the test shows nothing"
    assert await count_rows(installation, "batch_keys", pusher.company_id) == 1
    for name, counted in seen.items():
        print(f"{name}: {len(counted)} times, {counted[:3]} … {counted[-4:]} buffers")
        busy = counted[:-1]  # the last finds nothing
        assert max(busy[len(busy) // 2 :]) <= 2 * max(busy[:5]) + 50


async def test_whether_a_company_has_work_is_looked_up_in_the_index_of_what_waits(installation: ApiState) -> None:
    pusher = await make_pusher(installation)
    for statement in (work_repository._FORGET_IDLE, maintenance_repository._RELIST):
        async with reading(installation.sessions) as uow:
            await uow.session.execute(text("SET enable_seqscan = off"))
            plan = await uow.session.scalars(text(f"EXPLAIN {statement.text}"), {"company_id": pusher.company_id})
            assert any("metric_batches_p" in line and "company_id_lane_slot_id_idx" in line for line in plan), plan
            await uow.session.execute(text("RESET enable_seqscan"))
