"""Named sets of a shop's items, such as its hot items (爆款) (MET-2)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.goals.measuring import follow_item_set
from attain_api.item_sets import repository
from attain_api.paging import PageQuery
from attain_api.shops import service as shops
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, FieldError, Invalid, NotFound
from attain_shared.shops.models import ItemSet
from attain_shared.shops.schemas import ItemSetCreate, ItemSetUpdate


class ItemSetTaken(Conflict):
    """The shop has a set of this name already."""

    code, title = "item-set-taken", "Item set already there"


class ItemSetInUse(Conflict):
    """Goals are measured by the set."""

    code, title = "item-set-in-use", "Item set in use"


async def create_item_set(uow: UnitOfWork, *, actor: Actor, data: ItemSetCreate) -> ItemSet:
    """A new set of a shop's items."""
    _refuse_duplicates(data.item_ids)
    if await shops.find_unknown(uow, actor=actor, shop_ids=[data.shop_id]):
        raise Invalid.field("/shop_id", "unknown-shop", "There is no such shop.")
    item_set = ItemSet(company_id=actor.company_id, **data.model_dump())
    uow.session.add(item_set)
    await _flush(uow, name=data.name)
    return item_set


async def get_item_set(uow: UnitOfWork, *, actor: Actor, item_set_id: UUID, for_update: bool = False) -> ItemSet:
    """An item set in the caller's view."""
    item_set = await repository.find_item_set(
        uow.session, visible_to=actor, item_set_id=item_set_id, for_update=for_update
    )
    if item_set is None:
        raise NotFound("There is no such item set.")
    return item_set


async def update_item_set(
    uow: UnitOfWork, *, actor: Actor, item_set_id: UUID, data: ItemSetUpdate, if_match: str | None
) -> ItemSet:
    """Change what is given."""
    item_set = await get_item_set(uow, actor=actor, item_set_id=item_set_id, for_update=True)
    check_if_match(if_match, version_tag(item_set.version))
    changes = data.model_dump(exclude_unset=True)
    _refuse_duplicates(changes.get("item_ids", ()))
    apply_changes(item_set, changes)
    await _flush(uow, name=changes.get("name", item_set.name))
    if "item_ids" in changes:
        await follow_item_set(uow, company_id=actor.company_id, item_set_id=item_set.id, shop_id=item_set.shop_id)
    return item_set


async def delete_item_set(uow: UnitOfWork, *, actor: Actor, item_set_id: UUID, if_match: str | None) -> None:
    """Drop a set; the figures of its items stay."""
    item_set = await get_item_set(uow, actor=actor, item_set_id=item_set_id, for_update=True)
    check_if_match(if_match, version_tag(item_set.version))
    await uow.session.delete(item_set)
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "fk_indicators_company_id_item_set_id_item_sets" in str(error.orig):
            raise ItemSetInUse("Goals are measured by the item set.") from error
        raise


async def list_item_sets(
    uow: UnitOfWork, *, actor: Actor, shop_id: UUID | None, name: str | None, query: PageQuery
) -> tuple[list[ItemSet], str | None]:
    """A part of the item sets that the caller sees."""
    return await repository.list_item_sets(uow.session, visible_to=actor, shop_id=shop_id, name=name, query=query)


async def _flush(uow: UnitOfWork, *, name: str) -> None:
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_item_sets_company_id_shop_id_name" in str(error.orig):
            raise ItemSetTaken(f"The shop has an item set {name} already.") from error
        raise


def _refuse_duplicates(item_ids: Sequence[str]) -> None:
    seen: set[str] = set()
    faults: list[FieldError] = []
    for place, item_id in enumerate(item_ids):
        if item_id in seen:
            faults.append(FieldError(f"/item_ids/{place}", "duplicate", "named twice"))
        seen.add(item_id)
    if faults:
        raise Invalid("The item set is not valid; see `errors`.", errors=faults[:100])
