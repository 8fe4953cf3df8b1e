"""Statements on people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Row, Select, and_, bindparam, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from attain_api.access.actor import Actor
from attain_api.access.visibility import SEES_RECORDS, View, on_day, view_of
from attain_api.paging import PageQuery, paginate, paginate_columns
from attain_shared.clock import business_day
from attain_shared.departments.models import Department, DepartmentSpell
from attain_shared.people.models import Person, PersonEvent, PersonSpell
from attain_shared.positions.models import Position

PersonRow = Row[*tuple[Any, ...]]
_Manager = aliased(Person, name="manager")

SORTS: dict[str, InstrumentedAttribute[Any]] = {
    "name": Person.name,
    "hired_on": PersonSpell.hired_on,
    "created_at": Person.created_at,
}
OF_RECORD = frozenset({"hired_on", "created_at"})
"""Sorting by what the directory does not show would tell it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFilter:
    """Which people."""

    on: date | None = None
    department_id: UUID | None = None
    subtree: bool = False
    position_id: UUID | None = None
    manager_id: UUID | None = None
    employment_type: str | None = None
    status: str | None = None
    role: str | None = None
    name: str | None = None
    email: str | None = None
    q: str | None = None


def _select_people(view: View, *, day: Any, is_today: bool) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 - a date or a parameter
    """The people the caller may see, with what they are on a day and how much of it the caller sees.

    The directory is that of today: another day is for those who may see the record.
    """
    company_id = view.actor.company_id
    department_name = Department.name if is_today else DepartmentSpell.name
    statement = (
        select(
            Person.id,
            Person.name,
            Person.email,
            Person.phone,
            Person.roles,
            Person.created_at,
            Person.version,
            PersonSpell.status,
            PersonSpell.department_id,
            department_name.label("department_name"),
            PersonSpell.position_id,
            Position.name.label("position_name"),
            PersonSpell.manager_id,
            _Manager.name.label("manager_name"),
            PersonSpell.mentor_id,
            PersonSpell.employment_type,
            PersonSpell.hired_on,
            PersonSpell.probation_ends_on,
            PersonSpell.confirmed_on,
            PersonSpell.left_on,
            PersonSpell.leaving_reason,
            Person.erased_at,
            view.sight().label("sight"),
        )
        .join(PersonSpell, (PersonSpell.company_id == Person.company_id) & (PersonSpell.person_id == Person.id))
        .outerjoin(*_department(day, is_today=is_today))
        .outerjoin(Position, (Position.company_id == Person.company_id) & (Position.id == PersonSpell.position_id))
        .outerjoin(_Manager, (_Manager.company_id == Person.company_id) & (_Manager.id == PersonSpell.manager_id))
        .where(Person.company_id == company_id, on_day(day))
    )
    in_directory = PersonSpell.status == "employed"
    return statement.where(or_(in_directory, view.record()) if is_today else view.record())


def _department(day: Any, *, is_today: bool) -> tuple[Any, ColumnElement[bool]]:  # noqa: ANN401 - as above
    """What to join for the department of a spell: as it is, or as it was on a day."""
    if is_today:
        return Department, (Department.company_id == Person.company_id) & (Department.id == PersonSpell.department_id)
    then = DepartmentSpell
    return then, and_(
        then.company_id == Person.company_id,
        then.department_id == PersonSpell.department_id,
        then.starts_on <= day,
        then.ends_on > day,
    )


class _Shape(NamedTuple):
    """What a statement depends on, beside the values it is run with."""

    roles: frozenset[str]
    today: date
    """The rights are those of today, which stands in the statement."""
    is_today: bool
    given: frozenset[str] = frozenset()
    """The filters."""
    subtree: bool = False
    q: str | None = None
    of_record: bool = False


_VALUES = frozenset(
    {"department_id", "position_id", "manager_id", "employment_type", "status", "role", "name", "email"}
)
"""Filters by one value."""


# Making these statements takes several times as long as running them: they are made once a day for each shape.
@lru_cache(maxsize=256)
def _statement_of_one(shape: _Shape) -> Select[*tuple[Any, ...]]:
    statement = _select_people(view_of(shape.roles), day=bindparam("day", type_=Date()), is_today=shape.is_today)
    return statement.where(Person.id == bindparam("person_id"))


@lru_cache(maxsize=256)
def _statement_of_many(shape: _Shape) -> Select[*tuple[Any, ...]]:
    view = view_of(shape.roles)
    parameters: dict[str, Any] = {name: bindparam(f"wanted_{name}") for name in shape.given}
    day: Any = bindparam("day", type_=Date())
    wanted = PeopleFilter(on=None if shape.is_today else day, subtree=shape.subtree, q=shape.q, **parameters)
    statement = _select_people(view, day=day, is_today=shape.is_today)
    statement = statement.where(*_conditions(view, wanted))
    return statement.where(view.record()) if shape.of_record else statement


def _values(actor: Actor, on: date | None, shape: _Shape) -> dict[str, Any]:
    return {"company_id": actor.company_id, "me": actor.person_id, "day": on or shape.today}


async def find_person_row(
    session: AsyncSession, *, actor: Actor, person_id: UUID, on: date | None = None
) -> PersonRow | None:
    """A person as the caller sees them; None outside the caller's view."""
    today = business_day()
    shape = _Shape(roles=actor.roles & SEES_RECORDS, today=today, is_today=on in {None, today})
    values = _values(actor, on, shape) | {"person_id": person_id}
    return (await session.execute(_statement_of_one(shape), values)).one_or_none()


async def list_person_rows(
    session: AsyncSession, *, actor: Actor, wanted: PeopleFilter, query: PageQuery
) -> tuple[list[PersonRow], str | None]:
    """A part of the people the caller sees; what the directory hides can neither be asked for nor sorted by."""
    today = business_day()
    given = {name: getattr(wanted, name) for name in _VALUES if getattr(wanted, name) is not None}
    shape = _Shape(
        roles=actor.roles & SEES_RECORDS,
        today=today,
        is_today=wanted.on in {None, today},
        given=frozenset(given),
        subtree=wanted.subtree,
        q=wanted.q,
        of_record=query.sort.lstrip("-") in OF_RECORD,
    )
    values = _values(actor, wanted.on, shape) | {f"wanted_{name}": value for name, value in given.items()}
    return await paginate_columns(
        session, _statement_of_many(shape), query=query, columns=SORTS, id_column=Person.id, values=values
    )


def _conditions(view: View, wanted: PeopleFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.name is not None:
        yield Person.name == wanted.name
    if wanted.q is not None:
        yield Person.name.icontains(wanted.q, autoescape=True)
    if wanted.department_id is not None:
        yield _in_department(view.actor.company_id, wanted.department_id, subtree=wanted.subtree, then=wanted.on)
    if wanted.position_id is not None:
        yield PersonSpell.position_id == wanted.position_id
    if wanted.status is not None:
        yield PersonSpell.status == wanted.status
    elif wanted.department_id is not None or wanted.position_id is not None or wanted.manager_id is not None:
        # whoever has left, or is yet to come, is in no department
        yield PersonSpell.status == "employed"
    if wanted.email is not None:
        yield (Person.email == wanted.email) & view.contacts()
    of_record: list[ColumnElement[bool]] = []
    if wanted.manager_id is not None:
        of_record.append(PersonSpell.manager_id == wanted.manager_id)
    if wanted.employment_type is not None:
        of_record.append(PersonSpell.employment_type == wanted.employment_type)
    if wanted.role is not None:
        of_record.append(Person.roles.contains(array([wanted.role])))
    if of_record:
        yield view.record()
        yield from of_record


def _in_department(company_id: UUID, department_id: UUID, *, subtree: bool, then: date | None) -> ColumnElement[bool]:
    """Whether a spell is in a department, or with the subtree in one below it; on another day in the tree of that day."""
    if not subtree:
        return PersonSpell.department_id == department_id
    if then is None:
        member, parent, here = Department.id, Department.parent_id, Department.company_id == company_id
    else:
        member, parent = DepartmentSpell.department_id, DepartmentSpell.parent_id
        here = and_(
            DepartmentSpell.company_id == company_id, DepartmentSpell.starts_on <= then, DepartmentSpell.ends_on > then
        )
    tree = select(member.label("id")).where(here, member == department_id).cte("tree", recursive=True)
    tree = tree.union(select(member).join(tree, parent == tree.c.id).where(here))
    return PersonSpell.department_id.in_(select(tree.c.id))


async def lock_person(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> Person | None:
    """A person's row, held until the transaction ends: its events change one after the other."""
    return await session.scalar(
        select(Person)
        .where(Person.company_id == company_id, Person.id == person_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


async def list_events(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> list[PersonEvent]:
    """All events of a person."""
    found = await session.scalars(
        select(PersonEvent)
        .where(PersonEvent.company_id == company_id, PersonEvent.person_id == person_id)
        .order_by(PersonEvent.effective_on, PersonEvent.id)
    )
    return list(found)


async def list_history(
    session: AsyncSession, *, company_id: UUID, person_id: UUID, query: PageQuery
) -> tuple[list[PersonEvent], str | None]:
    """A part of a person's events."""
    statement = select(PersonEvent).where(PersonEvent.company_id == company_id, PersonEvent.person_id == person_id)
    columns = {"effective_on": PersonEvent.effective_on}
    return await paginate(session, statement, query=query, columns=columns, id_column=PersonEvent.id)


async def lock_managers(session: AsyncSession, *, company_id: UUID) -> None:
    """Let one change of the company's manager lines happen at a time."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"attain:managers:{company_id}", 0))))


_CYCLE = text("""
    WITH RECURSIVE line AS (
        SELECT spell.person_id AS root, spell.manager_id AS above, spell.starts_on, spell.ends_on
        FROM person_spells spell
        WHERE spell.company_id = :company_id AND spell.person_id = ANY(:person_ids)
          AND spell.manager_id IS NOT NULL AND spell.status <> 'upcoming'
        UNION
        SELECT line.root, spell.manager_id, greatest(spell.starts_on, line.starts_on), least(spell.ends_on, line.ends_on)
        FROM person_spells spell
        JOIN line ON spell.person_id = line.above
         AND spell.starts_on < line.ends_on AND spell.ends_on > line.starts_on
        WHERE spell.company_id = :company_id AND spell.manager_id IS NOT NULL AND spell.status <> 'upcoming'
          AND line.above <> line.root
    )
    SELECT DISTINCT root FROM line WHERE above = root
""")


async def list_in_cycles(session: AsyncSession, *, company_id: UUID, person_ids: Sequence[UUID]) -> list[UUID]:
    """Who of these would on some day be below themselves: each step up the line holds only for the days it shares."""
    return list(await session.scalars(_CYCLE, {"company_id": company_id, "person_ids": list(person_ids)}))


async def list_employed(
    session: AsyncSession, *, company_id: UUID, person_ids: Iterable[UUID], on: date
) -> dict[UUID, date]:
    """Who of these is employed on a day, and since when."""
    statement = select(PersonSpell.person_id, PersonSpell.hired_on).where(
        PersonSpell.company_id == company_id,
        PersonSpell.person_id.in_(set(person_ids)),
        PersonSpell.status == "employed",
        on_day(on),
    )
    return {row.person_id: row.hired_on for row in await session.execute(statement)}


async def list_unusable(
    session: AsyncSession, *, company_id: UUID, wanted: Mapping[str, UUID | None], on: date
) -> list[str]:
    """Which of these references name nothing that somebody can be given: fields, as `wanted` calls them."""
    given = {field: value for field, value in wanted.items() if value is not None}
    usable: set[str] = set()
    if "department_id" in given:
        statement = select(Department.id).where(
            Department.company_id == company_id, Department.id == given["department_id"], _is_open(Department, on)
        )
        # held against whoever closes it at this moment: they wait, or have been faster and are seen
        if await session.scalar(statement.with_for_update(read=True)) is not None:
            usable.add("department_id")
    others = [_usable(company_id, field, value, on) for field, value in given.items() if field != "department_id"]
    if others:
        first, *more = others
        usable.update(await session.scalars(first.union_all(*more)))
    return [field for field in given if field not in usable]


def _usable(company_id: UUID, field: str, value: UUID, on: date) -> Select[str]:
    """The field's name, if what it names can be given to somebody."""
    named = select(literal(field).label("field"))
    if field == "position_id":
        return named.where(Position.company_id == company_id, Position.id == value, _is_open(Position, on))
    return named.where(
        PersonSpell.company_id == company_id, PersonSpell.person_id == value, PersonSpell.status != "left", on_day(on)
    )


def _is_open(kind: type[Department] | type[Position], on: date) -> ColumnElement[bool]:
    return or_(kind.closed_on.is_(None), kind.closed_on > on)
