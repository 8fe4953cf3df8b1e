"""Why an attainment differs from an earlier one: business went on, or the platform restated its figures (GOAL-8)."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from attain_shared.rules.tiling import Cell


class Restatement(NamedTuple):
    """A row of days that were over, as it was known, and as it is known since."""

    before: Cell
    after: Cell


class Split(NamedTuple):
    """A change of a figure, in two parts that add up to it exactly; None where a side of it has no data."""

    business: Decimal | None
    restated: Decimal | None
    change: Decimal | None


def restatements(then: Iterable[Cell], now: Iterable[Cell], *, day_then: date) -> Iterator[Restatement]:
    """The rows restated between two instants, in the order of `then` (GOAL-8, MET-7).

    `then` and `now` are the rows as known at the two, one of a key each; `day_then` is the business day of the first.
    A row was restated where it was known then, speaks for the same days, which were all over, and has another value:
    a provisional row of such a day, too. All else is business: rows that came later, also of days long over; the day
    that was still running; a to-date row that has moved on to a later day, in which the two cannot be told apart.
    """
    known = {_key(cell): cell for cell in now}
    for cell in then:
        later = known.get(_key(cell))
        if later is not None and cell.ends_on == later.ends_on < day_then and cell.value != later.value:
            yield Restatement(cell, later)


def restated_only(then: Iterable[Cell], now: Iterable[Cell], *, day_then: date) -> list[Cell]:
    """The rows as known at an earlier instant, those restated since as they are known now (GOAL-8).

    A figure evaluated from them lies between the two: up to it the change is restated data, from it on business.
    """
    rows = list(then)
    restated = {_key(cell): cell for _, cell in restatements(rows, now, day_then=day_then)}
    return [restated.get(_key(cell), cell) for cell in rows]


def split(first: Decimal | None, restated: Decimal | None, last: Decimal | None) -> Split:
    """The change from a figure to a later one, by way of the one evaluated from `restated_only` (GOAL-8)."""
    return Split(
        business=_difference(last, restated), restated=_difference(restated, first), change=_difference(last, first)
    )


def _key(cell: Cell) -> tuple[object, ...]:
    """What makes two rows versions of one (MET-2)."""
    return cell.shop_id, cell.metric, cell.grain, cell.bucket


def _difference(later: Decimal | None, earlier: Decimal | None) -> Decimal | None:
    return None if later is None or earlier is None else later - earlier
