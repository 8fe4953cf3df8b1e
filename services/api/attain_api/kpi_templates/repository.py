"""Statements on KPI templates, and on whom they are given to."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, exists, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.subtrees import departments_in
from attain_api.access.visibility import OwnerColumns, View, on_day, owner_has_account
from attain_api.paging import PageQuery, paginate
from attain_shared.access.models import Company
from attain_shared.departments.models import Department
from attain_shared.goals.assignment_schemas import To, ToDepartment, ToPeople, ToPosition
from attain_shared.goals.models import Goal
from attain_shared.goals.template_models import KpiTemplate
from attain_shared.people.models import PersonSpell
from attain_shared.positions.models import Position
from attain_shared.shops.models import ShopOwner


async def find_template(
    session: AsyncSession, *, company_id: UUID, template_id: UUID, for_update: bool = False
) -> KpiTemplate | None:
    """A template of the company; held until the transaction ends where it is to be changed or given to people."""
    statement = select(KpiTemplate).where(KpiTemplate.company_id == company_id, KpiTemplate.id == template_id)
    found: KpiTemplate | None = await session.scalar(
        statement.with_for_update(key_share=True) if for_update else statement
    )
    return found


async def list_templates(
    session: AsyncSession, *, company_id: UUID, filters: Mapping[str, object], query: PageQuery
) -> tuple[list[KpiTemplate], str | None]:
    """A part of the company's templates."""
    statement = select(KpiTemplate).where(KpiTemplate.company_id == company_id)
    for name, value in filters.items():
        statement = statement.where(getattr(KpiTemplate, name) == value)
    columns = {"name": KpiTemplate.name, "created_at": KpiTemplate.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=KpiTemplate.id)


async def list_companies_without(session: AsyncSession) -> list[UUID]:
    """The companies that have no template at all."""
    has_one = select(KpiTemplate.id).where(KpiTemplate.company_id == Company.id).exists()
    return list(await session.scalars(select(Company.id).where(~has_one).order_by(Company.id)))


class Addressed(NamedTuple):
    """Somebody a template is given to."""

    id: UUID
    status: str
    """On the day: upcoming, employed or left."""
    department_id: UUID | None
    is_within_reach: bool
    """Whether the caller may give them goals."""


async def list_addressed(session: AsyncSession, *, visible_to: Actor, to: To, day: date, limit: int) -> list[Addressed]:
    """Those addressed as they are on a day, at most so many.

    Of a position, a department or a tier those employed whom the caller may give goals to; by name everybody named.
    """
    company_id = visible_to.company_id
    may = _may_be_given(visible_to)
    statement = (
        select(PersonSpell.person_id, PersonSpell.status, PersonSpell.department_id, may.label("may"))
        .where(PersonSpell.company_id == company_id, on_day(day), _is_addressed(company_id, to))
        .order_by(PersonSpell.person_id)
        .limit(limit)
    )
    if not isinstance(to, ToPeople):
        statement = statement.where(PersonSpell.status == "employed", may)
    rows = await session.execute(statement)
    return [Addressed(*row) for row in rows]


def _may_be_given(actor: Actor) -> ColumnElement[bool]:
    """Whether somebody gives goals to the person in a row (SEC-3)."""
    if "hr" in actor.roles:
        return true()
    is_below = PersonSpell.person_id.in_(View(actor).below)
    if "admin" not in actor.roles:
        return is_below
    owner = OwnerColumns(literal(None, Uuid()), PersonSpell.person_id)
    return or_(is_below, ~owner_has_account(actor.company_id, owner))


def _is_addressed(company_id: UUID, to: To) -> ColumnElement[bool]:
    if isinstance(to, ToPeople):
        return PersonSpell.person_id.in_(to.person_ids)
    if isinstance(to, ToPosition):
        return PersonSpell.position_id == to.position_id
    if isinstance(to, ToDepartment):
        if not to.include_below:
            return PersonSpell.department_id == to.department_id
        return PersonSpell.department_id.in_(departments_in(to.department_id, company_id=company_id))
    of_tier = select(Position.id).where(Position.company_id == company_id, Position.tier == to.tier)
    return PersonSpell.position_id.in_(of_tier)


async def list_assigned(
    session: AsyncSession, *, company_id: UUID, cycle_id: UUID, template_id: UUID
) -> dict[UUID, UUID]:
    """By person the goal of a template that they have in a cycle; a cancelled one does not count."""
    rows = await session.execute(
        select(Goal.person_id, Goal.id).where(
            Goal.company_id == company_id,
            Goal.cycle_id == cycle_id,
            Goal.template_id == template_id,
            Goal.person_id.is_not(None),
            Goal.state != "cancelled",
        )
    )
    return {person_id: goal_id for person_id, goal_id in rows if person_id is not None}


async def list_owned_shops(
    session: AsyncSession, *, company_id: UUID, person_ids: Collection[UUID], day: date
) -> dict[UUID, list[UUID]]:
    """By person the shops that they own on a day, whole or in part."""
    rows = await session.execute(
        select(ShopOwner.person_id, ShopOwner.shop_id)
        .where(
            ShopOwner.company_id == company_id,
            ShopOwner.person_id.in_(person_ids),
            ShopOwner.starts_on <= day,
            ShopOwner.ends_on > day,
        )
        .order_by(ShopOwner.person_id, ShopOwner.shop_id)
    )
    owned: dict[UUID, list[UUID]] = defaultdict(list)
    for person_id, shop_id in rows:
        if person_id is not None:
            owned[person_id].append(shop_id)
    return owned


async def position_exists(session: AsyncSession, *, company_id: UUID, position_id: UUID) -> bool:
    """Whether the company has such a position."""
    is_there = exists().where(Position.company_id == company_id, Position.id == position_id)
    return bool(await session.scalar(select(is_there)))


async def department_exists(session: AsyncSession, *, visible_to: Actor, department_id: UUID) -> bool:
    """Whether the caller sees such a department."""
    is_there = exists().where(
        Department.company_id == visible_to.company_id, Department.id == department_id, View(visible_to).department()
    )
    return bool(await session.scalar(select(is_there)))
