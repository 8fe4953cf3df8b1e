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
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import httpx

from tests.support.servers import postgres_server, redis_server
from tests.support.stack import Stack, running_stack
from tests.support.story import Company, Connector, Json, Row, make_company, metric_indicator

SHOPS = 10
METRICS = ("gmv", "uv", "pv", "paid_orders", "paying_buyers", "paid_items", "stay_seconds", "refund_amount")
FIRST_DAY, DAYS = date(2026, 7, 1), 92
PACKAGES = ("fastapi", "uvicorn", "sqlalchemy", "asyncpg", "arq")


@dataclass
class Measured:
    """Seconds, by what they were spent on."""

    push: list[float] = field(default_factory=list)
    visible: list[float] = field(default_factory=list)
    late: int = 0
    failed: int = 0


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--batches-per-second", type=float, default=20)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--goals", type=int, default=30, help="goals, each on one shop")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="attain-benchmark-") as folder,
        postgres_server(durable=True) as postgres_url,
        redis_server() as redis_url,
        running_stack(postgres_url, redis_url, Path(folder)) as stack,
    ):
        describe(stack)
        company = make_company(stack.base_url)
        with company.admin:
            asyncio.run(measure(company, arguments))
        show_server_side(stack, company)


def show_server_side(stack: Stack, company: Company) -> None:
    """How long the batches took on the server, without the first ones, which warmed it up."""
    with stack.database() as database:
        rows = database.rows(
            "SELECT extract(epoch FROM processed_at - stored_at)::float8 AS seconds FROM metric_batches "
            "WHERE company_id = $1 ORDER BY id OFFSET $2",
            company.id,
            SHOPS,
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


async def measure(company: Company, arguments: argparse.Namespace) -> None:
    """Push at a steady rate, whatever becomes of the pushes before, and wait for each beside it."""
    shops = {f"shop-{number}": company.make_shop(f"shop-{number}") for number in range(SHOPS)}
    goals = make_goals(company, list(shops.values()), count=arguments.goals)
    chance, measured = random.Random(1), Measured()
    count = round(arguments.seconds * arguments.batches_per_second)
    with company.make_connector(shops.values()) as connector:
        async with asyncio.TaskGroup() as group, clients(company, connector) as (admin, pushing):
            warm = [push_and_wait(pushing, admin, goals, number, arguments.rows, chance) for number in range(SHOPS)]
            for one in warm:
                await one
            started, running = time.perf_counter(), []
            for number in range(count):
                await asyncio.sleep(max(0, started + number / arguments.batches_per_second - time.perf_counter()))
                running.append(
                    group.create_task(
                        push_and_wait(pushing, admin, goals, number, arguments.rows, chance, measured=measured)
                    )
                )
            await asyncio.gather(*running)
            took = time.perf_counter() - started
    print(
        f"{count} batches of {arguments.rows} rows over {SHOPS} shops in {took:.1f} s "
        f"({count / took:.1f} batches/s, {count * arguments.rows / took:.0f} rows/s), {arguments.goals} goals; "
        f"failed {measured.failed}, not visible in time {measured.late}"
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
    goals: dict[int, list[str]],
    number: int,
    rows: int,
    chance: random.Random,
    *,
    measured: Measured | None = None,
) -> None:
    """Push one batch and wait until a goal on its shop shows it."""
    measured = measured or Measured()
    shop = number % SHOPS
    body = {"grain": "day", "observed_at": datetime.now(UTC).isoformat(), "observations": some_rows(shop, rows, chance)}
    started = time.perf_counter()
    reply = await pushing.post("/v1/metric-batches", json=body, headers={"Idempotency-Key": str(uuid4())})
    stored = time.perf_counter()
    if reply.status_code != 202:
        measured.failed += 1
        return
    batch_id = reply.json()["id"]
    goal_id = chance.choice(goals[shop])
    query: Json = {"wait_for_batch": batch_id, "timeout": 20}
    shown = await admin.get(f"/v1/goals/{goal_id}/attainment", params=query)
    visible = time.perf_counter()
    measured.late += (shown.json().get("includes_batches_up_to") or "") < batch_id
    measured.push.append(stored - started)
    measured.visible.append(visible - stored)


def some_rows(shop: int, count: int, chance: random.Random) -> list[Row]:
    """A restatement of so many figures of one shop."""
    days = [FIRST_DAY + timedelta(chance.randrange(DAYS)) for _ in range(-(-count // len(METRICS)))]
    return [
        {
            "shop": f"tmall:shop-{shop}",
            "metric": metric,
            "bucket": day.isoformat(),
            "value": str(chance.randrange(10**6)),
        }
        for day in days
        for metric in METRICS
    ][:count]


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
