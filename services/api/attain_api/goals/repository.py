"""The statements of goals."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, and_, any_, bindparam, exists, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.goal_relations import cycle_is_open, relation_columns
from attain_api.access.visibility import MEASURING, READS_ALL_SHOPS, OwnerColumns, View, goal_is_public, on_day, view_of
from attain_api.goals.owners import OwnerKey
from attain_api.goals.reading import MASKED
from attain_api.goals.rights import Rights
from attain_api.paging import PageQuery, paginate, paginate_columns
from attain_shared.clock import business_day
from attain_shared.departments.models import Department
from attain_shared.goals.models import Cycle, Goal, GoalEvent, Indicator, IndicatorEntry, Milestone
from attain_shared.goals.template_models import Rubric, RubricVersion
from attain_shared.people.models import Person, PersonSpell
from attain_shared.rules.periods import Window
from attain_shared.shops.models import ItemSet, Shop


class SeenGoal(NamedTuple):
    """A goal in the caller's view, and the caller's rights on it."""

    goal: Goal
    rights: Rights


class OwnerSight(NamedTuple):
    """Whether there is such an owner, and the caller's rights on its goals."""

    exists: bool
    rights: Rights
    has_left: bool
    """Whether it is a person who is not there any more."""


def _select_seen(view: View) -> Select[*tuple[Any, ...]]:
    """The goals that the caller sees, in full or in public form, and what else they may do with them."""
    return select(
        Goal,
        *relation_columns(view),
        cycle_is_open().label("is_open"),
        Goal.created_at,
        Goal.title,
        Goal.id,
    ).where(Goal.company_id == view.actor.company_id, or_(view.goal(), goal_is_public()))


@lru_cache(maxsize=256)
def _statement_of_one(roles: frozenset[str], _today: date, *, lock: bool) -> Select[*tuple[Any, ...]]:
    """Made once a day for callers with these roles: making it takes longer than running it."""
    statement = _select_seen(view_of(roles)).where(Goal.id == bindparam("goal_id"))
    if lock:
        # what the session read before it had the lock may have changed since
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    return statement


@lru_cache(maxsize=256)
def _statement_of_many(roles: frozenset[str], _today: date, *, in_full: bool) -> Select[*tuple[Any, ...]]:
    view = view_of(roles)
    return _select_seen(view).where(view.goal()) if in_full else _select_seen(view)


@lru_cache(maxsize=256)
def _statement_of_owner(roles: frozenset[str], today: date) -> Select[*tuple[Any, ...]]:
    view = view_of(roles)
    department_id, person_id = (bindparam(name, type_=Uuid()) for name in OwnerKey._fields)
    known = or_(
        and_(department_id.is_(None), person_id.is_(None)),
        exists().where(Department.company_id == view.actor.company_id, Department.id == department_id),
        exists().where(Person.company_id == view.actor.company_id, Person.id == person_id),
    )
    has_left = exists().where(
        PersonSpell.company_id == view.actor.company_id,
        PersonSpell.person_id == person_id,
        PersonSpell.status == "left",
        on_day(today),
    )
    return select(
        known.label("is_known"),
        has_left.label("has_left"),
        *relation_columns(view, OwnerColumns(department_id, person_id)),
    )


def _values(actor: Actor) -> dict[str, Any]:
    return {"company_id": actor.company_id, "me": actor.person_id}


def _seen(row: Row[*tuple[Any, ...]], actor: Actor) -> SeenGoal:
    return SeenGoal(row.Goal, Rights.of(row, actor=actor, department_id=row.Goal.department_id, is_open=row.is_open))


async def find_goal(session: AsyncSession, *, visible_to: Actor, goal_id: UUID, lock: bool = False) -> SeenGoal | None:
    """One goal; locked where it is to be changed, but not against the foreign keys of the worker's marks."""
    statement = _statement_of_one(visible_to.roles, business_day(), lock=lock)
    row = (await session.execute(statement, _values(visible_to) | {"goal_id": goal_id})).one_or_none()
    return _seen(row, visible_to) if row else None


async def list_goals(
    session: AsyncSession, *, visible_to: Actor, query: PageQuery, filters: Mapping[str, object], of_company: bool
) -> tuple[list[SeenGoal], str | None]:
    """A part of the goals that the caller sees; nobody finds out by a filter what they are not shown."""
    in_full = any(name in filters for name in MASKED)
    statement = _statement_of_many(visible_to.roles, business_day(), in_full=in_full)
    for name, value in filters.items():
        statement = statement.where(getattr(Goal, name) == value)
    if of_company:
        statement = statement.where(Goal.department_id.is_(None), Goal.person_id.is_(None))
    columns = {"created_at": Goal.created_at, "title": Goal.title}
    rows, cursor = await paginate_columns(
        session, statement, query=query, columns=columns, id_column=Goal.id, values=_values(visible_to)
    )
    return [_seen(row, visible_to) for row in rows], cursor


async def find_owner(session: AsyncSession, *, visible_to: Actor, owner: OwnerKey) -> OwnerSight:
    """An owner, whether it has goals or not; the company itself always is one."""
    statement = _statement_of_owner(visible_to.roles, business_day())
    row = (await session.execute(statement, _values(visible_to) | owner._asdict())).one()
    rights = Rights.of(row, actor=visible_to, department_id=owner.department_id)
    return OwnerSight(row.is_known, rights, row.has_left)


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


async def list_milestones(
    session: AsyncSession, *, company_id: UUID, goal_ids: Iterable[UUID]
) -> dict[UUID, list[Milestone]]:
    """The milestones of goals, in their order."""
    ids = list(goal_ids)
    rows = await session.scalars(
        select(Milestone)
        .where(Milestone.company_id == company_id, Milestone.goal_id.in_(ids))
        .order_by(Milestone.goal_id, Milestone.position)
    )
    found: dict[UUID, list[Milestone]] = {goal_id: [] for goal_id in ids}
    for row in rows:
        found[row.goal_id].append(row)
    return found


async def find_milestone(
    session: AsyncSession, *, company_id: UUID, goal_id: UUID, milestone_id: UUID
) -> Milestone | None:
    """A milestone of a goal."""
    found: Milestone | None = await session.scalar(
        select(Milestone).where(
            Milestone.company_id == company_id, Milestone.goal_id == goal_id, Milestone.id == milestone_id
        )
    )
    return found


async def list_events(
    session: AsyncSession, *, company_id: UUID, goal_id: UUID, query: PageQuery
) -> tuple[list[GoalEvent], str | None]:
    """A part of what was done with a goal."""
    statement = select(GoalEvent).where(GoalEvent.company_id == company_id, GoalEvent.goal_id == goal_id)
    return await paginate(session, statement, query=query, columns={"at": GoalEvent.created_at}, id_column=GoalEvent.id)


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


async def find_hidden(session: AsyncSession, *, hidden_from: Actor, goal_ids: Iterable[UUID]) -> frozenset[UUID]:
    """The indicators of goals that bring the sight of no shop yet which are over shops out of the caller's sight."""
    if hidden_from.roles & READS_ALL_SHOPS:
        return frozenset()
    company_id = hidden_from.company_id
    out_of_sight = exists().where(
        Shop.company_id == company_id, Shop.id == any_(Indicator.shop_ids), ~View(hidden_from).shop(Shop.id)
    )
    rows = await session.scalars(
        select(Indicator.id)
        .join(Goal, (Goal.company_id == Indicator.company_id) & (Goal.id == Indicator.goal_id))
        .where(
            Indicator.company_id == company_id,
            Indicator.goal_id.in_(list(goal_ids)),
            Goal.state.not_in(MEASURING),
            out_of_sight,
        )
    )
    return frozenset(rows)


async def hold_item_sets(
    session: AsyncSession, *, company_id: UUID, shop_ids: Iterable[UUID], item_set_ids: Iterable[UUID]
) -> dict[UUID, ItemSet]:
    """The item sets among these that are of these shops; they stay as they are until the transaction ends."""
    wanted = sorted(item_set_ids)
    if not wanted:
        return {}
    rows = await session.scalars(
        select(ItemSet)
        .where(ItemSet.company_id == company_id, ItemSet.id.in_(wanted), ItemSet.shop_id.in_(list(shop_ids)))
        .order_by(ItemSet.id)
        .with_for_update(read=True)
    )
    return {row.id: row for row in rows}


async def find_departments(
    session: AsyncSession, *, visible_to: Actor, department_ids: Iterable[UUID]
) -> frozenset[UUID]:
    """Which of these are departments whose figures the caller sees (ORG-5)."""
    wanted = list(department_ids)
    if not wanted:
        return frozenset()
    rows = await session.scalars(
        select(Department.id).where(
            Department.company_id == visible_to.company_id, Department.id.in_(wanted), View(visible_to).figures()
        )
    )
    return frozenset(rows)


async def find_people(session: AsyncSession, *, company_id: UUID, person_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Which of these are people of the company."""
    wanted = list(person_ids)
    if not wanted:
        return frozenset()
    return frozenset(
        await session.scalars(select(Person.id).where(Person.company_id == company_id, Person.id.in_(wanted)))
    )


async def find_rubric(session: AsyncSession, *, company_id: UUID, rubric_id: UUID) -> RubricVersion | None:
    """The present rules of a rubric of the company's."""
    found: RubricVersion | None = await session.scalar(
        select(RubricVersion)
        .join(
            Rubric,
            (Rubric.company_id == RubricVersion.company_id)
            & (Rubric.id == RubricVersion.rubric_id)
            & (Rubric.rules_version == RubricVersion.rules_version),
        )
        .where(RubricVersion.company_id == company_id, RubricVersion.rubric_id == rubric_id)
    )
    return found


async def list_entries(
    session: AsyncSession, *, company_id: UUID, indicator_ids: Iterable[UUID]
) -> list[IndicatorEntry]:
    """What was entered for indicators."""
    rows = await session.scalars(
        select(IndicatorEntry)
        .where(IndicatorEntry.company_id == company_id, IndicatorEntry.indicator_id.in_(list(indicator_ids)))
        .order_by(IndicatorEntry.id)
    )
    return list(rows)


async def find_bounds(session: AsyncSession, *, company_id: UUID, goal: Goal) -> tuple[Window | None, Window | None]:
    """The window of the goal above, and the days from the first to the last of the goals right below (GOAL-2)."""
    above = await session.execute(
        select(Goal.starts_on, Goal.ends_on).where(Goal.company_id == company_id, Goal.id == goal.parent_id)
    )
    below = await session.execute(
        select(func.min(Goal.starts_on), func.max(Goal.ends_on))
        .where(Goal.company_id == company_id, Goal.parent_id == goal.id, Goal.state != "cancelled")
        .group_by(Goal.parent_id)
    )
    outer, inner = above.one_or_none(), below.one_or_none()
    return (Window(*outer) if outer else None), (Window(*inner) if inner else None)


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
    """Let the windows and parents of one goal of a company change at a time: they must fit each other."""
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
