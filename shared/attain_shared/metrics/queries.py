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

EVERY_ROW = f"""(
    SELECT {EVERY_COLUMN} FROM observation_history WHERE company_id = :company_id
    UNION ALL
    SELECT {EVERY_COLUMN} FROM observations WHERE company_id = :company_id AND row_index IS NOT NULL
)"""  # noqa: S608 - a constant
"""Every row a company has received: those that stand, and those that do not or no longer (MET-7)."""

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

_KNOWN_THEN = text(f"""
    SELECT DISTINCT ON (o.shop_id, o.metric, o.dimension, o.grain, o.bucket)
           o.shop_id, o.metric, o.dimension, o.grain, o.bucket, o.value, o.is_final, o.through
    FROM unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]))
         AS wanted (shop_id, metric, dimension)
    JOIN {EVERY_ROW} o ON o.company_id = :company_id AND o.shop_id = wanted.shop_id
         AND o.metric = wanted.metric AND o.dimension = wanted.dimension
    WHERE o.bucket BETWEEN :first AND :last AND o.received_at <= :as_of
    ORDER BY o.shop_id, o.metric, o.dimension, o.grain, o.bucket,
             o.is_final DESC, COALESCE(o.through, {BUCKET_END}) DESC, o.observed_at DESC, o.value DESC
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
