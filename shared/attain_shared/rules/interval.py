"""Bounds instead of lies: what is known of a figure when its value is not (MET-5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure known to lie between two bounds, both possible (MET-5)."""

    low: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if self.high < self.low:
            raise ValueError(f"an interval cannot end at {self.high} below its start {self.low}")

    @classmethod
    def point(cls, value: Decimal) -> "Interval":
        """A figure known exactly."""
        return cls(value, value)

    @classmethod
    def of_parts(cls, parts: Iterable[Decimal]) -> "Interval":
        """A distinct count known by its parts: between the largest and the sum (MET-5)."""
        counts = list(parts)
        return spanning(max(counts), sum(counts, _ZERO))

    @property
    def is_point(self) -> bool:
        """Whether the bounds leave a single value (MET-5)."""
        return self.low == self.high

    def __contains__(self, value: Decimal) -> bool:
        return self.low <= value <= self.high

    def overlaps(self, other: "Interval") -> bool:
        """Whether some value lies in both."""
        return self.low <= other.high and other.low <= self.high

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Interval") -> "Interval":
        return Interval(self.low - other.high, self.high - other.low)

    def scale(self, factor: Decimal) -> "Interval":
        """Every possible value times a factor."""
        return spanning(self.low * factor, self.high * factor)

    def divide(self, other: "Interval") -> "Interval | None":
        """Every possible quotient; none where the denominator may be 0 (MET-5a)."""
        if _ZERO in other:
            return None
        # Away from zero a quotient is monotone in both its parts, so that the corners bound it, whatever the signs.
        return spanning(*(mine / theirs for mine in (self.low, self.high) for theirs in (other.low, other.high)))


def spanning(*values: Decimal) -> Interval:
    """The narrowest interval that holds the values."""
    return Interval(min(values), max(values))
