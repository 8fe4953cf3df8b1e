"""What owners hold of shops over a window (GOAL-11, GOAL-12)."""

from datetime import date
from decimal import Decimal

import pytest

from attain_shared.rules.attribution import Holding
from attain_shared.rules.periods import Window
from attain_shared.rules.shares import mean_share, weight_of_holdings

JUNE = Window(date(2026, 6, 1), date(2026, 6, 30))


def held(first: date, last: date, share: str = "1") -> Holding:
    return Holding(first, last, Decimal(share))


@pytest.mark.parametrize(
    ("holdings", "expected"),
    [
        ([], "0"),
        ([held(date(2026, 1, 1), date(9999, 12, 31))], "1"),
        ([held(date(2026, 6, 16), date(2026, 7, 31))], "0.5"),
        ([held(date(2026, 6, 1), date(2026, 6, 15)), held(date(2026, 6, 16), date(2026, 6, 30), "0.5")], "0.75"),
        ([held(date(2026, 5, 1), date(2026, 5, 31)), held(date(2026, 7, 1), date(2026, 7, 2))], "0"),
        ([held(date(2026, 6, 30), date(2026, 6, 30))], "0.033333333333"),
    ],
)
def test_a_share_counts_for_the_days_it_is_held(holdings: list[Holding], expected: str) -> None:
    assert mean_share(holdings, JUNE) == Decimal(expected)


def test_shops_weigh_by_their_figures_and_by_what_is_held_of_them() -> None:
    """GOAL-11: half a shop of 1,000 and a whole one of 300; of a shop not held nothing."""
    whole = held(date(2026, 1, 1), date(2026, 12, 31))
    holdings = {"a": [held(date(2026, 6, 1), date(2026, 6, 30), "0.5")], "b": [whole]}
    figures = {"a": Decimal(1000), "b": Decimal(300), "c": Decimal(9999)}
    assert weight_of_holdings(holdings, figures, JUNE) == Decimal(800)
    assert weight_of_holdings({}, figures, JUNE) == 0
