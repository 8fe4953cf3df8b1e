"""Checking a template before it is stored: every fault with its pointer (GOAL-4 to GOAL-6)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attain_shared.errors import FieldError
from attain_shared.goals.indicator_schemas import ManualIndicator, MilestonesIndicator
from attain_shared.goals.schemas import RubricBody
from attain_shared.goals.template_models import KpiTemplate
from attain_shared.goals.template_schemas import (
    KpiTemplateCreate,
    KpiTemplateUpdate,
    TemplateGrowth,
    TemplateIndicatorRead,
    TemplateMetric,
    TemplatePeople,
)
from attain_shared.positions.kpis import complete, fault_of
from attain_shared.rules.algebra import Metric
from attain_shared.rules.attainment import Direction, Target, target_problems
from attain_shared.rules.growth import growth_target
from attain_shared.rules.rubric import Rubric, Rule, problems

Indicator = TemplateMetric | TemplateGrowth | TemplatePeople | ManualIndicator | MilestonesIndicator
_KPI: Mapping[str, Any] = dict.fromkeys(("metric", "aggregate", "against", "direction", "unit")) | {"dimension": ""}
"""What the rules of a position's KPI template look at, where a kind does not have it."""


def indicator_faults(indicators: Sequence[Indicator], metrics: Mapping[str, Metric]) -> Iterator[FieldError]:
    """What is wrong with the indicators of a template."""
    for place, indicator in enumerate(indicators):
        pointer = f"/indicators/{place}"
        is_counted = isinstance(indicator, MilestonesIndicator)
        fault = None if is_counted else fault_of(_kpi(indicator), metrics, pointer=pointer)
        if fault is not None:
            yield fault
        else:
            yield from _aim_faults(indicator, _completed(indicator, metrics)["direction"], pointer)


def stored_indicators(indicators: Sequence[Indicator], metrics: Mapping[str, Metric]) -> list[dict[str, Any]]:
    """Indicators without a fault as they are kept, with what the catalogue adds."""
    stored = []
    for indicator in indicators:
        added = {name: _completed(indicator, metrics)[name] for name in ("direction", "aggregate")}
        own = indicator.model_dump(mode="json", exclude_none=True)
        stored.append(own | {name: value for name, value in added.items() if value is not None})
    return stored


def read_indicators(stored: Iterable[Mapping[str, Any]]) -> list[TemplateIndicatorRead]:
    """Indicators as the contract shows them."""
    absent = dict.fromkeys(TemplateIndicatorRead.model_fields)
    return [TemplateIndicatorRead.model_validate({**absent, **one}) for one in stored]


def rubric_faults(data: KpiTemplateCreate | KpiTemplateUpdate, *, before: KpiTemplate | None) -> list[FieldError]:
    """A rubric is taken in the form that makes it monotone, and not beside one of the company's (GOAL-6)."""
    faults = []
    if isinstance(data.rubric, RubricBody):
        rules = tuple(Rule(one.test, one.op, one.threshold, one.score) for one in data.rubric.rules)
        found = problems(Rubric(rules, data.rubric.otherwise))
        faults = [FieldError(f"/rubric{path}", "invalid-rubric", reason) for path, reason in found]
    given = data.model_dump(exclude_unset=True)
    if all(given.get(name, getattr(before, name, None)) is not None for name in ("rubric", "rubric_id")):
        faults.append(
            FieldError("/rubric_id", "not-both", "either a rubric of the template's own or one of the company's")
        )
    return faults


def _kpi(indicator: Indicator) -> dict[str, Any]:
    return {**_KPI, **indicator.model_dump()}


def _completed(indicator: Indicator, metrics: Mapping[str, Metric]) -> dict[str, Any]:
    kpi = _kpi(indicator)
    return kpi if isinstance(indicator, MilestonesIndicator) else complete(kpi, metrics)


def _aim_faults(indicator: Indicator, direction: Direction | None, pointer: str) -> Iterator[FieldError]:
    """What can be said of a target before it is there: the rest is said when a goal is made."""
    if direction is None:
        yield FieldError(f"{pointer}/direction", "missing", "The catalogue does not say which figures are good ones.")
        return
    band = indicator.band
    if band is not None and direction is not Direction.BAND:
        yield FieldError(f"{pointer}/band", "invalid-target", "a band goes with the direction band")
    target = Target(
        direction=direction,
        target=indicator.target,
        baseline=indicator.baseline,
        band_low=band.low if band else None,
        band_high=band.high if band else None,
        cap=indicator.cap,
    )
    for path, reason in target_problems(growth_target(target) if indicator.kind == "growth" else target):
        if indicator.target is not None or path != "/target":
            yield FieldError(pointer + path, "invalid-target", reason)
