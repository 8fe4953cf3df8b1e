"""Which rows a figure is read from: from them alone it is the same (GOAL-8)."""

from collections.abc import Hashable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from attain_shared.rules.aggregation import read
from attain_shared.rules.algebra import Aggregate, Metric, RollUpRefused
from attain_shared.rules.attribution import Holding, credit, read_owned
from attain_shared.rules.lineage import rows_read
from attain_shared.rules.periods import Grain, Window
from attain_shared.rules.reading import Reading
from attain_shared.rules.tiling import Cell
from tests.unit.rules.support import (  # fmt: skip
    AOV,
    BUYERS,
    CATALOGUE,
    CONVERSION,
    DSR,
    GMV,
    JULY,
    OTHER,
    REVIEWS,
    SHOP,
    UV,
    D,
    cell,
    july,
)
from tests.unit.rules.test_rollup import ALL, questions

AUGUST = Window(date(2026, 7, 1), date(2026, 8, 31))


def figure(reading: Reading) -> tuple[object, ...]:
    return reading.value, reading.low, reading.high, reading.estimate, reading.estimated


@settings(max_examples=300, deadline=None)
@given(questions())
def test_from_the_rows_it_was_read_from_a_figure_is_read_again_goal_8(
    question: tuple[Metric, list[Cell], Window, tuple[str, ...], Aggregate],
) -> None:
    asked, rows, window, shops, aggregate = question
    try:
        whole = read(asked, ALL, rows, window, shops, aggregate)
    except RollUpRefused:
        return
    used = rows_read(asked, ALL, rows, window, shops, aggregate)
    assert set(used) <= set(rows)
    assert len(used) == len(set(used))
    assert figure(read(asked, ALL, used, window, shops, aggregate)) == figure(whole)


@pytest.mark.parametrize(
    ("asked", "counted", "passed_over", "aggregate"),
    [
        # complete days win over the month (MET-5a)
        (
            GMV,
            [cell(GMV, day, 1) for day in JULY],
            [cell(GMV, july(1), 40, grain=Grain.MONTH), cell(UV, july(1), 7)],
            Aggregate.DEDUPLICATED,
        ),
        (UV, [cell(UV, july(1), 900, grain=Grain.MONTH)], [cell(UV, july(1), 70)], Aggregate.DEDUPLICATED),
        # a day of visitors without buyers tells nothing of conversion
        (
            CONVERSION,
            [cell(UV, july(1), 100), cell(BUYERS, july(1), 3)],
            [cell(UV, july(2), 100)],
            Aggregate.DAILY_POOLED,
        ),
        (
            CONVERSION,
            [cell(UV, july(1), 100), cell(BUYERS, july(1), 3)],
            [cell(CONVERSION, july(1), D("0.04")), cell(UV, july(2), 100)],
            Aggregate.DAILY_POOLED,
        ),
        # a ratio's own row with the denominator that weighs it (MET-6)
        (
            CONVERSION,
            [cell(CONVERSION, july(1), D("0.04")), cell(UV, july(1), 100)],
            [cell(CONVERSION, july(2), D("0.05"))],
            Aggregate.DAILY_POOLED,
        ),
        (
            AOV,
            [cell(AOV, july(1), 200, grain=Grain.MONTH)],
            [cell(GMV, july(1), 9), cell(AOV, july(2), 7)],
            Aggregate.DEDUPLICATED,
        ),
        # of what stands at an instant the last row
        (DSR, [cell(DSR, july(9), D("4.8"))], [cell(DSR, july(8), D("4.7"))], Aggregate.DEDUPLICATED),
    ],
)
def test_rows_that_a_figure_is_not_read_from_are_left_out_goal_8(
    asked: Metric, counted: list[Cell], passed_over: list[Cell], aggregate: Aggregate
) -> None:
    assert set(rows_read(asked, CATALOGUE, [*counted, *passed_over], JULY, [SHOP], aggregate)) == set(counted)


def test_what_weighs_shops_is_read_too_met_3() -> None:
    rows = [
        *(cell(DSR, july(9), D("4.8"), shop=shop) for shop in (SHOP, OTHER)),
        *(cell(REVIEWS, july(day), 5, shop=shop) for shop in (SHOP, OTHER) for day in (1, 2)),
    ]
    assert set(rows_read(DSR, CATALOGUE, rows, JULY, [SHOP, OTHER], Aggregate.DEDUPLICATED)) == set(rows)
    assert rows_read(DSR, CATALOGUE, rows, JULY, [SHOP], Aggregate.DEDUPLICATED) == rows[:1]


def test_what_an_owner_is_credited_with_is_read_as_such_goal_12() -> None:
    rows = [cell(GMV, day, 1000) for day in JULY]
    holdings: dict[Hashable, list[Holding]] = {
        SHOP: [Holding(july(1), july(10), D(1)), Holding(july(11), july(31), D("0.5"))]
    }
    credited = credit(GMV, rows, AUGUST, holdings, [SHOP])
    assert credited is not None
    assert (credited.window, credited.shops, credited.days) == (JULY, [SHOP], 31)
    whole = read_owned(GMV, CATALOGUE, rows, AUGUST, holdings, [SHOP], Aggregate.DEDUPLICATED)
    assert whole.value == sum(row.value for row in credited.rows) == 20_500
    again = read(GMV, CATALOGUE, credited.rows, credited.window, credited.shops, Aggregate.DEDUPLICATED)
    assert replace(again, coverage=whole.coverage) == whole
    assert credit(GMV, rows, AUGUST, {}, [SHOP]) is None
