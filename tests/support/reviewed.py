"""Reviews at every step, written straight into the tables: for tests of who sees them and who may act on them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.identifiers import new_id
from attain_shared.reviews.follow_up_models import Interview
from attain_shared.reviews.models import Review, ReviewAssessment, ReviewCycle, ReviewEvent
from attain_shared.reviews.settings import ReviewSettings
from attain_shared.rules.review_flow import OPEN_STEPS, Step

STEPS = (*OPEN_STEPS, Step.CLOSED, Step.CANCELLED)
VALUES = [
    {
        "code": code,
        "name_zh": zh,
        "name_en": en,
        "levels": [{"zh": f"{zh} {level}", "en": f"{en} {level}"} for level in range(1, 6)],
    }
    for code, zh, en in (("customer_first", "客户第一", "Customer first"), ("teamwork", "团队合作", "Teamwork"))
]
"""As a round keeps them."""


def assessment(*, level: int = 2, partial: bool = True) -> dict[str, Any]:
    """What somebody writes: every value met in full up to a level, the next one partly; 2.5 by default."""
    levels = ["full"] * level + (["partial"] if partial and level < 5 else [])
    levels += ["none"] * (5 - len(levels))
    values = [{"code": value["code"], "levels": levels, "unsure": False, "cases": []} for value in VALUES]
    return {"goals": [], "values": values, "competency": None, "comment": "secret-draft-comment"}


def add_review_cycle(uow: UnitOfWork, *, company_id: UUID, cycle_id: UUID, by: UUID, name: str, **more: Any) -> UUID:
    """A round, open and ad hoc unless told otherwise."""
    fields: dict[str, Any] = {
        "cadence": "ad_hoc",
        "review_class": None,
        "is_values_only": False,
        "state": "open",
        "due": {},
    }
    row = ReviewCycle(
        company_id=company_id,
        id=new_id(),
        cycle_id=cycle_id,
        name=name,
        created_by=by,
        settings=ReviewSettings().model_dump(mode="json"),
        company_values=VALUES,
        opened_at=utc_now(),
        **(fields | more),
    )
    uow.session.add(row)
    return row.id


async def add_review(
    uow: UnitOfWork,
    *,
    company_id: UUID,
    review_cycle_id: UUID,
    step: Step,
    person_id: UUID,
    manager_id: UUID,
    second_level_id: UUID | None = None,
    department_id: UUID | None = None,
    **more: Any,
) -> UUID:
    """A review with everything that belongs to it at that step, judged 3.50 and 2.50: the rating is 3.5."""
    order = STEPS.index(step)
    is_frozen, is_published = order >= STEPS.index(Step.SECOND_LEVEL), order >= STEPS.index(Step.INTERVIEW)
    is_cancelled = step is Step.CANCELLED
    is_held = order >= STEPS.index(Step.ACKNOWLEDGEMENT) and not is_cancelled
    judged: dict[str, Any] = {}
    if is_frozen:
        judged = {"frozen_as_of": utc_now(), "goals_score": Decimal("3.50"), "performance": Decimal("3.50")}
        judged |= {"values_score": Decimal("2.50"), "values_failed": False, "overall": Decimal("3.50")}
        judged |= {"suggested_rating": Decimal("3.5"), "quadrant": "bull"}
    if is_published and not is_cancelled:
        judged |= {"rating": Decimal("3.5"), "published_at": utc_now()}
    review = Review(
        company_id=company_id,
        id=new_id(),
        review_cycle_id=review_cycle_id,
        person_id=person_id,
        department_id=department_id,
        manager_id=manager_id,
        second_level_id=second_level_id,
        step=step.value,
        interviewed_at=utc_now() if is_held else None,
        appealed_at=utc_now() if step is Step.APPEALED else None,
        closed_at=utc_now() if order >= STEPS.index(Step.CLOSED) else None,
        version=1,
        **(judged | more),
    )
    uow.session.add(review)
    await uow.session.flush()
    own = {"company_id": company_id, "review_id": review.id}
    for part, author, submitted_from in (("self", person_id, 1), ("manager", manager_id, 2)):
        submitted = utc_now() if order >= submitted_from else None
        written = {"saved_by": author, "saved_at": utc_now(), "submitted_at": submitted}
        uow.session.add(ReviewAssessment(**own, part=part, document=assessment(), **written))
    if is_held:
        held_on = business_day() - timedelta(days=1)
        uow.session.add(Interview(**own, held_on=held_on, good=[], improve=[], held_by=manager_id))
    uow.session.add(ReviewEvent(**own, action="open", to_step=Step.SELF_ASSESSMENT.value))
    await uow.session.flush()
    return review.id
