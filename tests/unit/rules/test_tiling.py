from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain, Window, bucket_end, bucket_start
from attain_shared.rules.tiling import Cell, Prefer, tile
from tests.unit.rules.support import GMV, JULY, cell, daily, july, monthly

QUARTER = Window(date(2026, 7, 1), date(2026, 9, 30))
WEEKS = Window(date(2026, 7, 6), date(2026, 7, 19))
MONTH = monthly(GMV, 31)
DAYS = daily(GMV, [1] * 31)


def grains(cells: tuple[Cell, ...]) -> list[Grain]:
    return [one.grain for one in cells]


def test_day_rows_alone_are_taken_in_order() -> None:
    assert tile(reversed(DAYS), JULY, Prefer.COARSEST) == (tuple(DAYS), 31, 0)


def test_complete_days_win_over_the_coarser_row_met_5a() -> None:
    assert tile([MONTH, *DAYS], JULY, Prefer.FINEST).tiles == tuple(DAYS)


def test_else_the_coarser_row_never_both_met_5a() -> None:
    assert tile([MONTH, *DAYS[1:]], JULY, Prefer.FINEST) == ((MONTH,), 31, 0)


def test_what_does_not_add_up_takes_the_fewest_rows_met_5() -> None:
    assert tile([*DAYS, MONTH], JULY, Prefer.COARSEST) == ((MONTH,), 31, 0)


@pytest.mark.parametrize("prefer", Prefer)
def test_a_to_date_row_speaks_up_to_its_day_and_days_go_on_from_there_met_5a(prefer: Prefer) -> None:
    to_date = monthly(GMV, 20, through=july(20))
    tiling = tile([to_date, *DAYS[20:23]], JULY, prefer)
    assert tiling == ((to_date, *DAYS[20:23]), 23, 0)


def test_a_quarter_is_tiled_by_what_covers_most_days() -> None:
    august = cell(GMV, date(2026, 8, 1), 1, grain=Grain.MONTH)
    september = cell(GMV, date(2026, 9, 10), 1)
    tiling = tile([september, august, *DAYS, MONTH], QUARTER, Prefer.COARSEST)
    assert tiling == ((MONTH, august, september), 31 + 31 + 1, 0)


def test_rows_reaching_out_of_the_window_say_nothing_about_it() -> None:
    assert tile([MONTH], Window(july(1), july(30)), Prefer.COARSEST).tiles == ()
    assert tile([MONTH], Window(july(2), date(2026, 8, 31)), Prefer.COARSEST).tiles == ()


def test_weeks_never_tile_months_met_5a() -> None:
    weeks = [cell(GMV, july(day), 7, grain=Grain.WEEK) for day in (6, 13, 20)]
    assert tile(weeks, JULY, Prefer.COARSEST).tiles == ()


def test_weeks_tile_whole_weeks_met_5a() -> None:
    weeks = [cell(GMV, july(day), 7, grain=Grain.WEEK) for day in (6, 13)]
    assert tile([*DAYS, *weeks], WEEKS, Prefer.COARSEST).tiles == tuple(weeks)
    assert tile([*DAYS, *weeks], WEEKS, Prefer.FINEST).tiles == tuple(DAYS[5:19])


def test_whole_weeks_may_still_be_better_covered_without_week_rows() -> None:
    week = cell(GMV, july(6), 7, grain=Grain.WEEK, through=july(8))
    month = cell(GMV, date(2026, 6, 1), 30, grain=Grain.MONTH)
    window = Window(date(2026, 6, 1), date(2026, 7, 12))
    assert tile([week, month], window, Prefer.COARSEST).tiles == (month,)


def test_between_equal_coverings_the_final_one_stands() -> None:
    realtime = cell(GMV, july(1), 9, finality=Finality.REALTIME)
    final = monthly(GMV, 10, through=july(1))
    assert tile([realtime, final], JULY, Prefer.FINEST) == ((final,), 1, 0)


def test_provisional_days_are_those_of_realtime_rows_met_8() -> None:
    today = cell(GMV, july(21), 1, finality=Finality.REALTIME)
    assert tile([*DAYS[:20], today], JULY, Prefer.FINEST)[1:] == (21, 1)
    to_date = monthly(GMV, 20, through=july(20))._replace(finality=Finality.REALTIME)
    assert tile([to_date, today], JULY, Prefer.COARSEST)[1:] == (21, 21)


def some_cell(day: int, grain: Grain, length: int) -> Cell:
    bucket = bucket_start(july(day), grain)
    through = date.fromordinal(bucket.toordinal() + length)
    return cell(GMV, bucket, day, grain=grain, through=through if through < bucket_end(bucket, grain) else None)


CELLS = st.lists(
    st.builds(some_cell, st.integers(1, 31), st.sampled_from(Grain), st.integers(0, 40)),
    max_size=12,
    unique_by=lambda one: (one.grain, one.bucket),
)


@given(CELLS, st.sampled_from(Prefer), st.sampled_from([JULY, WEEKS, QUARTER]), st.data())
def test_no_day_counts_twice_and_the_order_of_rows_does_not_matter(
    cells: list[Cell], prefer: Prefer, window: Window, data: st.DataObject
) -> None:
    tiling = tile(cells, window, prefer)
    days = [day for one in tiling.tiles for day in one.ordinals]
    assert len(days) == len(set(days)) == tiling.days_present
    assert all(date.fromordinal(day) in window for day in days)
    assert tile(data.draw(st.permutations(cells)), window, prefer) == tiling


@given(CELLS, st.sampled_from(Prefer))
def test_no_other_choice_of_rows_covers_more_days(cells: list[Cell], prefer: Prefer) -> None:
    usable = [one for one in cells if one.grain is not Grain.WEEK and one.bucket in JULY and one.ends_on in JULY]
    covered = [0]
    for chosen in range(1 << min(len(usable), 8)):
        days = [day for index, one in enumerate(usable[:8]) if chosen >> index & 1 for day in one.ordinals]
        covered.append(len(days) if len(days) == len(set(days)) else 0)
    assert tile(usable[:8], JULY, prefer).days_present == max(covered)
