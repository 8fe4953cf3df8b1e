from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.interval import Interval

D = Decimal
VALUES = st.decimals(-1000, 1000, places=2)
INTERVALS = st.tuples(VALUES, VALUES).map(lambda ends: Interval(min(ends), max(ends)))
COUNTS = st.lists(st.integers(0, 5000).map(Decimal), min_size=1)


def test_an_interval_cannot_end_below_its_start() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        Interval(D(2), D(1))


def test_parts_bound_a_distinct_count_met_5() -> None:
    assert Interval.of_parts([D(1800), D(1000), D(200)]) == Interval(D(1800), D(3000))


def test_one_part_is_a_point_met_5() -> None:
    assert Interval.of_parts([D(1800)]).is_point


@given(COUNTS)
def test_the_bounds_of_parts_contain_any_count_the_parts_allow(parts: list[Decimal]) -> None:
    bounds = Interval.of_parts(parts)
    assert max(parts) in bounds
    assert sum(parts, D(0)) in bounds
    assert Interval.of_parts(sorted(parts)) == bounds


@given(INTERVALS, INTERVALS, st.data())
def test_arithmetic_on_bounds_contains_arithmetic_on_what_they_bound(
    one: Interval, other: Interval, data: st.DataObject
) -> None:
    x = data.draw(st.decimals(one.low, one.high, places=2))
    y = data.draw(st.decimals(other.low, other.high, places=2))
    assert x + y in one + other
    assert x - y in one - other
    assert x * y in one.scale(y)
    quotient = one.divide(other)
    if quotient is not None:
        assert x / y in quotient
    else:
        assert D(0) in other


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [
        ((50, 60), (100, 200), ("0.25", "0.6")),
        ((-10, 20), (100, 200), ("-0.1", "0.2")),
        ((-20, -10), (100, 200), ("-0.2", "-0.05")),
        ((10, 20), (-200, -100), ("-0.2", "-0.05")),
    ],
)
def test_a_quotient_is_bounded_whatever_the_signs(
    numerator: tuple[int, int], denominator: tuple[int, int], quotient: tuple[str, str]
) -> None:
    divided = Interval(*map(D, numerator)).divide(Interval(*map(D, denominator)))
    assert divided == Interval(*map(D, quotient))


@pytest.mark.parametrize("denominator", [(0, 0), (0, 5), (-1, 1)])
def test_nothing_is_divided_by_what_may_be_zero_met_5a(denominator: tuple[int, int]) -> None:
    assert Interval.point(D(1)).divide(Interval(*map(D, denominator))) is None


def test_intervals_overlap_where_they_share_a_value() -> None:
    assert Interval(D(1), D(2)).overlaps(Interval(D(2), D(3)))
    assert not Interval(D(1), D(2)).overlaps(Interval(D(3), D(4)))
    assert not Interval(D(3), D(4)).overlaps(Interval(D(1), D(2)))
