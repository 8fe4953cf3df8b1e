"""Reading cascades: goals with others below them, and goals below none, as far as the caller sees them."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Uuid, and_, case, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from attain_api.access.actor import Actor
from attain_api.access.visibility import OwnerColumns, View, on_day
from attain_api.paging import PageQuery, paginate_columns
from attain_shared.clock import business_day
from attain_shared.departments.models import Department
from attain_shared.goals.models import Goal, Indicator
from attain_shared.people.models import PersonSpell
from attain_shared.rules.periods import Window
from attain_shared.shops.models import ShopOwner

CANCELLED = "cancelled"
_NOBODY = literal(None, Uuid())
Rows = Sequence[Row[*tuple[Any, ...]]]


async def list_noteworthy(
    session: AsyncSession, *, visible_to: Actor, cycle_id: UUID, query: PageQuery
) -> tuple[list[Row[*tuple[Any, ...]]], str | None]:
    """A part of the goals of a cycle that have others below them or should be below one and are not.

    With `children`, how many there are below; `orphaned` and `unowned`, why they are that.
    """
    company_id, view = visible_to.company_id, View(visible_to)
    below, above = aliased(Goal), aliased(Goal)
    is_below = and_(
        below.company_id == company_id,
        below.parent_id == Goal.id,
        below.state != CANCELLED,
        view.goal(OwnerColumns(below.department_id, below.person_id)),
    )
    is_below_cancelled = exists().where(
        above.company_id == company_id, above.id == Goal.parent_id, above.state == CANCELLED
    )
    is_of_company = and_(Goal.department_id.is_(None), Goal.person_id.is_(None))
    orphaned = case(
        (is_of_company, None), (Goal.parent_id.is_(None), "no-parent"), (is_below_cancelled, "parent-cancelled")
    )
    statement = select(
        Goal.id,
        Goal.title,
        Goal.state,
        Goal.department_id,
        Goal.person_id,
        select(func.count()).where(is_below).scalar_subquery().label("children"),
        orphaned.label("orphaned"),
        _unowned(company_id).label("unowned"),
    ).where(
        Goal.company_id == company_id,
        Goal.cycle_id == cycle_id,
        Goal.state != CANCELLED,
        view.goal(),
        or_(exists().where(is_below), orphaned.is_not(None)),
    )
    columns = {"goal_id": Goal.id}
    return await paginate_columns(session, statement, query=query, columns=columns, id_column=Goal.id)


def _unowned(company_id: UUID) -> ColumnElement[str | None]:
    """Why nobody answers for the goal in a row: the person has left, the department is closed or has no head."""
    today = business_day()
    has_left = select(PersonSpell.person_id).where(
        PersonSpell.company_id == company_id, PersonSpell.status == "left", on_day(today)
    )
    closed = select(Department.id).where(Department.company_id == company_id, Department.closed_on <= today)
    headless = select(Department.id).where(
        Department.company_id == company_id, or_(Department.head_id.is_(None), Department.head_id.in_(has_left))
    )
    return case(
        (Goal.person_id.in_(has_left), "owner-left"),
        (Goal.department_id.in_(closed), "department-closed"),
        (Goal.department_id.in_(headless), "department-without-head"),
    )


async def list_targets(
    session: AsyncSession, *, visible_to: Actor, goal_ids: Collection[UUID], metrics: Collection[str]
) -> Rows:
    """The targets of some metrics of goals and of those below them that the caller sees: one statement.

    Of each goal one row a figure: `own_id` where it is one of the goals, `parent_id` where it is right below one.
    """
    company_id = visible_to.company_id
    is_own = Goal.id.in_(goal_ids)
    statement: Select[*tuple[Any, ...]] = (
        select(
            case((is_own, Goal.id)).label("own_id"),
            case((Goal.parent_id.in_(goal_ids), Goal.parent_id)).label("parent_id"),
            Indicator.metric,
            Indicator.dimension,
            Indicator.item_set_id,
            func.sum(Indicator.target).label("target"),
        )
        .join(Indicator, and_(Indicator.company_id == company_id, Indicator.goal_id == Goal.id))
        .where(
            Goal.company_id == company_id,
            Goal.state != CANCELLED,
            or_(is_own, Goal.parent_id.in_(goal_ids)),
            View(visible_to).goal(),
            Indicator.kind == "metric",
            Indicator.aggregate == "deduplicated",
            Indicator.metric.in_(metrics),
            Indicator.target.is_not(None),
        )
        .group_by(Goal.id, Goal.parent_id, Indicator.metric, Indicator.dimension, Indicator.item_set_id)
        .order_by(Indicator.metric, Indicator.dimension, Indicator.item_set_id, Goal.id)
    )
    return (await session.execute(statement)).all()


async def list_indicators(session: AsyncSession, *, company_id: UUID, goal_id: UUID) -> list[Indicator]:
    """A goal's indicators, in their order."""
    found = await session.scalars(
        select(Indicator)
        .where(Indicator.company_id == company_id, Indicator.goal_id == goal_id)
        .order_by(Indicator.position)
    )
    return list(found)


async def list_owners_below(session: AsyncSession, *, visible_to: Actor, goal_id: UUID) -> Rows:
    """Whose the goals right below one are."""
    rows = await session.execute(
        select(Goal.department_id, Goal.person_id)
        .where(
            Goal.company_id == visible_to.company_id,
            Goal.parent_id == goal_id,
            Goal.state != CANCELLED,
            or_(Goal.department_id.is_not(None), Goal.person_id.is_not(None)),
            View(visible_to).goal(),
        )
        .distinct()
        .order_by(Goal.department_id, Goal.person_id)
    )
    return rows.all()


async def list_seen_owners(
    session: AsyncSession, *, visible_to: Actor, department_ids: Collection[UUID], person_ids: Collection[UUID]
) -> set[UUID]:
    """Which of these are departments and people whose goals the caller sees in full."""
    company_id = visible_to.company_id
    departments = select(Department.id).where(
        Department.company_id == company_id,
        Department.id.in_(department_ids),
        View(visible_to).goal(OwnerColumns(Department.id, _NOBODY)),
    )
    people = select(PersonSpell.person_id).where(
        PersonSpell.company_id == company_id,
        PersonSpell.person_id.in_(person_ids),
        on_day(business_day()),
        View(visible_to).goal(OwnerColumns(_NOBODY, PersonSpell.person_id)),
    )
    return {*await session.scalars(departments), *await session.scalars(people)}


async def list_holdings(session: AsyncSession, *, company_id: UUID, shop_ids: Collection[UUID], window: Window) -> Rows:
    """Who holds which shops within a window, until which day and which share of them."""
    rows = await session.execute(
        select(
            ShopOwner.department_id,
            ShopOwner.person_id,
            ShopOwner.shop_id,
            ShopOwner.starts_on,
            (ShopOwner.ends_on - 1).label("last_on"),
            ShopOwner.share,
        )
        .where(
            ShopOwner.company_id == company_id,
            ShopOwner.shop_id.in_(shop_ids),
            ShopOwner.starts_on <= window.ends_on,
            ShopOwner.ends_on > window.starts_on,
        )
        .order_by(ShopOwner.id)
    )
    return rows.all()
