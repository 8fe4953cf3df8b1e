"""What a rating opens, and what becomes of it when the rating is changed or the review cancelled (REV-9, REV-10)."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm.attributes import set_committed_value

from attain_api.follow_ups import repository
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.reviews.follow_up_models import ActionItem, ImprovementPlan
from attain_shared.reviews.models import Review, ReviewCycle
from attain_shared.rules.distribution import LOWER
from attain_shared.rules.quadrants import FOLLOW_UPS, Quadrant

DAYS_TO_FOLLOW_UP = 30
"""Days in which whoever assessed sees to a quadrant's follow-up; its owner may change them."""
DAYS_OF_A_PLAN = 90
"""Days that an improvement plan runs, unless its owner says otherwise."""
LOW_RATING, TO_IMPROVE = "low_rating", "to_improve"
"""What can come as a surprise (REV-10)."""


def is_low(review: Review) -> bool:
    """Whether the rating asks for an improvement plan: 3.25 or less (REV-10)."""
    return review.rating is not None and review.rating <= LOWER


async def open_follow_ups(uow: UnitOfWork, *, cycle: ReviewCycle, reviews: Sequence[Review]) -> None:
    """Open what follows the ratings of reviews of a round as they are published, their ratings set.

    The quadrant's follow-up and, for a low rating, an improvement plan, both of whoever assessed (REV-9, REV-10); a
    low rating without dated feedback before it is flagged. As many statements for many reviews as for one.
    """
    in_order = sorted(reviews, key=lambda review: review.id)
    low = [review for review in in_order if is_low(review)]
    uow.session.add_all(_follow_up(review, Quadrant(review.quadrant)) for review in in_order if review.quadrant)
    uow.session.add_all(map(_plan, low))
    await flag_surprises(uow, cycle=cycle, reviews=low, surprise=LOW_RATING)


async def flag_surprises(uow: UnitOfWork, *, cycle: ReviewCycle, reviews: Sequence[Review], surprise: str) -> None:
    """Flag to the 1 over 1 and HR which reviews of a round came without dated feedback before them (REV-10)."""
    unflagged = {review.id: review for review in reviews if surprise not in review.surprises}
    if not unflagged:
        return
    forewarned = await repository.list_forewarned(uow.session, cycle=cycle, review_ids=unflagged)
    surprised = [review for review_id, review in sorted(unflagged.items()) if review_id not in forewarned]
    if not surprised:
        return
    await repository.add_surprise(
        uow.session, company_id=cycle.company_id, review_ids=[review.id for review in surprised], surprise=surprise
    )
    for review in surprised:
        before, after = review.surprises, [*review.surprises, surprise]
        set_committed_value(review, "surprises", after)
        changes = {"surprises": (before, after)}
        uow.record(resource_type="review", resource_id=review.id, company_id=review.company_id, changes=changes)


async def follow_change(uow: UnitOfWork, *, cycle: ReviewCycle, review: Review) -> None:
    """Open or cancel the improvement plan as a rating changed by an appeal asks for; the quadrant's follow-up stays."""
    plan = await repository.find_plan(uow.session, company_id=review.company_id, review_id=review.id)
    if not is_low(review):
        if plan is not None:
            _cancel(plan)
        return
    if plan is None:
        uow.session.add(_plan(review))
    await flag_surprises(uow, cycle=cycle, reviews=[review], surprise=LOW_RATING)


async def cancel_follow_ups(uow: UnitOfWork, *, review: Review) -> None:
    """Cancel what is still open of a review that is cancelled."""
    found = {"company_id": review.company_id, "review_id": review.id}
    for item in await repository.list_open_items(uow.session, **found):
        _cancel(item)
    plan = await repository.find_plan(uow.session, **found)
    if plan is not None:
        _cancel(plan)


def _cancel(row: ActionItem | ImprovementPlan) -> None:
    if row.state == "open":
        row.state = "cancelled"
        row.version += 1


def _follow_up(review: Review, quadrant: Quadrant) -> ActionItem:
    follow_up = FOLLOW_UPS[quadrant]
    return ActionItem(
        company_id=review.company_id,
        review_id=review.id,
        person_id=review.person_id,
        owner_id=review.manager_id,
        is_managers=not review.is_assessor_named,
        origin="quadrant",
        kind=follow_up.kind.value,
        title=follow_up.zh,
        due_on=business_day() + timedelta(days=DAYS_TO_FOLLOW_UP),
        state="open",
    )


def _plan(review: Review) -> ImprovementPlan:
    today = business_day()
    return ImprovementPlan(
        company_id=review.company_id,
        review_id=review.id,
        person_id=review.person_id,
        owner_id=review.manager_id,
        is_managers=not review.is_assessor_named,
        state="open",
        starts_on=today,
        due_on=today + timedelta(days=DAYS_OF_A_PLAN),
    )
