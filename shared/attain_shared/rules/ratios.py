"""Ratios over a period: of their parts where they add up, as reported where they do not (MET-3, MET-5a, MET-6)."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from attain_shared.rules.algebra import Algebra, Expression, Metric, part_codes
from attain_shared.rules.interval import Interval
from attain_shared.rules.parts import Parts, parts_of
from attain_shared.rules.reading import Coverage, Reading, Rows
from attain_shared.rules.rounding import settled
from attain_shared.rules.snapshots import over_shops, snapshot_rows
from attain_shared.rules.tiling import Cell, Prefer, Tiling

_ZERO = Decimal(0)


def read_deduplicated(metric: Metric, catalogue: Mapping[str, Metric], rows: Rows) -> Reading:
    """A ratio of the whole period, in the order of MET-5a: period rows, as reported, summed parts, interval."""
    parts = parts_of(metric, catalogue, rows)
    own = _own_row(metric, rows)
    if own is not None and (parts is None or _reported_wins(own, parts)):
        return Reading.of(Interval.point(own.tiles[0].value), rows.coverage_of([own]))
    if parts is not None:
        return _of_parts(metric, catalogue, parts, rows)
    return _of_reported(metric, catalogue, rows)


def read_pooled(metric: Metric, rows: Rows) -> Reading:
    """Σ of the days' numerators / Σ of the days' denominators (MET-5a).

    A day whose ratio was pushed with its denominator alone gives their product for the numerator. Only where no day
    has a denominator are the reported ratios averaged, as an estimate (MET-6).
    """
    return _pool(_weigh_days(metric, rows), rows)


def pooled_rows(metric: Metric, rows: Rows) -> list[Cell]:
    """The rows that `read_pooled` reads (GOAL-8)."""
    return [cell for one in _used(_weigh_days(metric, rows)) for cell in one.cells]


def deduplicated_rows(metric: Metric, catalogue: Mapping[str, Metric], rows: Rows) -> list[Cell]:
    """The rows that `read_deduplicated` reads (GOAL-8)."""
    parts = parts_of(metric, catalogue, rows)
    own = _own_row(metric, rows)
    if own is not None and (parts is None or _reported_wins(own, parts)):
        return list(own.tiles)
    if parts is None:
        return [cell for one in _used(_weigh_reported(metric, rows)) for cell in one.cells]
    standing = dict.fromkeys(code for by_code in parts.snapshots.values() for code in by_code)
    return [
        *(cell for by_code in parts.tilings.values() for tiling in by_code.values() for cell in tiling.tiles),
        *(cell for code in standing for cell in snapshot_rows(catalogue[code], parts.snapshots, rows)),
    ]


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A ratio's numerator and denominator over some days; only the ratio where no denominator was pushed (MET-6)."""

    amount: Decimal
    weight: Decimal | None
    days: int
    is_provisional: bool
    cells: tuple[Cell, ...]
    """What they were read from."""


def _weigh_days(metric: Metric, rows: Rows) -> list[_Weighed]:
    pooled = []
    for shop in rows.shops:
        by_code = {code: rows.by_day(code, shop) for code in part_codes(metric)}
        own = rows.by_day(metric.code, shop)
        days = {day: None for of_code in (own, *by_code.values()) for day in of_code}
        for day in days:
            on_day = {code: cells[day] for code, cells in by_code.items() if day in cells}
            weighed = _weigh_day(metric, on_day, own.get(day))
            if weighed is not None:
                pooled.append(weighed)
    return pooled


def _weigh_day(metric: Metric, parts: Mapping[str, Cell], own: Cell | None) -> _Weighed | None:
    values = {code: cell.value for code, cell in parts.items()}
    numerator, denominator = _sum(metric.numerator, values), _sum(metric.denominator, values)
    if numerator is not None and denominator is not None:
        cells = tuple(parts.values())
        return _Weighed(numerator, denominator, 1, any(cell.is_provisional for cell in cells), cells)
    return _weigh_own(metric, own, parts) if own is not None else None


def _weigh_own(metric: Metric, own: Cell, parts: Mapping[str, Cell]) -> _Weighed:
    denominator = _sum(metric.denominator, {code: cell.value for code, cell in parts.items()})
    if denominator is None:
        return _Weighed(own.value, None, own.days, own.is_provisional, (own,))
    weighing = tuple(parts[code] for code in dict.fromkeys(code for _, code in metric.denominator))
    return _Weighed(own.value * denominator, denominator, own.days, own.is_provisional, (own, *weighing))


def _pool(weighed: Iterable[_Weighed], rows: Rows, *, is_exact: bool = True) -> Reading:
    """Weighted by the denominators where any was pushed, else the plain mean (MET-6)."""
    used = _used(weighed)
    weights = [one.weight for one in used if one.weight is not None]
    coverage = rows.coverage(
        present=sum(one.days for one in used), provisional=sum(one.days for one in used if one.is_provisional)
    )
    amount = Interval.point(sum((one.amount for one in used), _ZERO))
    divisor = Interval.point(sum(weights, _ZERO) if weights else Decimal(len(used)))
    return Reading.of(_quotient(amount, divisor), coverage, estimated=not (is_exact and weights))


def _used(weighed: Iterable[_Weighed]) -> list[_Weighed]:
    """Those with a weight, where there are any (MET-6)."""
    pool = list(weighed)
    return [one for one in pool if one.weight is not None] or pool


def _of_reported(metric: Metric, catalogue: Mapping[str, Metric], rows: Rows) -> Reading:
    """The ratio's own shorter rows, weighted by the denominators of the same days (MET-6)."""
    adds_up = all(catalogue[code].algebra is Algebra.ADDITIVE for _, code in metric.denominator)
    return _pool(_weigh_reported(metric, rows), rows, is_exact=adds_up)


def _weigh_reported(metric: Metric, rows: Rows) -> list[_Weighed]:
    weighed = []
    for shop, tiling in zip(rows.shops, rows.tilings(metric.code, Prefer.COARSEST), strict=True):
        denominators = _by_span((code for _, code in metric.denominator), shop, rows)
        weighed += [_weigh_own(metric, own, denominators.get((own.bucket, own.ends_on), {})) for own in tiling.tiles]
    return weighed


def _by_span(codes: Iterable[str], shop: Hashable, rows: Rows) -> dict[tuple[date, date], dict[str, Cell]]:
    spans: dict[tuple[date, date], dict[str, Cell]] = {}
    for code in codes:
        for cell in rows.of(code, shop):
            spans.setdefault((cell.bucket, cell.ends_on), {})[code] = cell
    return spans


def _own_row(metric: Metric, rows: Rows) -> Tiling | None:
    """The ratio's own row of the period, or of its days so far; only one shop can have one (MET-5a)."""
    tilings = rows.tilings(metric.code, Prefer.COARSEST)
    if len(tilings) != 1 or len(tilings[0].tiles) != 1:
        return None
    row = tilings[0].tiles[0]
    starts = row.bucket == rows.window.starts_on
    return tilings[0] if starts and (row.through is not None or row.ends_on == rows.window.ends_on) else None


def _reported_wins(own: Tiling, parts: Parts) -> bool:
    return reported_wins(own.days_present, parts.coverage.present, are_period_rows=parts.are_period_rows)


def reported_wins(own_days: int, parts_days: int, *, are_period_rows: bool) -> bool:
    """Whether the ratio's own row goes before its parts, each of so many days (MET-5a).

    A to-date row left behind by its parts is no longer the period's; of the same days, MET-5a's order decides.
    """
    return own_days > parts_days if are_period_rows else own_days >= parts_days


def _of_parts(metric: Metric, catalogue: Mapping[str, Metric], parts: Parts, rows: Rows) -> Reading:
    """The quotient of the parts, within bounds where a part is distinct (MET-5a)."""
    figures: dict[str, Interval] = {}
    is_estimated = False
    for code in part_codes(metric):
        declared = catalogue[code]
        if declared.algebra is Algebra.SNAPSHOT:
            last = {shop: by_code[code] for shop, by_code in parts.snapshots.items()}
            value, lacks_weights = over_shops(declared, last, rows.total)
            figures[code], is_estimated = Interval.point(value), is_estimated or lacks_weights
        elif declared.algebra is Algebra.DISTINCT:
            figures[code] = Interval.of_parts(parts.values(code))
        else:
            figures[code] = Interval.point(sum(parts.values(code), _ZERO))
    return quotient_of(metric, figures, parts.coverage, estimated=is_estimated)


def quotient_of(
    metric: Metric, figures: Mapping[str, Interval], coverage: Coverage, *, estimated: bool = False
) -> Reading:
    """The quotient of the parts' figures; of their highs, where they are intervals, for an estimate (MET-5a)."""
    bounds = _quotient(_combine(metric.numerator, figures), _combine(metric.denominator, figures))
    if bounds is None or bounds.is_point:
        return Reading.of(bounds, coverage, estimated=estimated)
    sums = {code: Interval.point(figure.high) for code, figure in figures.items()}
    estimate = _quotient(_combine(metric.numerator, sums), _combine(metric.denominator, sums))
    return Reading.of(bounds, coverage, estimated=estimated, estimate=estimate.low if estimate else None)


def _sum(expression: Expression, values: Mapping[str, Decimal]) -> Decimal | None:
    """The expression's value; none where the expression or any of its values is missing (MET-8)."""
    if not expression or any(code not in values for _, code in expression):
        return None
    return sum((sign * values[code] for sign, code in expression), _ZERO)


def _combine(expression: Expression, figures: Mapping[str, Interval]) -> Interval:
    total = Interval.point(_ZERO)
    for sign, code in expression:
        total = total + figures[code] if sign > 0 else total - figures[code]
    return total


def _quotient(numerator: Interval, denominator: Interval) -> Interval | None:
    quotient = numerator.divide(denominator)
    return Interval(settled(quotient.low), settled(quotient.high)) if quotient else None
