"""The one place where figures are rounded (C13)."""

from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache

_WIDE = Context(prec=80, rounding=ROUND_HALF_UP)
"""Twenty digits before the point and twelve behind it exceed the default 28."""

RATIO_PLACES = 12
"""Decimals kept of a ratio or a mean: more than any target is written with."""


@cache
def _unit(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


def half_up(value: Decimal, places: int) -> Decimal:
    """The value to so many decimals, a half away from zero, never a negative zero."""
    return _WIDE.plus(value.quantize(_unit(places), context=_WIDE))


def settled(value: Decimal) -> Decimal:
    """A quotient as it is reported: twelve decimals at most, no trailing zeros, no exponent."""
    short = half_up(value, RATIO_PLACES).normalize(_WIDE)
    return short if int(short.as_tuple().exponent) <= 0 else short.quantize(Decimal(1), context=_WIDE)
