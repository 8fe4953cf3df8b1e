"""What an owner is credited with of shops held for a time, or in part (GOAL-12)."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from typing import NamedTuple

from attain_shared.rules.aggregation import read
from attain_shared.rules.algebra import Aggregate, Algebra, Metric
from attain_shared.rules.periods import Window
from attain_shared.rules.reading import Coverage, Reading
from attain_shared.rules.rounding import settled
from attain_shared.rules.tiling import Cell

_DAY = timedelta(days=1)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Holding:
    """An owner's share of a shop from one day to another, both inclusive (GOAL-12)."""

    starts_on: date
    ends_on: date
    share: Decimal


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Days on which an owner is credited with the same part of a shop."""

    window: Window
    share: Decimal


def read_owned(
    metric: Metric,
    catalogue: Mapping[str, Metric],
    cells: Iterable[Cell],
    window: Window,
    holdings: Mapping[Hashable, Sequence[Holding]],
    shops: Iterable[Hashable],
    aggregate: Aggregate,
) -> Reading:
    """The figure of a metric on the days that an owner held the shops, and of that share (GOAL-12).

    As `read` over the rows of owned days: a row that speaks for other days too cannot be told apart and is missing.
    Shares scale what adds up, its sum as its daily mean, so there a row must not reach over a change of the share
    either; the mean is over the owned days that have a row. Everything else, a ratio's parts among it, is the shop's on
    the owned days. Coverage expects the owned days. Shares of one shop on one day, of several people of a department,
    are added.

    Raises:
        RollUpRefused: where the metric's algebra forbids the roll-up over the shops owned.
    """
    credited = credit(metric, cells, window, holdings, shops)
    if credited is None:
        return Reading.of(None, Coverage(0, 0, 0))
    reading = read(metric, catalogue, credited.rows, credited.window, credited.shops, aggregate)
    return replace(reading, coverage=replace(reading.coverage, expected=credited.days))


class Credited(NamedTuple):
    """What an owner is credited with of some shops."""

    rows: list[Cell]
    """Those of owned days, scaled by the share where the metric adds up."""
    window: Window
    """From the first owned day to the last."""
    shops: list[Hashable]
    """The shops owned."""
    days: int
    """The shop-days owned."""


def credit(
    metric: Metric,
    cells: Iterable[Cell],
    window: Window,
    holdings: Mapping[Hashable, Sequence[Holding]],
    shops: Iterable[Hashable],
) -> Credited | None:
    """The rows that `read_owned` reads a figure from; none where no shop is owned on any day."""
    scales = metric.algebra is Algebra.ADDITIVE
    held = {shop: list(_stretches(holdings.get(shop, ()), window, scales=scales)) for shop in dict.fromkeys(shops)}
    owned = {shop: stretches for shop, stretches in held.items() if stretches}
    if not owned:
        return None
    first = min(stretches[0].window.starts_on for stretches in owned.values())
    last = max(stretches[-1].window.ends_on for stretches in owned.values())
    return Credited(
        rows=[row for cell in cells for row in _credited(cell, owned.get(cell.shop_id, ()))],
        window=Window(first, last),
        shops=list(owned),
        days=sum(stretch.window.days for stretches in owned.values() for stretch in stretches),
    )


class HeldSoFar(NamedTuple):
    """How much of what an owner holds in a window lies behind (GOAL-7, GOAL-12)."""

    share: Decimal
    """Of the shares held on the days of the window, that on its complete days; 0 where nothing is held."""
    days_to_come: int
    """The days behind these on which anything is held."""


def held_so_far(
    holdings: Mapping[Hashable, Sequence[Holding]], shops: Iterable[Hashable], window: Window, until: date
) -> HeldSoFar:
    """What to expect by a day of a figure that adds up, and is credited by shares: each shop's days weigh the same."""
    held = [one for shop in dict.fromkeys(shops) for one in _stretches(holdings.get(shop, ()), window, scales=True)]
    whole = sum((one.share * one.window.days for one in held), _ZERO)
    behind = sum((one.share * _days_up_to(one.window, until) for one in held), _ZERO)
    to_come = {
        day
        for one in held
        for day in range(max(one.window.starts_on, until + _DAY).toordinal(), one.window.ends_on.toordinal() + 1)
    }
    return HeldSoFar(behind / whole if whole else _ZERO, len(to_come))


def _days_up_to(window: Window, until: date) -> int:
    return max((min(window.ends_on, until) - window.starts_on).days + 1, 0)


def _credited(cell: Cell, stretches: Iterable[_Stretch]) -> Iterator[Cell]:
    """The row as the owner is credited with it; none where it speaks for days of another share, or of none."""
    for stretch in stretches:
        if stretch.window.starts_on <= cell.bucket and cell.ends_on <= stretch.window.ends_on:
            yield cell if stretch.share == 1 else cell._replace(value=(cell.value * stretch.share).normalize())


def _stretches(holdings: Sequence[Holding], window: Window, *, scales: bool) -> Iterator[_Stretch]:
    """The owned days of the window, oldest first, each stretch as long as its factor stays the same."""
    held = [
        (max(one.starts_on, window.starts_on), min(one.ends_on, window.ends_on) + _DAY, one.share)
        for one in holdings
        if one.starts_on <= window.ends_on and window.starts_on <= one.ends_on
    ]

    def factor(span: tuple[date, date]) -> Decimal:
        shares = [share for first, after, share in held if first <= span[0] < after]
        return settled(sum(shares, _ZERO)) if scales else Decimal(bool(shares))

    cuts = sorted({cut for first, after, _ in held for cut in (first, after)})
    for share, grouped in groupby(pairwise(cuts), factor):
        if share:
            spans = list(grouped)
            yield _Stretch(Window(spans[0][0], spans[-1][1] - _DAY), share)
