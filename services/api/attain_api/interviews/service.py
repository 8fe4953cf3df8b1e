"""The interview of a review: what went well, what is to become better, and what is agreed on (REV-10)."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.follow_ups.opening import TO_IMPROVE, flag_surprises
from attain_api.people.service import employed_since
from attain_api.reviews import service as reviews
from attain_api.reviews.reading import ShownReview
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import FieldError, Invalid
from attain_shared.reviews.follow_up_models import ActionItem, Interview
from attain_shared.reviews.follow_up_schemas import InterviewCreate
from attain_shared.reviews.models import Review
from attain_shared.rules.review_flow import Action


async def record_interview(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, data: InterviewCreate, if_match: str | None
) -> ShownReview:
    """Record the interview of a review, open its action items, and lead the review to its acknowledgement.

    Raises:
        NotFound, NotAllowed, Stale, ActionNotAllowed: as for any action on a review, but If-Match may be left out.
        Invalid: there is no case, a day is off, or an action item is of somebody who is not there.
    """
    seen = await reviews.find_review(uow, actor=actor, review_id=review_id, lock=True)
    seen.rights.check_ever(Action.INTERVIEW)
    if if_match is not None:
        await reviews.check_version(uow, seen, if_match=if_match)
    seen.rights.check_now(Action.INTERVIEW)
    await _check(uow, seen.review, data)
    review = seen.review
    review.interviewed_at = utc_now()
    uow.session.add(_interview(review, data, held_by=actor.principal_id))
    uow.session.add_all(_action_items(review, data))
    reviews.lead_on(uow, seen, action=Action.INTERVIEW)
    if data.improve:
        await flag_surprises(uow, cycle=seen.cycle, reviews=[review], surprise=TO_IMPROVE)
    return await reviews.show_again(uow, actor=actor, review_id=review_id)


def _interview(review: Review, data: InterviewCreate, *, held_by: UUID) -> Interview:
    return Interview(
        company_id=review.company_id,
        review_id=review.id,
        held_by=held_by,
        **data.model_dump(mode="json", include={"good", "improve"}),
        **data.model_dump(include={"held_on", "expectations"}),
    )


def _action_items(review: Review, data: InterviewCreate) -> Iterator[ActionItem]:
    for action in data.actions:
        yield ActionItem(
            company_id=review.company_id,
            review_id=review.id,
            person_id=review.person_id,
            origin="interview",
            is_managers=action.owner_id == review.manager_id and not review.is_assessor_named,
            state="open",
            **action.model_dump(),
        )


async def _check(uow: UnitOfWork, review: Review, data: InterviewCreate) -> None:
    employed = await employed_since(
        uow, company_id=review.company_id, person_ids=[action.owner_id for action in data.actions]
    )
    faults = [*_faults_of_days(review, data, today=business_day())]
    if not data.good and not data.improve:
        faults.append(FieldError("/good", "no-case", "an interview rests on one case at least"))
    faults += [
        FieldError(f"/actions/{place}/owner_id", "unknown-person", "nobody who is employed")
        for place, action in enumerate(data.actions)
        if action.owner_id not in employed
    ]
    if faults:
        raise Invalid("The interview is not valid; see `errors`.", errors=faults)


def _faults_of_days(review: Review, data: InterviewCreate, *, today: date) -> Iterator[FieldError]:
    if data.held_on > today:
        yield FieldError("/held_on", "in-the-future", "not after today")
    if review.published_at is not None and data.held_on < business_day(review.published_at):
        yield FieldError("/held_on", "before-publication", "not before the rating was published")
    for kind in ("good", "improve"):
        for place, case in enumerate(getattr(data, kind)):
            if case.on is not None and case.on > today:
                yield FieldError(f"/{kind}/{place}/on", "in-the-future", "not after today")
    for place, action in enumerate(data.actions):
        if action.due_on < today:
            yield FieldError(f"/actions/{place}/due_on", "in-the-past", "not before today")
