from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.rubric import SCALE
from attain_shared.rules.scorecard import Performance, performance

D = Decimal


def goal(weight: int, low: str | None, high: str | None = None) -> tuple[Decimal, Decimal | None, Decimal | None]:
    if low is None:
        return D(weight), None, None
    return D(weight), D(low), D(high or low)


@pytest.mark.parametrize(
    ("goals", "expected"),
    [
        ([goal(40, "3.25"), goal(60, "4")], Performance(D("3.70"), None, None)),
        ([goal(50, "3.25"), goal(50, "3.5")], Performance(D("3.38"), None, None)),
        ([goal(40, "3.5"), goal(60, None)], Performance(D("3.50"), None, None)),
        ([goal(40, "3", "4.5"), goal(60, "3.5")], Performance(None, D("3.30"), D("3.90"))),
        ([goal(1, "3.5", "3.75"), goal(99, "3.5")], Performance(D("3.50"), None, None)),
        ([goal(100, None)], Performance(None, None, None)),
        ([goal(0, "3.5")], Performance(None, None, None)),
        ([], Performance(None, None, None)),
    ],
)
def test_performance_is_weighted_by_what_has_a_score_rev_2(
    goals: list[tuple[Decimal, Decimal | None, Decimal | None]], expected: Performance
) -> None:
    assert performance(goals) == expected


SCORED = st.tuples(st.integers(1, 100).map(Decimal), st.sampled_from(SCALE), st.sampled_from(SCALE)).map(
    lambda one: (one[0], min(one[1:]), max(one[1:]))
)


@given(st.lists(SCORED, min_size=1, max_size=8), st.data())
def test_the_scorecard_of_intervals_contains_every_scorecard_within_rev_2(
    goals: list[tuple[Decimal, Decimal, Decimal]], data: st.DataObject
) -> None:
    chosen = [
        (weight, data.draw(st.sampled_from([one for one in SCALE if low <= one <= high])))
        for weight, low, high in goals
    ]
    one = performance((weight, score, score) for weight, score in chosen).value
    within = performance(data.draw(st.permutations(goals)))
    assert one is not None
    low = within.low if within.value is None else within.value
    high = within.high if within.value is None else within.value
    assert low is not None
    assert high is not None
    assert SCALE[0] <= low <= one <= high <= SCALE[-1]
