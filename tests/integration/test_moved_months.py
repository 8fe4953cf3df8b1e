"""Months taken off and put back: what goals have of them is let go of, and computed anew (GOAL-10)."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.partitions import BY_BUCKET, month_of, months_before, partition_name
from attain_worker.retention.service import Retention
from tests.integration.test_partitions import admin, execute
from tests.support.fresh import client_of
from tests.support.goals import indicator, make_cycle, make_goal, read_attainment
from tests.support.measured import come_to, shown
from tests.support.pushes import Pusher, make_pusher
from tests.support.worker import count_rows, new_ingestion, take_in, work_off

JULY = date(2026, 7, 1)


@pytest.fixture(scope="module")
async def client(installation: ApiState) -> AsyncIterator[AsyncClient]:
    """The application on it."""
    async with client_of(installation) as made:
        yield made


async def goal_over_july(client: AsyncClient, pusher: Pusher) -> str:
    """A goal of the third quarter."""
    cycle = await make_cycle(client, pusher.company)
    return str((await make_goal(client, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle["id"]))["id"])


async def detach_july(state: ApiState) -> None:
    """As an administrator of the database might."""
    for table in BY_BUCKET:
        await execute(state, f"ALTER TABLE {table} DETACH PARTITION {partition_name(table, JULY)} CONCURRENTLY")


async def test_a_month_that_comes_back_by_a_push_is_read_anew_by_every_company(
    installation: ApiState, client: AsyncClient
) -> None:
    """What was summed up while it was away is nothing; of the company that did not push as well."""
    mine, others = await make_pusher(installation), await make_pusher(installation)
    for pusher in (mine, others):
        await pusher.push(client, pusher.row(value="5"))
        await take_in(installation, pusher.company_id)
    await detach_july(installation)
    goal = await goal_over_july(client, others)
    found = await come_to(client, installation, others.company, goal)
    assert shown(found, "actual") == [None]
    await mine.push(client, mine.row(bucket="2026-07-02"))
    await take_in(installation, mine.company_id)
    assert await count_rows(installation, "goal_marks", others.company_id) == 1
    assert shown(await come_to(client, installation, others.company, goal), "actual") == ["5"]


async def test_a_month_seen_before_comes_back_by_a_push_as_well(installation: ApiState, client: AsyncClient) -> None:
    """A worker that takes it for attached finds out when its claim fails."""
    pusher, ingestion = await make_pusher(installation), new_ingestion(installation)
    await pusher.push(client, pusher.row(value="5"))
    assert await ingestion.take_in(pusher.company_id)
    await detach_july(installation)
    goal = await goal_over_july(client, pusher)
    await work_off(installation, pusher.company_id)
    await pusher.push(client, pusher.row(bucket="2026-07-02", value="6"))
    assert await ingestion.take_in(pusher.company_id)
    assert shown(await come_to(client, installation, pusher.company, goal), "actual") == ["11"]


async def test_the_commands_let_go_of_the_sums_and_mark_the_goals(installation: ApiState, client: AsyncClient) -> None:
    pusher = await make_pusher(installation)
    goal = await goal_over_july(client, pusher)
    later = await make_cycle(client, pusher.company, starts_on="2026-10-01")
    await make_goal(client, pusher.company, indicator([pusher.shop.id]), cycle_id=later["id"])
    await pusher.push(client, pusher.row(value="7"))
    assert shown(await come_to(client, installation, pusher.company, goal), "actual") == ["7"]
    for command, actual in ((("detach", "--before", "2026-08"), None), (("attach", "2026-07"), "7")):
        assert (await admin(installation, *command))[0] == 0
        assert await count_rows(installation, "goal_marks", pusher.company_id) == 1
        assert (await read_attainment(client, pusher.company, goal))["includes_batches_up_to"] is None
        assert shown(await come_to(client, installation, pusher.company, goal), "actual") == [actual]


async def test_what_the_retention_takes_off_is_in_no_figure(installation: ApiState, client: AsyncClient) -> None:
    pusher, old = await make_pusher(installation), months_before(month_of(business_day()), 25)
    cycle = await make_cycle(client, pusher.company, kind="month", starts_on=str(old))
    goal = (await make_goal(client, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle["id"]))["id"]
    await pusher.push(client, pusher.row(bucket=str(old), value="7"))
    assert shown(await come_to(client, installation, pusher.company, goal), "actual") == ["7"]
    assert await summed_in(installation, pusher, old) == 1
    kept = Retention(installation.engine, inbox_kept_days=90, push_keys_kept_days=7, facts_kept_months=24)
    await kept.let_go()
    assert await summed_in(installation, pusher, old) == 0
    assert await count_rows(installation, "goal_marks", pusher.company_id) == 1
    assert shown(await come_to(client, installation, pusher.company, goal), "actual") == [None]


async def summed_in(state: ApiState, pusher: Pusher, month: date) -> int:
    """How many series are summed up of a month."""
    statement = text("SELECT count(*) FROM metric_months WHERE company_id = :company_id AND month = :month")
    async with state.sessions() as session:
        return int(await session.scalar(statement, {"company_id": pusher.company_id, "month": month}) or 0)
