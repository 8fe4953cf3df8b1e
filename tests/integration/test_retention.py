"""What a worker lets go of once it is old, and what it keeps all the same."""

from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from pydantic import SecretStr, ValidationError
from sqlalchemy import text
from structlog.testing import capture_logs

from attain_api.state import ApiState
from attain_shared.clock import business_day, utc_now
from attain_shared.db.partitions import (
    BY_BUCKET,
    BY_ID,
    Place,
    create_partitions,
    detach_partition,
    list_partitions,
    month_of,
    months_before,
    partition_name,
)
from attain_shared.db.session import reading, transaction
from attain_shared.identifiers import first_id_at, instant_of
from attain_worker.retention import service as retention
from attain_worker.retention.service import Retention
from attain_worker.settings import WorkerSettings
from tests.support.fresh import client_of, fresh_state
from tests.support.pushes import PUSHES, Pusher, make_pusher, push_and_take_in
from tests.support.worker import count_rows, take_in


@pytest.fixture(scope="module")
async def own(postgres_url: str, state: ApiState) -> AsyncIterator[ApiState]:
    """A database of this file's own."""
    async with fresh_state(postgres_url, state) as made:
        yield made


@pytest.fixture(scope="module")
async def client(own: ApiState) -> AsyncIterator[AsyncClient]:
    """The application on it."""
    async with client_of(own) as made:
        yield made


def keeper(state: ApiState, *, facts_kept_months: int | None = None) -> Retention:
    """A retention as a worker has it by default."""
    return Retention(state.engine, inbox_kept_days=90, push_keys_kept_days=7, facts_kept_months=facts_kept_months)


def long_ago(months: int) -> date:
    """A month so many before this one."""
    return months_before(month_of(utc_now().date()), months)


async def execute(state: ApiState, statement: str, values: Mapping[str, Any]) -> None:
    """A statement, committed."""
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(text(statement), values)


async def age(state: ApiState, pusher: Pusher, batch: str, *, stored_at: datetime) -> UUID:
    """Make as if a batch had been pushed at another time; its id then."""
    old_id = first_id_at(stored_at)
    while await count_of(state, "metric_batches", pusher, "id", old_id):
        old_id = UUID(int=old_id.int + 1)
    async with transaction(state.sessions, state.doorbell) as uow:
        await create_partitions(uow.session, buckets=[], inbox=[month_of(instant_of(old_id).date())])
        values = {"company_id": pusher.company_id, "batch": UUID(batch), "old": old_id, "at": stored_at}
        for statement in (
            "UPDATE metric_batches SET id = :old, stored_at = :at WHERE company_id = :company_id AND id = :batch",
            "UPDATE batch_keys SET batch_id = :old, created_at = :at WHERE company_id = :company_id AND batch_id = :batch",
            "UPDATE batch_rejections SET batch_id = :old WHERE company_id = :company_id AND batch_id = :batch",
        ):
            needed = {name: value for name, value in values.items() if f":{name}" in statement}
            await uow.session.execute(text(statement), needed)
    return old_id


async def count_of(state: ApiState, table: str, pusher: Pusher, column: str, value: object) -> int:
    """How many rows a company has with this."""
    statement = text(f"SELECT count(*) FROM {table} WHERE company_id = :company_id AND {column} = :value")
    async with reading(state.sessions) as uow:
        return int(await uow.session.scalar(statement, {"company_id": pusher.company_id, "value": value}) or 0)


async def places(state: ApiState, *tables: str) -> dict[str, Place]:
    """Where the months of these tables stand."""
    async with reading(state.sessions) as uow:
        return {partition.name: partition.place for partition in await list_partitions(uow.session, tables)}


def middle_of(month: date) -> datetime:
    """An instant in a month."""
    return utc_now().replace(year=month.year, month=month.month, day=15)


async def test_a_month_of_the_inbox_that_is_done_is_dropped_with_its_rejections(
    own: ApiState, client: AsyncClient
) -> None:
    pusher, bystander = await make_pusher(own), await make_pusher(own)
    month = long_ago(5)
    batch = await pusher.push(client, pusher.row(), pusher.row("no-such-metric"))
    await take_in(own, pusher.company_id)
    old = await age(own, pusher, batch, stored_at=middle_of(month))
    assert await push_and_take_in(client, own, bystander, bystander.row("no-such-metric")) == ["rejected"]
    await keeper(own).let_go()
    assert partition_name("metric_batches", month) not in await places(own, *BY_ID)
    assert await count_rows(own, "batch_rejections", pusher.company_id) == 0
    assert await count_rows(own, "batch_rejections", bystander.company_id) == 1
    assert await count_rows(own, "batch_keys", pusher.company_id) == 0
    assert await count_rows(own, "observations", pusher.company_id) == 1
    answer = await client.get(f"{PUSHES}/{old}", headers=pusher.connector.headers)
    assert answer.status_code == 404
    assert partition_name("metric_batches", month_of(utc_now().date())) in await places(own, *BY_ID)


@pytest.mark.parametrize("open_state", ["stored", "failed"])
async def test_a_month_that_holds_unfinished_batches_stays_and_is_told_of_once_a_day(
    own: ApiState, client: AsyncClient, open_state: str
) -> None:
    """Never before processing: also a failed batch may be replayed yet."""
    pusher = await make_pusher(own)
    month = long_ago(6)
    old = await age(own, pusher, await pusher.push(client, pusher.row()), stored_at=middle_of(month))
    values = {"company_id": pusher.company_id, "id": old, "state": open_state}
    change = "UPDATE metric_batches SET state = :state WHERE company_id = :company_id AND id = :id"
    await execute(own, change, values)
    keeping = keeper(own)
    with capture_logs() as logs:
        await keeping.let_go()
        await keeping.let_go()
    assert [line["month"] for line in logs if "is kept" in line["event"]] == [f"{month:%Y-%m}"]
    assert (await places(own, *BY_ID))[partition_name("metric_batches", month)] is Place.ATTACHED
    # nor does the key go: sent again, the push would be taken in twice
    assert await count_of(own, "batch_keys", pusher, "batch_id", old) == 1
    await execute(own, change, values | {"state": "done"})
    await keeper(own).let_go()
    assert partition_name("metric_batches", month) not in await places(own, *BY_ID)


async def test_a_replay_that_comes_in_between_brings_its_month_back(
    own: ApiState, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    pusher = await make_pusher(own)
    month = long_ago(7)
    await pusher.push(client, pusher.row("no-such-metric"))
    batch = await pusher.push(client, pusher.row("no-such-metric"))
    await take_in(own, pusher.company_id)
    old = await age(own, pusher, batch, stored_at=middle_of(month))

    async def replay_first(*arguments: Any) -> None:
        answer = await client.post(f"{PUSHES}/{old}/actions/replay", headers=pusher.connector.headers)
        assert answer.status_code == 200
        await detach_partition(*arguments)

    monkeypatch.setattr(retention, "detach_partition", replay_first)
    await keeper(own).let_go()
    assert (await places(own, *BY_ID))[partition_name("metric_batches", month)] is Place.ATTACHED
    await take_in(own, pusher.company_id)
    assert await count_of(own, "metric_batches", pusher, "state", "done") == 2


async def test_what_a_killed_worker_has_detached_is_dropped_by_the_next(own: ApiState, client: AsyncClient) -> None:
    pusher = await make_pusher(own)
    month, name = long_ago(8), partition_name("metric_batches", long_ago(8))
    batch = await pusher.push(client, pusher.row())
    await take_in(own, pusher.company_id)
    await age(own, pusher, batch, stored_at=middle_of(month))
    await execute(own, f"ALTER TABLE metric_batches DETACH PARTITION {name}", {})
    assert (await places(own, *BY_ID))[name] is Place.DETACHED
    await keeper(own).let_go()
    assert name not in await places(own, *BY_ID)


async def test_keys_of_pushes_are_forgotten_slice_by_slice(
    own: ApiState, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "SLICE", 2)
    pusher = await make_pusher(own)
    batches = [await pusher.push(client, pusher.row(value=f"{number}")) for number in range(7)]
    await take_in(own, pusher.company_id)
    waiting = await pusher.push(client, pusher.row(value="8"))
    eight_days = utc_now() - timedelta(days=8)
    for batch in (*batches[:5], waiting):
        await execute(
            own,
            "UPDATE batch_keys SET created_at = :at WHERE company_id = :company_id AND batch_id = :id",
            {"company_id": pusher.company_id, "id": UUID(batch), "at": eight_days},
        )
    await keeper(own).let_go()
    assert await count_rows(own, "batch_keys", pusher.company_id) == 3
    assert await count_of(own, "batch_keys", pusher, "batch_id", UUID(waiting)) == 1
    assert await count_rows(own, "metric_batches", pusher.company_id) == 8


async def test_facts_stay_unless_the_installation_says_how_long(own: ApiState, client: AsyncClient) -> None:
    pusher = await make_pusher(own)
    kept, old = (months_before(month_of(business_day()), count) for count in (24, 25))
    assert (
        await push_and_take_in(client, own, pusher, *(pusher.row(bucket=month.isoformat()) for month in (kept, old)))
        == ["accepted"] * 2
    )
    await keeper(own).let_go()
    names = [partition_name("observations", month) for month in (kept, old)]
    assert [(await places(own, *BY_BUCKET))[name] for name in names] == [Place.ATTACHED] * 2
    await keeper(own, facts_kept_months=24).let_go()
    assert [(await places(own, *BY_BUCKET))[name] for name in names] == [Place.ATTACHED, Place.DETACHED]
    assert (await places(own, *BY_BUCKET))[partition_name("observation_history", old)] is Place.DETACHED


async def test_of_two_workers_one_lets_go(own: ApiState, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = keeper(own), keeper(own)
    looked: list[str] = []

    async def look(*_: object) -> list[Any]:
        looked.append("at the inbox")
        await other.let_go()
        return []

    monkeypatch.setattr(retention, "list_partitions", look)
    await one.let_go()
    assert looked == ["at the inbox"]
    await one.let_go()
    assert looked == ["at the inbox"] * 2


@pytest.mark.parametrize("name", ["inbox_kept_days", "push_keys_kept_days", "facts_kept_months"])
def test_nothing_is_kept_for_less_than_a_day(name: str) -> None:
    urls: dict[str, Any] = {"database_url": SecretStr("postgresql://x"), "redis_url": SecretStr("redis://x")}
    with pytest.raises(ValidationError):
        WorkerSettings(**(urls | {name: 0}))
