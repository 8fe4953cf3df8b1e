"""`/v1/check-ins`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.check_ins import service, writing
from attain_api.check_ins.reading import ShownCheckIn
from attain_api.conditional import ChangeTag, Tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_shared.check_ins.schemas import (
    CheckInCommentCreate,
    CheckInCommentRead,
    CheckInCreate,
    CheckInKind,
    CheckInRead,
    CheckInState,
    CheckInUpdate,
    MissingCheckInRead,
    ReportKind,
)
from attain_shared.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from attain_shared.wire import Day, Page

router = APIRouter(prefix="/v1/check-ins", tags=["Check-ins"])

PEOPLE = allow("hr", "executive", "employee")


class CheckInQuery(PageQuery):
    """Which check-ins, and in which order."""

    sort: Literal["starts_on", "-starts_on", "created_at", "-created_at"] = "-starts_on"
    """By default the latest first."""
    person_id: UUID | Literal["me"] | None = None
    """Only by this person; `me` is the caller."""
    with_person_id: UUID | Literal["me"] | None = None
    """Only of a 1:1 with this person; `me` is the caller."""
    kind: CheckInKind | None = None
    """Only of this kind."""
    starts_on: Day | None = None
    """Only of the period that starts on this day."""
    state: CheckInState | None = None
    """Only in this state."""
    goal_id: UUID | None = None
    """Only those that speak of this goal."""


class CommentQuery(PageQuery):
    """Which part of the comments, and in which order."""

    sort: Literal["created_at", "-created_at"] = "created_at"
    """By default as they were said."""


class MissingQuery(PageQuery):
    """Which reports, and in which order."""

    sort: Literal["name", "-name"] = "name"
    """By default by name."""
    kind: ReportKind = "weekly"
    """Weekly reports or monthly summaries."""
    starts_on: Day | None = None
    """The Monday of the week, the first of the month; by default of the present one."""


@router.post(
    "",
    status_code=201,
    response_model=CheckInRead,
    summary="Begin a check-in",
    dependencies=[PEOPLE],
    responses=problems(Conflict, Invalid),
)
async def create_check_in(*, uow: Uow, creation: Creation, body: CheckInCreate) -> Response:
    """A weekly report, a monthly summary, or notes of a 1:1, as a draft that nobody else sees; one for each period."""
    return await creation.answer(
        uow,
        lambda: writing.create_check_in(uow, actor=creation.actor, data=body),
        _read,
        location="/v1/check-ins/{id}",
        etag=lambda shown: shown.tag,
    )


@router.get("", summary="List check-ins", dependencies=[PEOPLE])
async def list_check_ins(
    *, uow: Uow, actor: CurrentActor, query: Annotated[CheckInQuery, Query()]
) -> Page[CheckInRead]:
    """The caller's own, 1:1 notes shared with them, and submitted reports of people below; HR reads all reports."""
    names = {"person_id", "with_person_id", "kind", "starts_on", "state"}
    filters = query.model_dump(include=names, exclude_none=True)
    for name, value in filters.items():
        if value == "me":
            filters[name] = actor.principal_id
    items, cursor = await service.list_check_ins(uow, actor=actor, query=query, filters=filters, goal_id=query.goal_id)
    return Page[CheckInRead](items=items, next_cursor=cursor)


@router.get("/missing", summary="Who has not reported", dependencies=[PEOPLE], responses=problems(Invalid))
async def list_missing_check_ins(
    *, uow: Uow, actor: CurrentActor, query: Annotated[MissingQuery, Query()]
) -> Page[MissingCheckInRead]:
    """Of the people below the caller, or for HR of all who are employed: who has submitted no report of the period."""
    items, cursor = await service.list_missing(
        uow, actor=actor, kind=query.kind, starts_on=query.starts_on, query=query
    )
    return Page[MissingCheckInRead](items=items, next_cursor=cursor)


@router.get("/{check_in_id}", summary="One check-in", dependencies=[PEOPLE], responses=problems(NotFound))
async def get_check_in(*, uow: Uow, actor: CurrentActor, tag: Tag, check_in_id: UUID) -> CheckInRead:
    """What it says, and what its goals had come to when it was submitted."""
    shown = await service.get_check_in(uow, actor=actor, check_in_id=check_in_id)
    tag.show(shown.tag)
    return shown.read


@router.patch(
    "/{check_in_id}",
    summary="Change a check-in",
    dependencies=[PEOPLE],
    responses=problems(NotAllowed, NotFound, Conflict, Stale, Invalid),
)
async def update_check_in(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, check_in_id: UUID, body: CheckInUpdate, if_match: IfMatch = None
) -> CheckInRead:
    """By its writer, as long as it is a draft."""
    shown = await writing.update_check_in(uow, actor=actor, check_in_id=check_in_id, data=body, if_match=if_match)
    tag.set(shown.tag)
    return shown.read


@router.delete(
    "/{check_in_id}",
    status_code=204,
    summary="Throw a draft away",
    dependencies=[PEOPLE],
    responses=problems(NotAllowed, NotFound, Conflict, Stale),
)
async def delete_check_in(*, uow: Uow, actor: CurrentActor, check_in_id: UUID, if_match: IfMatch = None) -> None:
    """By its writer; what is submitted stays."""
    await writing.delete_check_in(uow, actor=actor, check_in_id=check_in_id, if_match=if_match)


@router.post(
    "/{check_in_id}/actions/submit",
    summary="Submit a check-in",
    dependencies=[PEOPLE],
    responses=problems(NotAllowed, NotFound, Conflict, Stale, Invalid),
)
async def submit_check_in(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, check_in_id: UUID, if_match: IfMatch = None
) -> CheckInRead:
    """A report to those above and HR, a 1:1 to the other; each goal keeps what it has come to by now."""
    shown = await writing.submit_check_in(uow, actor=actor, check_in_id=check_in_id, if_match=if_match)
    tag.set(shown.tag)
    return shown.read


@router.get(
    "/{check_in_id}/comments", summary="What is said to a check-in", dependencies=[PEOPLE], responses=problems(NotFound)
)
async def list_check_in_comments(
    *, uow: Uow, actor: CurrentActor, check_in_id: UUID, query: Annotated[CommentQuery, Query()]
) -> Page[CheckInCommentRead]:
    """By whoever reads it, and by its writer."""
    items, cursor = await service.list_comments(uow, actor=actor, check_in_id=check_in_id, query=query)
    return Page[CheckInCommentRead](items=items, next_cursor=cursor)


@router.post(
    "/{check_in_id}/comments",
    status_code=201,
    response_model=CheckInCommentRead,
    summary="Say something to a check-in",
    dependencies=[PEOPLE],
    responses=problems(NotFound, Conflict, Invalid),
)
async def comment_on_check_in(
    *, uow: Uow, creation: Creation, check_in_id: UUID, body: CheckInCommentCreate
) -> Response:
    """By whoever reads it, and by its writer; for good."""
    return await creation.answer(
        uow,
        lambda: service.comment_on_check_in(uow, actor=creation.actor, check_in_id=check_in_id, data=body),
        CheckInCommentRead,
        location=None,
    )


def _read(shown: ShownCheckIn) -> CheckInRead:
    return shown.read
