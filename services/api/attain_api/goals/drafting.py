"""Checking a goal before it is stored: every fault with its pointer (GOAL-1, GOAL-2, GOAL-5, GOAL-6)."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from attain_api.goals.owners import OwnerKey
from attain_shared.errors import FieldError, Invalid
from attain_shared.goals.models import Cycle, Goal
from attain_shared.goals.schemas import IndicatorCreate, RubricBody
from attain_shared.metrics.push import is_dimension
from attain_shared.rules.algebra import Aggregate, Metric, RollUpRefused, check_aggregate
from attain_shared.rules.attainment import Target, target_problems
from attain_shared.rules.periods import Window
from attain_shared.rules.rubric import Rubric, Rule, problems

ROLL_UP_REFUSED = "roll-up-refused"
"""The code the contract names for a roll-up that does not fit the metric."""


def refuse(faults: list[FieldError]) -> None:
    """Refuse the input if anything is wrong with it; a forbidden roll-up gives the problem its code."""
    if faults:
        code = ROLL_UP_REFUSED if any(fault.code == ROLL_UP_REFUSED for fault in faults) else None
        raise Invalid("the goal cannot be taken; see errors", errors=faults, code=code)


def window_faults(window: tuple[object, object], cycle: Cycle) -> Iterator[FieldError]:
    """A goal's window lies inside its cycle."""
    starts_on, ends_on = window
    if not cycle.starts_on <= starts_on <= cycle.ends_on:  # type: ignore[operator]
        yield FieldError("/starts_on", "outside-cycle", f"must lie in {cycle.starts_on} to {cycle.ends_on}")
    elif not starts_on <= ends_on <= cycle.ends_on:  # type: ignore[operator]
        yield FieldError("/ends_on", "outside-cycle", f"must lie in {starts_on} to {cycle.ends_on}")


def parent_faults(parent: Goal | None, *, window: Window, owner: OwnerKey) -> Iterator[FieldError]:
    """A parent is of the same or an enclosing period, and of the same or a higher level (GOAL-2)."""
    if parent is None:
        yield FieldError("/parent_id", "unknown-goal", "no such goal")
    elif not Window(parent.starts_on, parent.ends_on).encloses(window):
        detail = f"the parent runs only from {parent.starts_on} to {parent.ends_on}"
        yield FieldError("/parent_id", "window-not-enclosed", detail)
    elif _level(OwnerKey(parent.department_id, parent.person_id)) > _level(owner):
        yield FieldError("/parent_id", "wrong-level", "goals cascade from company to department to person")


def _level(owner: OwnerKey) -> int:
    return 2 if owner.person_id else 1 if owner.department_id else 0


def indicator_faults(
    indicators: list[IndicatorCreate], *, known_shops: set[UUID], metrics: Mapping[str, Metric]
) -> Iterator[FieldError]:
    """What is wrong with a goal's indicators."""
    for index, indicator in enumerate(indicators):
        place = f"/indicators/{index}"
        for position, shop_id in enumerate(indicator.shop_ids):
            if shop_id not in known_shops:
                yield FieldError(f"{place}/shop_ids/{position}", "unknown-shop", "no such shop")
            elif shop_id in indicator.shop_ids[:position]:
                yield FieldError(f"{place}/shop_ids/{position}", "duplicate", "named twice")
        yield from _metric_faults(indicator, place, metrics)
        if indicator.dimension and not is_dimension(indicator.dimension):
            detail = "must be empty, item:<id>, channel:<code> or terminal:<pc|wireless>"
            yield FieldError(f"{place}/dimension", "invalid-dimension", detail)
        for path, reason in target_problems(target_of_draft(indicator)):
            yield FieldError(place + path, "invalid-target", reason)
        if indicator.band is not None and indicator.direction != "band":
            yield FieldError(f"{place}/band", "invalid-target", "a band goes with the direction band")


def _metric_faults(indicator: IndicatorCreate, place: str, metrics: Mapping[str, Metric]) -> Iterator[FieldError]:
    metric = metrics.get(indicator.metric)
    if metric is None:
        yield FieldError(f"{place}/metric", "unknown-metric", f"no metric {indicator.metric} in the catalogue")
        return
    try:
        check_aggregate(metric, indicator.aggregate or metric.default_aggregate, len(indicator.shop_ids))
    except RollUpRefused as refusal:
        field = "aggregate" if indicator.aggregate else "shop_ids"
        yield FieldError(f"{place}/{field}", ROLL_UP_REFUSED, str(refusal))


def target_of_draft(indicator: IndicatorCreate) -> Target:
    """An indicator's target, as the rules want it."""
    return Target(
        direction=indicator.direction,
        target=indicator.target,
        baseline=indicator.baseline,
        band_low=indicator.band.low if indicator.band else None,
        band_high=indicator.band.high if indicator.band else None,
        cap=indicator.cap,
    )


def aggregate_of_draft(indicator: IndicatorCreate, metrics: Mapping[str, Metric]) -> Aggregate:
    """How the window is formed: as asked, else as the catalogue says (MET-5a)."""
    return indicator.aggregate or metrics[indicator.metric].default_aggregate


def rubric_faults(body: RubricBody | None) -> Iterator[FieldError]:
    """A rubric is taken only in the form that makes it monotone (GOAL-6)."""
    if body is not None:
        rules = tuple(Rule(rule.test, rule.op, rule.threshold, rule.score) for rule in body.rules)
        for path, reason in problems(Rubric(rules, body.otherwise)):
            yield FieldError(f"/rubric{path}", "invalid-rubric", reason)


def stored_rubric(body: RubricBody | None) -> dict[str, object] | None:
    """A rubric as it is kept: decimals as text."""
    return body.model_dump(mode="json") if body is not None else None
