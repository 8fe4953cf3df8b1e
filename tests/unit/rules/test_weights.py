from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.weights import add_up, total


@pytest.mark.parametrize(
    ("weights", "whole"),
    [
        (["40", "60"], True),
        (["33.33", "33.33", "33.34"], True),
        (["33.33", "33.33", "33.33"], False),
        (["100.01"], False),
        ([], False),
    ],
)
def test_weights_add_up_to_exactly_a_hundred_goal_2(weights: list[str], *, whole: bool) -> None:
    assert add_up(map(Decimal, weights)) is whole


@given(st.lists(st.decimals(0, 20, places=2), max_size=5))
def test_what_is_left_to_a_hundred_completes_the_weights_goal_2(weights: list[Decimal]) -> None:
    assert add_up([*weights, 100 - total(weights)])
