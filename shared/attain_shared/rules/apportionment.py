"""Rounded parts that still add up to their whole."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Context, Decimal, localcontext

from attain_shared.rules.findings import last_unit
from attain_shared.rules.rounding import settled

PRECISE = Context(prec=80)
"""Products of two stored figures are exact in it; quotients and logarithms of them err far below any rounding."""


def apportion(shares: Sequence[Decimal], total: Decimal, places: int) -> list[Decimal]:
    """Shares of a total to so many decimals (more where the total has more), that add up to it exactly.

    The method of the largest remainder (Hamilton's): each is rounded down, and the units still missing go to those
    that lost most, of equals to the first. None is more than a unit beside its share, and a share of 0 stays 0. The
    shares must add up to the total but for the error of their own computation, and there must be one.
    """
    whole = settled(total)
    unit = last_unit(whole, places)
    with localcontext(PRECISE):
        # The plus sign makes a negative zero a plain one.
        parts = [+share.quantize(unit, rounding=ROUND_FLOOR) for share in shares]
        missing = int((whole - sum(parts, Decimal(0))) / unit)
        losses = [share - part for share, part in zip(shares, parts, strict=True)]
        for index in sorted(range(len(parts)), key=losses.__getitem__, reverse=True)[:missing]:
            parts[index] += unit
    return parts
