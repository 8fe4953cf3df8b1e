"""`/v1/item-sets`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.conditional import ChangeTag, Tag, version_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.item_sets import service
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_shared.errors import Conflict, Invalid, NotFound, Stale
from attain_shared.shops.schemas import ItemSetCreate, ItemSetRead, ItemSetUpdate
from attain_shared.wire import Name, Page

router = APIRouter(prefix="/v1/item-sets", tags=["Item sets"])

READ = ("admin", "hr", "executive", "employee")
WRITE = ("admin",)


class ItemSetQuery(PageQuery):
    """How to list item sets."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    shop_id: UUID | None = None
    """Only those of this shop."""
    name: Name | None = None
    """Only those of exactly this name."""


@router.post(
    "",
    status_code=201,
    response_model=ItemSetRead,
    summary="Create an item set",
    dependencies=[allow(*WRITE)],
    responses=problems(Conflict, Invalid),
)
async def create_item_set(*, uow: Uow, creation: Creation, body: ItemSetCreate) -> Response:
    """A named set of a shop's items; `409 item-set-taken` where the shop has one of this name."""
    return await creation.answer(
        uow,
        lambda: service.create_item_set(uow, actor=creation.actor, data=body),
        ItemSetRead,
        location="/v1/item-sets/{id}",
    )


@router.get("", summary="List item sets", dependencies=[allow(*READ)])
async def list_item_sets(
    *, uow: Uow, actor: CurrentActor, query: Annotated[ItemSetQuery, Query()]
) -> Page[ItemSetRead]:
    """The sets of the shops that the caller sees."""
    found = await service.list_item_sets(uow, actor=actor, shop_id=query.shop_id, name=query.name, query=query)
    return Page[ItemSetRead].model_validate(page_of(*found))


@router.get("/{item_set_id}", summary="Get an item set", dependencies=[allow(*READ)], responses=problems(NotFound))
async def get_item_set(*, uow: Uow, actor: CurrentActor, tag: Tag, item_set_id: UUID) -> ItemSetRead:
    """One set and its items."""
    item_set = await service.get_item_set(uow, actor=actor, item_set_id=item_set_id)
    tag.show(version_tag(item_set.version))
    return ItemSetRead.model_validate(item_set)


@router.patch(
    "/{item_set_id}",
    summary="Change an item set",
    dependencies=[allow(*WRITE)],
    responses=problems(NotFound, Conflict, Stale, Invalid),
)
async def update_item_set(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    item_set_id: UUID,
    body: ItemSetUpdate,
    if_match: IfMatch = None,
) -> ItemSetRead:
    """Its name or its items; the shop stays."""
    item_set = await service.update_item_set(uow, actor=actor, item_set_id=item_set_id, data=body, if_match=if_match)
    tag.set(version_tag(item_set.version))
    return ItemSetRead.model_validate(item_set)


@router.delete(
    "/{item_set_id}",
    status_code=204,
    summary="Delete an item set",
    dependencies=[allow(*WRITE)],
    responses=problems(NotFound, Stale),
)
async def delete_item_set(*, uow: Uow, actor: CurrentActor, item_set_id: UUID, if_match: IfMatch = None) -> None:
    """The figures of its items stay."""
    await service.delete_item_set(uow, actor=actor, item_set_id=item_set_id, if_match=if_match)
