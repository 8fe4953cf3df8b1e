"""People and their manager lines (ORG-3)."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.paging import PageQuery
from attain_api.people import repository
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, Invalid, NotAllowed, NotFound
from attain_shared.people.models import Person
from attain_shared.people.schemas import PersonCreate, PersonRead, PersonUpdate


class EmailTaken(Conflict):
    """Somebody in the company has this e-mail."""

    code, title = "email-taken", "E-mail already in use"


class ManagerCycle(Conflict):
    """Nobody manages themselves, at any distance."""

    code, title = "manager-cycle", "The manager line would close a circle"


def read_person(person: Person) -> PersonRead:
    """A person as the contract shows it."""
    return PersonRead.model_validate(
        {name: getattr(person, name, None) for name in PersonRead.model_fields} | {"position_id": None}
    )


async def create_person(uow: UnitOfWork, *, actor: Actor, data: PersonCreate) -> Person:
    """A new person."""
    _check_position(data.position_id)
    _check_roles(actor, before=(), after=data.roles)
    person = Person(company_id=actor.company_id, **data.model_dump(exclude={"position_id"}))
    uow.session.add(person)
    await _flush(uow)
    return person


async def get_person(uow: UnitOfWork, *, actor: Actor, person_id: UUID, for_update: bool = False) -> Person:
    """A person of the caller's company."""
    person = await repository.find_person(
        uow.session, company_id=actor.company_id, person_id=person_id, for_update=for_update
    )
    if person is None:
        raise NotFound("There is no such person.")
    return person


async def update_person(
    uow: UnitOfWork, *, actor: Actor, person_id: UUID, data: PersonUpdate, if_match: str | None
) -> Person:
    """Change what is given."""
    changes = data.model_dump(exclude_unset=True)
    _check_position(changes.pop("position_id", None))
    if "manager_id" in changes:
        await repository.lock_managers(uow.session, company_id=actor.company_id)
    person = await get_person(uow, actor=actor, person_id=person_id, for_update=True)
    check_if_match(if_match, version_tag(person.version))
    _check_roles(actor, before=person.roles, after=changes.get("roles", person.roles))
    if changes.get("manager_id") not in {None, person.manager_id}:
        await _check_manager(uow, actor=actor, manager_id=changes["manager_id"], person_id=person_id)
    apply_changes(person, changes)
    await _flush(uow)
    return person


def _check_position(position_id: UUID | None) -> None:
    if position_id is not None:
        raise Invalid.field("/position_id", "unknown-position", "There is no such position.")


def _check_roles(actor: Actor, *, before: Iterable[str], after: Iterable[str]) -> None:
    """Only an administrator makes or unmakes one: HR could otherwise promote itself."""
    if "admin" in set(before) ^ set(after) and "admin" not in actor.roles:
        raise NotAllowed("Only an administrator gives or takes the role of one.")


async def _check_manager(uow: UnitOfWork, *, actor: Actor, manager_id: UUID, person_id: UUID) -> None:
    line = await repository.list_managers(uow.session, company_id=actor.company_id, person_id=manager_id)
    if person_id in line:
        raise ManagerCycle("The new manager is the person itself or reports to it.")


async def _flush(uow: UnitOfWork) -> None:
    try:
        await uow.session.flush()
    except IntegrityError as error:
        broken = str(error.orig)
        if "uq_people_company_id_email" in broken:
            raise EmailTaken("Somebody in the company has this e-mail already.") from error
        if "fk_people_company_id_department_id_departments" in broken:
            raise Invalid.field("/department_id", "unknown-department", "There is no such department.") from error
        if "fk_people_company_id_manager_id_people" in broken:
            raise Invalid.field("/manager_id", "unknown-person", "There is no such person.") from error
        raise


async def list_people(
    uow: UnitOfWork,
    *,
    actor: Actor,
    department_id: UUID | None,
    manager_id: UUID | None,
    name: str | None,
    email: str | None,
    query: PageQuery,
) -> tuple[list[Person], str | None]:
    """A part of the company's people."""
    return await repository.list_people(
        uow.session,
        company_id=actor.company_id,
        department_id=department_id,
        manager_id=manager_id,
        name=name,
        email=email,
        query=query,
    )
