"""The goal-set check (GOAL-14)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.attainment import Direction, Target
from attain_shared.rules.goal_set import (
    CheckedGoal,
    CheckedIndicator,
    GoalSetWarning,
    IndicatorKind,
    WarningCode,
    check_goal_set,
)
from attain_shared.rules.periods import Window
from tests.unit.rules.support import JULY, D, july

HIGHER, LOWER, BAND = Direction
MEASURED = CheckedIndicator(kind=IndicatorKind.METRIC, target=Target(HIGHER, D(100)), last=D(90))
MILESTONES = CheckedIndicator(kind=IndicatorKind.MILESTONES, has_data=False)
MANUAL = CheckedIndicator(kind=IndicatorKind.MANUAL, target=Target(HIGHER, D(5)), has_data=False)
GOAL = CheckedGoal(window=JULY, weight=D(50), has_behaviours=True, indicators=[MEASURED])


def check(*goals: CheckedGoal, today: date = JULY.starts_on) -> list[GoalSetWarning]:
    return check_goal_set(goals, today=today)


def test_a_good_set_has_no_warnings_and_no_goals_have_none_either() -> None:
    assert check(GOAL, GOAL) == []
    assert check() == []


def test_a_single_goal_is_warned_of_goal_14() -> None:
    assert check(replace(GOAL, weight=D(100))) == [GoalSetWarning(WarningCode.SINGLE_GOAL)]


def test_weights_that_do_not_make_100_are_named_goal_2() -> None:
    assert check(GOAL, replace(GOAL, weight=D(40))) == [GoalSetWarning(WarningCode.WEIGHTS, figures={"total": D(90)})]


def test_a_set_is_measurable_where_attain_measures_some_of_it_goal_14() -> None:
    unmeasured = replace(GOAL, indicators=[MANUAL, MILESTONES])
    assert check(unmeasured, GOAL) == []
    assert check(unmeasured, unmeasured) == [GoalSetWarning(WarningCode.NOTHING_MEASURABLE)]


@pytest.mark.parametrize("kind", [IndicatorKind.METRIC, IndicatorKind.GROWTH, IndicatorKind.PEOPLE])
def test_what_attain_measures_is_measurable_goal_4(kind: IndicatorKind) -> None:
    goal = replace(GOAL, indicators=[MANUAL, CheckedIndicator(kind=kind)])
    assert check(goal, goal) == []


def test_only_results_and_no_behaviour_is_warned_of_goal_14() -> None:
    results_only = replace(GOAL, has_behaviours=False)
    assert check(results_only, GOAL) == []
    assert check(results_only, results_only) == [GoalSetWarning(WarningCode.NO_BEHAVIOURS)]


@pytest.mark.parametrize(
    ("window", "last_in_time"),
    [
        (JULY, july(7)),
        (Window(july(1), july(30)), july(6)),
        (Window(july(1), date(2026, 9, 30)), july(19)),
        (Window(july(6), july(10)), july(6)),
        (Window(july(6), july(6)), july(6)),
    ],
)
def test_a_goal_is_late_from_the_first_day_behind_the_first_fifth_goal_14(window: Window, last_in_time: date) -> None:
    goal = replace(GOAL, window=window)
    next_day = last_in_time + timedelta(days=1)
    late = GoalSetWarning(
        WarningCode.LATE, 1, figures={"elapsed": D((next_day - window.starts_on).days), "days": D(window.days)}
    )
    in_time = replace(goal, confirmed_on=last_in_time)
    assert check(in_time, replace(goal, confirmed_on=next_day), today=last_in_time) == [late]
    assert check(in_time, goal, today=next_day) == [late]
    assert check(goal, goal, today=last_in_time) == []


def test_an_indicator_without_data_so_far_is_named_unless_it_is_entered_by_hand_goal_14() -> None:
    silent = replace(MEASURED, has_data=False)
    found = check(GOAL, replace(GOAL, indicators=[MEASURED, silent, MANUAL, MILESTONES]))
    assert found == [GoalSetWarning(WarningCode.NO_DATA, 1, 1)]


@pytest.mark.parametrize(
    ("target", "last", "is_below"),
    [
        (Target(HIGHER, D(100)), "100", False),
        (Target(HIGHER, D(100)), "100.01", True),
        (Target(LOWER, D("0.05")), "0.05", False),
        (Target(LOWER, D("0.05")), "0.04", True),
        (Target(LOWER, D("0.05")), "0.06", False),
        (Target(HIGHER, D(20), baseline=D(10)), "21", True),
        (Target(LOWER, D(350_000), baseline=D(450_000)), "340000", True),
        (Target(LOWER, D(350_000), baseline=D(450_000)), "360000", False),
        (Target(HIGHER, D("1.20")), "1.30", True),
    ],
)
def test_the_best_of_yesterday_is_the_least_of_tomorrow_goal_14(target: Target, last: str, *, is_below: bool) -> None:
    indicator = replace(MEASURED, target=target, last=D(last))
    warning = GoalSetWarning(WarningCode.TARGET_BELOW_LAST, 0, 1, {"target": target.goal, "last": D(last)})
    found = check(replace(GOAL, indicators=[MEASURED, indicator]), GOAL)
    assert found == ([warning] if is_below else [])


def test_without_a_figure_of_the_last_window_or_a_better_side_no_target_is_below_it() -> None:
    dsr = Target(BAND, band_low=D("4.7"), band_high=D(5))
    indicators = [replace(MEASURED, target=dsr, last=D("4.9")), replace(MEASURED, last=None), MILESTONES]
    assert check(replace(GOAL, indicators=indicators), GOAL) == []


def test_warnings_are_of_the_set_first_and_then_goal_by_goal() -> None:
    bad = replace(MEASURED, has_data=False, last=D(200))
    goal = replace(GOAL, weight=D(30), has_behaviours=False, indicators=[bad])
    of_a_goal = [WarningCode.LATE, WarningCode.NO_DATA, WarningCode.TARGET_BELOW_LAST]
    found = check(goal, goal, today=july(31))
    assert [one.code for one in found] == [WarningCode.WEIGHTS, WarningCode.NO_BEHAVIOURS, *of_a_goal, *of_a_goal]
    assert [one.goal for one in found] == [None, None, 0, 0, 0, 1, 1, 1]


@given(st.integers(1, 400), st.integers(-30, 500))
def test_once_late_a_goal_stays_late_and_is_never_so_before_its_window(days: int, offset: int) -> None:
    start = date(2026, 1, 1)
    goal = replace(GOAL, window=Window(start, start + timedelta(days=days - 1)))
    today, tomorrow = (bool(check(goal, goal, today=start + timedelta(days=offset + step))) for step in (0, 1))
    assert tomorrow or not today
    assert offset > 0 or not today
