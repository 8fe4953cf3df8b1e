"""Ten connectors at full speed against two API processes and three workers: `python -m tests.benchmarks.soak`.

Overlapping shops; rows that are new, restated and repeated; batches of 100 to 5,000 rows; now and then the same push
again. Counts what was answered, deadlocks, lost and doubled rows, memory; then the slowest ten statements.
Five minutes on two cores take about 5 GB of disk.
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx

from attain_shared.metrics.queries import every_row
from deploy.local.ports import HOST, free_port
from deploy.local.servers import Postgres
from tests.benchmarks.figures import OBSERVED, ROWS_A_SHOP, Figure, as_decimal, body_of, figures, packed, shop_id
from tests.benchmarks.freshness import describe, show
from tests.benchmarks.ingest import SHOPS, make_shops, scope_to_all
from tests.benchmarks.installation import clean_up_when_terminated, connect, taken_in
from tests.benchmarks.processes import resident_mb
from tests.support.database import Database
from tests.support.killable import Killable, own_postgres
from tests.support.servers import redis_server
from tests.support.stack import Service, Stack, running_stack, wait_until
from tests.support.story import Company, make_company

KEYS = SHOPS * ROWS_A_SHOP
SIZES = (100, 250, 500, 1_000, 2_500, 5_000)
FIRST_SEEN = datetime.fromisoformat(OBSERVED)
LONGEST_PAUSE = 5.0
DEADLOCK_LINES = 12
TRIES = 100

_ROWS = every_row().replace(":company_id", "$1")
_BATCHES = """
    SELECT id, state, received, (verdicts->>'rejected')::int AS rejected,
           (SELECT sum(value::int) FROM jsonb_each_text(verdicts)) AS judged
    FROM metric_batches WHERE company_id = $1
"""
_KEPT = f"""
    SELECT batch_id, count(*) AS rows, count(DISTINCT row_index) AS indexes, sum(value) AS value
    FROM {_ROWS} o GROUP BY batch_id
"""
_KEY = "shop_id, metric, dimension, grain, bucket"
_WRONG = f"""
    WITH best AS (
        SELECT DISTINCT ON ({_KEY}) {_KEY}, observed_at, value FROM {_ROWS} o
        ORDER BY {_KEY}, is_final DESC, observed_at DESC, value DESC)
    SELECT count(*) FILTER (WHERE o.value IS NULL OR (o.value, o.observed_at) IS DISTINCT FROM (best.value, best.observed_at))
           AS wrong, count(*) AS keys, (SELECT count(*) FROM observations WHERE company_id = $1) AS standing
    FROM best LEFT JOIN (SELECT * FROM observations WHERE company_id = $1) o USING ({_KEY})
"""
"""Keys whose row is not the greatest of all that came (MET-7)."""
_SLOWEST = """
    SELECT calls, total_exec_time, mean_exec_time, max_exec_time, rows, query FROM pg_stat_statements
    JOIN pg_database d ON d.oid = dbid WHERE d.datname = current_database() ORDER BY total_exec_time DESC LIMIT 10
"""


@dataclass
class Traffic:
    """What the connectors send, and what they were answered."""

    urls: Sequence[str]
    until: float
    used: int = 0
    restated: int = 0
    acknowledged: dict[UUID, tuple[int, Decimal]] = field(default_factory=dict)
    """Rows and the sum of their values, by batch."""
    answers: Counter[str] = field(default_factory=Counter)
    again_wrong: int = 0
    seconds: list[float] = field(default_factory=list)

    def next_rows(self, chance: random.Random) -> tuple[list[Figure], datetime]:
        """New keys, known ones with other values seen later or earlier, or exactly what was sent before."""
        size, kind = chance.choice(SIZES), chance.choice(("fresh", "fresh", "restated", "repeated"))
        if kind == "fresh" and self.used + size <= KEYS:
            start, self.used = self.used, self.used + size
            return list(figures(start, size)), FIRST_SEEN
        size = min(size, max(self.used, SIZES[0]))
        start = chance.randrange(max(1, self.used - size))
        if kind == "repeated":
            return list(figures(start, size)), FIRST_SEEN
        self.restated += 1
        salt = chance.randrange(1, 50)
        return list(figures(start, size, salt=salt)), FIRST_SEEN + timedelta(minutes=salt)

    async def run(self, key: str, number: int) -> None:
        """One connector, one push after the other, by whichever API process."""
        chance = random.Random(number)
        headers = {"Authorization": f"Bearer {key}", "Content-Encoding": "gzip", "Content-Type": "application/json"}
        async with AsyncExitStack() as opened:
            clients = [
                await opened.enter_async_context(
                    httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False)
                )
                for url in self.urls
            ]
            while time.perf_counter() < self.until:
                rows, observed_at = self.next_rows(chance)
                body, idempotency_key = packed(body_of(rows, observed_at=observed_at.isoformat())), str(uuid4())
                batch_id = await self._push(clients, body, idempotency_key, chance)
                if batch_id is None:
                    continue
                self.acknowledged[batch_id] = len(rows), sum(map(as_decimal, rows), Decimal())
                if chance.random() < 0.02:
                    self.again_wrong += await self._push(clients, body, idempotency_key, chance) != batch_id

    async def _push(
        self, clients: Sequence[httpx.AsyncClient], body: bytes, key: str, chance: random.Random
    ) -> UUID | None:
        """Until it is acknowledged or refused for good; sent away, come again when told to."""
        for _ in range(TRIES):
            started = time.perf_counter()
            try:
                reply = await chance.choice(clients).post(
                    "/v1/metric-batches", content=body, headers={"Idempotency-Key": key}
                )
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1
                await asyncio.sleep(0.2)
                continue
            self.answers[str(reply.status_code)] += 1
            if reply.status_code == 202:
                self.seconds.append(time.perf_counter() - started)
                return UUID(reply.json()["id"])
            if reply.status_code not in {429, 503}:
                print(f"{reply.status_code}: {reply.text[:300]}", flush=True)
                return None
            await asyncio.sleep(min(LONGEST_PAUSE, float(reply.headers.get("Retry-After", "1"))))
        return None


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--connectors", type=int, default=10)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--apis", type=int, default=2)
    parser.add_argument("--pushes-a-minute", type=int, default=0, help="a connector may send; 0 for no limit")
    parser.add_argument("--inbox", type=int, default=2_000, help="batches that may wait before pushes are sent away")
    arguments = parser.parse_args()
    clean_up_when_terminated()
    env = {
        "ATTAIN_PUSH_BATCHES_PER_MINUTE": str(arguments.pushes_a_minute),
        "ATTAIN_INBOX_MAX_BATCHES": str(arguments.inbox),
    }
    with (
        tempfile.TemporaryDirectory(prefix="attain-benchmark-") as folder,
        counting_postgres() as server,
        redis_server() as redis_url,
        running_stack(server.url, redis_url, Path(folder), workers=arguments.workers, env=env) as stack,
        more_apis(stack, arguments.apis - 1) as others,
    ):
        describe(stack)
        with stack.database() as database:
            database.rows("CREATE EXTENSION pg_stat_statements")
        company = make_company(stack.base_url)
        with company.admin:
            asyncio.run(soak(stack, others, company, arguments))
        show_deadlocks(server)


@contextmanager
def counting_postgres() -> Iterator[Killable]:
    """A server that counts what each statement takes; that must be loaded when it starts."""
    with own_postgres(durable=True) as server:
        with Database(server.url) as database:
            database.rows("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
        server.stop_immediately()
        server.start()
        yield server


@contextmanager
def more_apis(stack: Stack, count: int) -> Iterator[list[Service]]:
    """So many API processes more, each on a port of its own."""
    with ExitStack() as cleanup:
        services = []
        for number in range(2, count + 2):
            port = free_port()
            env = stack.api.env | {"ATTAIN_PORT": str(port), "ATTAIN_METRICS_PORT": str(free_port())}
            service = Service(f"api-{number}", "attain_api.main", log=stack.folder / f"api-{number}.log", env=env)
            service.launch()
            cleanup.callback(service.terminate)
            wait_until(lambda service=service: is_ready(service), what="an API")  # type: ignore[misc]
            services.append(service)
        yield services


def url_of(service: Service) -> str:
    """Where an API process listens."""
    return f"http://{HOST}:{service.env['ATTAIN_PORT']}"


def is_ready(service: Service) -> bool:
    """Whether an API process serves."""
    try:
        return httpx.get(f"{url_of(service)}/readyz", timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


async def soak(stack: Stack, others: Sequence[Service], company: Company, arguments: argparse.Namespace) -> None:
    """All connectors for so long; then drain, and look what is there."""
    connection, company_id = await connect(stack), UUID(str(company.id))
    await make_shops(stack, company)
    keys = []
    for _ in range(arguments.connectors):
        with company.make_connector([str(shop_id(0))]) as connector:
            keys.append(connector.http.headers["Authorization"].removeprefix("Bearer "))
    await scope_to_all(stack, company)
    services = [stack.api, *others, *stack.workers]
    traffic = Traffic([url_of(service) for service in (stack.api, *others)], time.perf_counter() + arguments.seconds)
    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, key in enumerate(keys):
            group.create_task(traffic.run(key, number))
        async for at in marks(arguments.seconds):
            rows = sum(count for count, _ in traffic.acknowledged.values())
            show_memory(f"{at:4.0f} s, {rows:,} rows acknowledged", services)
    pushed = time.perf_counter() - started
    await taken_in(connection, company_id)
    took = time.perf_counter() - started
    show_memory("drained", services)
    rows = sum(count for count, _ in traffic.acknowledged.values())
    print(
        f"{arguments.connectors} connectors, {len(others) + 1} API processes, {len(stack.workers)} workers: "
        f"{len(traffic.acknowledged):,} batches of {rows:,} rows in {pushed:.0f} s, all in after {took:.0f} s "
        f"({rows / took:,.0f} rows/s); answers {dict(traffic.answers)}; "
        f"receipts of repeated pushes that differ {traffic.again_wrong}"
    )
    show("push to 202", traffic.seconds)
    await check(connection, company_id, traffic)
    await show_server_side(connection, company_id)
    show_logs(services)
    await connection.close()


async def marks(seconds: float) -> AsyncIterator[float]:
    """Ten instants from the start to the end."""
    started = time.perf_counter()
    for tenth in range(11):
        at = seconds * tenth / 10
        await asyncio.sleep(max(0, started + at - time.perf_counter()))
        yield at


async def check(connection: asyncpg.Connection, company_id: UUID, traffic: Traffic) -> None:
    """Every acknowledged batch once, every row of it once, and the greatest row of each key stands."""
    batches = {row["id"]: row for row in await connection.fetch(_BATCHES, company_id)}
    await connection.execute("SET work_mem = '256MB'")
    kept = {row["batch_id"]: row for row in await connection.fetch(_KEPT, company_id)}
    counts: Counter[str] = Counter()
    for batch_id, (rows, value) in traffic.acknowledged.items():
        found, batch = kept.get(batch_id), batches.get(batch_id)
        stored = found["rows"] if found else 0
        counts["lost rows"] += max(0, rows - stored)
        counts["doubled rows"] += max(0, stored - rows) + (stored - found["indexes"] if found else 0)
        counts["batches with other values"] += found is None or found["value"] != value
        counts["batches not done"] += batch is None or batch["state"] != "done"
        counts["batches misjudged"] += batch is None or not batch["judged"] == batch["received"] == rows
        counts["rejected rows"] += batch["rejected"] or 0 if batch else 0
    counts["batches nobody was told of"] = len(batches.keys() - traffic.acknowledged.keys())
    wrong = await connection.fetchrow(_WRONG, company_id)
    counts["keys with another than the greatest row"] = wrong["wrong"]
    print(f"books: {wrong['keys']:,} keys, {wrong['standing']:,} standing; {dict(counts)}", flush=True)
    if counts.total():
        raise RuntimeError("rows were lost, doubled or changed")


async def show_server_side(connection: asyncpg.Connection, company_id: UUID) -> None:
    """Deadlocks, verdicts, and what took longest."""
    deadlocks, temporary = await connection.fetchrow(
        "SELECT deadlocks, temp_bytes FROM pg_stat_database WHERE datname = current_database()"
    )
    verdicts = await connection.fetch(
        "SELECT key, sum(value::bigint)::bigint AS rows FROM metric_batches, jsonb_each_text(verdicts) "
        "WHERE company_id = $1 GROUP BY key",
        company_id,
    )
    tries = await connection.fetchval(
        "SELECT count(*) FROM metric_batches WHERE company_id = $1 AND attempts > 1", company_id
    )
    print(
        f"deadlocks {deadlocks}, batches tried more than once {tries}, temporary files {temporary / 1e6:.0f} MB; "
        f"verdicts { {row['key']: row['rows'] for row in verdicts} }"
    )
    print("slowest statements, by the time they took together:")
    for row in await connection.fetch(_SLOWEST):
        print(
            f"  {row['total_exec_time'] / 1000:7.1f} s  {row['calls']:7} × {row['mean_exec_time']:8.2f} ms, "
            f"at most {row['max_exec_time']:7.0f} ms, {row['rows']:9} rows  {' '.join(row['query'].split())[:150]}"
        )
    sys.stdout.flush()


def show_logs(services: Sequence[Service]) -> None:
    """How often each process has logged a warning or an error."""
    for service in services:
        told = Counter(re.findall(r'"level": ?"(\w+)"', service.log_text()))
        print(f"log of {service.process.name}: {dict(told)}")


def show_deadlocks(server: Killable) -> None:
    """Who waited for whom, where the server's log is at hand."""
    if isinstance(server, Postgres):
        lines = server.process.log.read_text(errors="replace").splitlines()
        for place, line in enumerate(lines):
            if "deadlock detected" in line:
                print("\n".join(line[:400] for line in lines[place : place + DEADLOCK_LINES]), flush=True)


def show_memory(when: str, services: Sequence[Service]) -> None:
    """Resident memory of every process."""
    held = ", ".join(f"{one.process.name} {resident_mb(one.process.popen.pid):.0f} MB" for one in services)
    print(f"{when}: {held}", flush=True)


if __name__ == "__main__":
    main()
