"""Live pushes while a backfill of millions of rows drains (P13): `python -m tests.benchmarks.backfill`.

A connector pushes a few figures of its own shops a few times a second: by itself, then while a backfill of other shops
of the same company waits in the inbox or comes in over HTTP, then by itself again. How long until the 202, how long
until the goal shows it, and the most memory that API and worker have held. Five million rows take about 2 GB of disk.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from uuid import UUID, uuid4

import asyncpg
import httpx
from sqlalchemy.engine import make_url

from tests.benchmarks.figures import METRICS, ROWS_A_SHOP, batches, figures
from tests.benchmarks.freshness import clients, describe, show
from tests.benchmarks.ingest import SHOPS, running_bench, scope_to_all
from tests.benchmarks.installation import (
    Packed,
    add_shops,
    clean_up_when_terminated,
    connect,
    pack,
    store_batches,
    taken_in,
)
from tests.benchmarks.processes import peak_mb, resident_mb
from tests.support.stack import Stack
from tests.support.story import Company, Row, metric_indicator

LIVE_SHOPS = 10
FIRST_DAY, DAYS = date(2026, 7, 1), 92
PATIENCE = 20
"""Seconds that a live row may take to be shown before it is late."""
SHOWN = """
    SELECT batch.state <> 'stored' AND NOT EXISTS (
        SELECT FROM goal_marks mark
        WHERE mark.company_id = $1 AND mark.goal_id = $3 AND mark.first_batch_id <= batch.id)
    FROM metric_batches batch WHERE batch.company_id = $1 AND batch.id = $2
"""
"""Whether a batch is done, and the goal computed since."""


@dataclass
class Live:
    """Steady pushes: seconds to the 202, from there until the attainment shows it, and until `wait_for_batch` answers.

    That answer takes half a second longer while older batches wait (api.md): so the database is asked as well.
    """

    pushing: httpx.AsyncClient
    admin: httpx.AsyncClient
    pool: asyncpg.Pool
    company_id: UUID
    goals: dict[int, list[str]]
    rows: int
    per_second: float
    accepted: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    late: int = 0

    async def run_until(self, done: Awaitable[object], what: str) -> None:
        """Push at the rate, whatever becomes of the pushes before, until something is done; then print."""
        self.accepted, self.shown, self.answered, self.failed, self.late = [], [], [], Counter(), 0
        waiting, started, number = asyncio.ensure_future(done), time.perf_counter(), 0
        async with asyncio.TaskGroup() as group:
            while not waiting.done():
                group.create_task(self._push(number))
                number += 1
                await asyncio.sleep(max(0, started + number / self.per_second - time.perf_counter()))
        await waiting
        print(f"\n{what}: {number} live pushes of {self.rows} rows; failed {dict(self.failed)}, late {self.late}")
        show("  push to 202", self.accepted)
        show("  202 to shown in the goal", self.shown)
        show("  202 to wait_for_batch", self.answered)
        sys.stdout.flush()

    async def _push(self, number: int) -> None:
        chance, shop = random.Random(number), number % LIVE_SHOPS
        body = {
            "grain": "day",
            "observed_at": datetime.now(UTC).isoformat(),
            "observations": live_rows(shop, self.rows, chance),
        }
        started = time.perf_counter()
        reply = await self.pushing.post("/v1/metric-batches", json=body, headers={"Idempotency-Key": str(uuid4())})
        stored = time.perf_counter()
        if reply.status_code != 202:
            self.failed[f"push {reply.status_code} {reply.json().get('code')}"] += 1
            return
        self.accepted.append(stored - started)
        batch_id, goal_id = reply.json()["id"], chance.choice(self.goals[shop])
        await asyncio.gather(self._wait_over_http(goal_id, batch_id), self._wait_until_shown(goal_id, batch_id))

    async def _wait_over_http(self, goal_id: str, batch_id: str) -> None:
        started = time.perf_counter()
        query: dict[str, str | int] = {"wait_for_batch": batch_id, "timeout": PATIENCE}
        found = await self.admin.get(f"/v1/goals/{goal_id}/attainment", params=query)
        if not found.is_success:
            self.failed[f"attainment {found.status_code} {found.json().get('code')}"] += 1
        self.answered.append(time.perf_counter() - started)

    async def _wait_until_shown(self, goal_id: str, batch_id: str) -> None:
        started = time.perf_counter()
        while not await self.pool.fetchval(SHOWN, self.company_id, UUID(batch_id), UUID(goal_id)):
            if time.perf_counter() - started > PATIENCE:
                self.late += 1
                return
            await asyncio.sleep(0.01)
        self.shown.append(time.perf_counter() - started)


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000, help="of the backfill")
    parser.add_argument("--size", type=int, default=10_000, help="rows of a batch of the backfill")
    parser.add_argument("--http", type=int, default=0, metavar="CONNECTIONS", help="push the backfill, by so many")
    parser.add_argument("--idle", type=float, default=20, help="seconds of live pushes alone, before and after")
    parser.add_argument("--batches-per-second", type=float, default=5)
    parser.add_argument("--live-rows", type=int, default=100)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    clean_up_when_terminated()
    with running_bench(workers=arguments.workers) as (stack, company, key):
        describe(stack)
        asyncio.run(measure(stack, company, key, arguments))


async def measure(stack: Stack, company: Company, key: str, arguments: argparse.Namespace) -> None:
    """Alone, with the backfill, alone again."""
    connection, company_id = await connect(stack), UUID(str(company.id))
    await add_shops(connection, company_id, range(SHOPS, -(-arguments.rows // ROWS_A_SHOP)))
    await scope_to_all(stack, company)
    packed = pack_backfill(arguments.rows, arguments.size)
    live_shops = [company.make_shop(f"live-{number}") for number in range(LIVE_SHOPS)]
    goals = make_goals(company, live_shops, count=3 * LIVE_SHOPS)
    with company.make_connector(live_shops) as connector:
        async with clients(company, connector) as (admin, pushing), looking(stack) as pool:
            live = Live(pushing, admin, pool, company_id, goals, arguments.live_rows, arguments.batches_per_second)
            await live.run_until(asyncio.sleep(5), "warm-up")
            show_memory(stack)
            await live.run_until(asyncio.sleep(arguments.idle), "alone")
            started = time.perf_counter()
            if arguments.http:
                coming_in = push_all(stack, key, packed, arguments.http)
            else:
                coming_in = store_batches(connection, company_id, packed, lane="backfill")
            await live.run_until(
                drain(connection, company_id, coming_in), f"with a backfill of {arguments.rows:,} rows"
            )
            took = time.perf_counter() - started
            print(f"  backfill: {took:.1f} s, {arguments.rows / took:,.0f} rows/s")
            await check(connection, company_id, arguments.rows)
            show_memory(stack)
            await live.run_until(asyncio.sleep(arguments.idle), "alone again")
    show_memory(stack)
    await connection.close()


def looking(stack: Stack) -> asyncpg.Pool:
    """Connections to look into the database by."""
    url = make_url(stack.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    return asyncpg.create_pool(url, min_size=1, max_size=4)


def pack_backfill(rows: int, size: int) -> list[Packed]:
    """All batches, made before the clock runs: they take some 12 bytes a row."""
    packed, made = [], batches(figures(0, rows), size)
    while some := list(islice(made, max(1, 500_000 // size))):
        packed += [pack(batch, lane="backfill") for batch in some]
        progress(f"packed {sum(batch.received for batch in packed):,} of {rows:,} rows")
    return packed


async def drain(connection: asyncpg.Connection, company_id: UUID, coming_in: Awaitable[None]) -> None:
    """All of the backfill is stored, and taken in."""
    await coming_in
    while waiting := await connection.fetchval(
        "SELECT count(*) FROM metric_batches WHERE company_id = $1 AND lane = 'backfill' AND state = 'stored'",
        company_id,
    ):
        progress(f"{waiting} batches of the backfill wait")
        await asyncio.sleep(min(5, waiting / 50))
    await taken_in(connection, company_id, lane="backfill")


async def push_all(stack: Stack, key: str, packed: Sequence[Packed], connections: int) -> None:
    """The same over HTTP."""
    headers = {"Authorization": f"Bearer {key}", "Content-Encoding": "gzip", "Content-Type": "application/json"}
    waiting, started = iter(packed), time.perf_counter()
    async with httpx.AsyncClient(base_url=stack.base_url, headers=headers, timeout=60, trust_env=False) as client:

        async def push() -> None:
            for batch in waiting:
                headers = {"Idempotency-Key": str(uuid4())}
                reply = await client.post("/v1/metric-batches", content=batch.payload, headers=headers)
                if reply.status_code != 202:
                    raise RuntimeError(f"{reply.status_code}: {reply.text[:200]}")

        await asyncio.gather(*(push() for _ in range(connections)))
    progress(f"pushed {sum(batch.received for batch in packed):,} rows in {time.perf_counter() - started:.1f} s")


async def check(connection: asyncpg.Connection, company_id: UUID, rows: int) -> None:
    """Every row of the backfill is a fact."""
    accepted = await connection.fetchval(
        "SELECT sum((verdicts->>'accepted')::bigint)::bigint FROM metric_batches "
        "WHERE company_id = $1 AND lane = 'backfill'",
        company_id,
    )
    if accepted != rows:
        raise RuntimeError(f"{accepted} of {rows} rows were taken in")


def make_goals(company: Company, shop_ids: list[str], *, count: int) -> dict[int, list[str]]:
    """Goals of two indicators each, by the number of their shop."""
    cycle = company.make_cycle("quarter", FIRST_DAY.isoformat())
    goals: dict[int, list[str]] = {number: [] for number in range(len(shop_ids))}
    for number in range(count):
        shop = number % len(shop_ids)
        indicators = [
            metric_indicator("gmv", [shop_ids[shop]], "50000000"),
            metric_indicator("conversion", [shop_ids[shop]], "0.03", aggregate="daily_pooled"),
        ]
        goals[shop].append(company.make_goal(cycle, indicators, weight="1"))
    return goals


def live_rows(shop: int, count: int, chance: random.Random) -> list[Row]:
    """Figures of some days of one shop, new or known; the goals of the shop are measured by one of them."""
    days = sorted(chance.sample(range(DAYS), -(-count // len(METRICS))))
    return [
        {
            "shop": f"tmall:live-{shop}",
            "metric": metric,
            "bucket": (FIRST_DAY + timedelta(day)).isoformat(),
            "value": str(chance.randrange(10**6)),
        }
        for day in days
        for metric in METRICS
    ][:count]


def show_memory(stack: Stack) -> None:
    """Of the API and of each worker: now, and at most so far."""
    for service in (stack.api, *stack.workers):
        pid = service.process.popen.pid
        print(f"  memory of {service.process.name:9} {resident_mb(pid):6.0f} MB now, {peak_mb(pid):6.0f} MB at most")
    sys.stdout.flush()


def progress(text: str) -> None:
    """Where the run is."""
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
