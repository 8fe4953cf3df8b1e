"""The statements that make facts of a claim.

Every multi-row write is distinct and sorted by its key: unsorted writers deadlock. Rows are sent as a few arrays of small things; what they share (series, stamps) is sent once and joined by its number.
Sending and parsing every column of every row took twice the time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.db.partitions import month_of
from attain_shared.metrics.queries import EVERY_COLUMN
from attain_shared.rules.corrections import Finality, Version
from attain_shared.rules.periods import Grain, bucket_end
from attain_worker.facts.claim import Claim, Series

_SERIES = """
    unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]), CAST(:grains AS text[]))
    WITH ORDINALITY AS series (shop_id, metric, dimension, grain, number)
"""

_ROWS = f"""
    unnest(CAST(:series AS integer[]), CAST(:buckets AS date[]), CAST(:values AS text[]), CAST(:row_stamps AS integer[]),
           CAST(:indexes AS integer[]), CAST(:verdicts AS text[]))
         AS row (series, bucket, value, stamp, row_index, verdict)
    JOIN {_SERIES} ON series.number = row.series
    JOIN unnest(CAST(:batches AS uuid[]), CAST(:received AS timestamptz[]), CAST(:finals AS boolean[]),
                CAST(:throughs AS date[]), CAST(:observed AS timestamptz[]))
         WITH ORDINALITY AS stamp (batch_id, received_at, is_final, through, observed_at, number) ON stamp.number = row.stamp
"""

_SELECT_ROWS = f"""
    SELECT :company_id, series.shop_id, series.metric, series.dimension, series.grain, row.bucket,
           CAST(row.value AS numeric), stamp.is_final, stamp.through, stamp.observed_at, stamp.batch_id,
           stamp.received_at, row.row_index, row.verdict
    FROM {_ROWS} ORDER BY row.series, row.bucket
"""  # nosec B608 # noqa: S608 - composed of this module's own constants

# Series by series a range of buckets, within one month: so that there is one partition to look into, known beforehand.
# Row by row, over all partitions, it took ten times as long; and left to the planner, a thousand times at worst.
_STANDING = f"""
    unnest(CAST(:ranks AS integer[]), CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS range (series, first, last)
    JOIN {_SERIES} ON series.number = range.series
    CROSS JOIN LATERAL (
        SELECT {EVERY_COLUMN} FROM observations
        WHERE company_id = :company_id AND shop_id = series.shop_id AND metric = series.metric
          AND dimension = series.dimension AND grain = series.grain AND bucket BETWEEN range.first AND range.last
          AND bucket BETWEEN :month AND :month_end
        OFFSET 0
    ) AS o
"""  # nosec B608 # noqa: S608 - composed of this module's own constants

_PRESENT = text(f"SELECT range.series, o.bucket, o.value, o.is_final, o.through, o.observed_at FROM {_STANDING}")  # nosec B608 # noqa: S608 - as above

_MOVE = text(f"""
    INSERT INTO observation_history ({EVERY_COLUMN})
    SELECT o.* FROM {_STANDING}
    JOIN unnest(CAST(:series AS integer[]), CAST(:buckets AS date[])) AS row (series, bucket)
         ON row.series = range.series AND row.bucket = o.bucket
    WHERE o.row_index IS NOT NULL ORDER BY range.series, o.bucket
""")  # nosec B608 # noqa: S608 - as above

_ADD = text(f"INSERT INTO observations ({EVERY_COLUMN}) {_SELECT_ROWS}")

_PASS = text(f"INSERT INTO observation_history ({EVERY_COLUMN}) {_SELECT_ROWS}")

_REPLACE = text(f"""
    INSERT INTO observations ({EVERY_COLUMN}) {_SELECT_ROWS}
    ON CONFLICT (company_id, shop_id, metric, dimension, grain, bucket) DO UPDATE
    SET value = excluded.value, is_final = excluded.is_final, through = excluded.through,
        observed_at = excluded.observed_at, batch_id = excluded.batch_id, received_at = excluded.received_at,
        row_index = excluded.row_index, verdict = excluded.verdict
""")  # nosec B608 # noqa: S608 - as above

_OF_SPANS = """
    SELECT DISTINCT source.goal_id
    FROM unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]),
                CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS changed (shop_id, metric, dimension, first, last)
    JOIN indicator_sources source ON source.company_id = :company_id AND source.shop_id = changed.shop_id
         AND source.metric = changed.metric AND source.dimension = changed.dimension
         AND source.starts_on <= changed.last AND source.ends_on >= changed.first
"""

_AFFECTED = text(_OF_SPANS)

_AFFECTED_UNSEEN = text(f"""{_OF_SPANS}
    JOIN goal_marks mark ON mark.company_id = :company_id AND mark.goal_id = source.goal_id
         AND mark.first_batch_id > :earliest
""")

_MARK_CHECKS = text("""
    INSERT INTO shop_checks (company_id, shop_id, month, generation, marked_at)
    SELECT :company_id, shop_id, month, nextval('mark_generation'), clock_timestamp()
    FROM unnest(CAST(:shops AS uuid[]), CAST(:months AS date[])) AS wanted (shop_id, month)
    ON CONFLICT (company_id, shop_id, month) DO UPDATE SET generation = excluded.generation
""")

_NOTE_DELIVERIES = text("""
    INSERT INTO connector_deliveries AS known (company_id, connector_id, shop_id, latest_day, received_at)
    SELECT :company_id, connector_id, shop_id, latest_day, :now
    FROM unnest(CAST(:connectors AS uuid[]), CAST(:shops AS uuid[]), CAST(:days AS date[]))
         AS brought (connector_id, shop_id, latest_day)
    ON CONFLICT (company_id, connector_id, shop_id) DO UPDATE
    SET latest_day = excluded.latest_day, received_at = excluded.received_at
    WHERE known.latest_day < excluded.latest_day
""")

_SHOPS = text("""
    SELECT platform || ':' || external_id AS name, id FROM shops
    WHERE company_id = :company_id
      AND (platform, external_id) IN (SELECT * FROM unnest(CAST(:platforms AS text[]), CAST(:external_ids AS text[])))
""")

_SCOPES = text("SELECT id, shop_ids FROM connectors WHERE company_id = :company_id AND id = ANY(:ids)")


class Span(NamedTuple):
    """The days that changes of one shop's metric in one dimension touch."""

    shop_id: UUID
    metric: str
    dimension: str
    first: date
    last: date


async def find_shops(session: AsyncSession, *, company_id: UUID, names: Iterable[str]) -> dict[str, UUID]:
    """The shops that these `platform:external_id` name."""
    parts = [name.partition(":") for name in sorted(names)]
    rows = await session.execute(
        _SHOPS,
        {
            "company_id": company_id,
            "platforms": [platform for platform, _, _ in parts],
            "external_ids": [external_id for _, _, external_id in parts],
        },
    )
    return {row.name: row.id for row in rows}


async def find_scopes(
    session: AsyncSession, *, company_id: UUID, connector_ids: Iterable[UUID]
) -> dict[UUID, frozenset[UUID]]:
    """The shops each connector may push."""
    rows = await session.execute(_SCOPES, {"company_id": company_id, "ids": sorted(connector_ids)})
    return {row.id: frozenset(row.shop_ids) for row in rows}


class FactWriter:
    """Reads and writes the facts that one claim is about."""

    def __init__(self, session: AsyncSession, company_id: UUID, claim: Claim, ordered: Sequence[int]) -> None:
        """`ordered` is the first row of every key, in the order of the facts' key."""
        self._session, self._company_id, self._claim = session, company_id, claim
        self._ordered = ordered
        # numbered in the order of the key: what is sorted by number is sorted by key
        ranked = list(dict.fromkeys(claim.rows[number].series for number in ordered))
        self._rank = {number: rank for rank, number in enumerate(ranked, start=1)}
        self._ranked = ranked
        self._shared = {"company_id": company_id} | _series_columns([claim.series[number] for number in ranked])
        self._stamps = _stamp_columns(claim)

    async def load_present(self) -> dict[int, Version]:
        """What stands now, by the first row of its key."""
        claim, present = self._claim, {}
        for ranges in _ranges_by_month(self._sorted_keys(self._ordered)):
            found = (await self._session.execute(_PRESENT, self._shared | ranges)).all()
            for rank, bucket, value, is_final, through, observed_at in found:
                series = self._ranked[rank - 1]
                number = claim.first[series].get(bucket)
                if number is not None:
                    finality = Finality.FINAL if is_final else Finality.REALTIME
                    last = through or bucket_end(bucket, claim.series[series].grain)
                    present[number] = Version(finality.rank, last, observed_at, value)
        return present

    def _sorted_keys(self, numbers: Sequence[int]) -> list[tuple[int, date]]:
        rows, rank = self._claim.rows, self._rank
        return [(rank[rows[number].series], rows[number].bucket) for number in numbers]

    async def add(self, numbers: Sequence[int], verdicts: Mapping[int, str]) -> None:
        """Store rows of keys that had none: nobody else can have, as the shops are locked."""
        await self._write(_ADD, numbers, verdicts)

    async def replace(self, numbers: Sequence[int], verdicts: Mapping[int, str]) -> None:
        """Store rows in place of those that stood, which are history from here on (MET-7)."""
        for ranges in _ranges_by_month(self._sorted_keys(numbers)):
            await self._session.execute(_MOVE, self._shared | ranges)
        await self._write(_REPLACE, numbers, verdicts)

    async def keep_passed(self, rows: Sequence[tuple[int, str]]) -> None:
        """Keep the rows that do not stand: every row received stays in the history (MET-7)."""
        await self._write(_PASS, [number for number, _ in rows], dict(rows))

    async def _write(self, statement: Any, numbers: Sequence[int], verdicts: Mapping[int, str]) -> None:  # noqa: ANN401
        if not numbers:
            return
        rows = [self._claim.rows[number] for number in numbers]
        await self._session.execute(
            statement,
            self._shared
            | self._stamps
            | {
                "series": [self._rank[row.series] for row in rows],
                "buckets": [row.bucket for row in rows],
                "values": [row.value for row in rows],
                "row_stamps": [row.stamp + 1 for row in rows],
                "indexes": [row.row_index for row in rows],
                "verdicts": [verdicts.get(number, "accepted") for number in numbers],
            },
        )


def _ranges_by_month(keys: Iterable[tuple[int, date]]) -> list[dict[str, Any]]:
    """Of each month its keys, and the first and the last bucket of each series; `keys` are sorted."""
    months: dict[date, list[tuple[int, date]]] = {}
    by_bucket: dict[date, list[tuple[int, date]]] = {}
    for key in keys:
        of_month = by_bucket.get(key[1])
        if of_month is None:
            of_month = by_bucket[key[1]] = months.setdefault(month_of(key[1]), [])
        of_month.append(key)
    return [_month_columns(month, months[month]) for month in sorted(months)]


def _month_columns(month: date, keys: Sequence[tuple[int, date]]) -> dict[str, Any]:
    firsts = dict(reversed(keys))
    lasts = dict(keys)
    return {
        "month": month,
        "month_end": bucket_end(month, Grain.MONTH),
        "series": [rank for rank, _ in keys],
        "buckets": [bucket for _, bucket in keys],
        "ranks": list(lasts),
        "firsts": [firsts[rank] for rank in lasts],
        "lasts": list(lasts.values()),
    }


def _series_columns(series: Sequence[Series]) -> dict[str, Any]:
    return {
        "shops": [one.shop_id for one in series],
        "metrics": [one.metric for one in series],
        "dimensions": [one.dimension for one in series],
        "grains": [one.grain.value for one in series],
    }


def _stamp_columns(claim: Claim) -> dict[str, Any]:
    batches = [claim.batches[stamp.batch] for stamp in claim.stamps]
    return {
        "batches": [batch.id for batch in batches],
        "received": [batch.received_at for batch in batches],
        "finals": [stamp.finality is Finality.FINAL for stamp in claim.stamps],
        "throughs": [stamp.through for stamp in claim.stamps],
        "observed": [stamp.observed_at for stamp in claim.stamps],
    }


async def find_affected_goals(
    session: AsyncSession, *, company_id: UUID, changed: Sequence[Span], kept: Sequence[Span], earliest: UUID
) -> set[UUID]:
    """The goals that are measured by what changed, in a window that the change touches.

    Also those measured by what was kept, where it came with a later batch that their attainment does not show yet:
    so it does not show the batch that lost against it.
    """
    goal_ids: set[UUID] = set()
    for statement, spans in ((_AFFECTED, changed), (_AFFECTED_UNSEEN, kept)):
        if spans:
            columns = dict(
                zip(("shops", "metrics", "dimensions", "firsts", "lasts"), zip(*spans, strict=True), strict=True)
            )
            parameters = {name: list(column) for name, column in columns.items()}
            if statement is _AFFECTED_UNSEEN:
                parameters["earliest"] = earliest  # type: ignore[assignment]
            goal_ids.update(await session.scalars(statement, {"company_id": company_id} | parameters))
    return goal_ids


async def mark_checks(session: AsyncSession, *, company_id: UUID, months: Iterable[tuple[UUID, date]]) -> None:
    """Mark months of shops to be cross-checked (MET-9)."""
    ordered = sorted(months)
    await session.execute(
        _MARK_CHECKS,
        {
            "company_id": company_id,
            "shops": [shop_id for shop_id, _ in ordered],
            "months": [month for _, month in ordered],
        },
    )


async def note_deliveries(
    session: AsyncSession, *, company_id: UUID, days: Mapping[tuple[UUID, UUID], date], now: datetime
) -> None:
    """Note the last day that each connector has brought of each shop (MET-8)."""
    ordered = sorted(days)
    await session.execute(
        _NOTE_DELIVERIES,
        {
            "company_id": company_id,
            "connectors": [connector_id for connector_id, _ in ordered],
            "shops": [shop_id for _, shop_id in ordered],
            "days": [days[pair] for pair in ordered],
            "now": now,
        },
    )
