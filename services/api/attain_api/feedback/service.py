"""Feedback from anybody to anybody else: given with a case, never changed, as it is evidence (CULT-1, REV-10)."""

from collections.abc import Mapping
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.feedback import repository
from attain_api.goals import service as goals
from attain_api.paging import PageQuery
from attain_api.people.service import employed_since
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Invalid, NotFound
from attain_shared.identifiers import new_id
from attain_shared.reviews.follow_up_models import Feedback
from attain_shared.reviews.follow_up_schemas import FeedbackCase, FeedbackCreate, FeedbackRead


def read_feedback(feedback: Feedback) -> FeedbackRead:
    """Feedback as everybody who sees it does."""
    stored = {
        name: getattr(feedback, name) for name in ("id", "person_id", "author_id", "kind", "goal_id", "created_at")
    }
    case = FeedbackCase(behaviour=feedback.behaviour, consequence=feedback.consequence)
    return FeedbackRead.model_validate(stored | {"case": case, "on": feedback.on_day})


async def give_feedback(uow: UnitOfWork, *, actor: Actor, data: FeedbackCreate) -> Feedback:
    """Give feedback.

    Raises:
        Invalid: it is to nobody else who is employed, the day is off, or the goal is not one that it can be on.
    """
    await _check(uow, actor=actor, data=data)
    feedback = Feedback(
        company_id=actor.company_id,
        id=new_id(),
        author_id=actor.principal_id,
        on_day=data.on,
        **data.case.model_dump(),
        **data.model_dump(include={"person_id", "kind", "goal_id"}),
    )
    uow.session.add(feedback)
    await uow.session.flush()
    return feedback


async def get_feedback(uow: UnitOfWork, *, actor: Actor, feedback_id: UUID) -> Feedback:
    """Feedback in the caller's view.

    Raises:
        NotFound: there is none, or it is outside the view.
    """
    feedback = await repository.find_feedback(uow.session, visible_to=actor, feedback_id=feedback_id)
    if feedback is None:
        raise NotFound("no such feedback")
    return feedback


async def list_feedback(
    uow: UnitOfWork, *, actor: Actor, query: PageQuery, filters: Mapping[str, object]
) -> tuple[list[FeedbackRead], str | None]:
    """A part of the feedback that the caller sees."""
    rows, cursor = await repository.list_feedback(uow.session, visible_to=actor, query=query, filters=filters)
    return [read_feedback(row) for row in rows], cursor


async def _check(uow: UnitOfWork, *, actor: Actor, data: FeedbackCreate) -> None:
    employed = await employed_since(uow, company_id=actor.company_id, person_ids=[data.person_id])
    if data.person_id not in employed:
        raise Invalid.field("/person_id", "unknown-person", "nobody who is employed")
    if data.person_id == actor.principal_id:
        raise Invalid.field("/person_id", "own-feedback", "feedback is to somebody else")
    if data.on > business_day():
        raise Invalid.field("/on", "in-the-future", "not after today")
    if data.on < employed[data.person_id]:
        raise Invalid.field("/on", "before-hire", "not before they were hired")
    if data.goal_id is not None and not await _is_on(uow, actor=actor, goal_id=data.goal_id, person_id=data.person_id):
        raise Invalid.field("/goal_id", "unknown-goal", "no goal of theirs, a department's or the company's")


async def _is_on(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, person_id: UUID) -> bool:
    """Whether the author sees the goal, and it is nobody else's."""
    try:
        seen = await goals.find_goal(uow, actor=actor, goal_id=goal_id)
    except NotFound:
        return False
    return seen.goal.person_id in (None, person_id)
