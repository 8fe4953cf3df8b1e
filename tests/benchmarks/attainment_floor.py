"""One hand-written statement that computes what the worker computes (P8), over the rows themselves: no months summed up.

It knows the benchmark's indicators: their formulas, that windows are quarters, that every day has a row of every metric.
It makes no pace, no verdict, no coverage, and no JSON. Written twice: once as one would (every indicator joined with its
rows), once as cleverly as it goes (every row read once, whoever is measured by it).
"""

import json
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

SAMPLE = 1_000
SHOWN = 5

_TABLE = """
    CREATE TEMP TABLE IF NOT EXISTS floor_scores
        (goal_id uuid PRIMARY KEY, score_low numeric, score_high numeric, lows numeric[], highs numeric[])
"""

_ONCE = """
months AS MATERIALIZED (
    SELECT shop_id, metric, date_trunc('month', bucket)::date AS month,
           sum(value) FILTER (WHERE grain = 'day') AS total, max(value) FILTER (WHERE grain = 'day') AS largest,
           max(value) FILTER (WHERE grain = 'month') AS own,
           max(ARRAY[bucket - DATE '2000-01-01', value]) FILTER (WHERE metric = 'dsr_service') AS last
    FROM observations
    WHERE company_id = $1 AND dimension = '' AND metric IN (SELECT metric FROM parts)
      AND bucket BETWEEN (SELECT min(first) FROM windows) AND (SELECT max(last) FROM windows)
    GROUP BY 1, 2, 3
), sums AS MATERIALIZED (
    SELECT w.first, m.shop_id, m.metric, sum(m.total) AS total, sum(COALESCE(m.own, m.total)) AS most,
           max(COALESCE(m.own, m.largest)) AS least, (max(m.last))[2] AS last
    FROM windows w JOIN months m ON m.month BETWEEN w.first AND w.last GROUP BY 1, 2, 3
), put_together AS (
    SELECT h.id, sum(n.total) AS n_total, sum(n.most) AS n_most, max(n.least) AS n_least, sum(d.total) AS d_total,
           sum(d.most) AS d_most, max(d.least) AS d_least, sum(n.last * d.total) AS weighted, min(n.last) AS last,
           count(*) AS shops
    FROM held h CROSS JOIN unnest(h.shop_ids) AS shop (id)
    JOIN sums n ON n.first = h.first AND n.shop_id = shop.id AND n.metric = h.numerator
    LEFT JOIN sums d ON d.first = h.other_first AND d.shop_id = shop.id AND d.metric = h.denominator
    GROUP BY h.id
)
"""
"""Every row is read once, and summed up by month for whoever is measured by it."""

_FOR_EACH = """
sums AS (
    SELECT h.id, shop.id AS shop_id, side.name, date_trunc('month', o.bucket) AS month,
           sum(o.value) FILTER (WHERE grain = 'day') AS total, max(o.value) FILTER (WHERE grain = 'day') AS largest,
           max(o.value) FILTER (WHERE grain = 'month') AS own,
           max(ARRAY[bucket - DATE '2000-01-01', value]) FILTER (WHERE o.metric = 'dsr_service') AS last
    FROM held h CROSS JOIN unnest(h.shop_ids) AS shop (id)
    CROSS JOIN LATERAL (VALUES ('n', h.numerator, h.first), ('d', h.denominator, h.other_first)) AS side (name, metric, first)
    JOIN observations o ON o.company_id = $1 AND o.shop_id = shop.id AND o.metric = side.metric AND o.dimension = ''
         AND o.bucket BETWEEN side.first AND (side.first + interval '3 months - 1 day')::date
    GROUP BY 1, 2, 3, 4
), by_shop AS (
    SELECT id, shop_id, sum(total) FILTER (WHERE name = 'n') AS n_total, sum(total) FILTER (WHERE name = 'd') AS d_total,
           sum(COALESCE(own, total)) FILTER (WHERE name = 'n') AS n_most,
           sum(COALESCE(own, total)) FILTER (WHERE name = 'd') AS d_most,
           max(COALESCE(own, largest)) FILTER (WHERE name = 'n') AS n_least,
           max(COALESCE(own, largest)) FILTER (WHERE name = 'd') AS d_least, (max(last))[2] AS last
    FROM sums GROUP BY 1, 2
), put_together AS (
    SELECT id, sum(n_total) AS n_total, sum(n_most) AS n_most, max(n_least) AS n_least, sum(d_total) AS d_total,
           sum(d_most) AS d_most, max(d_least) AS d_least, sum(last * d_total) AS weighted, min(last) AS last,
           count(*) AS shops
    FROM by_shop GROUP BY id
)
"""
"""Every indicator is joined with its rows, as one would write it first."""

_STATEMENT = """
INSERT INTO floor_scores
WITH formulas (metric, numerator, denominator) AS (
    VALUES ('gmv', 'gmv', NULL), ('uv', 'uv', NULL), ('new_members', 'new_members', 'new_members'),
           ('conversion', 'paying_buyers', 'uv'), ('aov', 'gmv', 'paying_buyers'),
           ('refund_rate', 'refund_amount', 'gmv'), ('dsr_service', 'dsr_service', 'reviews')
), held AS MATERIALIZED (
    SELECT i.goal_id, i.id, i.position, i.metric, i.aggregate, i.against, i.direction, i.target, i.band_low, i.band_high,
           i.cap, i.shop_ids, g.starts_on AS first, g.ends_on AS last, f.numerator, f.denominator,
           CASE WHEN i.against IS NULL THEN g.starts_on ELSE (g.starts_on - interval '3 months')::date END AS other_first
    FROM goals g JOIN indicators i ON i.company_id = $1 AND i.goal_id = g.id JOIN formulas f ON f.metric = i.metric
    WHERE g.company_id = $1
), windows AS MATERIALIZED (
    SELECT DISTINCT start AS first, (start + interval '3 months - 1 day')::date AS last
    FROM held, unnest(ARRAY[first, other_first]) AS start
), parts AS MATERIALIZED (
    SELECT numerator AS metric FROM formulas UNION SELECT denominator FROM formulas WHERE denominator IS NOT NULL
), daily AS MATERIALIZED (
    SELECT id, sum(largest) / count(*) AS low, sum(total) / count(*) AS high FROM (
        SELECT h.id, o.bucket, max(o.value) AS largest, sum(o.value) AS total
        FROM held h CROSS JOIN unnest(h.shop_ids) AS shop (id)
        JOIN observations o ON o.company_id = $1 AND o.shop_id = shop.id AND o.metric = h.metric AND o.dimension = ''
             AND o.grain = 'day' AND o.bucket BETWEEN h.first AND h.last
        WHERE h.aggregate = 'daily_mean' GROUP BY 1, 2
    ) AS days GROUP BY id
), {put_together}, actual AS (
    SELECT h.*, p.d_total,
        round(CASE WHEN h.aggregate = 'daily_mean' THEN daily.low
             WHEN h.against IS NOT NULL THEN p.n_total
             ELSE CASE h.metric WHEN 'gmv' THEN p.n_total WHEN 'uv' THEN p.n_least WHEN 'aov' THEN p.n_total / p.d_most
                  WHEN 'dsr_service' THEN CASE p.shops WHEN 1 THEN p.last ELSE p.weighted / p.d_total END
                  ELSE p.n_total / p.d_total END END, 12) AS low,
        round(CASE WHEN h.aggregate = 'daily_mean' THEN daily.high
             WHEN h.against IS NOT NULL THEN p.n_total
             ELSE CASE h.metric WHEN 'gmv' THEN p.n_total WHEN 'uv' THEN p.n_most WHEN 'aov' THEN p.n_total / p.d_least
                  WHEN 'dsr_service' THEN CASE p.shops WHEN 1 THEN p.last ELSE p.weighted / p.d_total END
                  ELSE p.n_total / p.d_total END END, 12) AS high
    FROM held h JOIN put_together p ON p.id = h.id LEFT JOIN daily ON daily.id = h.id
), attained AS (
    SELECT goal_id, position, cap,
           round(greatest(CASE WHEN against IS NOT NULL THEN low / (d_total * (1 + target))
               WHEN direction = 'band' THEN 1 - greatest(band_low - low, low - band_high, 0) / (band_high - band_low)
               WHEN direction = 'lower_better' THEN 2 - high / target ELSE low / target END, 0), 6) AS low,
           round(greatest(CASE WHEN against IS NOT NULL THEN high / (d_total * (1 + target))
               WHEN direction = 'band' THEN 1 - greatest(band_low - high, high - band_high, 0) / (band_high - band_low)
               WHEN direction = 'lower_better' THEN 2 - low / target ELSE high / target END, 0), 6) AS high
    FROM actual
), ends AS (
    SELECT goal_id, count(*) AS indicators, min(low) AS low_min, max(low) AS low_max, sum(least(low, cap)) AS low_sum,
           min(high) AS high_min, max(high) AS high_max, sum(least(high, cap)) AS high_sum,
           array_agg(low ORDER BY position) AS lows, array_agg(high ORDER BY position) AS highs
    FROM attained GROUP BY goal_id
)
SELECT goal_id,
       CASE WHEN low_max <= 0.60 THEN 2.5 WHEN low_sum <= 0.70 * indicators THEN 3 WHEN low_min <= 0.80 THEN 3.25
            WHEN low_min >= 1.30 THEN 4.5 WHEN low_min >= 1.15 THEN 4 WHEN low_min >= 1.05 THEN 3.75 ELSE 3.5 END,
       CASE WHEN high_max <= 0.60 THEN 2.5 WHEN high_sum <= 0.70 * indicators THEN 3 WHEN high_min <= 0.80 THEN 3.25
            WHEN high_min >= 1.30 THEN 4.5 WHEN high_min >= 1.15 THEN 4 WHEN high_min >= 1.05 THEN 3.75 ELSE 3.5 END,
       lows, highs
FROM ends
"""

STATEMENTS = {"once": _STATEMENT.format(put_together=_ONCE), "for each": _STATEMENT.format(put_together=_FOR_EACH)}
"""By how they read the rows."""


class Result(NamedTuple):
    """The score of a goal and the attainments of its indicators, at the lowest and at the highest."""

    scores: tuple[Decimal, Decimal]
    lows: list[Decimal]
    highs: list[Decimal]


async def prepare(connection: asyncpg.Connection) -> None:
    """As who wrote the statement would have run it: planned for what is there, with memory for what it sorts."""
    for statement in (
        "SET plan_cache_mode = 'force_custom_plan'",
        "SET work_mem = '512MB'",
        _TABLE,
    ):
        await connection.execute(statement)


async def run(connection: asyncpg.Connection, company_id: UUID, how: str) -> float:
    """Seconds of a statement, for all goals of a company."""
    await connection.execute("TRUNCATE floor_scores")
    started = time.perf_counter()
    await connection.execute(STATEMENTS[how], company_id)
    return time.perf_counter() - started


async def compare(connection: asyncpg.Connection, company_id: UUID) -> None:
    """Hold both results of some goals against each other, and say how many differ."""
    rows = await connection.fetch(
        "SELECT a.goal_id, a.score, a.score_low, a.score_high, a.indicators, f.* FROM attainments a "
        "JOIN floor_scores f ON f.goal_id = a.goal_id WHERE a.company_id = $1 ORDER BY md5(a.goal_id::text) LIMIT $2",
        company_id,
        SAMPLE,
    )
    differing = [row for row in rows if ours(row) != floors(row)]
    print(f"P8 {len(rows):,} goals held against the statement's: {len(differing)} differ", flush=True)
    for row in differing[:SHOWN]:
        print(f"   {row['goal_id']}: {ours(row)} against {floors(row)}")


def ours(row: Mapping[str, Any]) -> Result:
    """What the worker stored."""
    ends = [_ends(one) for one in json.loads(row["indicators"])]
    both = (row["score"], row["score"]) if row["score"] is not None else (row["score_low"], row["score_high"])
    return Result(both, [low for low, _ in ends], [high for _, high in ends])


def floors(row: Mapping[str, Any]) -> Result:
    """What the statement stored."""
    return Result((row["score_low"], row["score_high"]), row["lows"], row["highs"])


def _ends(figures: Mapping[str, Any]) -> Sequence[Decimal]:
    if figures["attainment"] is not None:
        return [Decimal(figures["attainment"])] * 2
    return [Decimal(figures[name] or "NaN") for name in ("attainment_low", "attainment_high")]
