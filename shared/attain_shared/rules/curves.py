"""By when how much of a window's figure is to be expected (GOAL-7)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate

from attain_shared.rules.events import Calendar, aligned
from attain_shared.rules.growth import Against, previous_window
from attain_shared.rules.periods import Window

Daily = Mapping[date, Decimal]
"""The figure of each day that has one: absence is data, never zero (MET-8)."""

MOST_MISSING = Decimal("0.1")
"""How much of last year's days may be missing: more, and the shape would be made up."""

PROFILE = timedelta(weeks=8)
"""How far back the weekday profile looks."""

LEAST_OF_A_WEEKDAY = 4
"""How many ordinary days of each weekday the profile wants: half of its weeks, so that a long holiday is no hindrance."""

AROUND = timedelta(weeks=4)
"""What lies so close to an event on either side tells what its days would have brought without it."""

YEAR = timedelta(days=365)


class Method(StrEnum):
    """What the days of a window weigh by (GOAL-7)."""

    LINEAR = "linear"
    GIVEN = "given"
    WEEKDAY = "weekday"
    LAST_YEAR = "last_year"


@dataclass(frozen=True, slots=True)
class Curve:
    """The share of a window's figure expected by the end of each of its days: never falling, 1 on the last (GOAL-7)."""

    method: Method
    window: Window
    shares: tuple[Decimal, ...]

    def share_until(self, day: date) -> Decimal:
        """The share expected by the end of a day: 0 before the window, 1 after it."""
        if day < self.window.starts_on:
            return Decimal(0)
        return self.shares[min((day - self.window.starts_on).days, len(self.shares) - 1)]


def linear_curve(window: Window) -> Curve:
    """Every day weighs the same (GOAL-7)."""
    return Curve(Method.LINEAR, window, tuple(Decimal(day) / window.days for day in range(1, window.days + 1)))


def given_curve(window: Window, weights: Sequence[Decimal]) -> Curve | None:
    """Each day weighs as somebody has said; none if all weigh nothing. ValueError unless there is one a day (GOAL-7)."""
    if len(weights) != window.days:
        raise ValueError(f"{len(weights)} weights for {window.days} days")
    return _curve(Method.GIVEN, window, weights)


def last_year_curve(window: Window, values: Daily, calendar: Calendar) -> Curve | None:
    """Each day weighs what the day like it brought in the same window last year (GOAL-7, `aligned`).

    An ordinary day without a figure weighs the mean of the others; none where an event day has no figure, where more
    than a tenth of the days have none, or where they add up to nothing.
    """
    alike = aligned(window, previous_window(window, Against.LAST_YEAR), calendar)
    weights = [values.get(past) for past in alike.values()]
    missing = [past for past, weight in zip(alike.values(), weights, strict=True) if weight is None]
    if len(missing) > window.days * MOST_MISSING or len(calendar.ordinary(missing)) < len(missing):
        return None
    mean = _mean([values[past] for past in calendar.ordinary(alike.values()) if past in values])
    return _curve(Method.LAST_YEAR, window, [mean if weight is None else weight for weight in weights])


def weekday_curve(window: Window, values: Daily, calendar: Calendar) -> Curve | None:
    """Each day weighs the mean of its weekday in the eight weeks before, an event day as much more as last year.

    Event days are left out of the means. As much more: what the event's day of last year brought against the mean of
    the ordinary days four weeks around that event; an event that nothing is known of weighs like any day. None where
    there are fewer than four days of a weekday, or where all weigh nothing.
    """
    recent = Window(window.starts_on - PROFILE, window.starts_on - timedelta(days=1))
    of_weekday: dict[int, list[Decimal]] = defaultdict(list)
    for day in calendar.ordinary(recent):
        if day in values:
            of_weekday[day.weekday()].append(values[day])
    if len(of_weekday) < 7 or min(map(len, of_weekday.values())) < LEAST_OF_A_WEEKDAY:
        return None
    mean = {weekday: _mean(figures) for weekday, figures in of_weekday.items()}
    return _curve(Method.WEEKDAY, window, [mean[day.weekday()] * _uplift(day, values, calendar) for day in window])


def _uplift(day: date, values: Daily, calendar: Calendar) -> Decimal:
    """How many times an ordinary day a day of an event brought last year; 1 where that cannot be told."""
    event = calendar.on(day)
    past = calendar.earlier(event, YEAR) if event else None
    like = calendar.same_day(day, YEAR)
    if past is None or like is None or like not in values:
        return Decimal(1)
    around = Window(past.starts_on - AROUND, past.ends_on + AROUND)
    ordinary = _mean([values[near] for near in calendar.ordinary(around) if near in values])
    return values[like] / ordinary if ordinary > 0 else Decimal(1)


def _mean(figures: Sequence[Decimal]) -> Decimal:
    """The mean; 0 of nothing."""
    return sum(figures, Decimal(0)) / max(len(figures), 1)


def _curve(method: Method, window: Window, weights: Iterable[Decimal]) -> Curve | None:
    """The curve of day weights; a day that took money back (a correction) weighs nothing, so that no share falls."""
    so_far = list(accumulate(max(weight, Decimal(0)) for weight in weights))
    return Curve(method, window, tuple(one / so_far[-1] for one in so_far)) if so_far[-1] else None
