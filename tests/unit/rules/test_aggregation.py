from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.aggregation import Coverage, Reading, read
from attain_shared.rules.algebra import Aggregate, Metric, RollUpRefused
from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain, Window
from attain_shared.rules.tiling import Cell
from tests.unit.rules.support import (
    CATALOGUE,
    DSR,
    GMV,
    JULY,
    MEMBERS,
    NOTHING,
    OTHER,
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


def over_july(
    metric: Metric,
    cells: list[Cell],
    *,
    shops: tuple[str, ...] = (SHOP,),
    aggregate: Aggregate = Aggregate.DEDUPLICATED,
    window: Window = JULY,
) -> Reading:
    return read(metric, CATALOGUE, cells, window, shops, aggregate)


JULY_UV = daily(UV, [1800, *[970] * 29, 1070])
TWO_SHOPS = (SHOP, OTHER)


def test_daily_visitors_bound_the_month_met_5() -> None:
    assert over_july(UV, JULY_UV) == interval(1800, 31000)


def test_a_row_of_exactly_the_period_is_exact_met_5() -> None:
    assert over_july(UV, [*JULY_UV, monthly(UV, 21500)]) == point(21500)


def test_a_to_date_row_is_exact_for_the_days_it_speaks_for_met_5a() -> None:
    reading = over_july(UV, [monthly(UV, 1210, through=july(1)), cell(UV, july(1), 1210)])
    assert reading == point(1210, coverage=Coverage(31, 1, 0))


def test_months_bound_a_quarter_by_the_coarsest_tiling_met_5() -> None:
    months = [cell(UV, date(2026, month, 1), 1000 * month, grain=Grain.MONTH) for month in (7, 8, 9)]
    reading = over_july(UV, [*JULY_UV, *months], window=Window(date(2026, 7, 1), date(2026, 9, 30)))
    assert reading.bounds is not None
    assert (reading.low, reading.high) == (D(9000), D(24000))


def test_shops_share_visitors_so_they_only_bound_them_met_3() -> None:
    cells = [monthly(UV, 500), monthly(UV, 300, shop=OTHER)]
    assert over_july(UV, cells, shops=TWO_SHOPS) == interval(500, 800, coverage=Coverage(62, 62, 0))


def test_additive_values_sum_over_days_and_shops_met_3() -> None:
    cells = [*daily(GMV, [100] * 31), monthly(GMV, "5.50", shop=OTHER), monthly(GMV, 9999)]
    reading = over_july(GMV, cells, shops=TWO_SHOPS)
    assert reading == point("3105.50", coverage=Coverage(62, 62, 0))
    assert str(reading.value) == "3105.50"


def test_rows_of_other_shops_and_repeated_shops_do_not_count() -> None:
    cells = [monthly(GMV, 10), monthly(GMV, 20, shop=OTHER)]
    assert over_july(GMV, cells, shops=(SHOP, SHOP)) == point(10)


@pytest.mark.parametrize("metric", [GMV, UV, MEMBERS])
def test_no_rows_are_no_data_not_zero_met_8(metric: Metric) -> None:
    assert over_july(metric, []) == NOTHING
    assert over_july(metric, []).bounds is None


def test_coverage_counts_missing_and_provisional_days_met_8() -> None:
    cells = [*daily(GMV, [1] * 10), cell(GMV, july(11), 1, finality=Finality.REALTIME)]
    assert over_july(GMV, cells).coverage == Coverage(31, 11, 1)


def test_a_snapshot_takes_its_last_value_in_the_period_met_3() -> None:
    cells = [*daily(MEMBERS, [100, 130, 120]), cell(MEMBERS, date(2026, 8, 1), 999)]
    assert over_july(MEMBERS, cells) == point(120, coverage=Coverage(31, 3, 0))


def test_of_two_snapshots_on_one_day_the_finer_row_counts() -> None:
    cells = [monthly(MEMBERS, 7), cell(MEMBERS, july(31), 8, finality=Finality.REALTIME)]
    assert over_july(MEMBERS, cells) == point(8)


def test_days_with_only_provisional_snapshots_are_provisional_met_8() -> None:
    cells = [cell(MEMBERS, july(1), 5), cell(MEMBERS, july(2), 6, finality=Finality.REALTIME)]
    assert over_july(MEMBERS, cells).coverage == Coverage(31, 2, 1)


def test_members_of_shops_add_up_met_3() -> None:
    cells = [cell(MEMBERS, july(31), 100), cell(MEMBERS, july(30), 50, shop=OTHER)]
    assert over_july(MEMBERS, cells, shops=TWO_SHOPS).value == 150


SCORES = [cell(DSR, july(31), "4.8"), cell(DSR, july(31), "4.6", shop=OTHER)]


def test_scores_of_shops_are_weighted_by_their_reviews_met_3() -> None:
    cells = [*SCORES, *daily(REVIEWS, [10] * 30), monthly(REVIEWS, 100, shop=OTHER)]
    assert over_july(DSR, cells, shops=TWO_SHOPS) == point("4.75", coverage=Coverage(62, 2, 0))


def test_without_the_weights_the_mean_is_an_estimate_met_6() -> None:
    cells = [*SCORES, monthly(REVIEWS, 100)]
    assert over_july(DSR, cells, shops=TWO_SHOPS) == point("4.7", estimated=True, coverage=Coverage(62, 2, 0))


def test_a_single_shop_with_a_score_needs_no_weights() -> None:
    assert over_july(DSR, SCORES[:1], shops=TWO_SHOPS) == point("4.8", coverage=Coverage(62, 1, 0))


def test_a_repeat_rate_of_several_shops_is_refused_met_3() -> None:
    with pytest.raises(RollUpRefused):
        over_july(REPEAT_30D, [], shops=TWO_SHOPS)


def mean_of(metric: Metric, cells: list[Cell], *, shops: tuple[str, ...] = (SHOP,)) -> Reading:
    return over_july(metric, cells, shops=shops, aggregate=Aggregate.DAILY_MEAN)


def test_the_daily_mean_of_visitors_is_exact_from_day_rows_met_5a() -> None:
    cells = [*JULY_UV, monthly(UV, 21500), cell(UV, date(2026, 8, 1), 5)]
    assert mean_of(UV, cells) == point(1000)


def test_the_daily_mean_divides_by_the_days_present_met_5a() -> None:
    assert mean_of(GMV, daily(GMV, [10, 20, 25])) == point("18.333333333333", coverage=Coverage(31, 3, 0))


def test_the_daily_mean_of_several_shops_bounds_their_visitors_day_by_day() -> None:
    cells = [*daily(UV, [100, 200]), *daily(UV, [50, 300, 10], shop=OTHER)]
    assert mean_of(UV, cells, shops=TWO_SHOPS) == interval("136.666666666667", "220", coverage=Coverage(62, 5, 0))


def test_the_daily_mean_of_members_adds_the_shops() -> None:
    cells = [*daily(MEMBERS, [100, 200]), *daily(MEMBERS, [50, 50], shop=OTHER)]
    assert mean_of(MEMBERS, cells, shops=TWO_SHOPS).value == 200


def test_no_day_rows_have_no_daily_mean_met_8() -> None:
    assert mean_of(UV, [monthly(UV, 100)]) == NOTHING


COUNTED = st.lists(
    st.builds(
        cell,
        st.sampled_from([UV, GMV]),
        st.integers(1, 31).map(july),
        st.integers(0, 100),
        shop=st.sampled_from(TWO_SHOPS),
    ),
    max_size=20,
    unique_by=lambda one: (one.metric, one.shop_id, one.bucket),
)


@given(COUNTED, st.sampled_from([UV, GMV]), st.sampled_from([Aggregate.DEDUPLICATED, Aggregate.DAILY_MEAN]), st.data())
def test_the_order_of_rows_and_shops_does_not_matter(
    cells: list[Cell], metric: Metric, aggregate: Aggregate, data: st.DataObject
) -> None:
    reading = over_july(metric, cells, shops=TWO_SHOPS, aggregate=aggregate)
    shuffled = data.draw(st.permutations(cells))
    assert over_july(metric, shuffled, shops=TWO_SHOPS[::-1], aggregate=aggregate) == reading


@given(st.lists(st.sets(st.integers(0, 40)), min_size=1, max_size=31))
def test_the_interval_contains_the_true_count_whoever_comes_again_met_5(visitors: list[set[int]]) -> None:
    reading = over_july(UV, daily(UV, [len(day) for day in visitors]))
    assert reading.bounds is not None
    assert D(len(set[int]().union(*visitors))) in reading.bounds
    assert reading.exact == (reading.value is not None)


@given(st.lists(st.integers(0, 10**6).map(Decimal), min_size=1, max_size=31))
def test_what_adds_up_is_a_point(values: list[Decimal]) -> None:
    assert over_july(GMV, daily(GMV, [int(value) for value in values])).value == sum(values)
