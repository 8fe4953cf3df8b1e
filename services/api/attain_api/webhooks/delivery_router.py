"""`/v1/webhooks/{webhook_id}/deliveries`: the log, and the queue as far as it has not gone out."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from attain_api.conditional import ChangeTag, Tag, content_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_api.webhooks import service
from attain_api.webhooks.repository import WantedDeliveries
from attain_shared.errors import Conflict, NotFound, Stale
from attain_shared.events.schemas import EventKind
from attain_shared.webhooks.schemas import DeliveryDetail, DeliveryRead, DeliveryState
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/webhooks/{webhook_id}/deliveries", tags=["Webhooks"])

READ = ("admin", "executive")
WRITE = ("admin",)


class DeliveryQuery(PageQuery):
    """Which deliveries, and in which order."""

    sort: Literal["created_at", "-created_at"] = "-created_at"
    """`-created_at` for the newest first."""
    state: DeliveryState | None = None
    """Only those in this state."""
    event_kind: EventKind | Literal["webhook.test"] | None = None
    """Only those of this kind of event."""


@router.get("", summary="List a webhook's deliveries", dependencies=[allow(*READ)], responses=problems(NotFound))
async def list_deliveries(
    *, uow: Uow, actor: CurrentActor, webhook_id: UUID, query: Annotated[DeliveryQuery, Query()]
) -> Page[DeliveryRead]:
    """What went to it in the last thirty days, and what is on its way."""
    wanted = WantedDeliveries(state=query.state, event_kind=query.event_kind)
    found, cursor = await service.list_deliveries(uow, actor=actor, webhook_id=webhook_id, wanted=wanted, query=query)
    items = [service.read_delivery(delivery, actor=actor) for delivery in found]
    return Page[DeliveryRead](items=items, next_cursor=cursor)


@router.get("/{delivery_id}", summary="Get a delivery", dependencies=[allow(*READ)], responses=problems(NotFound))
async def get_delivery(
    *, uow: Uow, actor: CurrentActor, tag: Tag, webhook_id: UUID, delivery_id: UUID
) -> DeliveryDetail:
    """One delivery, with its tries; nothing that the receiver has answered is kept."""
    delivery = await service.get_delivery(uow, actor=actor, webhook_id=webhook_id, delivery_id=delivery_id)
    shown = service.read_detail(delivery, actor=actor)
    tag.show(content_tag(shown))
    return shown


@router.post(
    "/{delivery_id}/actions/replay",
    summary="Send a delivery anew",
    dependencies=[allow(*WRITE)],
    responses=problems(NotFound, Conflict, Stale),
)
async def replay_delivery(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    webhook_id: UUID,
    delivery_id: UUID,
    if_match: IfMatch = None,
) -> DeliveryDetail:
    """With the same `webhook-id`: a receiver that has had it knows it by that."""
    delivery = await service.replay_delivery(
        uow, actor=actor, webhook_id=webhook_id, delivery_id=delivery_id, if_match=if_match
    )
    shown = service.read_detail(delivery, actor=actor)
    tag.set(content_tag(shown))
    return shown
