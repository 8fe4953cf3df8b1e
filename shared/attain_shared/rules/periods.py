"""Business days, buckets, windows and cycles (MET-2, GOAL-1): dates only, never instants."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

_DAY = timedelta(days=1)


class Grain(StrEnum):
    """How long a bucket is (MET-2)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class CycleKind(StrEnum):
    """How long a goal cycle is (GOAL-1)."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


_GRAIN_MONTHS = {Grain.MONTH: 1, Grain.QUARTER: 3}
_CYCLE_MONTHS = {CycleKind.MONTH: 1, CycleKind.QUARTER: 3, CycleKind.HALF_YEAR: 6, CycleKind.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Window:
    """The days from one date to another, both inclusive (MET-1)."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.ends_on < self.starts_on:
            raise ValueError(f"a window cannot end on {self.ends_on} before it starts on {self.starts_on}")

    @property
    def days(self) -> int:
        """How many business days it has."""
        return (self.ends_on - self.starts_on).days + 1

    @property
    def is_whole_weeks(self) -> bool:
        """Whether it runs from a Monday to a Sunday, so that weeks tile it (MET-5a)."""
        return self.starts_on.weekday() == 0 and self.ends_on.weekday() == 6

    def __contains__(self, on: date) -> bool:
        return self.starts_on <= on <= self.ends_on

    def encloses(self, other: "Window") -> bool:
        """Whether the other window lies wholly in this one (GOAL-2)."""
        return self.starts_on <= other.starts_on and other.ends_on <= self.ends_on

    def __iter__(self) -> Iterator[date]:
        return (self.starts_on + timedelta(days=offset) for offset in range(self.days))


def bucket_start(on: date, grain: Grain) -> date:
    """The first day of the bucket a day belongs to (MET-2); weeks start on Monday."""
    if grain is Grain.DAY:
        return on
    if grain is Grain.WEEK:
        return on - timedelta(days=on.weekday())
    return _first_day(on, _GRAIN_MONTHS[grain])


def bucket_end(bucket: date, grain: Grain) -> date:
    """The last day of a bucket, inclusive (MET-2)."""
    if grain is Grain.DAY:
        return bucket
    if grain is Grain.WEEK:
        return bucket + timedelta(days=6)
    return _last_day(bucket, _GRAIN_MONTHS[grain])


def is_bucket(on: date, grain: Grain) -> bool:
    """Whether a day is the first of a bucket (MET-2)."""
    return bucket_start(on, grain) == on


def buckets(window: Window, grain: Grain) -> Iterator[date]:
    """The buckets that have a day in the window, oldest first (MET-2)."""
    bucket = bucket_start(window.starts_on, grain)
    while bucket <= window.ends_on:
        yield bucket
        bucket = bucket_end(bucket, grain) + _DAY


def is_cycle_start(kind: CycleKind, starts_on: date) -> bool:
    """Whether a cycle of this kind may start on this day (GOAL-1)."""
    return _first_day(starts_on, _CYCLE_MONTHS[kind]) == starts_on


def cycle_end(kind: CycleKind, starts_on: date) -> date:
    """The last day of the cycle that starts on a day (GOAL-1)."""
    return _last_day(starts_on, _CYCLE_MONTHS[kind])


def _first_day(on: date, months: int) -> date:
    return date(on.year, (on.month - 1) // months * months + 1, 1)


def _last_day(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1) - _DAY
