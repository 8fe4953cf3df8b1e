"""`/v1/cycles`: the periods that goals belong to."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.conditional import ChangeTag, Tag
from attain_api.cycles import copying, service
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_shared.errors import Conflict
from attain_shared.goals.cycle_schemas import CycleCopied, CycleCopy, CycleCreate, CycleRead
from attain_shared.rules.periods import CycleKind
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/cycles", tags=["Cycles"])

READERS = allow("admin", "hr", "executive", "employee")
WRITERS = allow("admin")


class CycleQuery(PageQuery):
    """Which cycles, and in which order."""

    sort: Literal["starts_on", "-starts_on", "name", "-name"] = "-starts_on"
    """By default the newest first."""
    kind: CycleKind | None = None
    """Only those of this kind."""
    state: Literal["open", "closed"] | None = None
    """Only those in this state."""


@router.post(
    "", status_code=201, summary="Make a cycle", response_model=CycleRead, dependencies=[WRITERS],
    responses=problems(Conflict),
)  # fmt: skip
async def post_cycle(*, uow: Uow, creation: Creation, body: CycleCreate) -> Response:
    """A cycle starts open; its last day follows from its kind."""
    return await creation.answer(
        uow,
        lambda: service.create_cycle(uow, actor=creation.actor, data=body),
        lambda cycle: cycle.body,
        location="/v1/cycles/{id}",
        etag=lambda cycle: cycle.tag,
    )


@router.get("", summary="List cycles", dependencies=[READERS])
async def list_cycles(*, uow: Uow, actor: CurrentActor, query: Annotated[CycleQuery, Query()]) -> Page[CycleRead]:
    """The company's cycles, the newest first."""
    cycles, cursor = await service.list_cycles(uow, actor=actor, query=query, kind=query.kind, state=query.state)
    return Page[CycleRead](items=cycles, next_cursor=cursor)


@router.get("/{cycle_id}", summary="One cycle", dependencies=[READERS])
async def get_cycle(*, uow: Uow, actor: CurrentActor, cycle_id: UUID, tag: Tag) -> CycleRead:
    """A cycle, its days and the cycle around it."""
    cycle = await service.get_shown_cycle(uow, actor=actor, cycle_id=cycle_id)
    tag.show(cycle.tag)
    return cycle.body


@router.post("/{cycle_id}/actions/close", summary="Close a cycle", dependencies=[WRITERS], responses=problems(Conflict))
async def close_cycle(
    *, uow: Uow, actor: CurrentActor, cycle_id: UUID, tag: ChangeTag, if_match: IfMatch = None
) -> CycleRead:
    """A closed cycle takes no new goals, and its confirmed ones are closed with it."""
    cycle = await service.close_cycle(uow, actor=actor, cycle_id=cycle_id, if_match=if_match)
    tag.set(cycle.tag)
    return cycle.body


@router.post("/{cycle_id}/actions/open", summary="Open a cycle", dependencies=[WRITERS], responses=problems(Conflict))
async def open_cycle(
    *, uow: Uow, actor: CurrentActor, cycle_id: UUID, tag: ChangeTag, if_match: IfMatch = None
) -> CycleRead:
    """An open cycle takes goals, and those that were closed with it are confirmed again."""
    cycle = await service.open_cycle(uow, actor=actor, cycle_id=cycle_id, if_match=if_match)
    tag.set(cycle.tag)
    return cycle.body


@router.post(
    "/{cycle_id}/actions/copy", status_code=201, summary="Copy a cycle's goals forward", response_model=CycleCopied,
    dependencies=[WRITERS], responses=problems(Conflict),
)  # fmt: skip
async def copy_cycle(*, uow: Uow, creation: Creation, cycle_id: UUID, body: CycleCopy) -> Response:
    """Its confirmed and closed goals become drafts of the next cycle of the same kind, which is made if need be.

    Days move along, milestones are not done, and whose owner is gone is left out. Copying again makes nothing new.
    """
    return await creation.answer(
        uow,
        lambda: copying.copy_cycle(uow, actor=creation.actor, cycle_id=cycle_id, data=body),
        lambda copied: copied.body,
        location="/v1/cycles/{id}",
    )
