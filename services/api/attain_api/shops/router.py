"""`/v1/shops`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from attain_api.conditional import ChangeTag, Tag, version_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery, page_of
from attain_api.problems import problems
from attain_api.shops import owners, service
from attain_shared.clock import business_day
from attain_shared.errors import Invalid, NotFound
from attain_shared.shops.schemas import ShopCreate, ShopOwnersRead, ShopOwnersUpdate, ShopRead, ShopUpdate
from attain_shared.wire import Day, Input, Name, Page

router = APIRouter(prefix="/v1/shops", tags=["Shops"])

READ = ("admin", "hr", "executive", "employee")
WRITE = ("admin",)


class ShopQuery(PageQuery):
    """How to list shops."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    platform: Name | None = Field(default=None)
    """Only those of this platform."""
    external_id: Name | None = Field(default=None)
    """Only those with this id on their platform."""
    name: Name | None = Field(default=None)
    """Only those of exactly this name."""


class OwnersQuery(Input):
    """The owners of which day."""

    on: Day | None = None
    """By default today."""


class OwnersHistoryQuery(PageQuery):
    """How to list the owners over time."""

    sort: Literal["starts_on", "-starts_on"] = "starts_on"


@router.post("", status_code=201, response_model=ShopRead, summary="Create a shop", dependencies=[allow(*WRITE)])
async def create_shop(*, uow: Uow, creation: Creation, body: ShopCreate) -> Response:
    """A shop of the caller's company; `409 shop-taken` where the platform's shop is known already."""
    return await creation.answer(
        uow,
        lambda: service.create_shop(uow, actor=creation.actor, data=body),
        ShopRead,
        location="/v1/shops/{id}",
    )


@router.get("", summary="List shops", dependencies=[allow(*READ)])
async def list_shops(*, uow: Uow, actor: CurrentActor, query: Annotated[ShopQuery, Query()]) -> Page[ShopRead]:
    """The shops whose values the caller sees: all, or those owned or in a submitted goal of whom they answer for."""
    found = await service.list_shops(
        uow, actor=actor, platform=query.platform, external_id=query.external_id, name=query.name, query=query
    )
    return Page[ShopRead].model_validate(page_of(*found))


@router.get("/{shop_id}", summary="Get a shop", dependencies=[allow(*READ)])
async def get_shop(*, uow: Uow, actor: CurrentActor, tag: Tag, shop_id: UUID) -> ShopRead:
    """One shop."""
    shop = await service.get_shop(uow, actor=actor, shop_id=shop_id)
    tag.show(version_tag(shop.version))
    return ShopRead.model_validate(shop)


@router.patch("/{shop_id}", summary="Change a shop", dependencies=[allow(*WRITE)])
async def update_shop(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, shop_id: UUID, body: ShopUpdate, if_match: IfMatch = None
) -> ShopRead:
    """Its name, time zone or currency; what names it to connectors stays."""
    shop = await service.update_shop(uow, actor=actor, shop_id=shop_id, data=body, if_match=if_match)
    tag.set(version_tag(shop.version))
    return ShopRead.model_validate(shop)


@router.get(
    "/{shop_id}/owners", summary="Who owns a shop on a day", dependencies=[allow(*READ)], responses=problems(NotFound)
)
async def get_shop_owners(
    *, uow: Uow, actor: CurrentActor, tag: Tag, shop_id: UUID, query: Annotated[OwnersQuery, Query()]
) -> ShopOwnersRead:
    """The set of that day, with the first and the last day it holds."""
    shown = await owners.get_owners(uow, actor=actor, shop_id=shop_id, on=query.on or business_day())
    tag.show(shown.tag)
    return shown.body


@router.get(
    "/{shop_id}/owners/history",
    summary="Who owned a shop when",
    dependencies=[allow(*READ)],
    responses=problems(NotFound),
)
async def list_shop_owners(
    *, uow: Uow, actor: CurrentActor, shop_id: UUID, query: Annotated[OwnersHistoryQuery, Query()]
) -> Page[ShopOwnersRead]:
    """Set after set without a gap, from the first owner on; those to come too."""
    found = await owners.list_owner_sets(uow, actor=actor, shop_id=shop_id, query=query)
    return Page[ShopOwnersRead].model_validate(page_of(*found))


@router.put(
    "/{shop_id}/owners",
    summary="Say who owns a shop from a day on",
    dependencies=[allow(*WRITE)],
    responses=problems(NotFound, Invalid),
)
async def put_shop_owners(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    shop_id: UUID,
    body: ShopOwnersUpdate,
    if_match: IfMatch = None,
) -> ShopOwnersRead:
    """The whole set together, with shares that make 1; it replaces whatever was set for that day and later."""
    shown = await owners.set_owners(uow, actor=actor, shop_id=shop_id, data=body, if_match=if_match)
    tag.set(shown.tag)
    return shown.body
