"""The statements of goals."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Row, Select, Uuid, any_, delete, exists, literal, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View, given_owner, goal_is_public
from attain_api.goals.owners import OwnerKey
from attain_api.goals.reading import MASKED
from attain_api.goals.rights import Rights
from attain_api.paging import PageQuery, paginate_columns
from attain_shared.departments.models import Department
from attain_shared.goals.evaluation import series_of
from attain_shared.goals.models import Cycle, Goal, Indicator, IndicatorSource
from attain_shared.people.models import Person
from attain_shared.rules.algebra import Metric
from attain_shared.shops.models import Shop


class SeenGoal(NamedTuple):
    """A goal in the caller's view, and the caller's rights on it."""

    goal: Goal
    rights: Rights


class OwnerSight(NamedTuple):
    """Whether there is such an owner, and the caller's rights on its goals."""

    exists: bool
    rights: Rights


def _select_seen(*, company_id: UUID, view: View) -> Select[*tuple[Any, ...]]:
    """The goals that the caller sees, in full or in public form, and what else they may do with them."""
    return select(
        Goal,
        view.goal().label("is_full"),
        view.goal_writing().label("may_write"),
        view.goal_confirming().label("may_confirm"),
        Goal.created_at,
        Goal.title,
        Goal.id,
    ).where(Goal.company_id == company_id, or_(view.goal(), goal_is_public()))


def _seen(row: Row[*tuple[Any, ...]]) -> SeenGoal:
    # a condition on an owner's column that is null is null
    return SeenGoal(row.Goal, Rights(bool(row.is_full), bool(row.may_write), bool(row.may_confirm)))


async def find_goal(session: AsyncSession, *, visible_to: Actor, goal_id: UUID, lock: bool = False) -> SeenGoal | None:
    """One goal; locked where it is to be changed, but not against the foreign keys of the worker's marks."""
    statement = _select_seen(company_id=visible_to.company_id, view=View(visible_to)).where(Goal.id == goal_id)
    if lock:
        # what the session read before it had the lock may have changed since
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    row = (await session.execute(statement)).one_or_none()
    return _seen(row) if row else None


async def list_goals(
    session: AsyncSession, *, visible_to: Actor, query: PageQuery, filters: Mapping[str, object], of_company: bool
) -> tuple[list[SeenGoal], str | None]:
    """A part of the goals that the caller sees."""
    view = View(visible_to)
    statement = _select_seen(company_id=visible_to.company_id, view=view)
    for name, value in filters.items():
        statement = statement.where(getattr(Goal, name) == value)
    if of_company:
        statement = statement.where(Goal.department_id.is_(None), Goal.person_id.is_(None))
    if any(name in filters for name in MASKED):
        statement = statement.where(view.goal())  # nobody finds out by a filter what they are not shown
    columns = {"created_at": Goal.created_at, "title": Goal.title}
    rows, cursor = await paginate_columns(session, statement, query=query, columns=columns, id_column=Goal.id)
    return [_seen(row) for row in rows], cursor


async def find_owner(session: AsyncSession, *, visible_to: Actor, owner: OwnerKey) -> OwnerSight:
    """An owner, whether it has goals or not; the company itself always is one."""
    company_id, view = visible_to.company_id, View(visible_to)
    named = given_owner(department_id=owner.department_id, person_id=owner.person_id)
    known: ColumnElement[bool] = true()
    if owner.department_id is not None:
        known = exists().where(Department.company_id == company_id, Department.id == owner.department_id)
    elif owner.person_id is not None:
        known = exists().where(Person.company_id == company_id, Person.id == owner.person_id)
    found = await session.execute(
        select(known, view.goal(named), view.goal_writing(named), view.goal_confirming(named))
    )
    exists_, *rights = (bool(value) for value in found.one())
    return OwnerSight(exists_, Rights(*rights))


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


async def list_measuring(session: AsyncSession, *, company_id: UUID, metric: str) -> list[tuple[Goal, list[Indicator]]]:
    """The goals that measure a metric, in the order of their ids, with the indicators that do."""
    rows = await session.execute(
        select(Goal, Indicator)
        .join(Indicator, (Indicator.company_id == Goal.company_id) & (Indicator.goal_id == Goal.id))
        .where(Goal.company_id == company_id, Indicator.company_id == company_id, Indicator.metric == metric)
        .order_by(Goal.id, Indicator.position)
    )
    return [
        (goal, [indicator for _, indicator in of_goal]) for goal, of_goal in groupby(rows, key=lambda row: row.Goal)
    ]


async def find_cycle(session: AsyncSession, *, company_id: UUID, cycle_id: UUID) -> Cycle | None:
    """The cycle of a goal, held open while the goal is made."""
    cycle: Cycle | None = await session.scalar(
        select(Cycle).where(Cycle.company_id == company_id, Cycle.id == cycle_id).with_for_update(read=True)
    )
    return cycle


async def find_shop_ids(session: AsyncSession, *, visible_to: Actor, shop_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these are shops whose values the caller sees: a goal of one's own must not open the books of any other."""
    return set(
        await session.scalars(
            select(Shop.id).where(
                Shop.company_id == visible_to.company_id,
                Shop.id.in_(list(shop_ids)),
                View(visible_to).shop(Shop.id),
            )
        )
    )


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
    rows = await session.scalars(
        select(Goal)
        .where(
            Goal.company_id == company_id,
            Goal.department_id.is_not_distinct_from(owner.department_id),
            Goal.person_id.is_not_distinct_from(owner.person_id),
            Goal.cycle_id == cycle_id,
            Goal.state.in_(states),
        )
        .order_by(Goal.id)
        .with_for_update(key_share=True)
    )
    return list(rows)


async def store_sources(
    session: AsyncSession,
    *,
    company_id: UUID,
    goals: Sequence[tuple[Goal, Sequence[Indicator]]],
    metrics: Mapping[str, Metric],
) -> None:
    """Say which series feed indicators of goals, so that a change of one marks the goal."""
    ids = [indicator.id for _, indicators in goals for indicator in indicators]
    await session.execute(
        delete(IndicatorSource).where(
            IndicatorSource.company_id == company_id, IndicatorSource.indicator_id == any_(literal(ids, ARRAY(Uuid)))
        )
    )
    session.add_all(
        IndicatorSource(
            company_id=company_id,
            shop_id=series.shop_id,
            metric=series.metric,
            dimension=series.dimension,
            indicator_id=indicator.id,
            goal_id=goal.id,
            starts_on=goal.starts_on,
            ends_on=goal.ends_on,
        )
        for goal, indicators in goals
        for indicator in indicators
        for series in sorted(set(series_of(indicator, metrics)))
    )
    await session.flush()
