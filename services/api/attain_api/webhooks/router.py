"""`/v1/webhooks`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from attain_api.conditional import ChangeTag, Tag
from attain_api.deps import CurrentActor, IfMatch, State, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_api.webhooks import service
from attain_api.webhooks.repository import WantedWebhooks
from attain_shared.access.schemas import RotateBody
from attain_shared.errors import Conflict, NotFound, Stale
from attain_shared.webhooks.schemas import (
    Channel,
    ReplayBody,
    WebhookCreate,
    WebhookCreated,
    WebhookRead,
    WebhookReplayed,
    WebhookRotated,
    WebhookTested,
    WebhookUpdate,
)
from attain_shared.wire import Name, Page

router = APIRouter(prefix="/v1/webhooks", tags=["Webhooks"])

READ = ("admin", "executive")
WRITE = ("admin",)


class WebhookQuery(PageQuery):
    """How to list webhooks."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    name: Name | None = Field(default=None)
    """Only those of exactly this name."""
    channel: Channel | None = None
    """Only those of this channel."""
    is_active: bool | None = None
    """Only those that are told of events, or only those that are not."""


@router.post(
    "",
    status_code=201,
    response_model=WebhookCreated,
    summary="Create a webhook",
    dependencies=[allow(*WRITE)],
    responses=problems(service.NotSetUp, service.TooManyWebhooks),
)
async def create_webhook(*, uow: Uow, state: State, creation: Creation, body: WebhookCreate) -> Response:
    """It is told of what happens from now on; its signing secret is shown in this answer only, and not in a replay."""
    return await creation.answer(
        uow,
        lambda: service.create_webhook(uow, actor=creation.actor, settings=state.settings, data=body),
        service.read_created,
        location="/v1/webhooks/{id}",
    )


@router.get("", summary="List webhooks", dependencies=[allow(*READ)])
async def list_webhooks(*, uow: Uow, actor: CurrentActor, query: Annotated[WebhookQuery, Query()]) -> Page[WebhookRead]:
    """The company's webhooks, without their secrets."""
    wanted = WantedWebhooks(name=query.name, channel=query.channel, is_active=query.is_active)
    found, cursor = await service.list_webhooks(uow, actor=actor, wanted=wanted, query=query)
    items = [service.read_webhook(webhook, actor=actor) for webhook in found]
    return Page[WebhookRead](items=items, next_cursor=cursor)


@router.get("/{webhook_id}", summary="Get a webhook", dependencies=[allow(*READ)], responses=problems(NotFound))
async def get_webhook(*, uow: Uow, actor: CurrentActor, tag: Tag, webhook_id: UUID) -> WebhookRead:
    """One webhook, without its secrets."""
    webhook = await service.get_webhook(uow, actor=actor, webhook_id=webhook_id)
    tag.show(service.tag_of(webhook, actor))
    return service.read_webhook(webhook, actor=actor)


@router.patch(
    "/{webhook_id}",
    summary="Change a webhook",
    dependencies=[allow(*WRITE)],
    responses=problems(NotFound, Stale, service.NotSetUp),
)
async def update_webhook(
    *,
    uow: Uow,
    state: State,
    actor: CurrentActor,
    tag: ChangeTag,
    webhook_id: UUID,
    body: WebhookUpdate,
    if_match: IfMatch = None,
) -> WebhookRead:
    """What is on its way goes to the new address too."""
    webhook = await service.update_webhook(
        uow, actor=actor, settings=state.settings, webhook_id=webhook_id, data=body, if_match=if_match
    )
    tag.set(service.tag_of(webhook, actor))
    return service.read_webhook(webhook, actor=actor)


@router.delete(
    "/{webhook_id}",
    status_code=204,
    summary="Delete a webhook",
    dependencies=[allow(*WRITE)],
    responses=problems(NotFound, Stale),
)
async def delete_webhook(*, uow: Uow, actor: CurrentActor, webhook_id: UUID, if_match: IfMatch = None) -> None:
    """It is told of nothing any more, not even of what is on its way."""
    await service.delete_webhook(uow, actor=actor, webhook_id=webhook_id, if_match=if_match)


@router.post(
    "/{webhook_id}/actions/rotate",
    summary="Give a webhook a new signing secret",
    dependencies=[allow(*WRITE)],
    responses=problems(NotFound, Conflict, Stale, service.NotSetUp),
)
async def rotate_webhook_secret(
    *,
    uow: Uow,
    state: State,
    actor: CurrentActor,
    tag: ChangeTag,
    webhook_id: UUID,
    body: RotateBody,
    if_match: IfMatch = None,
) -> WebhookRotated:
    """For the overlap every request carries two signatures, of the new secret and of the one before."""
    made = await service.rotate_secret(
        uow,
        actor=actor,
        settings=state.settings,
        webhook_id=webhook_id,
        overlap_hours=body.overlap_hours,
        if_match=if_match,
    )
    tag.set(service.tag_of(made.webhook, actor))
    return service.read_rotated(made)


@router.post(
    "/{webhook_id}/actions/test",
    summary="Send a webhook a test event",
    dependencies=[allow(*WRITE)],
    responses=problems(NotFound, Conflict, Stale),
)
async def send_test_to_webhook(
    *, uow: Uow, actor: CurrentActor, tag: ChangeTag, webhook_id: UUID, if_match: IfMatch = None
) -> WebhookTested:
    """It goes the way of all others: look for it in the deliveries."""
    webhook, delivery = await service.send_test(uow, actor=actor, webhook_id=webhook_id, if_match=if_match)
    tag.set(service.tag_of(webhook, actor))
    return WebhookTested(**dict(service.read_webhook(webhook, actor=actor)), delivery_id=delivery.id)


@router.post(
    "/{webhook_id}/actions/replay",
    summary="Send a webhook anew what was given up",
    dependencies=[allow(*WRITE)],
    responses=problems(NotFound, Stale),
)
async def replay_webhook(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    webhook_id: UUID,
    body: ReplayBody,
    if_match: IfMatch = None,
) -> WebhookReplayed:
    """Its dead deliveries since then, of each subject in the order in which it happened."""
    webhook, replayed = await service.replay_dead(
        uow, actor=actor, webhook_id=webhook_id, since=body.since, if_match=if_match
    )
    tag.set(service.tag_of(webhook, actor))
    return WebhookReplayed(**dict(service.read_webhook(webhook, actor=actor)), replayed=replayed)
