"""Statements on rounds of reviews, and on how far they are."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Subquery,
    Uuid,
    and_,
    any_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from attain_api.paging import PageQuery, paginate
from attain_shared.clock import business_day
from attain_shared.departments.models import Department
from attain_shared.goals.models import Cycle
from attain_shared.people.models import Person
from attain_shared.reviews.models import Review, ReviewCycle, ReviewDelegation
from attain_shared.rules.review_flow import ENDS, OWNERS, Party

_OWNED = {Party.SUBJECT: Review.person_id, Party.MANAGER: Review.manager_id, Party.SECOND_LEVEL: Review.second_level_id}


def select_rounds(*, company_id: UUID, seen: ColumnElement[bool] | None) -> Select[ReviewCycle]:
    """The rounds of a company: all, or those with a review that is `seen`."""
    statement = select(ReviewCycle).where(ReviewCycle.company_id == company_id)
    if seen is None:
        return statement
    return statement.where(
        exists().where(Review.company_id == company_id, Review.review_cycle_id == ReviewCycle.id, seen)
    )


async def find_round(
    session: AsyncSession, *, company_id: UUID, seen: ColumnElement[bool] | None, review_cycle_id: UUID
) -> ReviewCycle | None:
    """One of them."""
    statement = select_rounds(company_id=company_id, seen=seen).where(ReviewCycle.id == review_cycle_id)
    found: ReviewCycle | None = await session.scalar(statement)
    return found


async def list_rounds(
    session: AsyncSession, *, statement: Select[ReviewCycle], query: PageQuery
) -> tuple[list[ReviewCycle], str | None]:
    """A part of them."""
    columns = {"created_at": ReviewCycle.created_at, "name": ReviewCycle.name}
    return await paginate(session, statement, query=query, columns=columns, id_column=ReviewCycle.id)


async def find_kind(session: AsyncSession, *, company_id: UUID, cycle_id: UUID) -> str | None:
    """How long a period is, if there is one of this id."""
    kind: str | None = await session.scalar(
        select(Cycle.kind).where(Cycle.company_id == company_id, Cycle.id == cycle_id)
    )
    return kind


async def known_departments(session: AsyncSession, *, company_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Which of these departments there are."""
    among = Department.id == any_(literal(list(ids), ARRAY(Uuid())))
    return set(await session.scalars(select(Department.id).where(Department.company_id == company_id, among)))


async def known_people(session: AsyncSession, *, company_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Which of these people there are, whether they are there today or not."""
    among = Person.id == any_(literal(list(ids), ARRAY(Uuid())))
    return set(await session.scalars(select(Person.id).where(Person.company_id == company_id, among)))


async def count_open_reviews(session: AsyncSession, *, company_id: UUID, review_cycle_id: UUID) -> dict[str, int]:
    """By step, how many reviews of a round are not at their end."""
    rows = await session.execute(
        select(Review.step, func.count().label("number"))
        .where(Review.company_id == company_id, Review.review_cycle_id == review_cycle_id, Review.step.not_in(ENDS))
        .group_by(Review.step)
    )
    return {row.step: row.number for row in rows}


async def load_board(
    session: AsyncSession, *, company_id: UUID, review_cycle_id: UUID, only: ColumnElement[bool] | None, most: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """How many reviews are at each step, in one statement: by department, and by whom they wait for.

    Rows have `is_of_department`, `department_id` or `owner_id` with its `name`, `step`, `number` and `overdue`; of those
    by owner the most overdue come first, `most` at most.
    """
    reviews = _steps(company_id, review_cycle_id, true() if only is None else only)
    counted = _counted(reviews)
    statement = (
        select(counted, func.coalesce(Department.name, Person.name).label("name"))
        .outerjoin(Department, and_(Department.company_id == company_id, Department.id == counted.c.department_id))
        .outerjoin(Person, and_(Person.company_id == company_id, Person.id == counted.c.owner_id))
        .where(or_(counted.c.is_of_department, and_(counted.c.place <= most, counted.c.step.not_in(ENDS))))
        .order_by(counted.c.place)
    )
    return (await session.execute(statement)).all()


def _steps(company_id: UUID, review_cycle_id: UUID, only: ColumnElement[bool]) -> Subquery:
    """The reviews of a round, each with whom it waits for: the owner of its step, or a delegate; none for HR."""
    owned = [(Review.step == step, _OWNED[parties[0]]) for step, parties in OWNERS.items() if parties[0] in _OWNED]
    is_overdue = and_(func.coalesce(Review.due_on < business_day(), False), Review.step.not_in(ENDS))
    stand_in = aliased(ReviewDelegation, name="stand_in")
    of_step = and_(stand_in.company_id == company_id, stand_in.review_id == Review.id, stand_in.step == Review.step)
    return (
        select(
            Review.department_id,
            func.coalesce(stand_in.person_id, case(*owned)).label("owner_id"),
            Review.step,
            is_overdue.label("is_overdue"),
        )
        .outerjoin(stand_in, of_step)
        .where(Review.company_id == company_id, Review.review_cycle_id == review_cycle_id, only)
        .subquery("of_round")
    )


def _counted(reviews: Subquery) -> Subquery:
    of = reviews.c
    count, overdue = func.count(), func.count().filter(of.is_overdue)
    is_of_department = func.grouping(of.owner_id) == 1
    place = func.row_number().over(
        partition_by=func.grouping(of.owner_id),
        order_by=(case((of.step.in_(ENDS), 1), else_=0), overdue.desc(), count.desc(), of.step, of.owner_id),
    )
    return (
        select(
            is_of_department.label("is_of_department"),
            of.department_id,
            of.owner_id,
            of.step,
            count.label("number"),
            overdue.label("overdue"),
            place.label("place"),
        )
        .group_by(func.grouping_sets(tuple_(of.department_id, of.step), tuple_(of.owner_id, of.step)))
        .subquery("counted")
    )
