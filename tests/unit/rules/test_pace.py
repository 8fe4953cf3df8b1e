from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.pace import Pace, linear_pace, pace

D = Decimal

LINEAR = [
    ("300000", 10, 31, "930000", Pace(D(300000), D(0), D(30000), D(930000))),
    ("280000", 10, 31, "930000", Pace(D(300000), D(-20000), D("30952.380952380952"), D(868000))),
    ("100", 1, 3, "200", Pace(D("66.666666666667"), D("33.333333333333"), D(50), D(300))),
    ("250", 1, 3, "200", Pace(D("66.666666666667"), D("183.333333333333"), D(0), D(750))),
    ("180", 3, 3, "200", Pace(D(200), D(-20), None, D(180))),
    ("0", 2, 4, "200", Pace(D(100), D(-100), D(100), D(0))),
]


@pytest.mark.parametrize(("actual", "complete", "window", "target", "expected"), LINEAR)
def test_the_linear_pace_weighs_every_day_the_same_goal_7(
    actual: str, complete: int, window: int, target: str, expected: Pace
) -> None:
    assert linear_pace(D(actual), complete_days=complete, window_days=window, target=D(target)) == expected


def test_there_is_no_pace_before_the_first_complete_day_goal_7() -> None:
    assert linear_pace(D(5), complete_days=0, window_days=31, target=D(100)) is None


def test_the_linear_pace_has_no_backtest() -> None:
    of_a_day = linear_pace(D(5), complete_days=1, window_days=31, target=D(100))
    assert of_a_day is not None
    assert (of_a_day.method, of_a_day.backtest_error) == ("linear", None)


def test_a_curve_moves_what_is_expected_and_forecast_but_spreads_the_rest_evenly_goal_7() -> None:
    """Ten days of November bring a quarter, since 双11 is still to come; today is one of the twenty remaining."""
    by_curve = pace(D(240), D(1000), share=D("0.25"), remaining_days=20, method="last_year", backtest_error=D("0.022"))
    assert by_curve == Pace(D(250), D(-10), D(38), D(960), "last_year", D("0.022"))


def test_while_nothing_was_expected_yet_there_is_no_pace_goal_7() -> None:
    assert pace(D(5), D(100), share=D(0), remaining_days=30) is None


@given(
    actual=st.decimals(0, 10**12, places=2),
    target=st.decimals(1, 10**12, places=2),
    share=st.decimals("0.001", 1, places=3),
    remaining=st.integers(1, 366),
)
def test_whoever_is_as_far_as_expected_is_forecast_to_meet_the_target_goal_7(
    actual: Decimal, target: Decimal, share: Decimal, remaining: int
) -> None:
    now = pace(actual, target, share=share, remaining_days=remaining)
    assert now is not None
    assert (now.gap >= 0) == (now.forecast >= target)
    assert now.required_per_day is not None
    assert now.required_per_day >= 0
