"""Statements on many people at once: what an import reads and writes, and what an export adds."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg import Connection
from sqlalchemy import Text, Uuid, any_, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_shared.departments.models import Department, DepartmentSpell
from attain_shared.people.models import Person, PersonEvent, PersonSpell
from attain_shared.positions.models import Position

SECONDS = 60
"""What a statement of an import may take: thousands of rows come at once, and each is checked for whom it names."""
MANY = 1_000
"""So many new people change what the planner should think of the tables."""
_GROWN = (Person, PersonSpell, Department, DepartmentSpell, PersonEvent)


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


async def list_departments(session: AsyncSession, *, company_id: UUID, hold: bool = False) -> list[KnownDepartment]:
    """All departments of a company, also closed ones; held, if asked for, against whoever would close one meanwhile."""
    statement = (
        select(Department.id, Department.name, Department.function, Department.parent_id, Department.closed_on)
        .where(Department.company_id == company_id)
        .order_by(Department.id)
    )
    if hold:
        statement = statement.with_for_update(read=True, key_share=True)
    return [KnownDepartment(*row) for row in await session.execute(statement)]


async def list_positions(session: AsyncSession, *, company_id: UUID) -> list[KnownPosition]:
    """All positions of a company, also closed ones."""
    found = await session.execute(
        select(Position.id, Position.name, Position.function, Position.closed_on).where(
            Position.company_id == company_id
        )
    )
    return [KnownPosition(*row) for row in found]


class KnownPerson(NamedTuple):
    """Somebody of the company as they are on a day, likewise."""

    id: UUID
    name: str
    email: str
    phone: str | None
    roles: list[str]
    status: str
    department_id: UUID | None
    position_id: UUID | None
    manager_id: UUID | None
    mentor_id: UUID | None
    employment_type: str
    hired_on: date
    probation_ends_on: date | None
    confirmed_on: date | None
    left_on: date | None
    leaving_reason: str | None


async def list_people_named(
    session: AsyncSession, *, company_id: UUID, emails: Collection[str], on: date
) -> list[KnownPerson]:
    """The people who have these e-mails, as they are on a day.

    The confirmation and the leaving that are recorded for later days count too: they are what the file said.

    Two statements, and not a join: right after thousands were imported the planner takes the tables for small, and would
    go through all spells for each person.
    """
    of_person = [Person.__table__.c[name] for name in KnownPerson._fields[:5]]
    named = (
        await session.execute(
            select(*of_person).where(
                Person.company_id == company_id, Person.email == any_(literal(sorted(emails), ARRAY(Text)))
            )
        )
    ).all()
    of_spell = [PersonSpell.__table__.c[name] for name in KnownPerson._fields[5:]]
    spells = await session.execute(
        select(PersonSpell.person_id, *of_spell)
        .where(
            PersonSpell.company_id == company_id,
            PersonSpell.person_id == any_(literal([person.id for person in named], ARRAY(Uuid))),
            PersonSpell.ends_on > on,
        )
        .order_by(PersonSpell.person_id, PersonSpell.starts_on)
    )
    names = {person.id: person for person in named}
    known: dict[UUID, KnownPerson] = {}
    for person_id, *spell in spells:
        one = KnownPerson(*names[person_id], *spell)
        now = known.setdefault(person_id, one)
        if one.hired_on == now.hired_on:  # and not of a rehire to come
            known[person_id] = now._replace(
                confirmed_on=one.confirmed_on, left_on=one.left_on, leaving_reason=one.leaving_reason
            )
    return list(known.values())


async def list_emails(session: AsyncSession, *, actor: Actor) -> dict[UUID, str]:
    """The e-mails that the caller may see (SEC-4), by person."""
    statement = select(Person.id, Person.email).where(Person.company_id == actor.company_id, View(actor).contacts())
    return {row.id: row.email for row in await session.execute(statement)}


async def take_time(session: AsyncSession) -> None:
    """Let the statements of the session's transaction run longer than those of other requests."""
    await session.execute(text(f"SET LOCAL statement_timeout = '{SECONDS}s'"))


async def insert_people(
    session: AsyncSession,
    *,
    people: Iterable[dict[str, Any]],
    events: Iterable[dict[str, Any]],
    spells: Iterable[dict[str, Any]],
) -> None:
    """Store new people with what happened to them: COPY is six times as fast as inserting, and thousands may come.

    The rows are in the order of their keys, and the connection is that of the session's transaction, which has begun.
    What the connection has planned for checking foreign keys while the tables were tiny would go through all of them for
    each row: it plans anew, and the tables that have grown are measured at once.
    """
    connection = await (await session.connection()).get_raw_connection()
    driver: Connection = connection.driver_connection
    await driver.execute("DISCARD PLANS; SET LOCAL plan_cache_mode = force_custom_plan")
    counts = [
        await _copy(driver, model.__tablename__, list(rows))
        for model, rows in ((Person, people), (PersonEvent, events), (PersonSpell, spells))
    ]
    if counts[0] > MANY:
        tables = ", ".join(model.__tablename__ for model in _GROWN)
        await driver.execute(f"ANALYZE {tables}", timeout=SECONDS + 2)


async def _copy(driver: Connection, table: str, rows: Sequence[dict[str, Any]]) -> int:
    if rows:
        columns = list(rows[0])
        records = [tuple(row[name] for name in columns) for row in rows]
        # the driver's own patience is made for short statements
        await driver.copy_records_to_table(table, records=records, columns=columns, timeout=SECONDS + 2)
    return len(rows)
