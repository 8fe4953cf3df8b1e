"""Which rows of one shop and metric speak for a period, each day once (MET-5, MET-5a)."""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain, Window, bucket_end

COARSENESS = {grain: rank for rank, grain in enumerate(Grain)}
"""Grains by length."""

_MONTHLY = frozenset({Grain.DAY, Grain.MONTH, Grain.QUARTER})
_WEEKLY = frozenset({Grain.DAY, Grain.WEEK})


class Cell(NamedTuple):
    """The present row of a key (MET-2); a tuple, since a reading is made of thousands."""

    shop_id: Hashable
    metric: str
    grain: Grain
    bucket: date
    value: Decimal
    finality: Finality
    through: date | None = None

    @property
    def ends_on(self) -> date:
        """The last day it speaks for: `through` of a to-date row, else the bucket's last (MET-5a)."""
        return self.through or bucket_end(self.bucket, self.grain)

    @property
    def days(self) -> int:
        """How many days it speaks for."""
        return (self.ends_on - self.bucket).days + 1

    @property
    def ordinals(self) -> range:
        """The days it speaks for, as day numbers: cheap to compare by the hundred."""
        return range(self.bucket.toordinal(), self.ends_on.toordinal() + 1)

    @property
    def is_provisional(self) -> bool:
        """Whether the platform is still counting (MET-2, MET-8)."""
        return self.finality is Finality.REALTIME


class Prefer(StrEnum):
    """What decides between tilings of as many days (MET-5, MET-5a)."""

    FINEST = "finest"
    COARSEST = "coarsest"


class Tiling(NamedTuple):
    """The rows that speak for a period, oldest first, and the days they cover (MET-8)."""

    tiles: tuple[Cell, ...]
    days_present: int
    provisional_days: int


EMPTY = Tiling((), 0, 0)
"""No row speaks for any day of the period."""


def within(cells: Iterable[Cell], window: Window) -> list[Cell]:
    """The rows whose days all lie in a window: the others tell nothing about it (MET-5)."""
    return [cell for cell in cells if window.starts_on <= cell.bucket and cell.ends_on <= window.ends_on]


def tile(cells: Iterable[Cell], window: Window, prefer: Prefer) -> Tiling:
    """The rows that cover the most days of a window, none twice (MET-5, MET-5a).

    Between coverings of as many days, `finest` takes the one of more rows (complete days win over a month, for what
    adds up) and `coarsest` the one of fewer (for what does not). A row counts where all its days lie in the window.
    """
    usable = within(cells, window)
    if all(cell.grain is Grain.DAY for cell in usable):
        usable.sort(key=lambda cell: cell.bucket)
        return Tiling(tuple(usable), len(usable), sum(cell.is_provisional for cell in usable))
    best = _tile_with(_MONTHLY, usable, prefer)
    if window.is_whole_weeks and any(cell.grain is Grain.WEEK for cell in usable):
        best = max(best, _tile_with(_WEEKLY, usable, prefer), key=lambda tiling: _merit(tiling, prefer))
    return best


def _tile_with(grains: frozenset[Grain], usable: Sequence[Cell], prefer: Prefer) -> Tiling:
    """The best tiling out of rows of the given grains: weeks and months overlap in part and never mix (MET-5a)."""
    cells = [cell for cell in usable if cell.grain in grains]
    cells.sort(key=lambda cell: (cell.ends_on, cell.bucket, COARSENESS[cell.grain]))
    if any(after.bucket <= before.ends_on for before, after in pairwise(cells)):
        cells = _without_overlaps(cells, prefer)
    return Tiling(tuple(cells), sum(cell.days for cell in cells), sum(c.days for c in cells if c.is_provisional))


def _without_overlaps(cells: Sequence[Cell], prefer: Prefer) -> list[Cell]:
    """Weighted interval scheduling over rows sorted by their last day."""
    ends = [cell.ends_on for cell in cells]
    one = 1 if prefer is Prefer.FINEST else -1
    best = [(0, 0, 0)]
    before = []
    for index, cell in enumerate(cells):
        before.append(bisect_left(ends, cell.bucket, 0, index))
        covered, tiles, settled = best[before[index]]
        taken = (covered + cell.days, tiles + one, settled - cell.days * cell.is_provisional)
        best.append(max(best[index], taken))
    chosen = []
    position = len(cells)
    while position:
        if best[position] == best[position - 1]:
            position -= 1
        else:
            chosen.append(cells[position - 1])
            position = before[position - 1]
    return chosen[::-1]


def _merit(tiling: Tiling, prefer: Prefer) -> tuple[int, int, int]:
    one = 1 if prefer is Prefer.FINEST else -1
    return tiling.days_present, one * len(tiling.tiles), -tiling.provisional_days
