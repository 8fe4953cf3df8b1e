"""Leniency and spread of raters against the company (REV-13)."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.rater_statistics import Leaning, RaterVerdict, Thresholds, leanings
from attain_shared.rules.rubric import SCALE

D = Decimal


def rated(**by_rater: str) -> list[tuple[str, Decimal]]:
    return [(rater, D(rating)) for rater, ratings in by_rater.items() for rating in ratings.split()]


THREE = rated(
    usual="3 3.5 3.5 3.5 4",
    harsh="2.5 3 3 3.25 3.5",
    kind="4 4 4.5 4.5 3.5",
)


def test_leniency_and_spread_are_held_against_the_company_rev_13() -> None:
    """Means 3.5, 3.05 and 4.1; the company's 53.25 / 15 = 3.55."""
    found, mean, spread = leanings(THREE)
    assert (mean, spread) == (D("3.55"), D("0.55"))
    assert found == (
        Leaning("harsh", 5, D("3.05"), D("-0.50"), D("0.33"), D("0.55"), RaterVerdict.HARSH),
        Leaning("usual", 5, D("3.50"), D("-0.05"), D("0.32"), D("0.55"), RaterVerdict.USUAL),
        Leaning("kind", 5, D("4.10"), D("0.55"), D("0.37"), D("0.55"), RaterVerdict.GENEROUS),
    )


@pytest.mark.parametrize(
    ("ratings", "verdict"),
    [
        (rated(a="2.5 2.5 2.5 2.5", b="5 5 5 5 5 5"), RaterVerdict.USUAL),
        (rated(a="2.5 2.5 2.5 2.5 2.5", b="5 5 5 5 5"), RaterVerdict.HARSH),
        (rated(a="3.5 3.5 3.5 3.5 3.5", b="2.5 3 3.5 4 4.5"), RaterVerdict.NARROW),
        (rated(a="3.5 3.5 3.5 3.5 3.5", b="3.5 3.5 3.5 3.5 3.5"), RaterVerdict.USUAL),
        (rated(a="3 3 3.5 4 4", b="2.5 3 3.5 4 4.5"), RaterVerdict.USUAL),
        (rated(a="3.25 3.25 3.25 3.25 3.25", b="3.75 3.75 3.75 3.75 3.75"), RaterVerdict.HARSH),
        (rated(a="3.75 3.75 3.75 3.75 3.75", b="3.25 3.25 3.25 3.25 3.25"), RaterVerdict.GENEROUS),
    ],
)
def test_a_verdict_needs_five_ratings_and_a_step_or_half_the_spread_rev_13(
    ratings: list[tuple[str, Decimal]], verdict: RaterVerdict
) -> None:
    assert next(one for one in leanings(ratings).leanings if one.rater == "a").verdict is verdict


def test_thresholds_of_rater_statistics_are_settings_rev_13() -> None:
    lax = Thresholds(count=6, leniency=D(1), narrow=D(0))
    assert {one.verdict for one in leanings(THREE, lax).leanings} == {RaterVerdict.USUAL}


def test_nobody_has_rated_anybody_rev_13() -> None:
    assert leanings([]) == ((), None, None)


RATINGS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(SCALE)), min_size=1, max_size=40)


@given(RATINGS, st.randoms(use_true_random=False))
def test_the_order_of_the_ratings_changes_no_figure_rev_13(ratings: list[tuple[str, Decimal]], random: Random) -> None:
    shuffled = list(ratings)
    random.shuffle(shuffled)
    assert set(leanings(shuffled).leanings) == set(leanings(ratings).leanings)


@given(RATINGS)
def test_leniencies_ascend_and_balance_out_over_the_company_rev_13(ratings: list[tuple[str, Decimal]]) -> None:
    found = leanings(ratings).leanings
    figures = [one.leniency for one in found]
    assert figures == sorted(figures)
    assert sum(one.count for one in found) == len(ratings)
    assert abs(sum((one.count * one.leniency for one in found), D(0))) <= D("0.005") * len(ratings)
    assert all(one.verdict is RaterVerdict.USUAL for one in found if one.count < 5)


@given(st.lists(st.sampled_from(SCALE), min_size=1, max_size=20))
def test_the_only_rater_is_the_company_rev_13(ratings: list[Decimal]) -> None:
    (one,), mean, spread = leanings([("a", rating) for rating in ratings])
    assert one.leniency == 0
    assert one.mean == mean
    assert one.spread == one.spread_against == spread
    assert one.verdict is RaterVerdict.USUAL
