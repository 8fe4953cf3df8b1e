"""Confirmed goals of many people, straight into the tables: three indicators each, of the kinds that real ones have."""

import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.goals.models import Goal, Indicator
from attain_shared.goals.sources import earlier_window, series_of
from attain_shared.identifiers import new_id
from attain_shared.metrics.catalogue import METRICS
from attain_shared.metrics.months import sum_up_missing
from attain_shared.metrics.queries import Series
from attain_shared.rules.periods import CycleKind, Grain, Window, buckets, cycle_end
from tests.benchmarks import facts_at_scale
from tests.benchmarks.figures import shop_id

GOALS_A_PERSON = 10
"""Of one cycle, so that their weights add up to 100."""
MOST_SHOPS = 5
INDICATORS = 3
CHUNK = 5_000
_LEVELS = {made.metric: (made.low + made.spread / 2) * float(made.unit) for made in facts_at_scale.METRICS}


class Kind(NamedTuple):
    """An indicator as people have them."""

    metric: str
    aggregate: str = "deduplicated"
    direction: str = "higher_better"
    against: str | None = None


KINDS = (
    Kind("gmv"), Kind("conversion", "daily_pooled"), Kind("uv", "daily_mean"), Kind("aov"),
    Kind("refund_rate", direction="lower_better"), Kind("new_members", against="previous"),
    Kind("dsr_service", direction="band"), Kind("uv"),
)  # fmt: skip
_GOAL = ("company_id", "id", "cycle_id", "person_id", "title", "starts_on", "ends_on", "weight", "ignore_missing",
         "state", "created_by", "created_at", "version")  # fmt: skip
_INDICATOR = ("company_id", "id", "goal_id", "position", "kind", "metric", "aggregate", "dimension", "against",
              "attribution", "shop_ids", "direction", "target", "band_low", "band_high", "cap")  # fmt: skip
_SOURCE = ("company_id", "shop_id", "metric", "dimension", "indicator_id", "goal_id", "starts_on", "ends_on")


@dataclass(frozen=True)
class Crowd:
    """How many goals a company is to have, and on which of its shops."""

    company_id: UUID
    goals: int
    shops: Sequence[int]
    """The shops that most of the goals are on, 1 to 5 of them each."""
    apart: Sequence[int] = ()
    """Other shops, which `goals_apart` of the goals are on."""
    goals_apart: int = 0

    @cached_property
    def person_ids(self) -> list[UUID]:
        """The owners."""
        return [new_id() for _ in range(-(-self.goals // (2 * GOALS_A_PERSON)))]


def quarters(today: date) -> list[Window]:
    """The quarter before this one, and this one."""
    this = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    before = date(this.year, this.month - 3, 1) if this.month > 3 else date(this.year - 1, 10, 1)
    return [Window(start, cycle_end(CycleKind.QUARTER, start)) for start in (before, this)]


async def make_goals(
    connection: asyncpg.Connection, sessions: async_sessionmaker[AsyncSession], crowd: Crowd, *, today: date
) -> dict[int, list[UUID]]:
    """Half of the goals in this quarter, half in the one before, their months summed up; the goals of each shop."""
    started, now = time.perf_counter(), datetime.now(UTC)
    await _make_people(connection, crowd, now)
    cycles = await _make_cycles(connection, crowd.company_id, today, now)
    months: dict[date, set[Series]] = defaultdict(set)
    by_shop: dict[int, list[UUID]] = defaultdict(list)
    chance, sources = random.Random(1), 0
    for first in range(0, crowd.goals, CHUNK):
        goals = [_goal(crowd, number, cycles, chance, now) for number in range(first, min(first + CHUNK, crowd.goals))]
        records = [record for goal, indicators, _ in goals for record in _sources(goal, indicators)]
        await _copy(connection, "goals", _GOAL, [goal for goal, _, _ in goals])
        await _copy(connection, "indicators", _INDICATOR, [one for _, indicators, _ in goals for one in indicators])
        await connection.copy_records_to_table("indicator_sources", columns=_SOURCE, records=sorted(records))
        sources += len(records)
        for _, shop, metric, dimension, _, _, starts_on, ends_on in records:
            for month in buckets(Window(starts_on, ends_on), Grain.MONTH):
                months[month].add(Series(shop, metric, dimension))
        for goal, _, shops in goals:
            for number in shops:
                by_shop[number].append(goal.id)
    made = time.perf_counter() - started
    async with sessions() as session, session.begin():
        await sum_up_missing(session, company_id=crowd.company_id, months=months)
    summed = time.perf_counter() - started - made
    for table in ("goals", "indicators", "indicator_sources", "metric_months", "people"):
        await connection.execute(f"VACUUM ANALYZE {table}")
    print(
        f"{crowd.goals:,} goals of {len(crowd.person_ids):,} people, {crowd.goals * INDICATORS:,} indicators, {sources:,} "
        f"sources in {made:.0f} s; {sum(map(len, months.values())):,} months summed up in {summed:.1f} s",
        flush=True,
    )
    return by_shop


async def mark_goals(connection: asyncpg.Connection, company_id: UUID, goals: int) -> None:
    """Mark so many goals of a company, and no others; and have the workers look at it."""
    async with connection.transaction():
        await connection.execute("DELETE FROM goal_marks WHERE company_id = $1", company_id)
        await connection.execute(
            "INSERT INTO goal_marks (company_id, goal_id, generation, marked_at) "
            "SELECT company_id, id, nextval('mark_generation'), now() FROM goals WHERE company_id = $1 "
            "ORDER BY id LIMIT $2",
            company_id,
            goals,
        )
        await connection.execute(
            "INSERT INTO company_work (company_id, wanted_at) VALUES ($1, now()) ON CONFLICT DO NOTHING", company_id
        )


async def _make_people(connection: asyncpg.Connection, crowd: Crowd, now: datetime) -> None:
    records = [
        (crowd.company_id, person_id, f"{number}", f"{person_id}@example.com", "", ["employee"], now, 1)
        for number, person_id in enumerate(crowd.person_ids)
    ]
    columns = ("company_id", "id", "name", "email", "phone", "roles", "created_at", "version")
    await connection.copy_records_to_table("people", columns=columns, records=records)


async def _make_cycles(
    connection: asyncpg.Connection, company_id: UUID, today: date, now: datetime
) -> list[tuple[UUID, Window]]:
    cycles = [(new_id(), window) for window in quarters(today)]
    await connection.copy_records_to_table(
        "cycles",
        columns=("company_id", "id", "kind", "name", "starts_on", "ends_on", "state", "created_at", "version"),
        records=[
            (company_id, cycle_id, "quarter", f"{window.starts_on}", window.starts_on, window.ends_on, "open", now, 1)
            for cycle_id, window in cycles
        ],
    )
    return cycles


def _goal(
    crowd: Crowd, number: int, cycles: Sequence[tuple[UUID, Window]], chance: random.Random, now: datetime
) -> tuple[Goal, list[Indicator], list[int]]:
    cycle_id, window = cycles[number % len(cycles)]
    among = crowd.apart if number < crowd.goals_apart else crowd.shops
    shops = chance.sample(among, min(len(among), chance.randint(1, MOST_SHOPS)))
    goal = Goal(
        company_id=crowd.company_id,
        id=new_id(),
        cycle_id=cycle_id,
        person_id=crowd.person_ids[number // (2 * GOALS_A_PERSON)],
        title=f"goal {number}",
        starts_on=window.starts_on,
        ends_on=window.ends_on,
        weight=Decimal(100 // GOALS_A_PERSON),
        ignore_missing=False,
        state="confirmed",
        created_by=crowd.person_ids[0],
        created_at=now,
        version=1,
    )
    kinds = [KINDS[(number * INDICATORS + place) % len(KINDS)] for place in range(INDICATORS)]
    shop_ids = [shop_id(shop) for shop in shops]
    return goal, [_indicator(goal, place, kind, shop_ids, chance) for place, kind in enumerate(kinds)], shops


def _indicator(goal: Goal, place: int, kind: Kind, shop_ids: Sequence[UUID], chance: random.Random) -> Indicator:
    is_band = kind.direction == "band"
    days = (goal.ends_on - goal.starts_on).days + 1
    usual = _usual(kind, len(shop_ids), days) * chance.uniform(0.7, 1.6)
    return Indicator(
        company_id=goal.company_id,
        id=new_id(),
        goal_id=goal.id,
        position=place,
        kind="metric" if kind.against is None else "growth",
        metric=kind.metric,
        aggregate=kind.aggregate,
        dimension="",
        against=kind.against,
        attribution="whole",
        shop_ids=shop_ids,
        direction=kind.direction,
        target=None if is_band else Decimal(f"{usual:.4f}"),
        band_low=Decimal("4.7") if is_band else None,
        band_high=Decimal(5) if is_band else None,
        cap=Decimal(2),
    )


def _usual(kind: Kind, shops: int, days: int) -> float:
    """What an indicator comes to, more or less."""
    if kind.against is not None:
        return 0.1
    metric = METRICS[kind.metric]
    if metric.numerator:
        return _LEVELS[metric.numerator[0][1]] / _LEVELS[metric.denominator[0][1]]
    return _LEVELS[kind.metric] * shops * (1 if kind.aggregate == "daily_mean" else days)


def _sources(goal: Goal, indicators: Sequence[Indicator]) -> Iterator[tuple[Any, ...]]:
    for indicator in indicators:
        before = earlier_window(goal, indicator)
        first = goal.starts_on if before is None else before.starts_on
        for series in set(series_of(indicator, METRICS[str(indicator.metric)])):
            yield goal.company_id, *series, indicator.id, goal.id, first, goal.ends_on


async def _copy(connection: asyncpg.Connection, table: str, columns: Sequence[str], rows: Sequence[Any]) -> None:
    records = [tuple(getattr(row, column) for column in columns) for row in rows]
    await connection.copy_records_to_table(table, columns=columns, records=records)
