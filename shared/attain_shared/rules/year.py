"""The year: its performance, the trend of the values, and the decisions that follow (REV-12).

The year's values are the mean of the quarters' V: `values.values_score`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from attain_shared.rules.means import mean, score_of
from attain_shared.rules.overall import FAILED_RATING
from attain_shared.rules.quadrants import Quadrant

TREND_SLOPE = Fraction(1, 10)
"""Points of V a quarter: beyond it the values move (REV-12)."""

BONUS_FACTORS: Mapping[Decimal, Decimal] = {
    Decimal(5): Decimal("1.5"),
    Decimal("4.5"): Decimal("1.3"),
    Decimal(4): Decimal("1.2"),
    Decimal("3.75"): Decimal("1.1"),
    Decimal("3.5"): Decimal("1.0"),
    Decimal("3.25"): Decimal("0.6"),
    Decimal(3): Decimal("0.3"),
    Decimal("2.5"): Decimal(0),
}
"""What a rating multiplies the bonus with, where the company sets nothing else (REV-12 leaves the figures open)."""

PROMOTION_FROM = Decimal(4)
PAY_FROM = Decimal("3.75")
TRAINING_UP_TO = Decimal("3.25")


class Trend(StrEnum):
    """Where the values go over the quarters (REV-12)."""

    IMPROVING = "improving"
    STABLE = "stable"
    DECLINING = "declining"


class DecisionKind(StrEnum):
    """What a year's result may lead to (REV-12)."""

    BONUS_FACTOR = "bonus_factor"
    PROMOTION = "promotion"
    PAY = "pay"
    TRAINING = "training"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A decision that follows from a year's result, to be approved or not (REV-12)."""

    kind: DecisionKind
    value: str | None
    """The factor of a bonus; how much of a rise or which post is for people to say."""
    rule: str
    """The rule that proposed it, as the rules below write it."""


def year_performance(yearly: Decimal | None, reviews: Sequence[Decimal]) -> Decimal | None:
    """The performance of the yearly cycle's goals, else the mean of the year's reviews; two decimals half up (REV-12).

    None where there is neither.
    """
    figures = reviews if yearly is None else [yearly]
    return score_of(mean(figures)) if figures else None


def trend(quarters: Sequence[tuple[int, Decimal]]) -> Trend | None:
    """Where V goes: beyond 0.1 points a quarter up or down, or neither; None with fewer than two quarters (REV-12).

    The quarters are (number, V), the missing ones left out. The slope is that of ordinary least squares,
    Σ(x − x̄)(y − ȳ) / Σ(x − x̄)², exact: `statistics.linear_regression` reckons in floats, which 0.1 does not survive.
    """
    if len({number for number, _ in quarters}) < 2:
        return None
    middle, level = mean(Fraction(number) for number, _ in quarters), mean(values for _, values in quarters)
    across = sum((number - middle) * (Fraction(values) - level) for number, values in quarters)
    slope = across / sum((number - middle) ** 2 for number, _ in quarters)
    if slope > TREND_SLOPE:
        return Trend.IMPROVING
    return Trend.DECLINING if slope < -TREND_SLOPE else Trend.STABLE


def proposed_decisions(
    rating: Decimal,
    *,
    values_failed: bool,
    trend: Trend | None,
    quadrant: Quadrant | None,
    factors: Mapping[Decimal, Decimal] = BONUS_FACTORS,
) -> tuple[Proposal, ...]:
    """What a year's rating, a step of the scale, leads to (REV-12).

    * a bonus factor, always: the rating's;
    * a promotion from 4 on, unless the values decline;
    * a rise in pay from 3.75 on;
    * training up to 3.25, and for rabbits;
    * a warning for failed values or a rating of 2.5.

    Failed values count as 2.5 whatever the rating (REV-4).
    """
    counted = FAILED_RATING if values_failed else rating
    proposals = [Proposal(DecisionKind.BONUS_FACTOR, str(factors[counted]), f"factor of {_short(counted)}")]
    if counted >= PROMOTION_FROM and trend is not Trend.DECLINING:
        proposals.append(Proposal(DecisionKind.PROMOTION, None, f"rating>={PROMOTION_FROM}, values not declining"))
    if counted >= PAY_FROM:
        proposals.append(Proposal(DecisionKind.PAY, None, f"rating>={PAY_FROM}"))
    if counted <= TRAINING_UP_TO:
        proposals.append(Proposal(DecisionKind.TRAINING, None, f"rating<={TRAINING_UP_TO}"))
    elif quadrant is Quadrant.RABBIT:
        proposals.append(Proposal(DecisionKind.TRAINING, None, f"quadrant={Quadrant.RABBIT}"))
    if counted <= FAILED_RATING:
        rule = "values failed" if values_failed else f"rating<={FAILED_RATING}"
        proposals.append(Proposal(DecisionKind.WARNING, None, rule))
    return tuple(proposals)


def _short(rating: Decimal) -> str:
    return f"{rating.normalize():f}"
