"""The matrix of performance and values (REV-9)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.quadrants import FOLLOW_UPS, LABELS, Quadrant, Thresholds, quadrant

D = Decimal


@pytest.mark.parametrize(
    ("performance", "values", "is_failed", "expected"),
    [
        ("3.75", "3", False, Quadrant.STAR),
        ("5", "5", False, Quadrant.STAR),
        ("4.00", "3.00", False, Quadrant.STAR),
        ("3.74", "3", False, Quadrant.BULL),
        ("3.75", "2.99", False, Quadrant.BULL),
        ("3.5", "2.5", False, Quadrant.BULL),
        ("3.49", "2.5", False, Quadrant.RABBIT),
        ("2.5", "5", False, Quadrant.RABBIT),
        ("3.5", "2.49", True, Quadrant.WILD_DOG),
        ("5.00", "2.40", True, Quadrant.WILD_DOG),
        ("5", "4", True, Quadrant.WILD_DOG),
        ("3.49", "2.49", True, Quadrant.DOG),
        ("2.5", "0", True, Quadrant.DOG),
    ],
)
def test_performance_and_values_give_a_quadrant_rev_9(
    performance: str, values: str, is_failed: bool, expected: Quadrant
) -> None:
    assert quadrant(D(performance), D(values), is_failed=is_failed) is expected


def test_thresholds_are_settings_rev_9() -> None:
    moved = Thresholds(wild_dog=D(4), rabbit=D(3), star_performance=D(4), star_values=D(4))
    assert quadrant(D("3.75"), D(2), is_failed=True, thresholds=moved) is Quadrant.DOG
    assert quadrant(D(3), D(3), is_failed=False, thresholds=moved) is Quadrant.BULL
    assert quadrant(D(4), D("3.5"), is_failed=False, thresholds=moved) is Quadrant.BULL
    assert quadrant(D(4), D(4), is_failed=False, thresholds=moved) is Quadrant.STAR


def test_every_quadrant_has_a_name_and_a_follow_up_of_its_own_rev_9() -> None:
    assert set(LABELS) == set(FOLLOW_UPS) == set(Quadrant)
    assert len({follow_up.kind for follow_up in FOLLOW_UPS.values()}) == len(Quadrant)
    assert LABELS[Quadrant.RABBIT].zh == "小白兔"
    assert FOLLOW_UPS[Quadrant.WILD_DOG].kind == "values_plan"


@given(st.decimals("2.5", 5, places=2), st.decimals(0, 5, places=2), st.booleans())
def test_failed_values_and_nothing_else_make_dogs_rev_9(performance: Decimal, values: Decimal, is_failed: bool) -> None:
    assert (quadrant(performance, values, is_failed=is_failed) in {Quadrant.WILD_DOG, Quadrant.DOG}) is is_failed
