"""Which metric a column's header names: the catalogue's labels and aliases, and dated ones of their own (ING-6, MET-4).

`aliases.csv` beside this file has the headers that a platform has given another meaning: they hold for the rows of some
days only, both inclusive, an empty date being without end, and come before the catalogue. Its columns:

    header      as the export prints it
    metric      the catalogue's code
    report      shop or product; empty for both
    since       the first day, or empty
    until       the last day, or empty
    provenance  where that is known from
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import NamedTuple

from attain_shared.metrics.catalogue import CatalogueEntry
from attain_shared.rules.declarations import is_of_products_only, printed


class ReportKind(StrEnum):
    """What the rows of a report speak of."""

    SHOP = "shop"
    PRODUCT = "product"


class DatedAlias(NamedTuple):
    """What a header means in the rows of some days."""

    header: str
    metric: str
    kind: ReportKind | None
    """None for both."""
    since: date | None
    until: date | None

    def holds_on(self, day: date) -> bool:
        """Whether a row of this day is meant."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class Meaning(NamedTuple):
    """What a header means, day by day."""

    lasting: str | None
    """The metric that it means where no dated alias holds."""
    dated: tuple[DatedAlias, ...]
    is_label: bool
    """Whether it is the metric's own name, and no alias."""

    def on(self, day: date) -> str | None:
        """The metric that it means in a row of this day."""
        return next((alias.metric for alias in self.dated if alias.holds_on(day)), self.lasting)

    def metrics(self) -> frozenset[str]:
        """All that it ever means."""
        return frozenset({alias.metric for alias in self.dated} | ({self.lasting} if self.lasting else set()))


def read_aliases(text: str) -> tuple[DatedAlias, ...]:
    """The rows of a table like `aliases.csv`."""
    return tuple(
        DatedAlias(
            row["header"],
            row["metric"],
            ReportKind(row["report"]) if row["report"] else None,
            date.fromisoformat(row["since"]) if row["since"] else None,
            date.fromisoformat(row["until"]) if row["until"] else None,
        )
        for row in csv.DictReader(text.splitlines())
    )


DATED: Sequence[DatedAlias] = read_aliases(files(__package__).joinpath("aliases.csv").read_text("utf-8"))
"""Those that ship."""


class Meanings:
    """What the headers of one kind of report mean."""

    def __init__(
        self, catalogue: Mapping[str, CatalogueEntry], *, kind: ReportKind, dated: Sequence[DatedAlias] = DATED
    ) -> None:
        """Labels come before aliases, and among equals the catalogue's order decides."""
        self._lasting: dict[str, str] = {}
        self._labels: set[str] = set()
        self._dated: dict[str, list[DatedAlias]] = {}
        for code, entry in catalogue.items():
            for label in (code, entry.zh, entry.en):
                self._lasting.setdefault(printed(label), code)
        self._labels.update(self._lasting)
        for code, entry in catalogue.items():
            for alias in entry.aliases:
                if kind is ReportKind.PRODUCT or not is_of_products_only(alias):
                    self._lasting.setdefault(printed(alias), code)
        for one in dated:
            if one.kind in {None, kind} and one.metric in catalogue:
                self._dated.setdefault(printed(one.header), []).append(one)

    def of(self, header: str) -> "Meaning | None":
        """What a header means; None where it never means anything."""
        name = printed(header)
        meaning = Meaning(self._lasting.get(name), tuple(self._dated.get(name, ())), name in self._labels)
        return meaning if meaning.metrics() else None
