"""What a review comes to: from what was measured and written to its figures (REV-2 to REV-5, REV-9, REV-12)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from attain_shared.reviews.assessment_schemas import Assessment, ValueScore
from attain_shared.reviews.settings import ReviewSettings
from attain_shared.rules import overall as overalls
from attain_shared.rules import scorecard
from attain_shared.rules import values as gate
from attain_shared.rules.means import SCORE_PLACES
from attain_shared.rules.overall import Part
from attain_shared.rules.quadrants import Quadrant, quadrant
from attain_shared.rules.rounding import half_up
from attain_shared.rules.values import Gate
from attain_shared.rules.year import year_performance


@dataclass(frozen=True, slots=True)
class JudgedGoal:
    """A goal as a review counts it."""

    weight: Decimal
    computed: Decimal | None
    """None without data, and where only bounds are known: then it counts only by what the manager gives (REV-2)."""
    given: Decimal | None = None
    """By the manager."""

    @property
    def score(self) -> Decimal | None:
        """The manager's where given, else the computed one (REV-2)."""
        return self.computed if self.given is None else self.given


@dataclass(frozen=True, slots=True)
class YearSoFar:
    """What a person's closed reviews of a year came to (REV-12)."""

    performances: Sequence[Decimal] = ()
    """Of the reviews that have one."""
    quarters: Sequence[Decimal] = ()
    """V of the quarters."""


@dataclass(frozen=True, slots=True)
class Performance:
    """The parts of a performance, and what they make (REV-2a): two decimals each, None where there is none."""

    goals_score: Decimal | None
    team_score: Decimal | None
    competency_score: Decimal | None
    performance: Decimal | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What performance and values make together (REV-4, REV-5, REV-9)."""

    values_score: Decimal | None
    values_failed: bool | None
    overall: Decimal | None
    suggested_rating: Decimal | None
    quadrant: Quadrant | None


def read_document(stored: Mapping[str, Any] | None) -> Assessment:
    """What one side wrote, as it is kept; of nothing written an empty one."""
    return Assessment() if stored is None else Assessment.model_validate(stored)


def value_score(value: ValueScore) -> Decimal | None:
    """What its levels come to by the gate rule (REV-3); None where the rater is unsure."""
    return None if value.unsure or value.levels is None else gate.value_score(value.levels)


def unsure_values(manager: Assessment) -> list[str]:
    """The codes of the values that the 1-over-1 manager and HR are to decide (REV-3)."""
    return [value.code for value in manager.values if value.unsure]


def value_scores(manager: Assessment, *decisions: Assessment) -> dict[str, Decimal | None]:
    """By code, the manager's scores; of the unsure ones what was decided, the later decision before the earlier (REV-3).

    None where nobody has decided yet. What was decided of a value that is not unsure any more does not count.
    """
    scores = {value.code: value_score(value) for value in manager.values}
    unsure = set(unsure_values(manager))
    decided = {
        value.code: score
        for decision in decisions
        for value in decision.values
        if value.code in unsure and (score := value_score(value)) is not None
    }
    return scores | decided


def goals_score(goals: Iterable[JudgedGoal]) -> Decimal | None:
    """Σ weight x score / Σ weight over the goals that have a score, two decimals half up (REV-2)."""
    return scorecard.performance((goal.weight, goal.score, goal.score) for goal in goals).value


def judge_performance(
    settings: ReviewSettings,
    *,
    goals: Collection[JudgedGoal],
    team: Iterable[JudgedGoal] = (),
    competency: Decimal | None = None,
    year: YearSoFar | None = None,
) -> Performance:
    """The performance, of the parts that have a share and a score (REV-2a).

    Of a `year` without goals of its own its reviews stand in for them (REV-12).
    """
    of_goals = goals_score(goals)
    if year is not None and not goals:
        of_goals = year_performance(None, year.performances)
    of_team = goals_score(team) if settings.team_share else None
    of_competency = None
    if settings.competency_share and competency is not None:
        of_competency = half_up(competency, SCORE_PLACES)
    parts = (
        Part(of_goals, 1 - settings.team_share - settings.competency_share),
        Part(of_team, settings.team_share),
        Part(of_competency, settings.competency_share),
    )
    return Performance(of_goals, of_team, of_competency, overalls.performance_of(parts))


def judge(
    settings: ReviewSettings,
    *,
    performance: Decimal | None,
    scores: Collection[Decimal | None],
    quarters: Sequence[Decimal] = (),
    is_values_only: bool = False,
) -> Judgement:
    """V by the values' scores, those undecided left out, or by the year's quarters where there are any; and the rest.

    A year's V is one figure, and passes or fails by itself, whatever the gate. Without a performance there is no overall
    score, and a rating is suggested only by failed values (REV-4); of a round of values alone none is.
    """
    known = [score for score in scores if score is not None]
    v = gate.values_score(quarters or known)
    failed = None
    if v is not None:
        failed = gate.values_failed(v, known, Gate.MEAN if quarters else settings.values_gate)
    if is_values_only:
        return Judgement(v, failed, None, None, None)
    overall = None
    if performance is not None:
        weights = {"performance_weight": settings.performance_weight, "values_weight": settings.values_weight}
        overall = overalls.overall(performance, v, points=settings.points, **weights)
    suggested = overalls.FAILED_RATING if failed else None
    if overall is not None:
        suggested = overalls.suggested_rating(overall, is_failed=bool(failed))
    return Judgement(v, failed, overall, suggested, _quadrant(settings, performance, v, is_failed=bool(failed)))


def _quadrant(
    settings: ReviewSettings, performance: Decimal | None, v: Decimal | None, *, is_failed: bool
) -> Quadrant | None:
    if performance is None or v is None:
        return None
    return quadrant(performance, v, is_failed=is_failed, thresholds=settings.quadrants.rules())
