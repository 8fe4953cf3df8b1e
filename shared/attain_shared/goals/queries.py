"""Marking goals whose facts changed, and loading what an evaluation needs: run by both services."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.clock import utc_now
from attain_shared.goals.models import Goal, Indicator

_MARK = text("""
    INSERT INTO goal_marks AS mark (company_id, goal_id, generation, first_batch_id, marked_at)
    SELECT :company_id, goal_id, nextval('mark_generation'), first_batch_id, :now
    FROM unnest(CAST(:goal_ids AS uuid[]), CAST(:batch_ids AS uuid[])) AS wanted (goal_id, first_batch_id)
    ORDER BY goal_id
    ON CONFLICT (company_id, goal_id) DO UPDATE
    SET generation = excluded.generation, first_batch_id = LEAST(mark.first_batch_id, excluded.first_batch_id)
""")


async def mark_goals(session: AsyncSession, *, company_id: UUID, marks: Iterable[tuple[UUID, UUID | None]]) -> None:
    """Mark goals for recompute; each (goal, earliest batch that its attainment does not show yet) once."""
    wanted = sorted(marks, key=lambda mark: mark[0])
    if wanted:
        await session.execute(
            _MARK,
            {
                "company_id": company_id,
                "goal_ids": [goal_id for goal_id, _ in wanted],
                "batch_ids": [batch_id for _, batch_id in wanted],
                "now": utc_now(),
            },
        )


async def load_goals(
    session: AsyncSession, *, company_id: UUID, goal_ids: Sequence[UUID]
) -> list[tuple[Goal, list[Indicator]]]:
    """Goals with their indicators in order."""
    goals = (
        await session.scalars(
            select(Goal).where(Goal.company_id == company_id, Goal.id.in_(goal_ids)).order_by(Goal.id)
        )
    ).all()
    indicators = await session.scalars(
        select(Indicator)
        .where(Indicator.company_id == company_id, Indicator.goal_id.in_(goal_ids))
        .order_by(Indicator.goal_id, Indicator.position)
    )
    by_goal: dict[UUID, list[Indicator]] = {goal.id: [] for goal in goals}
    for indicator in indicators:
        by_goal[indicator.goal_id].append(indicator)
    return [(goal, by_goal[goal.id]) for goal in goals]
