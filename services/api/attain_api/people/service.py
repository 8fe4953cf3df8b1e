"""People: their records, and what is recorded of them today (ORG-3)."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.access.admins import check_not_last_admin
from attain_api.conditional import apply_changes, check_if_match
from attain_api.paging import PageQuery
from attain_api.people import history, reading, repository
from attain_api.people.reading import ShownPerson
from attain_api.people.repository import PeopleFilter
from attain_api.people.settling import check_not_erased, check_references, check_roles, hold_person
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, NotFound
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person
from attain_shared.people.queries import hire
from attain_shared.people.schemas import (
    CorrectBody,
    Dated,
    PersonCreate,
    PersonEventRead,
    PersonRead,
    PersonUpdate,
    WithdrawBody,
)
from attain_shared.people.timeline import EventKind

OF_PERSON = frozenset({"name", "email", "phone", "roles"})
"""What does not depend on the day."""
BY_EVENT = (
    (EventKind.TRANSFER, ("department_id", "position_id")),
    (EventKind.CHANGE_MANAGER, ("manager_id",)),
    (EventKind.CHANGE_TERMS, ("mentor_id", "employment_type", "probation_ends_on")),
)
"""How a plain change of what is dated is recorded."""


class EmailTaken(Conflict):
    """Somebody in the company has this e-mail."""

    code, title = "email-taken", "E-mail already in use"


async def create_person(uow: UnitOfWork, *, actor: Actor, data: PersonCreate) -> ShownPerson:
    """A new person, hired on a day; in the future for somebody who is yet to come."""
    check_roles(actor, before=(), after=data.roles)
    person = Person(company_id=actor.company_id, id=new_id(), **data.model_dump(include=set(OF_PERSON)))
    changes = data.model_dump(include=set(history.SETS[EventKind.HIRE]), exclude_none=True)
    await check_references(
        uow, actor=actor, person_id=person.id, changes=changes, on=max(data.hired_on, business_day())
    )
    uow.session.add(person)
    await _flush(uow)
    await hire(
        uow.session,
        company_id=actor.company_id,
        person_id=person.id,
        hired_on=data.hired_on,
        changes=changes,
        recorded_by=actor.person_id,
    )
    return await get_person(uow, actor=actor, person_id=person.id)


async def get_person(uow: UnitOfWork, *, actor: Actor, person_id: UUID, on: date | None = None) -> ShownPerson:
    """A person as the caller sees them, today or on another day."""
    row = await repository.find_person_row(uow.session, actor=actor, person_id=person_id, on=on)
    if row is None:
        raise NotFound("There is no such person.")
    return reading.show_person(row, actor=actor, is_now=on in {None, business_day()})


async def list_people(
    uow: UnitOfWork, *, actor: Actor, wanted: PeopleFilter, query: PageQuery
) -> tuple[list[PersonRead], str | None]:
    """A part of the people the caller sees."""
    rows, cursor = await repository.list_person_rows(uow.session, actor=actor, wanted=wanted, query=query)
    return reading.read_people(rows, actor=actor, is_now=wanted.on in {None, business_day()}), cursor


async def employed_since(uow: UnitOfWork, *, company_id: UUID, person_ids: Iterable[UUID]) -> dict[UUID, date]:
    """Who of these is employed today, and since when."""
    return await repository.list_employed(uow.session, company_id=company_id, person_ids=person_ids, on=business_day())


async def update_person(
    uow: UnitOfWork, *, actor: Actor, person_id: UUID, data: PersonUpdate, if_match: str | None
) -> ShownPerson:
    """Change what is given; what is dated is recorded as an event of today."""
    changes = data.model_dump(exclude_unset=True)
    person, before = await _hold(
        uow,
        actor=actor,
        person_id=person_id,
        if_match=if_match,
        admins=bool(changes.keys() & {"roles", "hired_on"}),
        line=not changes.keys() <= OF_PERSON,
    )
    roles = changes.get("roles", person.roles)
    check_roles(actor, before=person.roles, after=roles)
    if "admin" in person.roles and "admin" not in roles:
        await check_not_last_admin(uow, company_id=actor.company_id, person_id=person_id)
    apply_changes(person, {name: value for name, value in changes.items() if name in OF_PERSON})
    await _flush(uow)
    dated = {name: value for name, value in changes.items() if name not in OF_PERSON and value != getattr(before, name)}
    if dated:
        await _record_change(uow, actor=actor, person=person, before=before, dated=dated)
    return await get_person(uow, actor=actor, person_id=person_id)


async def act_on_person(
    uow: UnitOfWork, *, actor: Actor, person_id: UUID, kind: EventKind, body: Dated, if_match: str | None
) -> ShownPerson:
    """Record a dated event; it takes effect on its day."""
    changes = history.changes_of(body)
    person, _ = await _hold(
        uow,
        actor=actor,
        person_id=person_id,
        if_match=if_match,
        admins=kind == EventKind.LEAVE,
        line="manager_id" in changes or kind == EventKind.REHIRE,
    )
    reason = getattr(body, "reason", None)
    if reason is not None:
        changes["leaving_reason"] = reason
    await history.record_event(
        uow,
        actor=actor,
        person=person,
        kind=kind,
        effective_on=body.effective_on,
        changes=changes,
        note=body.note,
    )
    return await get_person(uow, actor=actor, person_id=person_id)


async def mend_event(
    uow: UnitOfWork,
    *,
    actor: Actor,
    person_id: UUID,
    event_id: UUID,
    body: CorrectBody | WithdrawBody,
    if_match: str | None,
) -> tuple[PersonEventRead, str]:
    """Correct or withdraw an event; the event that then stands or was withdrawn, and the person's new tag."""
    person, _ = await _hold(uow, actor=actor, person_id=person_id, if_match=if_match, admins=True, line=True)
    if isinstance(body, CorrectBody):
        event = await history.correct_event(uow, actor=actor, person=person, event_id=event_id, data=body)
    else:
        event = await history.withdraw_event(uow, actor=actor, person=person, event_id=event_id, reason=body.reason)
    shown = await get_person(uow, actor=actor, person_id=person_id)
    return reading.read_event(event, actor=actor, in_full=True), shown.tag


async def _record_change(
    uow: UnitOfWork, *, actor: Actor, person: Person, before: PersonRead, dated: dict[str, Any]
) -> None:
    # somebody who is yet to come has nothing but the hire: what they will start with was said wrong there
    of_hire = dated if before.status == "upcoming" else {name: dated[name] for name in dated if name == "hired_on"}
    if of_hire:
        await _correct_hire(uow, actor=actor, person=person, hired_on=before.hired_on, changes=of_hire)
    for kind, names in BY_EVENT:
        changes = {name: dated[name] for name in names if name in dated and name not in of_hire}
        if changes:
            await history.record_event(
                uow, actor=actor, person=person, kind=kind, effective_on=business_day(), changes=changes
            )


async def _correct_hire(
    uow: UnitOfWork, *, actor: Actor, person: Person, hired_on: date | None, changes: dict[str, Any]
) -> None:
    events = await repository.list_events(uow.session, company_id=actor.company_id, person_id=person.id)
    begun = next(
        event
        for event in events
        if event.kind in {EventKind.HIRE, EventKind.REHIRE}
        and event.effective_on == hired_on
        and event.withdrawn_at is None
    )
    right = {("effective_on" if name == "hired_on" else name): value for name, value in changes.items()}
    said = CorrectBody(reason="The record was changed.", **right)
    await history.correct_event(uow, actor=actor, person=person, event_id=begun.id, data=said)


async def _hold(
    uow: UnitOfWork, *, actor: Actor, person_id: UUID, if_match: str | None, admins: bool, line: bool
) -> tuple[Person, PersonRead]:
    """The person's row, held for a change, and what the caller has seen of it."""
    person = await hold_person(uow, actor=actor, person_id=person_id, admins=admins, line=line)
    before = await get_person(uow, actor=actor, person_id=person_id)
    check_if_match(if_match, before.tag)
    check_not_erased(person)
    return person, before.body


async def _flush(uow: UnitOfWork) -> None:
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_people_company_id_email" in str(error.orig):
            raise EmailTaken("Somebody in the company has this e-mail already.") from error
        raise
