"""The KPI templates that ship (GOAL-9): the words of `templates.json` beside this file, read once.

What they measure is what the library of positions says of each position.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any
from uuid import UUID

from attain_shared.goals.template_models import KpiTemplate
from attain_shared.identifiers import new_id
from attain_shared.positions.library import LIBRARY
from attain_shared.rules.attainment import Direction

CAP = "2.0"
"""Where an attainment is cut off when it is averaged, as goals have it by default (GOAL-5)."""
_OF_KIND = {
    "metric": ("metric", "aggregate", "dimension"),
    "growth": ("metric", "aggregate", "dimension", "against"),
    "people": ("metric",),
    "manual": ("name", "unit"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A template in one language."""

    name: str
    title: str
    behaviours: str
    standards: dict[str, str] | None
    indicators: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedTemplate:
    """A template that ships."""

    origin: str
    function: str
    weight: Decimal
    zh: Wording
    en: Wording

    def copy_for(self, company_id: UUID) -> KpiTemplate:
        """A company's own copy, in Chinese, for it to change."""
        words = self.zh
        return KpiTemplate(
            company_id=company_id,
            id=new_id(),
            name=words.name,
            function=self.function,
            title=words.title,
            behaviours=words.behaviours,
            standards=words.standards,
            weight=self.weight,
            ignore_missing=False,
            indicators=words.indicators,
            origin=self.origin,
        )


def _indicator(kpi: Mapping[str, Any]) -> dict[str, Any]:
    """An indicator of the library as templates keep it."""
    kept = {name: kpi[name] for name in _OF_KIND[kpi["kind"]]}
    measured = {"attribution": "whole"} if kpi["kind"] in {"metric", "growth"} else {}
    aim = {"direction": kpi["direction"] or Direction.HIGHER_BETTER, "cap": CAP}
    return {"kind": kpi["kind"]} | kept | measured | aim


def _wording(row: Mapping[str, Any], language: str) -> Wording:
    words = row[language]
    return Wording(
        name=words["name"],
        title=words["title"],
        behaviours=words["behaviours"],
        standards=words.get("standards"),
        indicators=[_indicator(kpi) for kpi in LIBRARY[row["position"]].wording(language).kpi_template],
    )


def _read_templates() -> Mapping[str, ShippedTemplate]:
    rows = json.loads(files(__package__).joinpath("templates.json").read_text("utf-8"))
    return {
        row["origin"]: ShippedTemplate(
            origin=row["origin"],
            function=LIBRARY[row["position"]].function,
            weight=Decimal(row["weight"]),
            zh=_wording(row, "zh"),
            en=_wording(row, "en"),
        )
        for row in rows
    }


SHIPPED: Mapping[str, ShippedTemplate] = _read_templates()
"""Every template that ships, by its code."""
