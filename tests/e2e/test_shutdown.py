"""SIGTERM under load: nothing half-done, no push half-answered, no request failed, exit code 0 (F13)."""

import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection

import httpx
import pytest

from deploy.local.ports import HOST, free_port
from deploy.local.process import Process
from tests.support.database import Database
from tests.support.model import RECEIVED, check_books
from tests.support.stack import CHECKOUT, Stack, wait_until
from tests.support.story import Company, Connector, Json, Row, metric_indicator

ROWS_A_BATCH = 5_000
HALF_DONE = f"""
    SELECT count(*) FROM metric_batches b WHERE b.company_id = $1 AND
    (SELECT count(*) FROM {RECEIVED} h WHERE h.batch_id = b.id)
    <> CASE b.state WHEN 'done' THEN b.received ELSE 0 END
"""
STATES = "SELECT state, count(*) AS batches FROM metric_batches WHERE company_id = $1 GROUP BY state"
SIGNALLED_WHILE_IT_STARTS = """
import signal
import socket
from attain_api import main

class Server(main.DrainingServer):
    async def startup(self, sockets=None):
        signal.raise_signal(signal.SIGTERM)
        await super().startup(sockets)

main.DrainingServer = Server
main.main()
"""


@pytest.fixture
def database(stack: Stack) -> Iterator[Database]:
    with stack.database() as opened:
        yield opened


@pytest.fixture
def connector(company: Company) -> Iterator[Connector]:
    with company.make_connector([company.make_shop("shop")]) as made:
        yield made


def some_rows(batch: int, count: int) -> list[Row]:
    return [
        {
            "shop": "tmall:shop",
            "metric": "gmv",
            "dimension": f"item:{row}",
            "bucket": f"2025-03-{batch % 28 + 1:02}",
            "value": str(batch * count + row),
        }
        for row in range(count)
    ]


def test_a_worker_that_is_asked_to_end_finishes_its_claim_and_leaves_the_rest(
    stack: Stack, company: Company, connector: Connector, database: Database
) -> None:
    (worker,) = stack.workers
    acknowledged: dict[str, tuple[Json, list[Row]]] = {}
    assert worker.terminate() == 0  # idle, too
    for number in range(12):
        rows, key = some_rows(number, ROWS_A_BATCH), f"batch-{number}"
        acknowledged[key] = connector.push(rows, key=key), rows
    seen = []
    for pause in (0.05, 0.3, 0.6):
        stack.start_worker(worker)
        time.sleep(pause)
        started = time.monotonic()
        assert worker.terminate() == 0
        seen.append(time.monotonic() - started)
        assert "worker stopped" in worker.log_text()
        assert database.value(HALF_DONE, company.id) == 0
        print(
            f"\n{dict(database.rows(STATES, company.id))} after {pause} s of work and {seen[-1]:.2f} s to end", end=""
        )
    assert max(seen) < 10
    stack.start_worker(worker)
    company.wait_until_done(seconds=30)
    print(f"\n{check_books(database, company, acknowledged)}")


def test_a_worker_that_still_waits_for_its_database_ends_when_asked(stack: Stack) -> None:
    (worker,) = stack.workers
    before = worker.env
    assert worker.terminate() == 0
    worker.env = before | {"ATTAIN_DATABASE_URL": f"postgresql://nobody@{HOST}:{free_port()}/none"}
    try:
        worker.launch()
        wait_until(lambda: worker.said("waiting for the database"))
        started = time.monotonic()
        assert worker.terminate() == 0
        assert time.monotonic() - started < 3
    finally:
        worker.env = before
        stack.start_worker(worker)


def test_an_api_that_is_asked_to_end_answers_what_it_has_begun(
    stack: Stack, company: Company, connector: Connector, database: Database
) -> None:
    acknowledged: dict[str, tuple[Json, list[Row]]] = {}
    unanswered: list[str] = []
    stopping = threading.Event()

    def push_all(connection: int) -> None:
        number = 0
        while not stopping.is_set():
            number += 1
            rows, key = some_rows(number, 200), f"{connection}-{number}"
            try:
                reply = connector.push_once(rows, key=key)
            except httpx.TransportError as error:
                # a refused connection was never begun; anything else may have been
                if not isinstance(error, httpx.ConnectError):
                    unanswered.append(f"{type(error).__name__}: {error}")
                return
            assert reply.status_code == 202, reply.text
            acknowledged[key] = reply.json(), rows

    with ThreadPoolExecutor(6) as pool:
        pushing = [pool.submit(push_all, connection) for connection in range(6)]
        wait_until(lambda: len(acknowledged) > 30)
        started = time.monotonic()
        try:
            assert stack.api.terminate() == 0
            took = time.monotonic() - started
        finally:
            stopping.set()
            stack.start_api()
        for one in pushing:
            one.result()
    company.wait_until_done(seconds=30)
    stored = database.value("SELECT count(*) FROM metric_batches WHERE company_id = $1", company.id)
    print(f"\nended in {took:.2f} s; {len(acknowledged)} pushes answered, {stored} stored; cut off: {unanswered}")
    assert stored == len(acknowledged)
    print(check_books(database, company, acknowledged))
    assert took < 20


@contextmanager
def lingering(stack: Stack, seconds: float) -> Iterator[None]:
    """The API with a time to linger, for a while."""
    before = stack.api.env
    stack.api.terminate()
    stack.api.env = before | {"ATTAIN_LINGER_SECONDS": str(seconds)}
    try:
        stack.start_api()
        yield
    finally:
        stack.api.env = before
        stack.api.process.stop(signal.SIGTERM, grace=5)
        stack.start_api()


def ask_to_end(stack: Stack) -> None:
    """SIGTERM, and wait until the API is seen to have taken it."""
    stack.api.process.send(signal.SIGTERM)
    wait_until(lambda: not stack.is_ready(), seconds=5)


def push_on(connection: HTTPConnection, connector: Connector, key: str) -> tuple[int, str | None]:
    """Push on this very connection; the status, and what becomes of the connection."""
    headers = {**connector.http.headers, "Idempotency-Key": key, "Content-Type": "application/json"}
    connection.request("POST", "/v1/metric-batches", connector.body_of(some_rows(1, 5)), headers)
    reply = connection.getresponse()
    reply.read()
    return reply.status, reply.headers["Connection"]


def test_an_api_that_lingers_is_not_ready_and_serves_whoever_comes(stack: Stack, connector: Connector) -> None:
    old, new = HTTPConnection(HOST, stack.port), HTTPConnection(HOST, stack.port)
    with lingering(stack, 30), closing(old), closing(new):
        assert push_on(old, connector, "before") == (202, None)
        old.auto_open = 0  # it must be the same connection or none
        ask_to_end(stack)
        ready, alive = (httpx.get(f"{stack.base_url}/{path}") for path in ("readyz", "livez"))
        assert (ready.status_code, ready.json()["status"], ready.json()["draining"]) == (503, "unavailable", True)
        assert alive.status_code == 200
        assert push_on(old, connector, "old") == (202, "close")
        assert push_on(new, connector, "new") == (202, "close")


def test_who_has_connected_before_nobody_could_any_more_is_heard_out(stack: Stack, connector: Connector) -> None:
    old = HTTPConnection(HOST, stack.port)
    with lingering(stack, 1), closing(old):
        ask_to_end(stack)
        old.connect()
        old.auto_open = 0

        def refuses() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex((HOST, stack.port)) != 0

        wait_until(refuses, seconds=5)
        assert push_on(old, connector, "old") == (202, "close")
        assert stack.api.process.popen.wait(5) == 0


def test_no_request_fails_where_a_balancer_sees_that_the_api_is_not_ready(stack: Stack, connector: Connector) -> None:
    answers: list[tuple[int, str | None]] = []
    failures: list[str] = []
    balanced = threading.Event()

    def push_all(connection: int) -> None:
        number = 0
        while balanced.is_set():
            number += 1
            try:
                reply = connector.push_once(some_rows(number, 20), key=f"{connection}-{number}")
            except httpx.TransportError as error:
                failures.append(f"{type(error).__name__}: {error}")
            else:
                answers.append((reply.status_code, reply.headers.get("Connection")))

    def balance() -> None:
        while stack.is_ready():
            time.sleep(0.3)
        time.sleep(0.3)  # it takes more than one look to be believed
        balanced.clear()

    with lingering(stack, 2), ThreadPoolExecutor(7) as pool:
        balanced.set()
        running = [pool.submit(push_all, connection) for connection in range(6)]
        wait_until(lambda: len(answers) > 30)
        running.append(pool.submit(balance))
        started = time.monotonic()
        try:
            code = stack.api.terminate()
            took = time.monotonic() - started
        finally:
            balanced.clear()
        for one in running:
            one.result()
        assert stack.api.log_text().count('"event": "draining"') == 1
    closed = answers.count((202, "close"))
    print(f"\nended in {took:.2f} s; {len(answers)} answers, {closed} of them while draining; failed: {failures}")
    assert (failures, code) == ([], 0)
    assert closed > 6
    assert closed + answers.count((202, None)) == len(answers)
    assert 2 <= took < 6


def test_a_request_that_waits_for_a_batch_is_answered_as_the_drain_begins(
    stack: Stack, company: Company, connector: Connector
) -> None:
    (worker,) = stack.workers
    assert worker.terminate() == 0
    (shop,) = company.admin.items("/v1/shops")
    goal = company.make_goal(company.make_cycle("year", "2025-01-01"), [metric_indicator("gmv", [shop["id"]], "100")])
    batch = connector.push(some_rows(1, 5))["id"]
    try:
        with lingering(stack, 30), ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(company.attainment, goal, wait_for_batch=batch, timeout=30)
            time.sleep(0.5)
            assert not waiting.done()
            ask_to_end(stack)
            assert (waiting.result(timeout=5)["includes_batches_up_to"] or "") < batch
            assert stack.api.process.running
    finally:
        stack.start_worker(worker)


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_the_lingering(stack: Stack, company: Company, second: signal.Signals) -> None:
    with lingering(stack, 30):
        ask_to_end(stack)
        stack.api.process.send(second)
        assert stack.api.process.popen.wait(3) == 0


def test_an_idle_api_ends_at_once_where_it_need_not_linger(stack: Stack, company: Company) -> None:
    company.admin.get("/v1/shops")  # its connection stays open
    started = time.monotonic()
    assert stack.api.terminate() == 0
    took = time.monotonic() - started
    assert stack.api.log_text().count('"event": "draining"') == 1
    stack.start_api()
    print(f"\nended in {took:.2f} s")
    assert took < 3


def test_an_api_that_is_asked_to_end_while_it_starts_does_not_linger(stack: Stack) -> None:
    ports = {"ATTAIN_PORT": str(free_port()), "ATTAIN_METRICS_PORT": str(free_port())}
    env = stack.api.env | {"ATTAIN_LINGER_SECONDS": "30"} | ports
    started = time.monotonic()
    command = [sys.executable, "-c", SIGNALLED_WHILE_IT_STARTS]
    Process("early", stack.folder / "early.log").run(command, env=env, cwd=CHECKOUT)
    assert time.monotonic() - started < 15
