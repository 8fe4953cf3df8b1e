"""kill -9 of the worker: nothing lost, nothing doubled, every attainment right (ING-4, reliability promise 5)."""

import random
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.support.database import Database
from tests.support.files import in_batches
from tests.support.model import RECEIVED, attainment_text, check_books, default_score, found_rows, standing_rows
from tests.support.stack import Stack
from tests.support.story import Company, Json, Row, metric_indicator

SHOPS, ROWS, ROWS_A_BATCH = 5, 200_000, 2_000
KILLS, FLUSHES = 10, 4
DAYS = [date(2025, 1, 1) + timedelta(days) for days in range(365)]
METRICS = ("gmv", "paid_orders", "paid_items", "uv", "pv")
ITEMS = 18
FIRST_SEEN = datetime(2026, 1, 2, 1, tzinfo=UTC)
SIX_CONNECTIONS = 6


def some_rows(chance: random.Random) -> list[Row]:
    """Most keys once; a fifth again: word for word, restated, older, provisional, or contradicting."""
    dimensions = ["", *(f"item:{number}" for number in range(ITEMS))]
    keys = [
        (f"tmall:shop-{shop}", metric, dimension, day.isoformat())
        for shop in range(SHOPS)
        for metric in METRICS
        for dimension in dimensions
        for day in DAYS
    ]
    keys = [key for key in keys if not key[2]] + chance.sample([key for key in keys if key[2]], k=130_000)
    rows = [_row(*key, value=chance.randrange(1, 10**7), seen=0, finality="final") for key in keys]
    while len(rows) < ROWS:
        again = chance.choice(rows)
        changes = {
            "finality": chance.choice(["final", "final", "realtime"]),
            "observed_at": (FIRST_SEEN + timedelta(hours=chance.randrange(-2, 3))).isoformat(),
            "value": chance.choice([again["value"], str(Decimal(chance.randrange(1, 10**7)) / 100)]),
        }
        rows.append(again | (changes if chance.random() < 0.8 else {}))
    chance.shuffle(rows)
    return rows


def _row(shop: str, metric: str, dimension: str, bucket: str, *, value: int, seen: int, finality: str) -> Row:
    return {
        "shop": shop,
        "metric": metric,
        "dimension": dimension,
        "bucket": bucket,
        "value": str(Decimal(value) / 100),
        "finality": finality,
        "observed_at": (FIRST_SEEN + timedelta(hours=seen)).isoformat(),
    }


def make_goals(company: Company, shops: dict[str, str]) -> dict[str, tuple[str, str, str, Decimal]]:
    """A goal a shop for gmv and one for uv; by id: shop, metric, first month, target."""
    cycle = company.make_cycle("quarter", "2025-04-01")
    goals = {}
    for name, shop_id in shops.items():
        for metric, target in (("gmv", 4_500_000), ("paid_orders", 3_900_000), ("uv", 6_000_000)):
            goal_id = company.make_goal(cycle, [metric_indicator(metric, [shop_id], str(target))], weight="1")
            goals[goal_id] = (name, metric, "2025-04-01", Decimal(target))
    return goals


def check_attainments(
    company: Company, goals: dict[str, tuple[str, str, str, Decimal]], rows: list[Row], last: str
) -> int:
    """Compare every goal with what the rows come to; how many scores there are."""
    present = standing_rows(rows)
    scores = set()
    for goal_id, (shop, metric, _, target) in goals.items():
        values = [
            row.value
            for key, row in present.items()
            if key[:3] == (shop, metric, "") and "2025-04-01" <= key.bucket <= "2025-06-30"
        ]
        found = company.wait_for_batch(goal_id, last)
        indicator = found["indicators"][0]
        if metric == "uv":
            assert (Decimal(indicator["actual_low"]), Decimal(indicator["actual_high"])) == (max(values), sum(values))
            assert indicator["attainment_low"] == attainment_text(max(values), target)
            assert indicator["attainment_high"] == attainment_text(sum(values, Decimal(0)), target)
            assert (indicator["actual"], indicator["exact"]) == (None, False)
        else:
            actual = sum(values, Decimal(0))
            assert (Decimal(indicator["actual"]), indicator["exact"]) == (actual, True)
            assert indicator["attainment"] == attainment_text(actual, target)
            assert Decimal(found["score"]) == default_score(Decimal(indicator["attainment"]))
            scores.add(found["score"])
        assert indicator["coverage"]["present"] == len(values) == 91
    return len(scores)


@pytest.mark.timeout(300)
def test_ten_kills_during_a_push_of_200_000_rows_lose_and_double_nothing(stack: Stack, company: Company) -> None:
    seed = random.SystemRandom().randrange(10**9)
    chance = random.Random(seed)
    print(f"\nseed {seed}")
    rows = some_rows(chance)
    shops = {f"tmall:shop-{number}": company.make_shop(f"shop-{number}") for number in range(SHOPS)}
    goals = make_goals(company, shops)
    batches = {f"batch-{number}": batch for number, batch in enumerate(in_batches(rows, ROWS_A_BATCH))}
    acknowledged: dict[str, tuple[Json, list[Row]]] = {}
    flushed = set(chance.sample(range(KILLS), k=FLUSHES))
    started, waiting_at_kill = time.monotonic(), []
    with (
        stack.database() as database,
        company.make_connector(shops.values()) as connector,
        ThreadPoolExecutor(SIX_CONNECTIONS) as pool,
    ):

        def push(key: str) -> None:
            acknowledged[key] = connector.push(batches[key], key=key), batches[key]

        left = iter(batches)
        for kill in range(KILLS):
            # a tenth of the push is on its way at every kill, and a part of what came before still waits
            under_way = [pool.submit(push, key) for _, key in zip(range(len(batches) // KILLS), left, strict=False)]
            time.sleep(chance.uniform(0, 1.2))
            stack.workers[0].kill()
            waiting_at_kill.append(waiting_rows(database, company))
            if kill in flushed:
                stack.flush_queue()
            stack.start_worker(stack.workers[0])
            finish(under_way)
        pushed = time.monotonic()
        recovery = company.wait_until_done(seconds=60)
        replayed = replay_given_up(company)
        last = max(receipt["id"] for receipt, _ in acknowledged.values())
        scores = check_attainments(company, goals, rows, last)
        recovered = time.monotonic()
        books = check_books(database, company, acknowledged)
        assert (books.batches, books.rows) == (len(batches), ROWS)
        assert found_rows(database, company) == standing_rows(rows)
        assert database.value(f"SELECT count(*) FROM {RECEIVED} o WHERE company_id = $1", company.id) == ROWS
    print(books)
    print(f"{KILLS} kills, {FLUSHES} of them with an emptied queue; rows waiting at each kill: {waiting_at_kill}")
    print(f"pushed and killed for {pushed - started:.1f} s; all done {recovery:.1f} s after the last start")
    print(f"{replayed} batches were given up after five deaths, and replayed")
    print(f"{len(goals)} attainments right {recovered - pushed:.1f} s after it ({scores} different scores)")


def test_a_worker_killed_between_claim_and_commit_leaves_no_trace_for_the_others(
    stack: Stack, company: Company
) -> None:
    """Three workers on one hot shop; whichever is seen in a transaction on the inbox is killed, twelve times."""
    shop_id = company.make_shop("hot")
    goal_id = company.make_goal(
        company.make_cycle("quarter", "2025-01-01"), [metric_indicator("gmv", [shop_id], "5000000")]
    )
    rows = [
        _row("tmall:hot", "gmv", dimension, day.isoformat(), value=number * 1000 + turn, seen=turn, finality="final")
        for turn in range(60)
        for dimension in ("", f"item:{turn}")  # one restates what every batch states, one is new
        for number, day in enumerate(DAYS)
    ]
    batches = list(in_batches(rows, 730))
    chance = random.Random(7)
    order = chance.sample(batches, k=len(batches))
    acknowledged: dict[str, tuple[Json, list[Row]]] = {}
    kills: list[bool] = []
    with (
        stack.more_workers(2),
        stack.database() as database,
        company.make_connector([shop_id]) as connector,
        ThreadPoolExecutor(SIX_CONNECTIONS) as pool,
    ):

        def push(number: int) -> None:
            key = f"batch-{number}"
            acknowledged[key] = connector.push(order[number], key=key), order[number]

        under_way = []
        for number in range(len(order)):
            under_way.append(pool.submit(push, number))
            if number % 4 == 3:
                # every second one at once, or a quick machine is done with the claim before it is killed
                kills += kill_whoever_claims(stack, database, after=0 if number % 8 == 3 else chance.uniform(0, 0.4))
        finish(under_way)
        pushed = time.monotonic()
        company.wait_until_done(seconds=30)
        recovery = time.monotonic() - pushed
        last = max(receipt["id"] for receipt, _ in acknowledged.values())
        found = company.wait_for_batch(goal_id, last)
        books = check_books(database, company, acknowledged)
        assert found_rows(database, company) == standing_rows(rows)
    actual = sum(
        (row.value for key, row in standing_rows(rows).items() if not key.dimension and key.bucket <= "2025-03-31"),
        Decimal(0),
    )
    assert Decimal(found["indicators"][0]["actual"]) == actual
    print(
        f"\n{books}\n{len(kills)} kills, {sum(kills)} of them surely between claim and commit; all done {recovery:.1f} s after the last push"
    )
    assert sum(kills) >= 3


def replay_given_up(company: Company) -> int:
    """Replay the batches that met five of ten kills, which may happen to any (ING-5); how many there were."""
    given_up = company.batches(state="failed")
    for batch in given_up:
        assert batch["error"] == "the worker ended during each try"
        company.admin.act(f"/v1/metric-batches/{batch['id']}", "replay")
    company.wait_until_done()
    return len(given_up)


def waiting_rows(database: Database, company: Company) -> int:
    return int(
        database.value(
            "SELECT coalesce(sum(received), 0) FROM metric_batches WHERE company_id = $1 AND state = 'stored'",
            company.id,
        )
    )


def kill_whoever_claims(stack: Stack, database: Database, *, after: float) -> list[bool]:
    """Kill a worker some time after it was seen to claim, and start it again at once.

    Whether it was still in that claim: where it was not, it may have been between any two of its transactions.
    """
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        for claim in claims(database):
            for worker in stack.workers:
                if worker.process.running and claim[0] == f"attain-worker {worker.process.popen.pid}":
                    time.sleep(after)
                    still = claim in claims(database)
                    worker.kill()
                    worker.launch()
                    return [still]
    return []


def claims(database: Database) -> set[tuple[str, int]]:
    """What the workers that hold locks on rows of the inbox call themselves, and their backends."""
    # a client's port would not tell: behind a proxy, as Docker has one, it is the proxy's
    rows = database.rows(
        "SELECT DISTINCT application_name, pid FROM pg_stat_activity JOIN pg_locks USING (pid) "
        "WHERE application_name LIKE 'attain-worker %' AND datname = current_database() AND mode = 'RowShareLock' "
        "AND granted AND relation::regclass::text LIKE 'metric_batches%'"
    )
    return {(row["application_name"], row["pid"]) for row in rows}


def finish(futures: list[Future[None]]) -> None:
    for future in futures:
        future.result()
