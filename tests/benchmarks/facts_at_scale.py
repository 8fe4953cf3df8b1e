"""Years of facts of many shops, straight into the partitions: day rows, and months of what does not add up."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from attain_shared.db.partitions import month_of, next_month, partition_name
from tests.benchmarks.figures import shop_id
from tests.benchmarks.installation import add_shops


class Made(NamedTuple):
    """A metric, and what its day values lie between: `low` and `low + spread`, in `unit`s."""

    metric: str
    low: int
    spread: int
    unit: str = "1"


METRICS = (
    Made("gmv", 2_000_000, 3_000_000, "0.01"), Made("uv", 4_000, 6_000), Made("pv", 16_000, 30_000),
    Made("paying_buyers", 120, 180), Made("paid_orders", 130, 220), Made("paid_items", 150, 300),
    Made("stay_seconds", 400_000, 900_000), Made("refund_amount", 60_000, 200_000, "0.01"), Made("new_members", 20, 60),
    Made("members", 50_000, 20_000), Made("dsr_service", 455, 45, "0.01"), Made("reviews", 20, 80),
    Made("good_reviews", 15, 60), Made("bounced_visitors", 1_500, 3_000), Made("returning_gmv", 600_000, 900_000, "0.01"),
    Made("order_amount", 2_200_000, 3_200_000, "0.01"), Made("ad_spend", 100_000, 300_000, "0.01"),
    Made("ad_gmv", 300_000, 900_000, "0.01"), Made("campaign_views", 5_000, 9_000), Made("campaign_clicks", 400, 700),
    Made("enquiries", 60, 120), Made("enquiry_buyers", 20, 40), Made("dispatched_orders", 120, 230),
    Made("gross_profit", 500_000, 900_000, "0.01"),
)  # fmt: skip
BY_MONTH = ("uv", "paying_buyers")
"""Platforms count these once a month too, and send it once the month is over."""
KEY = "company_id, shop_id, metric, dimension, grain, bucket"
MONTH_WEIGHT = 12
"""What a month has of what a day has: more than any day, less than all of them."""

_VALUE = """(metric.low + (shop.place * 7919 + (day::date - DATE '2000-01-01') * 104729 + metric.place * 31)
    % metric.spread) * metric.unit"""
_OF_ALL = """
    FROM unnest($2::uuid[]) WITH ORDINALITY AS shop (id, place),
         unnest($3::text[], $4::bigint[], $5::bigint[], $6::numeric[])
             WITH ORDINALITY AS metric (code, low, spread, unit, place),
"""
_COLUMNS = """company_id, shop_id, metric, dimension, grain, bucket, value, is_final, through, observed_at, batch_id,
    received_at, row_index, verdict"""
_LOAD = f"""
    INSERT INTO {{partition}} ({_COLUMNS})
    SELECT $1, shop.id, metric.code, '', 'day', day::date, {_VALUE}, day < $11, NULL, $9, $10, $9,
           shop.place * 100 + metric.place, 'accepted'
    {_OF_ALL} generate_series($7::date, $8::date, interval '1 day') AS day
    ORDER BY day, shop.place, metric.place
"""
"""As they would have come in: day by day."""
_LOAD_MONTH = f"""
    INSERT INTO {{partition}} ({_COLUMNS})
    SELECT $1, shop.id, metric.code, '', 'month', day::date, {MONTH_WEIGHT} * {_VALUE}, true, NULL, $8, $9, $8,
           shop.place * 100 + metric.place, 'accepted'
    {_OF_ALL} CAST($7 AS date) AS day
    ORDER BY shop.place, metric.place
"""


@dataclass(frozen=True)
class History:
    """A company's shops, and the days that they have facts of."""

    company_id: UUID
    shops: int
    first: date
    today: date

    @property
    def months(self) -> list[date]:
        """Every month that has a fact."""
        months = [month_of(self.first)]
        while next_month(months[-1]) <= self.today:
            months.append(next_month(months[-1]))
        return months


def first_day_for(facts: int, shops: int, *, today: date, no_later: date) -> date:
    """Since when so many facts of so many shops reach back; at least to a given day."""
    return min(no_later, today - timedelta(days=facts // (shops * len(METRICS))))


async def load_facts(connection: asyncpg.Connection, histories: Sequence[History]) -> int:
    """Shops and facts of all companies, month by month, each with its index made afterwards; how many facts."""
    started = time.perf_counter()
    await connection.execute("SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'")
    for history in histories:
        await add_shops(connection, history.company_id, range(history.shops))
    months = sorted({month for history in histories for month in history.months})
    for month in months:
        await _load_month(connection, month, [one for one in histories if month in one.months])
        print(f"  loaded {month:%Y-%m}, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    for statement in ("VACUUM ANALYZE observations", "VACUUM ANALYZE shops", "CHECKPOINT"):
        await connection.execute(statement)
    count, size = await connection.fetchrow(
        "SELECT count(*), (SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree('observations')) "
        "FROM observations WHERE company_id = ANY($1)",
        [history.company_id for history in histories],
    )
    took = time.perf_counter() - started
    print(f"{count:,} facts over {len(months)} months, {size / 1e9:.2f} GB, loaded in {took:.0f} s", flush=True)
    return int(count)


async def _load_month(connection: asyncpg.Connection, month: date, histories: Sequence[History]) -> None:
    """A partition with its facts, in place of an empty one where there is any."""
    name = partition_name("observations", month)
    await connection.execute(f"DROP TABLE IF EXISTS {name}")
    await connection.execute(f"CREATE TABLE {name} (LIKE observations INCLUDING ALL EXCLUDING INDEXES)")
    stamp = datetime.now(UTC) - timedelta(days=1), UUID(int=month.toordinal())
    for history in histories:
        shops = sorted(map(shop_id, range(history.shops)))
        last = min(next_month(month) - timedelta(1), history.today)
        days = max(month, history.first), last
        await connection.execute(
            _LOAD.format(partition=name), history.company_id, shops, *_columns(METRICS), *days, *stamp, history.today
        )
        if next_month(month) <= history.today:
            counted = [made for made in METRICS if made.metric in BY_MONTH]
            await connection.execute(
                _LOAD_MONTH.format(partition=name), history.company_id, shops, *_columns(counted), month, *stamp
            )
    for statement in (
        f"ALTER TABLE {name} ADD PRIMARY KEY ({KEY})",
        f"ALTER TABLE observations ATTACH PARTITION {name} FOR VALUES FROM ('{month}') TO ('{next_month(month)}')",
    ):
        await connection.execute(statement)


def _columns(metrics: Sequence[Made]) -> tuple[list[str], list[int], list[int], list[str]]:
    names, lows, spreads, units = zip(*metrics, strict=True)
    return list(names), list(lows), list(spreads), list(units)
