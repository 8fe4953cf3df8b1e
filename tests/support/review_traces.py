"""What reviews say of somebody, wherever they can (SEC-6)."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from attain_shared.clock import utc_now
from attain_shared.db.base import Base
from attain_shared.goals.models import Goal
from attain_shared.identifiers import new_id
from attain_shared.reviews.calibration_models import CalibrationGroup, RatingChange
from attain_shared.reviews.follow_up_models import (
    ActionItem,
    Decision,
    Feedback,
    ImprovementPlan,
    Interview,
    Reminder,
)
from attain_shared.reviews.models import (
    CompanyValue,
    Review,
    ReviewAssessment,
    ReviewCycle,
    ReviewDelegation,
    ReviewEvent,
    ReviewGoal,
)
from attain_shared.reviews.rater_models import RaterAnswer, ReviewRater
from attain_shared.reviews.settings import ReviewSettings
from attain_shared.rules.review_flow import Step

DAY = date(2026, 11, 2)


def reviews_of(*, goal: Goal, name: str, boss_id: UUID) -> list[Base]:
    """A published review of the owner of a goal, and what the owner does in that of somebody else: all name them."""
    assert goal.person_id is not None
    values = {"code": "own", "name_zh": f"{name}精神", "name_en": f"{name}", "levels": [{"zh": name, "en": name}] * 5}
    company_id, person_id = goal.company_id, goal.person_id
    round_ = ReviewCycle(
        company_id=company_id,
        id=new_id(),
        name=f"{name}的考核",
        cadence="ad_hoc",
        cycle_id=goal.cycle_id,
        is_values_only=False,
        settings=ReviewSettings().model_dump(mode="json"),
        due={},
        company_values=[values],
        state="open",
        created_by=boss_id,
    )
    theirs = _review(round_, person_id=person_id, manager_id=boss_id, step=Step.ACKNOWLEDGEMENT)
    theirs.raters_result = {"groups": [{"name": "peer", "comments": {"delivery": [f"{name}很可靠"]}}]}
    theirs.rating, theirs.published_at = Decimal("3.25"), utc_now()
    other = _review(round_, person_id=boss_id, manager_id=person_id, step=Step.MANAGER_ASSESSMENT)
    return [
        CompanyValue(company_id=company_id, id=new_id(), position=9, **values),
        round_,
        theirs,
        other,
        *_within(theirs, goal, name=name, boss_id=boss_id),
        *_after(theirs, name=name, boss_id=boss_id),
        *_done(other, name=name, by=person_id),
    ]


def _review(round_: ReviewCycle, *, person_id: UUID, manager_id: UUID, step: Step) -> Review:
    own: dict[str, Any] = {"company_id": round_.company_id, "review_cycle_id": round_.id}
    return Review(**own, id=new_id(), person_id=person_id, manager_id=manager_id, step=step.value)


def _document(name: str) -> dict[str, Any]:
    case = {"kind": "positive", "behaviour": f"{name}加班", "consequence": f"{name}完成", "on": "2026-09-12"}
    return {
        "goals": [{"goal_id": str(new_id()), "score": "3.5", "reason": f"{name}努力", "comment": name}],
        "values": [{"code": "own", "levels": ["full"] * 5, "unsure": False, "cases": [case]}],
        "competency": {"score": "3.5", "evidence": f"{name}的证书"},
        "comment": f"{name}的整体",
    }


def _within(review: Review, goal: Goal, *, name: str, boss_id: UUID) -> list[Base]:
    """What is written and done on the way to a rating."""
    of_review: dict[str, Any] = {"company_id": review.company_id, "review_id": review.id}
    event = {"id": new_id(), "action": "return", "from_step": "hr", "to_step": "manager_assessment"}
    saved = {"saved_by": boss_id, "saved_at": utc_now(), "submitted_at": utc_now()}
    return [
        ReviewAssessment(**of_review, part="manager", document=_document(name), **saved),
        ReviewGoal(**of_review, goal_id=goal.id, title=goal.title, weight=goal.weight, indicators=[]),
        ReviewEvent(
            **of_review,
            **event,
            actor_id=boss_id,
            is_delegate=False,
            reason=f"{name}的分数",
            details={"exception": f"{name}除外"},
        ),
        RatingChange(
            **of_review,
            id=new_id(),
            origin="calibration",
            after=Decimal("3.25"),
            reason=f"{name}偏高",
            changed_by=boss_id,
        ),
        CalibrationGroup(
            company_id=review.company_id,
            review_cycle_id=review.review_cycle_id,
            id=new_id(),
            exception=f"{name}的例外",
            publish_exception=f"不等{name}",
        ),
        ReviewRater(
            **of_review,
            id=new_id(),
            person_id=boss_id,
            relation="partner",
            state="declined",
            nominated_by=review.person_id,
            reason=f"与{name}不熟",
        ),
        RaterAnswer(**of_review, relation="peer", scores={"delivery": "3.5"}, comments={"delivery": f"{name}守时"}),
    ]


def _after(review: Review, *, name: str, boss_id: UUID) -> list[Base]:
    """What came of a rating."""
    of_review: dict[str, Any] = {"company_id": review.company_id, "review_id": review.id}
    of_person = of_review | {"id": new_id(), "person_id": review.person_id}
    case = {"behaviour": f"{name}迟到", "consequence": name, "evaluation": name, "expectation": name, "on": None}
    return [
        Interview(**of_review, held_on=DAY, good=[case], improve=[case], expectations=f"请{name}准时", held_by=boss_id),
        ActionItem(
            **of_person,
            owner_id=review.person_id,
            origin="interview",
            title=f"{name}参加培训",
            due_on=DAY,
            state="done",
            note=f"{name}已完成",
        ),
        ImprovementPlan(
            **of_person,
            owner_id=review.person_id,
            state="open",
            starts_on=DAY,
            due_on=DAY,
            objectives=f"{name}达标",
            support=f"带教{name}",
            outcome=f"{name}通过",
        ),
        Decision(
            **of_person,
            kind="training",
            value=f"{name}上课",
            state="approved",
            reason=f"{name}需要",
            answer=f"同意{name}",
        ),
    ]


def _done(review: Review, *, name: str, by: UUID) -> list[Base]:
    """What a person does in the review of another, and beside it."""
    of_review: dict[str, Any] = {"company_id": review.company_id, "review_id": review.id}
    to = {"kind": "due_soon", "due_on": DAY}
    feedback = {"kind": "positive", "behaviour": f"{name}帮忙", "consequence": f"{name}按时", "on_day": DAY}
    return [
        ReviewAssessment(**of_review, part="manager", document=_document(name), saved_by=by, saved_at=utc_now()),
        ReviewEvent(**of_review, id=new_id(), action="submit", to_step="manager_assessment", actor_id=by),
        ReviewDelegation(**of_review, step="hr", person_id=by, reason=f"请{name}代办", delegated_by=review.person_id),
        ReviewRater(
            **of_review, id=new_id(), person_id=by, relation="report", state="answered", nominated_by=review.person_id
        ),
        Reminder(**of_review, **to, id=new_id(), person_id=by, subject="manager_assessment", subject_id=review.id),
        *(
            Feedback(company_id=review.company_id, id=new_id(), person_id=person_id, author_id=author_id, **feedback)
            for person_id, author_id in ((by, review.person_id), (review.person_id, by))
        ),
    ]
