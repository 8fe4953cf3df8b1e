"""A review's performance, overall score and suggested rating (REV-2a, REV-5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from attain_shared.rules.means import score_of, weighted_mean
from attain_shared.rules.rubric import SCALE
from attain_shared.rules.values import LEVELS

Point = tuple[Decimal, Decimal]
"""A values score, and the score of the performance's scale that it is worth."""

POINTS: tuple[Point, ...] = (
    (Decimal(0), Decimal("2.5")),
    (Decimal("2.5"), Decimal("3.5")),
    (Decimal(3), Decimal(4)),
    (Decimal(4), Decimal("4.5")),
    (Decimal(5), Decimal(5)),
)
"""The mapping of cycles that bring none (REV-5)."""

FAILED_RATING = SCALE[0]
"""The rating of failed values, whatever the performance (REV-4)."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a figure or a code is called, in both languages."""

    zh: str
    en: str


LABELS: Mapping[Decimal, Label] = {
    Decimal(5): Label("杰出", "outstanding"),
    Decimal("4.5"): Label("持续超出期望", "consistently exceeds"),
    Decimal(4): Label("超出期望", "exceeds"),
    Decimal("3.75"): Label("部分超出期望", "partly exceeds"),
    Decimal("3.5"): Label("符合期望", "meets"),
    Decimal("3.25"): Label("需要提高", "partly meets"),
    Decimal(3): Label("需要改进", "needs improvement"),
    Decimal("2.5"): Label("不合格", "fails"),
}
"""The ratings' names (REV-5); it leaves the English ones of 3.25 and 3 open."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the performance: the goals, the team's goals (共担当) or competency; no score where it has none."""

    score: Decimal | None
    share: Decimal


def performance_of(parts: Iterable[Part]) -> Decimal | None:
    """The weighted mean of the parts that exist, two decimals half up; None if there are none (REV-2a)."""
    exact = weighted_mean((part.share, part.score) for part in parts if part.score is not None)
    return None if exact is None else score_of(exact)


def bad_points(points: Sequence[Point]) -> list[tuple[str, str]]:
    """Where and why points are no mapping of every values score to the ratings' scale (REV-5); none where they are.

    From values 0 to 5, strictly ascending, to scores from 2.5 to 5 that never fall. Pointers are relative to the list.
    """
    if len(points) < 2:
        return [("", "at least two points")]
    found = [
        (f"/{index}/1", "a score from 2.5 to 5")
        for index, (_, score) in enumerate(points)
        if not SCALE[0] <= score <= SCALE[-1]
    ]
    if points[0][0] != 0:
        found.append(("/0/0", "the first point is that of 0"))
    if points[-1][0] != LEVELS:
        found.append((f"/{len(points) - 1}/0", f"the last point is that of {LEVELS}"))
    for index, (before, after) in enumerate(pairwise(points), start=1):
        if after[0] <= before[0]:
            found.append((f"/{index}/0", "the values ascend"))
        if after[1] < before[1]:
            found.append((f"/{index}/1", "the scores do not fall"))
    return found


def mapped(values: Decimal, points: Sequence[Point] = POINTS) -> Decimal:
    """V on the performance's scale, linear between the points, not rounded (REV-5).

    Where a slope has no end in decimals, to 28 digits. Raises ValueError for V beyond the points.
    """
    exact = _mapped(values, points)
    return Decimal(exact.numerator) / exact.denominator


def overall(
    performance: Decimal | None,
    values: Decimal | None,
    *,
    performance_weight: Decimal,
    values_weight: Decimal,
    points: Sequence[Point] = POINTS,
) -> Decimal | None:
    """The weighted mean of performance and mapped V, of the one that exists if the other does not (REV-5).

    Rounded here and only here: two decimals, half up. None if what exists has no weight.
    """
    weighed: list[tuple[Decimal, Decimal | Fraction]] = []
    if performance is not None:
        weighed.append((performance_weight, performance))
    if values is not None:
        weighed.append((values_weight, _mapped(values, points)))
    exact = weighted_mean(weighed)
    return None if exact is None else score_of(exact)


def nearest_step(score: Decimal) -> Decimal:
    """The step of the scale nearest to a score, the lower one of two as near (REV-5)."""
    return min(SCALE, key=lambda step: (abs(step - score), step))


def suggested_rating(overall: Decimal, *, is_failed: bool) -> Decimal:
    """The rating that an overall score suggests: the nearest step, and 2.5 where the values are failed (REV-4, REV-5)."""
    return FAILED_RATING if is_failed else nearest_step(overall)


def _mapped(values: Decimal, points: Sequence[Point]) -> Fraction:
    for (left, low), (right, high) in pairwise(points):
        if left <= values <= right:
            return Fraction(low) + Fraction(values - left) * Fraction(high - low) / Fraction(right - left)
    raise ValueError(f"no points around {values}")
