"""Means that are exact until they are rounded (REV-2, REV-5)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.means import mean, score_of, weighted_mean

D = Decimal


@pytest.mark.parametrize(
    ("exact", "expected"),
    [
        (Fraction(3475, 1000), "3.48"),
        (Fraction(1, 3), "0.33"),
        (Fraction(2, 3), "0.67"),
        (Fraction(-1, 200), "-0.01"),
        (Fraction(-1, 1000), "0.00"),
        (Fraction(5), "5.00"),
        (Fraction(10**20 - 1, 200 * 10**20), "0.00"),
    ],
)
def test_a_score_has_two_decimals_half_up(exact: Fraction, expected: str) -> None:
    assert str(score_of(exact)) == expected


def test_a_third_of_a_half_is_not_lost_before_rounding() -> None:
    """10/3 and 11.03/3 make 3.505 in the mean; 28 digits of each make a little more or less."""
    assert mean([Fraction(10, 3), Fraction(1103, 300)]) == Fraction(701, 200)
    assert score_of(mean([Fraction(10, 3), Fraction(1103, 300)])) == D("3.51")


def test_what_has_no_weight_has_no_weighted_mean() -> None:
    assert weighted_mean([]) is None
    assert weighted_mean([(D(0), D(4))]) is None
    with pytest.raises(ValueError, match="at least one"):
        mean([])


FIGURES = st.decimals(0, 5, places=2)


@given(st.lists(st.tuples(st.decimals("0.1", 9, places=1), FIGURES), min_size=1, max_size=9))
def test_a_weighted_mean_lies_between_its_figures(weighed: list[tuple[Decimal, Decimal]]) -> None:
    exact = weighted_mean(weighed)
    assert exact is not None
    assert min(figure for _, figure in weighed) <= exact <= max(figure for _, figure in weighed)


@given(st.lists(FIGURES, min_size=1, max_size=9))
def test_equal_weights_make_the_mean(figures: list[Decimal]) -> None:
    assert weighted_mean((D("0.7"), figure) for figure in figures) == mean(figures)
