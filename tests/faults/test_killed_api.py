"""kill -9 of the API under pushes; clients try again with the same keys (F2, reliability promise 1)."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

from deploy.local.ports import HOST
from tests.support.database import Database
from tests.support.model import check_books, found_rows, standing_rows
from tests.support.stack import Stack, wait_until
from tests.support.story import Company, Connector, Json, Row

CONNECTIONS, BATCHES, ROWS_A_BATCH, KILLS = 8, 320, 50, 5
UNSEEN_TURNS = 3


def batch_rows(number: int) -> list[Row]:
    """Rows of few keys, so that the batches restate each other and a second effect would show."""
    return [
        {
            "shop": f"tmall:shop-{number % 3}",
            "metric": "gmv",
            "dimension": "",
            "bucket": f"2025-03-{row % 28 + 1:02}",
            "value": str(number * 100 + row),
            "finality": "final",
            "observed_at": f"2026-01-{number % 20 + 1:02}T01:00:00+00:00",
        }
        for row in range(ROWS_A_BATCH)
    ]


def test_a_killed_api_has_one_effect_for_each_key(stack: Stack, company: Company) -> None:
    seed = random.SystemRandom().randrange(10**9)
    chance = random.Random(seed)
    acknowledged: dict[str, tuple[Json, list[Row]]] = {}
    shop_ids = [company.make_shop(f"shop-{number}") for number in range(3)]
    with stack.database() as database, company.make_connector(shop_ids) as connector:

        def push(number: int) -> None:
            key, rows = f"batch-{number}", batch_rows(number)
            acknowledged[key] = connector.push(rows, key=key), rows

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            under_way = [pool.submit(push, number) for number in range(BATCHES)]
            for kill in range(KILLS):
                wait_until(lambda share=kill / KILLS: len(acknowledged) > share * BATCHES)  # type: ignore[misc]
                time.sleep(chance.uniform(0, 0.05))
                stack.api.kill()
                stack.start_api()
            for one in under_way:
                one.result()
        recovery = company.wait_until_done(seconds=30)
        books = check_books(database, company, acknowledged)
        assert books.batches == BATCHES
        assert database.value("SELECT count(*) FROM batch_keys WHERE company_id = $1", company.id) == BATCHES
        assert found_rows(database, company) == standing_rows(row for _, rows in acknowledged.values() for row in rows)
        print(
            f"\nseed {seed}\n{books}\n{KILLS} kills; tried again: {dict(connector.tries)}; done after {recovery:.1f} s"
        )
    assert connector.tries.total() > 0


def test_pushes_that_nobody_saw_acknowledged_have_one_effect_each(stack: Stack, company: Company) -> None:
    """The API dies as soon as one of eight pushes is committed; their clients have seen no reply and try again."""
    shop_id = company.make_shop("shop-0")
    acknowledged: dict[str, tuple[Json, list[Row]]] = {}
    committed = 0
    with stack.database() as database, company.make_connector([shop_id]) as connector:
        for turn in range(UNSEEN_TURNS):
            pushes = {
                f"unseen-{turn}-{number}": [{**row, "shop": "tmall:shop-0"} for row in batch_rows(turn * 8 + number)]
                for number in range(CONNECTIONS)
            }
            connections = [send(stack, connector, rows, key) for key, rows in pushes.items()]
            before = turn * CONNECTIONS
            wait_until(lambda before=before: stored_keys(database, company) > before)  # type: ignore[misc]
            stack.api.kill()
            committed += stored_keys(database, company) - before
            for connection in connections:
                connection.close()
            stack.start_api()
            for key, rows in pushes.items():
                acknowledged[key] = connector.push(rows, key=key), rows
        company.wait_until_done(seconds=30)
        books = check_books(database, company, acknowledged)
        assert books.batches == len(company.batches()) == UNSEEN_TURNS * CONNECTIONS
    print(f"\n{books}\n{committed} of {books.batches} pushes were committed when the API died, and no reply was seen")
    assert committed >= UNSEEN_TURNS


def send(stack: Stack, connector: Connector, rows: list[Row], key: str) -> HTTPConnection:
    """Send a push and do not look at the reply."""
    connection = HTTPConnection(HOST, stack.port, timeout=10)
    body = connector.body_of(rows)
    headers = {
        "Authorization": connector.http.headers["Authorization"],
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }
    connection.request("POST", "/v1/metric-batches", body, headers)
    return connection


def stored_keys(database: Database, company: Company) -> int:
    return int(database.value("SELECT count(*) FROM batch_keys WHERE company_id = $1", company.id))
