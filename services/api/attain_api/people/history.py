"""What happens to people: dated events, recorded, corrected and withdrawn (ORG-3)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from attain_api.access.actor import Actor
from attain_api.paging import PageQuery
from attain_api.people import reading, repository
from attain_api.people.settling import TimelineConflict, check_references, settle, spells_of
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, FieldError, Invalid, NotAllowed, NotFound
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person, PersonEvent
from attain_shared.people.schemas import CorrectBody, PersonEventRead
from attain_shared.people.timeline import TERMS, EventKind, Spell, stored_changes

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
    before, stored = spells_of(events), stored_changes(changes)
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
    if any(_is_same(event, other) for other in events) and _changes_nothing(before, [*events, event]):
        return
    uow.session.add(event)
    await settle(uow, actor=actor, person=person, before=before, events=[*events, event])


def _is_same(event: PersonEvent, other: PersonEvent) -> bool:
    return other.withdrawn_at is None and (other.kind, other.effective_on, other.changes) == (
        event.kind,
        event.effective_on,
        event.changes,
    )


def _changes_nothing(before: Sequence[Spell], events: Sequence[PersonEvent]) -> bool:
    """Whether one more event leaves everything as it is; one that would not even fit certainly changes something."""
    try:
        return spells_of(events) == before
    except TimelineConflict:
        return events[-1].kind == EventKind.LEAVE


async def correct_event(
    uow: UnitOfWork, *, actor: Actor, person: Person, event_id: UUID, data: CorrectBody
) -> PersonEvent:
    """Withdraw an event of a person who is held, and record what it should have said in its place."""
    events = await repository.list_events(uow.session, company_id=actor.company_id, person_id=person.id)
    before, wrong = spells_of(events), _standing_event(events, event_id)
    given = data.model_dump(exclude_unset=True, exclude={"reason", "effective_on", "note"})
    if strange := given.keys() - SETS[EventKind(wrong.kind)]:
        faults = [
            FieldError(f"/{name}", "not-of-this-event", f"A {wrong.kind} does not set this.")
            for name in sorted(strange)
        ]
        raise Invalid("The correction does not fit the event; see `errors`.", errors=faults)
    effective_on = data.effective_on if isinstance(data.effective_on, date) else wrong.effective_on
    await check_references(uow, actor=actor, person_id=person.id, changes=given, on=effective_on)
    right = PersonEvent(
        company_id=actor.company_id,
        id=new_id(),
        person_id=person.id,
        kind=wrong.kind,
        effective_on=effective_on,
        changes=wrong.changes | stored_changes(given),
        note=data.note if isinstance(data.note, str | None) else wrong.note,
        corrects_id=wrong.id,
        recorded_by=actor.person_id,
    )
    _withdraw(wrong, actor=actor, reason=data.reason)
    uow.session.add(right)
    await settle(uow, actor=actor, person=person, before=before, events=[*events, right])
    return right


async def withdraw_event(uow: UnitOfWork, *, actor: Actor, person: Person, event_id: UUID, reason: str) -> PersonEvent:
    """Take an event of a person who is held back, with a record; the hire stays."""
    events = await repository.list_events(uow.session, company_id=actor.company_id, person_id=person.id)
    before, event = spells_of(events), _standing_event(events, event_id)
    if event.kind == EventKind.HIRE:
        raise ActionNotAllowed("A hire can be corrected, but not taken back.")
    _withdraw(event, actor=actor, reason=reason)
    try:
        await settle(uow, actor=actor, person=person, before=before, events=events)
    except Invalid as refusal:
        detail = "Without it the person would be in, or led by, what is not there any more."
        raise TimelineConflict(detail, code="no-longer-there") from refusal
    return event


async def list_history(
    uow: UnitOfWork, *, actor: Actor, person_id: UUID, query: PageQuery
) -> tuple[list[PersonEventRead], str | None]:
    """A part of what happened to a person, for those who may see the record."""
    row = await repository.find_person_row(uow.session, actor=actor, person_id=person_id)
    if row is None:
        raise NotFound("There is no such person.")
    if row.sight == "directory":
        raise NotAllowed("The directory does not show what happened to people.")
    events, cursor = await repository.list_history(
        uow.session, company_id=actor.company_id, person_id=person_id, query=query
    )
    is_open = row.erased_at is None
    return [
        reading.read_event(event, actor=actor, in_full=row.sight == "full", is_open=is_open) for event in events
    ], cursor


def changes_of(body: BaseModel) -> dict[str, Any]:
    """What an action's body says about the person."""
    return {name: value for name, value in body.model_dump(exclude_unset=True).items() if name in TERMS}


def _standing_event(events: Iterable[PersonEvent], event_id: UUID) -> PersonEvent:
    for event in events:
        if event.id == event_id:
            if event.withdrawn_at is not None:
                raise ActionNotAllowed("The event has been withdrawn already.")
            return event
    raise NotFound("There is no such event.")


def _withdraw(event: PersonEvent, *, actor: Actor, reason: str) -> None:
    event.withdrawn_at, event.withdrawn_by, event.withdrawal_reason = utc_now(), actor.person_id, reason
