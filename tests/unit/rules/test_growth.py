from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.attainment import Direction, Target, attainment, growth_index, target_problems
from attain_shared.rules.growth import Against, growth, growth_interval, growth_target, previous_window
from attain_shared.rules.interval import Interval
from attain_shared.rules.periods import CycleKind, Window, cycle_end
from tests.unit.rules.support import D, point


def window(starts_on: str, ends_on: str) -> Window:
    return Window(date.fromisoformat(starts_on), date.fromisoformat(ends_on))


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (("2026-07-01", "2026-09-30"), ("2026-04-01", "2026-06-30")),
        (("2026-02-01", "2026-02-28"), ("2026-01-01", "2026-01-31")),
        (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28")),
        (("2026-01-01", "2026-12-31"), ("2025-01-01", "2025-12-31")),
        (("2026-01-01", "2026-06-30"), ("2025-07-01", "2025-12-31")),
        (("2026-07-01", "2026-07-30"), ("2026-06-01", "2026-06-30")),
        (("2026-07-06", "2026-07-12"), ("2026-06-29", "2026-07-05")),
        (("2026-03-01", "2026-03-01"), ("2026-02-28", "2026-02-28")),
    ],
)
def test_the_previous_window_is_as_many_months_or_days_goal_4(now: tuple[str, str], before: tuple[str, str]) -> None:
    assert previous_window(window(*now), Against.PREVIOUS) == window(*before)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (("2026-07-01", "2026-09-30"), ("2025-07-01", "2025-09-30")),
        (("2026-10-20", "2026-11-12"), ("2025-10-20", "2025-11-12")),
        (("2024-02-01", "2024-02-29"), ("2023-02-01", "2023-02-28")),
        (("2025-02-01", "2025-02-28"), ("2024-02-01", "2024-02-29")),
        (("2025-02-10", "2025-02-28"), ("2024-02-10", "2024-02-29")),
        (("2024-02-10", "2024-02-28"), ("2023-02-10", "2023-02-28")),
        (("2024-02-29", "2024-02-29"), ("2023-02-28", "2023-02-28")),
        (("2024-02-29", "2024-03-15"), ("2023-02-28", "2023-03-15")),
    ],
)
def test_last_years_window_keeps_its_dates_goal_4(now: tuple[str, str], before: tuple[str, str]) -> None:
    assert previous_window(window(*now), Against.LAST_YEAR) == window(*before)


@given(st.sampled_from(CycleKind), st.integers(2000, 2090), st.integers(0, 11))
def test_a_cycle_is_measured_from_the_cycle_before_it_goal_4(kind: CycleKind, year: int, month: int) -> None:
    length = {CycleKind.MONTH: 1, CycleKind.QUARTER: 3, CycleKind.HALF_YEAR: 6, CycleKind.YEAR: 12}[kind]
    starts_on = date(year, month // length * length + 1, 1)
    before = previous_window(Window(starts_on, cycle_end(kind, starts_on)), Against.PREVIOUS)
    assert cycle_end(kind, before.starts_on) == before.ends_on
    assert (starts_on - before.ends_on).days == 1
    a_year_ago = previous_window(Window(starts_on, cycle_end(kind, starts_on)), Against.LAST_YEAR)
    assert a_year_ago == Window(starts_on.replace(year=year - 1), cycle_end(kind, starts_on.replace(year=year - 1)))


def test_a_growth_of_14_percent_against_20_goal_5() -> None:
    index = growth_index(point(1140), point(1000))
    assert index.value is not None
    assert attainment(index.value, growth_target(Target(Direction.HIGHER_BETTER, target=D("0.2")))) == D("0.95")
    assert growth(index.value) == D("0.14")


@pytest.mark.parametrize(
    ("target", "index", "reached"),
    [
        (Target(Direction.HIGHER_BETTER, target=D("0.2"), baseline=D("0.1")), "1.15", "0.5"),
        (Target(Direction.LOWER_BETTER, target=D("-0.2")), "0.8", "1"),
        (Target(Direction.LOWER_BETTER, target=D("-0.2")), "0.88", "0.9"),
        (Target(Direction.LOWER_BETTER, target=D("-0.2"), baseline=D(0)), "0.9", "0.5"),
        (Target(Direction.BAND, band_low=D("-0.05"), band_high=D("0.05")), "1", "1"),
        (Target(Direction.BAND, band_low=D("-0.05"), band_high=D("0.05")), "1.1", "0.5"),
    ],
)
def test_baselines_and_bands_are_growths_too_goal_4(target: Target, index: str, reached: str) -> None:
    raised = growth_target(target)
    assert attainment(D(index), raised) == D(reached)
    assert target_problems(raised) == []
    assert (raised.direction, raised.cap) == (target.direction, target.cap)


def test_a_fall_by_everything_cannot_be_a_target_goal_5() -> None:
    assert target_problems(growth_target(Target(Direction.LOWER_BETTER, target=D(-1))))


def test_a_growth_may_be_known_within_bounds_only_met_5() -> None:
    assert growth_interval(Interval(D("0.9"), D("1.3"))) == Interval(D("-0.1"), D("0.3"))
