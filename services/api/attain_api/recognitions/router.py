"""`/v1/recognitions`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.conditional import ChangeTag, Tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_api.recognitions import service
from attain_api.recognitions.service import ShownRecognition
from attain_shared.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from attain_shared.recognitions.schemas import (
    RecognitionCreate,
    RecognitionKind,
    RecognitionRead,
    RecognitionRemoval,
    RecognitionUpdate,
)
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/recognitions", tags=["Recognition"])

PEOPLE = allow("hr", "executive", "employee")


class RecognitionQuery(PageQuery):
    """Which recognitions, and in which order."""

    sort: Literal["on", "-on", "created_at", "-created_at"] = "-on"
    """By default the latest case first."""
    person_id: UUID | Literal["me"] | None = None
    """Only to this person; `me` is the caller."""
    author_id: UUID | Literal["me"] | None = None
    """Only by this person; `me` is the caller."""
    kind: RecognitionKind | None = None
    """Only of this kind."""
    value_id: UUID | None = None
    """Only those that show this company value."""
    cycle_id: UUID | None = None
    """Only awards given for this cycle."""


@router.post(
    "",
    status_code=201,
    response_model=RecognitionRead,
    summary="Recognise colleagues",
    dependencies=[PEOPLE],
    responses=problems(NotAllowed, Conflict, Invalid),
)
async def give_recognition(*, uow: Uow, creation: Creation, body: RecognitionCreate) -> Response:
    """Praise by anybody, an award by HR or an executive, with a case; the whole company sees it."""
    return await creation.answer(
        uow,
        lambda: service.give_recognition(uow, actor=creation.actor, data=body),
        _read,
        location="/v1/recognitions/{id}",
        etag=lambda shown: shown.tag,
    )


@router.get("", summary="List recognitions", dependencies=[PEOPLE])
async def list_recognitions(
    *, uow: Uow, actor: CurrentActor, query: Annotated[RecognitionQuery, Query()]
) -> Page[RecognitionRead]:
    """All of the company's; the 龙虎榜 by figures is `/v1/leaderboards`."""
    wanted = query.model_dump(include={"person_id", "author_id", "kind", "value_id", "cycle_id"}, exclude_none=True)
    filters = {name: actor.principal_id if value == "me" else value for name, value in wanted.items()}
    items, cursor = await service.list_recognitions(
        uow, actor=actor, query=query, person_id=filters.pop("person_id", None), filters=filters
    )
    return Page[RecognitionRead](items=items, next_cursor=cursor)


@router.get("/{recognition_id}", summary="One recognition", dependencies=[PEOPLE], responses=problems(NotFound))
async def get_recognition(*, uow: Uow, actor: CurrentActor, tag: Tag, recognition_id: UUID) -> RecognitionRead:
    """To whom, by whom, and the case it rests on."""
    shown = await service.get_recognition(uow, actor=actor, recognition_id=recognition_id)
    tag.show(shown.tag)
    return shown.read


@router.patch(
    "/{recognition_id}",
    summary="Correct a recognition",
    dependencies=[PEOPLE],
    responses=problems(NotAllowed, NotFound, Stale, Invalid),
)
async def update_recognition(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    recognition_id: UUID,
    body: RecognitionUpdate,
    if_match: IfMatch = None,
) -> RecognitionRead:
    """By its author; whom it is to stays."""
    shown = await service.update_recognition(
        uow, actor=actor, recognition_id=recognition_id, data=body, if_match=if_match
    )
    tag.set(shown.tag)
    return shown.read


@router.delete(
    "/{recognition_id}",
    status_code=204,
    summary="Withdraw a recognition",
    dependencies=[PEOPLE],
    responses=problems(NotAllowed, NotFound, Stale),
)
async def withdraw_recognition(
    *, uow: Uow, actor: CurrentActor, recognition_id: UUID, if_match: IfMatch = None
) -> None:
    """By its author."""
    await service.withdraw_recognition(uow, actor=actor, recognition_id=recognition_id, if_match=if_match)


@router.post(
    "/{recognition_id}/actions/remove",
    status_code=204,
    summary="Remove somebody else's recognition",
    dependencies=[allow("hr")],
    responses=problems(NotAllowed, NotFound, Stale, Invalid),
)
async def remove_recognition(
    *, uow: Uow, actor: CurrentActor, recognition_id: UUID, body: RecognitionRemoval, if_match: IfMatch = None
) -> None:
    """By HR, with a reason that the audit trail keeps."""
    await service.remove_recognition(uow, actor=actor, recognition_id=recognition_id, data=body, if_match=if_match)


def _read(shown: ShownRecognition) -> RecognitionRead:
    return shown.read
