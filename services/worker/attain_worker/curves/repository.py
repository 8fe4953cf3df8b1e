"""The statements of curves: the days of the past read, for several curves at once, and curves written."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.goals.attainment_models import PaceCurve
from attain_shared.goals.curves import Paced
from attain_shared.rules.backtest import history
from attain_shared.rules.curves import Daily

# the days of all curves together are constants to the planner, which keeps it out of the other partitions
_DAYS = text("""
    SELECT day.number, array_agg(day.bucket) AS days, array_agg(day.value) AS figures
    FROM (
        SELECT wanted.number, o.bucket, sum(o.value) AS value
        FROM unnest(CAST(:numbers AS int[]), CAST(:shops AS uuid[]), CAST(:metrics AS text[]),
                    CAST(:dimensions AS text[]), CAST(:firsts AS date[]), CAST(:lasts AS date[]))
             AS wanted (number, shop_id, metric, dimension, first, last)
        CROSS JOIN LATERAL (
            SELECT bucket, value FROM observations
            WHERE company_id = :company_id AND shop_id = wanted.shop_id AND metric = wanted.metric
              AND dimension = wanted.dimension AND grain = 'day' AND bucket BETWEEN :first AND :last
              AND bucket BETWEEN wanted.first AND wanted.last
            OFFSET 0
        ) AS o
        GROUP BY wanted.number, o.bucket
    ) AS day
    GROUP BY day.number
""")


async def load_days(session: AsyncSession, *, company_id: UUID, figures: Sequence[Paced]) -> Mapping[UUID, Daily]:
    """The days that curves are made of, by curve: of each day the sum of what its shops or items have (MET-8)."""
    spans = [history(one.question.window) for one in figures]
    wanted = [
        (number, unit.shop_id, one.question.metric.code, unit.dimension, span.starts_on, span.ends_on)
        for number, (one, span) in enumerate(zip(figures, spans, strict=True))
        for unit in one.question.units
    ]
    columns = zip(*wanted, strict=True)
    names = ("numbers", "shops", "metrics", "dimensions", "firsts", "lasts")
    rows = await session.execute(
        _DAYS,
        {
            "company_id": company_id,
            "first": min(span.starts_on for span in spans),
            "last": max(span.ends_on for span in spans),
            **{name: list(column) for name, column in zip(names, columns, strict=True)},
        },
    )
    return {figures[row.number].curve_id: dict(zip(row.days, row.figures, strict=True)) for row in rows}


async def store_curves(
    session: AsyncSession, *, company_id: UUID, curves: Mapping[UUID, Mapping[str, Any]], today: date
) -> None:
    """Write curves, in place of what was known before; `curves` are their columns by id."""
    rows = [
        {"company_id": company_id, "id": curve_id, "computed_on": today, **curves[curve_id]}
        for curve_id in sorted(curves)
    ]
    statement = insert(PaceCurve).values(rows)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in {"company_id", "id"}}
    await session.execute(statement.on_conflict_do_update(index_elements=["company_id", "id"], set_=changed))
