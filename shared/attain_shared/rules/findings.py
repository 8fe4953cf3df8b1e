"""Cross-checks of the figures of a shop (MET-9): each says what a figure should be, or that it goes with the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from statistics import median

from attain_shared.rules.periods import Grain, bucket_end, bucket_start
from attain_shared.rules.rounding import settled

MONEY_PLACES, RATIO_PLACES = 2, 4
"""The decimals that platforms print of an amount, and of a ratio (12.34%)."""

TENFOLD_FACTOR = 10
TENFOLD_TRAILING_DAYS = 28
"""How far back the median looks."""
TENFOLD_LEAST_DAYS = 7
"""With fewer days before it, nothing is usual yet."""


class FindingKind(StrEnum):
    """What does not go together (MET-9, MET-5a)."""

    AOV_MISMATCH = "aov_mismatch"
    CONVERSION_MISMATCH = "conversion_mismatch"
    FINAL_BELOW_REALTIME = "final_below_realtime"
    TENFOLD = "tenfold"
    DAYS_DISAGREE = "days_disagree"


@dataclass(frozen=True, slots=True)
class CheckedMonth:
    """What is to be looked at again because rows have changed whose bucket starts in a month."""

    month: date
    """Its first day."""

    @property
    def last(self) -> date:
        """Its last day."""
        return bucket_end(self.month, Grain.MONTH)

    @property
    def trailing_from(self) -> date:
        """The first day that enters a median of its days."""
        return self.month - timedelta(days=TENFOLD_TRAILING_DAYS)

    @property
    def tenfold_until(self) -> date:
        """The last day whose median its days enter."""
        return self.last + timedelta(days=TENFOLD_TRAILING_DAYS)

    @property
    def coarser_from(self) -> date:
        """The first bucket that a day of it may lie in."""
        return min(bucket_start(self.month, Grain.WEEK), bucket_start(self.month, Grain.QUARTER))

    @property
    def coarser_until(self) -> date:
        """The last day of a bucket that a day of it lies in."""
        return max(bucket_end(bucket_start(self.last, grain), grain) for grain in (Grain.WEEK, Grain.QUARTER))

    def covers(self, kind: FindingKind, grain: Grain, bucket: date) -> bool:
        """Whether a finding of this kind on this bucket is found again by looking, or is over."""
        if kind is FindingKind.TENFOLD:
            return self.month <= bucket <= self.tenfold_until
        if kind is FindingKind.DAYS_DISAGREE:
            return self.coarser_from <= bucket <= self.last and bucket_end(bucket, grain) >= self.month
        return self.month <= bucket <= self.last


def last_unit(value: Decimal, places: int) -> Decimal:
    """One unit of the last decimal that a printed figure says anything of.

    A figure is rounded or cut off there, and so up to this much beside the truth. Decimals that are customary
    (`places`) are taken as printed: zeros at the end get lost on the way, in a JSON number if not before.
    """
    return Decimal(1).scaleb(min(int(value.as_tuple().exponent), -places))


def aov_mismatch(*, gmv: Decimal, aov: Decimal, paying_buyers: Decimal) -> Decimal | None:
    """The product of aov and paying_buyers, where gmv is another amount (MET-9).

    May differ by the last unit of aov for every buyer, and by that of gmv: aov 68.43 of 100 buyers is a gmv of 6,842
    to 6,844.
    """
    expected = aov * paying_buyers
    tolerance = last_unit(aov, MONEY_PLACES) * abs(paying_buyers) + last_unit(gmv, MONEY_PLACES)
    return settled(expected) if abs(gmv - expected) > tolerance else None


def conversion_mismatch(*, conversion: Decimal, paying_buyers: Decimal, uv: Decimal) -> Decimal | None:
    """The quotient of paying_buyers and uv, where conversion is another ratio (MET-9); nothing without visitors.

    May differ by the last unit of conversion: both counts are exact.
    """
    if uv == 0:
        return None
    expected = paying_buyers / uv
    return settled(expected) if abs(conversion - expected) > last_unit(conversion, RATIO_PLACES) else None


def final_below_realtime(final: Decimal, realtime: Decimal) -> Decimal | None:
    """The greatest realtime value of the same key, where the final one lies below it: a count only grows (MET-9)."""
    return realtime if final < realtime else None


def tenfold(value: Decimal, *, before: Sequence[Decimal]) -> Decimal | None:
    """The median of the days before, where the day has ten times as much or more (MET-9).

    `before` are the values of the up to 28 days before that have one; there must be seven, and their median above 0.
    """
    if len(before) < TENFOLD_LEAST_DAYS:
        return None
    usual = median(before)
    return usual if usual > 0 and value >= TENFOLD_FACTOR * usual else None


def days_disagree(value: Decimal, *, days: Sequence[Decimal]) -> Decimal | None:
    """The sum of all days of a week, month or quarter, where its own row says otherwise (MET-5a)."""
    total = sum(days, Decimal(0))
    return total if total != value else None
