"""Growth against an earlier window: x / prev - 1 (GOAL-4).

A growth is held against its target as an index, x / prev (`attainment.growth_index`), with everything that it is held
against raised by 1: a growth target g is reached by x / (prev * (1 + g)), and a baseline or a band moves along with it.
"""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from attain_shared.rules.attainment import Target
from attain_shared.rules.interval import Interval
from attain_shared.rules.periods import Window

_DAY = timedelta(days=1)
_ONE = Decimal(1)


class Against(StrEnum):
    """What a figure has grown from (GOAL-4)."""

    PREVIOUS = "previous"
    LAST_YEAR = "last_year"


def previous_window(window: Window, against: Against) -> Window:
    """The window that a growth is measured from (GOAL-4).

    The previous one of whole months is as many months long (the third quarter after the second, February after
    January), of other days as many days. Last year's keeps its dates: a last day that ends a month still does, and a
    29 February becomes the 28th.
    """
    if against == Against.LAST_YEAR:
        ends_on = window.ends_on
        last = _months_before(ends_on + _DAY, 12) - _DAY if _ends_a_month(ends_on) else _months_before(ends_on, 12)
        return Window(_months_before(window.starts_on, 12), last)
    if window.starts_on.day == 1 and _ends_a_month(window.ends_on):
        return Window(_months_before(window.starts_on, _months(window)), window.starts_on - _DAY)
    return Window(window.starts_on - timedelta(days=window.days), window.starts_on - _DAY)


def growth_target(target: Target) -> Target:
    """What the index x / prev is held against, for a target that is a growth (GOAL-4); the direction stays.

    Whether it can be attained (`target_problems`) is a question about the one returned: a growth of -10 % is a fine
    target.
    """
    return replace(
        target,
        target=_raised(target.target),
        baseline=_raised(target.baseline),
        band_low=_raised(target.band_low),
        band_high=_raised(target.band_high),
    )


def growth(index: Decimal) -> Decimal:
    """The growth that an index x / prev stands for, as it is shown (GOAL-4)."""
    return index - _ONE


def growth_interval(index: Interval) -> Interval:
    """The lowest and the highest growth of an index within bounds (GOAL-4, MET-5)."""
    return Interval(growth(index.low), growth(index.high))


def _raised(growth_wanted: Decimal | None) -> Decimal | None:
    return None if growth_wanted is None else growth_wanted + _ONE


def _months(window: Window) -> int:
    after = window.ends_on + _DAY
    return (after.year - window.starts_on.year) * 12 + after.month - window.starts_on.month


def _ends_a_month(day: date) -> bool:
    return (day + _DAY).day == 1


def _months_before(day: date, months: int) -> date:
    """The same day so many months before; of a 29 February a year before, the 28th."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    is_leap_day = (day.month, day.day) == (2, 29)
    return date(years, month + 1, 28 if is_leap_day else day.day)
