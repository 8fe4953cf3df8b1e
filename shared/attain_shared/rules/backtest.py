"""How well each curve would have forecast the past, and which one is used (GOAL-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate

from attain_shared.rules.curves import (
    AROUND,
    Curve,
    Daily,
    Method,
    given_curve,
    last_year_curve,
    linear_curve,
    weekday_curve,
)
from attain_shared.rules.events import DRIFT, Calendar
from attain_shared.rules.growth import Against, previous_window
from attain_shared.rules.periods import Window
from attain_shared.rules.rounding import half_up

CHECKPOINTS = (25, 50, 75)
"""Percent of a past window's days after which its end is forecast (GOAL-7)."""

MOST_WINDOWS = 8
"""How many windows back the backtest goes: beyond, a shop is another shop."""

ERROR_PLACES = 6
"""Decimals of an error, as of an attainment (GOAL-5)."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """How a method did in the past windows it could have been used in (GOAL-7).

    Errors are mean absolute percentage errors of the window's end as shares (0.05 is 5 %); `linear_error` is the one
    of equal days in the same windows.
    """

    method: Method
    error: Decimal
    linear_error: Decimal
    windows: int

    @property
    def beats_linear(self) -> bool:
        """Whether it was strictly better than equal days (GOAL-7)."""
        return self.error < self.linear_error


@dataclass(frozen=True, slots=True)
class Choice:
    """The curve to go by, its own error in the past (none where it could not be tested), and every method's (GOAL-7)."""

    curve: Curve
    error: Decimal | None
    tests: tuple[Backtest, ...]


def choose(window: Window, values: Daily, calendar: Calendar, *, given: Sequence[Decimal] | None = None) -> Choice:
    """The curve for a window: one that beat equal days in the past, else equal days (GOAL-7).

    `values` are the figure's days as far back as they are known; `given` are weights for the window's days. A given
    curve that beats equal days goes before the others; of those the one that took the greater part of the error of
    equal days off. A given curve that no past window can test (none has as many days) is used without an error: it was
    made for this window, and only what was tested can have failed. Only days before the window count, so the choice
    stands while the window runs.
    """
    curves = candidates(window, values, calendar, given)
    tests = backtests(window, values, calendar, given)
    tried = [test for method, test in tests.items() if method in curves]
    if Method.GIVEN in curves and Method.GIVEN not in tests:
        return Choice(curves[Method.GIVEN], None, tuple(tried))
    better = [test for test in tried if test.beats_linear]
    best = min(better, key=lambda one: (one.method is not Method.GIVEN, one.error / one.linear_error), default=None)
    method = best.method if best else Method.LINEAR
    return Choice(curves[method], tests[method].error if method in tests else None, tuple(tried))


def candidates(
    window: Window, values: Daily, calendar: Calendar, given: Sequence[Decimal] | None = None
) -> Mapping[Method, Curve]:
    """Every curve that there is for a window from what was known before it; equal days always are."""
    known = {day: value for day, value in values.items() if day < window.starts_on}
    found = (
        linear_curve(window),
        given_curve(window, given) if given is not None else None,
        weekday_curve(window, known, calendar),
        last_year_curve(window, known, calendar),
    )
    return {curve.method: curve for curve in found if curve is not None}


def backtests(
    window: Window, values: Daily, calendar: Calendar, given: Sequence[Decimal] | None = None
) -> Mapping[Method, Backtest]:
    """How each method did in the past windows; given weights in those that have as many days (GOAL-7)."""
    errors: dict[Method, list[tuple[Decimal, Decimal]]] = {}
    for past in past_windows(window, values):
        weights = given if given is not None and len(given) == past.days else None
        curves = candidates(past, values, calendar, weights)
        linear = forecast_error(curves[Method.LINEAR], values)
        for method, curve in curves.items():
            error = forecast_error(curve, values)
            if error is not None and linear is not None:
                errors.setdefault(method, []).append((error, linear))
    return {method: _backtest(method, pairs) for method, pairs in errors.items()}


def past_windows(window: Window, values: Daily) -> list[Window]:
    """The windows like it before it, the latest first, of which every day is known; of whole months where it is."""
    return [one for one in _before(window) if all(day in values for day in one)]


def history(window: Window) -> Window:
    """The days before a window that its choice can depend on: the past windows, the year before them, events around."""
    earliest = previous_window(_before(window)[-1], Against.LAST_YEAR)
    return Window(earliest.starts_on - DRIFT - AROUND, window.starts_on - timedelta(days=1))


def _before(window: Window) -> list[Window]:
    past = [window]
    for _ in range(MOST_WINDOWS):
        past.append(previous_window(past[-1], Against.PREVIOUS))
    return past[1:]


def forecast_error(curve: Curve, values: Daily) -> Decimal | None:
    """The mean absolute percentage error of the end of a curve's window, which is over, as a share (GOAL-7).

    None where the window brought nothing, or where nothing was expected yet at a checkpoint.
    """
    so_far = list(accumulate(values[day] for day in curve.window))
    end = so_far[-1]
    seen = [max(curve.window.days * percent // 100, 1) - 1 for percent in CHECKPOINTS]
    if end <= 0 or not all(curve.shares[day] for day in seen):
        return None
    misses = (abs(so_far[day] / curve.shares[day] - end) for day in seen)
    return sum(misses, Decimal(0)) / end / len(CHECKPOINTS)


def _backtest(method: Method, pairs: Sequence[tuple[Decimal, Decimal]]) -> Backtest:
    error, linear = (half_up(sum(side, Decimal(0)) / len(pairs), ERROR_PLACES) for side in zip(*pairs, strict=True))
    return Backtest(method, error, linear, len(pairs))
