"""Statements on shops."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_api.paging import PageQuery, paginate
from attain_shared.departments.models import Department
from attain_shared.people.models import Person
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


async def list_owners(session: AsyncSession, *, company_id: UUID, shop_id: UUID) -> list[tuple[ShopOwner, str]]:
    """Who has owned a shop, owns it and will, each with its name."""
    statement = (
        select(ShopOwner, func.coalesce(Person.name, Department.name))
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
    """Those of the ids that are people or departments of the company."""
    people = select(literal("person"), Person.id).where(Person.company_id == company_id, Person.id.in_(ids))
    departments = select(literal("department"), Department.id).where(
        Department.company_id == company_id, Department.id.in_(ids)
    )
    return {(kind, owner_id) for kind, owner_id in await session.execute(union_all(people, departments))}
