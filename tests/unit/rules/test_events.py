from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.events import Calendar, Event, aligned
from attain_shared.rules.periods import CycleKind, Window, cycle_end

YEAR = timedelta(days=365)


def event(code: str, starts_on: str, days: int = 1) -> Event:
    first = date.fromisoformat(starts_on)
    return Event(code, first, first + timedelta(days - 1))


CALENDAR = Calendar(
    [
        *(event("double_11", f"{year}-11-11") for year in (2024, 2025, 2026)),
        *(event("double_12", f"{year}-12-12") for year in (2024, 2025)),
        *(event("spring", first, days) for first, days in (("2024-02-09", 9), ("2025-01-28", 8), ("2026-02-16", 8))),
        event("anniversary", "2025-11-20", 3),
        event("sale", "2024-09-10", 2),
        event("sale", "2025-09-10", 4),
    ]
)


def month(year: int, number: int) -> Window:
    first = date(year, number, 1)
    return Window(first, cycle_end(CycleKind.MONTH, first))


def test_november_lines_up_by_double_11_and_else_by_weekday_goal_7() -> None:
    """2025-11-11 is a Tuesday and 2024-11-11 a Monday; the Monday before it is like the Monday a week earlier."""
    like = aligned(month(2025, 11), month(2024, 11), CALENDAR)
    expected = {
        date(2025, 11, 1): date(2024, 11, 2),
        date(2025, 11, 10): date(2024, 11, 4),
        date(2025, 11, 11): date(2024, 11, 11),
        date(2025, 11, 12): date(2024, 11, 13),
        date(2025, 11, 30): date(2024, 11, 24),
    }
    assert {day: like[day] for day in expected} == expected


def test_spring_festival_lines_up_across_months_goal_7() -> None:
    """Its fifth to eighth day fall into February 2025; in 2024 it began on February 9."""
    like = aligned(month(2025, 2), month(2024, 2), CALENDAR)
    assert [like[date(2025, 2, day)] for day in (1, 2, 3, 4)] == [date(2024, 2, day) for day in (13, 14, 15, 16)]
    in_january = aligned(month(2025, 1), month(2024, 1), CALENDAR)
    assert in_january[date(2025, 1, 28)] == date(2024, 2, 9)


def test_the_days_an_event_has_more_than_last_year_are_like_its_last_goal_7() -> None:
    like = aligned(month(2025, 9), month(2024, 9), CALENDAR)
    assert [like[date(2025, 9, day)].day for day in (10, 11, 12, 13)] == [10, 11, 11, 11]


def test_the_days_an_event_has_less_are_like_no_day_goal_7() -> None:
    shorter = Calendar([event("sale", "2024-09-10", 4), event("sale", "2025-09-10", 2)])
    like = aligned(month(2025, 9), month(2024, 9), shorter)
    assert date(2024, 9, 13) not in like.values()
    assert [like[date(2025, 9, day)].day for day in (10, 11)] == [10, 11]


def test_an_event_that_did_not_take_place_last_year_is_like_ordinary_days_goal_7() -> None:
    like = aligned(month(2025, 11), month(2024, 11), CALENDAR)
    assert like[date(2025, 11, 20)] == date(2024, 11, 21)


def test_a_window_of_a_single_event_finds_the_day_nearest_to_its_own() -> None:
    """Without an ordinary day in the past window any of its days must do."""
    on_event = Window(date(2024, 2, 9), date(2024, 2, 10))
    like = aligned(Window(date(2025, 2, 10), date(2025, 2, 11)), on_event, CALENDAR)
    assert like == {date(2025, 2, 10): date(2024, 2, 10), date(2025, 2, 11): date(2024, 2, 10)}


@pytest.mark.parametrize(
    ("code", "starts_on", "expected"),
    [
        ("double_11", "2025-11-11", "2024-11-11"),
        ("double_11", "2024-11-11", None),
        ("spring", "2025-01-28", "2024-02-09"),
        ("spring", "2026-02-16", "2025-01-28"),
        ("anniversary", "2025-11-20", None),
        ("unheard_of", "2025-11-20", None),
    ],
)
def test_an_earlier_occurrence_is_about_a_year_before_goal_7(code: str, starts_on: str, expected: str | None) -> None:
    past = CALENDAR.earlier(event(code, starts_on), YEAR)
    assert (past.starts_on.isoformat() if past else None) == expected


def test_an_occurrence_far_from_a_year_ago_is_another_one() -> None:
    twice = Calendar([event("sale", "2024-03-01"), event("sale", "2025-09-10")])
    assert twice.earlier(event("sale", "2025-09-10"), YEAR) is None


def test_a_day_of_two_events_belongs_to_the_shorter() -> None:
    festival, day = event("festival", "2025-10-20", 25), event("double_11", "2025-11-11")
    for events in ([festival, day], [day, festival]):
        calendar = Calendar(events)
        assert calendar.on(date(2025, 11, 11)) == day
        assert calendar.on(date(2025, 11, 10)) == festival
        assert calendar.on(date(2025, 12, 1)) is None


@given(starts_on=st.dates(date(2024, 12, 1), date(2026, 12, 1)), days=st.integers(1, 366), ago=st.integers(1, 400))
def test_every_day_is_like_some_day_and_event_days_are_like_event_days_goal_7(
    starts_on: date, days: int, ago: int
) -> None:
    window = Window(starts_on, starts_on + timedelta(days - 1))
    past = Window(window.starts_on - timedelta(ago), window.ends_on - timedelta(ago))
    like = aligned(window, past, CALENDAR)
    assert list(like) == list(window)
    has_ordinary = bool(CALENDAR.ordinary(past))
    for day, earlier in like.items():
        of_event = CALENDAR.same_day(day, timedelta(ago))
        if of_event is not None:
            now, then = CALENDAR.on(day), CALENDAR.on(earlier)
            assert now is not None
            assert then is not None
            assert (now.code, earlier) == (then.code, of_event)
        else:
            assert earlier in past
            assert not has_ordinary or CALENDAR.on(earlier) is None


@given(starts_on=st.dates(date(2024, 12, 1), date(2026, 12, 1)), weeks=st.integers(1, 60), days=st.integers(1, 90))
def test_without_events_whole_weeks_before_are_the_same_days_goal_7(starts_on: date, weeks: int, days: int) -> None:
    window = Window(starts_on, starts_on + timedelta(days - 1))
    ago = timedelta(weeks=weeks)
    past = Window(window.starts_on - ago, window.ends_on - ago)
    assert aligned(window, past, Calendar(())) == {day: day - ago for day in window}
