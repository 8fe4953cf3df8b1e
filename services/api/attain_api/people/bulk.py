"""Statements on many people at once: what an import reads and writes, and what an export adds."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import Connection
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from attain_api.access.actor import Actor
from attain_api.access.visibility import View, on_day
from attain_shared.departments.models import Department
from attain_shared.people.models import Person, PersonEvent, PersonSpell
from attain_shared.positions.models import Position

_BATCH = 5_000
"""People read at once."""


class KnownDepartment(NamedTuple):
    """A department, as far as an import needs it."""

    id: UUID
    name: str
    function: str
    parent_id: UUID | None
    closed_on: date | None


class KnownPosition(NamedTuple):
    """A position, likewise."""

    id: UUID
    name: str
    function: str
    closed_on: date | None


async def list_departments(session: AsyncSession, *, company_id: UUID) -> list[KnownDepartment]:
    """All departments of a company, also closed ones."""
    found = await session.execute(
        select(Department.id, Department.name, Department.function, Department.parent_id, Department.closed_on).where(
            Department.company_id == company_id
        )
    )
    return [KnownDepartment(*row) for row in found]


async def list_positions(session: AsyncSession, *, company_id: UUID) -> list[KnownPosition]:
    """All positions of a company, also closed ones."""
    found = await session.execute(
        select(Position.id, Position.name, Position.function, Position.closed_on).where(
            Position.company_id == company_id
        )
    )
    return [KnownPosition(*row) for row in found]


async def list_people_named(
    session: AsyncSession, *, company_id: UUID, emails: Collection[str], on: date
) -> list[Row[*tuple[Any, ...]]]:
    """The people who have these e-mails, as they are on a day."""
    manager, mentor = aliased(Person, name="manager"), aliased(Person, name="mentor")
    statement = (
        select(
            Person.id,
            Person.name,
            Person.email,
            Person.phone,
            Person.roles,
            PersonSpell.status,
            PersonSpell.department_id,
            PersonSpell.position_id,
            manager.email.label("manager_email"),
            mentor.email.label("mentor_email"),
            PersonSpell.employment_type,
            PersonSpell.hired_on,
            PersonSpell.probation_ends_on,
            PersonSpell.confirmed_on,
            PersonSpell.left_on,
            PersonSpell.leaving_reason,
        )
        .join(PersonSpell, (PersonSpell.company_id == Person.company_id) & (PersonSpell.person_id == Person.id))
        .outerjoin(manager, (manager.company_id == Person.company_id) & (manager.id == PersonSpell.manager_id))
        .outerjoin(mentor, (mentor.company_id == Person.company_id) & (mentor.id == PersonSpell.mentor_id))
        .where(Person.company_id == company_id, on_day(on))
    )
    wanted = sorted(emails)
    found: list[Row[*tuple[Any, ...]]] = []
    for start in range(0, len(wanted), _BATCH):
        found += (await session.execute(statement.where(Person.email.in_(wanted[start : start + _BATCH])))).all()
    return found


async def list_emails(session: AsyncSession, *, actor: Actor) -> dict[UUID, str]:
    """The e-mails that the caller may see (SEC-4), by person."""
    statement = select(Person.id, Person.email).where(Person.company_id == actor.company_id, View(actor).contacts())
    return {row.id: row.email for row in await session.execute(statement)}


async def insert_people(
    session: AsyncSession,
    *,
    people: Iterable[dict[str, Any]],
    events: Iterable[dict[str, Any]],
    spells: Iterable[dict[str, Any]],
) -> None:
    """Store new people with what happened to them: COPY is six times as fast as inserting, and thousands may come.

    The rows are in the order of their keys, and the connection is that of the session's transaction, which has begun.
    """
    connection = await (await session.connection()).get_raw_connection()
    driver: Connection = connection.driver_connection
    for model, rows in ((Person, people), (PersonEvent, events), (PersonSpell, spells)):
        await _copy(driver, model.__tablename__, list(rows))


async def _copy(driver: Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        columns = list(rows[0])
        records = [tuple(row[name] for name in columns) for row in rows]
        await driver.copy_records_to_table(table, records=records, columns=columns)
