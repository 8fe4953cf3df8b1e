"""What a person's events come to, once all of them are looked at together: stored, or refused."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.access.admins import check_not_last_admin, check_not_operator, hold_admins
from attain_api.people import repository
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound
from attain_shared.people.models import Person, PersonEvent
from attain_shared.people.queries import replace_spells, standing
from attain_shared.people.timeline import Spell, Status, TimelineBroken, build_spells
from attain_shared.reviews.following import follow_people
from attain_shared.reviews.growth import recount_growth
from attain_shared.reviews.owning import follow_owners

GIVEN_BY_ADMINS = frozenset({"admin", "executive"})
"""Roles that see or do more than HR: HR could otherwise promote itself, or bring back somebody who has them."""
_UNKNOWN = {
    "department_id": ("unknown-department", "There is no such department, or it is closed."),
    "position_id": ("unknown-position", "There is no such position, or it is closed."),
    "manager_id": ("unknown-person", "There is no such person, or they have left."),
    "mentor_id": ("unknown-person", "There is no such person, or they have left."),
}


class ManagerCycle(Conflict):
    """Nobody manages themselves, at any distance, on any day."""

    code, title = "manager-cycle", "The manager line would close a circle"


class TimelineConflict(Conflict):
    """The event does not fit what else is recorded."""


def check_roles(actor: Actor, *, before: Iterable[str], after: Iterable[str]) -> None:
    """Only an administrator gives or takes the roles that HR does not answer to."""
    if (set(before) ^ set(after)) & GIVEN_BY_ADMINS and "admin" not in actor.roles:
        raise NotAllowed("Only an administrator gives or takes the roles of administrators and executives.")


async def hold_person(uow: UnitOfWork, *, actor: Actor, person_id: UUID, admins: bool, line: bool) -> Person:
    """A person's row, locked, after what must be held before it: always in this order, so that nobody waits in a circle.

    `admins` where somebody may cease to administer the company, `line` where a circle of managers may close.
    """
    if admins:
        await hold_admins(uow, company_id=actor.company_id)
    if line:
        await repository.lock_managers(uow.session, company_id=actor.company_id)
    person = await repository.lock_person(uow.session, company_id=actor.company_id, person_id=person_id)
    if person is None:
        raise NotFound("There is no such person.")
    return person


def check_not_erased(person: Person) -> None:
    """What has been erased stays as it is (SEC-6)."""
    if person.erased_at is not None:
        raise Conflict("The person's data have been erased.", code="erased")


async def check_references(
    uow: UnitOfWork, *, actor: Actor, person_id: UUID, changes: Mapping[str, Any], on: date
) -> None:
    """Refuse a department, position, manager or mentor that could not be given to anybody on that day."""
    if changes.get("manager_id") == person_id:
        raise ManagerCycle("Nobody is their own manager.")
    if changes.get("mentor_id") == person_id:
        raise Invalid.field("/mentor_id", "own-mentor", "Nobody is their own mentor.")
    wanted = {name: changes[name] for name in _UNKNOWN if changes.get(name) is not None}
    unusable = await repository.list_unusable(uow.session, company_id=actor.company_id, wanted=wanted, on=on)
    if unusable:
        faults = [FieldError(f"/{name}", *_UNKNOWN[name]) for name in unusable]
        raise Invalid(faults[0].detail, errors=faults)


def spells_of(events: Iterable[PersonEvent]) -> list[Spell]:
    """The spells that events come to.

    Raises:
        TimelineConflict: they make no sense together.
    """
    try:
        return build_spells(standing(events))
    except TimelineBroken as broken:
        raise TimelineConflict(
            f"{broken.detail} ({broken.event.kind} on {broken.event.effective_on})",
            code=broken.code,
            event_id=str(broken.event.id),
        ) from broken


async def settle(
    uow: UnitOfWork, *, actor: Actor, person: Person, before: Sequence[Spell], events: Iterable[PersonEvent]
) -> None:
    """Store what a person's events come to now; `before` is what they came to until now.

    Raises:
        TimelineConflict: the events make no sense together.
        Invalid: from today on the person would newly be in, or led by, what is not there any more.
        ManagerCycle: on some day the person would be below themselves.
        NotAllowed: the caller may not do this to somebody of these roles.
    """
    after = spells_of(events)
    await _check_rights(uow, actor=actor, person=person, before=before, after=after)
    today = business_day()
    for name in _UNKNOWN:
        for value in sorted(_present(after, name, today) - _present(before, name, today)):
            await check_references(uow, actor=actor, person_id=person.id, changes={name: value}, on=today)
    person.version += 1
    await uow.session.flush()
    await replace_spells(uow.session, company_id=person.company_id, person_id=person.id, spells=after)
    if any(spell.manager_id for spell in after) and await repository.list_in_cycles(
        uow.session, company_id=person.company_id, person_ids=[person.id]
    ):
        raise ManagerCycle("The new manager reports, directly or not, to the person.")
    if _line(before, today) != _line(after, today):
        await _tell_reviews(uow, person)


def _line(spells: Sequence[Spell], today: date) -> set[tuple[Status, UUID | None]]:
    """Whether somebody is there today, and under whom."""
    return {(spell.status, spell.manager_id) for spell in spells if spell.starts_on <= today < spell.ends_on}


async def _tell_reviews(uow: UnitOfWork, person: Person) -> None:
    """Let what is under way follow at once (REV-6, REV-10); changes of later days are followed when they come."""
    of_person = {"company_id": person.company_id, "person_id": person.id}
    followed = await follow_people(uow, **of_person)
    await follow_owners(uow, **of_person)
    if followed.leavers:
        await recount_growth(uow, company_id=person.company_id)


async def _check_rights(
    uow: UnitOfWork, *, actor: Actor, person: Person, before: Sequence[Spell], after: Sequence[Spell]
) -> None:
    """Who leaves, and who comes back with roles that only administrators give."""
    today = business_day()
    was, will = ([spell.status for spell in spells if spell.ends_on > today] for spells in (before, after))
    if _gets_worse(was, will):
        await check_not_operator(uow, actor=actor, person_id=person.id)
        if "admin" in person.roles:
            await check_not_last_admin(uow, company_id=actor.company_id, person_id=person.id)
    elif _gets_worse(will, was):
        check_roles(actor, before=(), after=person.roles)


def _gets_worse(was: Sequence[Status], will: Sequence[Status]) -> bool:
    """Whether somebody who is there today, or for good, no longer will be."""
    return any(one == Status.EMPLOYED != other for one, other in ((was[0], will[0]), (was[-1], will[-1])))


def _present(spells: Sequence[Spell], name: str, today: date) -> set[UUID]:
    values = {getattr(spell, name) for spell in spells if spell.ends_on > today and spell.status != Status.LEFT}
    return values - {None}
