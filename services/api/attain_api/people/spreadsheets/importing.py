"""Importing people from a spreadsheet: all of them or nobody (ORG-3)."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import UniqueViolationError

from attain_api.access.actor import Actor
from attain_api.departments import service as departments
from attain_api.people import repository
from attain_api.people.service import OF_PERSON, EmailTaken
from attain_api.people.spreadsheets import bulk
from attain_api.people.spreadsheets.import_departments import NewDepartment
from attain_api.people.spreadsheets.import_plan import Knowledge, NewPerson, Plan, make_plan
from attain_api.people.spreadsheets.import_rows import WHOLE_ROW, Row, Upload
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.departments.models import Department
from attain_shared.errors import FieldError, Invalid
from attain_shared.identifiers import new_id
from attain_shared.people.import_schemas import ImportColumns, ImportedRow, ImportReport, ImportRow
from attain_shared.people.timeline import ALWAYS, Event, EventKind, build_spells, spell_row, stored_changes

DAYS = ("hired_on", "confirmed_on", "left_on", "leaving_reason")
MAX_ERRORS = 200
"""Named in a refusal; a dry run names all."""


async def import_people(
    uow: UnitOfWork, *, actor: Actor, upload: Upload, dry_run: bool, create_departments: bool
) -> ImportReport:
    """Store the people of a file, or say what storing them would do.

    A second import of the same file finds everybody there already, so it can be repeated without a key.

    Raises:
        Invalid: not a dry run, and something is wrong with a row; then nothing is stored.
    """
    if not dry_run:
        await bulk.take_time(uow.session)
        await repository.lock_managers(uow.session, company_id=actor.company_id)  # of two imports the second waits
    known = await _knowledge(
        uow, actor=actor, upload=upload, create_departments=create_departments, is_for_good=not dry_run
    )
    plan = await asyncio.to_thread(make_plan, upload, known)
    is_good = not any(row.faults for row in upload.rows)
    if not is_good and not dry_run:
        raise Invalid("Nothing is imported, as some rows are wrong; see `errors`.", errors=_errors(upload))
    if is_good and not dry_run:
        await _store(uow, actor=actor, plan=plan)
    return _report(upload, plan, dry_run=dry_run, stored=is_good and not dry_run)


async def _knowledge(
    uow: UnitOfWork, *, actor: Actor, upload: Upload, create_departments: bool, is_for_good: bool
) -> Knowledge:
    session, company_id, today = uow.session, actor.company_id, business_day()
    said = (row.data for row in upload.rows if row.data is not None)
    emails = {email for data in said for email in (data.email, data.manager_email, data.mentor_email) if email}
    people = await bulk.list_people_named(session, company_id=company_id, emails=emails, on=today)
    return Knowledge(
        today=today,
        actor=actor,
        create_departments=create_departments,
        departments=await bulk.list_departments(session, company_id=company_id, hold=is_for_good),
        positions=await bulk.list_positions(session, company_id=company_id),
        people={person.email: person for person in people},
    )


async def _store(uow: UnitOfWork, *, actor: Actor, plan: Plan) -> None:
    await _store_departments(uow, actor=actor, new=plan.departments)
    people = list(plan.people.values())
    changes = {person.id: _changes(person, plan) for person in people}
    rows = await asyncio.to_thread(_records, people, changes, actor, utc_now())
    try:
        await bulk.insert_people(uow.session, people=rows.people, events=rows.events, spells=rows.spells)
    except UniqueViolationError as error:
        if "uq_people_company_id_email" in str(error):
            raise EmailTaken("Somebody in the company has one of these e-mails by now.") from error
        raise
    for person in people:
        told = {name: getattr(person.data, name) for name in (*sorted(OF_PERSON), *DAYS)} | changes[person.id]
        uow.record(
            resource_type="person",
            resource_id=person.id,
            changes={name: (None, value) for name, value in told.items() if value is not None},
        )


async def _store_departments(uow: UnitOfWork, *, actor: Actor, new: list[NewDepartment]) -> None:
    made = [
        Department(
            company_id=actor.company_id,
            id=one.department.id,
            name=one.department.name,
            function=one.department.function,
            parent_id=one.department.parent_id,
            duties=[],
        )
        for one in new
    ]
    if made:
        uow.session.add_all(made)
        await departments.save(uow, made, starts_on=ALWAYS)


def _changes(person: NewPerson, plan: Plan) -> dict[str, Any]:
    """What the hire sets."""
    data = person.data
    said = {
        "department_id": person.department_id,
        "position_id": person.position_id,
        "manager_id": plan.ids[data.manager_email] if data.manager_email else None,
        "mentor_id": plan.ids[data.mentor_email] if data.mentor_email else None,
        "employment_type": data.employment_type,
        "probation_ends_on": data.probation_ends_on,
    }
    return {name: value for name, value in said.items() if value is not None}


class _Records(NamedTuple):
    people: list[dict[str, Any]]
    events: list[dict[str, Any]]
    spells: list[dict[str, Any]]


def _records(people: list[NewPerson], changes: Mapping[UUID, dict[str, Any]], actor: Actor, now: datetime) -> _Records:
    """The rows of all tables, each in the order of its key."""
    records = _Records([], [], [])
    for person in people:
        fields = {name: getattr(person.data, name) for name in sorted(OF_PERSON)}
        key = {"company_id": actor.company_id, "id": person.id}
        records.people.append(key | fields | {"created_at": now, "version": 1})
        events = list(_events(person.data, changes[person.id]))
        records.events.extend(
            {
                "company_id": actor.company_id,
                "id": event.id,
                "person_id": person.id,
                "kind": event.kind.value,
                "effective_on": event.effective_on,
                "changes": json.dumps(event.changes),  # COPY goes past the ORM's types
                "recorded_by": actor.person_id,
                "recorded_at": now,
            }
            for event in events
        )
        of_person = {"company_id": actor.company_id, "person_id": person.id}
        records.spells.extend(
            of_person | spell_row(spell) | {"status": spell.status.value} for spell in build_spells(events)
        )
    return records


def _events(data: ImportRow, changes: dict[str, Any]) -> Iterator[Event]:
    """What has happened to a person so far, the latest last."""
    happened: list[tuple[EventKind, date | None, dict[str, Any]]] = [
        (EventKind.HIRE, data.hired_on, changes),
        (EventKind.CONFIRM, data.confirmed_on, {}),
        (EventKind.LEAVE, data.left_on, {"leaving_reason": data.leaving_reason} if data.leaving_reason else {}),
    ]
    for kind, day, sets in happened:
        if day is not None:
            yield Event(id=new_id(), kind=kind, effective_on=day, changes=stored_changes(sets))


def _errors(upload: Upload) -> list[FieldError]:
    faults = ((row, fault) for row in upload.rows for fault in row.faults)
    return [
        FieldError(_pointer(row, fault.column), fault.code, fault.detail)
        for row, fault in itertools.islice(faults, MAX_ERRORS)
    ]


def _pointer(row: Row, column: str) -> str:
    return f"/rows/{row.number}" if column == WHOLE_ROW else f"/rows/{row.number}/{column}"


def _report(upload: Upload, plan: Plan, *, dry_run: bool, stored: bool) -> ImportReport:
    rows = [_show(row, plan, stored=stored) for row in upload.rows]
    actions = Counter(row.action for row in rows)
    return ImportReport(
        dry_run=dry_run,
        stored=stored,
        created=actions["create"],
        unchanged=actions["unchanged"],
        failed=actions["error"],
        columns=ImportColumns(used=upload.used, unknown=upload.unknown),
        departments_created=sorted(one.path for one in plan.departments),
        rows=rows,
    )


def _show(row: Row, plan: Plan, *, stored: bool) -> ImportedRow:
    new, there = plan.people.get(row.number), plan.unchanged.get(row.number)
    return ImportedRow.model_construct(
        row=row.number,
        action="error" if row.faults else "unchanged" if there else "create",
        email=row.email,
        person_id=new.id if stored and new else there,
        errors=row.faults,
    )
