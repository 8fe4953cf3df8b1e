"""Shops (MET-1)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.paging import PageQuery
from attain_api.shops import repository
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, NotFound
from attain_shared.shops.models import Shop
from attain_shared.shops.schemas import ShopCreate, ShopUpdate


class ShopTaken(Conflict):
    """The platform's shop is known already."""

    code, title = "shop-taken", "Shop already known"


async def create_shop(uow: UnitOfWork, *, actor: Actor, data: ShopCreate) -> Shop:
    """A new shop."""
    shop = Shop(company_id=actor.company_id, **data.model_dump())
    uow.session.add(shop)
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_shops_company_id_platform_external_id" in str(error.orig):
            raise ShopTaken(f"{data.platform}:{data.external_id} is already a shop.") from error
        raise
    return shop


async def get_shop(uow: UnitOfWork, *, actor: Actor, shop_id: UUID, for_update: bool = False) -> Shop:
    """A shop in the caller's view (SEC-3)."""
    shop = await repository.find_shop(uow.session, visible_to=actor, shop_id=shop_id, for_update=for_update)
    if shop is None:
        raise NotFound("There is no such shop.")
    return shop


async def update_shop(uow: UnitOfWork, *, actor: Actor, shop_id: UUID, data: ShopUpdate, if_match: str | None) -> Shop:
    """Change what is given."""
    shop = await get_shop(uow, actor=actor, shop_id=shop_id, for_update=True)
    check_if_match(if_match, version_tag(shop.version))
    apply_changes(shop, data.model_dump(exclude_unset=True))
    await uow.session.flush()
    return shop


async def list_shops(
    uow: UnitOfWork,
    *,
    actor: Actor,
    platform: str | None,
    external_id: str | None,
    name: str | None,
    query: PageQuery,
) -> tuple[list[Shop], str | None]:
    """A part of the shops that the caller sees."""
    return await repository.list_shops(
        uow.session,
        visible_to=actor,
        platform=platform,
        external_id=external_id,
        name=name,
        query=query,
    )


async def find_unknown(uow: UnitOfWork, *, actor: Actor, shop_ids: Sequence[UUID]) -> list[int]:
    """The places in the list whose id is no shop in the caller's view."""
    known = await repository.list_known_ids(uow.session, visible_to=actor, shop_ids=shop_ids)
    return [place for place, shop_id in enumerate(shop_ids) if shop_id not in known]
