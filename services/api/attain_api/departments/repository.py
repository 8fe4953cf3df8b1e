"""Statements on departments."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Row, Select, Uuid, func, literal, null, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.visibility import View, on_day
from attain_api.paging import PageQuery, paginate_columns
from attain_shared.departments.models import Department, DepartmentSpell
from attain_shared.people.models import Person, PersonEvent, PersonSpell

DepartmentRow = Row[*tuple[Any, ...]]
"""A department as one caller sees it on one day."""


def _select_as_seen(view: View, *, on: date | None) -> Select[*tuple[Any, ...]]:
    """The departments a caller sees: as they are, or with a day as they were then."""
    company_id = view.actor.company_id
    state = Department if on is None else DepartmentSpell
    statement = select(
        Department.id,
        state.name,
        state.function,
        state.parent_id,
        state.head_id,
        state.headcount_plan,
        state.duties,
        (Department.closed_on if on is None else literal(None, Date()).label("closed_on")),
        (Department.merged_into_id if on is None else literal(None, Uuid()).label("merged_into_id")),
        Department.created_at,
        Department.version,
        view.figures().label("sees_plan"),
    ).where(Department.company_id == company_id, view.department())
    if on is not None:
        statement = statement.join(
            DepartmentSpell,
            (DepartmentSpell.company_id == Department.company_id) & (DepartmentSpell.department_id == Department.id),
        ).where(DepartmentSpell.company_id == company_id, DepartmentSpell.starts_on <= on, DepartmentSpell.ends_on > on)
    return statement


async def find_as_seen(
    session: AsyncSession, *, view: View, department_id: UUID, on: date | None
) -> DepartmentRow | None:
    """A department, if the caller sees it."""
    statement = _select_as_seen(view, on=on).where(Department.id == department_id)
    return (await session.execute(statement)).one_or_none()


async def list_as_seen(
    session: AsyncSession, *, view: View, on: date | None, is_open: bool, filters: dict[str, Any], query: PageQuery
) -> tuple[list[DepartmentRow], str | None]:
    """A part of the departments the caller sees; `filters` are fields and what they must be, None for anything."""
    statement = _select_as_seen(view, on=on)
    state = Department if on is None else DepartmentSpell
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(getattr(state, name) == value)
    if on is None:
        statement = statement.where(Department.closed_on.is_(None) if is_open else Department.closed_on.is_not(None))
    columns = {"name": state.name, "created_at": Department.created_at}
    return await paginate_columns(session, statement, query=query, columns=columns, id_column=Department.id)


async def list_all_as_seen(session: AsyncSession, *, view: View, on: date | None) -> Sequence[DepartmentRow]:
    """All open departments the caller sees, by name."""
    statement = _select_as_seen(view, on=on)
    if on is None:
        statement = statement.where(Department.closed_on.is_(None))
    state = Department if on is None else DepartmentSpell
    return (await session.execute(statement.order_by(state.name, Department.id))).all()


async def take_departments(
    session: AsyncSession, *, company_id: UUID, department_ids: Sequence[UUID]
) -> dict[UUID, Department]:
    """Those of the company among the ids, held until the transaction ends, in an order of their own.

    Against others who change or close them, and whoever enters them; not against those who merely name them.
    """
    statement = select(Department).where(Department.company_id == company_id, Department.id.in_(department_ids))
    statement = statement.order_by(Department.id).with_for_update(key_share=True)
    found = await session.scalars(statement.execution_options(populate_existing=True))
    return {one.id: one for one in found}


async def list_children(session: AsyncSession, *, company_id: UUID, department_id: UUID) -> list[UUID]:
    """The open departments directly below."""
    statement = select(Department.id).where(
        Department.company_id == company_id, Department.parent_id == department_id, Department.closed_on.is_(None)
    )
    return list(await session.scalars(statement))


async def list_by_origin(
    session: AsyncSession, *, company_id: UUID, origins: Sequence[str]
) -> dict[str, Row[UUID, str, int | None]]:
    """Of the places in blueprints, those that have an open department: its id, name and plan by place."""
    statement = select(Department.origin, Department.id, Department.name, Department.headcount_plan).where(
        Department.company_id == company_id, Department.origin.in_(origins), Department.closed_on.is_(None)
    )
    return {row.origin: row for row in (await session.execute(statement)).all()}  # type: ignore[misc]


async def take_closed_by_origin(
    session: AsyncSession, *, company_id: UUID, origins: Sequence[str]
) -> Sequence[Department]:
    """The closed departments that places in blueprints once had, held until the transaction ends."""
    statement = select(Department).where(
        Department.company_id == company_id, Department.origin.in_(origins), Department.closed_on.is_not(None)
    )
    return (await session.scalars(statement.order_by(Department.id).with_for_update())).all()


async def lock_tree(session: AsyncSession, *, company_id: UUID) -> None:
    """Let one change of the company's tree happen at a time: two moves, each fine alone, could close a circle."""
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"attain:departments:{company_id}", 0)))
    )


async def list_line(session: AsyncSession, *, company_id: UUID, department_id: UUID) -> dict[UUID, date | None]:
    """The department and all those above it, with the days they were closed on."""
    line = (
        select(Department.id, Department.parent_id, Department.closed_on)
        .where(Department.company_id == company_id, Department.id == department_id)
        .cte("line", recursive=True)
    )
    above = (
        select(Department.id, Department.parent_id, Department.closed_on)
        .join(line, Department.id == line.c.parent_id)
        .where(Department.company_id == company_id)
    )
    found = line.union(above)
    rows = await session.execute(select(found.c.id, found.c.closed_on))
    return {row.id: row.closed_on for row in rows}


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


async def count_people_to_come_or_there(
    session: AsyncSession, *, company_id: UUID, department_id: UUID, today: date
) -> int:
    """How many are employed in the department today or will be on a later day."""
    statement = select(func.count(PersonSpell.person_id.distinct())).where(
        PersonSpell.company_id == company_id,
        PersonSpell.department_id == department_id,
        PersonSpell.status != "left",
        PersonSpell.ends_on > today,
    )
    return (await session.execute(statement)).scalar_one()


async def count_events_to_come(session: AsyncSession, *, company_id: UUID, department_id: UUID, today: date) -> int:
    """How many events after today bring somebody into the department."""
    statement = select(func.count()).where(
        PersonEvent.company_id == company_id,
        PersonEvent.effective_on > today,
        PersonEvent.withdrawn_at.is_(None),
        PersonEvent.changes["department_id"].astext == str(department_id),
    )
    return (await session.execute(statement)).scalar_one()


async def take_members(session: AsyncSession, *, company_id: UUID, department_id: UUID, today: date) -> list[UUID]:
    """The people employed in the department today, held until the transaction ends."""
    members = _members(company_id=company_id, department_id=department_id, today=today)
    statement = select(Person.id).where(Person.company_id == company_id, Person.id.in_(members))
    return list(await session.scalars(statement.order_by(Person.id).with_for_update(key_share=True)))


async def list_members(session: AsyncSession, *, company_id: UUID, department_id: UUID, today: date) -> list[UUID]:
    """The people employed in the department today."""
    return list(await session.scalars(_members(company_id=company_id, department_id=department_id, today=today)))


def _members(*, company_id: UUID, department_id: UUID, today: date) -> Select[UUID]:
    return select(PersonSpell.person_id).where(
        PersonSpell.company_id == company_id,
        PersonSpell.department_id == department_id,
        PersonSpell.status == "employed",
        on_day(today),
    )


async def list_events(session: AsyncSession, *, company_id: UUID, person_ids: Sequence[UUID]) -> Sequence[PersonEvent]:
    """All events of people: also those withdrawn, in whose place a correction stands."""
    statement = select(PersonEvent).where(PersonEvent.company_id == company_id, PersonEvent.person_id.in_(person_ids))
    return (await session.scalars(statement)).all()


async def raise_versions(session: AsyncSession, *, company_id: UUID, person_ids: Sequence[UUID]) -> None:
    """Let the ETags of people change whose events have."""
    await session.execute(
        update(Person)
        .where(Person.company_id == company_id, Person.id.in_(person_ids))
        .values(version=Person.version + 1)
        .execution_options(synchronize_session=False)
    )


async def was_ever_referred_to(session: AsyncSession, *, company_id: UUID, department_id: UUID) -> bool:
    """Whether history names the department where no foreign key says so: events, even withdrawn, and old trees."""
    events = select(null()).where(
        PersonEvent.company_id == company_id, PersonEvent.changes["department_id"].astext == str(department_id)
    )
    trees = select(null()).where(DepartmentSpell.company_id == company_id, DepartmentSpell.parent_id == department_id)
    return (await session.execute(union_all(events, trees).limit(1))).first() is not None
