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


def linear_pace(actual: Decimal, *, complete_days: int, window_days: int, target: Decimal) -> Pace | None:
    """The pace when every day weighs the same; none before the first complete day (GOAL-7).

    `actual` is the figure on the complete days alone: today's partial day is left out.
    """
    if complete_days <= 0:
        return None
    remaining = window_days - complete_days
    expected = settled(target * complete_days / window_days)
    return Pace(
        expected=expected,
        gap=actual - expected,
        required_per_day=settled(max(target - actual, Decimal(0)) / remaining) if remaining > 0 else None,
        forecast=settled(actual * window_days / complete_days),
    )
