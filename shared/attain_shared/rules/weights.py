"""The weights of an owner's goals in a cycle (GOAL-2)."""

from collections.abc import Iterable
from decimal import Decimal

WHOLE = Decimal(100)
"""What the weights of an owner's goals add up to (GOAL-2)."""


def total(weights: Iterable[Decimal]) -> Decimal:
    """The sum of the weights (GOAL-2)."""
    return sum(weights, Decimal(0))


def add_up(weights: Iterable[Decimal]) -> bool:
    """Whether the weights make exactly 100, so that goals may be confirmed (GOAL-2)."""
    return total(weights) == WHOLE
