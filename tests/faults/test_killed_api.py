"""kill -9 of the API under pushes; clients try again with the same keys (F2, reliability promise 1)."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import httpx

from tests.support.model import check_books, found_rows, standing_rows
from tests.support.stack import Stack, wait_until
from tests.support.story import Company, Json, Row

CONNECTIONS, BATCHES, ROWS_A_BATCH, KILLS = 8, 320, 50, 5


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
    kills: list[float] = []
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
                kills.append(time.time())
                stack.start_api()
            for one in under_way:
                one.result()
        recovery = company.wait_until_done(seconds=30)
        books = check_books(database, company, acknowledged)
        assert books.batches == BATCHES
        assert database.value("SELECT count(*) FROM batch_keys WHERE company_id = $1", company.id) == BATCHES
        assert found_rows(database, company) == standing_rows(row for _, rows in acknowledged.values() for row in rows)
        print(f"\nseed {seed}\n{books}\n{KILLS} kills; tried again: {dict(connector.tries)}; done after {recovery:.1f} s")
    assert connector.tries.total() > 0


def test_a_receipt_that_was_committed_but_never_seen_is_given_again(stack: Stack, company: Company) -> None:
    """The client is cut off after the commit and before the reply: the process dies while others' replies are due."""
    shop_id = company.make_shop("shop-0")
    unseen = 0
    with stack.database() as database, company.make_connector([shop_id]) as connector:
        for number in range(4):
            rows, key = [{**row, "shop": "tmall:shop-0"} for row in batch_rows(number)], f"unseen-{number}"
            with ThreadPoolExecutor(1) as pool:
                # the reply cannot be sent: the process is stopped by a lock it waits for, and dies holding the commit
                reply = pool.submit(push_quietly, connector, rows, key)
                wait_until(lambda key=key: committed(database_value(database, key)))  # type: ignore[misc]
                stack.api.kill()
                killed = time.time()
                first = reply.result()
            stack.start_api()
            receipt = connector.push(rows, key=key)
            assert first is None or first == receipt
            unseen += first is None
            assert datetime.fromisoformat(receipt["stored_at"]).timestamp() < killed
        company.wait_until_done(seconds=30)
        assert len(company.batches()) == 4
    print(f"\n4 pushes committed before a kill, of which {unseen} without a reply: each has one batch, receipt repeated")


def push_quietly(connector: object, rows: list[Row], key: str) -> Json | None:
    try:
        return connector.push_once(rows, key=key).json()  # type: ignore[attr-defined, no-any-return]
    except httpx.TransportError:
        return None
