"""What a company costs beside a thousand others (P15): `python -m tests.benchmarks.neighbours`.

The worker drains a full inbox of one company: alone in the installation; beside the others, which have facts and are
quiet; and while half of them push a little now and then. The last two in turns. And one GET each time.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID

import asyncpg
import httpx

from attain_shared.identifiers import new_id
from tests.benchmarks.figures import OBSERVED, Figure, batches
from tests.benchmarks.freshness import describe
from tests.benchmarks.ingest import Bench, running_bench
from tests.benchmarks.installation import (
    add_shops,
    clean_up_when_terminated,
    connect,
    pack,
    pack_rows,
    store_batches,
    taken_in,
)
from tests.benchmarks.processes import cpu_seconds
from tests.support.stack import Stack
from tests.support.story import Company, Row

AFTERWARDS = 15.0
"""Seconds for which a worker still looks at companies that it has taken off the list (`IDLE_SECONDS`), and some."""
DAYS = 60
FACTS = """
    INSERT INTO observations (company_id, shop_id, metric, dimension, grain, bucket, value, is_final, through,
                              observed_at, batch_id, received_at, row_index, verdict)
    SELECT shop.company_id, shop.id, metric, '', 'day', DATE '2026-09-01' + day, 1000 + day, true, NULL,
           $2, $3, $2, day, 'accepted'
    FROM shops shop, unnest(ARRAY['gmv', 'paid_orders', 'uv']) AS metric, generate_series(0, $4 - 1) AS day
    WHERE shop.company_id = ANY($1)
    ORDER BY shop.company_id, shop.id, metric, day
"""


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=1_000)
    parser.add_argument("--shops", type=int, default=3, help="of each of them")
    parser.add_argument("--batches", type=int, default=100, help="of the one company, a round")
    parser.add_argument("--rows", type=int, default=1_000, help="of a batch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--per-second", type=float, default=5, help="small batches of all the others together")
    parser.add_argument("--gets", type=int, default=300)
    arguments = parser.parse_args()
    clean_up_when_terminated()
    with running_bench() as (stack, company, key):
        describe(stack)
        asyncio.run(measure(stack, company, key, arguments))


async def measure(stack: Stack, company: Company, key: str, arguments: argparse.Namespace) -> None:
    """Alone, then beside the others: quiet and busy in turns."""
    bench = Bench(stack, company, key, await connect(stack))
    seconds: dict[str, list[list[float]]] = defaultdict(list)
    for _ in range(3):  # past the batches that a worker takes one by one after its start
        await round_of(bench, arguments)
    for number in range(arguments.rounds):
        seconds["alone"].append(await round_of(bench, arguments))
        progress(f"alone: round {number + 1} of {arguments.rounds}")
    others = await make_others(bench.connection, arguments.companies, arguments.shops)
    progress(f"{len(others)} companies made")
    await list_all(bench.connection, others)
    await settled(bench.connection, others)
    await round_of(bench, arguments)
    for number in range(arguments.rounds):
        seconds["others quiet"].append(await round_of(bench, arguments))
        async with busy(stack, others[::2], arguments.per_second) as pushed:
            await asyncio.sleep(5)
            seconds["others busy"].append(await round_of(bench, arguments))
        progress(f"beside others: round {number + 1} of {arguments.rounds}; {len(pushed)} small batches pushed")
        await settled(bench.connection, others)
    show(seconds)
    await bench.connection.close()


async def round_of(bench: Bench, arguments: argparse.Namespace) -> list[float]:
    """Seconds and seconds of the worker's CPU to drain a full inbox of fresh rows; seconds of a GET."""
    rows: list[Figure] = bench.fresh(arguments.batches * arguments.rows)
    company_id, packed = UUID(str(bench.company.id)), [pack(batch) for batch in batches(iter(rows), arguments.rows)]
    while await bench.connection.fetchval(  # noqa: ASYNC110  # another process ends it
        "SELECT EXISTS (SELECT FROM shop_checks WHERE company_id = $1)", company_id
    ):
        await asyncio.sleep(0.2)  # the cross-checks of the round before are no part of this one
    pid = bench.stack.workers[0].process.popen.pid
    cpu, started = cpu_seconds(pid), time.perf_counter()
    await store_batches(bench.connection, company_id, packed)
    await taken_in(bench.connection, company_id)
    took, cpu = time.perf_counter() - started, cpu_seconds(pid) - cpu
    progress(f"drained in {took:.2f} s, worker CPU {cpu:.2f} s")
    return [took, cpu, await one_get(bench, arguments.gets)]


async def one_get(bench: Bench, times: int) -> float:
    """The median of a month of one metric, asked for one time after the other."""
    shop_id = await bench.connection.fetchval(
        "SELECT id FROM shops WHERE company_id = $1 AND external_id = 'shop-0'", UUID(str(bench.company.id))
    )
    query = {"shop_id": str(shop_id), "metric": "gmv", "from": "2026-07-01", "to": "2026-07-31"}
    http, taken = bench.company.admin.http, []
    async with httpx.AsyncClient(base_url=http.base_url, headers=http.headers, trust_env=False) as client:
        for _ in range(times):
            started = time.perf_counter()
            (await client.get("/v1/metric-values", params=query)).raise_for_status()
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)


async def make_others(connection: asyncpg.Connection, companies: int, shops: int) -> list[UUID]:
    """Companies with a few shops, and some facts of each."""
    others, numbers, now = [new_id() for _ in range(companies)], count(1_000_000), datetime.now(UTC)
    await connection.copy_records_to_table(
        "companies",
        columns=("id", "code", "name", "created_at"),
        records=[(company_id, f"other-{place}", f"other {place}", now) for place, company_id in enumerate(others)],
    )
    for company_id in others:
        await add_shops(connection, company_id, [next(numbers) for _ in range(shops)])
    await connection.execute(FACTS, others, datetime.fromisoformat(OBSERVED), new_id(), DAYS)
    await connection.execute("VACUUM ANALYZE observations")
    await connection.execute("ANALYZE")
    return others


async def list_all(connection: asyncpg.Connection, others: list[UUID]) -> None:
    """Have the worker look at each of them once."""
    await connection.execute("INSERT INTO company_work SELECT unnest($1::uuid[]), now() ON CONFLICT DO NOTHING", others)


async def settled(connection: asyncpg.Connection, others: list[UUID]) -> None:
    """Wait until a worker has found out that none of them has anything to do."""
    started = time.perf_counter()
    while await connection.fetchval(  # noqa: ASYNC110  # another process ends it
        "SELECT EXISTS (SELECT FROM company_work WHERE company_id = ANY($1))", others
    ):
        await asyncio.sleep(0.5)
    progress(f"all quiet after {time.perf_counter() - started:.0f} s")
    await asyncio.sleep(AFTERWARDS)


@asynccontextmanager
async def busy(stack: Stack, others: list[UUID], per_second: float) -> AsyncIterator[list[UUID]]:
    """All of them are listed, and every now and then one of them has a batch of ten rows."""
    connection, pushed, chance = await connect(stack), list[UUID](), random.Random(1)

    async def push() -> None:
        while True:
            other = chance.choice(others)
            name = await connection.fetchval(
                "SELECT platform || ':' || external_id FROM shops WHERE company_id = $1 LIMIT 1", other
            )
            day = date(2026, 9, 1) + timedelta(chance.randrange(DAYS))
            rows: list[Row] = [
                {"shop": name, "metric": "gmv", "bucket": (day + timedelta(n)).isoformat(), "value": f"{len(pushed)}"}
                for n in range(10)
            ]
            await store_batches(connection, other, [pack_rows(rows, observed_at=datetime.now(UTC).isoformat())])
            pushed.append(other)
            await asyncio.sleep(1 / per_second)

    await list_all(connection, others)
    pushing = asyncio.create_task(push())
    try:
        yield pushed
    finally:
        if pushing.done():
            await pushing  # only trouble ends it
        pushing.cancel()
        await asyncio.wait([pushing])
        await connection.close()


def show(seconds: dict[str, list[list[float]]]) -> None:
    """Medians, what they lie between, and against alone."""
    base = [statistics.median(one) for one in zip(*seconds["alone"], strict=True)]
    for name, rounds in seconds.items():
        told = []
        for what, alone, values in zip(
            ("drained in", "worker CPU", "GET"), base, zip(*rounds, strict=True), strict=True
        ):
            unit, factor = ("ms", 1000) if what == "GET" else ("s", 1)
            told.append(
                f"{what} {statistics.median(values) * factor:.2f} {unit} "
                f"({min(values) * factor:.2f} … {max(values) * factor:.2f}), ratio {statistics.median(values) / alone:.2f}"
            )
        print(f"{name:13} {'; '.join(told)}")
    sys.stdout.flush()


def progress(text: str) -> None:
    """Where the run is."""
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
