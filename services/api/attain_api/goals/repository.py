"""The statements of goals."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, or_, select, text, true
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
from attain_shared.metrics.catalogue import CatalogueEntry
from attain_shared.people.models import Person
from attain_shared.rules.algebra import Metric, components
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


async def add_sources(
    session: AsyncSession, *, goal: Goal, indicators: Iterable[Indicator], metrics: Mapping[str, Metric]
) -> None:
    """Say which series feed the indicators of a new goal, so that a change of one marks the goal."""
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
        for series in sorted(set(series_of(indicator, metrics[indicator.metric])))
    )
    await session.flush()


_BEHIND = """indicator.company_id = :company_id
      AND indicator.metric = force.metric AND indicator.metric_version < force.version
      AND goal.company_id = :company_id AND goal.id = indicator.goal_id AND goal.state NOT IN ('closed', 'cancelled')
      AND cycle.company_id = :company_id AND cycle.id = goal.cycle_id AND cycle.state = 'open'"""
"""What measures an earlier version than is in force, and can still follow."""

_IN_FORCE = "unnest(CAST(:metrics AS text[]), CAST(:versions AS integer[])) AS force (metric, version)"

_SHOPS_BEHIND = text(f"""
    SELECT DISTINCT unnest(indicator.shop_ids) FROM indicators indicator, goals goal, cycles cycle, {_IN_FORCE}
    WHERE {_BEHIND}
""")  # noqa: S608 - composed of constants

# past the session: the trail tells of the new version, and a company's goals are too many to load
_MOVE = text(f"""
    UPDATE indicators indicator SET metric_version = force.version FROM goals goal, cycles cycle, {_IN_FORCE}
    WHERE {_BEHIND}
    RETURNING indicator.id, indicator.goal_id
""")  # noqa: S608 - composed of constants

_FORGET_SOURCES = text("""
    DELETE FROM indicator_sources WHERE company_id = :company_id AND indicator_id = ANY(CAST(:indicator_ids AS uuid[]))
""")

_DERIVE_SOURCES = text("""
    INSERT INTO indicator_sources (company_id, shop_id, metric, dimension, indicator_id, goal_id, starts_on, ends_on)
    SELECT goal.company_id, shop_id, part.code, indicator.dimension, indicator.id, goal.id, goal.starts_on, goal.ends_on
    FROM indicators indicator
    JOIN goals goal ON goal.company_id = indicator.company_id AND goal.id = indicator.goal_id
    JOIN unnest(CAST(:wholes AS text[]), CAST(:parts AS text[])) AS part (whole, code) ON part.whole = indicator.metric
    CROSS JOIN unnest(indicator.shop_ids) AS shop_id
    WHERE indicator.company_id = :company_id AND indicator.id = ANY(CAST(:indicator_ids AS uuid[]))
    ORDER BY shop_id, part.code, indicator.dimension, indicator.id
""")


def _in_force(company_id: UUID, entries: Sequence[CatalogueEntry]) -> dict[str, object]:
    return {
        "company_id": company_id,
        "metrics": [entry.metric.code for entry in entries],
        "versions": [entry.version for entry in entries],
    }


async def list_shops_behind(session: AsyncSession, *, company_id: UUID, entries: Sequence[CatalogueEntry]) -> set[UUID]:
    """The shops of the indicators that are to follow metrics of the company's own."""
    return set(await session.scalars(_SHOPS_BEHIND, _in_force(company_id, entries)))


async def move_indicators(session: AsyncSession, *, company_id: UUID, entries: Sequence[CatalogueEntry]) -> set[UUID]:
    """Have them measured by the versions in force, and fed by their series; the goals they are of."""
    moved = (await session.execute(_MOVE, _in_force(company_id, entries))).all()
    needed = [(entry.metric.code, code) for entry in entries for code in components(entry.metric)]
    parameters = {"company_id": company_id, "indicator_ids": sorted(row.id for row in moved)}
    await session.execute(_FORGET_SOURCES, parameters)
    pairs = {"wholes": [whole for whole, _ in needed], "parts": [part for _, part in needed]}
    await session.execute(_DERIVE_SOURCES, parameters | pairs)
    return {row.goal_id for row in moved}
