"""The statements of cycles, and of what becomes of their goals."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, TextClause, Uuid, and_, any_, case, literal, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from attain_api.access.visibility import on_day
from attain_shared.clock import utc_now
from attain_shared.departments.models import Department
from attain_shared.goals.models import Cycle, Goal, Indicator, Milestone
from attain_shared.identifiers import new_id
from attain_shared.people.models import PersonSpell
from attain_shared.rules.periods import CycleKind
from attain_shared.shops.models import ItemSet


def _among(column: InstrumentedAttribute[UUID], ids: Collection[UUID]) -> ColumnElement[bool]:
    """One parameter, however many ids: a cycle has more goals than a statement takes parameters."""
    return column == any_(literal(sorted(ids), ARRAY(Uuid())))


COPIED = ("confirmed", "closed")
"""The states of goals that are copied forward: what never came to be agreed on is not."""


def select_cycles(*, company_id: UUID) -> Select[*tuple[Any, ...]]:
    """The cycles of a company, each with the shortest longer one that it lies in (GOAL-1)."""
    around = aliased(Cycle)
    parent = (
        select(around.id)
        .where(
            around.company_id == company_id,
            around.id != Cycle.id,
            around.starts_on <= Cycle.starts_on,
            around.ends_on >= Cycle.ends_on,
        )
        .order_by(around.ends_on - around.starts_on)
        .limit(1)
        .scalar_subquery()
    )
    return select(Cycle, parent.label("parent_id"), Cycle.starts_on, Cycle.name, Cycle.id).where(
        Cycle.company_id == company_id
    )


async def find_shown(session: AsyncSession, *, company_id: UUID, cycle_id: UUID) -> Row[*tuple[Any, ...]] | None:
    """One cycle with the one around it."""
    return (await session.execute(select_cycles(company_id=company_id).where(Cycle.id == cycle_id))).one_or_none()


async def find_cycle(session: AsyncSession, *, company_id: UUID, cycle_id: UUID, lock: bool = False) -> Cycle | None:
    """One cycle; locked where it is to be changed."""
    return await _find(session, Cycle.id == cycle_id, company_id=company_id, lock=lock)


async def find_cycle_of(session: AsyncSession, *, company_id: UUID, kind: CycleKind, starts_on: date) -> Cycle | None:
    """The cycle of a kind that starts on a day, locked."""
    condition = and_(Cycle.kind == kind, Cycle.starts_on == starts_on)
    return await _find(session, condition, company_id=company_id, lock=True)


async def _find(session: AsyncSession, condition: ColumnElement[bool], *, company_id: UUID, lock: bool) -> Cycle | None:
    statement = select(Cycle).where(Cycle.company_id == company_id, condition)
    if lock:
        # what the session read before it had the lock may have changed since
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    cycle: Cycle | None = await session.scalar(statement)
    return cycle


_MOVE_GOALS = """
    WITH held AS (
        SELECT id FROM goals WHERE company_id = :company_id AND cycle_id = :cycle_id AND {found}
        ORDER BY id FOR NO KEY UPDATE
    ), moved AS (
        UPDATE goals goal SET state = :state, is_closed_with_cycle = {is_closed_with_cycle}, version = version + 1
        FROM held WHERE goal.company_id = :company_id AND goal.id = held.id
        RETURNING goal.id
    )
    SELECT id FROM moved ORDER BY id
"""
_CLOSE_GOALS = text(_MOVE_GOALS.format(found="state = 'confirmed'", is_closed_with_cycle="true"))
_OPEN_GOALS = text(_MOVE_GOALS.format(found="state = 'closed' AND is_closed_with_cycle", is_closed_with_cycle="false"))

_RECORD = text("""
    INSERT INTO goal_events (company_id, id, goal_id, action, actor_id, is_stand_in, created_at)
    SELECT :company_id, id, goal_id, :action, :actor_id, false, :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:goal_ids AS uuid[])) AS moved (id, goal_id)
""")


async def close_goals(session: AsyncSession, *, company_id: UUID, cycle_id: UUID) -> list[UUID]:
    """Close the confirmed goals of a cycle with it; which they are."""
    return await _move_goals(session, _CLOSE_GOALS, company_id=company_id, cycle_id=cycle_id, state="closed")


async def open_goals(session: AsyncSession, *, company_id: UUID, cycle_id: UUID) -> list[UUID]:
    """Have the goals that were closed with a cycle confirmed again; which they are."""
    return await _move_goals(session, _OPEN_GOALS, company_id=company_id, cycle_id=cycle_id, state="confirmed")


async def _move_goals(
    session: AsyncSession, statement: TextClause, *, company_id: UUID, cycle_id: UUID, state: str
) -> list[UUID]:
    parameters = {"company_id": company_id, "cycle_id": cycle_id, "state": state}
    return list(await session.scalars(statement, parameters))


async def record_goals(
    session: AsyncSession, *, company_id: UUID, goal_ids: Sequence[UUID], action: str, actor_id: UUID
) -> None:
    """Put on the record of goals what was done with their cycle (GOAL-3)."""
    parameters = {"company_id": company_id, "goal_ids": goal_ids, "action": action, "actor_id": actor_id}
    await session.execute(_RECORD, parameters | {"ids": [new_id() for _ in goal_ids], "now": utc_now()})


_LIVE = """indicator.company_id = :company_id AND goal.company_id = :company_id AND goal.id = indicator.goal_id
    AND goal.cycle_id = :cycle_id AND goal.state NOT IN ('closed', 'cancelled')"""
"""What goals of a cycle are measured by that have not come to their end."""

_SHOPS = text(f"SELECT DISTINCT unnest(indicator.shop_ids) FROM indicators indicator, goals goal WHERE {_LIVE}")  # nosec B608 # noqa: S608 - composed of constants

_ITEM_SETS = text(f"""
    SELECT one.id, one.shop_id FROM item_sets one
    WHERE one.company_id = :company_id AND one.id IN (
        SELECT indicator.item_set_id FROM indicators indicator, goals goal WHERE {_LIVE})
    ORDER BY one.id FOR SHARE OF one
""")  # nosec B608 # noqa: S608 - composed of constants


async def list_shop_ids(session: AsyncSession, *, company_id: UUID, cycle_id: UUID) -> set[UUID]:
    """The shops that the goals of a cycle are measured over."""
    return set(await session.scalars(_SHOPS, {"company_id": company_id, "cycle_id": cycle_id}))


async def list_measured_sets(session: AsyncSession, *, company_id: UUID, cycle_id: UUID) -> Sequence[Row[Any]]:
    """The item sets that the goals of a cycle ask for, each with its shop; they stay as they are meanwhile."""
    return (await session.execute(_ITEM_SETS, {"company_id": company_id, "cycle_id": cycle_id})).all()


class Copyable(NamedTuple):
    """A goal to be copied forward, and what is gone of its owner."""

    goal: Goal
    reason: str | None


async def list_copyable(session: AsyncSession, *, company_id: UUID, cycle_id: UUID, on: date) -> list[Copyable]:
    """The goals of a cycle that were agreed on, in the order of their ids.

    `on` is the day by which their owners must still be there.
    """
    has_left = PersonSpell.status == "left"
    is_closed = Department.closed_on <= on
    rows = await session.execute(
        select(Goal, case((has_left, "owner-left"), (is_closed, "department-closed")).label("reason"))
        .outerjoin(
            PersonSpell,
            and_(PersonSpell.company_id == company_id, PersonSpell.person_id == Goal.person_id, on_day(on)),
        )
        .outerjoin(Department, and_(Department.company_id == company_id, Department.id == Goal.department_id))
        .where(Goal.company_id == company_id, Goal.cycle_id == cycle_id, Goal.state.in_(COPIED))
        .order_by(Goal.id)
    )
    return [Copyable(row.Goal, row.reason) for row in rows]


class Known(NamedTuple):
    """What the next cycle has of the goals already."""

    copies: dict[UUID, UUID]
    """By the goal that it was copied from, the copy."""
    assigned: set[tuple[UUID, UUID | None]]
    """KPI templates and the people who have a goal by them (GOAL-13)."""


async def find_known(session: AsyncSession, *, company_id: UUID, cycle_id: UUID) -> Known:
    """The copies in a cycle, cancelled ones too, and what was assigned in it."""
    rows = await session.execute(
        select(Goal.id, Goal.copied_from_id, Goal.template_id, Goal.person_id, Goal.state).where(
            Goal.company_id == company_id,
            Goal.cycle_id == cycle_id,
            or_(Goal.copied_from_id.is_not(None), Goal.template_id.is_not(None)),
        )
    )
    known = Known({}, set())
    for row in rows:
        if row.copied_from_id is not None:
            known.copies[row.copied_from_id] = row.id
        if row.template_id is not None and row.state != "cancelled":
            known.assigned.add((row.template_id, row.person_id))
    return known


async def list_indicators(session: AsyncSession, *, company_id: UUID, goal_ids: Collection[UUID]) -> list[Indicator]:
    """The indicators of goals, in their order."""
    found = await session.scalars(
        select(Indicator)
        .where(Indicator.company_id == company_id, _among(Indicator.goal_id, goal_ids))
        .order_by(Indicator.goal_id, Indicator.position)
    )
    return list(found)


async def list_milestones(session: AsyncSession, *, company_id: UUID, goal_ids: Collection[UUID]) -> list[Milestone]:
    """The milestones of goals, in their order."""
    found = await session.scalars(
        select(Milestone)
        .where(Milestone.company_id == company_id, _among(Milestone.goal_id, goal_ids))
        .order_by(Milestone.goal_id, Milestone.position)
    )
    return list(found)


async def list_parents(session: AsyncSession, *, company_id: UUID, goal_ids: Collection[UUID]) -> dict[UUID, Goal]:
    """Goals that are still there to be a parent, by their ids."""
    found = await session.scalars(
        select(Goal).where(Goal.company_id == company_id, _among(Goal.id, goal_ids), Goal.state != "cancelled")
    )
    return {goal.id: goal for goal in found}


async def list_item_sets(
    session: AsyncSession, *, company_id: UUID, item_set_ids: Collection[UUID]
) -> dict[UUID, ItemSet]:
    """Item sets by their ids; they stay as they are until the transaction ends."""
    found = await session.scalars(
        select(ItemSet)
        .where(ItemSet.company_id == company_id, _among(ItemSet.id, item_set_ids))
        .order_by(ItemSet.id)
        .with_for_update(read=True)
    )
    return {item_set.id: item_set for item_set in found}
