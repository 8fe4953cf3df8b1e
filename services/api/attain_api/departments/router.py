"""`/v1/departments`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from attain_api.conditional import ChangeTag, Tag, version_tag
from attain_api.departments import service
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.departments.schemas import (
    DepartmentCreate,
    DepartmentFunction,
    DepartmentRead,
    DepartmentTree,
    DepartmentUpdate,
)
from attain_shared.errors import Conflict
from attain_shared.wire import Name, Page

router = APIRouter(prefix="/v1/departments", tags=["departments"])

READ = ("admin", "hr", "executive")
WRITE = ("admin", "hr")


class DepartmentQuery(PageQuery):
    """How to list departments."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    function: DepartmentFunction | None = Field(default=None)
    """Only those of this function."""
    parent_id: UUID | None = Field(default=None)
    """Only those directly below this one."""
    name: Name | None = Field(default=None)
    """Only those of exactly this name."""


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
        DepartmentRead,
        location="/v1/departments/{id}",
    )


@router.get("", summary="List departments", dependencies=[allow(*READ)])
async def list_departments(
    *, uow: Uow, actor: CurrentActor, query: Annotated[DepartmentQuery, Query()]
) -> Page[DepartmentRead]:
    """The company's departments."""
    found = await service.list_departments(
        uow, actor=actor, function=query.function, parent_id=query.parent_id, name=query.name, query=query
    )
    return Page[DepartmentRead].model_validate(page_of(*found))


@router.get("/tree", summary="Get the tree of departments", dependencies=[allow(*READ)])
async def get_department_tree(*, uow: Uow, actor: CurrentActor) -> DepartmentTree:
    """All departments, nested; each level by name."""
    return DepartmentTree(items=await service.get_tree(uow, actor=actor))


@router.get("/{department_id}", summary="Get a department", dependencies=[allow(*READ)])
async def get_department(*, uow: Uow, actor: CurrentActor, tag: Tag, department_id: UUID) -> DepartmentRead:
    """One department."""
    department = await service.get_department(uow, actor=actor, department_id=department_id)
    tag.show(version_tag(department.version))
    return DepartmentRead.model_validate(department)


@router.patch(
    "/{department_id}", summary="Change a department", dependencies=[allow(*WRITE)], responses=problems(Conflict)
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
    """A new parent moves it with everything below it; `409 department-cycle` under itself."""
    department = await service.update_department(
        uow, actor=actor, department_id=department_id, data=body, if_match=if_match
    )
    tag.set(version_tag(department.version))
    return DepartmentRead.model_validate(department)
