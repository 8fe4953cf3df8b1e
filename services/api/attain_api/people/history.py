"""What happens to people: dated events, recorded, corrected and withdrawn (ORG-3)."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from attain_api.access.actor import Actor
from attain_api.paging import PageQuery
from attain_api.people import reading, repository
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, FieldError, Invalid, NotAllowed, NotFound
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person, PersonEvent
from attain_shared.people.queries import replace_spells, standing
from attain_shared.people.schemas import CorrectBody, EventRead
from attain_shared.people.timeline import TERMS, EventKind, TimelineBroken, build_spells, stored_changes

SETS = {
    EventKind.HIRE: frozenset(
        {"department_id", "position_id", "manager_id", "mentor_id", "employment_type", "probation_ends_on"}
    ),
    EventKind.CONFIRM: frozenset(),
    EventKind.TRANSFER: frozenset({"department_id", "position_id", "manager_id"}),
    EventKind.PROMOTE: frozenset({"department_id", "position_id", "manager_id"}),
    EventKind.CHANGE_MANAGER: frozenset({"manager_id"}),
    EventKind.CHANGE_TERMS: frozenset({"mentor_id", "employment_type", "probation_ends_on"}),
    EventKind.LEAVE: frozenset({"leaving_reason"}),
    EventKind.REHIRE: frozenset(
        {"department_id", "position_id", "manager_id", "mentor_id", "employment_type", "probation_ends_on"}
    ),
}
"""What each kind of event can set."""
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


async def record_event(
    uow: UnitOfWork,
    *,
    actor: Actor,
    person: Person,
    kind: EventKind,
    effective_on: date,
    changes: Mapping[str, Any],
    note: str | None = None,
) -> None:
    """Add an event to a person whose row is locked; the same one again changes nothing.

    Raises:
        Invalid: a department, position, manager or mentor that nobody can be given.
        TimelineConflict: it does not fit the other events.
        ManagerCycle: the manager is, on some day, below the person.
    """
    await check_references(uow, actor=actor, person_id=person.id, changes=changes, on=effective_on)
    events = await repository.list_events(uow.session, company_id=actor.company_id, person_id=person.id)
    stored = stored_changes(changes)
    if any(
        event.kind == kind
        and event.effective_on == effective_on
        and event.changes == stored
        and event.withdrawn_at is None
        for event in events
    ):
        return
    event = PersonEvent(
        company_id=actor.company_id,
        id=new_id(),
        person_id=person.id,
        kind=kind,
        effective_on=effective_on,
        changes=stored,
        note=note,
        recorded_by=actor.person_id,
    )
    uow.session.add(event)
    await _settle(uow, person=person, events=[*events, event])


async def correct_event(
    uow: UnitOfWork, *, actor: Actor, person_id: UUID, event_id: UUID, data: CorrectBody
) -> EventRead:
    """Withdraw an event and record what it should have said in its place, with a record of both."""
    person, events = await _locked(uow, actor=actor, person_id=person_id)
    wrong = _standing_event(events, event_id)
    given = data.model_dump(exclude_unset=True, exclude={"reason", "effective_on", "note"})
    if strange := given.keys() - SETS[EventKind(wrong.kind)]:
        faults = [
            FieldError(f"/{name}", "not-of-this-event", f"A {wrong.kind} does not set this.")
            for name in sorted(strange)
        ]
        raise Invalid("The correction does not fit the event; see `errors`.", errors=faults)
    effective_on = data.effective_on if isinstance(data.effective_on, date) else wrong.effective_on
    await check_references(uow, actor=actor, person_id=person_id, changes=given, on=effective_on)
    right = PersonEvent(
        company_id=actor.company_id,
        id=new_id(),
        person_id=person_id,
        kind=wrong.kind,
        effective_on=effective_on,
        changes=wrong.changes | stored_changes(given),
        note=data.note if isinstance(data.note, str | None) else wrong.note,
        corrects_id=wrong.id,
        recorded_by=actor.person_id,
    )
    _withdraw(wrong, actor=actor, reason=data.reason)
    uow.session.add(right)
    await _settle(uow, person=person, events=[*events, right])
    return reading.read_event(right, actor=actor, in_full=True)


async def withdraw_event(uow: UnitOfWork, *, actor: Actor, person_id: UUID, event_id: UUID, reason: str) -> EventRead:
    """Take an event back, with a record; the hire stays."""
    person, events = await _locked(uow, actor=actor, person_id=person_id)
    event = _standing_event(events, event_id)
    if event.kind == EventKind.HIRE:
        raise ActionNotAllowed("A hire can be corrected, but not taken back.")
    _withdraw(event, actor=actor, reason=reason)
    await _settle(uow, person=person, events=events)
    return reading.read_event(event, actor=actor, in_full=True)


async def list_history(
    uow: UnitOfWork, *, actor: Actor, person_id: UUID, query: PageQuery
) -> tuple[list[EventRead], str | None]:
    """A part of what happened to a person, for those who may see the record."""
    row = await repository.find_person_row(uow.session, actor=actor, person_id=person_id)
    if row is None:
        raise NotFound("There is no such person.")
    if row.sight == "directory":
        raise NotAllowed("The directory does not show what happened to people.")
    events, cursor = await repository.list_history(
        uow.session, company_id=actor.company_id, person_id=person_id, query=query
    )
    return [reading.read_event(event, actor=actor, in_full=row.sight == "full") for event in events], cursor


async def check_references(
    uow: UnitOfWork, *, actor: Actor, person_id: UUID, changes: Mapping[str, Any], on: date
) -> None:
    """Refuse a department, position, manager or mentor that nobody can be given on that day or today."""
    wanted = {name: changes[name] for name in _UNKNOWN if changes.get(name) is not None}
    if changes.get("manager_id") == person_id:
        raise ManagerCycle("Nobody is their own manager.")
    if changes.get("mentor_id") == person_id:
        raise Invalid.field("/mentor_id", "own-mentor", "Nobody is their own mentor.")
    unusable = await repository.list_unusable(
        uow.session, company_id=actor.company_id, wanted=wanted, on=max(on, business_day())
    )
    if unusable:
        faults = [FieldError(f"/{name}", *_UNKNOWN[name]) for name in unusable]
        raise Invalid(faults[0].detail, errors=faults)


def changes_of(body: BaseModel) -> dict[str, Any]:
    """What an action's body says about the person."""
    return {name: value for name, value in body.model_dump(exclude_unset=True).items() if name in TERMS}


async def _locked(uow: UnitOfWork, *, actor: Actor, person_id: UUID) -> tuple[Person, list[PersonEvent]]:
    await repository.lock_managers(uow.session, company_id=actor.company_id)
    person = await repository.lock_person(uow.session, company_id=actor.company_id, person_id=person_id)
    if person is None:
        raise NotFound("There is no such person.")
    return person, await repository.list_events(uow.session, company_id=actor.company_id, person_id=person_id)


def _standing_event(events: Iterable[PersonEvent], event_id: UUID) -> PersonEvent:
    for event in events:
        if event.id == event_id:
            if event.withdrawn_at is not None:
                raise ActionNotAllowed("The event has been withdrawn already.")
            return event
    raise NotFound("There is no such event.")


def _withdraw(event: PersonEvent, *, actor: Actor, reason: str) -> None:
    event.withdrawn_at, event.withdrawn_by, event.withdrawal_reason = utc_now(), actor.person_id, reason


async def _settle(uow: UnitOfWork, *, person: Person, events: Iterable[PersonEvent]) -> None:
    """Make the spells anew from the events that stand."""
    try:
        spells = build_spells(standing(events))
    except TimelineBroken as broken:
        raise TimelineConflict(
            f"{broken.detail} ({broken.event.kind} on {broken.event.effective_on})",
            code=broken.code,
            event_id=str(broken.event.id),
        ) from broken
    person.version += 1
    await uow.session.flush()
    await replace_spells(uow.session, company_id=person.company_id, person_id=person.id, spells=spells)
    if any(spell.manager_id for spell in spells) and await repository.list_in_cycles(
        uow.session, company_id=person.company_id, person_ids=[person.id]
    ):
        raise ManagerCycle("The new manager reports, directly or not, to the person.")
