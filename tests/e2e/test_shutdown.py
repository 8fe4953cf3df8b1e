"""SIGTERM under load: nothing half-done, no push half-answered, exit code 0 (F13)."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.database import Database
from tests.support.model import check_books
from tests.support.stack import Stack, wait_until
from tests.support.story import Company, Connector, Json, Row

ROWS_A_BATCH = 5_000
HALF_DONE = """
    SELECT count(*) FROM metric_batches b WHERE b.company_id = $1 AND
    (SELECT count(*) FROM observation_history h WHERE h.company_id = $1 AND h.batch_id = b.id)
    <> CASE b.state WHEN 'done' THEN b.received ELSE 0 END
"""
STATES = "SELECT state, count(*) AS batches FROM metric_batches WHERE company_id = $1 GROUP BY state"


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
