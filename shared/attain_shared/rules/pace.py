"""Where a figure that adds up should be by now, and where it is heading (GOAL-7)."""

from dataclasses import dataclass
from decimal import Decimal

from attain_shared.rules.rounding import settled


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of an additive figure (GOAL-7): `gap` is actual less expected, negative when behind.

    `required_per_day` is what each remaining day must bring, none once no day remains.
    """

    expected: Decimal
    gap: Decimal
    required_per_day: Decimal | None
    forecast: Decimal
    method: str = "linear"
    backtest_error: Decimal | None = None


def pace(
    actual: Decimal,
    target: Decimal,
    *,
    share: Decimal,
    remaining_days: int,
    method: str = "linear",
    backtest_error: Decimal | None = None,
) -> Pace | None:
    """The pace by the share of the window's figure expected so far; none while nothing was expected yet (GOAL-7).

    `actual` and `share` are of the complete days alone: today's partial day is left out, and is one of the remaining.
    """
    if share <= 0:
        return None
    expected = settled(target * share)
    return Pace(
        expected=expected,
        gap=actual - expected,
        required_per_day=settled(max(target - actual, Decimal(0)) / remaining_days) if remaining_days > 0 else None,
        forecast=settled(actual / share),
        method=method,
        backtest_error=backtest_error,
    )


def linear_pace(actual: Decimal, *, complete_days: int, window_days: int, target: Decimal) -> Pace | None:
    """The pace when every day weighs the same; none before the first complete day (GOAL-7)."""
    share = Decimal(complete_days) / window_days
    return pace(actual, target, share=share, remaining_days=window_days - complete_days)
