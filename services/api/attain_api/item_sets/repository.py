"""Statements on item sets."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_api.paging import PageQuery, paginate
from attain_shared.shops.models import ItemSet


def _select_seen(visible_to: Actor) -> Select[ItemSet]:
    """The item sets of the shops that the caller sees."""
    return select(ItemSet).where(ItemSet.company_id == visible_to.company_id, View(visible_to).shop(ItemSet.shop_id))


async def find_item_set(
    session: AsyncSession, *, visible_to: Actor, item_set_id: UUID, for_update: bool = False
) -> ItemSet | None:
    """An item set in the caller's view; held until the transaction ends where it is to be changed."""
    statement = _select_seen(visible_to).where(ItemSet.id == item_set_id)
    found: ItemSet | None = await session.scalar(statement.with_for_update() if for_update else statement)
    return found


async def list_item_sets(
    session: AsyncSession, *, visible_to: Actor, shop_id: UUID | None, name: str | None, query: PageQuery
) -> tuple[list[ItemSet], str | None]:
    """A part of the item sets that the caller sees."""
    statement = _select_seen(visible_to)
    for column, value in ((ItemSet.shop_id, shop_id), (ItemSet.name, name)):
        if value is not None:
            statement = statement.where(column == value)
    columns = {"name": ItemSet.name, "created_at": ItemSet.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=ItemSet.id)
