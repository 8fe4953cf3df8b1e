"""A review's figures, frozen when the manager submits, and what is decided of them later (REV-3, REV-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from attain_api.attainments.service import OwnedAttainment
from attain_api.reviews.measuring import Measured, performance_now, scores_given
from attain_api.reviews.repository import SeenReview
from attain_shared.db.session import UnitOfWork
from attain_shared.reviews.assessment_schemas import Assessment
from attain_shared.reviews.judging import Judgement, Performance, judge, value_scores
from attain_shared.reviews.models import Review, ReviewGoal
from attain_shared.reviews.settings import settings_of

JUDGED = (*(field.name for field in fields(Performance)), *(field.name for field in fields(Judgement)))
"""The columns of a review that are frozen."""


def freeze(uow: UnitOfWork, seen: SeenReview, *, written: Assessment, measured: Measured, as_of: datetime) -> None:
    """Keep the figures as they are now, with the manager's scores, and what they make (REV-2 to REV-5, REV-9)."""
    review, cycle = seen.review, seen.cycle
    given = scores_given(written)
    competency = written.competency.score if written.competency is not None else None
    performance = performance_now(measured, cycle, given=given, competency=competency)
    judgement = judge(
        settings_of(cycle.settings),
        performance=performance.performance,
        scores=value_scores(written).values(),
        quarters=measured.quarters,
        is_values_only=cycle.is_values_only,
    )
    _keep(review, performance)
    _keep(review, judgement)
    review.frozen_as_of, review.assessed_by = as_of, seen.rights.actor_id
    uow.session.add_all(_frozen(review, one, given) for one in measured.goals)


def decide(seen: SeenReview, *, scores: Mapping[str, Decimal | None]) -> None:
    """Keep what follows from the values once the unsure ones are decided (REV-3); the performance stays as frozen."""
    review, cycle = seen.review, seen.cycle
    judgement = judge(
        settings_of(cycle.settings),
        performance=review.performance,
        scores=scores.values(),
        is_values_only=cycle.is_values_only,
    )
    _keep(review, judgement)


async def thaw(uow: UnitOfWork, review: Review, goals: Sequence[ReviewGoal]) -> None:
    """Forget what was frozen: the next submission freezes anew (REV-6)."""
    for name in (*JUDGED, "frozen_as_of", "assessed_by"):
        setattr(review, name, None)
    review.surprises = []
    for goal in goals:
        await uow.session.delete(goal)


def _keep(review: Review, judged: Performance | Judgement) -> None:
    for field in fields(judged):
        setattr(review, field.name, getattr(judged, field.name))


def _frozen(review: Review, one: OwnedAttainment, given: Mapping[UUID, Decimal]) -> ReviewGoal:
    found = one.attainment
    return ReviewGoal(
        company_id=review.company_id,
        review_id=review.id,
        goal_id=found.goal_id,
        title=one.title,
        weight=one.weight,
        suggested_score=found.score,
        score_low=found.score_low,
        score_high=found.score_high,
        rule=found.rule,
        indicators=[indicator.model_dump(mode="json") for indicator in found.indicators],
        includes_batches_up_to=found.includes_batches_up_to,
        score=given.get(found.goal_id, found.score),
    )
