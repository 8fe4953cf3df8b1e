"""`/v1/departments`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field
from pydantic_core import to_json

from attain_api.conditional import ChangeTag, Tag, content_tag
from attain_api.departments import restructuring, service
from attain_api.departments.service import DepartmentCycle, department_tag, read_department
from attain_api.deps import Actor, CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.departments.models import Department
from attain_shared.departments.schemas import (
    DepartmentCreate,
    DepartmentFunction,
    DepartmentMerge,
    DepartmentMove,
    DepartmentRead,
    DepartmentTree,
    DepartmentUpdate,
)
from attain_shared.errors import ActionNotAllowed
from attain_shared.wire import Day, Name, Page

router = APIRouter(prefix="/v1/departments", tags=["Departments"])

READ = ("admin", "hr", "executive", "employee")
WRITE = ("admin", "hr")

OnDay = Annotated[Day | None, Query(description="As it was, or will be, on this day; without it, as it is.")]


class DepartmentQuery(PageQuery):
    """How to list departments."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    function: DepartmentFunction | None = Field(default=None)
    """Only those of this function."""
    parent_id: UUID | None = Field(default=None)
    """Only those directly below this one."""
    name: Name | None = Field(default=None)
    """Only those of exactly this name."""
    head_id: UUID | None = Field(default=None)
    """Only those this person leads."""
    status: Literal["open", "closed"] | None = Field(default=None)
    """The open ones by default; closed ones are shown to `admin`, `hr` and `executive`."""
    on: Day | None = Field(default=None)
    """As they were, or will be, on this day: those open on it."""


@router.post(
    "",
    status_code=201,
    response_model=DepartmentRead,
    summary="Create a department",
    dependencies=[allow(*WRITE)],
)
async def create_department(*, uow: Uow, creation: Creation, body: DepartmentCreate) -> Response:
    """A department of the caller's company."""
    return await creation.answer(
        uow,
        lambda: service.create_department(uow, actor=creation.actor, data=body),
        lambda made: read_department(creation.actor, made),
        location="/v1/departments/{id}",
    )


@router.get("", summary="List departments", dependencies=[allow(*READ)])
async def list_departments(
    *, uow: Uow, actor: CurrentActor, query: Annotated[DepartmentQuery, Query()]
) -> Page[DepartmentRead]:
    """The company's departments; everybody sees the open ones, their plans those who answer for them."""
    filters = query.model_dump(include={"function", "parent_id", "name", "head_id"})
    found = await service.list_departments(
        uow, actor=actor, on=query.on, status=query.status, filters=filters, query=query
    )
    return Page[DepartmentRead].model_validate(page_of(*found))


@router.get("/tree", response_model=DepartmentTree, summary="Get the tree of departments", dependencies=[allow(*READ)])
async def get_department_tree(*, uow: Uow, actor: CurrentActor, tag: Tag, on: OnDay = None) -> Response:
    """All open departments, nested; each level by name. On a day when its parent was not there, one is at the top."""
    content = to_json(await service.get_tree(uow, actor=actor, on=on))
    etag = content_tag(content)
    tag.show(etag)
    return Response(content, media_type="application/json", headers={"ETag": etag})


@router.get("/{department_id}", summary="Get a department", dependencies=[allow(*READ)])
async def get_department(
    *, uow: Uow, actor: CurrentActor, tag: Tag, department_id: UUID, on: OnDay = None
) -> DepartmentRead:
    """One department; `404` for a day on which it was not there."""
    department, etag = await service.read_one(uow, actor=actor, department_id=department_id, on=on)
    tag.show(etag)
    return department


@router.patch(
    "/{department_id}",
    summary="Change a department",
    dependencies=[allow(*WRITE)],
    responses=problems(DepartmentCycle),
)
async def update_department(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    department_id: UUID,
    body: DepartmentUpdate,
    if_match: IfMatch = None,
) -> DepartmentRead:
    """A new parent moves it with everything below it; `409 department-cycle` under itself, `department-closed` once closed."""
    department = await service.update_department(
        uow, actor=actor, department_id=department_id, data=body, if_match=if_match
    )
    return _changed(actor, tag, department)


@router.delete(
    "/{department_id}",
    status_code=204,
    summary="Delete a department",
    dependencies=[allow(*WRITE)],
    responses=problems(restructuring.DepartmentInUse),
)
async def delete_department(*, uow: Uow, actor: CurrentActor, department_id: UUID, if_match: IfMatch = None) -> None:
    """Only one made by mistake: `409 department-in-use` where anything refers to it or once did; close such a one."""
    await restructuring.delete_department(uow, actor=actor, department_id=department_id, if_match=if_match)


@router.post(
    "/{department_id}/actions/move",
    summary="Move a department",
    dependencies=[allow(*WRITE)],
    responses=problems(DepartmentCycle),
)
async def move_department(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    department_id: UUID,
    body: DepartmentMove,
    if_match: IfMatch = None,
) -> DepartmentRead:
    """Under another one, with everything below it; `409 department-cycle` under itself."""
    department = await restructuring.move_department(
        uow, actor=actor, department_id=department_id, parent_id=body.parent_id, if_match=if_match
    )
    return _changed(actor, tag, department)


@router.post(
    "/{department_id}/actions/merge",
    summary="Merge a department into another",
    dependencies=[allow(*WRITE)],
    responses=problems(restructuring.DepartmentInUse),
)
async def merge_department(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    department_id: UUID,
    body: DepartmentMerge,
    if_match: IfMatch = None,
) -> DepartmentRead:
    """Its people are transferred today, the departments below it move, and it is closed; the other one keeps its head.

    `409 department-in-use` while events after today bring people into it. Goals and shops that it owns stay with it.
    """
    department = await restructuring.merge_department(
        uow, actor=actor, department_id=department_id, into_id=body.into_id, if_match=if_match
    )
    return _changed(actor, tag, department)


@router.post(
    "/{department_id}/actions/close",
    summary="Close a department",
    dependencies=[allow(*WRITE)],
    responses=problems(restructuring.DepartmentInUse),
)
async def close_department(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, department_id: UUID, if_match: IfMatch = None
) -> DepartmentRead:
    """From today on; `409 department-in-use` with people in it or to come, or open departments below it."""
    department = await restructuring.close_department(uow, actor=actor, department_id=department_id, if_match=if_match)
    return _changed(actor, tag, department)


@router.post(
    "/{department_id}/actions/reopen",
    summary="Reopen a department",
    dependencies=[allow(*WRITE)],
    responses=problems(ActionNotAllowed),
)
async def reopen_department(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, department_id: UUID, if_match: IfMatch = None
) -> DepartmentRead:
    """From today on, where it was; what a merge has moved away stays away."""
    department = await restructuring.reopen_department(uow, actor=actor, department_id=department_id, if_match=if_match)
    return _changed(actor, tag, department)


def _changed(actor: Actor, tag: ChangeTag, department: Department) -> DepartmentRead:
    tag.set(department_tag(actor, department.version))
    return read_department(actor, department)
