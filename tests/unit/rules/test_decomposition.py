"""A GMV gap by visitors, conversion and 客单价, adding up exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.decomposition import Contribution, Effects, Parts, decompose, together
from tests.unit.rules.support import D

CENT = D("0.01")
BEFORE = Parts(D(100_000), D(20_000), D(1_000))


def parts(gmv: str | int, uv: str | int, buyers: str | int) -> Parts:
    return Parts(D(gmv), D(uv), D(buyers))


def effects(uv: str, conversion: str, aov: str, other: str = "0") -> Effects:
    return Effects(D(uv), D(conversion), D(aov), D(other))


def of_one(before: Parts, after: Parts) -> Effects:
    [contribution] = decompose({"a": before}, {"a": after})
    return contribution.effects


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (parts(110_000, 22_000, 1_100), effects("10000", "0", "0")),
        (parts(110_000, 20_000, 1_100), effects("0", "10000", "0")),
        (parts(110_000, 20_000, 1_000), effects("0", "0", "10000")),
        (parts(80_000, 20_000, 800), effects("0", "-20000", "0")),
        # The mean is 21000 / ln(1.21), of which ln(1.1) is half.
        (parts(121_000, 22_000, 1_210), effects("10500", "10500", "0")),
        # Twice the visitors, half the conversion: the GMV stands still, and each did 100,000 x ln 2.
        (parts(100_000, 40_000, 1_000), effects("69314.72", "-69314.72", "0")),
        (BEFORE, effects("0", "0", "0")),
    ],
)
def test_each_factor_has_the_effect_of_its_own_change(after: Parts, expected: Effects) -> None:
    assert of_one(BEFORE, after) == expected


def test_three_factors_at_once_as_the_formula_says() -> None:
    # 43000 / ln(1.43) times ln(1.1), ln(1.25) and ln(1.04): 11458.2906, 26826.5538 and 4715.1556.
    assert of_one(BEFORE, parts(143_000, 22_000, 1_375)) == effects("11458.29", "26826.55", "4715.16")


@pytest.mark.parametrize(
    "after",
    [
        Parts(D(120_000), None, D(1_000)),
        Parts(D(120_000), D(20_000), None),
        parts(120_000, 0, 1_000),
        parts(120_000, 20_000, 0),
    ],
)
def test_without_traffic_on_record_the_whole_change_is_other(after: Parts) -> None:
    assert of_one(BEFORE, after) == effects("0", "0", "0", "20000")
    assert of_one(after, BEFORE) == effects("0", "0", "0", "-20000")


def test_new_and_closed_shops_are_other_and_the_shops_stand_in_order() -> None:
    new, grown = parts(5_000, 900, 40), parts(110_000, 22_000, 1_100)
    found = decompose({"closed": BEFORE, "kept": BEFORE}, {"new": new, "kept": grown})
    assert found == [
        Contribution("closed", effects("0", "0", "0", "-100000")),
        Contribution("kept", effects("10000", "0", "0")),
        Contribution("new", effects("0", "0", "0", "5000")),
    ]
    assert together(found) == effects("10000", "0", "0", "-95000")
    assert together(found).change == -85_000


def test_a_shop_without_any_gmv_changes_nothing_met_8() -> None:
    assert of_one(Parts(None, D(5), D(1)), Parts(None, D(7), D(2))).change == 0
    assert of_one(Parts(D(0), D(5), D(1)), Parts(None, None, None)).change == 0


def test_no_shops_no_change() -> None:
    assert decompose({}, {}) == []
    assert together([]) == effects("0", "0", "0")


def test_amounts_are_in_cents_and_finer_ones_are_not_rounded_away() -> None:
    assert str(of_one(BEFORE, parts("110000.000000", 22_000, 1_100)).uv) == "10000.00"
    assert of_one(BEFORE, parts("100000.005", 20_000, 1_000)) == effects("0", "0", "0.005")


AMOUNTS = st.decimals("0.01", 10**12, places=2)
COUNTS = st.integers(1, 10**9).map(Decimal)
FULL = st.builds(Parts, AMOUNTS, COUNTS, COUNTS)
MAYBE = st.builds(Parts, st.none() | AMOUNTS, st.none() | st.just(D(0)) | COUNTS, st.none() | COUNTS)
SHOPS = st.dictionaries(st.integers(0, 9), FULL | MAYBE, max_size=8)


@given(SHOPS, SHOPS)
def test_shops_add_up_to_their_change_and_all_of_them_to_the_whole(
    before: dict[int, Parts], after: dict[int, Parts]
) -> None:
    found = decompose(before, after)
    assert [one.unit for one in found] == list(dict.fromkeys((*before, *after)))
    for unit, effect in found:
        was, now = (side[unit].gmv or 0 if unit in side else 0 for side in (before, after))
        assert effect.change == now - was
    wholes = [sum((one.gmv or D(0) for one in side.values()), D(0)) for side in (before, after)]
    assert together(found).change == wholes[1] - wholes[0]


@given(FULL, FULL)
def test_before_and_after_exchanged_turn_the_sign_up_to_the_rounding(one: Parts, other: Parts) -> None:
    there, back = of_one(one, other), of_one(other, one)
    assert all(abs(mine + theirs) <= CENT for mine, theirs in zip(there, back, strict=True))


@given(FULL, st.integers(1, 10**4), st.integers(1, 10**4))
def test_a_factor_that_has_not_changed_has_no_effect_at_all(before: Parts, numerator: int, denominator: int) -> None:
    gmv, uv, buyers = (part or D(0) for part in before)
    aov_only = of_one(before, Parts(gmv * numerator, uv * denominator, buyers * denominator))
    assert aov_only.conversion == 0
    traffic_only = of_one(before, Parts(gmv * numerator, uv * numerator, buyers * numerator))
    assert traffic_only == Effects(gmv * (numerator - 1), D(0), D(0), D(0))


@given(FULL, FULL)
def test_an_effect_has_the_sign_of_its_factor_s_change_up_to_the_rounding(before: Parts, after: Parts) -> None:
    found = of_one(before, after)
    assert before.uv is not None
    assert after.uv is not None
    assert found.uv >= -CENT if after.uv >= before.uv else found.uv <= CENT
    assert found.other == 0
