"""Webhooks: who is told of events, and what has become of each delivery (ADR 48)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, content_tag, version_tag
from attain_api.paging import PageQuery
from attain_api.settings import ApiSettings
from attain_api.webhooks import repository
from attain_api.webhooks.repository import WantedDeliveries, WantedWebhooks
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, FieldError, Invalid, NotFound, Unavailable
from attain_shared.identifiers import new_id
from attain_shared.webhooks.addresses import AddressRefused, check_url
from attain_shared.webhooks.models import Delivery, Webhook
from attain_shared.webhooks.schemas import (
    Channel,
    DeliveryDetail,
    DeliveryRead,
    DeliveryState,
    WebhookCreate,
    WebhookCreated,
    WebhookRead,
    WebhookRotated,
    WebhookUpdate,
)
from attain_shared.webhooks.sealing import DeliveryKey

MAX_WEBHOOKS = 50
"""Of a company: each takes its share of what a worker delivers."""
SETTINGS_RETRY_SECONDS = 3600
ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
WITH_SECRET = frozenset({Channel.DINGTALK, Channel.FEISHU})
"""Channels whose vendor gives a robot a secret of its own."""


class TooManyWebhooks(Conflict):
    """The company has as many webhooks as it can; delete one that is not needed."""

    code, title = "too-many-webhooks", "Too many webhooks"


class NotSetUp(Unavailable):
    """The installation has no key for what goes out."""

    code, title = "webhooks-not-set-up", "Webhooks are not set up"


def key_of(settings: ApiSettings) -> DeliveryKey:
    """The key that addresses and secrets are sealed with.

    Raises:
        NotSetUp: there is none.
    """
    if settings.delivery_key is None:
        raise NotSetUp(
            "The operator has not set ATTAIN_DELIVERY_KEY, without which no secret can be kept.",
            retry_after=SETTINGS_RETRY_SECONDS,
        )
    return DeliveryKey(settings.delivery_key.get_secret_value())


@dataclass(frozen=True, slots=True)
class KeyedWebhook:
    """A webhook that was just made, its secret, and who may do what with it."""

    webhook: Webhook
    signing_secret: str | None
    actor: Actor

    @property
    def id(self) -> UUID:
        """The webhook's."""
        return self.webhook.id

    @property
    def version(self) -> int:
        """The webhook's."""
        return self.webhook.version


def tag_of(webhook: Webhook, actor: Actor) -> str:
    """The ETag of a webhook, which shows what the caller may do."""
    return version_tag(webhook.version, suffix=None if "admin" in actor.roles else "r")


def read_webhook(webhook: Webhook, *, actor: Actor) -> WebhookRead:
    """A webhook as the caller sees it."""
    actions = []
    if "admin" in actor.roles:
        actions = ["replay"]
        actions += ["rotate"] if webhook.channel == Channel.WEBHOOK else []
        actions += ["test"] if webhook.is_active else []
    stored = {
        name: getattr(webhook, name)
        for name in WebhookRead.model_fields
        if name not in {"has_secret", "allowed_actions"}
    }
    has_secret = webhook.vendor_secret_sealed is not None
    return WebhookRead.model_validate(stored | {"has_secret": has_secret, "allowed_actions": actions})


def read_created(made: KeyedWebhook) -> WebhookCreated:
    """The answer that shows the signing secret."""
    seen = read_webhook(made.webhook, actor=made.actor)
    return WebhookCreated(**dict(seen), signing_secret=made.signing_secret)


def read_rotated(made: KeyedWebhook) -> WebhookRotated:
    """The answer that shows the next signing secret."""
    seen = read_webhook(made.webhook, actor=made.actor)
    return WebhookRotated(**dict(seen), signing_secret=made.signing_secret or "")


def read_delivery(delivery: Delivery, *, actor: Actor) -> DeliveryRead:
    """A delivery as a list shows it."""
    return DeliveryRead(**_shown(DeliveryRead, delivery, actor))


def read_detail(delivery: Delivery, *, actor: Actor) -> DeliveryDetail:
    """A delivery with its tries."""
    return DeliveryDetail(**_shown(DeliveryDetail, delivery, actor))


def _shown(model: type[DeliveryRead], delivery: Delivery, actor: Actor) -> dict[str, object]:
    shown = {name: getattr(delivery, name) for name in model.model_fields if name != "allowed_actions"}
    is_over = "admin" in actor.roles and delivery.state != "pending"
    return shown | {"allowed_actions": ["replay"] if is_over else []}


async def create_webhook(uow: UnitOfWork, *, actor: Actor, settings: ApiSettings, data: WebhookCreate) -> KeyedWebhook:
    """A new webhook, which is told of what happens from now on."""
    key = key_of(settings)
    _check(settings, channel=data.channel, url=data.url, secret=data.secret)
    if await repository.hold_count(uow.session, company_id=actor.company_id) >= MAX_WEBHOOKS:
        raise TooManyWebhooks(f"A company has {MAX_WEBHOOKS} webhooks at most.")
    here = await repository.start_relay(uow.session, company_id=actor.company_id)
    webhook_id = new_id()
    webhook = Webhook(
        company_id=actor.company_id,
        id=webhook_id,
        starts_after=here.position,
        url_sealed=key.seal(data.url, owner=webhook_id),
        url_shown=_host(data.url),
        vendor_secret_sealed=None if data.secret is None else key.seal(data.secret, owner=webhook_id),
        **data.model_dump(exclude={"url", "secret"}),
    )
    uow.session.add(webhook)
    await uow.session.flush()
    return KeyedWebhook(webhook, _signing_secret(webhook, key), actor)


async def get_webhook(uow: UnitOfWork, *, actor: Actor, webhook_id: UUID) -> Webhook:
    """A webhook of the caller's company."""
    return _found(await repository.find_webhook(uow.session, company_id=actor.company_id, webhook_id=webhook_id))


async def list_webhooks(
    uow: UnitOfWork, *, actor: Actor, wanted: WantedWebhooks, query: PageQuery
) -> tuple[list[Webhook], str | None]:
    """A part of the company's webhooks."""
    return await repository.list_webhooks(uow.session, company_id=actor.company_id, wanted=wanted, query=query)


async def update_webhook(
    uow: UnitOfWork,
    *,
    actor: Actor,
    settings: ApiSettings,
    webhook_id: UUID,
    data: WebhookUpdate,
    if_match: str | None,
) -> Webhook:
    """Change what is given; one that Attain had given up is taken up again by `is_active`."""
    webhook = await _hold(uow, actor=actor, webhook_id=webhook_id, if_match=if_match)
    changes = data.model_dump(exclude_unset=True)
    url, secret = changes.pop("url", None), changes.get("secret")
    _check(settings, channel=Channel(webhook.channel), url=url, secret=secret)
    if url is not None:
        changes |= {"url_sealed": key_of(settings).seal(url, owner=webhook.id), "url_shown": _host(url)}
    if "secret" in changes:
        del changes["secret"]
        sealed = None if secret is None else key_of(settings).seal(secret, owner=webhook.id)
        changes |= {"vendor_secret_sealed": sealed}
    if changes.get("is_active"):
        changes |= {"disabled_at": None, "disabled_reason": None, "failing_since": None}
    if {"url_sealed", "vendor_secret_sealed", "is_active"} & changes.keys():
        changes |= {"sends_after": None}  # it was the receiver before that had asked to be left alone
    apply_changes(webhook, changes)
    await uow.session.flush()
    return webhook


async def delete_webhook(uow: UnitOfWork, *, actor: Actor, webhook_id: UUID, if_match: str | None) -> None:
    """It is told of nothing any more, not even of what was on its way."""
    webhook = await _hold(uow, actor=actor, webhook_id=webhook_id, if_match=if_match)
    await uow.session.delete(webhook)
    await uow.session.flush()


async def rotate_secret(
    uow: UnitOfWork,
    *,
    actor: Actor,
    settings: ApiSettings,
    webhook_id: UUID,
    overlap_hours: int,
    if_match: str | None,
) -> KeyedWebhook:
    """A new signing secret; the one before signs beside it for some hours more."""
    webhook = await _hold(uow, actor=actor, webhook_id=webhook_id, if_match=if_match)
    key = key_of(settings)
    if webhook.channel != Channel.WEBHOOK:
        raise ActionNotAllowed("A robot's secret is its vendor's to change; then set it here.")
    until = utc_now() + timedelta(hours=overlap_hours) if overlap_hours else None
    apply_changes(webhook, {"secret_generation": webhook.secret_generation + 1, "previous_secret_until": until})
    await uow.session.flush()
    return KeyedWebhook(webhook, _signing_secret(webhook, key), actor)


async def send_test(
    uow: UnitOfWork, *, actor: Actor, webhook_id: UUID, if_match: str | None
) -> tuple[Webhook, Delivery]:
    """Put a test event on its way, as all others go."""
    webhook = await _hold(uow, actor=actor, webhook_id=webhook_id, if_match=if_match)
    if not webhook.is_active:
        raise ActionNotAllowed("Nothing is sent to a webhook that is not active.")
    delivery = await repository.add_test(uow.session, company_id=actor.company_id, webhook_id=webhook_id, now=utc_now())
    return webhook, delivery


async def replay_dead(
    uow: UnitOfWork, *, actor: Actor, webhook_id: UUID, since: datetime, if_match: str | None
) -> tuple[Webhook, int]:
    """Send anew what was given up, in the order in which it happened."""
    webhook = await _hold(uow, actor=actor, webhook_id=webhook_id, if_match=if_match)
    return webhook, await _send_anew(uow, webhook=webhook, states=["dead"], since=since)


async def list_deliveries(
    uow: UnitOfWork, *, actor: Actor, webhook_id: UUID, wanted: WantedDeliveries, query: PageQuery
) -> tuple[list[Delivery], str | None]:
    """A part of what went to a webhook."""
    await get_webhook(uow, actor=actor, webhook_id=webhook_id)
    return await repository.list_deliveries(
        uow.session, company_id=actor.company_id, webhook_id=webhook_id, wanted=wanted, query=query
    )


async def get_delivery(uow: UnitOfWork, *, actor: Actor, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    """A delivery to a webhook of the caller's company."""
    await get_webhook(uow, actor=actor, webhook_id=webhook_id)
    found = await repository.find_delivery(
        uow.session, company_id=actor.company_id, webhook_id=webhook_id, delivery_id=delivery_id
    )
    if found is None:
        raise NotFound("There is no such delivery.")
    return found


async def replay_delivery(
    uow: UnitOfWork, *, actor: Actor, webhook_id: UUID, delivery_id: UUID, if_match: str | None
) -> Delivery:
    """Send one anew that is over, whether it arrived or not."""
    webhook = await _hold(uow, actor=actor, webhook_id=webhook_id, if_match=None)
    delivery = await get_delivery(uow, actor=actor, webhook_id=webhook_id, delivery_id=delivery_id)
    check_if_match(if_match, content_tag(read_detail(delivery, actor=actor)))
    if delivery.state == "pending":
        raise ActionNotAllowed("The delivery is on its way.")
    await _send_anew(uow, webhook=webhook, states=["delivered", "dead"], since=ANY_TIME, delivery_id=delivery_id)
    return await get_delivery(uow, actor=actor, webhook_id=webhook_id, delivery_id=delivery_id)


async def _send_anew(
    uow: UnitOfWork,
    *,
    webhook: Webhook,
    states: Sequence[DeliveryState],
    since: datetime,
    delivery_id: UUID | None = None,
) -> int:
    """Make deliveries pending again, and say in the audit trail who did."""
    sent = await repository.send_anew(
        uow.session,
        company_id=webhook.company_id,
        webhook_id=webhook.id,
        states=states,
        since=since,
        now=utc_now(),
        delivery_id=delivery_id,
    )
    uow.record(resource_type="webhook", resource_id=webhook.id, changes={"replayed": (None, sent)})
    return sent


async def _hold(uow: UnitOfWork, *, actor: Actor, webhook_id: UUID, if_match: str | None) -> Webhook:
    webhook = _found(
        await repository.find_webhook(uow.session, company_id=actor.company_id, webhook_id=webhook_id, for_update=True)
    )
    check_if_match(if_match, version_tag(webhook.version))
    return webhook


def _found(webhook: Webhook | None) -> Webhook:
    if webhook is None:
        raise NotFound("There is no such webhook.")
    return webhook


def _signing_secret(webhook: Webhook, key: DeliveryKey) -> str | None:
    if webhook.channel != Channel.WEBHOOK:
        return None
    return key.signing_secret(webhook.id, generation=webhook.secret_generation)


def _host(url: str) -> str:
    """What is shown of an address that `check_url` has let pass."""
    return httpx.URL(url).netloc.decode()[:200]


def _check(settings: ApiSettings, *, channel: Channel, url: str | None, secret: str | None) -> None:
    errors = []
    if url is not None:
        try:
            check_url(url, channel=channel, networks=settings.delivery_networks)
        except AddressRefused as error:
            errors.append(FieldError("/url", f"url-{error.reason}", f"Attain does not send there: {error}."))
    if secret is not None and channel not in WITH_SECRET:
        errors.append(FieldError("/secret", "secret-not-taken", "This channel has no secret of its own."))
    if errors:
        raise Invalid("The webhook is not valid; see `errors`.", errors=errors)
