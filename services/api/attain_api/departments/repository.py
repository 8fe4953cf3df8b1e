"""Statements on departments."""

from uuid import UUID

from sqlalchemy import Integer, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.departments.models import Department


async def find_department(
    session: AsyncSession, *, company_id: UUID, department_id: UUID, for_update: bool = False
) -> Department | None:
    """A department of the company; held until the transaction ends where it is to be changed."""
    statement = select(Department).where(Department.company_id == company_id, Department.id == department_id)
    return await session.scalar(statement.with_for_update() if for_update else statement)


async def list_departments(
    session: AsyncSession,
    *,
    company_id: UUID,
    function: str | None,
    parent_id: UUID | None,
    name: str | None,
    query: PageQuery,
) -> tuple[list[Department], str | None]:
    """A part of the company's departments."""
    statement = select(Department).where(Department.company_id == company_id)
    wanted = ((Department.function, function), (Department.parent_id, parent_id), (Department.name, name))
    for column, value in wanted:
        if value is not None:
            statement = statement.where(column == value)
    columns = {"name": Department.name, "created_at": Department.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=Department.id)


async def list_all(session: AsyncSession, *, company_id: UUID) -> list[Department]:
    """All departments of the company, by name."""
    statement = select(Department).where(Department.company_id == company_id)
    return list(await session.scalars(statement.order_by(Department.name, Department.id)))


async def lock_tree(session: AsyncSession, *, company_id: UUID) -> None:
    """Let one change of the company's tree happen at a time: two moves, each fine alone, could close a circle."""
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"attain:departments:{company_id}", 0)))
    )


async def list_line(session: AsyncSession, *, company_id: UUID, department_id: UUID) -> list[UUID]:
    """The department and all those above it."""
    line = (
        select(Department.id, Department.parent_id)
        .where(Department.company_id == company_id, Department.id == department_id)
        .cte("line", recursive=True)
    )
    above = (
        select(Department.id, Department.parent_id)
        .join(line, Department.id == line.c.parent_id)
        .where(Department.company_id == company_id)
    )
    return list(await session.scalars(select(line.union(above).c.id)))


async def get_height(session: AsyncSession, *, company_id: UUID, department_id: UUID) -> int:
    """How many levels the subtree has: 1 for a department with none below it."""
    below = (
        select(Department.id, literal(1, Integer).label("level"))
        .where(Department.company_id == company_id, Department.id == department_id)
        .cte("below", recursive=True)
    )
    children = (
        select(Department.id, below.c.level + 1)
        .join(below, Department.parent_id == below.c.id)
        .where(Department.company_id == company_id)
    )
    found = await session.execute(select(func.max(below.union_all(children).c.level)))
    return found.scalar_one() or 0
