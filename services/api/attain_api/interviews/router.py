"""`/v1/reviews/{id}/interview`."""

from uuid import UUID

from fastapi import APIRouter, Response

from attain_api.deps import IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.interviews import service
from attain_api.problems import problems
from attain_shared.errors import Conflict, Invalid, NotFound, Stale
from attain_shared.reviews.follow_up_schemas import InterviewCreate
from attain_shared.reviews.schemas import ReviewRead

router = APIRouter(prefix="/v1/reviews", tags=["Reviews"])


@router.post(
    "/{review_id}/interview",
    status_code=201,
    response_model=ReviewRead,
    summary="Record the interview",
    dependencies=[allow("hr", "executive", "employee")],
    responses=problems(NotFound, Conflict, Stale, Invalid),
)
async def record_interview(
    *, uow: Uow, creation: Creation, review_id: UUID, body: InterviewCreate, if_match: IfMatch = None
) -> Response:
    """By whoever assessed, once the rating is published: then the employee acknowledges it or appeals (REV-6, REV-10)."""
    return await creation.answer(
        uow,
        lambda: service.record_interview(uow, actor=creation.actor, review_id=review_id, data=body, if_match=if_match),
        lambda review: review.body,
        location="/v1/reviews/{id}",
        etag=lambda review: review.tag,
    )
