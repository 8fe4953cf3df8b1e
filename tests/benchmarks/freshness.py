"""How long from a push's 202 to an attainment that shows it (GOAL-10): `python -m tests.benchmarks.freshness`.

Starts servers, API and worker of its own; prints figures and asserts nothing.
"""

import argparse
import asyncio
import os
import platform
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
from pydantic import SecretStr

from attain_shared.clock import business_day
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.settings import DatabaseSettings
from tests.benchmarks.facts_at_scale import METRICS, History, load_facts
from tests.benchmarks.figures import shop_id, shop_name
from tests.benchmarks.goals_at_scale import Crowd, make_goals, mark_goals, quarters
from tests.benchmarks.installation import connect
from tests.support.servers import postgres_server, redis_server
from tests.support.stack import Stack, running_stack
from tests.support.story import Company, Connector, Json, Row, make_company

FEWEST_SHOPS = 10
GOALS_A_SHOP = 10
"""Ten times as many goals as shops, each on one to five of them: a shop's push touches some thirty."""
DAYS = 145
"""Before today: the days that pushes are about."""
QUIET = 5.0
"""Seconds without work after which all goals are computed, and their curves drawn."""
PACKAGES = ("fastapi", "uvicorn", "sqlalchemy", "asyncpg", "arq")


@dataclass
class Measured:
    """Seconds, by what they were spent on."""

    push: list[float] = field(default_factory=list)
    visible: list[float] = field(default_factory=list)
    late: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    """By the status and the type of the problem."""


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--batches-per-second", type=float, default=20)
    parser.add_argument("--rows", type=int, default=100, help="of a batch: a restatement of one shop's figures")
    parser.add_argument("--goals", type=int, default=100, help="of three indicators, on one to five shops each")
    parser.add_argument("--shops", type=int, help="by default a tenth of the goals")
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    shops = arguments.shops or max(FEWEST_SHOPS, arguments.goals // GOALS_A_SHOP)
    with (
        tempfile.TemporaryDirectory(prefix="attain-benchmark-") as folder,
        postgres_server(durable=True) as postgres_url,
        redis_server() as redis_url,
        running_stack(postgres_url, redis_url, Path(folder), workers=arguments.workers) as stack,
    ):
        describe(stack)
        company = make_company(stack.base_url)
        with company.admin:
            asyncio.run(prepare_and_measure(stack, company, shops, arguments))
        show_server_side(stack, company)


async def prepare_and_measure(stack: Stack, company: Company, shops: int, arguments: argparse.Namespace) -> None:
    """Facts and goals straight into the tables; the pushes once every goal is computed."""
    connection, company_id, today = await connect(stack), UUID(company.id), business_day()
    first = quarters(quarters(today)[0].starts_on)[0].starts_on
    await load_facts(connection, [History(company_id, shops, first, today)])
    settings = DatabaseSettings(database_url=SecretStr(stack.database_url), statement_timeout_ms=600_000)
    engine = create_engine(settings, application="benchmark", plan_cache_mode="force_custom_plan")
    crowd = Crowd(company_id, arguments.goals, range(shops))
    goals = await make_goals(connection, create_sessions(engine), crowd, today=today)
    await engine.dispose()
    await compute_all(connection, company_id, arguments.goals)
    with company.make_connector([str(shop_id(0))]) as connector:
        await connection.execute(
            "UPDATE connectors SET shop_ids = (SELECT array_agg(id) FROM shops WHERE company_id = $1) "
            "WHERE company_id = $1",
            company_id,
        )
        await measure(company, connector, goals, arguments)
    await connection.close()


async def compute_all(connection: asyncpg.Connection, company_id: UUID, goals: int) -> None:
    """Let the workers compute every goal and draw every curve, so that only pushes are left to be done."""
    started = time.perf_counter()
    await mark_goals(connection, company_id, goals)
    last, curves = time.perf_counter(), 0
    while time.perf_counter() < last + QUIET:
        marks, drawn = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM goal_marks WHERE company_id = $1), "
            "(SELECT count(*) FROM pace_curves WHERE company_id = $1)",
            company_id,
        )
        if marks or drawn != curves:
            last, curves = time.perf_counter(), drawn
        await asyncio.sleep(0.2)
    print(f"all goals computed and {curves:,} curves drawn in {last - started:.0f} s", flush=True)


def show_server_side(stack: Stack, company: Company) -> None:
    """How long the batches took on the server, without the first ones, which warmed it up."""
    with stack.database() as database:
        rows = database.rows(
            "SELECT extract(epoch FROM processed_at - stored_at)::float8 AS seconds FROM metric_batches "
            "WHERE company_id = $1 AND state = 'done' ORDER BY id OFFSET $2",
            company.id,
            FEWEST_SHOPS,
        )
    show("server: stored to ingested", [row["seconds"] for row in rows])


def describe(stack: Stack) -> None:
    """What the figures were measured on."""
    with stack.database() as database:
        server = database.value("SHOW server_version")
        settings = {name: database.value(f"SHOW {name}") for name in ("fsync", "synchronous_commit")}
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.machine()}, Python {sys.version.split()[0]}"
    )
    print(f"PostgreSQL {server} {settings}, 1 API process, 1 worker process; {packages}")


async def measure(
    company: Company, connector: Connector, goals: Mapping[int, Sequence[UUID]], arguments: argparse.Namespace
) -> None:
    """Push at a steady rate, whatever becomes of the pushes before, and wait for each beside it."""
    chance, measured = random.Random(1), Measured()
    count = round(arguments.seconds * arguments.batches_per_second)
    async with asyncio.TaskGroup() as group, clients(company, connector) as (admin, pushing):
        for _ in range(FEWEST_SHOPS):
            await push_and_wait(pushing, admin, goals, arguments.rows, chance)
        started, running = time.perf_counter(), []
        for number in range(count):
            await asyncio.sleep(max(0, started + number / arguments.batches_per_second - time.perf_counter()))
            pushed = push_and_wait(pushing, admin, goals, arguments.rows, chance, measured=measured)
            running.append(group.create_task(pushed))
        await asyncio.gather(*running)
        took = time.perf_counter() - started
    touched = sum(map(len, goals.values())) / len(goals)
    print(
        f"{count} batches of {arguments.rows} rows, of one of {len(goals):,} shops each, in {took:.1f} s "
        f"({count / took:.1f} batches/s, {count * arguments.rows / took:.0f} rows/s); {arguments.goals:,} goals, "
        f"{touched:.0f} a shop; failed {dict(measured.failed)}, not visible in time {measured.late}"
    )
    show("push to 202", measured.push)
    show("202 to visible attainment", measured.visible)


class clients:  # noqa: N801 - a context manager
    """Asynchronous clients of the administrator and of the connector."""

    def __init__(self, company: Company, connector: Connector) -> None:
        limits = httpx.Limits(max_connections=500, max_keepalive_connections=500)
        self._clients = [
            httpx.AsyncClient(
                base_url=client.http.base_url, headers=client.http.headers, timeout=30, limits=limits, trust_env=False
            )
            for client in (company.admin, connector)
        ]

    async def __aenter__(self) -> list[httpx.AsyncClient]:
        return self._clients

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.aclose()


async def push_and_wait(
    pushing: httpx.AsyncClient,
    admin: httpx.AsyncClient,
    goals: Mapping[int, Sequence[UUID]],
    rows: int,
    chance: random.Random,
    *,
    measured: Measured | None = None,
) -> None:
    """Push one batch of some shop and wait until a goal on it shows it."""
    measured = measured or Measured()
    shop = chance.choice(list(goals))
    body = {"grain": "day", "observed_at": datetime.now(UTC).isoformat(), "observations": some_rows(shop, rows, chance)}
    started = time.perf_counter()
    reply = await pushing.post("/v1/metric-batches", json=body, headers={"Idempotency-Key": str(uuid4())})
    stored = time.perf_counter()
    if reply.status_code != 202:
        measured.failed[f"{reply.status_code} {reply.json().get('type', '')}"] += 1
        return
    batch_id = reply.json()["id"]
    query: Json = {"wait_for_batch": batch_id, "timeout": 20}
    try:
        shown = await admin.get(f"/v1/goals/{chance.choice(goals[shop])}/attainment", params=query)
    except httpx.TimeoutException:
        measured.late += 1
        return
    visible = time.perf_counter()
    measured.late += (shown.json().get("includes_batches_up_to") or "") < batch_id
    measured.push.append(stored - started)
    measured.visible.append(visible - stored)


def some_rows(shop: int, count: int, chance: random.Random) -> list[Row]:
    """A restatement of so many figures of one shop: all metrics of some days before today."""
    days = chance.sample(range(1, DAYS + 1), -(-count // len(METRICS)))
    return [
        {
            "shop": shop_name(shop),
            "metric": made.metric,
            "bucket": (business_day() - timedelta(day)).isoformat(),
            "value": str(chance.randrange(1, 10**6)),
        }
        for day in days
        for made in METRICS
    ][:count]


def show(what: str, seconds: Iterable[float]) -> None:
    """Print quantiles in milliseconds (nearest rank)."""
    ordered = sorted(seconds)
    if not ordered:
        print(f"{what:28} nothing measured")
        return
    marks = {f"p{share}": ordered[-(-share * len(ordered) // 100) - 1] for share in (50, 95, 99)} | {"max": ordered[-1]}
    print(f"{what:28}" + "  ".join(f"{name} {value * 1000:6.0f} ms" for name, value in marks.items()))


if __name__ == "__main__":
    main()
