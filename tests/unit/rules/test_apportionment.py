from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.apportionment import PRECISE, apportion
from tests.unit.rules.support import D

WEIGHTS = st.lists(st.decimals(0, 10**12, places=4), min_size=1, max_size=12).filter(any)
TOTALS = st.decimals(-(10**14), 10**14, places=4)
THIRD = D(1) / 3


def shares_of(total: Decimal, weights: list[Decimal]) -> list[Decimal]:
    with localcontext(PRECISE):
        return [total * weight / sum(weights) for weight in weights]


def test_the_units_that_rounding_leaves_go_to_the_largest_remainders() -> None:
    assert apportion([D("1.4"), D("1.3"), D("1.3")], D(4), 0) == [2, 1, 1]
    assert apportion([D("1.2"), D("1.6"), D("1.2")], D(4), 0) == [1, 2, 1]
    assert apportion([THIRD, THIRD, THIRD], D(1), 2) == [D("0.34"), D("0.33"), D("0.33")]


def test_a_negative_total_is_met_as_well_and_no_part_is_a_negative_zero() -> None:
    assert list(map(str, apportion([D("-0.001"), D("-0.999"), D("-0")], D(-1), 2))) == ["0.00", "-1.00", "0.00"]


def test_a_total_with_more_decimals_is_not_rounded_to_fit() -> None:
    assert apportion([D("0.0025"), D("0.0025")], D("0.005000"), 2) == [D("0.003"), D("0.002")]


@given(TOTALS, WEIGHTS, st.integers(0, 4))
def test_the_parts_add_up_and_none_is_a_unit_beside_its_share(
    total: Decimal, weights: list[Decimal], places: int
) -> None:
    shares = shares_of(total, weights)
    parts = apportion(shares, total, places)
    assert sum(parts) == total
    with localcontext(PRECISE):
        assert all(abs(part - share) < D(1).scaleb(-places) for part, share in zip(parts, shares, strict=True))


@given(TOTALS, WEIGHTS)
def test_a_share_of_0_stays_0(total: Decimal, weights: list[Decimal]) -> None:
    assert apportion([*shares_of(total, weights), D(0)], total, 2)[-1] == 0
