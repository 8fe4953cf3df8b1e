"""`/v1/positions`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from attain_api.conditional import ChangeTag, Tag
from attain_api.deps import Actor, CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery, page_of
from attain_api.positions import service, successors
from attain_api.positions.service import PositionInUse, PositionTaken, position_tag, read_position
from attain_api.problems import problems
from attain_shared.departments.schemas import DepartmentFunction
from attain_shared.errors import ActionNotAllowed
from attain_shared.positions.grades import Grade
from attain_shared.positions.library import LIBRARY
from attain_shared.positions.models import Position
from attain_shared.positions.schemas import (
    LibraryApply,
    LibraryPositionRead,
    LibraryReport,
    PositionCreate,
    PositionRead,
    PositionUpdate,
    SuccessorsRead,
    SuccessorsWrite,
    Tier,
)
from attain_shared.wire import Name, Page

router = APIRouter(prefix="/v1/positions", tags=["Positions"])

READ = ("admin", "hr", "executive", "employee")
WRITE = ("admin", "hr")
SUCCESSORS = ("admin", "hr", "executive")


class PositionQuery(PageQuery):
    """How to list positions."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    function: DepartmentFunction | None = Field(default=None)
    """Only those of this department function."""
    tier: Tier | None = Field(default=None)
    """Only those of this tier."""
    grade: Grade | None = Field(default=None)
    """Only those of this grade."""
    is_key: bool | None = Field(default=None)
    """Only those that name successors, or only those that do not."""
    name: Name | None = Field(default=None)
    """Only those of exactly this name."""
    status: Literal["open", "closed"] = Field(default="open")
    """Closed ones are taken by nobody new."""


@router.post(
    "", status_code=201, response_model=PositionRead, summary="Create a position", dependencies=[allow(*WRITE)]
)
async def create_position(*, uow: Uow, creation: Creation, body: PositionCreate) -> Response:
    """A position of the caller's company; `409 position-taken` where its function has one of this name."""
    return await creation.answer(
        uow,
        lambda: service.create_position(uow, actor=creation.actor, data=body),
        lambda made: read_position(creation.actor, made),
        location="/v1/positions/{id}",
    )


@router.get("", summary="List positions", dependencies=[allow(*READ)])
async def list_positions(
    *, uow: Uow, actor: CurrentActor, query: Annotated[PositionQuery, Query()]
) -> Page[PositionRead]:
    """The company's positions."""
    filters = query.model_dump(include={"function", "tier", "grade", "is_key", "name"})
    items, cursor = await service.list_positions(uow, actor=actor, status=query.status, filters=filters, query=query)
    return Page[PositionRead](items=items, next_cursor=cursor)


@router.get("/library", summary="Read the library of positions", dependencies=[allow(*READ)])
async def get_position_library() -> Page[LibraryPositionRead]:
    """The positions that ship, in Chinese and in English, with their KPI templates (GOAL-9)."""
    return Page[LibraryPositionRead].model_validate(page_of(list(LIBRARY.values()), None))


@router.post(
    "/library/apply",
    summary="Make positions of the library",
    dependencies=[allow(*WRITE)],
    responses=problems(PositionTaken),
)
async def apply_position_library(*, uow: Uow, actor: CurrentActor, body: LibraryApply) -> LibraryReport:
    """Those that are not there yet; what is there is never touched, so it may be sent again."""
    positions = await service.apply_library(
        uow, actor=actor, chosen=service.choose(body.codes), language=body.language, dry_run=body.dry_run
    )
    return LibraryReport(dry_run=body.dry_run, positions=positions)


@router.get("/{position_id}", summary="Get a position", dependencies=[allow(*READ)])
async def get_position(*, uow: Uow, actor: CurrentActor, tag: Tag, position_id: UUID) -> PositionRead:
    """One position."""
    position = await service.get_position(uow, actor=actor, position_id=position_id)
    tag.show(position_tag(actor, position))
    return read_position(actor, position)


@router.patch(
    "/{position_id}", summary="Change a position", dependencies=[allow(*WRITE)], responses=problems(PositionTaken)
)
async def update_position(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, position_id: UUID, body: PositionUpdate, if_match: IfMatch = None
) -> PositionRead:
    """Standards and template are replaced as a whole; goals already made keep what they started from."""
    position = await service.update_position(uow, actor=actor, position_id=position_id, data=body, if_match=if_match)
    return _changed(actor, tag, position)


@router.delete(
    "/{position_id}",
    status_code=204,
    summary="Delete a position",
    dependencies=[allow(*WRITE)],
    responses=problems(PositionInUse),
)
async def delete_position(*, uow: Uow, actor: CurrentActor, position_id: UUID, if_match: IfMatch = None) -> None:
    """Only one made by mistake: `409 position-in-use` where somebody has or had it; close such a one."""
    await service.delete_position(uow, actor=actor, position_id=position_id, if_match=if_match)


@router.post(
    "/{position_id}/actions/close",
    summary="Close a position",
    dependencies=[allow(*WRITE)],
    responses=problems(ActionNotAllowed),
)
async def close_position(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, position_id: UUID, if_match: IfMatch = None
) -> PositionRead:
    """From today on nobody new takes it; who has it keeps it."""
    position = await service.close_position(uow, actor=actor, position_id=position_id, if_match=if_match)
    return _changed(actor, tag, position)


@router.post(
    "/{position_id}/actions/reopen",
    summary="Reopen a position",
    dependencies=[allow(*WRITE)],
    responses=problems(ActionNotAllowed),
)
async def reopen_position(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, position_id: UUID, if_match: IfMatch = None
) -> PositionRead:
    """People may take it again."""
    position = await service.reopen_position(uow, actor=actor, position_id=position_id, if_match=if_match)
    return _changed(actor, tag, position)


@router.get("/{position_id}/successors", summary="Get the successors of a position", dependencies=[allow(*SUCCESSORS)])
async def get_successors(*, uow: Uow, actor: CurrentActor, tag: Tag, position_id: UUID) -> SuccessorsRead:
    """The reserve candidates (后备干部) of a key position, the readiest first."""
    found, etag = await successors.read_successors(uow, actor=actor, position_id=position_id)
    tag.show(etag)
    return found


@router.put(
    "/{position_id}/successors",
    summary="Name the successors of a position",
    dependencies=[allow(*WRITE)],
    responses=problems(successors.NotAKeyPosition),
)
async def put_successors(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    position_id: UUID,
    body: SuccessorsWrite,
    if_match: IfMatch = None,
) -> SuccessorsRead:
    """All of them: who is left out no longer is one. `409 not-a-key-position` for any other position."""
    found, etag = await successors.name_successors(
        uow, actor=actor, position_id=position_id, data=body, if_match=if_match
    )
    tag.set(etag)
    return found


def _changed(actor: Actor, tag: ChangeTag, position: Position) -> PositionRead:
    tag.set(position_tag(actor, position))
    return read_position(actor, position)
