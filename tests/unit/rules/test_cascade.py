"""Conserving cascades (GOAL-11)."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.cascade import Conserved, conserved, propose
from tests.unit.rules.support import D


@pytest.mark.parametrize(
    ("children", "total", "gap", "stretch"),
    [
        (["400000", "600000"], "1000000", "0", "1"),
        (["450000", "600000"], "1050000", "50000", "1.05"),
        (["333333"], "333333", "-666667", "0.333333"),
        ([], "0", "-1000000", "0"),
    ],
)
def test_the_children_s_targets_are_compared_with_the_parent_s_goal_11(
    children: list[str], total: str, gap: str, stretch: str
) -> None:
    found = conserved(D(1_000_000), map(D, children))
    assert found == Conserved(D(1_000_000), D(total), D(gap), D(stretch))


def test_a_parent_s_target_of_0_has_no_stretch_factor() -> None:
    assert conserved(D(0), [D(5)]) == Conserved(D(0), D(5), D(5), None)


@pytest.mark.parametrize(
    ("total", "weights", "places", "expected"),
    [
        ("1200000", [3, 2, 1], 0, [600_000, 400_000, 200_000]),
        ("1000000", [1, 1, 1], 2, ["333333.34", "333333.33", "333333.33"]),
        ("100", [1, 2, 0], 0, [33, 67, 0]),
        ("100", [1, 3, -5], 0, [25, 75, 0]),
        ("100", [0, 0, 0], 0, [34, 33, 33]),
        ("0.5", [1, 1], 0, ["0.3", "0.2"]),
        ("930000.000000000000", [1], 0, [930_000]),
        ("100", [], 2, []),
    ],
)
def test_a_split_by_last_year_s_shares_is_proposed_goal_11(
    total: str, weights: list[int], places: int, expected: list[str | int]
) -> None:
    assert propose(D(total), list(map(D, weights)), places) == list(map(D, expected))


WEIGHTS = st.lists(st.decimals(0, 10**12, places=2), min_size=1, max_size=20)


@given(st.decimals(0, 10**14, places=2), WEIGHTS, st.integers(0, 2))
def test_a_proposed_split_conserves_the_target_and_the_order_of_the_weights(
    total: Decimal, weights: list[Decimal], places: int
) -> None:
    parts = propose(total, weights, places)
    found = conserved(total, parts)
    assert found.gap == 0
    assert found.stretch == (1 if total else None)
    ordered = sorted(zip(weights, parts, strict=True))
    assert all(more >= less for (_, less), (_, more) in pairwise(ordered))
