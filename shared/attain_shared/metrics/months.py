"""Months of day rows summed up, for the series that goals are measured by; kept true in the transaction that changes the rows.

They are always summed anew, never added to: whatever went wrong before is mended by the next change.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.metrics.queries import Series
from attain_shared.rules.months import Month
from attain_shared.rules.periods import Grain, Window, bucket_end

_COLUMNS = "total, largest, last, days, provisional_days, has_coarser"

# one month a statement: so that there is one partition to look into, known beforehand
_SUMMED = f"""
    SELECT wanted.shop_id, wanted.metric, wanted.dimension, {_COLUMNS} FROM {{wanted}} AS wanted
    CROSS JOIN LATERAL (
        SELECT sum(value) FILTER (WHERE grain = 'day') AS total,
               max(value) FILTER (WHERE grain = 'day') AS largest,
               (array_agg(value ORDER BY bucket DESC) FILTER (WHERE grain = 'day'))[1] AS last,
               COALESCE(bit_or(1 << (bucket - :month)) FILTER (WHERE grain = 'day'), 0) AS days,
               COALESCE(bit_or(1 << (bucket - :month)) FILTER (WHERE grain = 'day' AND NOT is_final), 0)
                   AS provisional_days,
               COALESCE(bool_or(grain <> 'day'), false) AS has_coarser
        FROM (
            SELECT grain, bucket, value, is_final FROM observations
            WHERE company_id = :company_id AND shop_id = wanted.shop_id AND metric = wanted.metric
              AND dimension = wanted.dimension AND bucket BETWEEN :month AND :month_end
            OFFSET 0
        ) AS day_rows
    ) AS summed
"""  # nosec B608 # noqa: S608 - composed of this module's own constants

_NAMED = """unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]))
    AS named (shop_id, metric, dimension)"""

# what is kept of a series that no goal is measured by any more is kept true as well: one may be again
_MEASURED = f"""(SELECT * FROM {_NAMED} WHERE EXISTS (
    SELECT FROM indicator_sources source WHERE source.company_id = :company_id AND source.shop_id = named.shop_id
      AND source.metric = named.metric AND source.dimension = named.dimension) OR EXISTS (
    SELECT FROM metric_months known WHERE known.company_id = :company_id AND known.shop_id = named.shop_id
      AND known.metric = named.metric AND known.dimension = named.dimension AND known.month = :month))"""  # nosec B608 # noqa: S608 - as above

_MISSING = f"""(SELECT * FROM {_NAMED} WHERE NOT EXISTS (
    SELECT FROM metric_months known WHERE known.company_id = :company_id AND known.shop_id = named.shop_id
      AND known.metric = named.metric AND known.dimension = named.dimension AND known.month = :month))"""  # nosec B608 # noqa: S608 - as above

_KNOWN = """(SELECT shop_id, metric, dimension FROM metric_months
    WHERE company_id = :company_id AND month = :month)"""

_WRITE = f"""
    INSERT INTO metric_months AS known (company_id, shop_id, metric, dimension, month, {_COLUMNS})
    SELECT :company_id, shop_id, metric, dimension, :month, {_COLUMNS} FROM ({{summed}}) AS summed
    ORDER BY shop_id, metric, dimension
    ON CONFLICT (company_id, shop_id, metric, dimension, month) DO UPDATE
    SET total = excluded.total, largest = excluded.largest, last = excluded.last, days = excluded.days,
        provisional_days = excluded.provisional_days, has_coarser = excluded.has_coarser
"""  # nosec B608 # noqa: S608 - as above

_REBUILD = text(_WRITE.format(summed=_SUMMED.format(wanted=_MEASURED)))
_FILL = text(_WRITE.format(summed=_SUMMED.format(wanted=_MISSING)))
_RESTORE = text(_WRITE.format(summed=_SUMMED.format(wanted=f"(SELECT * FROM {_NAMED})")))  # nosec B608 # noqa: S608 - as above

_DIFFERING = text(f"""
    SELECT summed.shop_id, summed.metric, summed.dimension FROM ({_SUMMED.format(wanted=_KNOWN)}) AS summed
    JOIN metric_months known ON known.company_id = :company_id AND known.shop_id = summed.shop_id
         AND known.metric = summed.metric AND known.dimension = summed.dimension AND known.month = :month
    WHERE (known.total, known.largest, known.last, known.days, known.provisional_days, known.has_coarser)
          IS DISTINCT FROM
          (summed.total, summed.largest, summed.last, summed.days, summed.provisional_days, summed.has_coarser)
    ORDER BY 1, 2, 3
""")  # nosec B608 # noqa: S608 - as above

_LISTED = text("SELECT DISTINCT month FROM metric_months WHERE company_id = :company_id ORDER BY month")

_FORGET = text("""
    DELETE FROM metric_months WHERE company_id = :company_id AND month = ANY(CAST(:months AS date[]))
""")

_MONTHS = text("""
    SELECT wanted.number, m.month, m.total, m.largest, m.last, m.days, m.provisional_days, m.has_coarser
    FROM unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]),
                CAST(:firsts AS date[]), CAST(:lasts AS date[])) WITH ORDINALITY
         AS wanted (shop_id, metric, dimension, first, last, number)
    JOIN metric_months m ON m.company_id = :company_id AND m.shop_id = wanted.shop_id AND m.metric = wanted.metric
         AND m.dimension = wanted.dimension AND m.month BETWEEN wanted.first AND wanted.last
""")


class SummedMonth(NamedTuple):
    """A month as it is kept: none where it has no day row."""

    month: Month | None
    has_coarser: bool


def _columns(series: Sequence[Series]) -> dict[str, Any]:
    return {
        "shops": [one.shop_id for one in series],
        "metrics": [one.metric for one in series],
        "dimensions": [one.dimension for one in series],
    }


async def _run(
    session: AsyncSession,
    statement: TextClause,
    *,
    company_id: UUID,
    months: Mapping[date, Iterable[Series]],
) -> None:
    for month in sorted(months):
        parameters = {"company_id": company_id, "month": month, "month_end": bucket_end(month, Grain.MONTH)}
        await session.execute(statement, parameters | _columns(sorted(set(months[month]))))


async def sum_up_changed(session: AsyncSession, *, company_id: UUID, months: Mapping[date, Iterable[Series]]) -> None:
    """Sum up anew the months that rows of some series have changed in, where goals are measured by these."""
    await _run(session, _REBUILD, company_id=company_id, months=months)


async def sum_up_missing(session: AsyncSession, *, company_id: UUID, months: Mapping[date, Iterable[Series]]) -> None:
    """Sum up the months of some series that are not yet; the caller holds their shops (`wait_for_shops`)."""
    await _run(session, _FILL, company_id=company_id, months=months)


async def restore_months(session: AsyncSession, *, company_id: UUID, months: Mapping[date, Iterable[Series]]) -> None:
    """Sum up months anew, whatever is kept of them; the caller holds their shops."""
    await _run(session, _RESTORE, company_id=company_id, months=months)


async def find_differing(session: AsyncSession, *, company_id: UUID, month: date) -> list[Series]:
    """The series whose rows of a month do not add up to what is kept of it: none, unless something is wrong."""
    rows = await session.execute(
        _DIFFERING, {"company_id": company_id, "month": month, "month_end": bucket_end(month, Grain.MONTH)}
    )
    return [Series(*row) for row in rows]


async def load_months(
    session: AsyncSession, *, company_id: UUID, spans: Mapping[Series, Window]
) -> dict[Series, dict[date, SummedMonth]]:
    """The summed months of series, from the month of the first day to that of the last; one that is not there is not known."""
    wanted = sorted(spans)
    rows = await session.execute(
        _MONTHS,
        _columns(wanted)
        | {
            "company_id": company_id,
            "firsts": [spans[one].starts_on.replace(day=1) for one in wanted],
            "lasts": [spans[one].ends_on for one in wanted],
        },
    )
    found: dict[Series, dict[date, SummedMonth]] = defaultdict(dict)
    for number, month, total, largest, last, days, provisional, has_coarser in rows.all():
        summed = Month(month, total, largest, last, days, provisional) if days else None
        found[wanted[number - 1]][month] = SummedMonth(summed, has_coarser)
    return found


async def list_months(session: AsyncSession, *, company_id: UUID) -> list[date]:
    """The months that anything is summed up of, the oldest first."""
    return list(await session.scalars(_LISTED, {"company_id": company_id}))


async def forget_months(session: AsyncSession, *, company_id: UUID, months: Iterable[date]) -> None:
    """Let go of what is kept of some months: their rows have gone or come back all at once, and are read again."""
    await session.execute(_FORGET, {"company_id": company_id, "months": sorted(months)})
