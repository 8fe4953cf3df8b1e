"""How much of shops owners hold over a window, to split a target by (GOAL-11, GOAL-12)."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from attain_shared.rules.attribution import Holding
from attain_shared.rules.periods import Window
from attain_shared.rules.rounding import settled

Shop = TypeVar("Shop", bound=Hashable)
_ZERO = Decimal(0)


def mean_share(holdings: Iterable[Holding], window: Window) -> Decimal:
    """The mean over the days of a window of an owner's shares of a shop: held alone for half of it, 0.5."""
    held = (
        one.share * ((min(one.ends_on, window.ends_on) - max(one.starts_on, window.starts_on)).days + 1)
        for one in holdings
        if one.starts_on <= window.ends_on and window.starts_on <= one.ends_on
    )
    return settled(sum(held, _ZERO) / window.days)


def weight_of_holdings(
    holdings: Mapping[Shop, Sequence[Holding]], figures: Mapping[Shop, Decimal], window: Window
) -> Decimal:
    """What an owner's shops weigh: the sum of the shops' figures, each by the owner's mean share of the shop."""
    return settled(
        sum((figure * mean_share(holdings.get(shop, ()), window) for shop, figure in figures.items()), _ZERO)
    )
