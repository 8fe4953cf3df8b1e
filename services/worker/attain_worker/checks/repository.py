"""The statements of the cross-checks: marks, the figures that may not go together, and what was found.

Figures are compared by the rules; the statements only leave out what cannot be a finding, so that a shop with thousands
of items costs no more rows than it has doubtful figures.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.identifiers import new_id
from attain_shared.metrics.queries import BUCKET_END
from attain_shared.rules.findings import TENFOLD_FACTOR, TENFOLD_LEAST_DAYS, CheckedMonth, FindingKind
from attain_shared.rules.periods import Grain


class Mark(NamedTuple):
    """A month of a shop to check, and the generation of its mark."""

    shop_id: UUID
    month: date
    generation: int


class Key(NamedTuple):
    """What a finding is about; sorted as findings are locked."""

    bucket: date
    grain: Grain
    dimension: str
    metric: str
    kind: FindingKind


class Finding(NamedTuple):
    """A figure, what it should be, and the batch it came in."""

    key: Key
    batch_id: UUID
    value: Decimal
    expected: Decimal


_TRY_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('checks ' || :company_id, 0))")

_READ_MARKS = text("""
    SELECT shop_id, month, generation FROM shop_checks
    WHERE company_id = :company_id AND marked_at <= clock_timestamp() - CAST(:settle AS interval) ORDER BY generation LIMIT :marks
""")

_TAKE_MARK = text("""
    DELETE FROM shop_checks
    WHERE company_id = :company_id AND shop_id = :shop_id AND month = :month AND generation = :generation
    RETURNING shop_id
""")

_PUT_OFF_MARK = text("""
    UPDATE shop_checks SET generation = nextval('mark_generation')
    WHERE company_id = :company_id AND shop_id = :shop_id AND month = :month AND generation = :generation
""")


# None of these joins rows with rows: without statistics of a table just filled, that can take a nested loop.


def _ratio_beside_its_parts(figure: str) -> TextClause:
    """The buckets that have a ratio and both its parts, counted at the same moment; `figure` may be the wrong one."""
    return text(f"""
    SELECT CAST(:{figure} AS text) AS metric, dimension, grain, bucket,
           max(value) FILTER (WHERE metric = :{figure}) AS value,
           (array_agg(batch_id) FILTER (WHERE metric = :{figure}))[1] AS batch_id,
           max(value) FILTER (WHERE metric = :ratio) AS ratio,
           max(value) FILTER (WHERE metric = :numerator) AS numerator,
           max(value) FILTER (WHERE metric = :denominator) AS denominator
    FROM observations
    WHERE company_id = :company_id AND shop_id = :shop_id AND metric IN (:ratio, :numerator, :denominator)
      AND bucket BETWEEN :first AND :last
    GROUP BY dimension, grain, bucket, is_final, through, CASE WHEN NOT is_final THEN observed_at END
    HAVING count(*) = 3
    """)  # nosec B608 # noqa: S608 - composed of this module's own constants


_AOVS = _ratio_beside_its_parts("numerator").bindparams(ratio="aov", numerator="gmv", denominator="paying_buyers")
_CONVERSIONS = _ratio_beside_its_parts("ratio").bindparams(
    ratio="conversion", numerator="paying_buyers", denominator="uv"
)

# a to-date row is held only against realtime rows of as many days or fewer
_FINALS_BELOW = text("""
    WITH known AS MATERIALIZED (
        SELECT metric, dimension, grain, bucket, through, max(value) AS value FROM observation_history
        WHERE company_id = :company_id AND shop_id = :shop_id AND metric = ANY(CAST(:metrics AS text[]))
          AND bucket BETWEEN :first AND :last AND NOT is_final
        GROUP BY metric, dimension, grain, bucket, through
    )
    SELECT known.metric, known.dimension, known.grain, known.bucket, present.value, present.batch_id,
           max(known.value) AS realtime
    FROM known
    CROSS JOIN LATERAL (
        SELECT value, batch_id FROM observations
        WHERE company_id = :company_id AND shop_id = :shop_id AND metric = known.metric
          AND dimension = known.dimension AND grain = known.grain AND bucket = known.bucket
          AND is_final AND value < known.value AND (through IS NULL OR known.through <= through)
        LIMIT 1
    ) AS present
    GROUP BY known.metric, known.dimension, known.grain, known.bucket, present.value, present.batch_id
""")

# a day is ten times the median of others only if it is ten times the least of them
_STEEP_DAYS = text("""
    WITH day AS (
        SELECT o.metric, o.dimension, o.grain, o.bucket, o.value, o.batch_id,
               array_agg(o.value) OVER earlier AS before, min(o.value) OVER earlier AS lowest
        FROM observations o
        WHERE o.company_id = :company_id AND o.shop_id = :shop_id AND o.metric = ANY(CAST(:metrics AS text[]))
          AND o.grain = 'day' AND o.dimension NOT LIKE 'item:%' AND o.bucket BETWEEN :trailing_from AND :until
        WINDOW earlier AS (PARTITION BY o.metric, o.dimension ORDER BY o.bucket
                           RANGE BETWEEN INTERVAL '28 days' PRECEDING AND INTERVAL '1 day' PRECEDING)
    )
    SELECT metric, dimension, grain, bucket, value, batch_id, before FROM day
    WHERE bucket >= :first AND cardinality(before) >= :least_days AND value >= CAST(:factor AS numeric) * lowest
""")

_DISAGREEING = text(f"""
    SELECT o.metric, o.dimension, o.grain, o.bucket, o.value, o.batch_id, day.values AS days
    FROM observations o
    CROSS JOIN LATERAL (
        SELECT array_agg(value) AS values, count(*) AS present, sum(value) AS total, bool_and(is_final) AS are_final
        FROM observations
        WHERE company_id = :company_id AND shop_id = :shop_id AND metric = o.metric AND dimension = o.dimension
          AND grain = 'day' AND bucket BETWEEN o.bucket AND COALESCE(o.through, {BUCKET_END})
          AND bucket BETWEEN :coarser_from AND :until
    ) AS day
    WHERE o.company_id = :company_id AND o.shop_id = :shop_id AND o.metric = ANY(CAST(:metrics AS text[]))
      AND o.grain <> 'day' AND o.bucket BETWEEN :coarser_from AND :last AND {BUCKET_END} >= :first AND o.is_final
      AND day.present = COALESCE(o.through, {BUCKET_END}) - o.bucket + 1 AND day.are_final AND day.total <> o.value
""")  # nosec B608 # noqa: S608 - composed of this module's own constants

_OPEN = text("""
    SELECT id, bucket, grain, dimension, metric, kind FROM metric_findings
    WHERE company_id = :company_id AND shop_id = :shop_id AND bucket BETWEEN :first AND :last AND resolved_at IS NULL
""")

_STORE = text("""
    INSERT INTO metric_findings AS finding (company_id, shop_id, bucket, grain, dimension, metric, kind, id, batch_id,
                                            value, expected, found_at)
    SELECT :company_id, :shop_id, row.bucket, row.grain, row.dimension, row.metric, row.kind, row.id, row.batch_id,
           row.value, row.expected, :now
    FROM unnest(CAST(:buckets AS date[]), CAST(:grains AS text[]), CAST(:dimensions AS text[]),
                CAST(:metrics AS text[]), CAST(:kinds AS text[]), CAST(:ids AS uuid[]), CAST(:batches AS uuid[]),
                CAST(:values AS numeric[]), CAST(:expected AS numeric[]))
         AS row (bucket, grain, dimension, metric, kind, id, batch_id, value, expected)
    ON CONFLICT (company_id, shop_id, bucket, grain, dimension, metric, kind) DO UPDATE
    SET batch_id = excluded.batch_id, value = excluded.value, expected = excluded.expected, resolved_at = NULL
    WHERE finding.resolved_at IS NOT NULL OR (finding.batch_id, finding.value, finding.expected)
          IS DISTINCT FROM (excluded.batch_id, excluded.value, excluded.expected)
""")

_RESOLVE = text("""
    UPDATE metric_findings SET resolved_at = :now
    WHERE company_id = :company_id AND id = ANY(CAST(:ids AS uuid[])) AND resolved_at IS NULL
""")


async def try_lock_company(session: AsyncSession, *, company_id: UUID) -> bool:
    """Let one worker at a time check the shops of a company: two would do the same marks."""
    return bool(await session.scalar(_TRY_LOCK, {"company_id": str(company_id)}))


async def read_marks(session: AsyncSession, *, company_id: UUID, marks: int, settle: timedelta) -> list[Mark]:
    """The oldest marks, unlocked: ingestion goes on marking meanwhile."""
    rows = await session.execute(_READ_MARKS, {"company_id": company_id, "marks": marks, "settle": settle})
    return [Mark(*row) for row in rows]


async def take_mark(session: AsyncSession, *, company_id: UUID, mark: Mark) -> bool:
    """Take a mark away if it still stands at the generation read: only then may the result be written."""
    return await session.scalar(_TAKE_MARK, {"company_id": company_id, **mark._asdict()}) is not None


async def put_off_mark(session: AsyncSession, *, company_id: UUID, mark: Mark) -> None:
    """Put a mark behind all others."""
    await session.execute(_PUT_OFF_MARK, {"company_id": company_id, **mark._asdict()})


async def list_aovs(
    session: AsyncSession, *, company_id: UUID, shop_id: UUID, checked: CheckedMonth
) -> Sequence[Row[Any]]:
    """The gmv beside aov (`ratio`) and paying_buyers (`denominator`), in the month's buckets that have all three."""
    bounds = {"first": checked.month, "last": checked.last}
    return (await session.execute(_AOVS, {"company_id": company_id, "shop_id": shop_id, **bounds})).all()


async def list_conversions(
    session: AsyncSession, *, company_id: UUID, shop_id: UUID, checked: CheckedMonth
) -> Sequence[Row[Any]]:
    """The conversion beside paying_buyers (`numerator`) and uv (`denominator`), in the buckets that have all three."""
    bounds = {"first": checked.month, "last": checked.last}
    return (await session.execute(_CONVERSIONS, {"company_id": company_id, "shop_id": shop_id, **bounds})).all()


async def list_finals_below(
    session: AsyncSession, *, company_id: UUID, shop_id: UUID, checked: CheckedMonth, metrics: Sequence[str]
) -> Sequence[Row[Any]]:
    """The final figures of the month that lie below what was once known in real time."""
    bounds = {"first": checked.month, "last": checked.last}
    given = {"company_id": company_id, "shop_id": shop_id, "metrics": metrics, **bounds}
    return (await session.execute(_FINALS_BELOW, given)).all()


async def list_steep_days(
    session: AsyncSession, *, company_id: UUID, shop_id: UUID, checked: CheckedMonth, metrics: Sequence[str]
) -> Sequence[Row[Any]]:
    """The days that may be ten times their trailing median, each with the days before it.

    Of the whole shop, its channels and terminals: a single item sells nothing for weeks, and then for a day it does.
    """
    bounds = {"trailing_from": checked.trailing_from, "first": checked.month, "until": checked.tenfold_until}
    given = {"company_id": company_id, "shop_id": shop_id, "metrics": metrics, **bounds}
    limits = {"least_days": TENFOLD_LEAST_DAYS, "factor": TENFOLD_FACTOR}
    return (await session.execute(_STEEP_DAYS, given | limits)).all()


async def list_disagreeing(
    session: AsyncSession, *, company_id: UUID, shop_id: UUID, checked: CheckedMonth, metrics: Sequence[str]
) -> Sequence[Row[Any]]:
    """The final weeks, months and quarters around the month whose days, all there and final, sum to another value."""
    bounds = {
        "coarser_from": checked.coarser_from,
        "first": checked.month,
        "last": checked.last,
        "until": checked.coarser_until,
    }
    given = {"company_id": company_id, "shop_id": shop_id, "metrics": metrics, **bounds}
    return (await session.execute(_DISAGREEING, given)).all()


async def list_open(
    session: AsyncSession, *, company_id: UUID, shop_id: UUID, checked: CheckedMonth
) -> dict[Key, UUID]:
    """The open findings that looking at the month can end, by what they are about."""
    bounds = {"first": checked.coarser_from, "last": checked.tenfold_until}
    rows = await session.execute(_OPEN, {"company_id": company_id, "shop_id": shop_id, **bounds})
    found = {
        Key(row.bucket, Grain(row.grain), row.dimension, row.metric, FindingKind(row.kind)): row.id for row in rows
    }
    return {key: identifier for key, identifier in found.items() if checked.covers(key.kind, key.grain, key.bucket)}


async def store_findings(
    session: AsyncSession, *, company_id: UUID, shop_id: UUID, findings: Sequence[Finding], now: datetime
) -> None:
    """Write what was found: new, found again after it was over, or with other figures."""
    ordered = sorted(findings)
    await session.execute(
        _STORE,
        {
            "company_id": company_id,
            "shop_id": shop_id,
            "now": now,
            "buckets": [one.key.bucket for one in ordered],
            "grains": [one.key.grain.value for one in ordered],
            "dimensions": [one.key.dimension for one in ordered],
            "metrics": [one.key.metric for one in ordered],
            "kinds": [one.key.kind.value for one in ordered],
            "ids": [new_id() for _ in ordered],
            "batches": [one.batch_id for one in ordered],
            "values": [one.value for one in ordered],
            "expected": [one.expected for one in ordered],
        },
    )


async def resolve_findings(session: AsyncSession, *, company_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
    """Say that figures go together again."""
    await session.execute(_RESOLVE, {"company_id": company_id, "ids": ids, "now": now})
