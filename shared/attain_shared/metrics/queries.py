"""Reading the facts: what both the API (values, totals, as-of) and the worker (attainments) run."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain, Window
from attain_shared.rules.tiling import Cell


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
    rows = f"SELECT {EVERY_COLUMN} FROM {{}} WHERE company_id = :company_id AND {condition}"  # noqa: S608 - as said
    return f"({rows.format('observation_history')} UNION ALL {rows.format('observations')} AND row_index IS NOT NULL)"


BUCKET_END = """(CASE o.grain WHEN 'day' THEN o.bucket WHEN 'week' THEN o.bucket + 6
    WHEN 'month' THEN (o.bucket + interval '1 month - 1 day')::date
    ELSE (o.bucket + interval '3 months - 1 day')::date END)"""
"""The last day of a row's bucket, in SQL."""

_PRESENT = text("""
    SELECT o.shop_id, o.metric, o.dimension, o.grain, o.bucket, o.value, o.is_final, o.through
    FROM unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]))
         AS wanted (shop_id, metric, dimension)
    JOIN observations o ON o.company_id = :company_id AND o.shop_id = wanted.shop_id
         AND o.metric = wanted.metric AND o.dimension = wanted.dimension
    WHERE o.bucket BETWEEN :first AND :last
""")

_AS_WANTED = """shop_id = wanted.shop_id AND metric = wanted.metric AND dimension = wanted.dimension
    AND bucket BETWEEN :first AND :last AND received_at <= :as_of"""

_KNOWN_THEN = text(f"""
    SELECT DISTINCT ON (o.shop_id, o.metric, o.dimension, o.grain, o.bucket)
           o.shop_id, o.metric, o.dimension, o.grain, o.bucket, o.value, o.is_final, o.through
    FROM unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]))
         AS wanted (shop_id, metric, dimension)
    CROSS JOIN LATERAL {every_row(_AS_WANTED)} AS o
    WHERE o.company_id = :company_id
    ORDER BY o.shop_id, o.metric, o.dimension, o.grain, o.bucket,
             o.is_final DESC, COALESCE(o.through, {BUCKET_END}) DESC, o.observed_at DESC, o.value DESC,
             o.batch_id, o.row_index
""")  # noqa: S608 - composed of this module's own constants


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
    if as_of is None:
        rows = await session.execute(_PRESENT, parameters)
    else:
        rows = await session.execute(_KNOWN_THEN, parameters | {"as_of": as_of})
    cells: dict[tuple[str, UUID, str], list[Cell]] = defaultdict(list)
    for row in rows:
        finality = Finality.FINAL if row.is_final else Finality.REALTIME
        cell = Cell(row.shop_id, row.metric, Grain(row.grain), row.bucket, row.value, finality, row.through)
        cells[row.dimension, row.shop_id, row.metric].append(cell)
    return cells
