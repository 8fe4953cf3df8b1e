"""A person's performance out of their goals' scores (REV-2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from attain_shared.rules.rounding import half_up
from attain_shared.rules.weights import total

PERFORMANCE_PLACES = 2
"""Decimals of a performance score (REV-2)."""

WeighedScore = tuple[Decimal, Decimal | None, Decimal | None]
"""A goal's weight, and the lowest and highest score it may have: the same where it is known, none without data."""


@dataclass(frozen=True, slots=True)
class Performance:
    """A performance score: one figure, or the two it lies between, or none (REV-2)."""

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None


def performance(goals: Iterable[WeighedScore]) -> Performance:
    """Σ weight x score / Σ weight over the goals that have a score, two decimals half up (REV-2)."""
    scored = [(weight, low, high) for weight, low, high in goals if low is not None and high is not None]
    whole = total(weight for weight, _, _ in scored)
    if whole == 0:
        return Performance(None, None, None)
    low = half_up(total(weight * score for weight, score, _ in scored) / whole, PERFORMANCE_PLACES)
    high = half_up(total(weight * score for weight, _, score in scored) / whole, PERFORMANCE_PLACES)
    return Performance(low, None, None) if low == high else Performance(None, low, high)
