"""What `aggregation.read` would answer, told from months summed up instead of their rows (MET-3, MET-5, MET-5a)."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import NamedTuple

from attain_shared.rules.algebra import Aggregate, Algebra, Metric, check_aggregate, part_codes
from attain_shared.rules.interval import Interval, spanning
from attain_shared.rules.months import Cover, NotEnough, Row, Series
from attain_shared.rules.periods import Window
from attain_shared.rules.ratios import quotient_of, reported_wins
from attain_shared.rules.reading import Coverage, Reading
from attain_shared.rules.rounding import settled
from attain_shared.rules.snapshots import over_shops
from attain_shared.rules.tiling import Prefer

_ZERO = Decimal(0)

SeriesOf = Callable[[str, Hashable], Series]
"""By metric and shop the series in a window; `NotEnough` where it cannot be told."""


def read_months(
    metric: Metric,
    catalogue: Mapping[str, Metric],
    series: SeriesOf,
    window: Window,
    shops: Iterable[Hashable],
    aggregate: Aggregate,
) -> Reading | None:
    """Exactly what `read` would answer; none where the months do not tell, and the rows have to be read.

    `series` are those of `components(metric)` in the window, by metric and shop: their day rows summed up by month, and
    their present rows of weeks, months and quarters (`Series.within`).

    Raises:
        RollUpRefused: where the metric's algebra forbids the roll-up.
    """
    rollup = _Rollup(window, tuple(dict.fromkeys(shops)), series)
    check_aggregate(metric, aggregate, len(rollup.shops))
    try:
        if aggregate is Aggregate.DAILY_MEAN:
            return _daily_mean(metric, rollup)
        if aggregate is Aggregate.DAILY_POOLED:
            return _pooled(metric, rollup)
        if metric.algebra is Algebra.RATIO:
            return _ratio(metric, catalogue, rollup)
        if metric.algebra is Algebra.SNAPSHOT:
            return _snapshot(metric, rollup)
        return _counted(metric, rollup)
    except NotEnough:
        return None


class _Rollup(NamedTuple):
    """What a reading is made of, as `Rows` is of rows."""

    window: Window
    shops: tuple[Hashable, ...]
    of: SeriesOf

    def total(self, code: str, shop: Hashable) -> Decimal:
        """The sum of what adds up in a shop, complete days before coarser rows (MET-5a); 0 without rows."""
        series = self.of(code, shop)
        return sum((total for total, _ in series.amounts(series.cover(Prefer.FINEST))), _ZERO)

    def coverage(self, *, present: int, provisional: int) -> Coverage:
        """The coverage of a figure that speaks for so many shop-days (MET-8)."""
        return Coverage(self.window.days * len(self.shops), present, provisional)


def _counted(metric: Metric, rollup: _Rollup) -> Reading:
    prefer = _prefer(metric)
    amounts: list[tuple[Decimal, Decimal]] = []
    present = provisional = 0
    for shop in rollup.shops:
        series = rollup.of(metric.code, shop)
        cover = series.cover(prefer)
        if cover.days:
            amounts.append(series.amount(prefer))
            present += cover.days.bit_count()
            provisional += cover.provisional.bit_count()
    coverage = rollup.coverage(present=present, provisional=provisional)
    return Reading.of(_figure(metric, amounts) if amounts else None, coverage)


def _daily_mean(metric: Metric, rollup: _Rollup) -> Reading:
    every = [rollup.of(metric.code, shop) for shop in rollup.shops]
    days = reduce(or_, (series.days for series in every), 0)
    present = sum(series.days.bit_count() for series in every)
    coverage = rollup.coverage(present=present, provisional=sum(one.provisional.bit_count() for one in every))
    if not days:
        return Reading.of(None, coverage)
    if metric.algebra is Algebra.DISTINCT and present > days.bit_count():
        raise NotEnough  # who was counted in two shops on one day bounds that day alone
    total = sum((series.total() for series in every), _ZERO)
    return Reading.of(Interval.point(settled(total / days.bit_count())), coverage)


def _snapshot(metric: Metric, rollup: _Rollup) -> Reading:
    last: dict[Hashable, Decimal] = {}
    present = provisional = 0
    for shop in rollup.shops:
        series = rollup.of(metric.code, shop)
        value = series.last
        if value is not None:
            last[shop] = value
            days = reduce(or_, (row.days for row in series.rows), series.days)
            final = reduce(or_, (row.days & ~row.provisional for row in series.rows), series.days & ~series.provisional)
            present += days.bit_count()
            provisional += (days & ~final).bit_count()
    coverage = rollup.coverage(present=present, provisional=provisional)
    if not last:
        return Reading.of(None, coverage)
    figure, is_estimated = over_shops(metric, last, rollup.total)
    return Reading.of(Interval.point(figure), coverage, estimated=is_estimated)


def _pooled(metric: Metric, rollup: _Rollup) -> Reading:
    if not metric.numerator or not metric.denominator:
        raise NotEnough
    sums: dict[str, Decimal] = dict.fromkeys(part_codes(metric), _ZERO)
    present = provisional = 0
    for shop in rollup.shops:
        parts = {code: rollup.of(code, shop) for code in sums}
        common = reduce(and_, (part.days for part in parts.values()))
        in_part = reduce(or_, (part.days for part in parts.values())) & ~common
        if in_part & rollup.of(metric.code, shop).days:
            raise NotEnough  # a reported ratio makes a numerator of the day's denominator
        for code, part in parts.items():
            sums[code] += part.total(common)
        present += common.bit_count()
        provisional += (common & reduce(or_, (part.provisional for part in parts.values()))).bit_count()
    if not present:
        return _mean_as_reported(metric, rollup)
    figures = {code: Interval.point(value) for code, value in sums.items()}
    return quotient_of(metric, figures, rollup.coverage(present=present, provisional=provisional))


def _mean_as_reported(metric: Metric, rollup: _Rollup) -> Reading:
    """The mean of the days' ratios, for want of denominators an estimate (MET-6)."""
    every = [rollup.of(metric.code, shop) for shop in rollup.shops]
    present = sum(series.days.bit_count() for series in every)
    coverage = rollup.coverage(present=present, provisional=sum(one.provisional.bit_count() for one in every))
    if not present:
        return Reading.of(None, coverage)
    total = sum((series.total() for series in every), _ZERO)
    return Reading.of(Interval.point(settled(total / present)), coverage, estimated=True)


def _ratio(metric: Metric, catalogue: Mapping[str, Metric], rollup: _Rollup) -> Reading:
    """In the order of MET-5a; a ratio of its own shorter rows takes the rows themselves."""
    parts = _parts_of(metric, catalogue, rollup)
    own = _own_row(metric, rollup)
    if own is not None:
        days = own.days.bit_count()
        if parts is None or reported_wins(days, parts.coverage.present, are_period_rows=parts.are_period_rows):
            coverage = rollup.coverage(present=days, provisional=own.provisional.bit_count())
            return Reading.of(Interval.point(own.cell.value), coverage)
    if parts is not None:
        return _of_parts(metric, catalogue, parts, rollup)
    every = (rollup.of(metric.code, shop) for shop in rollup.shops)
    if any(series.days or series.rows for series in every):
        raise NotEnough
    return Reading.of(None, rollup.coverage(present=0, provisional=0))


def _own_row(metric: Metric, rollup: _Rollup) -> Row | None:
    """The ratio's own row of the period, or of its days so far; only one shop can have one (MET-5a)."""
    if len(rollup.shops) != 1:
        return None
    cover = rollup.of(metric.code, rollup.shops[0]).cover(Prefer.COARSEST)
    # A first day's row that says `through` is one as well, but there are no parts of fewer days for it to go before.
    if cover.tiles != 1 or cover.by_day:
        return None
    row = cover.rows[0]
    ends = row.cell.through is not None or row.cell.ends_on == rollup.window.ends_on
    return row if ends and row.starts == 0 else None


class _Parts(NamedTuple):
    """The parts of a ratio over the days that all of its counted parts have, shop by shop (MET-5a)."""

    series: Mapping[Hashable, Mapping[str, Series]]
    covers: Mapping[Hashable, Mapping[str, Cover]]
    allowed: Mapping[Hashable, int]
    """The days that the covers are out of."""
    coverage: Coverage

    @property
    def are_period_rows(self) -> bool:
        """Whether a single shop's single row speaks for each part: the quotient is exact (MET-5a)."""
        return len(self.covers) == 1 and all(
            cover.tiles == 1 for by_code in self.covers.values() for cover in by_code.values()
        )


def _parts_of(metric: Metric, catalogue: Mapping[str, Metric], rollup: _Rollup) -> _Parts | None:
    if not metric.numerator or not metric.denominator:
        return None
    codes = part_codes(metric)
    standing = [code for code in codes if catalogue[code].algebra is Algebra.SNAPSHOT]
    prefers = {code: _prefer(catalogue[code]) for code in codes if code not in standing or len(standing) == len(codes)}
    with_parts: dict[Hashable, Mapping[str, Series]] = {}
    covers: dict[Hashable, Mapping[str, Cover]] = {}
    allowed: dict[Hashable, int] = {}
    present = provisional = 0
    for shop in rollup.shops:
        series = {code: rollup.of(code, shop) for code in codes}
        has_standing = all(series[code].last is not None for code in standing)
        aligned, of_days = _align(series, prefers) if has_standing else ({}, 0)
        if aligned:
            with_parts[shop], covers[shop], allowed[shop] = series, aligned, of_days
            present += next(iter(aligned.values())).days.bit_count()
            provisional += reduce(or_, (cover.provisional for cover in aligned.values())).bit_count()
    coverage = rollup.coverage(present=present, provisional=provisional)
    return _Parts(with_parts, covers, allowed, coverage) if covers else None


def _align(series: Mapping[str, Series], prefers: Mapping[str, Prefer]) -> tuple[dict[str, Cover], int]:
    """A cover of each part over the same days, and the days it is out of; none without a day in common (MET-5a)."""
    allowed = -1
    while True:
        covers = {code: series[code].cover(prefer, allowed) for code, prefer in prefers.items()}
        common = reduce(and_, (cover.days for cover in covers.values()))
        if not common:
            return {}, 0
        if all(cover.days == common for cover in covers.values()):
            return covers, allowed
        allowed = common


def _of_parts(metric: Metric, catalogue: Mapping[str, Metric], parts: _Parts, rollup: _Rollup) -> Reading:
    figures: dict[str, Interval] = {}
    is_estimated = False
    for code in part_codes(metric):
        declared = catalogue[code]
        if declared.algebra is Algebra.SNAPSHOT:
            last = {shop: value for shop, by_code in parts.series.items() if (value := by_code[code].last) is not None}
            value, lacks_weights = over_shops(declared, last, rollup.total)
            figures[code], is_estimated = Interval.point(value), is_estimated or lacks_weights
        else:
            prefer = _prefer(declared)
            amounts = [parts.series[shop][code].amount(prefer, parts.allowed[shop]) for shop in parts.covers]
            figures[code] = _figure(declared, amounts)
    return quotient_of(metric, figures, parts.coverage, estimated=is_estimated)


def _figure(metric: Metric, amounts: Sequence[tuple[Decimal, Decimal]]) -> Interval:
    """Sums and largest values put together: what adds up, summed; what does not, within its bounds (MET-3, MET-5)."""
    total = sum((total for total, _ in amounts), _ZERO)
    if metric.algebra is Algebra.DISTINCT:
        return spanning(max(largest for _, largest in amounts), total)
    return Interval.point(total)


def _prefer(metric: Metric) -> Prefer:
    return Prefer.FINEST if metric.algebra is Algebra.ADDITIVE else Prefer.COARSEST
