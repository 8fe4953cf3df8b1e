from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.algebra import Aggregate, Metric
from attain_shared.rules.attainment import Direction, Target
from attain_shared.rules.pace import Pace
from attain_shared.rules.reading import Coverage, Reading
from attain_shared.rules.verdicts import (
    IndicatorStatus,
    IndicatorVerdict,
    goal_status,
    has_pace,
    indicator_status,
    verdict,
)
from tests.unit.rules.support import (
    CONVERSION,
    GMV,
    MEMBERS,
    NOTHING,
    PARTIAL,
    UV,
    D,
    interval,
    point,
)

HIGHER, LOWER, BAND = Direction
OPEN, MET, MISSED, UNDECIDED, NO_DATA = IndicatorVerdict


def higher(target: str | int) -> Target:
    return Target(HIGHER, D(target))


def lower(target: str | int) -> Target:
    return Target(LOWER, D(target))


def band(low: str | int, high: str | int) -> Target:
    return Target(BAND, band_low=D(low), band_high=D(high))


def judged(
    reading: Reading,
    target: Target,
    *,
    metric: Metric | None = UV,
    is_open: bool = False,
    aggregate: Aggregate = Aggregate.DEDUPLICATED,
    base: Reading | None = None,
) -> IndicatorVerdict:
    return verdict(reading, target, metric=metric, aggregate=aggregate, is_open=is_open, base=base)


@pytest.mark.parametrize(("target", "expected"), [(35_000, MISSED), (1_500, MET), (20_000, UNDECIDED)])
def test_julys_visitors_decide_what_their_bounds_decide_met_5(target: int, expected: IndicatorVerdict) -> None:
    assert judged(interval(1800, 31000), higher(target)) is expected


@pytest.mark.parametrize(
    ("reading", "target", "expected"),
    [
        (point(100), higher(100), MET),
        (point("99.9999999"), higher(100), MISSED),
        (point(100), lower(100), MET),
        (point("100.0000001"), lower(100), MISSED),
        (point("4.7"), band("4.7", 5), MET),
        (point(5), band("4.7", 5), MET),
        (point("4.69"), band("4.7", 5), MISSED),
        (point(340), Target(LOWER, D(350), baseline=D(450)), MET),
        (point(360), Target(LOWER, D(350), baseline=D(450)), MISSED),
        (interval(50, 90), lower(100), MET),
        (interval(50, 150), lower(100), UNDECIDED),
        (interval(101, 150), lower(100), MISSED),
        (interval(2, 3), band(1, 4), MET),
        (interval(0, 5), band(1, 4), UNDECIDED),
        (interval(5, 6), band(1, 4), MISSED),
        (point(100, estimated=True), higher(1), UNDECIDED),
        (NOTHING, higher(1), NO_DATA),
    ],
)
def test_a_closed_window_decides_at_the_inclusive_boundary_goal_5(
    reading: Reading, target: Target, expected: IndicatorVerdict
) -> None:
    assert judged(reading, target) is expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [(higher(35_000), UNDECIDED), (higher(1_500), MET), (lower(35_000), UNDECIDED), (band(1, 99_999), UNDECIDED)],
)
def test_with_days_missing_the_upper_end_is_no_bound_met_5a(target: Target, expected: IndicatorVerdict) -> None:
    assert judged(interval(1800, 31000, coverage=PARTIAL), target) is expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [(higher(1_500), UNDECIDED), (higher(1_210), MET), (lower(1_500), UNDECIDED), (band(1_000, 1_500), UNDECIDED)],
)
def test_one_day_of_a_month_decides_no_more_than_two_met_5a(target: Target, expected: IndicatorVerdict) -> None:
    assert judged(point(1_210, coverage=PARTIAL), target) is expected
    assert judged(interval(1_210, 1_215, coverage=PARTIAL), target) is expected


@pytest.mark.parametrize("metric", [GMV, MEMBERS, CONVERSION, None])
def test_a_point_that_counts_nobody_twice_is_judged_with_days_missing_met_5a(metric: Metric | None) -> None:
    assert judged(point(1, coverage=PARTIAL), higher(2), metric=metric) is MISSED


def test_a_daily_mean_is_judged_with_days_missing_met_5a() -> None:
    assert judged(point(1, coverage=PARTIAL), higher(2), aggregate=Aggregate.DAILY_MEAN) is MISSED


@pytest.mark.parametrize(
    ("metric", "reading", "target", "expected"),
    [
        (GMV, point(100), higher(100), MET),
        (GMV, point(99), higher(100), OPEN),
        (GMV, point(101), lower(100), MISSED),
        (GMV, point(100), lower(100), OPEN),
        (GMV, point(5), band(1, 4), MISSED),
        (GMV, point(4), band(1, 4), OPEN),
        (UV, interval(100, 300, coverage=PARTIAL), higher(100), MET),
        (UV, interval(99, 300), higher(100), OPEN),
        (MEMBERS, point(200), higher(100), OPEN),
        (CONVERSION, point(200), higher(100), OPEN),
        (None, point(200), higher(100), OPEN),
        (GMV, NOTHING, higher(100), NO_DATA),
    ],
)
def test_an_open_window_decides_only_what_can_no_longer_be_lost_goal_7(
    metric: Metric | None, reading: Reading, target: Target, expected: IndicatorVerdict
) -> None:
    assert judged(reading, target, metric=metric, is_open=True) is expected


def test_a_daily_mean_can_still_be_lost_goal_7() -> None:
    assert judged(point(200), higher(100), is_open=True, aggregate=Aggregate.DAILY_MEAN) is OPEN


def paced(forecast: str | int) -> Pace:
    return Pace(expected=D(50), gap=D(0), required_per_day=None, forecast=D(forecast))


def status(
    reading: Reading,
    target: Target,
    *,
    metric: Metric | None = GMV,
    is_open: bool = True,
    pace: Pace | None = None,
    aggregate: Aggregate = Aggregate.DEDUPLICATED,
) -> IndicatorStatus:
    return indicator_status(reading, target, metric=metric, aggregate=aggregate, is_open=is_open, pace=pace)


@pytest.mark.parametrize(
    ("forecast", "target", "expected"),
    [
        ("100", higher(100), IndicatorStatus.ON_TRACK),
        ("99.9999999", higher(100), IndicatorStatus.AT_RISK),
        ("90", higher(100), IndicatorStatus.AT_RISK),
        ("89.9999999", higher(100), IndicatorStatus.OFF_TRACK),
        ("100", lower(100), IndicatorStatus.ON_TRACK),
        ("110", lower(100), IndicatorStatus.AT_RISK),
        ("111", lower(100), IndicatorStatus.OFF_TRACK),
    ],
)
def test_what_adds_up_stands_where_its_forecast_does_goal_7(
    forecast: str, target: Target, expected: IndicatorStatus
) -> None:
    assert status(point(10), target, pace=paced(forecast)) is expected


def test_before_the_first_complete_day_nothing_is_forecast_goal_7() -> None:
    assert status(point(10), higher(100)) is IndicatorStatus.UNDECIDED


@pytest.mark.parametrize(
    ("reading", "target", "expected"),
    [
        (point("0.036"), higher("0.036"), IndicatorStatus.ON_TRACK),
        (point("0.0324"), higher("0.036"), IndicatorStatus.AT_RISK),
        (point("0.03"), higher("0.036"), IndicatorStatus.OFF_TRACK),
        (interval("0.033", "0.035"), higher("0.036"), IndicatorStatus.AT_RISK),
        (interval("0.033", "0.04"), higher("0.036"), IndicatorStatus.UNDECIDED),
        (interval("4.8", "4.9"), band("4.7", 5), IndicatorStatus.ON_TRACK),
        (interval("4", "6"), band("4.7", 5), IndicatorStatus.UNDECIDED),
        (point("0.03", estimated=True), higher("0.036"), IndicatorStatus.UNDECIDED),
        (NOTHING, higher("0.036"), IndicatorStatus.NO_DATA),
    ],
)
@pytest.mark.parametrize("metric", [CONVERSION, MEMBERS, None])
def test_ratios_and_snapshots_stand_by_their_attainment_goal_7(
    metric: Metric | None, reading: Reading, target: Target, expected: IndicatorStatus
) -> None:
    assert status(reading, target, metric=metric, pace=paced(1)) is expected


def test_a_daily_mean_stands_by_its_attainment_goal_7() -> None:
    assert status(point(95), higher(100), metric=UV, aggregate=Aggregate.DAILY_MEAN) is IndicatorStatus.AT_RISK


def test_distinct_counts_have_no_forecast_goal_7() -> None:
    assert status(interval(50, 300), higher(100), metric=UV, pace=paced(200)) is IndicatorStatus.UNDECIDED
    assert status(interval(100, 300), higher(100), metric=UV) is IndicatorStatus.MET


def test_a_limit_already_passed_is_off_track_while_the_window_runs_goal_7() -> None:
    assert status(point(101), lower(100), pace=paced(50)) is IndicatorStatus.OFF_TRACK


@pytest.mark.parametrize(("value", "expected"), [(100, IndicatorStatus.MET), (1, IndicatorStatus.MISSED)])
def test_in_a_closed_window_the_status_is_the_verdict_goal_7(value: int, expected: IndicatorStatus) -> None:
    assert status(point(value), higher(100), is_open=False, pace=paced(500)) is expected


def test_only_what_adds_up_has_a_pace_goal_7() -> None:
    assert has_pace(GMV, Aggregate.DEDUPLICATED)
    assert not has_pace(GMV, Aggregate.DAILY_MEAN)
    assert not has_pace(UV, Aggregate.DEDUPLICATED)
    assert not has_pace(None, Aggregate.DEDUPLICATED)


ORDER = [
    IndicatorStatus.NO_DATA,
    IndicatorStatus.OFF_TRACK,
    IndicatorStatus.UNDECIDED,
    IndicatorStatus.AT_RISK,
    IndicatorStatus.ON_TRACK,
    IndicatorStatus.MET,
]


def test_a_goal_stands_as_its_worst_indicator_goal_7() -> None:
    for one, other in permutations(range(len(ORDER)), 2):
        assert goal_status([ORDER[one], ORDER[other]]) is ORDER[min(one, other)]
    assert goal_status([IndicatorStatus.MISSED, IndicatorStatus.UNDECIDED]) is IndicatorStatus.MISSED
    assert goal_status([]) is IndicatorStatus.NO_DATA


VALUES = st.decimals(0, 1000, places=2)
TARGETS = st.one_of(
    st.builds(Target, st.sampled_from([HIGHER, LOWER]), st.decimals(1, 1000, places=2)),
    st.builds(lambda low, width: band(low, low + width), VALUES, st.integers(1, 100)),
)


@given(TARGETS, VALUES, VALUES, st.data())
def test_an_interval_decides_nothing_that_a_figure_within_denies_met_5(
    target: Target, one: D, other: D, data: st.DataObject
) -> None:
    low, high = sorted((one, other))
    inside = data.draw(st.decimals(low, high, places=2))
    of_all = judged(interval(str(low), str(high)), target)
    assert of_all in {UNDECIDED, judged(point(str(inside)), target)}


ONE_DAY = Coverage(30, 1, 0)


@pytest.mark.parametrize("metric", [UV, GMV], ids=["counted once", "added up"])
@pytest.mark.parametrize(
    ("growth", "target", "expected"),
    [
        (point(9), higher("1.2"), UNDECIDED),
        (point("1.1"), higher("1.2"), MISSED),
        (point(9), lower("0.8"), UNDECIDED),
        (point("0.7"), lower("0.8"), MET),
        (interval("0.9", "1.1"), higher("1.2"), MISSED),
        (interval("0.9", "1.3"), higher("1.2"), UNDECIDED),
        (point("1.2"), band(1, 2), UNDECIDED),
    ],
)  # fmt: skip
def test_a_growth_from_days_that_are_missing_may_be_less_met_5a(
    metric: Metric, growth: Reading, target: Target, expected: IndicatorVerdict
) -> None:
    """Those days can only add to what it is from; the mirror of a count with days missing."""
    assert judged(growth, target, metric=metric, base=point(10, coverage=ONE_DAY)) is expected
    assert judged(growth, target, metric=metric, base=interval(5, 10, coverage=ONE_DAY)) is expected
    assert judged(growth, target, metric=metric, base=point(10)) is judged(growth, target, metric=metric)
    assert judged(growth, target, metric=metric, base=point(10, coverage=ONE_DAY), is_open=True) is OPEN


def test_a_growth_of_which_neither_end_is_sure_is_undecided_met_5a() -> None:
    growth = point("1.1", coverage=PARTIAL)
    assert judged(growth, higher("1.2"), base=point(10, coverage=ONE_DAY)) is UNDECIDED


def test_a_growth_of_a_ratio_or_a_last_value_is_from_what_there_is_met_5a() -> None:
    """As the figure of a window is, days missing or not; only within bounds a day more may change it."""
    for metric in (CONVERSION, MEMBERS):
        assert judged(point(2), higher("1.2"), metric=metric, base=point(10, coverage=ONE_DAY)) is MET
        assert judged(point(2), higher("1.2"), metric=metric, base=interval(5, 10, coverage=ONE_DAY)) is UNDECIDED
