"""Reviews at every step, written straight into the tables: for tests of who sees them and who may act on them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.identifiers import new_id
from attain_shared.reviews.calibration_models import CalibrationGroup
from attain_shared.reviews.follow_up_models import ActionItem, Decision, Feedback, ImprovementPlan, Interview, Reminder
from attain_shared.reviews.models import Review, ReviewAssessment, ReviewCycle, ReviewEvent
from attain_shared.reviews.rater_models import ReviewRater
from attain_shared.reviews.settings import ReviewSettings
from attain_shared.rules.review_flow import ENDS, OPEN_STEPS, Step

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

NO_ANSWERS: dict[str, Any] = {"raters": 0, "score": None, "questions": {}, "groups": []}
"""What raters come to where nobody was asked."""


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
        "settings": ReviewSettings().model_dump(mode="json"),
        "company_values": VALUES,
    }
    row = ReviewCycle(
        company_id=company_id,
        id=new_id(),
        cycle_id=cycle_id,
        name=name,
        created_by=by,
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
        judged |= {"raters_closed_at": utc_now(), "raters_result": NO_ANSWERS}
    if is_published and not is_cancelled:
        judged |= {"rating": Decimal("3.5"), "published_at": utc_now()}
    instants = {"interviewed_at": is_held, "appealed_at": step is Step.APPEALED, "closed_at": step in ENDS}
    judged |= {name: utc_now() if has_been else None for name, has_been in instants.items()}
    review = Review(
        company_id=company_id,
        id=new_id(),
        review_cycle_id=review_cycle_id,
        person_id=person_id,
        department_id=department_id,
        manager_id=manager_id,
        second_level_id=second_level_id,
        step=step.value,
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


def add_locked_group(uow: UnitOfWork, *, company_id: UUID, review_cycle_id: UUID, by: UUID) -> None:
    """A locked calibration group of a round, that of a company under 10."""
    row = CalibrationGroup(company_id=company_id, review_cycle_id=review_cycle_id, id=review_cycle_id, violations=[])
    row.locked_at, row.locked_by = utc_now(), by
    uow.session.add(row)


def add_rater(
    uow: UnitOfWork, *, company_id: UUID, review_id: UUID, person_id: UUID, relation: str, state: str, by: UUID
) -> UUID:
    """Somebody who is asked about the subject of a review, or is to be."""
    rater = ReviewRater(
        company_id=company_id,
        id=new_id(),
        review_id=review_id,
        person_id=person_id,
        relation=relation,
        state=state,
        nominated_by=by,
    )
    uow.session.add(rater)
    return rater.id


def add_reminder(uow: UnitOfWork, *, company_id: UUID, review_id: UUID, person_id: UUID, **more: Any) -> UUID:
    """A reminder of the employee's own assessment, due today, unless told otherwise."""
    fields: dict[str, Any] = {"subject": "self_assessment", "kind": "due_soon", "due_on": business_day()}
    row = Reminder(
        company_id=company_id,
        id=new_id(),
        review_id=review_id,
        person_id=person_id,
        **({"subject_id": review_id} | fields | more),
    )
    uow.session.add(row)
    return row.id


def add_action_item(uow: UnitOfWork, *, company_id: UUID, review_id: UUID, person_id: UUID, **more: Any) -> UUID:
    """An open action item about somebody, agreed on in an interview unless told otherwise; `more` names its owner."""
    fields: dict[str, Any] = {"origin": "interview", "title": "每周一提交附数据的周报", "state": "open"}
    fields |= {"due_on": business_day() + timedelta(days=30), "company_id": company_id, "id": new_id()}
    item = ActionItem(review_id=review_id, person_id=person_id, **(fields | more))
    uow.session.add(item)
    return item.id


def add_improvement_plan(uow: UnitOfWork, *, company_id: UUID, review_id: UUID, person_id: UUID, **more: Any) -> UUID:
    """An open improvement plan of somebody, led by their manager as such; `more` names its owner."""
    today = business_day()
    fields: dict[str, Any] = {"starts_on": today, "due_on": today + timedelta(days=90), "state": "open"}
    fields |= {"is_managers": True}
    plan = ImprovementPlan(
        company_id=company_id, id=new_id(), review_id=review_id, person_id=person_id, **(fields | more)
    )
    uow.session.add(plan)
    return plan.id


def add_feedback(uow: UnitOfWork, *, company_id: UUID, person_id: UUID, author_id: UUID, **more: Any) -> UUID:
    """Feedback to somebody, constructive unless told otherwise."""
    fields: dict[str, Any] = {"kind": "constructive", "behaviour": "两次周报未附转化数据", "on_day": business_day()}
    fields |= {"consequence": "投放调整晚了一周", "company_id": company_id, "id": new_id()}
    feedback = Feedback(person_id=person_id, author_id=author_id, **(fields | more))
    uow.session.add(feedback)
    return feedback.id


def add_decision(uow: UnitOfWork, *, company_id: UUID, review_id: UUID, person_id: UUID, **more: Any) -> UUID:
    """A decision out of a year's result: a bonus factor proposed by rule, unless told otherwise."""
    fields: dict[str, Any] = {
        "kind": "bonus_factor",
        "value": "1.0",
        "rule": "factor of 3.5 = 1.0",
        "state": "proposed",
    }
    decision = Decision(company_id=company_id, id=new_id(), review_id=review_id, person_id=person_id, **(fields | more))
    uow.session.add(decision)
    return decision.id


async def add_year(
    uow: UnitOfWork, *, company_id: UUID, cycle_id: UUID, by: UUID, person_id: UUID, **line: Any
) -> dict[str, str]:
    """A closed `yearly_review` in its `yearly_round`, with a `decision` that is proposed and a `made_decision`."""
    year = add_review_cycle(uow, company_id=company_id, cycle_id=cycle_id, by=by, name="year", cadence="year")
    await uow.session.flush()
    of = {"company_id": company_id, "person_id": person_id}
    review = await add_review(uow, review_cycle_id=year, step=Step.CLOSED, **of, **line)
    of["review_id"] = review
    made = {"yearly_round": year, "yearly_review": review, "decision": add_decision(uow, **of)}
    made["made_decision"] = add_decision(uow, **of, kind="training", value=None, state="approved")
    return {name: str(one) for name, one in made.items()}
