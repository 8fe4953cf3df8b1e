from collections.abc import Hashable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attain_shared.rules.aggregation import read
from attain_shared.rules.algebra import Aggregate, Algebra, Metric, RollUpRefused
from attain_shared.rules.attribution import HeldSoFar, Holding, held_so_far, read_owned
from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain, Window
from attain_shared.rules.reading import Coverage, Reading
from attain_shared.rules.tiling import Cell
from tests.unit.rules.support import (
    BUYERS,
    CATALOGUE,
    CONVERSION,
    DSR,
    GMV,
    JULY,
    MEMBERS,
    OTHER,
    REFUND_RATE,
    REFUNDS,
    REPEAT_30D,
    REVIEWS,
    SHOP,
    UV,
    D,
    cell,
    daily,
    interval,
    july,
    monthly,
    point,
)

A_THOUSAND_A_DAY = daily(GMV, [1000] * 31)
A = [Holding(july(1), july(10), D("1.000000")), Holding(july(11), july(31), D("0.500000"))]
B = [Holding(july(11), july(31), D("0.500000"))]
ALONE_TO_THE_10TH = [Holding(july(1), july(10), D(1))]


def owned(
    metric: Metric,
    cells: list[Cell],
    *holdings: list[Holding],
    aggregate: Aggregate = Aggregate.DEDUPLICATED,
    window: Window = JULY,
) -> Reading:
    shops = (SHOP, OTHER)[: len(holdings)]
    return read_owned(metric, CATALOGUE, cells, window, dict(zip(shops, holdings, strict=True)), shops, aggregate)


def test_a_shop_that_changes_hands_is_credited_by_days_and_shares_goal_12() -> None:
    assert owned(GMV, A_THOUSAND_A_DAY, A) == point(20500)
    assert owned(GMV, A_THOUSAND_A_DAY, B) == point(10500, coverage=Coverage(21, 21, 0))


def test_a_month_row_that_reaches_over_a_change_of_hands_is_missing_goal_12() -> None:
    assert owned(GMV, [monthly(GMV, 31000)], A) == Reading.of(None, Coverage(31, 0, 0))
    assert owned(GMV, [monthly(GMV, 31000), *A_THOUSAND_A_DAY[10:]], B) == point(10500, coverage=Coverage(21, 21, 0))


def test_a_month_row_within_one_share_counts_goal_12() -> None:
    half = [Holding(date(2026, 6, 20), july(14), D("0.5")), Holding(july(15), date(2026, 8, 2), D("0.5"))]
    assert owned(GMV, [monthly(GMV, 31000)], half) == point(15500)


def test_the_mean_of_what_adds_up_is_scaled_as_its_sum_is_goal_12() -> None:
    reading = owned(GMV, A_THOUSAND_A_DAY, B, aggregate=Aggregate.DAILY_MEAN)
    assert reading == point(500, coverage=Coverage(21, 21, 0))


def test_visitors_are_those_of_the_owned_days_unscaled_goal_12() -> None:
    visitors = daily(UV, [100] * 31)
    assert owned(UV, visitors, B) == interval(100, 2100, coverage=Coverage(21, 21, 0))
    assert owned(UV, visitors, B, aggregate=Aggregate.DAILY_MEAN) == point(100, coverage=Coverage(21, 21, 0))
    assert owned(UV, [*visitors, monthly(UV, 1500)], A) == point(1500)


def test_a_rates_parts_are_those_of_the_owned_days_unscaled_goal_12() -> None:
    cells = [*A_THOUSAND_A_DAY, *daily(REFUNDS, [*[500] * 10, *[50] * 21])]
    assert owned(REFUND_RATE, cells, B) == point("0.05", coverage=Coverage(21, 21, 0))


def test_the_last_snapshot_of_the_owned_days_counts_goal_12() -> None:
    assert owned(MEMBERS, daily(MEMBERS, range(100, 131)), ALONE_TO_THE_10TH).value == 109


def test_a_rates_own_row_of_the_owned_days_is_exact_goal_12() -> None:
    half_year = Window(july(1), date(2026, 12, 31))
    reading = owned(CONVERSION, [monthly(CONVERSION, "0.05")], [Holding(july(1), july(31), D(1))], window=half_year)
    assert reading == point("0.05")


def test_days_that_are_missing_and_provisional_are_those_of_the_owned_ones_met_8() -> None:
    cells = [*A_THOUSAND_A_DAY[:12], cell(GMV, july(13), 1000, finality=Finality.REALTIME)]
    assert owned(GMV, cells, B).coverage == Coverage(21, 3, 1)


def test_who_held_nothing_in_the_window_has_no_data_goal_12() -> None:
    later = [Holding(date(2026, 8, 1), date(9999, 12, 31), D(1))]
    nothing = Reading.of(None, Coverage(0, 0, 0))
    assert owned(GMV, A_THOUSAND_A_DAY, later) == nothing
    assert owned(GMV, A_THOUSAND_A_DAY, []) == nothing
    assert read_owned(GMV, CATALOGUE, A_THOUSAND_A_DAY, JULY, {}, [SHOP], Aggregate.DEDUPLICATED) == nothing


def test_shops_held_at_different_times_are_put_together_goal_12() -> None:
    cells = [*A_THOUSAND_A_DAY, *daily(GMV, [10] * 31, shop=OTHER)]
    assert owned(GMV, cells, ALONE_TO_THE_10TH, B) == point(10105, coverage=Coverage(31, 31, 0))


def test_a_gap_between_two_holdings_is_not_owned_goal_12() -> None:
    twice = [Holding(july(21), july(31), D(1)), *ALONE_TO_THE_10TH]
    assert owned(GMV, A_THOUSAND_A_DAY, twice) == point(21000, coverage=Coverage(21, 21, 0))


def test_shares_of_the_same_day_are_added_goal_12() -> None:
    both = [Holding(july(1), july(31), D("0.25")), Holding(july(11), july(20), D("0.5"))]
    assert owned(GMV, A_THOUSAND_A_DAY, both) == point(12750)


def test_what_has_no_value_over_shops_has_one_of_the_only_shop_owned_met_3() -> None:
    cells = daily(REPEAT_30D, ["0.1"] * 31)
    assert owned(REPEAT_30D, cells, A, []).value == D("0.1")
    with pytest.raises(RollUpRefused):
        owned(REPEAT_30D, cells, A, B)


rows = st.lists(
    st.builds(
        lambda code, day, grain, value, shop, finality: Cell(
            shop, code, grain, july(day) if grain is Grain.DAY else july(1), D(value) / 10, finality
        ),
        st.sampled_from([one.code for one in (GMV, REFUNDS, UV, BUYERS, MEMBERS, DSR, REVIEWS)]),
        st.integers(1, 31),
        st.sampled_from([Grain.DAY, Grain.DAY, Grain.DAY, Grain.MONTH]),
        st.integers(0, 999),
        st.sampled_from([SHOP, OTHER]),
        st.sampled_from(Finality),
    ),
    max_size=60,
    unique_by=lambda one: one[:4],
)
asked = st.sampled_from([GMV, UV, MEMBERS, DSR, CONVERSION, REFUND_RATE])


@settings(deadline=None)
@given(rows, asked, st.booleans())
def test_a_shop_held_alone_all_the_time_is_measured_whole_goal_12(
    cells: list[Cell], metric: Metric, by_day: bool
) -> None:
    aggregate = Aggregate.DEDUPLICATED
    if by_day:
        aggregate = Aggregate.DAILY_POOLED if metric.algebra is Algebra.RATIO else Aggregate.DAILY_MEAN
    shops = (SHOP,) if metric is DSR else (SHOP, OTHER)
    alone: dict[Hashable, list[Holding]] = {
        shop: [Holding(date(2026, 5, 5), date(9999, 12, 31), D("1.000000"))] for shop in shops
    }
    assert read_owned(metric, CATALOGUE, cells, JULY, alone, shops, aggregate) == read(
        metric, CATALOGUE, cells, JULY, shops, aggregate
    )


@settings(deadline=None)
@given(
    rows, st.lists(st.tuples(st.integers(2, 31), st.integers(0, 1_000_000)), max_size=4, unique_by=lambda one: one[0])
)
def test_what_the_owners_are_credited_with_adds_up_to_the_shop_goal_12(
    cells: list[Cell], changes: list[tuple[int, int]]
) -> None:
    days = [one for one in cells if one.grain is Grain.DAY]
    starts = [(1, 300_000), *sorted(changes)]
    ends = [july(day) - timedelta(days=1) for day, _ in starts[1:]] + [july(31)]
    owners: list[list[Holding]] = [[], []]
    for (day, millionths), ends_on in zip(starts, ends, strict=True):
        for owner, share in zip(owners, (D(millionths) / 10**6, 1 - D(millionths) / 10**6), strict=True):
            if share:
                owner.append(Holding(july(day), ends_on, share))
    credited = sum((owned(GMV, days, owner).value or D(0) for owner in owners), D(0))
    assert credited == (read(GMV, CATALOGUE, days, JULY, [SHOP], Aggregate.DEDUPLICATED).value or 0)


@pytest.mark.parametrize(
    ("holdings", "until", "expected"),
    [
        ([A], 20, HeldSoFar(D(15) / D("20.5"), 11)),
        ([B], 10, HeldSoFar(D(0), 21)),
        ([B], 20, HeldSoFar(D(10) / D(21), 11)),
        ([ALONE_TO_THE_10TH], 5, HeldSoFar(D("0.5"), 5)),
        ([ALONE_TO_THE_10TH], 10, HeldSoFar(D(1), 0)),
        ([ALONE_TO_THE_10TH, B], 15, HeldSoFar(D("12.5") / D("20.5"), 16)),
        ([[]], 15, HeldSoFar(D(0), 0)),
    ],
)
def test_what_is_to_be_expected_goes_by_the_shares_held_goal_7(
    holdings: list[list[Holding]], until: int, expected: HeldSoFar
) -> None:
    """GOAL-12: days that are not the owner's bring nothing, neither behind nor to come."""
    shops = (SHOP, OTHER)[: len(holdings)]
    assert held_so_far(dict(zip(shops, holdings, strict=True)), shops, JULY, july(until)) == expected


@given(st.integers(1, 31))
def test_who_holds_all_of_it_is_expected_to_make_as_much_every_day_goal_7(until: int) -> None:
    whole = [Holding(date(2020, 1, 1), date(2030, 1, 1), D(1))]
    assert held_so_far({SHOP: whole, OTHER: whole}, (SHOP, OTHER), JULY, july(until)) == (D(until) / 31, 31 - until)
