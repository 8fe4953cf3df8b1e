"""Goals carried over to the next cycle (GOAL-1)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.periods import CycleKind, Window, cycle_end
from attain_shared.rules.succession import carried_day, carried_window, months_between, next_cycle_start

STARTS = {CycleKind.MONTH: 12, CycleKind.QUARTER: 4, CycleKind.HALF_YEAR: 2, CycleKind.YEAR: 1}


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("kind", "starts_on", "following"),
    [
        (CycleKind.MONTH, "2026-12-01", "2027-01-01"),
        (CycleKind.QUARTER, "2026-07-01", "2026-10-01"),
        (CycleKind.HALF_YEAR, "2026-07-01", "2027-01-01"),
        (CycleKind.YEAR, "2026-01-01", "2027-01-01"),
    ],
)
def test_a_cycle_is_followed_by_the_next_of_its_kind(kind: CycleKind, starts_on: str, following: str) -> None:
    assert next_cycle_start(kind, day(starts_on)) == day(following)


@pytest.mark.parametrize(
    ("on", "months", "expected"),
    [
        ("2026-07-10", 3, "2026-10-10"),
        ("2026-06-30", 3, "2026-09-30"),
        ("2026-02-28", 1, "2026-03-31"),
        ("2026-01-30", 1, "2026-02-28"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2027-02-28", 12, "2028-02-29"),
        ("2026-11-15", 3, "2027-02-15"),
    ],
)
def test_a_day_moves_by_months_and_a_months_last_day_stays_it(on: str, months: int, expected: str) -> None:
    assert carried_day(day(on), months) == day(expected)


def test_whole_months_stay_whole_months() -> None:
    assert carried_window(Window(day("2026-08-01"), day("2026-09-30")), 3) == Window(
        day("2026-11-01"), day("2026-12-31")
    )


@given(st.sampled_from(list(CycleKind)), st.integers(2015, 2035), st.data())
def test_a_window_in_a_cycle_becomes_one_in_the_next(kind: CycleKind, year: int, data: st.DataObject) -> None:
    first = date(year, 1 + 12 // STARTS[kind] * data.draw(st.integers(0, STARTS[kind] - 1)), 1)
    cycle = Window(first, cycle_end(kind, first))
    following = next_cycle_start(kind, first)
    days = sorted(data.draw(st.lists(st.sampled_from(list(cycle)), min_size=2, max_size=2)))
    moved = carried_window(Window(*days), months_between(first, following))
    assert Window(following, cycle_end(kind, following)).encloses(moved)
    assert carried_window(cycle, months_between(first, following)) == Window(following, cycle_end(kind, following))
