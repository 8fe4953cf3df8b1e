"""Writing down what happened to people: events, and the spells that follow from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.goals.queries import mark_goals_on_people
from attain_shared.identifiers import new_id
from attain_shared.people.models import PersonEvent, PersonSpell
from attain_shared.people.timeline import Event, EventKind, Spell, build_spells, spell_row, stored_changes


async def replace_spells(session: AsyncSession, *, company_id: UUID, person_id: UUID, spells: Sequence[Spell]) -> None:
    """Set a person's spells to those that its events come to now."""
    await replace_all_spells(session, company_id=company_id, spells={person_id: spells})


async def replace_all_spells(
    session: AsyncSession, *, company_id: UUID, spells: Mapping[UUID, Sequence[Spell]]
) -> None:
    """The same for many people at once, in two statements; and goals that are measured by people are marked."""
    await session.execute(
        delete(PersonSpell).where(PersonSpell.company_id == company_id, PersonSpell.person_id.in_(spells))
    )
    await session.execute(
        insert(PersonSpell),
        [
            {"company_id": company_id, "person_id": person_id, **spell_row(one)}
            for person_id, those in spells.items()
            for one in those
        ],
    )
    await mark_goals_on_people(session, company_id=company_id)


async def hire(
    session: AsyncSession,
    *,
    company_id: UUID,
    person_id: UUID,
    hired_on: date,
    changes: dict[str, Any],
    recorded_by: UUID | None,
) -> PersonEvent:
    """Record the first event of a new person, whose row is there already."""
    event = PersonEvent(
        company_id=company_id,
        id=new_id(),
        person_id=person_id,
        kind=EventKind.HIRE,
        effective_on=hired_on,
        changes=stored_changes(changes),
        recorded_by=recorded_by,
    )
    session.add(event)
    await session.flush()
    await replace_spells(session, company_id=company_id, person_id=person_id, spells=build_spells([read_event(event)]))
    return event


def read_event(row: PersonEvent) -> Event:
    """A stored event, for the timeline."""
    return Event(id=row.id, kind=EventKind(row.kind), effective_on=row.effective_on, changes=row.changes)


def standing(events: Iterable[PersonEvent]) -> list[Event]:
    """The events that have not been withdrawn; out of all of a person's, as a correction stands in another's place."""
    rows = {row.id: row for row in events}
    return [replace(read_event(row), stands_for=_first(rows, row)) for row in rows.values() if row.withdrawn_at is None]


def _first(rows: Mapping[UUID, PersonEvent], row: PersonEvent) -> UUID:
    while row.corrects_id is not None and row.corrects_id in rows:
        row = rows[row.corrects_id]
    return row.id
