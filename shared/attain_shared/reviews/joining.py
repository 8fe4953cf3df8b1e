"""The calibration group of those who come to a round whose groups are set (REV-8)."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.departments.models import Department
from attain_shared.reviews.calibration_models import CalibrationGroup
from attain_shared.reviews.models import Review, ReviewCycle
from attain_shared.rules.review_flow import Step


async def find_groups(
    session: AsyncSession, *, cycle: ReviewCycle, department_ids: Collection[UUID | None]
) -> dict[UUID | None, UUID]:
    """The groups that the people of departments come into, in a round that is held; none before its first lock.

    Three statements, or one where the groups are not set.
    """
    own = CalibrationGroup.company_id == cycle.company_id, CalibrationGroup.review_cycle_id == cycle.id
    rows = await session.execute(select(CalibrationGroup.id, CalibrationGroup.department_id).where(*own))
    fixed = {row.id: row.department_id for row in rows}
    if not fixed:
        return {}
    settled = await session.execute(
        select(Review.department_id, Review.group_id, func.count().label("size"))
        .where(
            Review.company_id == cycle.company_id,
            Review.review_cycle_id == cycle.id,
            Review.group_id.is_not(None),
            Review.step != Step.CANCELLED,
        )
        .group_by(Review.department_id, Review.group_id)
        .order_by(Review.department_id, Review.group_id)
    )
    placed = {(row.department_id, row.group_id): row.size for row in settled}
    above = select(Department.id, Department.parent_id).where(Department.company_id == cycle.company_id)
    departments = {row.id: row.parent_id for row in await session.execute(above)}
    return joined_groups(department_ids, departments=departments, fixed=fixed, placed=placed)


def joined_groups(
    department_ids: Collection[UUID | None],
    *,
    departments: Mapping[UUID, UUID | None],
    fixed: Mapping[UUID, UUID | None],
    placed: Mapping[tuple[UUID | None, UUID], int],
) -> dict[UUID | None, UUID]:
    """By department, the group of whoever comes to it late: its own, else that of the nearest one above, else the smallest.

    `departments` map to their parents, `fixed` groups to the departments that they are named after; `placed` counts the
    reviews of each department in each group.
    """
    sizes: Counter[UUID] = Counter()
    for (_, group_id), size in placed.items():
        sizes[group_id] += size
    smallest = min(fixed, key=lambda group_id: (sizes[group_id], group_id))
    group_of = {department_id: group_id for group_id, department_id in fixed.items()} | dict(placed.keys())
    return {
        department_id: next((group_of[one] for one in _line(department_id, departments) if one in group_of), smallest)
        for department_id in department_ids
    }


def _line(department_id: UUID | None, departments: Mapping[UUID, UUID | None]) -> Iterator[UUID | None]:
    """A department and those above it; the people without one are a department of their own."""
    yield department_id
    while department_id is not None and (department_id := departments[department_id]) is not None:
        yield department_id
