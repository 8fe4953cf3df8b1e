"""How well a period's end is forecast on the sample data (GOAL-7): `python -m tests.benchmarks.forecast`.

For every month and quarter of the additive figures: the error of each curve's forecast of the end, made after a quarter,
a half and three quarters of the days (mean absolute percentage error); the curve chosen by what was known before the
window, the error announced for it, and the one that came of it. Prints figures and asserts nothing.

cdnow_2025_day.csv has a single year: no window has a last year, so that curve is never tried there, nor is an event's
weight known; and in its first months there is no past window, or none with eight weeks before it.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import mean

from attain_shared.calendar.shipped import SHIPPED
from attain_shared.metrics.catalogue import ENTRIES
from attain_shared.rules.algebra import Algebra
from attain_shared.rules.backtest import Choice, candidates, choose, forecast_error
from attain_shared.rules.curves import Curve, Daily, Method
from attain_shared.rules.events import Calendar
from attain_shared.rules.periods import CycleKind, Window, cycle_end
from deploy.local.samples import header_codes, read_file

DATA_SETS = ("synthetic_shop", "cdnow_2025")
METHODS = (Method.LINEAR, Method.WEEKDAY, Method.LAST_YEAR)
CALENDAR = Calendar(shipped.event for shipped in SHIPPED)
MONTHS = {CycleKind.MONTH: range(1, 13), CycleKind.QUARTER: range(1, 13, 3)}


@dataclass(frozen=True, slots=True)
class Tried:
    """A window: what each curve missed its end by, and what was chosen before it began."""

    window: Window
    errors: Mapping[Method, Decimal]
    chosen: Choice

    @property
    def method(self) -> Method:
        """The method chosen."""
        return self.chosen.curve.method


def main() -> None:
    """Print the backtest."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--windows", action="store_true", help="every window of every figure, not of gmv alone")
    every_window = parser.parse_args().windows
    for name in DATA_SETS:
        figures = daily_figures(name)
        for kind in MONTHS:
            rows: list[Tried] = []
            for metric, values in figures.items():
                print(f"\n{name} · {metric} · {kind.value}")
                rows += (of_metric := tried(list(windows(kind, values)), values))
                report(of_metric, in_full=every_window or metric == "gmv")
            print(f"\n{name} · {len(figures)} metrics · {kind.value}")
            report(rows, in_full=False)


def daily_figures(name: str) -> Mapping[str, Daily]:
    """The daily figures of a data set that add up, by metric."""
    codes = header_codes(
        {"code": code, "zh": entry.zh, "aliases": list(entry.aliases)} for code, entry in ENTRIES.items()
    )
    figures: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for row in read_file(name, shop=name, grain="day", codes=codes):
        if ENTRIES[row.metric].metric.algebra is Algebra.ADDITIVE:
            figures[row.metric][row.bucket] = row.value
    return figures


def windows(kind: CycleKind, values: Daily) -> Iterator[Window]:
    """The windows of a kind that the data have every day of, oldest first."""
    for year in sorted({day.year for day in values}):
        for month in MONTHS[kind]:
            first = date(year, month, 1)
            window = Window(first, cycle_end(kind, first))
            if all(day in values for day in window):
                yield window


def tried(past: Sequence[Window], values: Daily) -> list[Tried]:
    """Each curve in each of the windows that brought anything, with the one chosen before it."""
    return [
        Tried(window, errors, choose(window, values, CALENDAR))
        for window in past
        if (errors := errors_of(candidates(window, values, CALENDAR), values))
    ]


def errors_of(curves: Mapping[Method, Curve], values: Daily) -> Mapping[Method, Decimal]:
    """What each curve missed the end by."""
    errors = {method: forecast_error(curve, values) for method, curve in curves.items()}
    return {method: error for method, error in errors.items() if error is not None}


def report(rows: Sequence[Tried], *, in_full: bool) -> None:
    """One line a window, and the means: of each curve next to equal days in the same windows."""
    if in_full:
        print_windows(rows)
    for method in METHODS:
        of_both = [(row.errors[method], row.errors[Method.LINEAR]) for row in rows if method in row.errors]
        if of_both:
            print_means(method, of_both)
    print_means("chosen", [(row.errors[row.method], row.errors[Method.LINEAR]) for row in rows])
    chosen = [row.method for row in rows]
    print("  chosen:", ", ".join(f"{method} {chosen.count(method)}" for method in METHODS if method in chosen))


def print_means(name: str, of_both: Sequence[tuple[Decimal, Decimal]]) -> None:
    """The mean error, next to that of equal days in the same windows."""
    own, linear = (mean(side) for side in zip(*of_both, strict=True))
    print(f"  {name:<10} {own:>7.1%} where equal days {linear:>7.1%}, {len(of_both)} windows")


def print_windows(rows: Sequence[Tried]) -> None:
    """Every window: each curve's error in it, the one chosen, the error announced and the error come true."""
    print("  " + "".join(f"{head:>11}" for head in ("from", *METHODS, "chosen", "announced", "came")))
    for row in rows:
        errors = [share(row.errors.get(method)) for method in METHODS]
        came = share(row.errors[row.method])
        cells = (row.window.starts_on.isoformat(), *errors, row.method.value, share(row.chosen.error), came)
        print("  " + "".join(f"{cell:>11}" for cell in cells))


def share(error: Decimal | None) -> str:
    """An error in percent; a dash where there is none."""
    return "-" if error is None else f"{error:.1%}"


if __name__ == "__main__":
    main()
