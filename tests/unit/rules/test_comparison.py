"""A GMV in two windows by its factors, on the days that can be compared (GOAL-8)."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.comparison import ByMetric, Factors, compare
from attain_shared.rules.decomposition import Effects
from attain_shared.rules.periods import Grain, Window
from attain_shared.rules.tiling import Cell
from tests.unit.rules.support import BUYERS, GMV, OTHER, SHOP, UV, D, cell, july

BEFORE, AFTER = Window(date(2026, 6, 8), date(2026, 6, 14)), Window(july(6), july(12))
WINDOWS = BEFORE, AFTER
Day = tuple[int, int | None, int | None]
"""The GMV, the visitors and the buyers of a day; None without a row."""


def rows(window: Window, days: Sequence[Day | None], *more: Cell) -> ByMetric:
    by_code: dict[str, list[Cell]] = {"gmv": [*more], "uv": [], "paying_buyers": []}
    for number, day in enumerate(days):
        for metric, value in zip((GMV, UV, BUYERS), day or (), strict=False):
            if value is not None:
                by_code[metric.code].append(cell(metric, window.starts_on + timedelta(days=number), value))
    return by_code


def of_one(before: ByMetric, after: ByMetric) -> Effects:
    (one,) = compare({SHOP: before}, {SHOP: after}, windows=WINDOWS)
    return one.effects


def test_days_with_all_three_are_taken_apart() -> None:
    # twice the visitors, who buy as often and spend as much
    effects = of_one(rows(BEFORE, [(1000, 100, 10)] * 2), rows(AFTER, [(2000, 200, 20)] * 2))
    assert effects == Effects(D(2000), D(0), D(0), D(0))


def test_a_day_without_visitors_on_a_side_is_left_out_of_both() -> None:
    """Else its visitors would seem to have come or gone."""
    day = (1000, 100, 10)
    [one] = compare({SHOP: rows(BEFORE, [day, day])}, {SHOP: rows(AFTER, [day, (1300, None, None)])}, windows=WINDOWS)
    assert (one.before.days, one.after.days) == (1, 1)
    assert one.before.factors == one.after.factors == Factors(D(1000), D(100), D(10))
    assert (one.before.gmv, one.after.gmv) == (D(2000), D(2300))
    assert one.effects == Effects(D(0), D(0), D(0), D(300))


def test_days_that_the_other_window_does_not_have_are_more_visitors() -> None:
    day = (1000, 100, 10)
    shorter = Window(BEFORE.starts_on, BEFORE.starts_on + timedelta(days=5))
    [one] = compare({SHOP: rows(shorter, [day] * 6)}, {SHOP: rows(AFTER, [day] * 7)}, windows=(shorter, AFTER))
    assert one.effects == Effects(D(1000), D(0), D(0), D(0))


def test_a_week_s_own_row_is_not_taken_apart() -> None:
    weeks = (
        rows(window, [], cell(GMV, window.starts_on, value, grain=Grain.WEEK))
        for window, value in zip(WINDOWS, (700, 900), strict=True)
    )
    assert of_one(*weeks) == Effects(D(0), D(0), D(0), D(200))


def test_a_shop_without_data_on_a_side_is_new_or_closed() -> None:
    [one] = compare({SHOP: rows(BEFORE, [])}, {SHOP: rows(AFTER, [(500, 10, 1)])}, windows=WINDOWS)
    assert (one.before.gmv, one.after.gmv) == (None, D(500))
    assert one.effects == Effects(D(0), D(0), D(0), D(500))


counts = st.one_of(st.none(), st.integers(0, 5000))
days = st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 100_000), counts, counts)), max_size=7)


@given(st.lists(st.tuples(days, days), min_size=2, max_size=2))
def test_it_adds_up_shop_by_shop_whatever_is_known(shops: list[tuple[list[Day | None], list[Day | None]]]) -> None:
    before, after = (
        {name: rows(window, shop[side]) for name, shop in zip((SHOP, OTHER), shops, strict=True)}
        for side, window in enumerate(WINDOWS)
    )
    for one in compare(before, after, windows=WINDOWS):
        assert one.effects.change == (one.after.gmv or 0) - (one.before.gmv or Decimal(0))
