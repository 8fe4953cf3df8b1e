"""When something is trouble, and when it no longer is (CULT-5).

Between the two lies a stretch where things stay as they are: a figure that moves about a limit raises one alert, and not
one with every push.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from attain_shared.rules.algebra import Expression, Metric
from attain_shared.rules.rounding import half_up, settled
from attain_shared.rules.verdicts import IndicatorStatus

RECOVERED = Fraction(4, 5)
"""A drop is over once less than this share of it is left."""
DROP_PLACES = 4


class Judgement(StrEnum):
    """What is to be made of what is seen."""

    TROUBLE = "trouble"
    """Told, if it is not yet."""
    BETWEEN = "between"
    """Neither told nor taken back: near the limit, or not known."""
    FINE = "fine"
    """Taken back, if it was told."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A day's figure beside the usual one."""

    judgement: Judgement
    median: Decimal
    """Of the days before."""
    share: Decimal
    """By which it lies below, to four places; negative where it lies above."""


def judge_drop(value: Decimal, *, before: Sequence[Decimal], by: Decimal, days: int) -> Drop | None:
    """A day's figure against the median of those of the `days` before that have one.

    None where fewer than half of them have, or their median is not above 0: then nothing is usual.
    """
    if not before or 2 * len(before) < days:
        return None
    ordered = sorted(before)  # decimals, as fractions are slow to compare
    middle = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    usual = sum(map(Fraction, middle), Fraction(0)) / 2
    if usual <= 0:
        return None
    share = 1 - Fraction(value) / usual
    limit = Fraction(by)
    judgement = Judgement.FINE
    if share >= limit:
        judgement = Judgement.TROUBLE
    elif share >= limit * RECOVERED:
        judgement = Judgement.BETWEEN
    return Drop(judgement, settled(_decimal(usual)), half_up(_decimal(share), DROP_PLACES))


def figures_by_day(metric: Metric, series: Mapping[str, Mapping[date, Decimal]]) -> dict[date, Decimal]:
    """A metric's figure of each day that has one; of a ratio its own row, else its parts' (MET-3)."""
    figures = dict(series.get(metric.code, {}))
    if metric.denominator:
        for day in {day for days in series.values() for day in days} - figures.keys():
            numerator, denominator = _sum(metric.numerator, day, series), _sum(metric.denominator, day, series)
            if numerator is not None and denominator:
                figures[day] = settled(numerator / denominator)
    return figures


def judge_goal(status: IndicatorStatus) -> Judgement:
    """A goal whose window runs: off track is trouble until it is on track again (GOAL-7)."""
    if status is IndicatorStatus.OFF_TRACK:
        return Judgement.TROUBLE
    if status in {IndicatorStatus.ON_TRACK, IndicatorStatus.MET, IndicatorStatus.MISSED}:
        return Judgement.FINE
    return Judgement.BETWEEN


def judge_turnover(turnover: Decimal | None, *, above: Decimal) -> Judgement:
    """Staff turnover against its limit (ORG-5); where nobody was, nobody leaves."""
    return Judgement.TROUBLE if turnover is not None and turnover > above else Judgement.FINE


def _sum(expression: Expression, day: date, series: Mapping[str, Mapping[date, Decimal]]) -> Decimal | None:
    values = [(sign, series.get(code, {}).get(day)) for sign, code in expression]
    known = [sign * value for sign, value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None


def _decimal(fraction: Fraction) -> Decimal:
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)
