from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.attainment import (
    Direction,
    Target,
    attainment,
    attainment_interval,
    growth_index,
    target_problems,
)
from attain_shared.rules.interval import Interval
from tests.unit.rules.support import FULL, NOTHING, PARTIAL, D, interval, point

HIGHER, LOWER, BAND = Direction
DSR_BAND = Target(BAND, band_low=D("4.7"), band_high=D(5))
REDUCE = Target(LOWER, D(350_000), baseline=D(450_000))


@pytest.mark.parametrize(
    ("actual", "target", "attained"),
    [
        ("0.0324", Target(HIGHER, D("0.036")), "0.900000"),
        ("0.06", Target(LOWER, D("0.05")), "0.800000"),
        ("400000", REDUCE, "0.500000"),
        ("4.7", DSR_BAND, "1.000000"),
        ("4.55", DSR_BAND, "0.500000"),
        ("5.1", DSR_BAND, "0.666667"),
        ("4", DSR_BAND, "0.000000"),
        ("15", Target(HIGHER, D(20), baseline=D(10)), "0.500000"),
        ("0.2", Target(LOWER, D("0.05")), "0.000000"),
        ("-5", Target(HIGHER, D(100)), "0.000000"),
        ("500", Target(HIGHER, D(100)), "5.000000"),
        ("1", Target(HIGHER, D(3)), "0.333333"),
        ("0.9999995", Target(HIGHER, D(1)), "1.000000"),
    ],
)
def test_attainment_is_the_share_of_the_target_goal_5(actual: str, target: Target, attained: str) -> None:
    assert str(attainment(D(actual), target)) == attained


def test_growth_is_held_against_one_and_its_target_goal_4_goal_5() -> None:
    index = growth_index(point(1140), point(1000))
    assert index == point("1.14")
    assert index.value is not None
    assert attainment(index.value, Target(HIGHER, 1 + D("0.20"))) == D("0.95")


def test_growth_of_an_interval_is_an_interval_and_keeps_its_own_coverage_met_5() -> None:
    assert growth_index(interval(100, 200, coverage=PARTIAL), point(100)) == interval(1, 2, coverage=PARTIAL)
    assert growth_index(point(100), interval(50, 100)) == interval(1, 2)


def test_growth_from_an_estimate_is_an_estimate_met_6() -> None:
    assert growth_index(point(3), point(2, estimated=True)) == point("1.5", estimated=True)
    assert growth_index(point(3, estimated=True), point(2)) == point("1.5", estimated=True)


def test_growth_without_a_previous_figure_is_no_data_goal_4() -> None:
    for now, previous in [(point(1), NOTHING), (NOTHING, point(1)), (point(1), point(0))]:
        index = growth_index(now, previous)
        assert index.bounds is None
        assert index.coverage == now.coverage


@pytest.mark.parametrize(
    ("low", "high", "target", "bounds"),
    [
        (50, 120, Target(HIGHER, D(100)), ("0.5", "1.2")),
        (50, 120, Target(LOWER, D(100)), ("0.8", "1.5")),
        (380_000, 430_000, REDUCE, ("0.2", "0.7")),
        (4, 5, DSR_BAND, ("0", "1")),
        (4, 6, DSR_BAND, ("0", "1")),
        ("4.4", "4.55", DSR_BAND, ("0", "0.5")),
        ("5.15", "5.3", DSR_BAND, ("0", "0.5")),
        ("4.8", "4.9", DSR_BAND, ("1", "1")),
    ],
)
def test_an_interval_attains_between_its_extremes_met_5(
    low: str | int, high: str | int, target: Target, bounds: tuple[str, str]
) -> None:
    assert attainment_interval(Interval(D(low), D(high)), target) == Interval(*map(D, bounds))


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (Target(HIGHER, D(0)), "/target"),
        (Target(LOWER, D(-1)), "/target"),
        (Target(HIGHER), "/target"),
        (Target(HIGHER, D(5), baseline=D(5)), "/target"),
        (Target(LOWER, D(5), baseline=D(5)), "/target"),
        (Target(HIGHER, D(5), baseline=D(10)), "/baseline"),
        (Target(LOWER, D(10), baseline=D(5)), "/baseline"),
        (Target(BAND), "/band"),
        (Target(BAND, band_low=D(1)), "/band"),
        (Target(BAND, band_low=D(2), band_high=D(2)), "/band/high"),
        (Target(HIGHER, D(1), cap=D(0)), "/cap"),
    ],
)
def test_a_target_that_cannot_be_attained_is_named_goal_5(target: Target, path: str) -> None:
    assert [where for where, _ in target_problems(target)] == [path]


@pytest.mark.parametrize(
    "target", [Target(HIGHER, D("0.1")), REDUCE, DSR_BAND, Target(HIGHER, D(0), baseline=D(-5))], ids=str
)
def test_other_targets_are_fine_goal_5(target: Target) -> None:
    assert target_problems(target) == []


def test_a_target_that_was_never_checked_does_not_pass_for_one() -> None:
    with pytest.raises(ValueError, match="band"):
        attainment(D(1), Target(BAND, band_low=D(1)))
    with pytest.raises(ValueError, match="target"):
        attainment(D(1), Target(HIGHER))


ACTUALS = st.decimals(-(10**6), 10**6, places=4)
POSITIVE = st.decimals("0.0001", 10**6, places=4)
TARGETS = st.one_of(
    st.builds(Target, st.sampled_from([HIGHER, LOWER]), POSITIVE),
    st.builds(lambda base, step: Target(HIGHER, base + step, baseline=base), ACTUALS, POSITIVE),
    st.builds(lambda base, step: Target(LOWER, base - step, baseline=base), ACTUALS, POSITIVE),
)
BANDS = st.builds(lambda low, width: Target(BAND, band_low=low, band_high=low + width), ACTUALS, POSITIVE)


@given(TARGETS, ACTUALS, ACTUALS)
def test_a_better_figure_never_attains_less_goal_5(target: Target, one: Decimal, other: Decimal) -> None:
    worse, better = sorted((one, other), reverse=target.direction is LOWER)
    assert 0 <= attainment(worse, target) <= attainment(better, target)


@given(TARGETS)
def test_the_target_itself_attains_exactly_one_goal_5(target: Target) -> None:
    assert attainment(target.goal, target) == 1


@given(BANDS, ACTUALS)
def test_a_band_never_attains_more_than_one_nor_less_than_zero_goal_5(target: Target, actual: Decimal) -> None:
    attained = attainment(actual, target)
    assert 0 <= attained <= 1
    assert attained == 1 or actual not in target.band


@given(st.one_of(TARGETS, BANDS), ACTUALS, ACTUALS, st.data())
def test_the_bounds_contain_the_attainment_of_every_figure_within_met_5(
    target: Target, one: Decimal, other: Decimal, data: st.DataObject
) -> None:
    actual = Interval(min(one, other), max(one, other))
    inside = data.draw(st.decimals(actual.low, actual.high, places=4))
    assert attainment(inside, target) in attainment_interval(actual, target)


def test_the_bounds_of_a_point_are_its_attainment() -> None:
    assert attainment_interval(Interval.point(D(50)), Target(HIGHER, D(100))) == Interval.point(D("0.5"))
    assert FULL.is_complete
