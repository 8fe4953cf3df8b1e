"""PostgreSQL and Redis stop at once under pushes, and come back (reliability promises 3 and 4)."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

import httpx
import pytest

from tests.support.killable import Killable, Pausable, own_postgres, own_redis
from tests.support.model import check_books, found_rows, standing_rows
from tests.support.stack import Stack, running_stack, wait_until
from tests.support.story import PASSING, Company, Connector, Json, Row, make_company, metric_indicator

CONNECTIONS, ROWS_A_BATCH, SHOPS = 4, 100, 3
BOUNDED_SECONDS = 7.0
"""No reply takes longer than a connection may take to be made or had, and a little."""


@dataclass(frozen=True)
class Servers:
    """Servers of our own, since these are killed, and Attain over them."""

    postgres: Killable
    redis: Pausable
    stack: Stack


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with (
        own_postgres(durable=True) as postgres,
        own_redis() as redis,
        running_stack(postgres.url, redis.url, tmp_path_factory.mktemp("stack")) as stack,
    ):
        yield Servers(postgres, redis, stack)


@dataclass
class Load:
    """Pushes from several connections, one after the other on each, until told to stop."""

    connector: Connector
    acknowledged: dict[str, tuple[Json, list[Row]]] = field(default_factory=dict)
    replies: list[tuple[float, int, float]] = field(default_factory=list)
    """When a reply came, its status (0: none) and the seconds it took."""
    problems: list[str] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, connection: int) -> None:
        chance, number = random.Random(connection), 0
        while not self.stopping.is_set():
            number += 1
            key = f"{connection}-{number}"
            rows = some_rows(chance)
            while not self.try_push(key, rows):
                time.sleep(0.1)
            time.sleep(0.02)

    def try_push(self, key: str, rows: list[Row]) -> bool:
        started = time.monotonic()
        try:
            reply = self.connector.push_once(rows, key=key)
        except httpx.TransportError as error:
            self.problems.append(f"{type(error).__name__}: {error}")
            self.replies.append((time.monotonic(), 0, time.monotonic() - started))
            return False
        self.replies.append((time.monotonic(), reply.status_code, time.monotonic() - started))
        if reply.status_code == 202:
            self.acknowledged[key] = reply.json(), rows
        elif reply.status_code not in PASSING:
            self.problems.append(f"{reply.status_code} {reply.text}")
        elif reply.headers["Content-Type"] != "application/problem+json" or not int(reply.headers["Retry-After"]) > 0:
            self.problems.append(f"not as the contract says: {reply.headers} {reply.text}")
        return reply.status_code == 202

    def acknowledged_after(self, moment: float) -> int:
        return sum(status == 202 and when > moment for when, status, _ in self.replies)

    def slowest(self) -> float:
        return max(seconds for _, _, seconds in self.replies)


def some_rows(chance: random.Random) -> list[Row]:
    return [
        {
            "shop": f"tmall:shop-{chance.randrange(SHOPS)}",
            "metric": chance.choice(["gmv", "uv", "paid_orders"]),
            "dimension": "",
            "bucket": f"2025-03-{chance.randrange(1, 32):02}",
            "value": str(chance.randrange(100_000)),
            "finality": chance.choice(["final", "realtime"]),
            "observed_at": f"2026-01-02T01:{chance.randrange(60):02}:{chance.randrange(60):02}+00:00",
        }
        for _ in range(ROWS_A_BATCH)
    ]


@pytest.fixture
def company(servers: Servers) -> Iterator[Company]:
    servers.stack.revive()
    made = make_company(servers.stack.base_url)
    with made.admin:
        yield made


@pytest.fixture
def goal_id(company: Company, shop_ids: list[str]) -> str:
    cycle = company.make_cycle("month", "2025-03-01")
    return company.make_goal(cycle, [metric_indicator("gmv", shop_ids, "1000000")])


@pytest.fixture
def shop_ids(company: Company) -> list[str]:
    return [company.make_shop(f"shop-{number}") for number in range(SHOPS)]


@contextmanager
def load(company: Company, shop_ids: list[str]) -> Iterator[Load]:
    with company.make_connector(shop_ids) as connector, ThreadPoolExecutor(CONNECTIONS) as pool:
        running = Load(connector)
        threads: list[Future[None]] = [pool.submit(running.run, number) for number in range(CONNECTIONS)]
        try:
            wait_until(lambda: len(running.acknowledged) > 20)
            yield running
        finally:
            running.stopping.set()
        for thread in threads:
            thread.result()


def test_an_immediate_stop_of_postgresql_loses_nothing_acknowledged(
    servers: Servers, company: Company, shop_ids: list[str], goal_id: str
) -> None:
    gaps = []
    with load(company, shop_ids) as pushes:
        for down in (2.0, 0.5):
            servers.postgres.stop_immediately()
            stopped = time.monotonic()
            time.sleep(down)
            assert pushes.acknowledged_after(stopped + 0.3) == 0
            started = time.monotonic()
            servers.postgres.start()
            wait_until(lambda since=started: pushes.acknowledged_after(since) > 0)  # type: ignore[misc]
            gaps.append(time.monotonic() - started)
            wait_until(lambda since=started: pushes.acknowledged_after(since) > 100)  # type: ignore[misc]
            wait_until(servers.stack.is_ready)
    assert pushes.problems == []
    with servers.stack.database() as database:
        recovery = company.wait_until_done(seconds=30)
        last = max(receipt["id"] for receipt, _ in pushes.acknowledged.values())
        company.wait_for_batch(goal_id, last)
        books = check_books(database, company, pushes.acknowledged)
        assert found_rows(database, company) == standing_rows(
            row for _, rows in pushes.acknowledged.values() for row in rows
        )
    statuses = Counter(status for _, status, _ in pushes.replies)
    print(f"\n{books}\n2 immediate stops: replies {dict(statuses)}, the slowest {pushes.slowest():.1f} s")
    print(f"pushes went on {' and '.join(f'{gap:.1f}' for gap in gaps)} s after the start; done {recovery:.1f} s later")
    assert statuses[503] > 0
    assert pushes.slowest() < BOUNDED_SECONDS
    assert all(one.process.running for one in (servers.stack.api, *servers.stack.workers))


def test_every_route_answers_503_while_postgresql_is_away(servers: Servers, company: Company) -> None:
    paths = ("/v1/me", "/v1/shops", "/v1/goals", "/v1/metric-batches", "/v1/people", "/v1/cycles")
    servers.postgres.stop_immediately()
    try:
        for path in paths * 3:
            reply = company.admin.http.get(path)
            assert (reply.status_code, reply.json()["code"]) == (503, "unavailable"), reply.text
            assert int(reply.headers["Retry-After"]) > 0
        signed_in = company.admin.http.post("/v1/auth/token", data={"username": "a@example.com", "password": "b"})
        assert signed_in.status_code == 503
        assert company.admin.http.get("/readyz").status_code == 503
        assert company.admin.http.get("/livez").status_code == 200
    finally:
        servers.postgres.start()
    back = wait_until(servers.stack.is_ready, seconds=10)
    assert company.admin.http.get("/v1/me").status_code == 200
    print(f"\nready {back:.2f} s after PostgreSQL")


def test_a_restart_of_postgresql_between_two_requests_is_not_noticed(servers: Servers, company: Company) -> None:
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            replies = pool.map(lambda _: company.admin.http.get("/v1/me").status_code, range(32))
            assert set(replies) == {200}
            servers.postgres.stop_immediately()
            servers.postgres.start()
        assert company.admin.http.get("/v1/me").status_code == 200


def test_a_worker_waits_for_a_postgresql_that_is_away_at_its_start(servers: Servers) -> None:
    (worker,) = servers.stack.workers
    assert worker.terminate() == 0
    servers.postgres.stop_immediately()
    try:
        worker.launch()
        wait_until(lambda: worker.said("waiting for the database"))
    finally:
        servers.postgres.start()
    took = wait_until(lambda: worker.said("worker started"), seconds=10)
    print(f"\nthe worker worked {took:.2f} s after PostgreSQL")


@pytest.mark.parametrize("fault", ["killed", "paused"])
def test_without_redis_pushes_are_taken_at_once_and_done_by_the_sweep(
    servers: Servers, company: Company, shop_ids: list[str], goal_id: str, fault: str
) -> None:
    rows = some_rows(random.Random(1))
    with company.make_connector(shop_ids) as connector:
        connector.push(rows)
        if fault == "killed":
            servers.redis.stop_immediately()
        else:
            servers.redis.pause()
        try:
            pushed, sent = [], []
            for turn in range(12):
                started = time.monotonic()
                pushed.append(connector.push(some_rows(random.Random(turn)))["id"])
                sent.append(time.monotonic() - started)
                time.sleep(0.4)
            company.wait_until_done(seconds=10)
            assert servers.stack.is_ready()
        finally:
            if fault == "killed":
                servers.redis.start()
            else:
                servers.redis.resume()
        away = [seconds_to_done(company, batch_id) for batch_id in pushed]
        assert not connector.tries
        # it hears bells again: were it only for the sweep, half of them would take more than a second
        heard = wait_until(lambda: push_and_wait(company, connector, goal_id) < 0.5, seconds=15)
        after = [push_and_wait(company, connector, goal_id) for _ in range(7)]
    print(
        f"\nRedis {fault}: 202 within {max(sent) * 1000:.0f} ms; done after median {median(away):.1f}, "
        f"at most {max(away):.1f} s; bells heard again after {heard:.1f} s; then {median(after) * 1000:.0f} ms (median)"
    )
    assert max(sent) < 1
    assert max(away) < 4
    assert median(after) < 0.5
    assert all(worker.process.running for worker in servers.stack.workers)


def seconds_to_done(company: Company, batch_id: str) -> float:
    batch = company.admin.get(f"/v1/metric-batches/{batch_id}")
    stored, done = (datetime.fromisoformat(batch[name]) for name in ("stored_at", "processed_at"))
    return (done - stored).total_seconds()


def push_and_wait(company: Company, connector: Connector, goal_id: str) -> float:
    receipt = connector.push(some_rows(random.Random()))
    started = time.monotonic()
    company.wait_for_batch(goal_id, receipt["id"])
    return time.monotonic() - started
