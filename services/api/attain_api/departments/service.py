"""Departments and their tree (ORG-1)."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.departments import repository
from attain_api.paging import PageQuery
from attain_shared.db.session import UnitOfWork
from attain_shared.departments.models import Department
from attain_shared.departments.schemas import DepartmentCreate, DepartmentNode, DepartmentRead, DepartmentUpdate
from attain_shared.errors import Conflict, Invalid, NotFound

MAX_LEVELS = 50
"""Deeper trees would be no organisation any more, and nested answers have an end."""


class DepartmentCycle(Conflict):
    """A department cannot be moved under itself."""

    code, title = "department-cycle", "A department cannot be below itself"


async def create_department(uow: UnitOfWork, *, actor: Actor, data: DepartmentCreate) -> Department:
    """A new department."""
    if data.parent_id is not None:
        await _check_place(uow, actor=actor, parent_id=data.parent_id, department_id=None)
    department = Department(company_id=actor.company_id, **data.model_dump())
    uow.session.add(department)
    await _flush(uow)
    return department


async def get_department(uow: UnitOfWork, *, actor: Actor, department_id: UUID, for_update: bool = False) -> Department:
    """A department of the caller's company."""
    department = await repository.find_department(
        uow.session, company_id=actor.company_id, department_id=department_id, for_update=for_update
    )
    if department is None:
        raise NotFound("There is no such department.")
    return department


async def update_department(
    uow: UnitOfWork, *, actor: Actor, department_id: UUID, data: DepartmentUpdate, if_match: str | None
) -> Department:
    """Change what is given; a new parent moves the department with everything below it."""
    changes = data.model_dump(exclude_unset=True)
    if "parent_id" in changes:
        await repository.lock_tree(uow.session, company_id=actor.company_id)
    department = await get_department(uow, actor=actor, department_id=department_id, for_update=True)
    check_if_match(if_match, version_tag(department.version))
    if changes.get("parent_id") not in {None, department.parent_id}:
        await _check_place(uow, actor=actor, parent_id=changes["parent_id"], department_id=department_id)
    apply_changes(department, changes)
    await _flush(uow)
    return department


async def _check_place(uow: UnitOfWork, *, actor: Actor, parent_id: UUID, department_id: UUID | None) -> None:
    line = await repository.list_line(uow.session, company_id=actor.company_id, department_id=parent_id)
    if not line:
        raise Invalid.field("/parent_id", "unknown-department", "There is no such department.")
    if department_id in line:
        raise DepartmentCycle("The new parent is the department itself or below it.")
    height = 1
    if department_id is not None:
        height = await repository.get_height(uow.session, company_id=actor.company_id, department_id=department_id)
    if len(line) + height > MAX_LEVELS:
        raise Invalid.field("/parent_id", "too-deep", f"A tree has at most {MAX_LEVELS} levels.")


async def _flush(uow: UnitOfWork) -> None:
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "fk_departments_company_id_head_people" in str(error.orig):
            raise Invalid.field("/head_id", "unknown-person", "There is no such person.") from error
        if "fk_departments_company_id_parent_id_departments" in str(error.orig):
            raise Invalid.field("/parent_id", "unknown-department", "There is no such department.") from error
        raise


async def list_departments(
    uow: UnitOfWork,
    *,
    actor: Actor,
    function: str | None,
    parent_id: UUID | None,
    name: str | None,
    query: PageQuery,
) -> tuple[list[Department], str | None]:
    """A part of the company's departments."""
    return await repository.list_departments(
        uow.session,
        company_id=actor.company_id,
        function=function,
        parent_id=parent_id,
        name=name,
        query=query,
    )


async def get_tree(uow: UnitOfWork, *, actor: Actor) -> list[DepartmentNode]:
    """The company's departments, nested."""
    departments = await repository.list_all(uow.session, company_id=actor.company_id)
    nodes = {
        row.id: DepartmentNode(**DepartmentRead.model_validate(row).model_dump(), children=[]) for row in departments
    }
    top: list[DepartmentNode] = []
    for node in nodes.values():
        (nodes[node.parent_id].children if node.parent_id else top).append(node)
    return top
