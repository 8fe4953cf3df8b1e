"""Whether the targets of a cascade add up, and how a target may be split (GOAL-11)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from attain_shared.rules.apportionment import PRECISE, apportion
from attain_shared.rules.rounding import half_up

STRETCH_PLACES = 6
"""Decimals of a stretch factor: those of an attainment."""

_ZERO, _ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True, slots=True)
class Conserved:
    """A parent's target of an additive metric beside its children's (GOAL-11)."""

    parent: Decimal
    children_total: Decimal
    gap: Decimal
    """The children's less the parent's: below 0 where they do not reach it."""
    stretch: Decimal | None
    """The children's over the parent's, to 6 decimals: above 1 where they reach further; None for a parent's 0."""


def conserved(parent: Decimal, children: Iterable[Decimal]) -> Conserved:
    """How the targets of the children compare with the parent's (GOAL-11)."""
    total = sum(children, _ZERO)
    stretch = None if parent == 0 else half_up(total / parent, STRETCH_PLACES)
    return Conserved(parent, total, total - parent, stretch)


def propose(total: Decimal, weights: Sequence[Decimal], places: int) -> list[Decimal]:
    """A target split by weights, such as last year's figures of the shops, adding up to it exactly (GOAL-11).

    To so many decimals, or as many as the target has. What weighs 0 or less gets nothing; where nothing weighs
    anything, all get the same. Units that rounding leaves go to the largest remainders, of equals to the first.
    """
    shares = [max(weight, _ZERO) for weight in weights]
    if not any(shares):
        shares = [_ONE] * len(shares)
    with localcontext(PRECISE):
        whole = sum(shares, _ZERO)
        return apportion([total * share / whole for share in shares], total, places)
