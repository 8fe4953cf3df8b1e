"""Leaderboards 龙虎榜."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.ranking import Ranked, ranked
from tests.unit.rules.support import D


def ranks(*figures: int | None, lowest_first: bool = False) -> list[tuple[int | None, str]]:
    entries = [(key, None if figure is None else D(figure)) for key, figure in zip("abcdef", figures, strict=False)]
    return [(one.rank, one.key) for one in ranked(entries, lowest_first=lowest_first)]


def test_equal_figures_share_a_rank_and_the_ranks_after_them_are_left_out() -> None:
    assert ranks(5, 9, 7, 7) == [(1, "b"), (2, "c"), (2, "d"), (4, "a")]
    assert ranks(3, 3, 3, 1) == [(1, "a"), (1, "b"), (1, "c"), (4, "d")]


def test_without_data_there_is_no_rank_and_0_is_data_met_8() -> None:
    assert ranks(None, 0, None, -2) == [(1, "b"), (2, "d"), (None, "a"), (None, "c")]


def test_the_lowest_is_the_best_where_the_metric_gets_better_that_way_met_4() -> None:
    assert ranks(5, None, 3, 3, lowest_first=True) == [(1, "c"), (1, "d"), (3, "a"), (None, "b")]


def test_nobody_is_on_an_empty_board() -> None:
    assert ranked([]) == []


def test_an_equal_figure_written_otherwise_is_equal() -> None:
    assert ranked([("a", D("3.50")), ("b", D("3.5"))]) == [Ranked(1, "a", D("3.50")), Ranked(1, "b", D("3.5"))]


@given(st.lists(st.none() | st.integers(-5, 5).map(Decimal), max_size=12), st.booleans())
def test_a_rank_is_one_more_than_the_number_of_better_ones(figures: list[Decimal | None], lowest_first: bool) -> None:
    places = ranked(enumerate(figures), lowest_first=lowest_first)
    assert sorted(one.key for one in places) == list(range(len(figures)))
    known = [figure for figure in figures if figure is not None]
    for rank, key, figure in places:
        assert figure == figures[key]
        if figure is None:
            assert rank is None
        else:
            assert rank == 1 + sum(other < figure if lowest_first else other > figure for other in known)
