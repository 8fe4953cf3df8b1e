"""Marking goals whose facts changed, and loading what an evaluation needs: run by both services."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, TextClause, Uuid, any_, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.clock import utc_now
from attain_shared.goals.models import Goal, Indicator
from attain_shared.metrics.queries import Series
from attain_shared.rules.periods import Grain, bucket_end
from attain_shared.work.queries import want_work

NO_BATCH = UUID(int=0)
"""As the earliest batch that is not shown yet: none is, since what a goal is measured by has changed itself."""

_MARK = text("""
    INSERT INTO goal_marks AS mark (company_id, goal_id, generation, first_batch_id, marked_at)
    SELECT :company_id, goal_id, nextval('mark_generation'), first_batch_id, :now
    FROM unnest(CAST(:goal_ids AS uuid[]), CAST(:batch_ids AS uuid[])) AS wanted (goal_id, first_batch_id)
    ORDER BY goal_id
    ON CONFLICT (company_id, goal_id) DO UPDATE
    SET generation = excluded.generation, first_batch_id = LEAST(mark.first_batch_id, excluded.first_batch_id)
""")

_MARK_FOUND = """
    INSERT INTO goal_marks AS mark (company_id, goal_id, generation, first_batch_id, marked_at)
    SELECT :company_id, goal_id, nextval('mark_generation'), CAST(:batch_id AS uuid), :now FROM ({goals}) AS found
    ORDER BY goal_id
    ON CONFLICT (company_id, goal_id) DO UPDATE
    SET generation = excluded.generation, first_batch_id = LEAST(mark.first_batch_id, excluded.first_batch_id)
    RETURNING goal_id
"""

_MARK_ON_PEOPLE = text(
    _MARK_FOUND.format(
        goals="""SELECT DISTINCT indicator.goal_id FROM indicators indicator
    JOIN goals goal ON goal.company_id = :company_id AND goal.id = indicator.goal_id AND goal.state <> 'cancelled'
    WHERE indicator.company_id = :company_id AND indicator.kind = 'people'"""
    )
)

_MARK_OWNED = text(
    _MARK_FOUND.format(
        goals="""SELECT DISTINCT source.goal_id FROM indicator_sources source
    JOIN indicators indicator ON indicator.company_id = :company_id AND indicator.id = source.indicator_id
         AND indicator.attribution = 'owned'
    WHERE source.company_id = :company_id AND source.shop_id = :shop_id"""
    )
)

_MARK_OF_SERIES = text(
    _MARK_FOUND.format(
        goals="""SELECT DISTINCT source.goal_id
    FROM unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]))
         AS named (shop_id, metric, dimension)
    JOIN indicator_sources source ON source.company_id = :company_id AND source.shop_id = named.shop_id
         AND source.metric = named.metric AND source.dimension = named.dimension"""
    )
)

_MARK_OF_MONTHS = text(
    _MARK_FOUND.format(
        goals="""SELECT DISTINCT source.goal_id FROM unnest(CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS month (first, last)
    JOIN indicator_sources source ON source.company_id = :company_id AND source.starts_on <= month.last
         AND source.ends_on >= month.first
    JOIN goals goal ON goal.company_id = :company_id AND goal.id = source.goal_id
         AND goal.state NOT IN ('closed', 'cancelled')"""
    )
)


async def mark_goals_of_series(session: AsyncSession, *, company_id: UUID, series: Iterable[Series]) -> None:
    """Mark the goals that are measured by some series, in whatever window."""
    named = sorted(set(series))
    columns = {
        "shops": [one.shop_id for one in named],
        "metrics": [one.metric for one in named],
        "dimensions": [one.dimension for one in named],
    }
    await _mark_found(session, _MARK_OF_SERIES, {"company_id": company_id, **columns})


async def mark_goals_of_months(session: AsyncSession, *, company_id: UUID, months: Iterable[date]) -> bool:
    """Mark the goals that are measured in some months, whose rows have gone or come back; whether any is.

    Those that are closed keep what they came to: their figures were judged by, and are not to go with old rows.
    """
    firsts = sorted(months)
    columns = {"firsts": firsts, "lasts": [bucket_end(month, Grain.MONTH) for month in firsts]}
    return await _mark_found(session, _MARK_OF_MONTHS, {"company_id": company_id, **columns})


async def mark_goals_on_people(session: AsyncSession, *, company_id: UUID) -> bool:
    """Mark the goals that are measured by figures on people (GOAL-4), of whom something has changed; whether any is."""
    return await _mark_found(session, _MARK_ON_PEOPLE, {"company_id": company_id}, batch_id=None)


async def mark_goals_owned(session: AsyncSession, *, company_id: UUID, shop_id: UUID) -> None:
    """Mark the goals that are measured by their owners' shares of a shop (GOAL-12): these have changed."""
    await _mark_found(session, _MARK_OWNED, {"company_id": company_id, "shop_id": shop_id})


async def _mark_found(
    session: AsyncSession, statement: TextClause, parameters: dict[str, Any], *, batch_id: UUID | None = NO_BATCH
) -> bool:
    marked = (await session.execute(statement, {**parameters, "batch_id": batch_id, "now": utc_now()})).all()
    if marked:
        await want_work(session, company_id=parameters["company_id"])
    return bool(marked)


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
    ids = literal(list(goal_ids), ARRAY(Uuid()))  # one parameter for however many
    goals = (
        await session.scalars(select(Goal).where(Goal.company_id == company_id, Goal.id == any_(ids)).order_by(Goal.id))
    ).all()
    indicators = await session.scalars(
        select(Indicator)
        .where(Indicator.company_id == company_id, Indicator.goal_id == any_(ids))
        .order_by(Indicator.goal_id, Indicator.position)
    )
    by_goal: dict[UUID, list[Indicator]] = {goal.id: [] for goal in goals}
    for indicator in indicators:
        by_goal[indicator.goal_id].append(indicator)
    return [(goal, by_goal[goal.id]) for goal in goals]
