"""`/v1/reviews/{id}`: assessing, submitting, returning, approving, and the figures (REV-2a to REV-7)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from attain_api.conditional import ChangeTag, ResponseTag
from attain_api.deps import Actor, CurrentActor, IfMatch, Uow, allow
from attain_api.problems import problems
from attain_api.reviews import assessing, figures, submitting
from attain_api.reviews.reading import ShownReview
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, Invalid, NotAllowed, NotFound, PreconditionRequired, Stale
from attain_shared.reviews.assessment_schemas import Assessment, DecidedValues
from attain_shared.reviews.figure_schemas import ReviewFigures
from attain_shared.reviews.schemas import ReviewAction, ReviewRead

router = APIRouter(prefix="/v1/reviews", tags=["Reviews"], dependencies=[allow("hr", "executive", "employee")])
REFUSALS = problems(NotAllowed, NotFound, Conflict, Stale, Invalid, PreconditionRequired)


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """One change of one review in the version that the caller means."""

    uow: UnitOfWork
    actor: Actor
    review_id: UUID
    tag: ResponseTag
    if_match: str | None

    async def make(self, change: Callable[..., Awaitable[ShownReview]], **said: object) -> ReviewRead:
        """Answer the whole review with its new tag."""
        named = {"actor": self.actor, "review_id": self.review_id, "if_match": self.if_match}
        review = await change(self.uow, **named, **said)
        self.tag.set(review.tag)
        return review.body


async def _change(
    uow: Uow, actor: CurrentActor, review_id: UUID, tag: ChangeTag, if_match: IfMatch = None
) -> ChangeRequest:
    return ChangeRequest(uow, actor, review_id, tag, if_match)


ReviewChange = Annotated[ChangeRequest, Depends(_change)]
_SAYING_NOTHING = ReviewAction()


@router.put("/{review_id}/self-assessment", summary="Assess oneself", responses=REFUSALS)
async def put_self_assessment(*, change: ReviewChange, body: Assessment) -> ReviewRead:
    """By the employee, until it is submitted; saving it again replaces it."""
    return await change.make(assessing.save_assessment, part="self", data=body)


@router.put("/{review_id}/manager-assessment", summary="Assess a person", responses=REFUSALS)
async def put_manager_assessment(*, change: ReviewChange, body: Assessment) -> ReviewRead:
    """By the manager, whose draft nobody else sees; saving it again replaces it."""
    return await change.make(assessing.save_assessment, part="manager", data=body)


@router.put("/{review_id}/second-level-assessment", summary="Decide values marked unsure", responses=REFUSALS)
async def put_second_level_assessment(*, change: ReviewChange, body: DecidedValues) -> ReviewRead:
    """By the 1 over 1, and at its step by HR: of the values that the manager marked unsure, and only those."""
    return await change.make(assessing.save_decisions, data=body)


@router.post("/{review_id}/actions/submit", summary="Submit an assessment", responses=REFUSALS)
async def submit_review(*, change: ReviewChange, body: ReviewAction = _SAYING_NOTHING) -> ReviewRead:
    """The employee's goes to the manager; the manager's on to the 1 over 1, and freezes the figures."""
    return await change.make(submitting.submit_review, reason=body.reason)


@router.post("/{review_id}/actions/return", summary="Return a review", responses=REFUSALS)
async def return_review(*, change: ReviewChange, body: ReviewAction = _SAYING_NOTHING) -> ReviewRead:
    """To whoever wrote it, with a reason; figures frozen with it are frozen anew when it is submitted again."""
    return await change.make(submitting.return_review, reason=body.reason)


@router.post("/{review_id}/actions/approve", summary="Approve a review", responses=REFUSALS)
async def approve_review(*, change: ReviewChange, body: ReviewAction = _SAYING_NOTHING) -> ReviewRead:
    """By the 1 over 1, then by HR, once every value marked unsure is decided."""
    return await change.make(submitting.approve_review, reason=body.reason)


@router.get("/{review_id}/figures", summary="A review's figures, frozen and current", responses=problems(NotFound))
async def get_review_figures(*, uow: Uow, actor: CurrentActor, review_id: UUID) -> ReviewFigures:
    """What was measured: the proposal of each score, and what was restated since they were frozen, row by row.

    The frozen figures never change; the current ones stand beside them.
    """
    return await figures.get_figures(uow, actor=actor, review_id=review_id)
