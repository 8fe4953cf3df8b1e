"""The library of positions that ships (ORG-2), with GOAL-9's KPI templates: `library.json` beside this file, read once.

In the file an indicator is a metric's code, `growth:` or `people:` before it and `@` with an aggregate after it where
they are due, or the names and the unit of what is entered by hand.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from attain_shared.metrics.catalogue import ENTRIES, METRICS
from attain_shared.positions.kpis import PEOPLE_FIGURES, complete
from attain_shared.rules.algebra import Aggregate
from attain_shared.rules.attainment import Direction

LANGUAGES = ("zh", "en")
_GROWTH = {"zh": "{}增长", "en": "Growth of {}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A position in one language."""

    name: str
    duties: list[str]
    hiring_standards: dict[str, list[str]]
    kpi_template: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryPosition:
    """A position that ships."""

    code: str
    function: str
    tier: str
    grade: str
    is_key: bool
    zh: Wording
    en: Wording

    @property
    def origin(self) -> str:
        """How a position made of it is found again."""
        return f"library/{self.code}"

    def wording(self, language: str) -> Wording:
        """It in one language."""
        return self.zh if language == "zh" else self.en


def _kpi(written: str | dict[str, str], language: str) -> dict[str, Any]:
    kpi: dict[str, Any] = dict.fromkeys(("metric", "aggregate", "against", "direction", "unit")) | {"dimension": ""}
    if isinstance(written, dict):
        named = {"name": written[language], "kind": "manual", "unit": written["unit"]}
        return kpi | named | {"direction": Direction.HIGHER_BETTER}
    kind, _, rest = written.rpartition(":")
    code, _, aggregate = rest.partition("@")
    kpi |= {"kind": kind or "metric", "metric": code, "aggregate": Aggregate(aggregate) if aggregate else None}
    label = getattr((PEOPLE_FIGURES if kind == "people" else ENTRIES)[code], language)
    return complete(kpi | {"name": _GROWTH[language].format(label) if kind == "growth" else label}, METRICS)


def _wording(row: dict[str, Any], language: str) -> Wording:
    words = row[language]
    return Wording(
        name=words["name"],
        duties=words["duties"],
        hiring_standards={part: words[part] for part in ("skills", "experience", "qualities")},
        kpi_template=[_kpi(written, language) for written in row["kpis"]],
    )


def _read_library() -> dict[str, LibraryPosition]:
    rows = json.loads(files(__package__).joinpath("library.json").read_text("utf-8"))
    plain = ("code", "function", "tier", "grade", "is_key")
    return {
        row["code"]: LibraryPosition(
            **{name: row[name] for name in plain}, zh=_wording(row, "zh"), en=_wording(row, "en")
        )
        for row in rows
    }


LIBRARY: Mapping[str, LibraryPosition] = _read_library()
"""Every position that ships, by its code."""
