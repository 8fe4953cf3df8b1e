"""Departments and their tree (ORG-1): making, reading and changing them; `restructuring` has the actions."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.departments import repository
from attain_api.paging import PageQuery
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.departments.models import Department
from attain_shared.departments.queries import write_spells
from attain_shared.departments.schemas import DepartmentCreate, DepartmentRead, DepartmentUpdate
from attain_shared.doorbell import Bell
from attain_shared.errors import Conflict, Invalid, NotFound
from attain_shared.goals.queries import mark_goals_on_people
from attain_shared.people.timeline import ALWAYS

MAX_LEVELS = 50
"""Deeper trees would be no organisation any more, and nested answers have an end."""
WRITERS = frozenset({"admin", "hr"})
OPEN_ACTIONS, CLOSED_ACTIONS = ("move", "merge", "close"), ("reopen",)


class DepartmentCycle(Conflict):
    """A department cannot be moved under itself."""

    code, title = "department-cycle", "A department cannot be below itself"


class DepartmentClosed(Conflict):
    """A department that was closed stays as it was."""

    code, title = "department-closed", "The department is closed"


def read_department(actor: Actor, department: Department) -> DepartmentRead:
    """A department as whoever may write it sees it."""
    return DepartmentRead.model_validate(_content(actor, department, sees_plan=True))


def department_tag(actor: Actor, version: int, *, sees_plan: bool = True) -> str:
    """The ETag: what a caller sees of a version depends on the rights."""
    return version_tag(version, suffix=None if actor.roles & WRITERS else "r" if sees_plan else "d")


def _content(actor: Actor, row: Any, *, sees_plan: bool, is_past: bool = False) -> dict[str, Any]:  # noqa: ANN401  # a row or an object
    actions: tuple[str, ...] = ()
    if actor.roles & WRITERS and not is_past:
        actions = OPEN_ACTIONS if row.closed_on is None else CLOSED_ACTIONS
    return {
        "id": row.id,
        "name": row.name,
        "function": row.function,
        "parent_id": row.parent_id,
        "head_id": row.head_id,
        "headcount_plan": row.headcount_plan if sees_plan else None,
        "duties": row.duties,
        "closed_on": row.closed_on,
        "merged_into_id": row.merged_into_id,
        "created_at": row.created_at,
        "masked": () if sees_plan else ("headcount_plan",),
        "allowed_actions": actions,
    }


async def create_department(
    uow: UnitOfWork, *, actor: Actor, data: DepartmentCreate, origin: str | None = None
) -> Department:
    """A new department; `origin` is its place in a blueprint."""
    today = business_day()
    if data.opened_on is not None and data.opened_on > today:
        raise Invalid.field("/opened_on", "in-the-future", "The first day must not lie in the future.")
    if data.parent_id is not None:
        await repository.lock_tree(uow.session, company_id=actor.company_id)
        await check_place(uow, actor=actor, parent_id=data.parent_id)
    fields = data.model_dump(exclude={"opened_on"})
    department = Department(company_id=actor.company_id, origin=origin, **fields)
    uow.session.add(department)
    await save(uow, [department], starts_on=data.opened_on or ALWAYS)
    return department


async def read_one(
    uow: UnitOfWork, *, actor: Actor, department_id: UUID, on: date | None
) -> tuple[DepartmentRead, str]:
    """A department the caller sees, and its ETag; with a day as it was then."""
    row = await repository.find_as_seen(uow.session, view=View(actor), department_id=department_id, on=on)
    if row is None:
        raise NotFound("There is no such department.")
    content = _content(actor, row, sees_plan=row.sees_plan, is_past=on is not None)
    return DepartmentRead.model_validate(content), department_tag(actor, row.version, sees_plan=row.sees_plan)


async def list_departments(
    uow: UnitOfWork, *, actor: Actor, on: date | None, status: str | None, filters: dict[str, Any], query: PageQuery
) -> tuple[list[dict[str, Any]], str | None]:
    """A part of the departments the caller sees."""
    if on is not None and status is not None:
        raise Invalid.field("/query/status", "not-with-on", "On a day there are only departments open on it.")
    rows, cursor = await repository.list_as_seen(
        uow.session, view=View(actor), on=on, is_open=status != "closed", filters=filters, query=query
    )
    return [_content(actor, row, sees_plan=row.sees_plan, is_past=on is not None) for row in rows], cursor


async def get_tree(uow: UnitOfWork, *, actor: Actor, on: date | None) -> dict[str, Any]:
    """The departments the caller sees, nested, as the contract writes them.

    Plain dictionaries: a large tree is shaped once, and not validated node by node.
    """
    rows = await repository.list_all_as_seen(uow.session, view=View(actor), on=on)
    nodes = {
        row.id: _content(actor, row, sees_plan=row.sees_plan, is_past=on is not None) | {"children": []} for row in rows
    }
    top: list[dict[str, Any]] = []
    for node in nodes.values():
        above = nodes.get(node["parent_id"])  # on a day in the past it may not have been opened yet
        (top if above is None else above["children"]).append(node)
    return {"items": top}


async def update_department(
    uow: UnitOfWork, *, actor: Actor, department_id: UUID, data: DepartmentUpdate, if_match: str | None
) -> Department:
    """Change what is given; a new parent moves the department with everything below it."""
    changes = data.model_dump(exclude_unset=True)
    if "parent_id" in changes:
        await repository.lock_tree(uow.session, company_id=actor.company_id)
    department = await take_department(uow, actor=actor, department_id=department_id, if_match=if_match)
    if department.closed_on is not None:
        raise DepartmentClosed("A closed department stays as it was; reopen it first.")
    parent_id = changes.get("parent_id")
    if parent_id not in {None, department.parent_id}:
        await check_place(uow, actor=actor, parent_id=parent_id, department_id=department_id)
    if apply_changes(department, changes):
        await save(uow, [department])
    return department


async def take_department(
    uow: UnitOfWork, *, actor: Actor, department_id: UUID, if_match: str | None = None
) -> Department:
    """A department to be changed: held until the transaction ends."""
    found = await repository.take_departments(uow.session, company_id=actor.company_id, department_ids=[department_id])
    return check_found(found, actor=actor, department_id=department_id, if_match=if_match)


def check_found(
    found: Mapping[UUID, Department], *, actor: Actor, department_id: UUID, if_match: str | None
) -> Department:
    """The department among those that were taken, if it is there and still the one that the caller has seen."""
    if department_id not in found:
        raise NotFound("There is no such department.")
    check_if_match(if_match, department_tag(actor, found[department_id].version))
    return found[department_id]


async def check_place(
    uow: UnitOfWork,
    *,
    actor: Actor,
    parent_id: UUID,
    department_id: UUID | None = None,
    levels: int | None = None,
    pointer: str = "/parent_id",
) -> None:
    """Refuse a parent that is unknown, closed, below the department, or too deep for the levels to come below it.

    Under the lock of the tree, or two moves, each fine alone, could close a circle.
    """
    company_id = actor.company_id
    line = await repository.list_line(uow.session, company_id=company_id, department_id=parent_id)
    if not line:
        raise Invalid.field(pointer, "unknown-department", "There is no such department.")
    if department_id in line:
        raise DepartmentCycle("The new parent is the department itself or below it.")
    if line[parent_id] is not None:
        raise Invalid.field(pointer, "closed-department", "The department is closed.")
    if levels is None:
        levels = 1
        if department_id is not None:
            levels = await repository.get_height(uow.session, company_id=company_id, department_id=department_id)
    if len(line) + levels > MAX_LEVELS:
        raise Invalid.field(pointer, "too-deep", f"A tree has at most {MAX_LEVELS} levels.")


async def save(uow: UnitOfWork, departments: Sequence[Department], *, starts_on: date | None = None) -> None:
    """Write the rows, and that this is how the departments are from a day on; from today without one."""
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "fk_departments_company_id_head_people" in str(error.orig):
            raise Invalid.field("/head_id", "unknown-person", "There is no such person.") from error
        raise
    await write_spells(uow.session, departments, starts_on=starts_on or business_day())
    if departments:
        await recount_people(uow, company_id=departments[0].company_id)


async def recount_people(uow: UnitOfWork, *, company_id: UUID) -> None:
    """Have the goals that are measured by people computed anew: who belongs to which department has changed (GOAL-4)."""
    if await mark_goals_on_people(uow.session, company_id=company_id):
        uow.bells.add(Bell.MARKS)


async def list_places(
    uow: UnitOfWork, *, actor: Actor, origins: Iterable[str], frees_closed: bool
) -> dict[str, tuple[UUID, str, int | None]]:
    """The open departments that stand for places in a blueprint (ORG-4): id, name and plan.

    Holds the lock of the tree, so that of two who apply a blueprint at once the second finds what the first has made.
    With `frees_closed` closed departments lose their places, for new ones to be made.
    """
    company_id, wanted = actor.company_id, list(origins)
    await repository.lock_tree(uow.session, company_id=company_id)
    if frees_closed:
        for closed in await repository.take_closed_by_origin(uow.session, company_id=company_id, origins=wanted):
            apply_changes(closed, {"origin": None})
        await uow.session.flush()
    found = await repository.list_by_origin(uow.session, company_id=company_id, origins=wanted)
    return {origin: (row.id, row.name, row.headcount_plan) for origin, row in found.items()}
