from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.curves import Curve, Method, given_curve, last_year_curve, linear_curve, weekday_curve
from attain_shared.rules.events import Calendar, Event, aligned
from attain_shared.rules.pace import linear_pace, pace
from attain_shared.rules.periods import Window

D = Decimal
WEEK = Window(date(2026, 11, 9), date(2026, 11, 15))
NOVEMBER = Window(date(2025, 11, 1), date(2025, 11, 30))
LAST_NOVEMBER = Window(date(2024, 11, 1), date(2024, 11, 30))
DOUBLE_11 = Calendar(Event("double_11", date(year, 11, 11), date(year, 11, 11)) for year in (2024, 2025))
NO_EVENTS = Calendar(())


def days(first: date, figures: list[int]) -> dict[date, Decimal]:
    return {first + timedelta(offset): D(figure) for offset, figure in enumerate(figures)}


def flat(window: Window, figure: int, **other: int) -> dict[date, Decimal]:
    """The same figure every day, but another on days given as `on_0911`."""
    odd = {key.removeprefix("on_"): value for key, value in other.items()}
    return {day: D(odd.get(f"{day:%m%d}", figure)) for day in window}


def weights(curve: Curve) -> list[Decimal]:
    return [after - before for before, after in pairwise((D(0), *curve.shares))]


def test_linear_days_weigh_the_same_goal_7() -> None:
    curve = linear_curve(Window(date(2026, 11, 1), date(2026, 11, 4)))
    assert (curve.method, curve.shares) == (Method.LINEAR, (D("0.25"), D("0.5"), D("0.75"), D(1)))


def test_given_days_weigh_as_they_are_given_goal_7() -> None:
    curve = given_curve(WEEK, [D(1), D(0), D(5), D(1), D(1), D(1), D(1)])
    assert curve is not None
    assert curve.shares == (D("0.1"), D("0.1"), D("0.6"), D("0.7"), D("0.8"), D("0.9"), D(1))


def test_weights_are_one_a_day() -> None:
    with pytest.raises(ValueError, match="6 weights for 7 days"):
        given_curve(WEEK, [D(1)] * 6)


def test_a_curve_whose_whole_is_0_does_not_exist_goal_7() -> None:
    assert given_curve(WEEK, [D(0)] * 7) is None
    assert last_year_curve(NOVEMBER, flat(LAST_NOVEMBER, 0), NO_EVENTS) is None


@pytest.mark.parametrize(
    ("day", "share"),
    [(date(2026, 11, 8), 0), (WEEK.starts_on, D("0.1")), (WEEK.ends_on, 1), (date(2026, 12, 1), 1)],
)
def test_before_the_window_nothing_is_expected_and_after_it_everything(day: date, share: Decimal) -> None:
    curve = given_curve(WEEK, [D(1), D(0), D(5), D(1), D(1), D(1), D(1)])
    assert curve is not None
    assert curve.share_until(day) == share


def test_last_years_double_11_comes_on_double_11_goal_7() -> None:
    """Thirty days of 10 but 双11 with 110: ten days of November bring a quarter, eleven just over a half."""
    curve = last_year_curve(NOVEMBER, flat(LAST_NOVEMBER, 10, on_1111=110), DOUBLE_11)
    assert curve is not None
    assert curve.method is Method.LAST_YEAR
    assert curve.share_until(date(2025, 11, 10)) == D("0.25")
    assert curve.share_until(date(2025, 11, 11)) == D("0.525")


def test_a_few_days_missing_last_year_weigh_the_mean_of_the_others_met_8() -> None:
    """November 24, a Sunday, speaks for two Sundays of this November: three of the thirty days lack a figure."""
    values = flat(LAST_NOVEMBER, 10, on_1111=110)
    complete = last_year_curve(NOVEMBER, values, DOUBLE_11)
    del values[date(2024, 11, 24)], values[date(2024, 11, 5)]
    assert last_year_curve(NOVEMBER, values, DOUBLE_11) == complete


@pytest.mark.parametrize("missing", [(11,), (5, 6, 7, 8)])
def test_an_event_day_or_too_many_days_missing_last_year_make_no_curve_met_8(missing: tuple[int, ...]) -> None:
    values = flat(LAST_NOVEMBER, 10, on_1111=110)
    for day in missing:
        del values[date(2024, 11, day)]
    assert last_year_curve(NOVEMBER, values, DOUBLE_11) is None


def test_a_day_that_took_money_back_weighs_nothing() -> None:
    curve = last_year_curve(NOVEMBER, flat(LAST_NOVEMBER, 10, on_1105=-500), NO_EVENTS)
    assert curve is not None
    assert min(weights(curve)) == 0
    assert curve.shares[-1] == 1


def test_weekdays_weigh_as_in_the_eight_weeks_before() -> None:
    """Weekends of 20 and weekdays of 10: a week's share is 1/9 a weekday and 2/9 a day of the weekend."""
    before = Window(WEEK.starts_on - timedelta(weeks=8), WEEK.starts_on - timedelta(days=1))
    values = {day: D(20 if day.weekday() >= 5 else 10) for day in before}
    curve = weekday_curve(WEEK, values, NO_EVENTS)
    assert curve is not None
    assert curve.method is Method.WEEKDAY
    assert [round(weight * 9, 20) for weight in weights(curve)] == [1, 1, 1, 1, 1, 2, 2]


def test_an_event_weighs_as_much_more_than_its_weekday_as_last_year() -> None:
    """Last year 双11 brought 60 among days of 10; this year's days are of 30, so it weighs as much as six of them."""
    values = flat(Window(date(2024, 10, 1), date(2024, 12, 31)), 10, on_1111=60)
    values |= flat(Window(date(2025, 9, 1), date(2025, 10, 31)), 30)
    curve = weekday_curve(NOVEMBER, values, DOUBLE_11)
    assert curve is not None
    assert round(weights(curve)[10] * 35, 20) == 6
    assert round(weights(curve)[9] * 35, 20) == 1


@pytest.mark.parametrize("values", [{}, flat(LAST_NOVEMBER, 0, on_1111=60)])
def test_an_event_that_nothing_is_known_of_weighs_like_any_day(values: Mapping[date, Decimal]) -> None:
    """Nor can be told how many ordinary days it weighs where those brought nothing."""
    recent = flat(Window(date(2025, 9, 1), date(2025, 10, 31)), 30)
    for calendar in (DOUBLE_11, Calendar([Event("double_11", date(2025, 11, 11), date(2025, 11, 11))])):
        curve = weekday_curve(NOVEMBER, {**values, **recent}, calendar)
        assert curve is not None
        assert {round(weight * 30, 20) for weight in weights(curve)} == {1}


def test_a_weekday_seen_less_than_four_times_makes_no_profile() -> None:
    assert weekday_curve(WEEK, {}, NO_EVENTS) is None
    before = Window(WEEK.starts_on - timedelta(weeks=8), WEEK.starts_on - timedelta(days=1))
    four = {day: D(1) for day in before if day >= WEEK.starts_on - timedelta(weeks=4)}
    assert weekday_curve(WEEK, four, NO_EVENTS) is not None
    del four[WEEK.starts_on - timedelta(days=1)]
    assert weekday_curve(WEEK, four, NO_EVENTS) is None


@given(st.lists(st.decimals(-(10**6), 10**9, places=2), min_size=7, max_size=7))
def test_shares_never_fall_and_end_at_1_goal_7(figures: list[Decimal]) -> None:
    curve = given_curve(WEEK, figures)
    if curve is None:
        assert max(figures) <= 0
    else:
        assert all(0 <= before <= after for before, after in pairwise((D(0), *curve.shares)))
        assert curve.shares[-1] == 1


@given(
    actual=st.decimals(0, 10**12, places=2),
    target=st.decimals(1, 10**12, places=2),
    window=st.integers(1, 366),
    data=st.data(),
)
def test_equal_days_pace_as_the_linear_pace_does_goal_7(
    actual: Decimal, target: Decimal, window: int, data: st.DataObject
) -> None:
    complete = data.draw(st.integers(1, window))
    curve = linear_curve(Window(date(2025, 1, 1), date(2025, 1, 1) + timedelta(window - 1)))
    assert curve.shares[-1] == 1
    by_curve = pace(actual, target, share=curve.shares[complete - 1], remaining_days=window - complete)
    assert by_curve == linear_pace(actual, complete_days=complete, window_days=window, target=target)


@given(
    last_year=st.lists(st.decimals("0.01", 10**6, places=2), min_size=30, max_size=30),
    times=st.decimals("0.1", 50, places=1),
    complete=st.integers(1, 30),
)
def test_a_year_that_is_a_multiple_of_the_last_is_forecast_exactly_goal_7(
    last_year: list[Decimal], times: Decimal, complete: int
) -> None:
    values = dict(zip(LAST_NOVEMBER, last_year, strict=True))
    this_year = [values[past] * times for past in aligned(NOVEMBER, LAST_NOVEMBER, DOUBLE_11).values()]
    curve = last_year_curve(NOVEMBER, values, DOUBLE_11)
    assert curve is not None
    so_far = sum(this_year[:complete], D(0))
    now = pace(so_far, D(1), share=curve.shares[complete - 1], remaining_days=30 - complete)
    assert now is not None
    assert now.forecast == sum(this_year)
