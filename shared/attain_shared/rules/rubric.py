"""From attainments to a score (评分标准, GOAL-6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from attain_shared.rules.rounding import half_up

SCALE = tuple(map(Decimal, ("2.5", "3", "3.25", "3.5", "3.75", "4", "4.5", "5")))
"""The scores there are (GOAL-6)."""

OTHERWISE = "otherwise"
"""What the answer names where no rule matched (GOAL-6)."""

Attainment = tuple[Decimal | None, Decimal]
"""An indicator's attainment, none without data, and the cap it is averaged with (GOAL-5)."""


class Quantifier(StrEnum):
    """What of the indicators' attainments a rule looks at (GOAL-6)."""

    ALL = "all"
    ANY = "any"
    MEAN = "mean"


class Op(StrEnum):
    """How a rule compares, its threshold included (GOAL-6)."""

    AT_MOST = "<="
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a rubric (GOAL-6)."""

    test: Quantifier
    op: Op
    threshold: Decimal
    score: Decimal

    def __str__(self) -> str:
        return _name_of(self.test, self.op, self.threshold)

    def matches(self, reached: "Reached") -> bool:
        """Whether the rule holds for the attainments (GOAL-6)."""
        if self.test is Quantifier.MEAN:
            # Compared as sums: a mean of three would have to be rounded.
            value, threshold = reached.capped, self.threshold * reached.indicators
        else:
            # All are at most so much if the highest is, any is if the lowest is; and the other way round.
            is_highest = (self.test is Quantifier.ALL) is (self.op is Op.AT_MOST)
            value, threshold = (reached.highest if is_highest else reached.lowest), self.threshold
        return value <= threshold if self.op is Op.AT_MOST else value >= threshold


class Reached(NamedTuple):
    """What the rules look at of a goal's attainments (GOAL-6)."""

    lowest: Decimal
    highest: Decimal
    capped: Decimal
    """The sum, each no more than its cap."""
    indicators: int


@lru_cache(maxsize=1024)
def _name_of(test: Quantifier, op: Op, threshold: Decimal) -> str:
    short = threshold.normalize()
    return f"{test}{op}{half_up(short, max(2, -int(short.as_tuple().exponent)))}"


@dataclass(frozen=True, slots=True)
class Rubric:
    """An ordered list of rules, first match wins, and the score where none does (GOAL-6)."""

    rules: tuple[Rule, ...]
    otherwise: Decimal


@dataclass(frozen=True, slots=True)
class Scored:
    """A goal's score: one figure, or the two it lies between, or none; and the rule that matched (GOAL-6)."""

    score: Decimal | None
    score_low: Decimal | None
    score_high: Decimal | None
    rule: str | None


NO_SCORE = Scored(None, None, None, None)
"""The score of a goal without data (GOAL-6)."""

DEFAULT_RUBRIC = Rubric(
    rules=(
        Rule(Quantifier.ALL, Op.AT_MOST, Decimal("0.60"), Decimal("2.5")),
        Rule(Quantifier.MEAN, Op.AT_MOST, Decimal("0.70"), Decimal(3)),
        Rule(Quantifier.ANY, Op.AT_MOST, Decimal("0.80"), Decimal("3.25")),
        Rule(Quantifier.ALL, Op.AT_LEAST, Decimal("1.30"), Decimal("4.5")),
        Rule(Quantifier.ALL, Op.AT_LEAST, Decimal("1.15"), Decimal(4)),
        Rule(Quantifier.ALL, Op.AT_LEAST, Decimal("1.05"), Decimal("3.75")),
    ),
    otherwise=Decimal("3.5"),
)
"""The rubric of goals that bring none (GOAL-6)."""

DEFAULT_RUBRIC_VERSION = 1
"""Of its rules: to be raised with every change of them, as an attainment names the version it was scored by."""


def problems(rubric: Rubric) -> list[tuple[str, str]]:
    """Where and why a rubric is not of the form that makes it monotone (GOAL-6); none where it is."""
    found = [
        (f"/rules/{index}/score", "not a score of the scale")
        for index, rule in enumerate(rubric.rules)
        if rule.score not in SCALE
    ]
    if rubric.otherwise not in SCALE:
        found.append(("/otherwise", "not a score of the scale"))
    for index, rule in enumerate(rubric.rules):
        if rule.op is Op.AT_MOST and rule.score > rubric.otherwise:
            found.append((f"/rules/{index}/score", "a <= rule scores no more than otherwise"))
        if rule.op is Op.AT_LEAST and rule.score < rubric.otherwise:
            found.append((f"/rules/{index}/score", "a >= rule scores no less than otherwise"))
    for index, (before, after) in enumerate(pairwise(rubric.rules), start=1):
        if before.op is Op.AT_LEAST and after.op is Op.AT_MOST:
            found.append((f"/rules/{index}/op", "the <= rules come before the >= rules"))
        elif before.op is after.op is Op.AT_MOST and after.score < before.score:
            found.append((f"/rules/{index}/score", "the scores of the <= rules ascend"))
        elif before.op is after.op is Op.AT_LEAST and after.score > before.score:
            found.append((f"/rules/{index}/score", "the scores of the >= rules descend"))
    return found


def score(attainments: Iterable[Attainment], rubric: Rubric, *, ignore_missing: bool) -> Scored:
    """The score of a goal's attainments and the rule that gave it; none while data is missing (GOAL-6)."""
    given = list(attainments)
    known = [(reached, cap) for reached, cap in given if reached is not None]
    if not known or (len(known) < len(given) and not ignore_missing):
        return NO_SCORE
    figures = [reached for reached, _ in known]
    capped = sum((min(reached, cap) for reached, cap in known), Decimal(0))
    reached = Reached(min(figures), max(figures), capped, len(known))
    matched = next((rule for rule in rubric.rules if rule.matches(reached)), None)
    if matched is None:
        return Scored(rubric.otherwise, None, None, OTHERWISE)
    return Scored(matched.score, None, None, str(matched))


def score_interval(
    lows: Iterable[Attainment], highs: Iterable[Attainment], rubric: Rubric, *, ignore_missing: bool
) -> Scored:
    """The scores of the lowest and of the highest attainments: one figure where they agree, else both (GOAL-6)."""
    lowest, highest = list(lows), list(highs)
    low = score(lowest, rubric, ignore_missing=ignore_missing)
    if lowest == highest:
        return low
    high = score(highest, rubric, ignore_missing=ignore_missing)
    return low if low.score == high.score else Scored(None, low.score, high.score, None)
