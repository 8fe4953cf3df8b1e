from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.periods import (
    CycleKind,
    Grain,
    Window,
    bucket_end,
    bucket_start,
    buckets,
    cycle_end,
    is_bucket,
    is_cycle_start,
)

DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("grain", "starts_on", "ends_on"),
    [
        (Grain.DAY, date(2026, 11, 21), date(2026, 11, 21)),
        (Grain.WEEK, date(2026, 11, 16), date(2026, 11, 22)),
        (Grain.MONTH, date(2026, 11, 1), date(2026, 11, 30)),
        (Grain.QUARTER, date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_a_day_belongs_to_its_bucket_met_2(grain: Grain, starts_on: date, ends_on: date) -> None:
    assert bucket_start(date(2026, 11, 21), grain) == starts_on
    assert bucket_end(starts_on, grain) == ends_on


@given(DAYS, st.sampled_from(Grain))
def test_every_day_lies_in_exactly_one_bucket(on: date, grain: Grain) -> None:
    bucket = bucket_start(on, grain)
    assert bucket <= on <= bucket_end(bucket, grain)
    assert is_bucket(bucket, grain)
    assert is_bucket(on, grain) == (on == bucket)


def test_the_buckets_of_a_window_are_those_that_have_a_day_in_it() -> None:
    window = Window(date(2026, 7, 15), date(2026, 9, 1))
    assert list(buckets(window, Grain.MONTH)) == [date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1)]
    assert list(buckets(window, Grain.DAY)) == list(window)


@pytest.mark.parametrize(
    ("kind", "starts_on", "ends_on"),
    [
        (CycleKind.MONTH, date(2028, 2, 1), date(2028, 2, 29)),
        (CycleKind.QUARTER, date(2026, 10, 1), date(2026, 12, 31)),
        (CycleKind.HALF_YEAR, date(2026, 7, 1), date(2026, 12, 31)),
        (CycleKind.YEAR, date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_a_cycle_ends_on_its_last_day_goal_1(kind: CycleKind, starts_on: date, ends_on: date) -> None:
    assert is_cycle_start(kind, starts_on)
    assert cycle_end(kind, starts_on) == ends_on


@pytest.mark.parametrize(
    ("kind", "on"),
    [
        (CycleKind.MONTH, date(2026, 7, 2)),
        (CycleKind.QUARTER, date(2026, 8, 1)),
        (CycleKind.HALF_YEAR, date(2026, 4, 1)),
        (CycleKind.YEAR, date(2026, 7, 1)),
    ],
)
def test_a_cycle_starts_on_its_first_day_only_goal_1(kind: CycleKind, on: date) -> None:
    assert not is_cycle_start(kind, on)


def test_a_window_counts_both_its_ends() -> None:
    window = Window(date(2026, 7, 1), date(2026, 7, 31))
    assert window.days == 31
    assert date(2026, 7, 1) in window
    assert date(2026, 7, 31) in window
    assert date(2026, 8, 1) not in window


def test_a_window_encloses_what_lies_wholly_in_it_goal_2() -> None:
    quarter = Window(date(2026, 7, 1), date(2026, 9, 30))
    assert quarter.encloses(quarter)
    assert not quarter.encloses(Window(date(2026, 9, 1), date(2026, 10, 1)))


def test_a_window_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        Window(date(2026, 7, 2), date(2026, 7, 1))


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "whole"),
    [
        (date(2026, 11, 16), date(2026, 11, 29), True),
        (date(2026, 11, 16), date(2026, 11, 28), False),
        (date(2026, 11, 17), date(2026, 11, 29), False),
    ],
)
def test_whole_weeks_run_from_monday_to_sunday(starts_on: date, ends_on: date, *, whole: bool) -> None:
    assert Window(starts_on, ends_on).is_whole_weeks is whole
