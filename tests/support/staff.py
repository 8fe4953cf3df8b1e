"""People with what happened to them, written straight into the tables: for tests of what follows from it."""

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person, PersonEvent
from attain_shared.people.queries import read_event, replace_spells
from attain_shared.people.timeline import Event, EventKind, build_spells, stored_changes
from tests.support.companies import Member

Told = tuple[EventKind, date, dict[str, Any]]
"""An event as a test tells it: what, from when, and what it sets."""
HIRED_ON = date(2026, 3, 1)


def hired(department_id: object = None, on: date = HIRED_ON, **changes: Any) -> Told:
    """A hire into a department."""
    place = {} if department_id is None else {"department_id": UUID(str(department_id))}
    return EventKind.HIRE, on, {"employment_type": "employee"} | place | changes


def events_of(told: Sequence[Told]) -> list[Event]:
    """The events, recorded in this order."""
    return [Event(id=new_id(), kind=kind, effective_on=on, changes=stored_changes(what)) for kind, on, what in told]


async def add_person(state: ApiState, company: Member, *told: Told, name: str = "somebody") -> UUID:
    """A person without an account, to whom all this happened."""
    async with transaction(state.sessions, state.doorbell) as uow:
        person = Person(
            company_id=company.company_id,
            id=new_id(),
            name=name,
            email=f"{secrets.token_hex(6)}@example.com",
            roles=["employee"],
        )
        uow.session.add(person)
        await uow.session.flush()
        rows = [
            PersonEvent(
                company_id=company.company_id,
                id=event.id,
                person_id=person.id,
                kind=event.kind,
                effective_on=event.effective_on,
                changes=event.changes,
            )
            for event in events_of(told)
        ]
        uow.session.add_all(rows)
        await uow.session.flush()
        spells = build_spells(map(read_event, rows))
        await replace_spells(uow.session, company_id=company.company_id, person_id=person.id, spells=spells)
    return person.id
