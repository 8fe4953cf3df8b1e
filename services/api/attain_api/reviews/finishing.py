"""How a review ends: acknowledged, or appealed and answered; or cancelled on the way (REV-6)."""

from decimal import Decimal
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.follow_ups.opening import cancel_follow_ups, follow_change
from attain_api.raters.closing import close_raters
from attain_api.reviews.reading import ShownReview
from attain_api.reviews.repository import SeenReview
from attain_api.reviews.service import due_reason, hold_review, lead_on, show_again
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Invalid
from attain_shared.identifiers import new_id
from attain_shared.reviews.calibration_models import RatingChange
from attain_shared.reviews.growth import recount_growth
from attain_shared.rules.overall import FAILED_RATING
from attain_shared.rules.review_flow import ENDS, Action, Step


async def finish_review(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, action: Action, reason: str | None, if_match: str | None
) -> ShownReview:
    """Acknowledge, appeal, uphold or cancel a review.

    Raises:
        NotFound, NotAllowed, PreconditionRequired, Stale, ActionNotAllowed: as `hold_review` has them.
        Invalid: the action is never done without a reason.
    """
    seen = await hold_review(uow, actor=actor, review_id=review_id, action=action, if_match=if_match)
    review = seen.review
    reason = due_reason(action, Step(review.step), reason)
    if action is Action.APPEAL:
        review.appealed_at = utc_now()
    if action is Action.CANCEL:
        await cancel_follow_ups(uow, review=review)
        await close_raters(uow, review)
    lead_on(uow, seen, action=action, reason=reason)
    if review.published_at is not None and review.step in ENDS:
        await recount_growth(uow, company_id=review.company_id)
    return await show_again(uow, actor=actor, review_id=review_id)


async def change_rating(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, rating: Decimal, reason: str | None, if_match: str | None
) -> ShownReview:
    """Answer an appeal with another rating, on record; the improvement plan follows it (REV-6, REV-10).

    Raises:
        NotFound, NotAllowed, PreconditionRequired, Stale, ActionNotAllowed: as `hold_review` has them.
        Invalid: there is no reason, the rating stays the same, or the review has none to change.
    """
    seen = await hold_review(uow, actor=actor, review_id=review_id, action=Action.CHANGE, if_match=if_match)
    reason = due_reason(Action.CHANGE, Step(seen.review.step), reason)
    _check_rating(seen, rating)
    review, before = seen.review, seen.review.rating
    uow.session.add(
        RatingChange(
            company_id=review.company_id,
            id=new_id(),
            review_id=review.id,
            origin="appeal",
            before=before,
            after=rating,
            reason=reason,
            changed_by=actor.principal_id,
        )
    )
    review.rating = rating
    details = {"before": None if before is None else str(before), "after": str(rating)}
    lead_on(uow, seen, action=Action.CHANGE, reason=reason, details=details)
    await uow.session.flush()
    await follow_change(uow, cycle=seen.cycle, review=review)
    await recount_growth(uow, company_id=review.company_id)
    return await show_again(uow, actor=actor, review_id=review_id)


def _check_rating(seen: SeenReview, rating: Decimal) -> None:
    review, cycle, *_ = seen
    if cycle.is_values_only:
        raise Invalid.field("/rating", "values-only", "a round of values alone has no ratings")
    if review.values_failed and rating != FAILED_RATING:
        raise Invalid.field("/rating", "values-failed", f"with failed values the rating is {FAILED_RATING}")
    if rating == review.rating:
        raise Invalid.field("/rating", "unchanged", "the rating is this one: uphold it")
