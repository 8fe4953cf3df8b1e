"""`/v1/reviews`: how people did, argued from facts."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from attain_api.conditional import Tag
from attain_api.deps import CurrentActor, Uow, allow
from attain_api.paging import PageQuery, page_of
from attain_api.reviews import service
from attain_shared.reviews.schemas import ReviewEventRead, ReviewRead, ReviewSummary
from attain_shared.rules.review_flow import Step
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/reviews", tags=["Reviews"])

PEOPLE = allow("hr", "executive", "employee")
"""Which reviews they see, and what they do with them, is a matter of who they are to the person (SEC-3)."""


class ReviewQuery(PageQuery):
    """Which reviews, and in which order."""

    sort: Literal["created_at", "-created_at"] = "created_at"
    """By default the oldest first."""
    review_cycle_id: UUID | None = None
    """Only those of this round."""
    person_id: UUID | None = None
    """Only this person's."""
    department_id: UUID | None = None
    """Only of people who were in this department when the review was opened."""
    step: Step | None = None
    """Only those at this step."""
    mine: bool = False
    """Only those that wait for the caller to act."""
    overdue: bool = False
    """Only those whose step was due before today."""


class EventQuery(PageQuery):
    """In which order."""

    sort: Literal["at", "-at"] = "-at"
    """By default the latest first."""


@router.get("", summary="List reviews", dependencies=[PEOPLE])
async def list_reviews(*, uow: Uow, actor: CurrentActor, query: Annotated[ReviewQuery, Query()]) -> Page[ReviewSummary]:
    """The reviews that the caller sees: their own, those they have a part in, those of people below; HR sees all."""
    filters = query.model_dump(include={"review_cycle_id", "person_id", "department_id", "step"}, exclude_none=True)
    reviews, cursor = await service.list_reviews(
        uow, actor=actor, query=query, filters=filters, is_mine=query.mine, is_overdue=query.overdue
    )
    return Page[ReviewSummary](items=reviews, next_cursor=cursor)


@router.get("/{review_id}/history", summary="What was done with a review", dependencies=[PEOPLE])
async def list_review_history(
    *, uow: Uow, actor: CurrentActor, review_id: UUID, query: Annotated[EventQuery, Query()]
) -> Page[ReviewEventRead]:
    """Who did what and why, as far as the caller may know."""
    found = await service.list_events(uow, actor=actor, review_id=review_id, query=query)
    return Page[ReviewEventRead].model_validate(page_of(*found))


@router.get("/{review_id}", summary="One review", dependencies=[PEOPLE])
async def get_review(*, uow: Uow, actor: CurrentActor, review_id: UUID, tag: Tag) -> ReviewRead:
    """A review as the caller may see it: the employee sees the judgement from the interview on."""
    review = await service.get_review(uow, actor=actor, review_id=review_id)
    tag.show(review.tag)
    return review.body
