"""Statements on shops."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.shops.models import Shop


async def find_shop(session: AsyncSession, *, company_id: UUID, shop_id: UUID, for_update: bool = False) -> Shop | None:
    """A shop of the company; held until the transaction ends where it is to be changed."""
    statement = select(Shop).where(Shop.company_id == company_id, Shop.id == shop_id)
    return await session.scalar(statement.with_for_update() if for_update else statement)


async def list_shops(
    session: AsyncSession,
    *,
    company_id: UUID,
    platform: str | None,
    external_id: str | None,
    name: str | None,
    query: PageQuery,
) -> tuple[list[Shop], str | None]:
    """A part of the company's shops."""
    statement = select(Shop).where(Shop.company_id == company_id)
    wanted = ((Shop.platform, platform), (Shop.external_id, external_id), (Shop.name, name))
    for column, value in wanted:
        if value is not None:
            statement = statement.where(column == value)
    columns = {"name": Shop.name, "created_at": Shop.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=Shop.id)


async def list_known_ids(session: AsyncSession, *, company_id: UUID, shop_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the ids that are shops of the company."""
    found = await session.scalars(select(Shop.id).where(Shop.company_id == company_id, Shop.id.in_(shop_ids)))
    return set(found)
