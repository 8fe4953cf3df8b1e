"""Indicators of each kind: what is wrong with one, and how it is kept (GOAL-4, GOAL-5)."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from attain_api.goals.draft import Draft, Known
from attain_shared.errors import FieldError
from attain_shared.goals.indicator_schemas import (
    Aim,
    GrowthIndicator,
    IndicatorCreate,
    ManualIndicator,
    Measured,
    PeopleIndicator,
)
from attain_shared.goals.models import Indicator
from attain_shared.metrics.push import is_dimension
from attain_shared.positions.kpis import PEOPLE_FIGURES
from attain_shared.rules.algebra import RollUpRefused, check_aggregate
from attain_shared.rules.attainment import Direction, Target, target_problems
from attain_shared.rules.growth import growth_target
from attain_shared.rules.periods import Window

ROLL_UP_REFUSED = "roll-up-refused"
"""The code the contract names for a roll-up that does not fit the metric."""
SEVERAL = 2
"""As many parts as any number of them: what a roll-up is asked about for a set of items, which may grow."""


def indicator_faults(draft: Draft, known: Known) -> Iterator[FieldError]:
    """What is wrong with a goal's indicators."""
    for index, indicator in enumerate(draft.indicators):
        place = f"/indicators/{index}"
        if isinstance(indicator, Measured):
            yield from _measured_faults(indicator, place, known)
            yield from curve_faults(indicator.daily_curve, draft.window, place)
        elif isinstance(indicator, PeopleIndicator):
            yield from _people_faults(indicator, place, draft, known)
        yield from _target_faults(indicator, place)


def _measured_faults(indicator: Measured, place: str, known: Known) -> Iterator[FieldError]:
    held = known.held_by(indicator)
    seen = known.shops if held is None else known.shops.union(held.shop_ids)
    for position, shop_id in enumerate(indicator.shop_ids):
        if shop_id not in seen:
            yield FieldError(f"{place}/shop_ids/{position}", "unknown-shop", "no such shop")
        elif shop_id in indicator.shop_ids[:position]:
            yield FieldError(f"{place}/shop_ids/{position}", "duplicate", "named twice")
    if indicator.dimension and not is_dimension(indicator.dimension):
        detail = "must be empty, item:<id>, channel:<code> or terminal:<pc|wireless>"
        yield FieldError(f"{place}/dimension", "invalid-dimension", detail)
    yield from _item_set_faults(indicator, place, known)
    entry = known.entries.get(indicator.metric)
    if entry is None:
        yield FieldError(f"{place}/metric", "unknown-metric", f"no metric {indicator.metric} in the catalogue")
        return
    parts = len(indicator.shop_ids) if indicator.item_set is None else SEVERAL
    try:
        check_aggregate(entry.metric, indicator.aggregate or entry.metric.default_aggregate, parts)
    except RollUpRefused as refusal:
        several = "shop_ids" if indicator.item_set is None else "item_set"
        yield FieldError(f"{place}/{'aggregate' if indicator.aggregate else several}", ROLL_UP_REFUSED, str(refusal))


def _item_set_faults(indicator: Measured, place: str, known: Known) -> Iterator[FieldError]:
    """A set is of one shop, and takes the place of a dimension (MET-2)."""
    if indicator.item_set is None:
        return
    item_set = known.item_sets.get(indicator.item_set)
    if indicator.dimension:
        yield FieldError(f"{place}/dimension", "not-both", "either a dimension or a set of items")
    if item_set is None:
        yield FieldError(f"{place}/item_set", "unknown-item-set", "no such item set of these shops")
    elif indicator.shop_ids != [item_set.shop_id]:
        yield FieldError(f"{place}/shop_ids", "not-the-shop-of-the-set", "a set's own shop is the only one")


def curve_faults(weights: list[Any] | None, window: Window, place: str) -> Iterator[FieldError]:
    """A daily curve has one weight a day, and not all of them are nothing (GOAL-7)."""
    if weights is None:
        return
    if len(weights) != window.days:
        detail = f"{len(weights)} weights for {window.days} days"
        yield FieldError(f"{place}/daily_curve", "invalid-curve", detail)
    elif not any(weights):
        yield FieldError(f"{place}/daily_curve", "invalid-curve", "some day must weigh something")


def _people_faults(indicator: PeopleIndicator, place: str, draft: Draft, known: Known) -> Iterator[FieldError]:
    """A department's figures are for whoever sees them (ORG-5): a goal of one's own does not open any other's."""
    named = indicator.department_id
    if named is None:
        if draft.owner.person_id is not None:
            yield FieldError(f"{place}/department_id", "missing", "a person's goal says whose people it is about")
    elif named not in known.departments and named not in {
        draft.owner.department_id,
        _department_held(indicator, known),
    }:
        yield FieldError(f"{place}/department_id", "unknown-department", "no such department, or not yours to measure")


def _department_held(indicator: PeopleIndicator, known: Known) -> UUID | None:
    held = known.held_by(indicator)
    return None if held is None else held.department_id


def _target_faults(indicator: IndicatorCreate, place: str) -> Iterator[FieldError]:
    is_growth = isinstance(indicator, GrowthIndicator)
    target = _target(indicator)
    for path, reason in target_problems(growth_target(target) if is_growth else target):
        yields_nothing = is_growth and path == "/target" and target.target is not None and target.baseline is None
        detail = "a growth without a baseline must be above -1" if yields_nothing else reason
        yield FieldError(place + path, "invalid-target", detail)
    if indicator.band is not None and target.direction is not Direction.BAND:
        yield FieldError(f"{place}/band", "invalid-target", "a band goes with the direction band")


def _direction(indicator: IndicatorCreate) -> Direction:
    if isinstance(indicator, PeopleIndicator):
        return indicator.direction or PEOPLE_FIGURES[indicator.metric].direction
    return indicator.direction


def _target(indicator: IndicatorCreate) -> Target:
    return Target(
        direction=_direction(indicator),
        target=indicator.target,
        baseline=indicator.baseline,
        band_low=indicator.band.low if indicator.band else None,
        band_high=indicator.band.high if indicator.band else None,
        cap=indicator.cap,
    )


def indicator_columns(indicator: IndicatorCreate, *, department_id: UUID | None, known: Known) -> dict[str, Any]:
    """Every column that follows from what a client sends; `department_id` is the owning department's."""
    return {
        "kind": indicator.kind,
        "direction": _direction(indicator).value,
        **_aim_columns(indicator),
        **_measured_columns(indicator, known),
        **_people_columns(indicator, department_id),
        "name": indicator.name if isinstance(indicator, ManualIndicator) else None,
        "unit": indicator.unit if isinstance(indicator, ManualIndicator) else None,
    }


def measures_the_same(row: Indicator, wanted: IndicatorCreate) -> bool:
    """Whether an indicator is to go on measuring what it does, over no other shops or people."""
    if isinstance(wanted, Measured):
        same = (row.metric, row.dimension, row.item_set_id) == (wanted.metric, wanted.dimension, wanted.item_set)
        return same and set(wanted.shop_ids) <= set(row.shop_ids)
    if isinstance(wanted, PeopleIndicator):
        return (row.metric, row.department_id) == (wanted.metric, wanted.department_id or row.department_id)
    return True


def _aim_columns(aim: Aim) -> dict[str, Any]:
    return {
        "target": aim.target,
        "baseline": aim.baseline,
        "band_low": aim.band.low if aim.band else None,
        "band_high": aim.band.high if aim.band else None,
        "cap": aim.cap,
    }


def _measured_columns(indicator: IndicatorCreate, known: Known) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "metric": None,
        "metric_version": None,
        "aggregate": None,
        "dimension": "",
        "item_set_id": None,
        "item_dimensions": None,
        "against": indicator.against.value if isinstance(indicator, GrowthIndicator) else None,
        "attribution": "whole",
        "daily_curve": None,
        "shop_ids": [],
    }
    if isinstance(indicator, Measured):
        entry = known.entries[indicator.metric]
        item_set = known.item_sets[indicator.item_set] if indicator.item_set is not None else None
        columns |= {
            "metric": indicator.metric,
            "metric_version": entry.version,
            "aggregate": (indicator.aggregate or entry.metric.default_aggregate).value,
            "dimension": indicator.dimension,
            "item_set_id": indicator.item_set,
            "item_dimensions": [f"item:{item_id}" for item_id in item_set.item_ids] if item_set else None,
            "attribution": indicator.attribution,
            "daily_curve": indicator.daily_curve,
            "shop_ids": indicator.shop_ids,
        }
    return columns


def _people_columns(indicator: IndicatorCreate, department_id: UUID | None) -> dict[str, Any]:
    if not isinstance(indicator, PeopleIndicator):
        return {"department_id": None}
    return {"metric": indicator.metric, "department_id": indicator.department_id or department_id}
