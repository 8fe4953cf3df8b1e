"""Figures that stand at an instant: the last one speaks for the period (MET-3)."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from decimal import Decimal
from itertools import chain

from attain_shared.rules.algebra import Metric, OverShops, RollUpRefused
from attain_shared.rules.interval import Interval
from attain_shared.rules.reading import Reading, Rows
from attain_shared.rules.rounding import settled
from attain_shared.rules.tiling import COARSENESS, Cell, Prefer, tile, within


def read_snapshot(metric: Metric, rows: Rows) -> Reading:
    """The last values of the shops, put together as the metric declares (MET-3)."""
    last = {shop: value for shop in rows.shops if (value := last_value(metric.code, shop, rows)) is not None}
    present, provisional = _days(metric.code, rows)
    coverage = rows.coverage(present=present, provisional=provisional)
    if not last:
        return Reading.of(None, coverage)
    value, is_estimated = over_shops(metric, last, rows.total)
    return Reading.of(Interval.point(value), coverage, estimated=is_estimated)


def last_value(code: str, shop: Hashable, rows: Rows) -> Decimal | None:
    """The value at the latest day of the period; of two rows that end on it, the finer grain's (MET-3)."""
    last = _last_row(code, shop, rows)
    return None if last is None else last.value


def snapshot_rows(metric: Metric, shops: Iterable[Hashable], rows: Rows) -> list[Cell]:
    """The rows that a figure of some shops is read from: their last ones, and those of what weighs them (GOAL-8)."""
    last = {shop: row for shop in shops if (row := _last_row(metric.code, shop, rows)) is not None}
    if len(last) < 2 or metric.over_shops is not OverShops.WEIGHTED_MEAN or metric.over_shops_weight is None:
        return list(last.values())
    weights = (tile(rows.of(metric.over_shops_weight, shop), rows.window, Prefer.FINEST).tiles for shop in last)
    return [*last.values(), *chain.from_iterable(weights)]


def _last_row(code: str, shop: Hashable, rows: Rows) -> Cell | None:
    candidates = within(rows.of(code, shop), rows.window)
    return max(candidates, key=lambda cell: (cell.ends_on, -COARSENESS[cell.grain]), default=None)


def over_shops(
    metric: Metric, values: Mapping[Hashable, Decimal], weight_of: Callable[[str, Hashable], Decimal]
) -> tuple[Decimal, bool]:
    """One value for several shops, and whether it is an estimate for want of weights (MET-3).

    `weight_of` gives a metric's total in a shop, 0 where there is none.

    Raises:
        RollUpRefused: where the metric has no value over several shops.
    """
    if len(values) == 1:
        return next(iter(values.values())), False
    total = sum(values.values(), Decimal(0))
    if metric.over_shops is OverShops.SUM:
        return total, False
    if metric.over_shops is not OverShops.WEIGHTED_MEAN or metric.over_shops_weight is None:
        raise RollUpRefused(f"{metric.code} has no value over several shops")
    weights = {shop: weight_of(metric.over_shops_weight, shop) for shop in values}
    if any(weight <= 0 for weight in weights.values()):
        return settled(total / len(values)), True
    weighted = sum((value * weights[shop] for shop, value in values.items()), Decimal(0))
    return settled(weighted / sum(weights.values())), False


def _days(code: str, rows: Rows) -> tuple[int, int]:
    """The shop-days that have a row, and those of them that have only provisional ones (MET-8)."""
    present = provisional = 0
    for shop in rows.shops:
        days: dict[bool, set[int]] = {True: set(), False: set()}
        for cell in within(rows.of(code, shop), rows.window):
            days[cell.is_provisional].update(cell.ordinals)
        present += len(days[True] | days[False])
        provisional += len(days[True] - days[False])
    return present, provisional
