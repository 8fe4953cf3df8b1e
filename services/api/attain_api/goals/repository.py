"""The statements of goals."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Select, delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.goals.owners import OwnerKey
from attain_shared.departments.models import Department
from attain_shared.goals.evaluation import series_of
from attain_shared.goals.models import Cycle, Goal, Indicator, IndicatorSource
from attain_shared.people.models import Person
from attain_shared.shops.models import Shop


def select_goals(*, company_id: UUID) -> Select[Goal]:
    """The goals of a company."""
    return select(Goal).where(Goal.company_id == company_id)


def of_owner(statement: Select[Goal], owner: OwnerKey) -> Select[Goal]:
    """Those of one owner."""
    return statement.where(
        Goal.department_id.is_not_distinct_from(owner.department_id),
        Goal.person_id.is_not_distinct_from(owner.person_id),
    )


async def find_goal(session: AsyncSession, *, company_id: UUID, goal_id: UUID, lock: bool = False) -> Goal | None:
    """One goal; locked where it is to be changed, but not against the foreign keys of the worker's marks."""
    statement = select_goals(company_id=company_id).where(Goal.id == goal_id)
    if lock:
        # what the session read before it had the lock may have changed since
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    goal: Goal | None = await session.scalar(statement)
    return goal


async def list_indicators(
    session: AsyncSession, *, company_id: UUID, goal_ids: Iterable[UUID]
) -> dict[UUID, list[Indicator]]:
    """The indicators of goals, in their order."""
    ids = list(goal_ids)
    rows = await session.scalars(
        select(Indicator)
        .where(Indicator.company_id == company_id, Indicator.goal_id.in_(ids))
        .order_by(Indicator.goal_id, Indicator.position)
    )
    found: dict[UUID, list[Indicator]] = {goal_id: [] for goal_id in ids}
    for row in rows:
        found[row.goal_id].append(row)
    return found


async def find_cycle(session: AsyncSession, *, company_id: UUID, cycle_id: UUID) -> Cycle | None:
    """The cycle of a goal, held open while the goal is made."""
    cycle: Cycle | None = await session.scalar(
        select(Cycle).where(Cycle.company_id == company_id, Cycle.id == cycle_id).with_for_update(read=True)
    )
    return cycle


async def owner_exists(session: AsyncSession, *, company_id: UUID, owner: OwnerKey) -> bool:
    """Whether the department or person is one of the company's; the company itself always is."""
    if owner.department_id is not None:
        statement = select(Department.id).where(
            Department.company_id == company_id, Department.id == owner.department_id
        )
    elif owner.person_id is not None:
        statement = select(Person.id).where(Person.company_id == company_id, Person.id == owner.person_id)
    else:
        return True
    return await session.scalar(statement) is not None


async def find_shop_ids(session: AsyncSession, *, company_id: UUID, shop_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these are shops of the company."""
    return set(await session.scalars(select(Shop.id).where(Shop.company_id == company_id, Shop.id.in_(list(shop_ids)))))


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")

_LINE = text("""
    WITH RECURSIVE line AS (
        SELECT id, parent_id FROM goals WHERE company_id = :company_id AND id = :goal_id
        UNION
        SELECT above.id, above.parent_id FROM goals above
        JOIN line ON above.company_id = :company_id AND above.id = line.parent_id
    )
    SELECT id FROM line
""")


async def lock_owner(session: AsyncSession, *, company_id: UUID, cycle_id: UUID, owner: OwnerKey) -> None:
    """Let one change of an owner's weights or states in a cycle happen at a time: the sum is over all of them."""
    await session.execute(_LOCK, {"what": f"goals {company_id} {cycle_id} {owner}"})


async def lock_cascade(session: AsyncSession, *, company_id: UUID) -> None:
    """Let one goal of a company get a new parent at a time."""
    await session.execute(_LOCK, {"what": f"goal cascade {company_id}"})


async def list_line(session: AsyncSession, *, company_id: UUID, goal_id: UUID) -> set[UUID]:
    """A goal and everything above it."""
    return set(await session.scalars(_LINE, {"company_id": company_id, "goal_id": goal_id}))


async def list_owned(
    session: AsyncSession, *, company_id: UUID, cycle_id: UUID, owner: OwnerKey, states: Sequence[str]
) -> list[Goal]:
    """An owner's goals in a cycle and in some states, locked."""
    statement = of_owner(select_goals(company_id=company_id), owner)
    rows = await session.scalars(
        statement.where(Goal.cycle_id == cycle_id, Goal.state.in_(states))
        .order_by(Goal.id)
        .with_for_update(key_share=True)
    )
    return list(rows)


async def store_sources(session: AsyncSession, *, goal: Goal, indicators: Sequence[Indicator]) -> None:
    """Say which series feed a goal's indicators, so that a change of one marks the goal."""
    ids = [indicator.id for indicator in indicators]
    await session.execute(
        delete(IndicatorSource).where(
            IndicatorSource.company_id == goal.company_id, IndicatorSource.indicator_id.in_(ids)
        )
    )
    session.add_all(
        IndicatorSource(
            company_id=goal.company_id,
            shop_id=series.shop_id,
            metric=series.metric,
            dimension=series.dimension,
            indicator_id=indicator.id,
            goal_id=goal.id,
            starts_on=goal.starts_on,
            ends_on=goal.ends_on,
        )
        for indicator in indicators
        for series in sorted(set(series_of(indicator)))
    )
    await session.flush()
