"""Values (价值观): from the levels of each to whether a review fails by them (REV-3, REV-4)."""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from enum import StrEnum

from attain_shared.rules.means import mean, score_of

LEVELS = 5
"""The cumulative levels of a value (REV-3)."""

PASS = Decimal("2.5")
"""Below it a value needs a non-conformance case and the values are failed (REV-3, REV-4)."""

EXEMPLARY = Decimal(3)
"""From here on a value needs a positive case (REV-3)."""

_PARTLY = Decimal("0.5")


class Level(StrEnum):
    """How far a level of a value is met (REV-3)."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


class CaseKind(StrEnum):
    """What a case of behaviour and consequence shows (REV-3)."""

    POSITIVE = "positive"
    NONCONFORMANCE = "nonconformance"


class Gate(StrEnum):
    """What fails the values: their mean, or every single one of them (REV-4)."""

    MEAN = "mean"
    EVERY = "every"


def value_score(levels: Sequence[Level]) -> Decimal:
    """The gate rule (通关制): the levels that are full from the first on, and a half if the next is partly met (REV-3).

    Raises ValueError for other than five levels.
    """
    if len(levels) != LEVELS:
        raise ValueError(f"{len(levels)} levels instead of {LEVELS}")
    for below, level in enumerate(levels):
        if level is not Level.FULL:
            return below + (_PARTLY if level is Level.PARTIAL else Decimal(0))
    return Decimal(LEVELS)


def lacking_case(score: Decimal, kinds: Collection[CaseKind]) -> CaseKind | None:
    """The kind of case that a value of this score needs and is not among those given; None if it has it (REV-3)."""
    if score < PASS:
        needed = CaseKind.NONCONFORMANCE
    elif score >= EXEMPLARY:
        needed = CaseKind.POSITIVE
    else:
        return None
    return None if needed in kinds else needed


def values_score(scores: Iterable[Decimal]) -> Decimal | None:
    """V, the mean of the values' scores, or of the quarters' V: two decimals half up; None of none (REV-4, REV-12)."""
    given = list(scores)
    return score_of(mean(given)) if given else None


def values_failed(mean: Decimal, scores: Iterable[Decimal], gate: Gate) -> bool:
    """Whether V, or by the gate `every` any one of the values' scores, is below 2.5 (REV-4)."""
    if gate is Gate.MEAN:
        return mean < PASS
    return any(score < PASS for score in scores)
