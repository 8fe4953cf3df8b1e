"""Why a GMV differs from another: visitors, conversion and 客单价, shop by shop, in money that adds up.

GMV = UV x (buyers / UV) x (GMV / buyers). The difference is taken apart by the logarithmic mean Divisia index, additive
form (LMDI-I; B. W. Ang, The LMDI approach to decomposition analysis: a practical guide, Energy Policy 33, 2005,
867-871): of factors that are multiplied each has the effect L(after, before) x ln(its ratio), where L is the
logarithmic mean of the two GMVs. It leaves no residual, depends on no order of the factors, gives a factor that has
not changed no effect, and turns its sign where before and after change places.
"""

from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal, localcontext
from typing import Generic, NamedTuple, TypeVar

from attain_shared.rules.apportionment import PRECISE, apportion
from attain_shared.rules.findings import MONEY_PLACES

Unit = TypeVar("Unit", bound=Hashable)

_ZERO = Decimal(0)


class Parts(NamedTuple):
    """What a shop had in a period; None where there is no data.

    Any count of visitors and of buyers will do, as long as both sides have the same: that of the period, or the sums of
    the days' (MET-5), for which conversion is that of a day (`daily_pooled`).
    """

    gmv: Decimal | None
    uv: Decimal | None
    buyers: Decimal | None


class Effects(NamedTuple):
    """What each factor did to a GMV, in money."""

    uv: Decimal
    conversion: Decimal
    aov: Decimal
    """客单价, GMV by buyer."""
    other: Decimal
    """The whole change of a shop that cannot be taken apart: it is new or closed, or has no traffic on record."""

    @property
    def change(self) -> Decimal:
        """The change of the GMV: the sum of the effects, exactly."""
        return sum(self, _ZERO)


class Contribution(NamedTuple, Generic[Unit]):
    """What a shop contributes to the change of the whole."""

    unit: Unit
    effects: Effects


_NOTHING = Parts(None, None, None)
_NO_EFFECT = Effects(_ZERO, _ZERO, _ZERO, _ZERO)


def decompose(before: Mapping[Unit, Parts], after: Mapping[Unit, Parts]) -> list[Contribution[Unit]]:
    """The change of the GMV by shop and factor, to 2 decimals (more where the GMV has more), adding up exactly.

    The effects of a shop add up to its change, and all of them to that of the whole. A shop without a GMV on a side
    brings nothing to that side's total. The shops stand in the order of `before`, then those that are only in `after`.
    """
    units = dict.fromkeys((*before, *after))
    with localcontext(PRECISE):
        return [Contribution(unit, _effects(before.get(unit, _NOTHING), after.get(unit, _NOTHING))) for unit in units]


def together(contributions: Iterable[Contribution[Unit]]) -> Effects:
    """The effects over all shops, which add up to the change of the whole."""
    columns = zip(_NO_EFFECT, *(contribution.effects for contribution in contributions), strict=True)
    return Effects(*(sum(column, _ZERO) for column in columns))


def _effects(before: Parts, after: Parts) -> Effects:
    change = (after.gmv or _ZERO) - (before.gmv or _ZERO)
    was, now = _positive(before), _positive(after)
    if was is None or now is None:
        return Effects(*apportion([_ZERO, _ZERO, _ZERO, change], change, MONEY_PLACES))
    (gmv, uv, buyers), (gmv_now, uv_now, buyers_now) = was, now
    # Multiplied crosswise, the ratio of a factor that has not changed is 1 to the last digit.
    ratios = (uv_now / uv, (buyers_now * uv) / (buyers * uv_now), (gmv_now * buyers) / (gmv * buyers_now))
    logs = [ratio.ln() for ratio in ratios]
    # The logarithms add up to that of the GMVs' ratio.
    mean = gmv if change == 0 else change / sum(logs)
    return Effects(*apportion([*(mean * log for log in logs), _ZERO], change, MONEY_PLACES))


def _positive(parts: Parts) -> tuple[Decimal, Decimal, Decimal] | None:
    """All three parts, where each is known and above 0: only those have logarithms."""
    gmv, uv, buyers = parts
    if gmv is None or uv is None or buyers is None or min(gmv, uv, buyers) <= 0:
        return None
    return gmv, uv, buyers
