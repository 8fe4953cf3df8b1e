"""Reading the facts: what both the API (values, totals, as-of) and the worker (attainments) run."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.rules.aggregation import DaySums
from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain, Window, bucket_end, buckets
from attain_shared.rules.tiling import Cell

_GRAINS = {grain.value: grain for grain in Grain}
_FINALITIES = {False: Finality.REALTIME, True: Finality.FINAL}
"""Looked up for each row: to call the enumeration took as long as all the rest."""


class Series(NamedTuple):
    """One shop's values of one metric in one dimension."""

    shop_id: UUID
    metric: str
    dimension: str


EVERY_COLUMN = """company_id, shop_id, metric, dimension, grain, bucket, value, is_final, through, observed_at, batch_id,
    received_at, row_index, verdict"""
"""Of `observations` and of `observation_history`."""


def every_row(condition: str = "true") -> str:
    """Every row a company has received, whether it stands, no longer or never did (MET-7); of those that a condition holds for.

    The condition is a constant of the caller. It is asked within, as the planner does not always move it there.
    """
    rows = f"SELECT {EVERY_COLUMN} FROM {{}} WHERE company_id = :company_id AND {condition}"  # nosec B608 # noqa: S608 - as said
    return f"({rows.format('observation_history')} UNION ALL {rows.format('observations')} AND row_index IS NOT NULL)"


BUCKET_END = """(CASE o.grain WHEN 'day' THEN o.bucket WHEN 'week' THEN o.bucket + 6
    WHEN 'month' THEN (o.bucket + interval '1 month - 1 day')::date
    ELSE (o.bucket + interval '3 months - 1 day')::date END)"""
"""The last day of a row's bucket, in SQL."""

_PRESENT = text("""
    SELECT wanted.number, o.grain, o.bucket, o.value, o.is_final, o.through
    FROM unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[])) WITH ORDINALITY
         AS wanted (shop_id, metric, dimension, number)
    JOIN observations o ON o.company_id = :company_id AND o.shop_id = wanted.shop_id
         AND o.metric = wanted.metric AND o.dimension = wanted.dimension
    WHERE o.bucket BETWEEN :first AND :last
""")

# of one month, so that there is one partition to look into, known beforehand
_OF_MONTH = text("""
    SELECT wanted.number, o.grain, o.bucket, o.value, o.is_final, o.through
    FROM unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]),
                CAST(:firsts AS date[]), CAST(:are_coarser AS boolean[])) WITH ORDINALITY
         AS wanted (shop_id, metric, dimension, first, is_coarser, number)
    CROSS JOIN LATERAL (
        SELECT grain, bucket, value, is_final, through FROM observations
        WHERE company_id = :company_id AND shop_id = wanted.shop_id AND metric = wanted.metric
          AND dimension = wanted.dimension AND bucket BETWEEN :month AND :month_end AND bucket >= wanted.first
          AND grain = ANY(CASE WHEN wanted.is_coarser THEN ARRAY['week', 'month', 'quarter']
                          ELSE ARRAY['day', 'week', 'month', 'quarter'] END)
        OFFSET 0
    ) AS o
""")

_DAY_SUMS = text("""
    SELECT question, count(*) AS days, sum(present)::bigint AS present, sum(provisional)::bigint AS provisional,
           sum(low) AS low, sum(high) AS high
    FROM (
        SELECT wanted.question, o.bucket, max(o.value) AS low, sum(o.value) AS high, count(*) AS present,
               count(*) FILTER (WHERE NOT o.is_final) AS provisional
        FROM unnest(CAST(:questions AS integer[]), CAST(:shops AS uuid[]), CAST(:metrics AS text[]),
                    CAST(:dimensions AS text[]), CAST(:firsts AS date[]), CAST(:lasts AS date[]))
             AS wanted (question, shop_id, metric, dimension, first, last)
        CROSS JOIN LATERAL (
            SELECT bucket, value, is_final FROM observations
            WHERE company_id = :company_id AND shop_id = wanted.shop_id AND metric = wanted.metric
              AND dimension = wanted.dimension AND grain = 'day' AND bucket BETWEEN wanted.first AND wanted.last
              AND bucket BETWEEN :month AND :month_end
            OFFSET 0
        ) AS o
        GROUP BY wanted.question, o.bucket
    ) AS by_day GROUP BY question
""")

_AS_WANTED = """shop_id = wanted.shop_id AND metric = wanted.metric AND dimension = wanted.dimension
    AND bucket BETWEEN :first AND :last AND received_at <= :as_of"""

_KNOWN_THEN = text(f"""
    SELECT DISTINCT ON (wanted.number, o.grain, o.bucket)
           wanted.number, o.grain, o.bucket, o.value, o.is_final, o.through
    FROM unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[])) WITH ORDINALITY
         AS wanted (shop_id, metric, dimension, number)
    CROSS JOIN LATERAL {every_row(_AS_WANTED)} AS o
    WHERE o.company_id = :company_id
    ORDER BY wanted.number, o.grain, o.bucket, o.is_final DESC, COALESCE(o.through, {BUCKET_END}) DESC, o.observed_at DESC, o.value DESC,
             o.batch_id, o.row_index
""")  # nosec B608 # noqa: S608 - composed of this module's own constants


async def load_cells(
    session: AsyncSession,
    *,
    company_id: UUID,
    series: Iterable[Series],
    window: Window,
    as_of: datetime | None = None,
) -> Mapping[tuple[str, UUID, str], Sequence[Cell]]:
    """The rows of some series in a window, by (dimension, shop, metric): the present ones, or as known then (MET-7)."""
    wanted = sorted(set(series))
    parameters = {
        "company_id": company_id,
        "shops": [one.shop_id for one in wanted],
        "metrics": [one.metric for one in wanted],
        "dimensions": [one.dimension for one in wanted],
        "first": window.starts_on,
        "last": window.ends_on,
    }
    statement = _PRESENT if as_of is None else _KNOWN_THEN
    rows = (await session.execute(statement, parameters if as_of is None else parameters | {"as_of": as_of})).all()
    cells: dict[tuple[str, UUID, str], list[Cell]] = defaultdict(list)
    keys = [(one.dimension, one.shop_id, one.metric) for one in wanted]
    for number, grain, bucket, value, is_final, through in rows:
        key = keys[number - 1]
        cells[key].append(Cell(key[1], key[2], _GRAINS[grain], bucket, value, _FINALITIES[is_final], through))
    return cells


class MonthPart(NamedTuple):
    """The rows of a series that are wanted of a month: those from a day on, of every grain or but the coarser."""

    series: Series
    first: date
    is_coarser: bool


async def load_month(
    session: AsyncSession, *, company_id: UUID, month: date, parts: Iterable[MonthPart]
) -> list[tuple[MonthPart, Cell]]:
    """The present rows of some series whose buckets begin in a month; each with the part it was wanted by."""
    wanted = sorted(set(parts))
    result = await session.execute(
        _OF_MONTH,
        {
            "company_id": company_id,
            "month": month,
            "month_end": bucket_end(month, Grain.MONTH),
            "shops": [part.series.shop_id for part in wanted],
            "metrics": [part.series.metric for part in wanted],
            "dimensions": [part.series.dimension for part in wanted],
            "firsts": [part.first for part in wanted],
            "are_coarser": [part.is_coarser for part in wanted],
        },
    )
    found = []
    for number, grain, bucket, value, is_final, through in result.all():
        part = wanted[number - 1]
        shop_id, metric, _ = part.series
        found.append((part, Cell(shop_id, metric, _GRAINS[grain], bucket, value, _FINALITIES[is_final], through)))
    return found


async def load_day_sums(
    session: AsyncSession, *, company_id: UUID, questions: Sequence[tuple[Window, Sequence[Series]]]
) -> list[DaySums]:
    """Day by day over some series in a window, the largest value and the sum, added up: a statement for each month."""
    found = [DaySums(0, 0, 0, Decimal(0), Decimal(0))] * len(questions)
    months = {month for window, _ in questions for month in buckets(window, Grain.MONTH)}
    for month in sorted(months):
        of_month = Window(month, bucket_end(month, Grain.MONTH))
        asked = [
            (place, one, window)
            for place, (window, series) in enumerate(questions)
            if window.starts_on <= of_month.ends_on and of_month.starts_on <= window.ends_on
            for one in series
        ]
        rows = await session.execute(
            _DAY_SUMS,
            {
                "company_id": company_id,
                "month": of_month.starts_on,
                "month_end": of_month.ends_on,
                "questions": [place for place, _, _ in asked],
                "shops": [one.shop_id for _, one, _ in asked],
                "metrics": [one.metric for _, one, _ in asked],
                "dimensions": [one.dimension for _, one, _ in asked],
                "firsts": [window.starts_on for _, _, window in asked],
                "lasts": [window.ends_on for _, _, window in asked],
            },
        )
        for question, *sums in rows.all():
            found[question] = DaySums(*(known + more for known, more in zip(found[question], sums, strict=True)))
    return found
