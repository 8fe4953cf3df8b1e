"""Whether an indicator has met its target, and where it stands while its window runs (GOAL-5, GOAL-7)."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from attain_shared.rules.algebra import Aggregate, Algebra, Metric
from attain_shared.rules.attainment import Direction, Target, share_interval
from attain_shared.rules.interval import Interval
from attain_shared.rules.pace import Pace
from attain_shared.rules.reading import Reading

ON_TRACK_FROM = Decimal(1)
"""The forecast share of the target from which an open indicator is on track (GOAL-7)."""

AT_RISK_FROM = Decimal("0.9")
"""The forecast share of the target from which an open indicator is no worse than at risk (GOAL-7)."""


class IndicatorVerdict(StrEnum):
    """What is decided about an indicator (GOAL-7)."""

    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    UNDECIDED = "undecided"
    NO_DATA = "no_data"


class IndicatorStatus(StrEnum):
    """Where an indicator or a goal stands (GOAL-7), from the worst to the best."""

    NO_DATA = "no_data"
    MISSED = "missed"
    OFF_TRACK = "off_track"
    UNDECIDED = "undecided"
    AT_RISK = "at_risk"
    ON_TRACK = "on_track"
    MET = "met"


def verdict(
    reading: Reading,
    target: Target,
    *,
    metric: Metric | None,
    aggregate: Aggregate,
    is_open: bool,
    base: Reading | None = None,
) -> IndicatorVerdict:
    """The verdict on a reading (GOAL-5, GOAL-7).

    `metric` is None for indicators that are not of a metric. `base` is what a growth is against: with days of it
    missing it may be more than is known, and the growth less (the mirror of MET-5a).
    """
    bounds = reading.bounds
    if bounds is None:
        return IndicatorVerdict.NO_DATA
    if reading.estimated:
        return IndicatorVerdict.UNDECIDED
    can_shrink = base is not None and _base_can_grow(base, metric, aggregate)
    if is_open:
        can_decide = _is_cumulative(metric, aggregate) and not can_shrink
        return _while_open(bounds, target) if can_decide else IndicatorVerdict.OPEN
    is_open_ended = not bounds.is_point or _counts_once(metric, aggregate)
    can_grow = is_open_ended and not reading.coverage.is_complete
    if can_shrink:
        return IndicatorVerdict.UNDECIDED if can_grow else _when_base_can_grow(bounds, target)
    return _when_closed(bounds, target, can_grow=can_grow)


def indicator_status(
    reading: Reading,
    target: Target,
    *,
    metric: Metric | None,
    aggregate: Aggregate,
    is_open: bool,
    pace: Pace | None,
    base: Reading | None = None,
) -> IndicatorStatus:
    """Where an indicator stands: by its forecast where it adds up, else by its attainment (GOAL-7)."""
    decided = verdict(reading, target, metric=metric, aggregate=aggregate, is_open=is_open, base=base)
    if decided is IndicatorVerdict.MISSED and is_open:
        return IndicatorStatus.OFF_TRACK
    if decided is not IndicatorVerdict.OPEN or reading.bounds is None:
        return IndicatorStatus(decided.value)
    if not _is_cumulative(metric, aggregate):
        return _class_of(reading.bounds, target)
    if has_pace(metric, aggregate) and pace is not None:
        return _class_of(Interval.point(pace.forecast), target)
    return IndicatorStatus.UNDECIDED


def goal_status(statuses: Iterable[IndicatorStatus]) -> IndicatorStatus:
    """The worst of the indicators' (GOAL-7); without indicators there is no data."""
    present = set(statuses)
    return next((status for status in IndicatorStatus if status in present), IndicatorStatus.NO_DATA)


def has_pace(metric: Metric | None, aggregate: Aggregate) -> bool:
    """Whether a figure grows day by day towards its target, so that it can be forecast (GOAL-7)."""
    is_additive = metric is not None and metric.algebra is Algebra.ADDITIVE
    return is_additive and aggregate is Aggregate.DEDUPLICATED


def _counts_once(metric: Metric | None, aggregate: Aggregate) -> bool:
    """Whether somebody counted on one day may be counted on no other: what is known is a low end (MET-5a)."""
    is_distinct = metric is not None and metric.algebra is Algebra.DISTINCT
    return is_distinct and aggregate is Aggregate.DEDUPLICATED


def _is_cumulative(metric: Metric | None, aggregate: Aggregate) -> bool:
    """Whether what is reached in a running window can no longer be lost (GOAL-7)."""
    counts = metric is not None and metric.algebra in {Algebra.ADDITIVE, Algebra.DISTINCT}
    return counts and aggregate is Aggregate.DEDUPLICATED


def _base_can_grow(base: Reading, metric: Metric | None, aggregate: Aggregate) -> bool:
    """Whether missing days may add to what a growth is against: to a sum, a count, and the ends of an interval."""
    return not base.coverage.is_complete and (base.value is None or _is_cumulative(metric, aggregate))


def _while_open(bounds: Interval, target: Target) -> IndicatorVerdict:
    """The verdict on a figure that can only grow: its low end alone is sure (GOAL-7)."""
    if target.direction is Direction.BAND:
        return IndicatorVerdict.MISSED if bounds.low > target.band.high else IndicatorVerdict.OPEN
    if target.is_rising:
        return IndicatorVerdict.MET if bounds.low >= target.goal else IndicatorVerdict.OPEN
    return IndicatorVerdict.MISSED if bounds.low > target.goal else IndicatorVerdict.OPEN


def _when_closed(bounds: Interval, target: Target, *, can_grow: bool) -> IndicatorVerdict:
    """The verdict on a closed window; with days missing neither an interval nor a distinct count has an upper end (MET-5a)."""
    if can_grow:
        is_sure = target.direction is not Direction.BAND and target.is_rising and bounds.low >= target.goal
        return IndicatorVerdict.MET if is_sure else IndicatorVerdict.UNDECIDED
    if _meets(bounds.low, target) and _meets(bounds.high, target):
        return IndicatorVerdict.MET
    return IndicatorVerdict.UNDECIDED if _may_meet(bounds, target) else IndicatorVerdict.MISSED


def _when_base_can_grow(bounds: Interval, target: Target) -> IndicatorVerdict:
    """The verdict on a growth that may be less than it seems: its high end alone is sure, the mirror of MET-5a."""
    if target.direction is Direction.BAND or _meets(bounds.high, target) is target.is_rising:
        return IndicatorVerdict.UNDECIDED
    return IndicatorVerdict.MISSED if target.is_rising else IndicatorVerdict.MET


def _meets(actual: Decimal, target: Target) -> bool:
    """Whether a figure, unrounded, is on target; x = t is (GOAL-5)."""
    if target.direction is Direction.BAND:
        return actual in target.band
    return actual >= target.goal if target.is_rising else actual <= target.goal


def _may_meet(bounds: Interval, target: Target) -> bool:
    if target.direction is Direction.BAND:
        return bounds.overlaps(target.band)
    return _meets(bounds.low, target) or _meets(bounds.high, target)


def _class_of(bounds: Interval, target: Target) -> IndicatorStatus:
    """The class of every figure within the bounds; undecided where they differ (GOAL-7, MET-5)."""
    reached = share_interval(bounds, target)
    worst, best = _class(reached.low), _class(reached.high)
    return worst if worst is best else IndicatorStatus.UNDECIDED


def _class(reached: Decimal) -> IndicatorStatus:
    if reached >= ON_TRACK_FROM:
        return IndicatorStatus.ON_TRACK
    return IndicatorStatus.AT_RISK if reached >= AT_RISK_FROM else IndicatorStatus.OFF_TRACK
