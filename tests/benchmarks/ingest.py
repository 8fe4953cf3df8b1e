"""How fast metrics are taken in (performance.md, P1 to P4): `python -m tests.benchmarks.ingest`, or `make bench-ingest`.

Three ways into the same tables on the same servers, in turns: the best plain script (F), the worker alone on a full
inbox, and HTTP push to fact. Prints figures and asserts nothing but that every row arrived.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx

from attain_shared.identifiers import new_id
from attain_shared.metrics.slots import slot_of
from tests.benchmarks import floor
from tests.benchmarks.figures import (
    OBSERVED,
    ROWS_A_SHOP,
    Figure,
    batches,
    body_of,
    figures,
    packed,
    shop_id,
    shop_name,
)
from tests.benchmarks.freshness import describe
from tests.benchmarks.installation import connect
from tests.support.servers import postgres_server, redis_server
from tests.support.stack import Stack, running_stack
from tests.support.story import Company, make_company

ROWS = {100: 60_000, 1_000: 60_000, 10_000: 100_000}
"""Rows of a round, by batch size."""
SHOPS = 700
CONNECTIONS = 8
FIRST_SEEN = datetime.fromisoformat(OBSERVED)


@dataclass
class Bench:
    """The servers, a company with shops, and how far the fresh rows have been used up."""

    stack: Stack
    company: Company
    connector_key: str
    connection: asyncpg.Connection
    used: int = 0
    restated: int = 0
    floor_company: UUID = field(default_factory=uuid4)

    def fresh(self, count: int) -> list[Figure]:
        """Rows of keys that nobody has had."""
        start, self.used = self.used, self.used + count
        if self.used > SHOPS * ROWS_A_SHOP:
            raise RuntimeError("out of fresh rows: raise SHOPS")
        return list(figures(start, count))

    def again(self, rows: int) -> tuple[list[Figure], datetime]:
        """The first keys of all once more, with other values, seen later."""
        self.restated += 1
        return list(figures(0, rows, salt=self.restated)), FIRST_SEEN + timedelta(hours=self.restated)


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(ROWS))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--without-http", action="store_true")
    arguments = parser.parse_args()
    with running_bench(workers=arguments.workers) as (stack, company, key):
        describe(stack)
        asyncio.run(measure(stack, company, key, arguments))


@contextmanager
def running_bench(*, workers: int = 1, **env: str) -> Iterator[tuple[Stack, Company, str]]:
    """Servers that really write to the disk, API and workers; a company with shops and a connector without limits."""
    settings = {
        "ATTAIN_SWEEP_SECONDS": "0.05",
        "ATTAIN_PUSH_BATCHES_PER_MINUTE": "0",
        "ATTAIN_BACKFILL_BATCHES_PER_MINUTE": "0",
        "ATTAIN_INBOX_MAX_BATCHES": "1000000",
    } | env
    with (
        tempfile.TemporaryDirectory(prefix="attain-benchmark-") as folder,
        postgres_server(durable=True) as postgres_url,
        redis_server() as redis_url,
        running_stack(postgres_url, redis_url, Path(folder), workers=workers, env=settings) as stack,
    ):
        company = make_company(stack.base_url)
        with company.admin:
            asyncio.run(make_shops(stack, company))
            with company.make_connector(str(shop_id(number)) for number in range(200)) as connector:
                key = connector.http.headers["Authorization"].removeprefix("Bearer ")
                asyncio.run(scope_to_all(stack, company))
                yield stack, company, key


async def make_shops(stack: Stack, company: Company) -> None:
    """Straight into the table: they are not what is measured."""
    connection = await connect(stack)
    columns = ("company_id", "id", "platform", "external_id", "name", "timezone", "currency", "created_at", "version")
    now = datetime.now(UTC)
    await connection.copy_records_to_table(
        "shops",
        columns=columns,
        records=[
            (
                UUID(str(company.id)),
                shop_id(number),
                "tmall",
                f"shop-{number}",
                f"{number}",
                "Asia/Shanghai",
                "CNY",
                now,
                1,
            )
            for number in range(SHOPS)
        ],
    )
    await connection.close()


async def scope_to_all(stack: Stack, company: Company) -> None:
    """More shops than the API lets one connector have."""
    connection = await connect(stack)
    await connection.execute(
        "UPDATE connectors SET shop_ids = (SELECT array_agg(id) FROM shops WHERE company_id = $1) WHERE company_id = $1",
        UUID(str(company.id)),
    )
    await connection.close()


async def measure(stack: Stack, company: Company, key: str, arguments: argparse.Namespace) -> None:
    """All ways, all sizes, fresh and known rows, in turns."""
    bench = Bench(stack, company, key, await connect(stack))
    await warm_up(bench)
    floors: dict[tuple[int, str], float] = {}
    for size in arguments.sizes:
        for kind in ("fresh", "known"):
            results: dict[str, list[float]] = {}
            for round_number in range(arguments.rounds):
                for name, script in floor.SCRIPTS.items():
                    rate = await measure_floor(bench, script, size, kind)
                    results.setdefault(f"F {name}", []).append(rate)
                results.setdefault("worker", []).append(await measure_worker(bench, size, kind))
                if not arguments.without_http:
                    results.setdefault("http", []).append(await measure_http(bench, size, kind))
                progress(size, kind, round_number + 1, arguments.rounds)
            floors[size, kind] = best_floor(results)
            show(size, kind, results)
    await bench.connection.close()


async def warm_up(bench: Bench) -> None:
    """Keys that later rounds find again, of both; and a worker past the batches it takes one by one after a start."""
    rows = bench.fresh(max(ROWS.values()))
    await fill_inbox(bench, rows, 10_000, FIRST_SEEN)
    await drained(bench)
    await floor.run(bench.connection, floor.unnest, prepared(bench, rows, 10_000, FIRST_SEEN))
    await bench.connection.execute("VACUUM ANALYZE observations")


def prepared(bench: Bench, rows: Sequence[Figure], size: int, observed_at: datetime) -> list[list[floor.Record]]:
    """The floor's batches."""
    return floor.prepare(rows, size, bench.floor_company, observed_at=observed_at)


def next_rows(bench: Bench, size: int, kind: str) -> tuple[list[Figure], datetime]:
    """What a round is about."""
    return (bench.fresh(ROWS[size]), FIRST_SEEN) if kind == "fresh" else bench.again(ROWS[size])


async def measure_floor(bench: Bench, script: floor.Script, size: int, kind: str) -> float:
    """Rows a second of a plain script."""
    rows, observed_at = next_rows(bench, size, kind)
    return await floor.run(bench.connection, script, prepared(bench, rows, size, observed_at))


async def measure_worker(bench: Bench, size: int, kind: str) -> float:
    """Rows a second from a full inbox to an empty one."""
    rows, observed_at = next_rows(bench, size, kind)
    await fill_inbox(bench, rows, size, observed_at)
    started = time.perf_counter()
    await drained(bench)
    return len(rows) / (time.perf_counter() - started)


async def measure_http(bench: Bench, size: int, kind: str) -> float:
    """Rows a second from the first push to the last fact."""
    rows, observed_at = next_rows(bench, size, kind)
    bodies = [packed(body_of(batch, observed_at=observed_at.isoformat())) for batch in batches(iter(rows), size)]
    headers = {
        "Authorization": f"Bearer {bench.connector_key}",
        "Content-Encoding": "gzip",
        "Content-Type": "application/json",
    }
    async with httpx.AsyncClient(base_url=bench.stack.base_url, headers=headers, timeout=60, trust_env=False) as client:
        waiting = iter(bodies)

        async def push() -> None:
            for body in waiting:
                reply = await client.post("/v1/metric-batches", content=body, headers={"Idempotency-Key": str(uuid4())})
                if reply.status_code != 202:
                    raise RuntimeError(f"{reply.status_code}: {reply.text[:200]}")

        started = time.perf_counter()
        await asyncio.gather(*(push() for _ in range(CONNECTIONS)))
        await drained(bench)
    return len(rows) / (time.perf_counter() - started)


async def fill_inbox(bench: Bench, rows: Sequence[Figure], size: int, observed_at: datetime) -> None:
    """Batches as the API stores them, visible to the worker all at once."""
    company_id, now = UUID(str(bench.company.id)), datetime.now(UTC)
    records = [
        (company_id, new_id(), None, "benchmark", "live", slot_of(shop_name(batch[0].shop)), len(batch),
         packed(body_of(batch, observed_at=observed_at.isoformat())), "stored", 0, now, now)
        for batch in batches(iter(rows), size)
    ]  # fmt: skip
    columns = ("company_id", "id", "connector_id", "source", "lane", "slot", "received", "payload", "state", "attempts",
               "due_at", "stored_at")  # fmt: skip
    async with bench.connection.transaction():
        await bench.connection.copy_records_to_table("metric_batches", records=records, columns=columns)
        await bench.connection.execute(
            "INSERT INTO company_work (company_id, wanted_at) VALUES ($1, now()) ON CONFLICT DO NOTHING", company_id
        )


async def drained(bench: Bench) -> None:
    """Wait until nothing is waiting, and see that nothing was put aside."""
    company_id = UUID(str(bench.company.id))
    while await bench.connection.fetchval(  # noqa: ASYNC110  # another process ends it
        "SELECT EXISTS (SELECT FROM metric_batches WHERE company_id = $1 AND state = 'stored')", company_id
    ):
        await asyncio.sleep(0.02)
    failed = await bench.connection.fetchval(
        "SELECT count(*) FROM metric_batches WHERE company_id = $1 AND state = 'failed'", company_id
    )
    if failed:
        raise RuntimeError(f"{failed} batches failed")


def best_floor(results: dict[str, list[float]]) -> float:
    """F: the script that is fastest at this size."""
    return max(statistics.median(rates) for name, rates in results.items() if name.startswith("F "))


def show(size: int, kind: str, results: dict[str, list[float]]) -> None:
    """Medians, least and most, and as a share of F."""
    best = best_floor(results)
    for name, rates in results.items():
        median = statistics.median(rates)
        print(
            f"{kind:5} batches of {size:6,}: {name:14} {median:9,.0f} rows/s  ({min(rates):,.0f} … {max(rates):,.0f})"
            f"  {median / best:.2f} F",
            flush=True,
        )


def progress(size: int, kind: str, done: int, rounds: int) -> None:
    """Where the run is."""
    print(f"  {kind} {size}: round {done} of {rounds}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
