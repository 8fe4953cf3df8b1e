"""Statements on people."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.people.models import Person


async def find_person(
    session: AsyncSession, *, company_id: UUID, person_id: UUID, for_update: bool = False
) -> Person | None:
    """A person of the company; held until the transaction ends where it is to be changed."""
    statement = select(Person).where(Person.company_id == company_id, Person.id == person_id)
    return await session.scalar(statement.with_for_update() if for_update else statement)


async def list_people(
    session: AsyncSession,
    *,
    company_id: UUID,
    department_id: UUID | None,
    manager_id: UUID | None,
    name: str | None,
    email: str | None,
    query: PageQuery,
) -> tuple[list[Person], str | None]:
    """A part of the company's people."""
    statement = select(Person).where(Person.company_id == company_id)
    wanted = (
        (Person.department_id, department_id),
        (Person.manager_id, manager_id),
        (Person.name, name),
        (Person.email, email),
    )
    for column, value in wanted:
        if value is not None:
            statement = statement.where(column == value)
    columns = {"name": Person.name, "hired_on": Person.hired_on, "created_at": Person.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=Person.id)


async def lock_managers(session: AsyncSession, *, company_id: UUID) -> None:
    """Let one change of the company's manager lines happen at a time."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"attain:managers:{company_id}", 0))))


async def list_managers(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> list[UUID]:
    """The person and all managers above."""
    line = (
        select(Person.id, Person.manager_id)
        .where(Person.company_id == company_id, Person.id == person_id)
        .cte("line", recursive=True)
    )
    above = (
        select(Person.id, Person.manager_id)
        .join(line, Person.id == line.c.manager_id)
        .where(Person.company_id == company_id)
    )
    return list(await session.scalars(select(line.union(above).c.id)))
