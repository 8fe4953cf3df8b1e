from decimal import Decimal

import pytest

from attain_shared.rules.rounding import half_up, settled


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [("2.345", 2, "2.35"), ("-2.345", 2, "-2.35"), ("2.344999", 2, "2.34"), ("0.5", 0, "1"), ("1", 2, "1.00")],
)
def test_a_half_rounds_away_from_zero(value: str, places: int, rounded: str) -> None:
    assert str(half_up(Decimal(value), places)) == rounded


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert str(half_up(Decimal("-0.001"), 2)) == "0.00"


def test_twenty_digits_keep_all_their_decimals() -> None:
    assert str(half_up(Decimal("12345678901234567890.1234567"), 6)) == "12345678901234567890.123457"


@pytest.mark.parametrize(
    ("value", "reported"),
    [("1E+3", "1000"), ("0.0360000", "0.036"), ("0.33333333333333333", "0.333333333333"), ("0E-9", "0"), ("20", "20")],
)
def test_a_quotient_is_reported_without_exponent_or_trailing_zeros(value: str, reported: str) -> None:
    assert str(settled(Decimal(value))) == reported
