"""A change between two instants splits into business change and restated data (GOAL-8)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.aggregation import read
from attain_shared.rules.algebra import Aggregate
from attain_shared.rules.attainment import Direction, Target, attainment
from attain_shared.rules.changes import Restatement, Split, restated_only, restatements, split
from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain, Window
from attain_shared.rules.tiling import Cell
from tests.unit.rules.support import CATALOGUE, GMV, OTHER, SHOP, UV, D, cell, july, monthly

WEEK = Window(july(6), july(12))
TARGET = Target(Direction.HIGHER_BETTER, D(7_000))
REALTIME = Finality.REALTIME
THURSDAY = july(9)


def day(number: int, value: int, *, finality: Finality = Finality.FINAL, shop: str = SHOP) -> Cell:
    return cell(GMV, july(number), value, finality=finality, shop=shop)


def attained(cells: Sequence[Cell]) -> Decimal | None:
    """What the week's goal over two shops has come to."""
    value = read(GMV, CATALOGUE, cells, WEEK, [SHOP, OTHER], Aggregate.DEDUPLICATED).value
    return None if value is None else attainment(value, TARGET)


def explained(then: Sequence[Cell], now: Sequence[Cell], *, day_then: date) -> Split:
    return split(attained(then), attained(restated_only(then, now, day_then=day_then)), attained(now))


def test_a_restated_week_opens_into_business_and_restated_data_goal_8() -> None:
    then = [day(6, 1000), day(7, 1000), day(8, 1000, finality=REALTIME), day(9, 400, finality=REALTIME)]
    # By Monday the 7th has been restated, the 8th has become final, and the week has gone on.
    now = [day(6, 1000), day(7, 900), day(8, 1050), *(day(number, 1000) for number in range(9, 13))]
    assert (attained(then), attained(now)) == (D("0.485714"), D("0.992857"))
    assert list(restatements(then, now, day_then=THURSDAY)) == [
        Restatement(then[1], now[1]),
        Restatement(then[2], now[2]),
    ]
    # 3,400 and 3,350 of 7,000 then; 6,950 now.
    assert explained(then, now, day_then=THURSDAY) == Split(
        business=D("0.514286"), restated=D("-0.007143"), change=D("0.507143")
    )


def test_a_week_s_own_row_restated_after_its_end_is_no_business_at_all() -> None:
    [then, now] = ([cell(GMV, july(6), value, grain=Grain.WEEK)] for value in (7000, 6300))
    assert explained(then, now, day_then=july(14)) == Split(D(0), D("-0.1"), D("-0.1"))


def test_the_running_day_is_business_however_its_figure_moves() -> None:
    then, now = [day(9, 400, finality=REALTIME)], [day(9, 380)]
    assert list(restatements(then, now, day_then=THURSDAY)) == []
    assert list(restatements(then, now, day_then=july(10))) == [Restatement(then[0], now[0])]


def test_rows_that_came_later_are_business_also_of_days_long_over() -> None:
    then = [day(6, 1000)]
    now = [*then, day(7, 1000), day(6, 500, shop=OTHER), cell(UV, july(6), 10)]
    assert restated_only(then, now, day_then=THURSDAY) == then
    assert explained(then, now, day_then=THURSDAY).restated == 0


def test_a_to_date_row_that_has_moved_on_is_business_and_one_that_has_not_may_be_restated() -> None:
    then = [monthly(GMV, 8000, through=july(8))]
    moved, restated = [monthly(GMV, 9500, through=july(9))], [monthly(GMV, 7900, through=july(8))]
    assert restated_only(then, moved, day_then=THURSDAY) == then
    assert restated_only(then, restated, day_then=THURSDAY) == restated


def test_a_bucket_still_running_is_business() -> None:
    then, now = [monthly(GMV, 8000)], [monthly(GMV, 31_000)]
    assert restated_only(then, now, day_then=july(31)) == then
    assert restated_only(then, now, day_then=date(2026, 8, 1)) == now


def test_a_row_with_the_same_value_was_not_restated_when_it_became_final() -> None:
    then, now = [day(7, 1000, finality=REALTIME)], [day(7, 1000)]
    assert restated_only(then, now, day_then=THURSDAY) == then


def test_a_row_not_on_record_any_more_stays_as_it_was_known() -> None:
    assert restated_only([day(7, 1000)], [], day_then=THURSDAY) == [day(7, 1000)]


@pytest.mark.parametrize(
    ("first", "restated", "last", "expected"),
    [
        (None, None, "0.5", (None, None, None)),
        ("0.5", "0.4", None, (None, "-0.1", None)),
        ("0.5", None, "0.7", (None, None, "0.2")),
        (None, "0.4", "0.5", ("0.1", None, None)),
        ("0.5", "0.4", "0.7", ("0.3", "-0.1", "0.2")),
    ],
)
def test_a_part_of_which_a_side_has_no_data_is_none(
    first: str | None, restated: str | None, last: str | None, expected: tuple[str | None, ...]
) -> None:
    def figure(text: str | None) -> Decimal | None:
        return None if text is None else D(text)

    assert split(figure(first), figure(restated), figure(last)) == Split(*map(figure, expected))


CELLS = st.lists(
    st.builds(
        day,
        st.integers(6, 12),
        st.integers(0, 5000),
        finality=st.sampled_from(Finality),
        shop=st.sampled_from([SHOP, OTHER]),
    ),
    min_size=1,
    max_size=10,
    unique_by=lambda one: (one.shop_id, one.bucket),
)


@given(CELLS, CELLS, st.integers(6, 14))
def test_the_parts_add_up_to_the_change_whatever_came_in(then: list[Cell], now: list[Cell], today: int) -> None:
    parts = explained(then, now, day_then=july(today))
    assert parts.business is not None
    assert parts.restated is not None
    assert parts.business + parts.restated == parts.change


@given(CELLS, st.integers(6, 14))
def test_nothing_new_is_no_change(cells: list[Cell], today: int) -> None:
    assert explained(cells, cells[::-1], day_then=july(today)) == Split(D(0), D(0), D(0))
