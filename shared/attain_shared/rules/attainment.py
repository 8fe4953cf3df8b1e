"""How much of its target an indicator has reached (GOAL-4, GOAL-5)."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from attain_shared.rules.interval import Interval
from attain_shared.rules.reading import Reading
from attain_shared.rules.rounding import half_up, settled

ATTAINMENT_PLACES = 6
"""Decimals an attainment is stored with (GOAL-5)."""

_ZERO, _ONE = Decimal(0), Decimal(1)


class Direction(StrEnum):
    """Which actual figures are good ones (GOAL-5)."""

    HIGHER_BETTER = "higher_better"
    LOWER_BETTER = "lower_better"
    BAND = "band"


@dataclass(frozen=True, slots=True)
class Target:
    """What an indicator is held against (GOAL-5): a target, with or without a baseline, or a band."""

    direction: Direction
    target: Decimal | None = None
    baseline: Decimal | None = None
    band_low: Decimal | None = None
    band_high: Decimal | None = None
    cap: Decimal = Decimal(2)

    @property
    def band(self) -> Interval:
        """The figures that are on target in a band (GOAL-5)."""
        if self.band_low is None or self.band_high is None:
            raise ValueError("a band needs its low and its high")
        return Interval(self.band_low, self.band_high)

    @property
    def goal(self) -> Decimal:
        """The target of an indicator that has no band (GOAL-5)."""
        if self.target is None:
            raise ValueError("an indicator needs a target")
        return self.target

    @property
    def is_rising(self) -> bool:
        """Whether a higher figure attains more (GOAL-5)."""
        return self.direction is Direction.HIGHER_BETTER


def target_problems(target: Target) -> list[tuple[str, str]]:
    """Where and why a target cannot be attained (GOAL-5); none where it can."""
    problems = []
    if target.direction is Direction.BAND:
        if target.band_low is None or target.band_high is None:
            problems.append(("/band", "a band needs low and high"))
        elif target.band_low >= target.band_high:
            problems.append(("/band/high", "the band's high must be above its low"))
    elif target.target is None:
        problems.append(("/target", "a target is needed"))
    elif target.baseline is None and target.target <= 0:
        problems.append(("/target", "a target without a baseline must be above 0"))
    elif target.target == target.baseline:
        problems.append(("/target", "the target must differ from the baseline"))
    elif target.baseline is not None and (target.target > target.baseline) is not target.is_rising:
        problems.append(("/baseline", "the way from the baseline to the target must go in the direction"))
    if target.cap <= 0:
        problems.append(("/cap", "the cap must be above 0"))
    return problems


def attainment(actual: Decimal, target: Target) -> Decimal:
    """The share of the target reached, uncapped, to 6 decimals, never below 0 (GOAL-5)."""
    return half_up(share(actual, target), ATTAINMENT_PLACES)


def attainment_interval(actual: Interval, target: Target) -> Interval:
    """The lowest and the highest attainment that figures within the bounds can have (GOAL-5, MET-5)."""
    reached = share_interval(actual, target)
    return Interval(half_up(reached.low, ATTAINMENT_PLACES), half_up(reached.high, ATTAINMENT_PLACES))


def share_interval(actual: Interval, target: Target) -> Interval:
    """The attainments within the bounds before they are rounded (GOAL-7)."""
    ends = (share(actual.low, target), share(actual.high, target))
    reaches_band = target.direction is Direction.BAND and actual.overlaps(target.band)
    return Interval(min(ends), _ONE if reaches_band else max(ends))


def share(actual: Decimal, target: Target) -> Decimal:
    """The attainment before it is rounded: what classes are told apart by (GOAL-7)."""
    if target.direction is Direction.BAND:
        band = target.band
        distance = max(band.low - actual, actual - band.high, _ZERO)
        return max(_ONE - distance / (band.high - band.low), _ZERO)
    if target.baseline is not None:
        return max((actual - target.baseline) / (target.goal - target.baseline), _ZERO)
    reached = actual / target.goal
    return max(reached if target.direction is Direction.HIGHER_BETTER else 2 - reached, _ZERO)


def growth_index(now: Reading, previous: Reading) -> Reading:
    """The growth of a figure plus 1, x / prev, to be held against 1 + g; no data where prev is missing or 0 (GOAL-4)."""
    if now.bounds is None or previous.bounds is None:
        return Reading.of(None, now.coverage)
    index = now.bounds.divide(previous.bounds)
    figure = Interval(settled(index.low), settled(index.high)) if index else None
    return Reading.of(figure, now.coverage, estimated=now.estimated or previous.estimated)
