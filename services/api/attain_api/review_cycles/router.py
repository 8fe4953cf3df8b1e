"""`/v1/review-cycles`: rounds of reviews (REV-1)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from attain_api.conditional import ChangeTag, Tag, content_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_api.review_cycles import progress, service
from attain_api.review_cycles.service import NobodyToReview, ReviewsOpen
from attain_shared.errors import ActionNotAllowed
from attain_shared.reviews.cycle_schemas import (
    Cadence,
    ReviewClass,
    ReviewCycleCreate,
    ReviewCycleOpen,
    ReviewCycleOpened,
    ReviewCycleRead,
    ReviewCycleUpdate,
    ReviewProgressRead,
)
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/review-cycles", tags=["Reviews"])

READERS = allow("admin", "hr", "executive", "employee")
WRITERS = allow("admin", "hr")
_NOBODY_NAMED = ReviewCycleOpen()


class ReviewCycleQuery(PageQuery):
    """Which rounds, and in which order."""

    sort: Literal["created_at", "-created_at", "name", "-name"] = "-created_at"
    """By default the newest first."""
    cycle_id: UUID | None = None
    """Only those about this period."""
    cadence: Cadence | None = None
    """Only those of this cadence."""
    review_class: ReviewClass | None = Field(default=None, alias="class")
    """Only those of this class."""
    state: Literal["draft", "open", "closed"] | None = None
    """Only those in this state."""


@router.post(
    "", status_code=201, summary="Make a round of reviews", response_model=ReviewCycleRead, dependencies=[WRITERS]
)
async def create_review_cycle(*, uow: Uow, creation: Creation, body: ReviewCycleCreate) -> Response:
    """A draft: nobody has a review of it until it is opened."""
    return await creation.answer(
        uow,
        lambda: service.create_round(uow, actor=creation.actor, data=body),
        lambda shown: shown.body,
        location="/v1/review-cycles/{id}",
        etag=lambda shown: shown.tag,
    )


@router.get("", summary="List rounds of reviews", dependencies=[READERS])
async def list_review_cycles(
    *, uow: Uow, actor: CurrentActor, query: Annotated[ReviewCycleQuery, Query()]
) -> Page[ReviewCycleRead]:
    """All of them for HR and administrators; for others those with a review that they see."""
    filters = query.model_dump(include={"cycle_id", "cadence", "review_class", "state"}, exclude_none=True)
    rounds, cursor = await service.list_rounds(uow, actor=actor, filters=filters, query=query)
    return Page[ReviewCycleRead](items=rounds, next_cursor=cursor)


@router.get("/{review_cycle_id}", summary="One round of reviews", dependencies=[READERS])
async def get_review_cycle(*, uow: Uow, actor: CurrentActor, review_cycle_id: UUID, tag: Tag) -> ReviewCycleRead:
    """A round, how it is judged and when its steps are due."""
    shown = await service.get_round(uow, actor=actor, review_cycle_id=review_cycle_id)
    tag.show(shown.tag)
    return shown.body


@router.patch(
    "/{review_cycle_id}",
    summary="Change a round of reviews",
    dependencies=[WRITERS],
    responses=problems(ActionNotAllowed),
)
async def update_review_cycle(
    *,
    uow: Uow,
    actor: CurrentActor,
    review_cycle_id: UUID,
    body: ReviewCycleUpdate,
    tag: ChangeTag,
    if_match: IfMatch = None,
) -> ReviewCycleRead:
    """Anything of a draft; an open round stays as it was opened."""
    shown = await service.update_round(uow, actor=actor, review_cycle_id=review_cycle_id, data=body, if_match=if_match)
    tag.set(shown.tag)
    return shown.body


@router.post(
    "/{review_cycle_id}/actions/open",
    summary="Open a round of reviews",
    dependencies=[WRITERS],
    responses=problems(ActionNotAllowed, NobodyToReview),
)
async def open_review_cycle(
    *,
    uow: Uow,
    actor: CurrentActor,
    review_cycle_id: UUID,
    tag: ChangeTag,
    body: ReviewCycleOpen = _NOBODY_NAMED,
    if_match: IfMatch = None,
) -> ReviewCycleOpened:
    """One review for everybody the round is about today; again, for who came since.

    Whoever has a review that is not cancelled in another round of the same cadence and period gets none here. People
    without a manager are assessed by whom `assessors` names. Again, it also lets open reviews follow who left and who
    has another manager, which happens by itself every day.
    """
    shown, opened = await service.open_round(
        uow, actor=actor, review_cycle_id=review_cycle_id, data=body, if_match=if_match
    )
    tag.set(shown.tag)
    return opened


@router.post(
    "/{review_cycle_id}/actions/close",
    summary="Close a round of reviews",
    dependencies=[WRITERS],
    responses=problems(ActionNotAllowed, ReviewsOpen),
)
async def close_review_cycle(
    *, uow: Uow, actor: CurrentActor, review_cycle_id: UUID, tag: ChangeTag, if_match: IfMatch = None
) -> ReviewCycleRead:
    """For good, once every review of it is closed or cancelled."""
    shown = await service.close_round(uow, actor=actor, review_cycle_id=review_cycle_id, if_match=if_match)
    tag.set(shown.tag)
    return shown.body


@router.get("/{review_cycle_id}/progress", summary="How far a round of reviews is", dependencies=[READERS])
async def get_review_progress(*, uow: Uow, actor: CurrentActor, review_cycle_id: UUID, tag: Tag) -> ReviewProgressRead:
    """Steps, and whom they wait for: all for HR and administrators, for others the reviews of others that they see."""
    shown = await progress.load_progress(uow, actor=actor, review_cycle_id=review_cycle_id)
    tag.show(content_tag(shown))
    return shown
