from decimal import Decimal

import pytest

from attain_shared.rules.pace import Pace, linear_pace

D = Decimal


@pytest.mark.parametrize(
    ("actual", "complete", "window", "target", "pace"),
    [
        ("300000", 10, 31, "930000", Pace(D(300000), D(0), D(30000), D(930000))),
        ("280000", 10, 31, "930000", Pace(D(300000), D(-20000), D("30952.380952380952"), D(868000))),
        ("100", 1, 3, "200", Pace(D("66.666666666667"), D("33.333333333333"), D(50), D(300))),
        ("250", 1, 3, "200", Pace(D("66.666666666667"), D("183.333333333333"), D(0), D(750))),
        ("180", 3, 3, "200", Pace(D(200), D(-20), None, D(180))),
        ("0", 2, 4, "200", Pace(D(100), D(-100), D(100), D(0))),
    ],
)
def test_the_linear_pace_weighs_every_day_the_same_goal_7(
    actual: str, complete: int, window: int, target: str, pace: Pace
) -> None:
    assert linear_pace(D(actual), complete_days=complete, window_days=window, target=D(target)) == pace


def test_there_is_no_pace_before_the_first_complete_day_goal_7() -> None:
    assert linear_pace(D(5), complete_days=0, window_days=31, target=D(100)) is None


def test_the_linear_pace_has_no_backtest() -> None:
    pace = linear_pace(D(5), complete_days=1, window_days=31, target=D(100))
    assert pace is not None
    assert (pace.method, pace.backtest_error) == ("linear", None)
