"""Statements on shops."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, case, exists, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View, on_day
from attain_api.paging import PageQuery, paginate
from attain_shared.clock import business_day
from attain_shared.departments.models import Department
from attain_shared.people.models import Person, PersonSpell
from attain_shared.shops.models import Shop, ShopOwner


def _select_seen(visible_to: Actor) -> Select[Shop]:
    """The shops that the caller sees."""
    return select(Shop).where(Shop.company_id == visible_to.company_id, View(visible_to).shop(Shop.id))


async def find_shop(
    session: AsyncSession, *, visible_to: Actor, shop_id: UUID, for_update: bool = False
) -> Shop | None:
    """A shop in the caller's view; held until the transaction ends where it is to be changed."""
    statement = _select_seen(visible_to).where(Shop.id == shop_id)
    shop: Shop | None = await session.scalar(statement.with_for_update() if for_update else statement)
    return shop


async def list_shops(
    session: AsyncSession,
    *,
    visible_to: Actor,
    platform: str | None,
    external_id: str | None,
    name: str | None,
    query: PageQuery,
) -> tuple[list[Shop], str | None]:
    """A part of the shops that the caller sees."""
    statement = _select_seen(visible_to)
    wanted = ((Shop.platform, platform), (Shop.external_id, external_id), (Shop.name, name))
    for column, value in wanted:
        if value is not None:
            statement = statement.where(column == value)
    columns = {"name": Shop.name, "created_at": Shop.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=Shop.id)


async def list_known_ids(session: AsyncSession, *, visible_to: Actor, shop_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the ids that are shops in the caller's view."""
    statement = select(Shop.id).where(
        Shop.company_id == visible_to.company_id, Shop.id.in_(shop_ids), View(visible_to).shop(Shop.id)
    )
    return set(await session.scalars(statement))


async def list_owners(session: AsyncSession, *, visible_to: Actor, shop_id: UUID) -> list[tuple[ShopOwner, str | None]]:
    """Who has owned a shop, owns it and will, each with its name; null where the caller's directory hides them."""
    company_id, view, today = visible_to.company_id, View(visible_to), business_day()
    employed = exists().where(
        PersonSpell.company_id == company_id,
        PersonSpell.person_id == Person.id,
        PersonSpell.status == "employed",
        on_day(today),
    )
    name = case(
        (ShopOwner.department_id.is_not(None) & view.department(), Department.name),
        (ShopOwner.person_id.is_not(None) & or_(view.record(), employed), Person.name),
    )
    statement = (
        select(ShopOwner, name)
        .outerjoin(Person, (Person.company_id == ShopOwner.company_id) & (Person.id == ShopOwner.person_id))
        .outerjoin(
            Department,
            (Department.company_id == ShopOwner.company_id) & (Department.id == ShopOwner.department_id),
        )
        .where(ShopOwner.company_id == company_id, ShopOwner.shop_id == shop_id)
        .order_by(ShopOwner.starts_on, ShopOwner.id)
    )
    return [(owner, name) for owner, name in await session.execute(statement)]


async def list_known_owners(session: AsyncSession, *, company_id: UUID, ids: Sequence[UUID]) -> set[tuple[str, UUID]]:
    """Those of the ids that may own a shop: people who have not left, and departments that are open."""
    today = business_day()
    people = (
        select(literal("person"), Person.id)
        .join(PersonSpell, (PersonSpell.company_id == Person.company_id) & (PersonSpell.person_id == Person.id))
        .where(
            Person.company_id == company_id,
            Person.id.in_(ids),
            Person.erased_at.is_(None),
            PersonSpell.status != "left",
            on_day(today),
        )
    )
    departments = select(literal("department"), Department.id).where(
        Department.company_id == company_id,
        Department.id.in_(ids),
        or_(Department.closed_on.is_(None), Department.closed_on > today),
    )
    return {(kind, owner_id) for kind, owner_id in await session.execute(union_all(people, departments))}
