"""Day rows summed up by month, and what can be told from the months alone (MET-5, MET-5a, MET-8).

Which days have a row is kept as a set of bits, so that what was left out of a sum is known, and no figure is told from
months that the rows themselves would not give: there `NotEnough` is raised.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from attain_shared.rules.periods import Grain, Window
from attain_shared.rules.tiling import COARSENESS, Cell, Prefer

_COVERED, _TILE = 1 << 40, 1 << 20
"""What a day covered and a row weigh in the merit of a cover, where a provisional day weighs 1: no window is so long
that the lesser could outdo the greater."""


class NotEnough(Exception):
    """The months do not tell the figure: its rows have to be read."""


class Month(NamedTuple):
    """The day rows of one metric and shop in a month, summed up (MET-2); a tuple, since a recompute makes a million.

    `total` and `largest` are of all the rows, `last` is the value of the last day that has one. `days` has a bit for
    each day with a row, the first of the month the lowest; `provisional` those of them that are still counted.
    """

    first: date
    total: Decimal
    largest: Decimal
    last: Decimal
    days: int
    provisional: int


def summarise(first: date, cells: Iterable[Cell]) -> Month:
    """The month that starts on `first` of a series, out of its day rows in it: at least one, each day once (MET-2)."""
    rows = sorted(cells, key=lambda cell: cell.bucket)
    values = [cell.value for cell in rows]
    return Month(
        first,
        total=sum(values, Decimal(0)),
        largest=max(values),
        last=values[-1],
        days=_bits(first, rows),
        provisional=_bits(first, (cell for cell in rows if cell.is_provisional)),
    )


def without(month: Month, cells: Iterable[Cell]) -> Month:
    """The month less some of its day rows, such as today's and later ones (GOAL-7): for what adds up.

    `largest` and `last` stay those of the whole month.
    """
    rows = list(cells)
    gone = _bits(month.first, rows)
    return month._replace(
        total=month.total - sum((cell.value for cell in rows), Decimal(0)),
        days=month.days & ~gone,
        provisional=month.provisional & ~gone,
    )


class Row(NamedTuple):
    """A row of a week, a month or a quarter, and the days of a window it speaks for, as bits."""

    cell: Cell
    days: int

    @property
    def starts(self) -> int:
        """Its first day's place in the window."""
        return (self.days & -self.days).bit_length() - 1

    @property
    def provisional(self) -> int:
        """The days it speaks for provisionally (MET-8)."""
        return self.days if self.cell.is_provisional else 0


class Cover(NamedTuple):
    """What `tile` would choose (MET-5a): coarser rows, and day rows (`by_day`) beside them.

    `days` are all the days spoken for, `provisional` those spoken for provisionally (MET-8).
    """

    rows: tuple[Row, ...]
    by_day: int
    days: int
    provisional: int

    @property
    def tiles(self) -> int:
        """How many rows they are."""
        return len(self.rows) + self.by_day.bit_count()


@dataclass(frozen=True, slots=True)
class Series:
    """The months and coarser rows of one metric and shop in a window, their days as bits from its first day on.

    What covers it is found once, however many figures are read from it.
    """

    window: Window
    months: Sequence[tuple[int, Month]]
    rows: Sequence[Row]
    days: int
    provisional: int
    _covers: dict[tuple[bool, int], Cover] = field(default_factory=dict, init=False, repr=False, compare=False)
    _amounts: dict[tuple[bool, int], tuple[Decimal, Decimal]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def within(cls, window: Window, months: Iterable[Month], coarser: Iterable[Cell]) -> "Series":
        """What lies in the window; months that have no day in it are left aside, and rows that reach out of it.

        Raises:
            NotEnough: where a month has days within and without.
        """
        start = window.starts_on.toordinal()
        whole = (1 << window.days) - 1
        inside: list[tuple[int, Month]] = []
        days = provisional = 0
        for month in months:
            offset = month.first.toordinal() - start
            moved = month.days << offset if offset >= 0 else month.days >> -offset
            present = moved & whole
            if present:
                if present != moved or (offset < 0 and month.days & ((1 << -offset) - 1)):
                    raise NotEnough
                inside.append((present, month))
                days |= present
                if month.provisional:
                    provisional |= _moved(month.provisional, offset)
        rows = []
        for cell in coarser:
            offset, after = cell.bucket.toordinal() - start, cell.ends_on.toordinal() + 1 - start
            if offset >= 0 and after <= window.days:
                rows.append(Row(cell, (1 << after) - (1 << offset)))
        return cls(window, inside, rows, days, provisional)

    def cover(self, prefer: Prefer, allowed: int = -1) -> Cover:
        """The rows that `tile` would choose, out of those that speak for allowed days only (MET-5, MET-5a).

        Raises:
            NotEnough: where they cannot be told, or not told apart.
        """
        key = prefer is Prefer.FINEST, allowed
        known = self._covers.get(key)
        if known is None:
            known = self._covers[key] = self._find_cover(prefer, allowed)
        return known

    def amount(self, prefer: Prefer, allowed: int = -1) -> tuple[Decimal, Decimal]:
        """The sum and the largest of the values of such a cover; it must have some.

        Raises:
            NotEnough: as `cover` and `amounts` do.
        """
        key = prefer is Prefer.FINEST, allowed
        known = self._amounts.get(key)
        if known is None:
            amounts = list(self.amounts(self.cover(prefer, allowed)))
            total = sum((total for total, _ in amounts), Decimal(0))
            known = self._amounts[key] = total, max(largest for _, largest in amounts)
        return known

    def _find_cover(self, prefer: Prefer, allowed: int) -> Cover:
        days = self.days & allowed
        rows = [row for row in self.rows if not row.days & ~allowed]
        if rows and any(row.cell.grain is Grain.WEEK for row in rows):
            if self.window.is_whole_weeks:
                raise NotEnough
            rows = [row for row in rows if row.cell.grain is not Grain.WEEK]
        if not rows:
            return Cover((), days, days, days & self.provisional)
        return _best_cover(rows, days, days & self.provisional, prefer)

    def amounts(self, cover: Cover) -> Iterator[tuple[Decimal, Decimal]]:
        """The sum and the largest of the values of a cover, month by month and row by row.

        Raises:
            NotEnough: where it takes some days of a month and leaves others.
        """
        for days, month in self.months:
            taken = days & cover.by_day
            if taken == days:
                yield month.total, month.largest
            elif taken:
                raise NotEnough
        for row in cover.rows:
            yield row.cell.value, row.cell.value

    def total(self, days: int = -1) -> Decimal:
        """The sum of the day rows of some days, or of all.

        Raises:
            NotEnough: where these are some days of a month and not others.
        """
        taken = self.days & days
        if taken != self.days:
            return sum((total for total, _ in self.amounts(Cover((), taken, taken, 0))), Decimal(0))
        return sum((month.total for _, month in self.months), Decimal(0))

    @property
    def last(self) -> Decimal | None:
        """The value at the latest day; of two rows that end on it, the finer grain's (MET-3)."""
        candidates = [(row.days.bit_length(), -COARSENESS[row.cell.grain], row.cell.value) for row in self.rows]
        if self.months:
            days, month = max(self.months, key=lambda placed: placed[0])
            candidates.append((days.bit_length(), 0, month.last))
        return max(candidates)[2] if candidates else None


def _best_cover(rows: Iterable[Row], days: int, provisional: int, prefer: Prefer) -> Cover:
    """Weighted interval scheduling as `tile` does it, from one end or start of a coarser row to the next.

    Between two of them the day rows are all taken or none: days not spoken for otherwise are always worth taking.
    """
    by_span, days = _one_per_span(rows, days, provisional)
    tile = _TILE if prefer is Prefer.FINEST else -_TILE
    cuts = sorted(
        {0, days.bit_length(), *(span.bit_length() for span in by_span), *(r.starts for r in by_span.values())}
    )
    best: dict[int, tuple[int, tuple[Row, ...]]] = {0: (0, ())}
    for before, cut in pairwise(cuts):
        beside = days & ((1 << cut) - (1 << before))
        merit, chosen = best[before]
        merit += beside.bit_count() * (_COVERED + tile) - (beside & provisional).bit_count()
        options = [(merit, chosen)]
        for row in by_span.values():
            if row.days.bit_length() == cut:
                merit, chosen = best[row.starts]
                merit += row.days.bit_count() * _COVERED + tile - row.provisional.bit_count()
                options.append((merit, (*chosen, row)))
        options.sort(key=lambda option: option[0])
        if len(options) > 1 and options[-1][0] == options[-2][0]:
            raise NotEnough
        best[cut] = options[-1]
    chosen = best[cuts[-1]][1]
    spoken_for = sum(row.days for row in chosen)
    by_day = days & ~spoken_for
    return Cover(chosen, by_day, days | spoken_for, by_day & provisional | sum(row.provisional for row in chosen))


def _one_per_span(rows: Iterable[Row], days: int, provisional: int) -> tuple[dict[int, Row], int]:
    """Of rows that speak for the same days the final one, then the finer: as `tile` chooses between equal coverings."""
    by_span: dict[int, Row] = {}
    for row in sorted(rows, key=lambda row: (row.cell.is_provisional, COARSENESS[row.cell.grain])):
        if row.days.bit_count() == 1 and row.days & days:
            if row.provisional or not row.days & provisional:
                continue
            days &= ~row.days
        by_span.setdefault(row.days, row)
    return by_span, days


def _bits(first: date, rows: Iterable[Cell]) -> int:
    return sum(1 << (cell.bucket - first).days for cell in rows)


def _moved(days: int, offset: int) -> int:
    return days << offset if offset >= 0 else days >> -offset
