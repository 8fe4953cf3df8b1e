"""Reading figures out of the facts: by bucket, or in total over a period (MET-3, MET-5, MET-5a)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.metrics import repository
from attain_api.paging import read_cursor, write_cursor
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import FieldError, Invalid, NotFound
from attain_shared.metrics.declarations import load_metrics
from attain_shared.metrics.queries import Series, load_cells
from attain_shared.metrics.schemas import CoverageRead, HistoryRead, MetricTotalRead, MetricValueRead
from attain_shared.rules.aggregation import read
from attain_shared.rules.algebra import Aggregate, Metric, RollUpRefused, check_aggregate, components
from attain_shared.rules.corrections import Finality, Verdict
from attain_shared.rules.periods import Grain, Window, bucket_end, bucket_start, buckets
from attain_shared.rules.reading import Reading
from attain_shared.rules.tiling import Cell

MAX_VALUES = 10_000
"""Values in one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: shops, metrics, days, and as known when."""

    shop_ids: Sequence[UUID]
    window: Window
    dimension: str
    as_of: datetime | None


async def list_values(
    uow: UnitOfWork, *, actor: Actor, question: Question, metrics: Sequence[str], grain: Grain
) -> list[MetricValueRead]:
    """The values of metrics in the buckets that have a day in the window, shop by shop."""
    catalogue = await load_metrics(uow.session, company_id=actor.company_id, as_of=question.as_of)
    declared = [_declared(code, catalogue) for code in metrics]
    starts = list(buckets(question.window, grain))
    if len(starts) * len(declared) * len(question.shop_ids) > MAX_VALUES:
        raise Invalid.field("/query/to", "too-many-values", f"more than {MAX_VALUES} values; ask for less at once")
    await _check_shops(uow, actor=actor, shop_ids=question.shop_ids)
    whole = Window(starts[0], bucket_end(starts[-1], grain))
    cells = await load_cells(
        uow.session,
        company_id=actor.company_id,
        series=_series(question, declared),
        window=whole,
        as_of=question.as_of,
    )
    by_bucket: dict[tuple[UUID, str, date], list[Cell]] = defaultdict(list)
    for (_, shop_id, code), rows in cells.items():
        for cell in rows:
            by_bucket[shop_id, code, bucket_start(cell.bucket, grain)].append(cell)
    return [
        _value(question, catalogue, metric, by_bucket, shop_id=shop_id, grain=grain, bucket=bucket)
        for shop_id in question.shop_ids
        for metric in declared
        for bucket in starts
    ]


async def get_total(
    uow: UnitOfWork, *, actor: Actor, question: Question, metric: str, aggregate: Aggregate | None
) -> MetricTotalRead:
    """One metric over the whole window and all the shops.

    Raises:
        Invalid: with code `roll-up-refused` where the metric's algebra forbids it (MET-3).
    """
    catalogue = await load_metrics(uow.session, company_id=actor.company_id, as_of=question.as_of)
    declared = _declared(metric, catalogue)
    aggregate = aggregate or declared.default_aggregate
    try:
        check_aggregate(declared, aggregate, len(question.shop_ids))
    except RollUpRefused as refusal:
        error = FieldError("/query/aggregate", "roll-up-refused", str(refusal))
        raise Invalid(str(refusal), errors=[error], code="roll-up-refused") from None
    await _check_shops(uow, actor=actor, shop_ids=question.shop_ids)
    cells = await load_cells(
        uow.session,
        company_id=actor.company_id,
        series=_series(question, [declared]),
        window=question.window,
        as_of=question.as_of,
    )
    rows = (cell for series in cells.values() for cell in series)
    reading = read(declared, catalogue, rows, question.window, question.shop_ids, aggregate)
    return MetricTotalRead(
        shop_ids=list(question.shop_ids),
        metric=metric,
        dimension=question.dimension,
        from_=question.window.starts_on,
        to=question.window.ends_on,
        aggregate=aggregate,
        **_figure(reading),
    )


async def list_history(
    uow: UnitOfWork, *, actor: Actor, key: repository.HistoryKey, cursor: str | None, limit: int
) -> tuple[list[HistoryRead], str | None]:
    """A part of the rows ever received for a key, and the cursor to the next (MET-7)."""
    _declared(key.metric, await load_metrics(uow.session, company_id=actor.company_id))
    await _check_shops(uow, actor=actor, shop_ids=[key.shop_id])
    after = (UUID(int=0), -1)
    if cursor is not None:
        index, batch_id = read_cursor(cursor, sort="batch", kind=int)
        after = (batch_id, index)
    rows = await repository.list_history(
        uow.session, company_id=actor.company_id, key=key, after=after, limit=limit + 1
    )
    shown = [_history(row) for row in rows[:limit]]
    more = write_cursor("batch", shown[-1].index, shown[-1].batch_id) if len(rows) > limit else None
    return shown, more


def _history(row: repository.HistoryRow) -> HistoryRead:
    return HistoryRead(
        value=row.value,
        finality=Finality.FINAL if row.is_final else Finality.REALTIME,
        through=row.through,
        observed_at=row.observed_at,
        received_at=row.received_at,
        batch_id=row.batch_id,
        index=row.row_index,
        verdict=Verdict(row.verdict),
    )


def _declared(code: str, catalogue: Mapping[str, Metric]) -> Metric:
    if code not in catalogue:
        raise Invalid.field("/query/metric", "unknown-metric", f"no metric {code} in the catalogue")
    return catalogue[code]


async def _check_shops(uow: UnitOfWork, *, actor: Actor, shop_ids: Sequence[UUID]) -> None:
    wanted = set(shop_ids)
    if await repository.find_shop_ids(uow.session, visible_to=actor, shop_ids=sorted(wanted)) != wanted:
        raise NotFound("no such shop")


def _series(question: Question, metrics: Iterable[Metric]) -> Iterable[Series]:
    return (
        Series(shop_id, code, question.dimension)
        for metric in metrics
        for code in components(metric)
        for shop_id in question.shop_ids
    )


def _value(
    question: Question,
    catalogue: Mapping[str, Metric],
    metric: Metric,
    by_bucket: Mapping[tuple[UUID, str, date], Sequence[Cell]],
    *,
    shop_id: UUID,
    grain: Grain,
    bucket: date,
) -> MetricValueRead:
    window = Window(bucket, bucket_end(bucket, grain))
    rows = [cell for code in components(metric) for cell in by_bucket.get((shop_id, code, bucket), ())]
    reading = read(metric, catalogue, rows, window, [shop_id], metric.default_aggregate)
    return MetricValueRead(
        shop_id=shop_id,
        metric=metric.code,
        bucket=bucket,
        grain=grain,
        dimension=question.dimension,
        **_figure(reading),
    )


def _figure(reading: Reading) -> dict[str, object]:
    return {
        "value": reading.value,
        "low": reading.low,
        "high": reading.high,
        "exact": reading.exact,
        "estimated": reading.estimated,
        "estimate": reading.estimate,
        "coverage": CoverageRead.model_validate(reading.coverage),
    }
