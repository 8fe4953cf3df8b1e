"""`/v1/reviews/{id}/actions`: how a review ends, and who stands in on the way (REV-6)."""

from fastapi import APIRouter

from attain_api.deps import allow
from attain_api.reviews import delegating, finishing
from attain_api.reviews.assessment_router import REFUSALS, ReviewChange
from attain_shared.reviews.schemas import Delegation, RatingChanged, ReviewAction, ReviewRead
from attain_shared.rules.review_flow import Action

router = APIRouter(
    prefix="/v1/reviews/{review_id}/actions",
    tags=["Reviews"],
    dependencies=[allow("hr", "executive", "employee")],
    responses=REFUSALS,
)
_SAYING_NOTHING = ReviewAction()


@router.post("/acknowledge", summary="Acknowledge a review")
async def acknowledge_review(*, change: ReviewChange, body: ReviewAction = _SAYING_NOTHING) -> ReviewRead:
    """By the employee, after the interview: the review is closed."""
    return await change.make(finishing.finish_review, action=Action.ACKNOWLEDGE, reason=body.reason)


@router.post("/appeal", summary="Appeal against a rating")
async def appeal_review(*, change: ReviewChange, body: ReviewAction = _SAYING_NOTHING) -> ReviewRead:
    """By the employee, once, within 7 days of the interview: HR answers."""
    return await change.make(finishing.finish_review, action=Action.APPEAL, reason=body.reason)


@router.post("/uphold", summary="Uphold a rating")
async def uphold_review(*, change: ReviewChange, body: ReviewAction = _SAYING_NOTHING) -> ReviewRead:
    """HR leaves the rating as it is, and says why: the review is closed."""
    return await change.make(finishing.finish_review, action=Action.UPHOLD, reason=body.reason)


@router.post("/change", summary="Change a rating after an appeal")
async def change_review(*, change: ReviewChange, body: RatingChanged) -> ReviewRead:
    """HR gives another rating, on record: the review is closed, and the improvement plan follows the rating."""
    return await change.make(finishing.change_rating, rating=body.rating, reason=body.reason)


@router.post("/cancel", summary="Cancel a review")
async def cancel_review(*, change: ReviewChange, body: ReviewAction = _SAYING_NOTHING) -> ReviewRead:
    """HR ends a review that should not go on (somebody left, a mistake), and what is open of it."""
    return await change.make(finishing.finish_review, action=Action.CANCEL, reason=body.reason)


@router.post("/delegate", summary="Delegate a step of a review")
async def delegate_review(*, change: ReviewChange, body: Delegation) -> ReviewRead:
    """HR has somebody do the step that the review is at, in its owner's place: they see it as long as it is there."""
    return await change.make(delegating.delegate_step, data=body)
