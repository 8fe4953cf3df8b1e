"""What becomes of departments: moved, merged, closed, reopened, deleted (ORG-1, ORG-3)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes
from attain_api.departments import repository
from attain_api.departments.service import check_found, check_place, recount_people, save, take_department
from attain_shared.clock import business_day
from attain_shared.db.failures import is_reference
from attain_shared.db.session import UnitOfWork
from attain_shared.departments.models import Department
from attain_shared.departments.queries import end_spells
from attain_shared.errors import ActionNotAllowed, Conflict
from attain_shared.identifiers import new_id
from attain_shared.people.models import PersonEvent
from attain_shared.people.queries import replace_all_spells, standing
from attain_shared.people.timeline import EventKind, Spell, build_spells, stored_changes


class DepartmentInUse(Conflict):
    """People, departments or history hold on to it."""

    code, title = "department-in-use", "The department is in use"


async def move_department(
    uow: UnitOfWork, *, actor: Actor, department_id: UUID, parent_id: UUID | None, if_match: str | None
) -> Department:
    """Put a department with everything below it under another one."""
    department = await _take_open(uow, actor=actor, department_id=department_id, if_match=if_match)
    if parent_id not in {None, department.parent_id}:
        await check_place(uow, actor=actor, parent_id=parent_id, department_id=department_id)
    if apply_changes(department, {"parent_id": parent_id}):
        await save(uow, [department])
    return department


async def merge_department(
    uow: UnitOfWork, *, actor: Actor, department_id: UUID, into_id: UUID, if_match: str | None
) -> Department:
    """Close a department today, its people and the departments below it going to another one, whose head stays.

    The people are held before the departments, as by whoever transfers one of them.
    """
    today, company_id = business_day(), actor.company_id
    await repository.lock_tree(uow.session, company_id=company_id)
    held = await repository.take_members(uow.session, company_id=company_id, department_id=department_id, today=today)
    department, children = await _take_with_children(uow, actor=actor, department_id=department_id, if_match=if_match)
    height = await repository.get_height(uow.session, company_id=company_id, department_id=department_id)
    await check_place(
        uow, actor=actor, parent_id=into_id, department_id=department_id, levels=height - 1, pointer="/into_id"
    )
    members = await repository.list_members(
        uow.session, company_id=company_id, department_id=department_id, today=today
    )
    if late := set(members).difference(held):
        raise DepartmentInUse(f"{len(late)} people have just come into this department; try again.", people=len(late))
    coming = await repository.count_events_to_come(
        uow.session, company_id=company_id, department_id=department_id, today=today
    )
    if coming:
        raise DepartmentInUse(
            f"{coming} dated events after today bring people into this department; change or withdraw them first.",
            events=coming,
        )
    await _transfer_people(uow, actor=actor, members=members, into_id=into_id, today=today)
    for child in children:
        apply_changes(child, {"parent_id": into_id})
    await save(uow, children)
    await _close(uow, department, today=today, merged_into_id=into_id)
    return department


async def close_department(uow: UnitOfWork, *, actor: Actor, department_id: UUID, if_match: str | None) -> Department:
    """Close a department that nobody is in, or will be, and that none is below."""
    today, company_id = business_day(), actor.company_id
    await repository.lock_tree(uow.session, company_id=company_id)
    department, children = await _take_with_children(uow, actor=actor, department_id=department_id, if_match=if_match)
    people = await repository.count_people_to_come_or_there(
        uow.session, company_id=company_id, department_id=department_id, today=today
    )
    if people or children:
        raise DepartmentInUse(
            f"{people} people are in this department or will be, and {len(children)} departments are below it.",
            people=people,
            departments=len(children),
        )
    await _close(uow, department, today=today, merged_into_id=None)
    return department


async def reopen_department(uow: UnitOfWork, *, actor: Actor, department_id: UUID, if_match: str | None) -> Department:
    """Open a closed department again, where it was; those who went away stay where they are."""
    await repository.lock_tree(uow.session, company_id=actor.company_id)
    department = await take_department(uow, actor=actor, department_id=department_id, if_match=if_match)
    if department.closed_on is None:
        raise ActionNotAllowed("The department is open.")
    if department.parent_id is not None:
        line = await repository.list_line(uow.session, company_id=actor.company_id, department_id=department.parent_id)
        if line[department.parent_id] is not None:
            raise ActionNotAllowed("The department above is closed; reopen that first.")
    apply_changes(department, {"closed_on": None, "merged_into_id": None})
    await save(uow, [department])
    return department


async def delete_department(uow: UnitOfWork, *, actor: Actor, department_id: UUID, if_match: str | None) -> None:
    """Delete a department that nothing ever referred to; any other is closed instead (ORG-3)."""
    await repository.lock_tree(uow.session, company_id=actor.company_id)
    department = await take_department(uow, actor=actor, department_id=department_id, if_match=if_match)
    refused = DepartmentInUse("People, departments, goals or shops refer to it, or once did; close it instead.")
    if await repository.was_ever_referred_to(uow.session, company_id=actor.company_id, department_id=department_id):
        raise refused
    await uow.session.delete(department)
    try:
        await uow.session.flush()
    except Exception as error:
        if is_reference(error):
            raise refused from error
        raise


async def _take_open(uow: UnitOfWork, *, actor: Actor, department_id: UUID, if_match: str | None) -> Department:
    await repository.lock_tree(uow.session, company_id=actor.company_id)
    department = await take_department(uow, actor=actor, department_id=department_id, if_match=if_match)
    _check_open(department)
    return department


async def _take_with_children(
    uow: UnitOfWork, *, actor: Actor, department_id: UUID, if_match: str | None
) -> tuple[Department, list[Department]]:
    """An open department and those directly below, held in the order of all; under the lock of the tree."""
    company_id = actor.company_id
    children = await repository.list_children(uow.session, company_id=company_id, department_id=department_id)
    found = await repository.take_departments(
        uow.session, company_id=company_id, department_ids=[department_id, *children]
    )
    department = check_found(found, actor=actor, department_id=department_id, if_match=if_match)
    _check_open(department)
    return department, [found[one] for one in children]


def _check_open(department: Department) -> None:
    if department.closed_on is not None:
        raise ActionNotAllowed("The department is closed.")


async def _close(uow: UnitOfWork, department: Department, *, today: date, merged_into_id: UUID | None) -> None:
    apply_changes(department, {"closed_on": today, "merged_into_id": merged_into_id})
    await uow.session.flush()
    await end_spells(uow.session, department, on=today)
    await recount_people(uow, company_id=department.company_id)


async def _transfer_people(
    uow: UnitOfWork, *, actor: Actor, members: Sequence[UUID], into_id: UUID, today: date
) -> None:
    company_id = actor.company_id
    events: dict[UUID, list[PersonEvent]] = defaultdict(list)
    for event in await repository.list_events(uow.session, company_id=company_id, person_ids=members):
        events[event.person_id].append(event)
    spells: dict[UUID, list[Spell]] = {}
    for person_id, told in events.items():
        transfer = PersonEvent(
            company_id=company_id,
            id=new_id(),
            person_id=person_id,
            kind=EventKind.TRANSFER,
            effective_on=today,
            changes=stored_changes({"department_id": into_id}),
            recorded_by=actor.person_id,
        )
        uow.session.add(transfer)
        spells[person_id] = build_spells(standing([*told, transfer]))
    await uow.session.flush()
    if spells:
        await replace_all_spells(uow.session, company_id=company_id, spells=spells)
        await repository.raise_versions(uow.session, company_id=company_id, person_ids=list(spells))
