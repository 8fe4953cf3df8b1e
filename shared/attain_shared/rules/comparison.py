"""A GMV in two windows, shop by shop: its factors on the days that can be compared, and the rest (GOAL-8)."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

from attain_shared.rules.decomposition import Effects, Parts, decompose, together
from attain_shared.rules.periods import Grain, Window
from attain_shared.rules.tiling import Cell, Prefer, tile

GMV, UV, BUYERS = "gmv", "uv", "paying_buyers"
"""In the catalogue's codes (MET-4)."""

_ZERO = Decimal(0)

Unit = TypeVar("Unit", bound=Hashable)
ByMetric = Mapping[str, Sequence[Cell]]
"""The rows of one shop, by metric."""


class Factors(NamedTuple):
    """What a shop had on a day, or on several together."""

    gmv: Decimal
    uv: Decimal
    buyers: Decimal


class Sums(NamedTuple):
    """What a shop had in a window."""

    gmv: Decimal | None
    """All of it; none without data."""
    days: int
    """How many days are compared by their factors."""
    factors: Factors
    """Their sums."""

    @property
    def compared(self) -> Parts:
        """What is decomposed into the factors."""
        return Parts(*self.factors) if self.days else Parts(None, None, None)

    @property
    def rest(self) -> Parts:
        """The GMV of the other days, and of rows coarser than a day: it cannot be taken apart."""
        return Parts(None if self.gmv is None else self.gmv - self.factors.gmv, None, None)


class Comparison(NamedTuple, Generic[Unit]):
    """A shop in both windows, and what made the difference."""

    unit: Unit
    before: Sums
    after: Sums
    effects: Effects


def compare(
    before: Mapping[Unit, ByMetric], after: Mapping[Unit, ByMetric], *, windows: tuple[Window, Window]
) -> list[Comparison[Unit]]:
    """The change of the GMV by shop and factor, adding up exactly (`rules.decomposition`), in the order of `before`.

    A day is compared by its factors where GMV, visitors and buyers are known of it and of the day as far behind the
    first of the other window, if that has one: else a day that lacks its visitors would pass for a day without any.
    All other GMV is in `other`.
    """
    sums = {unit: _sums(rows, after[unit], windows) for unit, rows in before.items()}
    compared = decompose(*({unit: one[side].compared for unit, one in sums.items()} for side in (0, 1)))
    rest = decompose(*({unit: one[side].rest for unit, one in sums.items()} for side in (0, 1)))
    return [
        Comparison(unit, was, now, together(parts))
        for (unit, (was, now)), *parts in zip(sums.items(), compared, rest, strict=True)
    ]


def _sums(before: ByMetric, after: ByMetric, windows: tuple[Window, Window]) -> tuple[Sums, Sums]:
    tiles = [
        tile(rows.get(GMV, ()), window, Prefer.FINEST).tiles
        for rows, window in zip((before, after), windows, strict=True)
    ]
    days = [
        _factors_by_day(of_gmv, rows, window)
        for of_gmv, rows, window in zip(tiles, (before, after), windows, strict=True)
    ]
    lengths = [window.days for window in windows]
    kept = [
        [factors for day, factors in days[side].items() if day in days[1 - side] or day >= lengths[1 - side]]
        for side in (0, 1)
    ]
    was, now = (
        Sums(
            sum((cell.value for cell in tiles[side]), _ZERO) if tiles[side] else None,
            len(kept[side]),
            Factors(*(sum(column, _ZERO) for column in zip(Factors(_ZERO, _ZERO, _ZERO), *kept[side], strict=True))),
        )
        for side in (0, 1)
    )
    return was, now


def _factors_by_day(of_gmv: Iterable[Cell], rows: ByMetric, window: Window) -> dict[int, Factors]:
    """The days that have all three, by how many days they lie behind the first."""
    uv, buyers = (
        {cell.bucket: cell.value for cell in rows.get(code, ()) if cell.grain is Grain.DAY} for code in (UV, BUYERS)
    )
    return {
        (cell.bucket - window.starts_on).days: Factors(cell.value, uv[cell.bucket], buyers[cell.bucket])
        for cell in of_gmv
        if cell.grain is Grain.DAY and cell.bucket in uv and cell.bucket in buyers
    }
