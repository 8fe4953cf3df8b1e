"""What a KPI template may measure (GOAL-9), and what the catalogue adds to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attain_shared.errors import FieldError
from attain_shared.metrics.push import is_dimension
from attain_shared.rules.algebra import Algebra, Better, Metric, RollUpRefused, check_aggregate
from attain_shared.rules.attainment import Direction

_DIRECTIONS = {Better.HIGHER: Direction.HIGHER_BETTER, Better.LOWER: Direction.LOWER_BETTER, Better.NONE: None}


@dataclass(frozen=True, slots=True)
class PeopleIndicator:
    """A figure out of Attain's own data on people (GOAL-4)."""

    zh: str
    en: str
    direction: Direction


PEOPLE_FIGURES = {
    "turnover_rate": PeopleIndicator("团队流失率", "Team turnover", Direction.LOWER_BETTER),
    "staff_growth": PeopleIndicator("员工成长", "Staff growth", Direction.HIGHER_BETTER),
}


def complete(kpi: dict[str, Any], metrics: Mapping[str, Metric]) -> dict[str, Any]:
    """An indicator with what follows from the catalogue filled in; `fault_of` has found nothing wrong with it."""
    kind, code = kpi["kind"], kpi["metric"]
    filled = dict(kpi)
    if kind == "people":
        filled["direction"] = kpi["direction"] or PEOPLE_FIGURES[code].direction
        filled["unit"] = "ratio"
    elif kind != "manual":
        metric = metrics[code]
        if metric.algebra in {Algebra.DISTINCT, Algebra.RATIO}:
            filled["aggregate"] = kpi["aggregate"] or metric.default_aggregate
        filled["direction"] = kpi["direction"] or _DIRECTIONS[metric.better]
        filled["unit"] = "ratio" if kind == "growth" else metric.unit
        filled["against"] = (kpi["against"] or "previous") if kind == "growth" else None
    return filled


def fault_of(kpi: dict[str, Any], metrics: Mapping[str, Metric], *, pointer: str) -> FieldError | None:
    """What is wrong with an indicator of a template, if anything is."""
    code = kpi["metric"]
    match kpi["kind"]:
        case "manual" if code is not None:
            return FieldError(f"{pointer}/metric", "invalid-template", "What is entered by hand names no metric.")
        case "manual" if kpi["unit"] is None:
            return FieldError(f"{pointer}/unit", "missing", "What is entered by hand says what is counted.")
        case "people" if code not in PEOPLE_FIGURES:
            return FieldError(f"{pointer}/metric", "unknown-metric", f"One of {', '.join(PEOPLE_FIGURES)}.")
        case "metric" | "growth" if code not in metrics:
            return FieldError(f"{pointer}/metric", "unknown-metric", "There is no such metric in the catalogue.")
    return _fault_of_reading(kpi, metrics, pointer=pointer)


def _fault_of_reading(kpi: dict[str, Any], metrics: Mapping[str, Metric], *, pointer: str) -> FieldError | None:
    """Only growth is against a period, and only metrics are rolled up, as far as their algebra allows."""
    if kpi["dimension"] and not is_dimension(kpi["dimension"]):
        detail = "Empty, item:<id>, channel:<code> or terminal:<pc|wireless>."
        return FieldError(f"{pointer}/dimension", "invalid-dimension", detail)
    if kpi["against"] is not None and kpi["kind"] != "growth":
        return FieldError(f"{pointer}/against", "invalid-template", "Only growth is compared with another period.")
    if kpi["aggregate"] is None:
        return None
    if kpi["kind"] not in {"metric", "growth"}:
        return FieldError(f"{pointer}/aggregate", "invalid-template", "Only metrics are rolled up.")
    try:
        check_aggregate(metrics[kpi["metric"]], kpi["aggregate"], 1)
    except RollUpRefused as error:
        return FieldError(f"{pointer}/aggregate", "roll-up-refused", str(error))
    return None
