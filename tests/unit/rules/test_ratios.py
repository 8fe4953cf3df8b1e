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
    ACTIVE,
    ACTIVE_SHARE,
    AOV,
    BARE_RATIO,
    BUYERS,
    CATALOGUE,
    CONVERSION,
    GMV,
    JULY,
    LISTED,
    MEMBERS,
    NOTHING,
    OTHER,
    REFUND_RATE,
    REFUNDS,
    SCORE,
    SCORE_SHARE,
    SELLING,
    SHOP,
    STALE_RATE,
    UV,
    D,
    cell,
    daily,
    interval,
    july,
    metric,
    monthly,
    point,
)

TWO_SHOPS = (SHOP, OTHER)
UV_DAYS = daily(UV, [100] * 31)
BUYER_DAYS = daily(BUYERS, [4] * 31)


def over_july(
    metric: Metric,
    cells: list[Cell],
    *,
    shops: tuple[str, ...] = (SHOP,),
    aggregate: Aggregate = Aggregate.DEDUPLICATED,
    window: Window = JULY,
) -> Reading:
    return read(metric, CATALOGUE, cells, window, shops, aggregate)


def test_period_rows_of_both_parts_are_exact_and_come_first_met_5a() -> None:
    cells = [*UV_DAYS, *BUYER_DAYS, monthly(UV, 2000), monthly(BUYERS, 100), monthly(CONVERSION, "0.06")]
    assert over_july(CONVERSION, cells) == point("0.05")


def test_the_ratios_own_row_comes_next_as_reported_met_5a() -> None:
    cells = [*UV_DAYS, *BUYER_DAYS, monthly(UV, 2000), monthly(CONVERSION, "0.0612")]
    assert over_july(CONVERSION, cells) == point("0.0612")


def test_additive_parts_are_summed_met_5a() -> None:
    cells = [*daily(REFUNDS, [0] * 30 + [100]), *daily(GMV, [100] * 30 + [1000])]
    assert over_july(REFUND_RATE, cells) == point("0.025")


def test_a_distinct_part_makes_an_interval_with_an_estimate_met_5a() -> None:
    reading = over_july(CONVERSION, [*UV_DAYS, *BUYER_DAYS])
    assert (reading.value, reading.low, reading.high) == (None, D("0.001290322581"), D("1.24"))
    assert reading.estimate == D("0.04")
    assert not reading.exact
    assert not reading.estimated


def test_one_distinct_part_bounds_one_side_met_5a() -> None:
    reading = over_july(AOV, [monthly(GMV, 12400), *BUYER_DAYS])
    assert (reading.low, reading.high, reading.estimate) == (D(100), D(3100), D(100))


def test_an_additive_part_over_a_period_row_is_exact_met_3() -> None:
    assert over_july(AOV, [*daily(GMV, [100] * 31), monthly(BUYERS, 62)]) == point(50)


def test_an_interval_that_collapses_is_an_exact_point_met_5() -> None:
    assert over_july(CONVERSION, [monthly(UV, 50), *daily(BUYERS, [2, *[0] * 30])]) == point("0.04")


def test_a_difference_of_parts_keeps_its_bounds_met_4() -> None:
    reading = over_july(STALE_RATE, [cell(LISTED, july(31), 100), *daily(SELLING, [30, 40], first=30)])
    assert reading == Reading(
        None, D("0.3"), D("0.6"), exact=False, estimated=False, estimate=D("0.3"), coverage=Coverage(31, 2, 0)
    )


def test_a_snapshot_part_enters_with_its_last_value_met_5a() -> None:
    cells = [cell(LISTED, july(1), 90), cell(LISTED, july(20), 100), monthly(SELLING, 85)]
    assert over_july(STALE_RATE, cells) == point("0.15")


def test_a_denominator_of_zero_is_no_value_but_its_days_are_covered_met_5a() -> None:
    assert over_july(REFUND_RATE, [monthly(REFUNDS, 0), monthly(GMV, 0)]) == Reading(
        None, None, None, exact=False, estimated=False, estimate=None, coverage=Coverage(31, 31, 0)
    )


def test_no_denominator_counts_without_its_numerator() -> None:
    cells = [*daily(REFUNDS, [5, 5]), *daily(GMV, [100, 100, 900])]
    assert over_july(REFUND_RATE, cells) == point("0.05", coverage=Coverage(31, 2, 0))


def test_a_month_row_gives_way_to_the_days_both_parts_have() -> None:
    cells = [monthly(REFUNDS, 700), *daily(REFUNDS, [5] * 20), *daily(GMV, [100] * 31, first=1)[10:25]]
    assert over_july(REFUND_RATE, cells) == point("0.05", coverage=Coverage(31, 10, 0))


def test_to_date_rows_and_day_rows_meet_on_the_days_both_speak_for_met_5a() -> None:
    cells = [*daily(GMV, [100] * 11), monthly(BUYERS, 20, through=july(10))]
    assert over_july(AOV, cells) == point(50, coverage=Coverage(31, 10, 0))


@pytest.mark.parametrize(
    "cells",
    [
        [monthly(REFUNDS, 1)],
        [cell(REFUNDS, july(1), 1), cell(GMV, july(2), 1)],
        [monthly(REFUNDS, 1), cell(GMV, july(2), 1)],
    ],
)
def test_parts_without_a_common_day_are_no_data(cells: list[Cell]) -> None:
    assert over_july(REFUND_RATE, cells) == NOTHING


def test_a_missing_snapshot_part_is_no_data_met_8() -> None:
    assert over_july(STALE_RATE, [monthly(SELLING, 85)]) == NOTHING


def test_provisional_days_of_any_part_are_provisional_met_8() -> None:
    cells = [
        *daily(REFUNDS, [1, 1]),
        cell(GMV, july(1), 10),
        cell(GMV, july(2), 10, finality=Finality.REALTIME),
    ]
    assert over_july(REFUND_RATE, cells).coverage == Coverage(31, 2, 1)


def test_a_to_date_row_left_behind_gives_way_to_its_parts() -> None:
    cells = [monthly(REFUND_RATE, "0.5", through=july(1)), *daily(REFUNDS, [5, 5]), *daily(GMV, [100, 100])]
    assert over_july(REFUND_RATE, cells) == point("0.05", coverage=Coverage(31, 2, 0))


def test_a_to_date_row_of_as_many_days_is_as_reported_met_5a() -> None:
    cells = [monthly(CONVERSION, "0.03", through=july(2)), *daily(UV, [100, 100]), *daily(BUYERS, [4, 4])]
    assert over_july(CONVERSION, cells) == point("0.03", coverage=Coverage(31, 2, 0))


def test_the_ratios_own_month_beats_parts_of_a_few_days() -> None:
    cells = [monthly(CONVERSION, "0.03"), cell(UV, july(1), 100), cell(BUYERS, july(1), 4)]
    assert over_july(CONVERSION, cells) == point("0.03")


def test_parts_of_several_shops_are_pooled_met_3() -> None:
    cells = [monthly(REFUNDS, 10), monthly(GMV, 100), monthly(REFUNDS, 0, shop=OTHER), monthly(GMV, 300, shop=OTHER)]
    assert over_july(REFUND_RATE, cells, shops=TWO_SHOPS) == point("0.025", coverage=Coverage(62, 62, 0))


def test_a_shop_without_a_numerator_adds_no_denominator() -> None:
    cells = [monthly(REFUNDS, 10), monthly(GMV, 100), monthly(GMV, 300, shop=OTHER)]
    assert over_july(REFUND_RATE, cells, shops=TWO_SHOPS) == point("0.1", coverage=Coverage(62, 31, 0))


def test_distinct_parts_of_several_shops_are_bounds_met_3() -> None:
    cells = [
        *(monthly(BUYERS, 10), monthly(UV, 100)),
        *(monthly(BUYERS, 20, shop=OTHER), monthly(UV, 300, shop=OTHER)),
        *(monthly(CONVERSION, "0.1"), monthly(CONVERSION, "0.2", shop=OTHER)),
    ]
    reading = over_july(CONVERSION, cells, shops=TWO_SHOPS)
    assert (reading.low, reading.high, reading.estimate) == (D("0.05"), D("0.1"), D("0.075"))


def test_shorter_rows_are_weighted_by_an_additive_denominator_met_6() -> None:
    cells = [*daily(REFUND_RATE, ["0.05", "0.10"]), *daily(GMV, [300, 100])]
    assert over_july(REFUND_RATE, cells) == point("0.0625", coverage=Coverage(31, 2, 0))


def test_weighted_by_a_distinct_denominator_they_are_an_estimate_met_6() -> None:
    cells = [*daily(CONVERSION, ["0.05", "0.10"]), *daily(UV, [300, 100])]
    assert over_july(CONVERSION, cells) == point("0.0625", estimated=True, coverage=Coverage(31, 2, 0))


def test_without_a_denominator_they_are_averaged_and_marked_met_6() -> None:
    assert over_july(CONVERSION, daily(CONVERSION, ["0.05", "0.10"])) == point(
        "0.075", estimated=True, coverage=Coverage(31, 2, 0)
    )


def test_rows_of_another_length_are_no_weights_met_6() -> None:
    cells = [*daily(REFUND_RATE, ["0.05", "0.10"]), monthly(GMV, 400)]
    assert over_july(REFUND_RATE, cells).estimated


def test_own_rows_of_several_shops_are_pooled_met_6() -> None:
    cells = [
        *(monthly(REFUND_RATE, "0.1"), monthly(GMV, 100)),
        *(monthly(REFUND_RATE, "0.2", shop=OTHER), monthly(GMV, 300, shop=OTHER)),
    ]
    assert over_july(REFUND_RATE, cells, shops=TWO_SHOPS) == point("0.175", coverage=Coverage(62, 62, 0))


def test_months_of_a_reported_ratio_make_a_quarter_met_6() -> None:
    cells = [
        *(cell(REFUND_RATE, date(2026, month, 1), "0.1", grain=Grain.MONTH) for month in (7, 8)),
        cell(REFUND_RATE, date(2026, 9, 1), "0.4", grain=Grain.MONTH, finality=Finality.REALTIME),
    ]
    reading = over_july(REFUND_RATE, cells, window=Window(date(2026, 7, 1), date(2026, 9, 30)))
    assert reading == point("0.2", estimated=True, coverage=Coverage(92, 92, 30))


def test_a_ratio_without_declared_parts_is_as_reported_met_6() -> None:
    assert over_july(BARE_RATIO, [monthly(BARE_RATIO, "1.5")]) == point("1.5")
    assert over_july(BARE_RATIO, []) == NOTHING


def test_a_ratio_of_two_snapshots_takes_the_last_of_each() -> None:
    cells = [*daily(ACTIVE, [10, 30]), *daily(MEMBERS, [100, 120])]
    assert over_july(ACTIVE_SHARE, cells) == point("0.25", coverage=Coverage(31, 2, 0))


def test_a_snapshot_part_over_shops_without_weights_is_an_estimate_met_6() -> None:
    cells = [
        *(monthly(GMV, 10), monthly(SCORE, 4)),
        *(monthly(GMV, 30, shop=OTHER), monthly(SCORE, 6, shop=OTHER)),
    ]
    assert over_july(SCORE_SHARE, cells, shops=TWO_SHOPS) == point(8, estimated=True, coverage=Coverage(62, 62, 0))


def test_a_snapshot_part_that_has_no_value_over_shops_refuses_the_ratio_met_3() -> None:
    rate = metric("rate", CONVERSION.algebra, CONVERSION.over_shops, numerator="gmv", denominator="repeat_30d")
    cells = [
        *(monthly(GMV, 10), monthly("repeat_30d", 4)),
        *(monthly(GMV, 30, shop=OTHER), monthly("repeat_30d", 6, shop=OTHER)),
    ]
    with pytest.raises(RollUpRefused):
        over_july(rate, cells, shops=TWO_SHOPS)


def pooled(metric: Metric, cells: list[Cell], *, shops: tuple[str, ...] = (SHOP,)) -> Reading:
    return over_july(metric, cells, shops=shops, aggregate=Aggregate.DAILY_POOLED)


def test_pooled_days_are_exact_and_differ_from_the_deduplicated_figure_met_5a() -> None:
    cells = [*UV_DAYS, *BUYER_DAYS, monthly(UV, 2000), monthly(BUYERS, 100)]
    assert pooled(CONVERSION, cells) == point("0.04")
    assert over_july(CONVERSION, cells) == point("0.05")


def test_a_day_with_one_part_only_is_left_out_of_the_pool_met_8() -> None:
    cells = [*daily(UV, [100, 100, 500]), *daily(BUYERS, [4, 4]), cell(BUYERS, july(9), 7)]
    assert pooled(CONVERSION, cells) == point("0.04", coverage=Coverage(31, 2, 0))


def test_shop_days_are_pooled_over_shops_met_3() -> None:
    cells = [
        *(cell(UV, july(1), 100), cell(BUYERS, july(1), 4)),
        *(cell(UV, july(1), 300, shop=OTHER), cell(BUYERS, july(1), 4, shop=OTHER)),
    ]
    assert pooled(CONVERSION, cells, shops=TWO_SHOPS) == point("0.02", coverage=Coverage(62, 2, 0))


def test_a_day_reported_with_its_denominator_joins_the_pool_met_6() -> None:
    cells = [*daily(UV, [100, 300]), cell(BUYERS, july(1), 4), cell(CONVERSION, july(2), "0.08")]
    assert pooled(CONVERSION, cells) == point("0.07", coverage=Coverage(31, 2, 0))


def test_days_reported_alone_are_averaged_and_marked_met_6() -> None:
    reading = pooled(CONVERSION, daily(CONVERSION, ["0.04", "0.08"]))
    assert reading == point("0.06", estimated=True, coverage=Coverage(31, 2, 0))


def test_days_reported_alone_do_not_join_a_pool_met_6() -> None:
    cells = [cell(UV, july(1), 100), *daily(CONVERSION, ["0.04", "0.08"])]
    assert pooled(CONVERSION, cells) == point("0.04", coverage=Coverage(31, 1, 0))


def test_an_empty_pool_is_no_data_met_8() -> None:
    assert pooled(CONVERSION, [monthly(UV, 1)]) == NOTHING


def test_a_pool_without_visitors_is_no_value_met_5a() -> None:
    reading = pooled(CONVERSION, [cell(UV, july(1), 0), cell(BUYERS, july(1), 0, finality=Finality.REALTIME)])
    assert reading == Reading(None, None, None, False, False, None, Coverage(31, 1, 1))


VISITS = st.lists(st.sets(st.integers(0, 30), min_size=1), min_size=1, max_size=31)


@given(VISITS, st.data())
def test_the_interval_contains_the_true_conversion_met_5(visits: list[set[int]], data: st.DataObject) -> None:
    bought = [data.draw(st.sets(st.sampled_from(sorted(day)))) for day in visits]
    cells = daily(UV, [len(day) for day in visits]) + daily(BUYERS, [len(day) for day in bought])
    reading = over_july(CONVERSION, cells)
    assert reading.bounds is not None
    true = Decimal(len(set[int]().union(*bought))) / len(set[int]().union(*visits))
    assert reading.bounds.low - Decimal("1e-12") <= true <= reading.bounds.high + Decimal("1e-12")
    assert over_july(CONVERSION, data.draw(st.permutations(cells))) == reading


def test_the_interval_of_the_worked_shape_is_reported_as_one() -> None:
    cells = [*daily(UV, [10, 10]), *daily(BUYERS, [1, 1])]
    expected = interval("0.05", "0.2", coverage=Coverage(31, 2, 0))
    assert over_july(CONVERSION, cells).bounds == expected.bounds
