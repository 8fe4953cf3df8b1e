"""How a manager rates against the company: harshly, generously, or all alike (REV-13)."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Generic, NamedTuple, TypeVar

from attain_shared.rules.means import SCORE_PLACES, mean, score_of
from attain_shared.rules.rounding import half_up

Rater = TypeVar("Rater")


class RaterVerdict(StrEnum):
    """What calibration is told of a rater (REV-13)."""

    HARSH = "harsh"
    GENEROUS = "generous"
    NARROW = "narrow"
    """Rates everybody much alike."""
    USUAL = "usual"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on a rater is more than usual: a setting, as REV-13 names no figures."""

    count: int = 5
    """Ratings, below which chance explains any leaning."""
    leniency: Decimal = Decimal("0.25")
    """Away from the company's mean: the narrowest step of the scale."""
    narrow: Decimal = Decimal("0.5")
    """The share of the company's spread below which a rater's is narrow."""


THRESHOLDS = Thresholds()
"""Those of companies that bring none."""


@dataclass(frozen=True, slots=True)
class Leaning(Generic[Rater]):
    """How one rater rates; figures in points of the scale, two decimals half up (REV-13)."""

    rater: Rater
    count: int
    mean: Decimal
    leniency: Decimal
    """The rater's mean less the company's: below zero is harsh."""
    spread: Decimal
    """The population standard deviation of the rater's ratings."""
    spread_against: Decimal
    """That of the company's."""
    verdict: RaterVerdict


class Leanings(NamedTuple, Generic[Rater]):
    """All raters, from the harshest to the most generous, and the company they are held against (REV-13)."""

    leanings: tuple[Leaning[Rater], ...]
    mean: Decimal | None
    spread: Decimal | None


def leanings(ratings: Iterable[tuple[Rater, Decimal]], thresholds: Thresholds = THRESHOLDS) -> Leanings[Rater]:
    """Each rater's mean and spread against those of all ratings, the rater's own included (REV-13).

    Leniency is the difference of the exact means. Equally lenient raters stand in the order given. Without ratings
    there is nobody, and no mean.
    """
    by_rater: dict[Rater, list[Decimal]] = {}
    for rater, rating in ratings:
        by_rater.setdefault(rater, []).append(rating)
    everything = [rating for given in by_rater.values() for rating in given]
    if not everything:
        return Leanings((), None, None)
    company, spread = mean(everything), _spread(everything)
    found = [_leaning(rater, given, company, spread, thresholds) for rater, given in by_rater.items()]
    found.sort(key=lambda one: one.leniency)
    return Leanings(tuple(found), score_of(company), spread)


def _leaning(
    rater: Rater, given: list[Decimal], company: Fraction, against: Decimal, thresholds: Thresholds
) -> Leaning[Rater]:
    own = mean(given)
    leniency, spread = score_of(own - company), _spread(given)
    verdict = _verdict(len(given), leniency, spread, against, thresholds)
    return Leaning(rater, len(given), score_of(own), leniency, spread, against, verdict)


def _spread(ratings: list[Decimal]) -> Decimal:
    return half_up(statistics.pstdev(ratings), SCORE_PLACES)


def _verdict(count: int, leniency: Decimal, spread: Decimal, against: Decimal, thresholds: Thresholds) -> RaterVerdict:
    if count < thresholds.count:
        return RaterVerdict.USUAL
    if abs(leniency) >= thresholds.leniency:
        return RaterVerdict.HARSH if leniency < 0 else RaterVerdict.GENEROUS
    return RaterVerdict.NARROW if spread < thresholds.narrow * against else RaterVerdict.USUAL
