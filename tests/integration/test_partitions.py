"""Months that are missing, detached and attached again: no row is lost by it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import date

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.partitions import (
    BY_BUCKET,
    BY_ID,
    KNOWN_MONTHS,
    Partition,
    Place,
    create_partitions,
    list_partitions,
    month_of,
    months_before,
    partition_name,
)
from attain_shared.db.session import reading, transaction
from tests.support.fresh import client_of
from tests.support.pushes import PUSHES, Pusher, body, make_pusher, push_and_take_in, read_batch, read_values
from tests.support.statements import count_statements
from tests.support.worker import count_rows, new_ingestion

JULY = date(2026, 7, 1)


@pytest.fixture(scope="module")
async def client(installation: ApiState) -> AsyncIterator[AsyncClient]:
    """The application on it."""
    async with client_of(installation) as made:
        yield made


async def months(state: ApiState, *tables: str) -> dict[str, Partition]:
    """The months of these tables, by name."""
    async with reading(state.sessions) as uow:
        return {partition.name: partition for partition in await list_partitions(uow.session, tables)}


async def execute(state: ApiState, *statements: str) -> None:
    """What only an administrator of the database could do."""
    async with state.engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        try:
            for statement in statements:
                await connection.execute(text(statement))
        finally:
            await connection.invalidate()  # its settings are not those of the pool


async def admin(state: ApiState, *arguments: str) -> tuple[int, str, str]:
    """`attain-admin partitions …` as a process; its code and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "attain_api.cli", "partitions", *arguments),
        env=os.environ | {"ATTAIN_DATABASE_URL": state.settings.database_url.get_secret_value()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def drop_current_month(state: ApiState) -> str:
    """As if no worker had made any months ahead for a year."""
    name = partition_name("metric_batches", month_of(utc_now().date()))
    await execute(state, f"DROP TABLE {name}")
    state.sessions.kw["info"][KNOWN_MONTHS].clear()
    return name


async def push(client: AsyncClient, pusher: Pusher, *, key: str | None = None) -> Response:
    """Push one row."""
    return await client.post(PUSHES, json=body([pusher.row()]), headers=pusher.headers(key))


async def test_a_push_makes_the_inbox_month_that_nobody_made(installation: ApiState, client: AsyncClient) -> None:
    """Once made it is there for all; a process that has seen it does not look again."""
    pusher = await make_pusher(installation)
    name = await drop_current_month(installation)
    answers = await asyncio.gather(*(push(client, pusher) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert (await months(installation, *BY_ID))[name].place is Place.ATTACHED
    assert await count_rows(installation, "metric_batches", pusher.company_id) == 20
    await pusher.push(client, pusher.row())
    with count_statements() as statements:
        await pusher.push(client, pusher.row())
    assert not [statement for statement in statements if "pg_inherits" in statement]
    assert len(statements) <= 4


async def test_a_month_made_by_a_push_that_fails_is_not_taken_for_made(
    installation: ApiState, client: AsyncClient
) -> None:
    pusher = await make_pusher(installation)
    await pusher.push(client, pusher.row())
    await drop_current_month(installation)
    async with transaction(installation.sessions, installation.doorbell) as uow:
        used = text("""
            INSERT INTO batch_keys (company_id, principal_id, key, body_hash, batch_id, received, created_at)
            VALUES (:company_id, :principal_id, 'used', '', gen_random_uuid(), 1, now())
        """)
        values = {"company_id": pusher.company_id, "principal_id": pusher.connector.id}
        await uow.session.execute(used, values)
    assert (await push(client, pusher, key="used")).status_code == 409
    await pusher.push(client, pusher.row())


async def test_rows_of_a_month_without_a_partition_make_it(installation: ApiState, client: AsyncClient) -> None:
    pusher = await make_pusher(installation)
    assert "observations_p2019_03" not in await months(installation, *BY_BUCKET)
    assert await push_and_take_in(client, installation, pusher, pusher.row(bucket="2019-03-05")) == ["accepted"]
    known = await months(installation, *BY_BUCKET)
    assert known["observations_p2019_03"].place is known["observation_history_p2019_03"].place is Place.ATTACHED


async def test_old_months_are_detached_and_attached_by_command(installation: ApiState, client: AsyncClient) -> None:
    pusher = await make_pusher(installation)
    await push_and_take_in(
        client, installation, pusher, pusher.row(bucket="2023-11-02"), pusher.row(bucket="2023-12-02")
    )
    code, out, err = await admin(installation, "detach", "--before", "2023-12")
    assert (code, err) == (0, "")
    assert "observations_p2023_11: detached\n" in out
    assert "observation_history_p2023_11: detached\n" in out
    assert "2023_12" not in out
    code, out, _ = await admin(installation, "list")
    lines = [line.split() for line in out.splitlines()]
    assert ["observations", "2023-11", "detached"] in [line[:3] for line in lines]
    assert ["observations", "2023-12", "attached"] in [line[:3] for line in lines]
    assert [line[0] for line in lines if line[0] == "metric_batches"]
    december = {"from": "2023-11-01", "to": "2023-12-31", "grain": "month"}
    values = await read_values(client, pusher, **december)
    assert [value["coverage"]["present"] for value in values] == [0, 1]
    assert (await admin(installation, "detach", "--before", "2023-12"))[1] == "nothing attached is older than 2023-12\n"
    code, out, err = await admin(installation, "attach", "2023-11")
    assert (code, err) == (0, "")
    assert out == "observation_history_p2023_11: attached\nobservations_p2023_11: attached\n"
    values = await read_values(client, pusher, **december)
    assert [value["coverage"]["present"] for value in values] == [1, 1]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("detach", "--before", "2999-01"), "over"),
        (("detach", "--before", "2024-13"), "is not a month"),
        (("attach", "1999-01"), "no facts of 1999-01"),
    ],
)
async def test_the_commands_refuse_what_makes_no_sense(
    installation: ApiState, arguments: tuple[str, ...], why: str
) -> None:
    code, _, err = await admin(installation, *arguments)
    assert code == 2
    assert why in err


@pytest.mark.parametrize("how", ["CONCURRENTLY", ""])
async def test_a_row_for_a_detached_month_attaches_it_again(
    installation: ApiState, client: AsyncClient, how: str
) -> None:
    """Also in a worker that has seen the month attached before; what was there is compared with (MET-7)."""
    pusher = await make_pusher(installation)
    ingestion = new_ingestion(installation)
    await pusher.push(client, pusher.row(value="5"), observed_at="2026-08-02T09:00:00+08:00")
    assert await ingestion.take_in(pusher.company_id)
    for table in BY_BUCKET:
        await execute(installation, f"ALTER TABLE {table} DETACH PARTITION {partition_name(table, JULY)} {how}")
    batch = await pusher.push(client, pusher.row(value="6"), pusher.row(bucket="2026-07-02"))
    assert await ingestion.take_in(pusher.company_id)
    done = await read_batch(client, pusher, batch)
    assert (done["state"], done["attempts"]) == ("done", 1)
    assert (done["verdicts"]["stale"], done["verdicts"]["accepted"]) == (1, 1)
    known = await months(installation, *BY_BUCKET)
    assert known[partition_name("observations", JULY)].place is Place.ATTACHED


async def test_a_month_left_half_detached_is_finished_and_attached_again(
    installation: ApiState, client: AsyncClient
) -> None:
    """An open transaction that has read the table holds a detach up until the lock timeout (F9)."""
    pusher = await make_pusher(installation)
    await push_and_take_in(client, installation, pusher, pusher.row(bucket="2024-02-01"))
    name = partition_name("observations", date(2024, 2, 1))
    async with installation.engine.connect() as elsewhere:
        await elsewhere.execution_options(isolation_level="REPEATABLE READ")
        await elsewhere.execute(text("SELECT FROM observations WHERE company_id = gen_random_uuid()"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            await execute(
                installation,
                "SET lock_timeout = '300ms'",
                f"ALTER TABLE observations DETACH PARTITION {name} CONCURRENTLY",
            )
        assert (await months(installation, *BY_BUCKET))[name].place is Place.LEAVING
    assert await push_and_take_in(client, installation, pusher, pusher.row(bucket="2024-02-02")) == ["accepted"]
    assert (await months(installation, *BY_BUCKET))[name].place is Place.ATTACHED
    february = {"from": "2024-02-01", "to": "2024-02-29", "grain": "month"}
    assert (await read_values(client, pusher, **february))[0]["coverage"]["present"] == 2


async def test_two_processes_make_the_same_month_at_once(installation: ApiState) -> None:
    async def make() -> None:
        async with transaction(installation.sessions, installation.doorbell) as uow:
            await create_partitions(uow.session, buckets=[date(2018, 1, 1)], inbox=[date(2018, 1, 1)])

    await asyncio.gather(*(make() for _ in range(5)))
    assert (await months(installation, *BY_ID))["metric_batches_p2018_01"].place is Place.ATTACHED


def test_months_are_counted_back_over_the_turn_of_the_year() -> None:
    assert months_before(date(2026, 2, 1), 14) == date(2024, 12, 1)
    assert months_before(date(2026, 2, 1), 1) == date(2026, 1, 1)
    assert months_before(date(2026, 12, 1), 0) == date(2026, 12, 1)
