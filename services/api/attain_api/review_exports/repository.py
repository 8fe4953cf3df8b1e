"""The statements of exported and printed reviews: what rows name by id."""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.departments.models import Department
from attain_shared.people.models import Person


class Names(NamedTuple):
    """What people and departments are called."""

    people: Mapping[UUID, str]
    departments: Mapping[UUID, str]


async def load_names(
    session: AsyncSession, *, company_id: UUID, people: Collection[UUID | None], departments: Collection[UUID | None]
) -> Names:
    """What some people and departments are called: two statements."""
    found = [
        await session.execute(
            select(model.id, model.name).where(model.company_id == company_id, model.id == any_(_ids(wanted)))
        )
        for model, wanted in ((Person, people), (Department, departments))
    ]
    of_people, of_departments = ({row.id: row.name for row in rows} for rows in found)
    return Names(of_people, of_departments)


def _ids(wanted: Collection[UUID | None]) -> ColumnElement[list[UUID]]:
    return literal(sorted({one for one in wanted if one is not None}), ARRAY(Uuid()))
