"""The statements of calibration."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Uuid, and_, bindparam, column, func, literal, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View, employed_with
from attain_api.paging import PageQuery, paginate
from attain_shared.departments.models import Department
from attain_shared.people.models import Person
from attain_shared.reviews.calibration_models import CalibrationGroup, RatingChange
from attain_shared.reviews.models import Review, ReviewCycle
from attain_shared.rules.review_flow import Step

_NOBODY: ColumnElement[Any] = literal([], ARRAY(PG_UUID))


class RoundRow(NamedTuple):
    """A round, and who is what in the company today."""

    cycle: ReviewCycle
    hr_ids: Sequence[UUID]
    executive_ids: Sequence[UUID]
    groups: Sequence[CalibrationGroup]
    """Once they are set."""


class DepartmentRow(NamedTuple):
    """A department of the company's tree."""

    id: UUID
    parent_id: UUID | None
    name: str
    is_led: bool
    """Whether the caller heads it, or one above it."""


async def hold_round(session: AsyncSession, *, company_id: UUID, review_cycle_id: UUID) -> None:
    """Let one change, lock or publication of a round's ratings come after the other, until the transaction ends."""
    statement = select(ReviewCycle.id).where(ReviewCycle.company_id == company_id, ReviewCycle.id == review_cycle_id)
    await session.execute(statement.with_for_update(key_share=True))


async def find_round(session: AsyncSession, *, company_id: UUID, review_cycle_id: UUID) -> RoundRow | None:
    """A round with its groups."""

    def ids(role: str) -> ColumnElement[Any]:
        return func.coalesce(func.array(employed_with(role, company_id).scalar_subquery()), _NOBODY)

    found = await session.execute(
        select(ReviewCycle, ids("hr").label("hr_ids"), ids("executive").label("executive_ids"), CalibrationGroup)
        .outerjoin(
            CalibrationGroup,
            and_(
                CalibrationGroup.company_id == ReviewCycle.company_id,
                CalibrationGroup.review_cycle_id == ReviewCycle.id,
            ),
        )
        .where(ReviewCycle.company_id == company_id, ReviewCycle.id == review_cycle_id)
    )
    rows = found.all()
    if not rows:
        return None
    first, groups = rows[0], [row.CalibrationGroup for row in rows if row.CalibrationGroup is not None]
    return RoundRow(first.ReviewCycle, first.hr_ids, first.executive_ids, groups)


async def list_departments(session: AsyncSession, *, visible_to: Actor) -> list[DepartmentRow]:
    """All departments of the company, closed ones too: a review stays in its own."""
    is_led = Department.id.in_(View(visible_to).led)
    found = await session.execute(
        select(Department.id, Department.parent_id, Department.name, is_led).where(
            Department.company_id == visible_to.company_id
        )
    )
    return [DepartmentRow(*row) for row in found]


async def list_members(
    session: AsyncSession, *, company_id: UUID, review_cycle_id: UUID
) -> Sequence[Row[*tuple[Any, ...]]]:
    """What calibration knows of the reviews of a round that are not cancelled, without names.

    Where a round has just been opened, a join with people is planned for the few there were before.
    """
    found = await session.execute(
        select(
            Review.id,
            Review.person_id,
            Review.department_id,
            Review.manager_id,
            Review.assessed_by,
            Review.step,
            Review.group_id,
            Review.performance,
            Review.overall,
            Review.values_failed,
            Review.suggested_rating,
            Review.rating,
        )
        .where(
            Review.company_id == company_id,
            Review.review_cycle_id == review_cycle_id,
            Review.step != Step.CANCELLED,
        )
        .order_by(Review.id)
    )
    return found.all()


async def list_names(session: AsyncSession, *, company_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, str]:
    """What people are called, by their ids."""
    wanted = bindparam("ids", sorted(person_ids), ARRAY(Uuid()))
    found = await session.execute(
        select(Person.id, Person.name).where(Person.company_id == company_id, Person.id == func.any(wanted))
    )
    return {row.id: row.name for row in found}


async def hold_reviews(session: AsyncSession, *, company_id: UUID, review_ids: Collection[UUID]) -> Sequence[Review]:
    """Reviews at calibration, locked in the order of their ids until the transaction ends."""
    found = await session.scalars(
        select(Review)
        .where(
            Review.company_id == company_id,
            Review.id == func.any(bindparam("ids", sorted(review_ids), ARRAY(Uuid()))),
            Review.step == Step.CALIBRATION,
        )
        .order_by(Review.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def settle_groups(session: AsyncSession, *, company_id: UUID, groups: Mapping[UUID, UUID]) -> None:
    """Set the groups of reviews, by their ids."""
    ordered = sorted(groups.items())
    settled = (
        func.unnest(
            bindparam("ids", [review_id for review_id, _ in ordered], ARRAY(Uuid())),
            bindparam("groups", [group_id for _, group_id in ordered], ARRAY(Uuid())),
        )
        .table_valued(column("id", Uuid()), column("group_id", Uuid()), name="settled")
        .render_derived()
    )
    await session.execute(
        update(Review)
        .where(Review.company_id == company_id, Review.id == settled.c.id)
        .values(group_id=settled.c.group_id)
        .execution_options(synchronize_session=False)
    )


async def list_rating_changes(
    session: AsyncSession, *, company_id: UUID, review_id: UUID, query: PageQuery
) -> tuple[list[RatingChange], str | None]:
    """A part of the record of a review's rating."""
    statement = select(RatingChange).where(RatingChange.company_id == company_id, RatingChange.review_id == review_id)
    return await paginate(
        session, statement, query=query, columns={"at": RatingChange.created_at}, id_column=RatingChange.id
    )


async def list_judged(
    session: AsyncSession, *, visible_to: Actor, review_cycle_id: UUID
) -> Sequence[Row[*tuple[Any, ...]]]:
    """What each review's manager suggests, with whether the manager is one whose statistics the caller sees (REV-13).

    Without the caller's own review until it is published: their manager's mean less the others' would tell it (REV-7).
    """
    company_id, me = visible_to.company_id, visible_to.person_id
    is_seen = true() if "hr" in visible_to.roles else Review.manager_id.in_(View(visible_to).below)
    found = await session.execute(
        select(Review.manager_id, Review.suggested_rating, is_seen.label("is_seen"))
        .where(
            Review.company_id == company_id,
            Review.review_cycle_id == review_cycle_id,
            Review.step != Step.CANCELLED,
            (Review.person_id != me) | Review.published_at.is_not(None),
        )
        .order_by(Review.manager_id)
    )
    return found.all()
