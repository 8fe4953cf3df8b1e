"""`/v1/feedback`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.conditional import Tag, content_tag
from attain_api.deps import CurrentActor, Uow, allow
from attain_api.feedback import service
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_shared.errors import Conflict, Invalid, NotFound
from attain_shared.reviews.follow_up_schemas import FeedbackCreate, FeedbackKind, FeedbackRead
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/feedback", tags=["Feedback"])

PEOPLE = allow("hr", "executive", "employee")


class FeedbackQuery(PageQuery):
    """Which feedback, and in which order."""

    sort: Literal["on", "-on", "created_at", "-created_at"] = "-on"
    """By default the latest case first."""
    person_id: UUID | None = None
    """Only to this person."""
    author_id: UUID | Literal["me"] | None = None
    """Only by this person; `me` is the caller."""
    kind: FeedbackKind | None = None
    """Only of this kind."""


@router.post(
    "",
    status_code=201,
    response_model=FeedbackRead,
    summary="Give feedback",
    dependencies=[PEOPLE],
    responses=problems(Conflict, Invalid),
)
async def give_feedback(*, uow: Uow, creation: Creation, body: FeedbackCreate) -> Response:
    """From anybody to anybody else, with a case; nobody changes it afterwards, as reviews rest on it."""
    return await creation.answer(
        uow,
        lambda: service.give_feedback(uow, actor=creation.actor, data=body),
        service.read_feedback,
        location="/v1/feedback/{id}",
        etag=lambda feedback: content_tag(service.read_feedback(feedback)),
    )


@router.get("", summary="List feedback", dependencies=[PEOPLE])
async def list_feedback(
    *, uow: Uow, actor: CurrentActor, query: Annotated[FeedbackQuery, Query()]
) -> Page[FeedbackRead]:
    """Feedback to the caller, by the caller, and to people below; HR sees all."""
    filters = query.model_dump(include={"person_id", "author_id", "kind"}, exclude_none=True)
    if query.author_id == "me":
        filters["author_id"] = actor.principal_id
    items, cursor = await service.list_feedback(uow, actor=actor, query=query, filters=filters)
    return Page[FeedbackRead](items=items, next_cursor=cursor)


@router.get("/{feedback_id}", summary="One piece of feedback", dependencies=[PEOPLE], responses=problems(NotFound))
async def get_feedback(*, uow: Uow, actor: CurrentActor, tag: Tag, feedback_id: UUID) -> FeedbackRead:
    """To whom, by whom, and the case it rests on."""
    feedback = service.read_feedback(await service.get_feedback(uow, actor=actor, feedback_id=feedback_id))
    tag.show(content_tag(feedback))
    return feedback
