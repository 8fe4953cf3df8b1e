"""P9: what one batch costs a company with few and with many goals, taking it in and recomputing apart."""

import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from unittest.mock import patch
from uuid import UUID

import asyncpg

from attain_shared.clock import business_day
from attain_shared.metrics.months import sum_up_changed
from attain_worker.attainment.service import Recompute
from attain_worker.facts import service as facts
from attain_worker.ingestion.service import Ingestion
from tests.benchmarks.facts_at_scale import METRICS
from tests.benchmarks.figures import shop_name
from tests.benchmarks.goals_at_scale import Crowd, quarters
from tests.benchmarks.installation import Packed, pack_rows, store_batches
from tests.support.story import Row

SHOPS = 10
"""Of a batch."""
ROWS = 1_000
FEWEST_SHOPS = 4 * SHOPS
GOALS_APART = 200
"""On the first ten shops of either company: the same number is recomputed, however many goals there are."""
APART, WITHOUT, CROWDED = range(SHOPS), range(SHOPS, 2 * SHOPS), range(2 * SHOPS, 3 * SHOPS)
WHERE = {"same goals": APART, "no goals": WITHOUT, "its share of the goals": CROWDED}


class Companies(NamedTuple):
    """One with many goals and one with few, of as many shops."""

    many: UUID
    few: UUID


@dataclass
class Spent:
    """Seconds of each batch, and how many goals each recompute was of."""

    taking_in: list[float] = field(default_factory=list)
    summing_up: list[float] = field(default_factory=list)
    """Of taking in: the months of its series anew."""
    recompute: list[float] = field(default_factory=list)
    goals: list[int] = field(default_factory=list)


def crowd_of(company_id: UUID, goals: int, shops: int) -> Crowd:
    """The goals of a company: as many on the first ten shops in each, none on ten others, the rest on all the rest."""
    return Crowd(company_id, goals, range(CROWDED.start, shops), APART, min(GOALS_APART, goals // 2))


async def measure(
    connection: asyncpg.Connection,
    ingestion: Ingestion,
    recompute: Recompute,
    companies: Companies,
    *,
    rounds: int,
    batches: int,
) -> None:
    """Batches of either company and of each kind, one after the other, in turns."""
    spent: dict[tuple[str, str], Spent] = defaultdict(Spent)
    chance = random.Random(1)
    for number in range(-1, rounds):
        for _ in range(batches):
            for where, shops in WHERE.items():
                for name, company_id in companies._asdict().items():
                    await store_batches(connection, company_id, [make_batch(shops, chance)])
                    found = await _measure_one(connection, ingestion, recompute, company_id)
                    if number >= 0:  # the first round is to warm up
                        _note(spent[where, name], found)
    show(spent)


def make_batch(shops: Sequence[int], chance: random.Random) -> Packed:
    """A day of ten shops restated: every metric, and the items that were sold."""
    first = quarters(business_day())[1].starts_on
    day = first + timedelta(chance.randrange(max(1, (business_day() - first).days)))
    metrics = [made.metric for made in METRICS]
    items = [("gmv", f"item:{number}") for number in range(-(-ROWS // len(shops)) - len(metrics))]
    rows = [
        _row(shop, day, metric, dimension, chance)
        for shop in shops
        for metric, dimension in [*((metric, "") for metric in metrics), *items]
    ]
    return pack_rows(rows, observed_at=datetime.now(UTC).isoformat())


def _row(shop: int, day: date, metric: str, dimension: str, chance: random.Random) -> Row:
    row = {
        "shop": shop_name(shop),
        "metric": metric,
        "bucket": day.isoformat(),
        "value": str(chance.randrange(1, 10**6)),
    }
    return row | ({"dimension": dimension} if dimension else {})


async def _measure_one(
    connection: asyncpg.Connection, ingestion: Ingestion, recompute: Recompute, company_id: UUID
) -> tuple[float, float, float, int]:
    with _timed_months() as summing_up:
        started = time.perf_counter()
        if not await ingestion.take_in(company_id):
            raise RuntimeError("the batch was not seen")
        taken_in = time.perf_counter() - started
    goals = await connection.fetchval("SELECT count(*) FROM goal_marks WHERE company_id = $1", company_id)
    started = time.perf_counter()
    while await recompute.recompute(company_id):
        pass
    return taken_in, sum(summing_up), time.perf_counter() - started, goals


@contextmanager
def _timed_months() -> Iterator[list[float]]:
    """Seconds that summing up months takes within a claim."""
    seconds: list[float] = []

    async def timed(*arguments: Any, **named: Any) -> None:  # whatever it takes
        started = time.perf_counter()
        await sum_up_changed(*arguments, **named)
        seconds.append(time.perf_counter() - started)

    with patch.object(facts, "sum_up_changed", timed):
        yield seconds


def _note(spent: Spent, found: tuple[float, float, float, int]) -> None:
    taken_in, summed_up, recomputed, goals = found
    spent.taking_in.append(taken_in)
    spent.summing_up.append(summed_up)
    spent.recompute.append(recomputed)
    spent.goals.append(goals)


def show(spent: dict[tuple[str, str], Spent]) -> None:
    """Medians and what they lie between, and many goals against few."""
    for where in WHERE:
        for name in Companies._fields:
            one = spent[where, name]
            print(
                f"P9 {where:22} {name:4} goals: taking in {_ms(one.taking_in)}, of it months {_ms(one.summing_up)}; "
                f"recompute of {statistics.median(one.goals):,.0f} goals {_ms(one.recompute)}"
            )
        many, few = spent[where, "many"], spent[where, "few"]
        print(
            f"P9 {where:22} ratio: taking in {_ratio(many.taking_in, few.taking_in)}, "
            f"recompute {_ratio(many.recompute, few.recompute)}, both {_ratio(_both(many), _both(few))}",
            flush=True,
        )


def _both(spent: Spent) -> list[float]:
    return [one + other for one, other in zip(spent.taking_in, spent.recompute, strict=True)]


def _ratio(one: Sequence[float], other: Sequence[float]) -> str:
    return f"{statistics.median(one) / statistics.median(other):.2f}"


def _ms(seconds: Sequence[float]) -> str:
    low, high = min(seconds) * 1000, max(seconds) * 1000
    return f"{statistics.median(seconds) * 1000:.1f} ms ({low:.1f} … {high:.1f})"
