"""Reading what a check of goals looks at."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.goals.owners import OwnerKey
from attain_shared.goals.models import Goal, GoalEvent

CHECKED = ("draft", "submitted", "returned", "confirmed")
"""The states of goals that are still to be looked at, or to be looked at beside."""


async def list_goal_ids(session: AsyncSession, *, company_id: UUID, cycle_id: UUID, owner: OwnerKey) -> list[UUID]:
    """An owner's goals in a cycle that a check looks at."""
    found = await session.scalars(
        select(Goal.id).where(
            Goal.company_id == company_id,
            Goal.department_id.is_not_distinct_from(owner.department_id),
            Goal.person_id.is_not_distinct_from(owner.person_id),
            Goal.cycle_id == cycle_id,
            Goal.state.in_(CHECKED),
        )
    )
    return list(found)


async def list_confirmations(
    session: AsyncSession, *, company_id: UUID, goal_ids: Collection[UUID]
) -> dict[UUID, datetime]:
    """When goals were confirmed, by goal."""
    rows = await session.execute(
        select(GoalEvent.goal_id, func.max(GoalEvent.created_at).label("at"))
        .where(GoalEvent.company_id == company_id, GoalEvent.goal_id.in_(goal_ids), GoalEvent.action == "confirm")
        .group_by(GoalEvent.goal_id)
    )
    return {row.goal_id: row.at for row in rows}
