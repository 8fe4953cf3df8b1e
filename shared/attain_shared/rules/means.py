"""Means that are exact until they are rounded.

As fractions, since a third cut off after 28 digits can push a figure below the half that it lies on.
"""

import statistics
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from attain_shared.rules.rounding import half_up

SCORE_PLACES = 2
"""Decimals of every score that a review shows (REV-2, REV-4, REV-5)."""

Figure = Decimal | Fraction


def weighted_mean(weighed: Iterable[tuple[Figure, Figure]]) -> Fraction | None:
    """Σ weight x figure / Σ weight, exact; None where nothing has a weight."""
    given = [(Fraction(weight), Fraction(figure)) for weight, figure in weighed]
    whole = sum((weight for weight, _ in given), Fraction(0))
    return sum((weight * figure for weight, figure in given), Fraction(0)) / whole if whole else None


def mean(figures: Iterable[Figure]) -> Fraction:
    """The arithmetic mean, exact. Raises ValueError for none."""
    return statistics.mean(Fraction(figure) for figure in figures)


def score_of(exact: Fraction) -> Decimal:
    """The fraction as a score: two decimals, half up.

    A half has three decimals, which the division keeps; whatever lies beside one stays there in 28 digits.
    """
    return half_up(Decimal(exact.numerator) / exact.denominator, SCORE_PLACES)
