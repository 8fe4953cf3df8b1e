"""What an owner's goals of a cycle should be looked at again for, before they are confirmed (GOAL-14).

Warnings, never refusals. What the specification leaves open is decided here: a goal is late from the first day that
lies wholly behind the first fifth of its window; "nothing measurable" and "no behaviour" are said of the set, since a
single goal may well be a matter of milestones or of results alone; only what Attain measures itself can be without
data so far, as nothing is entered by hand before its time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from attain_shared.rules.attainment import Direction, Target, share
from attain_shared.rules.periods import Window
from attain_shared.rules.weights import WHOLE, total

LATE_PARTS = 5
"""A goal is to be set within this part of its window: the first fifth."""


class IndicatorKind(StrEnum):
    """Where an indicator's figure comes from (GOAL-4)."""

    METRIC = "metric"
    GROWTH = "growth"
    PEOPLE = "people"
    MANUAL = "manual"
    MILESTONES = "milestones"


MEASURED = frozenset({IndicatorKind.METRIC, IndicatorKind.GROWTH, IndicatorKind.PEOPLE})
"""The kinds that Attain measures from its own data."""


class WarningCode(StrEnum):
    """What is wrong with a set of goals (GOAL-14, GOAL-2)."""

    WEIGHTS = "weights-not-100"
    SINGLE_GOAL = "single-goal"
    NOTHING_MEASURABLE = "nothing-measurable"
    NO_BEHAVIOURS = "no-behaviours"
    LATE = "late"
    NO_DATA = "no-data"
    TARGET_BELOW_LAST = "target-below-last"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIndicator:
    """What the check needs to know of an indicator."""

    kind: IndicatorKind
    target: Target | None = None
    """None where it has none of its own, as milestones."""
    has_data: bool = True
    """Whether it could be measured so far, in this window or before it."""
    last: Decimal | None = None
    """What the last window reached, in the form that is held against the target (a growth as its index)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedGoal:
    """What the check needs to know of a goal."""

    window: Window
    weight: Decimal
    has_behaviours: bool
    """Whether it says which behaviours are expected (行为描述)."""
    indicators: Sequence[CheckedIndicator]
    confirmed_on: date | None = None


@dataclass(frozen=True, slots=True)
class GoalSetWarning:
    """Something to look at again: by the places of the goal and of its indicator, None where it is of all of them."""

    code: WarningCode
    goal: int | None = None
    indicator: int | None = None
    figures: dict[str, Decimal] = field(default_factory=dict)
    """What it was seen by: `total` of the weights; `elapsed` and `days` of a window; `target` and `last`."""


def check_goal_set(goals: Sequence[CheckedGoal], *, today: date) -> list[GoalSetWarning]:
    """Everything to look at again in an owner's goals of a cycle, first of all of them, then goal by goal (GOAL-14).

    `today` is the business day on which goals not confirmed yet would be; no goals, no warnings.
    """
    if not goals:
        return []
    warnings = [*_of_the_set(goals)]
    for place, goal in enumerate(goals):
        warnings += _of_a_goal(place, goal, goal.confirmed_on or today)
    return warnings


def _of_the_set(goals: Sequence[CheckedGoal]) -> Iterator[GoalSetWarning]:
    weight = total(goal.weight for goal in goals)
    if weight != WHOLE:
        yield GoalSetWarning(WarningCode.WEIGHTS, figures={"total": weight})
    if len(goals) == 1:
        yield GoalSetWarning(WarningCode.SINGLE_GOAL)
    if not any(indicator.kind in MEASURED for goal in goals for indicator in goal.indicators):
        yield GoalSetWarning(WarningCode.NOTHING_MEASURABLE)
    if not any(goal.has_behaviours for goal in goals):
        yield GoalSetWarning(WarningCode.NO_BEHAVIOURS)


def _of_a_goal(place: int, goal: CheckedGoal, set_on: date) -> Iterator[GoalSetWarning]:
    elapsed, days = (set_on - goal.window.starts_on).days, goal.window.days
    if elapsed * LATE_PARTS >= days:
        yield GoalSetWarning(WarningCode.LATE, place, figures={"elapsed": Decimal(elapsed), "days": Decimal(days)})
    for position, indicator in enumerate(goal.indicators):
        if indicator.kind in MEASURED and not indicator.has_data:
            yield GoalSetWarning(WarningCode.NO_DATA, place, position)
        figures = _below_last(indicator)
        if figures:
            yield GoalSetWarning(WarningCode.TARGET_BELOW_LAST, place, position, figures)


def _below_last(indicator: CheckedIndicator) -> dict[str, Decimal]:
    """The target and the figure of the last window, where that figure would attain more than 1 (GOAL-5).

    今天的最好表现是明天的最低标准. A band has no better side: nothing attains more than it.
    """
    target, last = indicator.target, indicator.last
    if target is None or last is None or target.direction is Direction.BAND or share(last, target) <= 1:
        return {}
    return {"target": target.goal, "last": last}
