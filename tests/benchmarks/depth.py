"""What a batch costs with few and with many facts stored (P6): `python -m tests.benchmarks.depth`.

Two databases on one server; batches of a thousand rows in turns, each taken in by the worker's own classes in this
process. Then the plan of every statement of a claim. 50 million facts take 13 GB and about ten minutes to load.
"""

import argparse
import asyncio
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from pydantic import SecretStr
from sqlalchemy import event

from attain_shared.db.partitions import month_of, next_month, partition_name
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import MemoryDoorbell
from attain_worker.ingestion.service import Ingestion
from attain_worker.settings import WorkerSettings
from tests.benchmarks.figures import METRICS, OBSERVED, shop_id, shop_name
from tests.benchmarks.freshness import describe
from tests.benchmarks.installation import Packed, add_shops, clean_up_when_terminated, connect, pack_rows, store_batches
from tests.support.servers import postgres_server, redis_server
from tests.support.stack import Stack, running_stack
from tests.support.story import Row, make_company

FIRST_DAY, DAYS = date(2024, 11, 1), 730
BATCH_ROWS, BATCH_SHOPS, BATCH_DAYS = 1_000, 10, 7
"""A batch restates a week of ten shops."""
FEWEST_DAYS = 67
FIRST_SEEN = datetime.fromisoformat(OBSERVED)
PLAN_LINES = 30
BYTES_A_FACT = 400
"""With its index, and with room for the log of changes."""
EXPLAINED = {
    "session_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_level": "notice",
    "auto_explain.log_parameter_max_length": "0",
}
"""Sends the plan of every statement to the client."""

LOAD = """
    INSERT INTO {partition} (company_id, shop_id, metric, dimension, grain, bucket, value, is_final, through,
                              observed_at, batch_id, received_at, row_index, verdict)
    SELECT $1, shop.id, metric.code, '', 'day', day::date, 100 + (shop.place * 31 + metric.place * 7) % 99991, true, NULL,
           $6, $7, $6, shop.place * 100 + metric.place, 'accepted'
    FROM unnest($2::uuid[]) WITH ORDINALITY AS shop (id, place), unnest($3::text[]) WITH ORDINALITY AS metric (code, place),
         generate_series($4::date, $5::date, interval '1 day') AS day
    ORDER BY day, shop.place, metric.place
"""
"""As they would have come in: day by day."""
KEY = "company_id, shop_id, metric, dimension, grain, bucket"


@dataclass
class Store:
    """A database with facts, and a worker on it in this process."""

    name: str
    connection: asyncpg.Connection
    company_id: UUID
    shops: int
    days: int
    ingestion: Ingestion
    explained: Ingestion
    """The same, which has each plan told."""
    plans: list[str]
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def facts(self) -> int:
        """That were loaded."""
        return self.shops * self.days * len(METRICS)


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=10_000, help="facts of the first database")
    parser.add_argument("--facts", type=int, default=50_000_000, help="facts of the other one")
    parser.add_argument("--batches", type=int, default=40, help="of each kind and database")
    arguments = parser.parse_args()
    clean_up_when_terminated()
    needed, free = arguments.facts * BYTES_A_FACT, shutil.disk_usage(tempfile.gettempdir()).free
    if free < needed:
        parser.error(f"{arguments.facts:,} facts need {needed / 1e9:.0f} GB, and there are {free / 1e9:.0f}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with (
        tempfile.TemporaryDirectory(prefix="attain-benchmark-") as folder,
        postgres_server(durable=True) as postgres_url,
        redis_server() as redis_url,
        running_stack(postgres_url, redis_url, Path(folder) / "few", workers=0) as few,
        running_stack(postgres_url, redis_url, Path(folder) / "many", workers=0) as many,
    ):
        describe(few)
        asyncio.run(measure(few, many, arguments))


async def measure(few: Stack, many: Stack, arguments: argparse.Namespace) -> None:
    """Load both, then batches in turns, then the plans."""
    async with AsyncExitStack() as opened:
        stores = [
            await opened.enter_async_context(open_store(name, stack, facts))
            for name, stack, facts in (("few", few, arguments.few), ("many", many, arguments.facts))
        ]
        for store in stores:
            await load(store)
        chance = random.Random(1)
        for number in range(-5, arguments.batches):
            for kind in ("fresh", "known"):
                for store in stores:
                    seconds = await take_in_one(store, store.ingestion, kind, number, chance)
                    if number >= 0:
                        store.seconds[kind].append(seconds)
            if number % 10 == 9:
                progress(f"{number + 1} of {arguments.batches} batches of each kind")
        show(stores)
        for kind in ("fresh", "known"):
            for store in stores:
                await show_plans(store, kind, arguments.batches, chance, whole=store is stores[-1])


@asynccontextmanager
async def open_store(name: str, stack: Stack, facts: int) -> AsyncIterator[Store]:
    """A company without a fact yet, and its workers."""
    company = make_company(stack.base_url)
    company.admin.http.close()
    company_id = UUID(company.id)
    days = min(DAYS, max(FEWEST_DAYS, facts // (BATCH_SHOPS * len(METRICS))))
    shops = max(BATCH_SHOPS, -(-facts // (days * len(METRICS))))
    connection, plans = await connect(stack), list[str]()
    await add_shops(connection, company_id, range(shops))
    async with new_ingestion(stack) as ingestion, new_ingestion(stack, plans=plans) as explained:
        yield Store(name, connection, company_id, shops, days, ingestion, explained, plans)
    await connection.close()


@asynccontextmanager
async def new_ingestion(stack: Stack, *, plans: list[str] | None = None) -> AsyncIterator[Ingestion]:
    """An ingestion as the worker has it, but that it claims many at once from the start."""
    settings = WorkerSettings(database_url=SecretStr(stack.database_url), redis_url=SecretStr(stack.redis_url))
    more = {} if plans is None else EXPLAINED
    engine = create_engine(settings, application="benchmark", plan_cache_mode="force_custom_plan", **more)
    if plans is not None:

        def listen(connection: Any, _record: Any) -> None:
            connection.driver_connection.add_log_listener(lambda _connection, told: plans.append(told.message))

        event.listen(engine.sync_engine, "connect", listen)
    yield Ingestion(create_sessions(engine), MemoryDoorbell(), claim_rows=settings.claim_rows, alone_first=0)
    await engine.dispose()


async def load(store: Store) -> None:
    """All facts, month by month, each with its index made afterwards: that takes half the time."""
    last = FIRST_DAY + timedelta(store.days - 1)
    months = [month_of(FIRST_DAY)]
    while next_month(months[-1]) <= last:
        months.append(next_month(months[-1]))
    ids, started = sorted(map(shop_id, range(store.shops))), time.perf_counter()
    await store.connection.execute("SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'")
    for month in months:
        first, end = max(month, FIRST_DAY), min(next_month(month) - timedelta(1), last)
        await load_month(store, month, (ids, METRICS, first, end, FIRST_SEEN, UUID(int=month.toordinal())))
        if store.facts > 1_000_000:
            progress(f"loaded {month:%Y-%m}, {time.perf_counter() - started:.0f} s")
    # a worker that has run for a while knows them all
    for ingestion in (store.ingestion, store.explained):
        await ingestion._ensure_months(set(months))
    for statement in ("VACUUM ANALYZE observations", "VACUUM ANALYZE shops", "CHECKPOINT"):
        await store.connection.execute(statement)
    count, size = await store.connection.fetchrow(
        "SELECT count(*), (SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree('observations')) "
        "FROM observations WHERE company_id = $1",
        store.company_id,
    )
    print(
        f"{store.name}: {count:,} facts of {store.shops:,} shops over {store.days} days, {size / 1e9:.2f} GB, "
        f"loaded in {time.perf_counter() - started:.0f} s",
        flush=True,
    )


async def load_month(store: Store, month: date, facts: tuple[object, ...]) -> None:
    """A partition with its facts, in place of an empty one where there is any."""
    name = partition_name("observations", month)
    for statement in (
        f"DROP TABLE IF EXISTS {name}",
        f"CREATE TABLE {name} (LIKE observations INCLUDING ALL EXCLUDING INDEXES)",
    ):
        await store.connection.execute(statement)
    await store.connection.execute(LOAD.format(partition=name), store.company_id, *facts)
    for statement in (
        f"ALTER TABLE {name} ADD PRIMARY KEY ({KEY})",
        f"ALTER TABLE observations ATTACH PARTITION {name} FOR VALUES FROM ('{month}') TO ('{next_month(month)}')",
    ):
        await store.connection.execute(statement)


async def take_in_one(store: Store, ingestion: Ingestion, kind: str, number: int, chance: random.Random) -> float:
    """Seconds of one claim with one batch."""
    await store_batches(store.connection, store.company_id, [make_batch(store, kind, number, chance)])
    started = time.perf_counter()
    if not await ingestion.take_in(store.company_id):
        raise RuntimeError("the batch was not seen")
    seconds = time.perf_counter() - started
    verdicts = await store.connection.fetchval(
        "SELECT verdicts::text FROM metric_batches WHERE company_id = $1 ORDER BY id DESC LIMIT 1", store.company_id
    )
    counted = json.loads(verdicts)
    # a value made up anew may be what it was
    if counted["accepted" if kind == "fresh" else "superseded"] + counted["unchanged"] != BATCH_ROWS:
        raise RuntimeError(f"a batch of {kind} rows had {verdicts}")
    return seconds


def make_batch(store: Store, kind: str, number: int, chance: random.Random) -> Packed:
    """A week of ten shops, wherever: rows that are there, with other values, or items of the same shops and days."""
    shops = sorted(chance.sample(range(store.shops), BATCH_SHOPS))
    start = FIRST_DAY + timedelta(chance.randrange(store.days - BATCH_DAYS + 1))
    item = {"dimension": f"item:{chance.randrange(10**12)}"} if kind == "fresh" else {}
    rows: list[Row] = [
        {"shop": shop_name(shop), "metric": metric, "bucket": (start + timedelta(day)).isoformat(),
         "value": str(chance.randrange(10**6)), **item}
        for shop in shops
        for day in range(BATCH_DAYS)
        for metric in METRICS
    ][:BATCH_ROWS]  # fmt: skip
    observed_at = FIRST_SEEN + timedelta(minutes=number + 10)
    return pack_rows(rows, observed_at=observed_at.isoformat())


def show(stores: list[Store]) -> None:
    """Medians and what they lie between, and many against few."""
    for kind in ("fresh", "known"):
        medians = []
        for store in stores:
            seconds = store.seconds[kind]
            medians.append(statistics.median(seconds))
            print(
                f"{kind} {BATCH_ROWS:,} rows with {store.facts:12,} facts: {medians[-1] * 1000:7.1f} ms "
                f"({min(seconds) * 1000:.1f} … {max(seconds) * 1000:.1f})"
            )
        print(f"{kind}: ratio {medians[1] / medians[0]:.2f}", flush=True)


async def show_plans(store: Store, kind: str, number: int, chance: random.Random, *, whole: bool) -> None:
    """What the server did for each statement of one claim."""
    for later in range(6):  # its connections learn the types first
        store.plans.clear()
        await take_in_one(store, store.explained, kind, number + later, chance)
    with heading(f"{kind} rows, {store.facts:,} facts: {len(store.plans)} statements"):
        for told in store.plans:
            duration, _, rest = told.partition("plan:\n")
            text, plan = split_plan(rest)
            print(f"[{duration.strip().removeprefix('duration: ')}] {' '.join(text.split())[:150]}")
            if whole:
                print("\n".join(f"      {line[:200]}" for line in plan[:PLAN_LINES]))
                if len(plan) > PLAN_LINES:
                    print(f"      … {len(plan) - PLAN_LINES} lines more")


def split_plan(told: str) -> tuple[str, list[str]]:
    """The statement, and the lines of its plan: they begin with the line that has the first cost."""
    lines = told.removeprefix("Query Text: ").splitlines()
    first = next((place for place, line in enumerate(lines) if "(cost=" in line), len(lines))
    return "\n".join(lines[:first]), lines[first:]


@contextmanager
def heading(text: str) -> Iterator[None]:
    """Print something under a line that says what it is."""
    print(f"\n== {text}")
    yield
    sys.stdout.flush()


def progress(text: str) -> None:
    """Where the run is."""
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
