"""What was measured of a review: frozen beside current, with what changed since (REV-7, MET-7)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.attainments.service import OwnedAttainment
from attain_api.explanations.since import explain_since
from attain_api.reviews import repository, service
from attain_api.reviews.assessing import written_in
from attain_api.reviews.figures_repository import find_next_batch_stored_at
from attain_api.reviews.measuring import Measured, measure, performance_now, scores_given
from attain_api.reviews.repository import Parts, SeenReview
from attain_shared.db.session import UnitOfWork
from attain_shared.goals.attainment_schemas import IndicatorAttainmentRead
from attain_shared.goals.explain_schemas import ChangeRead
from attain_shared.reviews.assessment_schemas import Assessment
from attain_shared.reviews.figure_schemas import GoalFigures, ReviewFigures, ReviewGoalFigures
from attain_shared.reviews.models import Review, ReviewGoal

_COMPARED = ("actual", "actual_low", "actual_high", "attainment", "attainment_low", "attainment_high")
"""What of an indicator is the same as when it was frozen, or differs."""


class _Goal(NamedTuple):
    """A goal then and now."""

    goal_id: UUID
    title: str
    weight: Decimal
    frozen: GoalFigures | None
    current: GoalFigures | None

    @property
    def differs(self) -> bool:
        return self.frozen is not None and self.current is not None and _told(self.frozen) != _told(self.current)


async def get_figures(uow: UnitOfWork, *, actor: Actor, review_id: UUID) -> ReviewFigures:
    """A review's goals as they stand, and for whoever sees the judgement as they were frozen, with what changed since.

    As many statements for one goal as for all; fewer where nothing differs.

    Raises:
        NotFound: there is no such review, or it is outside the caller's view.
    """
    seen = await service.find_review(uow, actor=actor, review_id=review_id)
    parts = await repository.load_parts(uow.session, company_id=actor.company_id, review_id=review_id)
    measured = await measure(uow, review=seen.review, cycle=seen.cycle)
    is_frozen = seen.review.frozen_as_of is not None and seen.rights.sees_judgement
    goals = _pair(parts.goals if is_frozen else None, measured.goals)
    changes = await _explain(uow, actor=actor, review=seen.review, goals=goals)
    return ReviewFigures(
        frozen_as_of=seen.review.frozen_as_of if is_frozen else None,
        frozen_performance=seen.review.performance if is_frozen else None,
        current_performance=_current_performance(seen, parts, measured, is_frozen=is_frozen),
        goals=[_read(one, changes.get(one.goal_id)) for one in goals],
    )


def _pair(frozen: Sequence[ReviewGoal] | None, measured: Iterable[OwnedAttainment]) -> list[_Goal]:
    """The goals that were frozen, each with what it comes to now; before that those there are."""
    current = {one.attainment.goal_id: GoalFigures.model_validate(one.attainment) for one in measured}
    if frozen is None:
        return [
            _Goal(one.attainment.goal_id, one.title, one.weight, None, current[one.attainment.goal_id])
            for one in measured
        ]
    return [
        _Goal(row.goal_id, row.title, row.weight, _read_frozen(row), current.get(row.goal_id))
        for row in sorted(frozen, key=lambda row: row.goal_id)
    ]


def _read_frozen(row: ReviewGoal) -> GoalFigures:
    stored = {name: getattr(row, name) for name in ("score_low", "score_high", "rule", "includes_batches_up_to")}
    return GoalFigures(score=row.suggested_score, indicators=_indicators(row.indicators), **stored)


def _indicators(stored: Iterable[Mapping[str, Any]]) -> list[IndicatorAttainmentRead]:
    return [IndicatorAttainmentRead.model_validate(one) for one in stored]


def _told(figures: GoalFigures) -> object:
    """What is compared: numbers, however many zeros they end with."""
    indicators = [(one.indicator_id, *(getattr(one, name) for name in _COMPARED)) for one in figures.indicators]
    return figures.score, figures.score_low, figures.score_high, indicators


async def _explain(
    uow: UnitOfWork, *, actor: Actor, review: Review, goals: Iterable[_Goal]
) -> Mapping[UUID, ChangeRead]:
    """Why goals differ from what was frozen; of one that cannot be evaluated now nothing can be said."""
    differing = [one for one in goals if one.differs and one.current is not None and one.current.indicators]
    if not differing or review.frozen_as_of is None:
        return {}
    included = min(
        (one.frozen.includes_batches_up_to for one in differing if one.frozen is not None),
        key=lambda batch_id: batch_id or UUID(int=0),
    )
    following = await find_next_batch_stored_at(uow.session, company_id=actor.company_id, after=included)
    since = _known_until(review.frozen_as_of, following)
    return await explain_since(uow, actor=actor, goal_ids=[one.goal_id for one in differing], since=since)


def _known_until(frozen_as_of: datetime, following: datetime | None) -> datetime:
    """When the frozen figures' facts end: a batch that had come, and was not in them yet, is a later change."""
    if following is None or following > frozen_as_of:
        return frozen_as_of
    return following - timedelta(microseconds=1)


def _current_performance(seen: SeenReview, parts: Parts, measured: Measured, *, is_frozen: bool) -> Decimal | None:
    """With the manager's scores where they are frozen; a draft's count for nothing (REV-7)."""
    if seen.cycle.is_values_only:
        return None
    written = written_in(parts, "manager") if is_frozen else Assessment()
    competency = written.competency.score if written.competency is not None else None
    found = performance_now(measured, seen.cycle, given=scores_given(written), competency=competency)
    return found.performance


def _read(one: _Goal, change: ChangeRead | None) -> ReviewGoalFigures:
    then, now = (figures.score if figures is not None else None for figures in (one.frozen, one.current))
    changes = change.indicators if change is not None else []
    return ReviewGoalFigures(
        goal_id=one.goal_id,
        title=one.title,
        weight=one.weight,
        current=one.current,
        frozen=one.frozen,
        difference=None if then is None or now is None else now - then,
        differs=one.differs,
        restated=any(indicator.restatements_total for indicator in changes),
        changes=changes,
    )
