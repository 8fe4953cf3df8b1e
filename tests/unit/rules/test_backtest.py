from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attain_shared.rules.backtest import Backtest, backtests, candidates, choose, forecast_error, history, past_windows
from attain_shared.rules.curves import Daily, Method, given_curve, linear_curve
from attain_shared.rules.events import Calendar, Event
from attain_shared.rules.periods import Window

D = Decimal
NO_EVENTS = Calendar(())
DOUBLE_11 = Calendar(Event("double_11", date(year, 11, 11), date(year, 11, 11)) for year in range(2020, 2027))
NOVEMBER = Window(date(2025, 11, 1), date(2025, 11, 30))
FOUR_DAYS = Window(date(2026, 11, 5), date(2026, 11, 8))


def figures(first: date, last: date, figure: int = 10) -> dict[date, Decimal]:
    return {day: D(figure) for day in Window(first, last)}


def with_double_11(first_year: int, until: date, *, times: int) -> dict[date, Decimal]:
    """Days of 10 since a first of January, and each 双11 as many times that."""
    days = Window(date(first_year, 1, 1), until)
    return {day: D(10 * times if (day.month, day.day) == (11, 11) else 10) for day in days}


def test_the_end_is_forecast_at_a_quarter_a_half_and_three_quarters_goal_7() -> None:
    """Days of 1, 2, 3, 4: equal days forecast 4, 6 and 8 instead of 10."""
    values = {day: D(figure) for day, figure in zip(FOUR_DAYS, (1, 2, 3, 4), strict=True)}
    assert forecast_error(linear_curve(FOUR_DAYS), values) == D("0.4")


def test_a_day_is_the_least_that_a_forecast_is_made_after() -> None:
    """Of three days a quarter is none yet; after the first, the first and the second: 3, 3 and 4.5 instead of 6."""
    window = Window(FOUR_DAYS.starts_on, date(2026, 11, 7))
    values = {day: D(figure) for day, figure in zip(window, (1, 2, 3), strict=True)}
    error = forecast_error(linear_curve(window), values)
    assert error is not None
    assert round(error, 20) == round((D(3) + 3 + D("1.5")) / 6 / 3, 20)


def test_nothing_to_forecast_or_nothing_expected_has_no_error() -> None:
    assert forecast_error(linear_curve(FOUR_DAYS), figures(FOUR_DAYS.starts_on, FOUR_DAYS.ends_on, 0)) is None
    late = given_curve(FOUR_DAYS, [D(0), D(0), D(0), D(1)])
    assert late is not None
    assert forecast_error(late, figures(FOUR_DAYS.starts_on, FOUR_DAYS.ends_on)) is None


@pytest.mark.parametrize(
    ("window", "first", "expected"),
    [
        (NOVEMBER, date(2025, 7, 15), ["2025-10-01", "2025-09-01", "2025-08-01"]),
        (NOVEMBER, date(2020, 1, 1), [f"2025-{month:02}-01" for month in range(10, 2, -1)]),
        (Window(date(2025, 10, 1), date(2025, 12, 31)), date(2024, 12, 1), ["2025-07-01", "2025-04-01", "2025-01-01"]),
        (Window(date(2025, 1, 1), date(2025, 12, 31)), date(2023, 1, 1), ["2024-01-01", "2023-01-01"]),
        (Window(date(2025, 11, 3), date(2025, 11, 9)), date(2025, 10, 15), ["2025-10-27", "2025-10-20"]),
        (NOVEMBER, date(2025, 10, 2), []),
    ],
)
def test_past_windows_are_like_the_present_one_as_far_as_every_day_is_known_goal_7(
    window: Window, first: date, expected: list[str]
) -> None:
    found = past_windows(window, figures(first, window.starts_on))
    assert [past.starts_on.isoformat() for past in found] == expected


def test_a_month_with_a_day_missing_is_passed_over_met_8() -> None:
    values = figures(date(2025, 8, 1), date(2025, 10, 31))
    del values[date(2025, 9, 9)]
    assert [past.starts_on.month for past in past_windows(NOVEMBER, values)] == [10, 8]


def test_without_past_windows_days_weigh_the_same_and_there_is_no_error_goal_7() -> None:
    choice = choose(NOVEMBER, figures(date(2025, 11, 1), date(2025, 11, 9)), NO_EVENTS)
    assert (choice.curve, choice.error, choice.tests) == (linear_curve(NOVEMBER), None, ())


def test_a_curve_that_only_equals_linear_is_not_used_goal_7() -> None:
    """Where every day was the same, all curves are right, and equal days are the simplest of them."""
    choice = choose(NOVEMBER, figures(date(2023, 1, 1), date(2025, 10, 31)), NO_EVENTS)
    assert (choice.curve.method, choice.error) == (Method.LINEAR, D(0))
    assert {test.method: test.windows for test in choice.tests} == dict.fromkeys(
        (Method.LINEAR, Method.WEEKDAY, Method.LAST_YEAR), 8
    )


def test_last_years_curve_is_used_where_it_foresaw_double_11_goal_7() -> None:
    """Quarters that grow month by month, and a 双11 as large as a quarter: only the year before tells of both."""
    quarter = Window(date(2026, 10, 1), date(2026, 12, 31))
    flat = with_double_11(2023, date(2026, 9, 30), times=92)
    values = {day: figure * (1 + (day.month - 1) % 3) for day, figure in flat.items()}
    choice = choose(quarter, values, DOUBLE_11)
    assert choice.curve.method is Method.LAST_YEAR
    linear, best = choice.tests[0], next(test for test in choice.tests if test.method is Method.LAST_YEAR)
    assert (linear.windows, best.windows, choice.error) == (8, 8, best.error)
    assert best.error < best.linear_error == linear.error


def test_a_window_of_the_past_is_forecast_from_its_own_past_goal_7() -> None:
    """The first 双11 ever could not be foreseen: with 2024 as the first year its fourth quarter is a miss to all."""
    values = with_double_11(2024, date(2025, 9, 30), times=92)
    tests = backtests(Window(date(2025, 10, 1), date(2025, 12, 31)), values, DOUBLE_11)
    assert tests[Method.LAST_YEAR].windows == 3  # quarters of 2025: those of 2024 have no year before
    assert tests[Method.WEEKDAY].error == tests[Method.WEEKDAY].linear_error > 0


@given(st.lists(st.decimals(0, 10**6, places=2), min_size=61, max_size=61))
@settings(max_examples=25)
def test_curves_of_a_window_know_nothing_of_it_or_after_it_goal_7(unknown: list[Decimal]) -> None:
    known = {day: D(7 + day.toordinal() % 11) for day in Window(date(2024, 6, 1), date(2025, 10, 31))}
    later = {NOVEMBER.starts_on + timedelta(offset): figure for offset, figure in enumerate(unknown)}
    assert candidates(NOVEMBER, known | later, DOUBLE_11) == candidates(NOVEMBER, known, DOUBLE_11)
    assert choose(NOVEMBER, known | later, DOUBLE_11) == choose(NOVEMBER, known, DOUBLE_11)


@given(st.integers(1, 10**6), st.sampled_from([NOVEMBER, Window(date(2025, 10, 1), date(2025, 12, 31)), FOUR_DAYS]))
@settings(max_examples=10)
def test_nothing_before_the_history_of_a_window_changes_the_choice_goal_7(seed: int, window: Window) -> None:
    last = window.starts_on - timedelta(days=1)
    values = {day: D((day.toordinal() * seed + day.day) % 997) for day in Window(date(2019, 1, 1), last)}
    known = {day: values[day] for day in history(window)}
    assert choose(window, known, DOUBLE_11) == choose(window, values, DOUBLE_11)
    assert history(window).ends_on == last


def test_a_given_curve_that_beats_linear_goes_before_the_others_goal_7() -> None:
    """Weeks of which weekends bring more; the weights given are nearly right, the weekdays' exactly."""
    window = Window(date(2025, 11, 3), date(2025, 11, 9))
    values = {day: D(30 if day.weekday() >= 5 else 10) for day in Window(date(2025, 6, 2), date(2025, 11, 2))}
    nearly = [D(10)] * 5 + [D(28)] * 2
    choice = choose(window, values, NO_EVENTS, given=nearly)
    errors = {test.method: test.error for test in choice.tests}
    assert errors[Method.WEEKDAY] < errors[Method.GIVEN] < errors[Method.LINEAR]
    assert (choice.curve.method, choice.error) == (Method.GIVEN, errors[Method.GIVEN])


def test_a_given_curve_that_does_not_beat_linear_is_not_used_goal_7() -> None:
    window = Window(date(2025, 11, 3), date(2025, 11, 9))
    values = figures(date(2025, 10, 1), date(2025, 11, 2))
    choice = choose(window, values, NO_EVENTS, given=[D(5), *[D(1)] * 6])
    assert choice.curve.method is Method.LINEAR


def test_a_given_curve_that_cannot_be_tested_is_used_goal_7() -> None:
    """Of thirty-one days only: October's own weights, where no month as long is known."""
    october = Window(date(2025, 10, 1), date(2025, 10, 31))
    weights = [D(day) for day in range(1, 32)]
    for known in ({}, figures(date(2025, 9, 1), date(2025, 9, 30))):
        choice = choose(october, known, NO_EVENTS, given=weights)
        assert (choice.curve, choice.error) == (given_curve(october, weights), None)
        assert Method.GIVEN not in {test.method for test in choice.tests}


def test_given_weights_are_tried_in_the_past_windows_of_as_many_days_goal_7() -> None:
    """November's thirty weights fit September, June and April, not October."""
    tests = backtests(NOVEMBER, figures(date(2025, 3, 1), date(2025, 10, 31)), NO_EVENTS, [D(1)] * 30)
    assert (tests[Method.GIVEN].windows, tests[Method.LINEAR].windows) == (3, 8)
    with pytest.raises(ValueError, match="31 weights for 30 days"):
        choose(NOVEMBER, {}, NO_EVENTS, given=[D(1)] * 31)


def test_months_that_brought_nothing_are_no_test() -> None:
    assert choose(NOVEMBER, figures(date(2025, 1, 1), date(2025, 10, 31), 0), NO_EVENTS).tests == ()


def test_a_curve_that_is_there_in_the_past_but_not_now_is_not_used() -> None:
    """Last November is unknown: the year's curve did well in the months before, but there is none for November."""
    values: Daily = {
        day: D(1 + day.day)
        for day in Window(date(2024, 1, 1), date(2025, 10, 31))
        if not date(2024, 10, 31) < day < date(2024, 12, 1)
    }
    assert Method.LAST_YEAR in backtests(NOVEMBER, values, NO_EVENTS)
    choice = choose(NOVEMBER, values, NO_EVENTS)
    assert choice.curve.method is not Method.LAST_YEAR
    assert Method.LAST_YEAR not in {test.method for test in choice.tests}


@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(30, 700))
@settings(max_examples=60)
def test_the_choice_was_never_worse_than_linear_goal_7(seed: int, modulus: int, days: int) -> None:
    last = date(2025, 10, 31)
    values = {
        day: D((day.toordinal() * seed + day.day) % (97 * modulus)) for day in Window(last - timedelta(days), last)
    }
    choice = choose(NOVEMBER, values, DOUBLE_11)
    if choice.error is None:
        assert (choice.curve.method, choice.tests) == (Method.LINEAR, ())
        return
    chosen = next(test for test in choice.tests if test.method is choice.curve.method)
    assert chosen.error == choice.error <= chosen.linear_error
    assert chosen.method is Method.LINEAR or chosen.beats_linear


def test_errors_are_kept_to_six_decimals() -> None:
    values = {date(2025, 11, day): D(figure) for day, figure in ((5, 1), (6, 2), (7, 3))}
    tests = backtests(Window(date(2025, 11, 8), date(2025, 11, 10)), values, NO_EVENTS)
    assert tests == {Method.LINEAR: Backtest(Method.LINEAR, D("0.416667"), D("0.416667"), 1)}
