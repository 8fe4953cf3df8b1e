"""One figure for a metric over a period and some shops, never one its algebra forbids (MET-3, MET-5, MET-5a)."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from attain_shared.rules.algebra import Aggregate, Algebra, Metric, check_aggregate
from attain_shared.rules.interval import Interval
from attain_shared.rules.periods import Window
from attain_shared.rules.ratios import read_deduplicated, read_pooled
from attain_shared.rules.reading import Coverage, Reading, Rows
from attain_shared.rules.rounding import settled
from attain_shared.rules.snapshots import read_snapshot
from attain_shared.rules.tiling import Cell, Prefer

__all__ = ["Coverage", "DaySums", "Reading", "mean_of_days", "read"]


def read(
    metric: Metric,
    catalogue: Mapping[str, Metric],
    cells: Iterable[Cell],
    window: Window,
    shops: Iterable[Hashable],
    aggregate: Aggregate,
) -> Reading:
    """The figure of a metric over a window and some shops, out of the present rows (MET-3..MET-6, MET-8).

    `cells` are the present rows of `components(metric)`, of one dimension, in any order; rows of other shops and rows
    that reach out of the window are left aside.

    Raises:
        RollUpRefused: where the metric's algebra forbids the roll-up.
    """
    rows = Rows.sorted_out(cells, window, shops)
    check_aggregate(metric, aggregate, len(rows.shops))
    if aggregate is Aggregate.DAILY_MEAN:
        return _daily_mean(metric, rows)
    if aggregate is Aggregate.DAILY_POOLED:
        return read_pooled(metric, rows)
    if metric.algebra is Algebra.RATIO:
        return read_deduplicated(metric, catalogue, rows)
    if metric.algebra is Algebra.SNAPSHOT:
        return read_snapshot(metric, rows)
    return _counted(metric, rows)


def _counted(metric: Metric, rows: Rows) -> Reading:
    """What adds up, summed (MET-3), and what does not, within its bounds (MET-5)."""
    is_additive = metric.algebra is Algebra.ADDITIVE
    tilings = rows.tilings(metric.code, Prefer.FINEST if is_additive else Prefer.COARSEST)
    parts = [cell.value for tiling in tilings for cell in tiling.tiles]
    return Reading.of(_together(metric.algebra, parts) if parts else None, rows.coverage_of(tilings))


class DaySums(NamedTuple):
    """The figures of the days of a period added up; of a distinct metric each day's is between `low` and `high`."""

    days: int
    """Days on which some shop has a row."""
    present: int
    provisional: int
    """Shop-days with a row, and with a provisional one."""
    low: Decimal
    high: Decimal


def mean_of_days(sums: DaySums, *, shop_days: int) -> Reading:
    """The sum of the day values over the days on which a shop has a row (MET-5a)."""
    coverage = Coverage(shop_days, sums.present, sums.provisional)
    if not sums.days:
        return Reading.of(None, coverage)
    return Reading.of(Interval(settled(sums.low / sums.days), settled(sums.high / sums.days)), coverage)


def _daily_mean(metric: Metric, rows: Rows) -> Reading:
    values: dict[date, list[Decimal]] = defaultdict(list)
    present = provisional = 0
    for shop in rows.shops:
        for day, cell in rows.by_day(metric.code, shop).items():
            values[day].append(cell.value)
            present += 1
            provisional += cell.is_provisional
    by_day = [_together(metric.algebra, parts) for parts in values.values()]
    low, high = (sum(ends, Decimal(0)) for ends in ([one.low for one in by_day], [one.high for one in by_day]))
    sums = DaySums(len(by_day), present, provisional, low, high)
    return mean_of_days(sums, shop_days=rows.window.days * len(rows.shops))


def _together(algebra: Algebra, parts: list[Decimal]) -> Interval:
    if algebra is Algebra.DISTINCT:
        return Interval.of_parts(parts)
    return Interval.point(sum(parts, Decimal(0)))
