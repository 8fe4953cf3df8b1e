"""Reviews as their readers see them (REV-7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from attain_api.conditional import content_tag
from attain_api.reviews.repository import Parts, SeenReview
from attain_api.reviews.rights import Rights
from attain_shared.reviews.assessment_schemas import AssessmentRead
from attain_shared.reviews.flow import answer_by
from attain_shared.reviews.models import Review, ReviewAssessment
from attain_shared.reviews.schemas import ReviewRead, ReviewSummary
from attain_shared.reviews.settings import settings_of
from attain_shared.rules.overall import LABELS, mapped
from attain_shared.rules.rounding import half_up
from attain_shared.rules.values import Level, value_score

JUDGEMENT = (
    "performance", "values", "values_mapped", "overall", "suggested_rating", "rating", "rating_label",
    "values_failed", "quadrant", "frozen_as_of",
)  # fmt: skip
"""What the subject finds null until the interview (REV-7)."""
JUDGEMENT_IN_FULL = ("goals_score", "team_score", "competency_score")
"""And in the whole review, beside the goals, which are none."""
_OWN = (
    "id", "review_cycle_id", "person_id", "department_id", "manager_id", "second_level_id", "step", "due_on",
    "interviewed_at", "closed_at", "created_at",
)  # fmt: skip


Points = Sequence[tuple[Decimal, Decimal]]
"""What a values score is mapped by."""


@dataclass(frozen=True, slots=True)
class ShownReview:
    """A review as the caller sees it, and the tag of this sight of it: what others do unseen does not change it."""

    id: UUID
    body: ReviewRead
    tag: str


def show_review(seen: SeenReview, parts: Parts) -> ShownReview:
    """The whole review."""
    body = _read(seen, parts)
    return ShownReview(seen.review.id, body, content_tag(body))


def read_summaries(found: Sequence[SeenReview]) -> list[ReviewSummary]:
    """Reviews in a list."""
    points = {cycle.id: settings_of(cycle.settings).points for cycle in {one.cycle for one in found}}
    return [ReviewSummary.model_validate(_fields(one, points[one.cycle.id])) for one in found]


def _fields(seen: SeenReview, points: Points) -> dict[str, Any]:
    review, _, delegate_id, rights = seen
    shown = {name: getattr(review, name) for name in _OWN}
    shown |= {"delegate_id": delegate_id, "allowed_actions": list(rights.allowed_actions)}
    return shown | (_judgement(review, points) if rights.sees_judgement else dict.fromkeys(JUDGEMENT))


def _judgement(review: Review, points: Points) -> dict[str, Any]:
    values, rating = review.values_score, review.rating
    return {
        "performance": review.performance,
        "values": values,
        "values_mapped": half_up(mapped(values, points), 2) if values is not None else None,
        "overall": review.overall,
        "suggested_rating": review.suggested_rating,
        "rating": rating,
        "rating_label": LABELS[rating] if rating is not None else None,
        "values_failed": review.values_failed,
        "quadrant": review.quadrant,
        "frozen_as_of": review.frozen_as_of,
    }


def _read(seen: SeenReview, parts: Parts) -> ReviewRead:
    review, cycle, _, rights = seen
    judged = {name: getattr(review, name) if rights.sees_judgement else None for name in JUDGEMENT_IN_FULL}
    written = {
        f"{part}_assessment": _read_assessment(parts.assessments.get(part), rights)
        for part in ("self", "manager", "second_level", "hr")
    }
    made = {
        "goals": parts.goals if rights.sees_judgement else [],
        "interview": parts.interview,
        "answer_by": answer_by(review.interviewed_at) if review.interviewed_at is not None else None,
        "surprises": review.surprises if rights.sees_surprises else None,
    }
    return ReviewRead.model_validate(_fields(seen, settings_of(cycle.settings).points) | judged | written | made)


def _read_assessment(assessment: ReviewAssessment | None, rights: Rights) -> AssessmentRead | None:
    if assessment is None or not rights.sees(assessment):
        return None
    document = assessment.document
    own = {name: getattr(assessment, name) for name in ("saved_by", "saved_at", "submitted_at")}
    scores = {value["code"]: _score_of(value) for value in document["values"]}
    return AssessmentRead.model_validate(
        document | own | {"value_scores": scores, "is_draft": assessment.submitted_at is None}
    )


def _score_of(value: Mapping[str, Any]) -> Decimal | None:
    levels = value["levels"]
    return None if value["unsure"] or levels is None else value_score([Level(level) for level in levels])
