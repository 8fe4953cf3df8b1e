"""The metric catalogue that ships (MET-4): `catalogue.csv` beside this file, read once."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from attain_shared.rules.algebra import Aggregate, Algebra, Better, Metric, OverShops, parse_expression


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A metric with what people call it: labels and the header names under which exports print it."""

    metric: Metric
    zh: str
    en: str
    aliases: tuple[str, ...]
    version: int | None = None
    """Of a metric that a company has declared itself; none where it ships."""


_OVER_SHOPS = {
    "sum": (OverShops.SUM, None),
    "bounds": (OverShops.BOUNDS, None),
    "as over time": (OverShops.POOLED, None),
    "refuse": (OverShops.REFUSED, None),
    "mean by reviews": (OverShops.WEIGHTED_MEAN, "reviews"),
}


def _entry(row: dict[str, str]) -> CatalogueEntry:
    over_shops, weight = _OVER_SHOPS[row["over_shops"]]
    metric = Metric(
        code=row["code"],
        unit=row["unit"],
        algebra=Algebra(row["algebra"]),
        over_shops=over_shops,
        over_shops_weight=weight,
        numerator=parse_expression(row["numerator"]),
        denominator=parse_expression(row["denominator"]),
        default_aggregate=Aggregate(row["default_aggregate"] or Aggregate.DEDUPLICATED),
        better=Better(row["better"]),
    )
    aliases = tuple(alias for alias in row["aliases"].split("|") if alias)
    return CatalogueEntry(metric=metric, zh=row["zh"], en=row["en"], aliases=aliases)


def _read_entries() -> dict[str, CatalogueEntry]:
    text = files(__package__).joinpath("catalogue.csv").read_text("utf-8")
    return {entry.metric.code: entry for entry in map(_entry, csv.DictReader(text.splitlines()))}


ENTRIES: Mapping[str, CatalogueEntry] = _read_entries()
"""Every shipped metric by its code."""

METRICS: Mapping[str, Metric] = {code: entry.metric for code, entry in ENTRIES.items()}
"""The declarations alone, as the rules want them."""
