"""The order of a leaderboard (龙虎榜)."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key")


class Ranked(NamedTuple, Generic[Key]):
    """A place on a leaderboard; no rank without a figure."""

    rank: int | None
    key: Key
    figure: Decimal | None


def ranked(entries: Iterable[tuple[Key, Decimal | None]], *, lowest_first: bool = False) -> list[Ranked[Key]]:
    """The entries from the best figure to the worst: standard competition ranking ("1224").

    Equal figures share the best of their ranks, and the ranks after them are left out. Entries without data are last
    and have no rank: absence is not the worst figure (MET-8). What is equal stands in the order given. The highest
    figure is the best, or the lowest where a metric gets better that way (MET-4).
    """
    given = list(entries)
    figures = [(key, figure) for key, figure in given if figure is not None]
    figures.sort(key=lambda entry: entry[1], reverse=not lowest_first)
    places: list[Ranked[Key]] = []
    for place, (key, figure) in enumerate(figures, start=1):
        is_tie = bool(places) and places[-1].figure == figure
        places.append(Ranked(places[-1].rank if is_tie else place, key, figure))
    return places + [Ranked(None, key, None) for key, figure in given if figure is None]
