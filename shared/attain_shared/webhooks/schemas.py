"""The wire contract of webhooks and their deliveries."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, AfterValidator, ConfigDict, Field

from attain_shared.events.schemas import EventKind
from attain_shared.wire import Input, Instant, Name, Output

TEST_KIND = "webhook.test"
"""What a test event is called; it is about the webhook itself."""


class Channel(StrEnum):
    """How a receiver wants to be told."""

    WEBHOOK = "webhook"
    """A program: JSON, signed as Standard Webhooks defines it."""
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    WECOM = "wecom"


Language = Literal["zh-CN", "en"]
DeliveryState = Literal["pending", "delivered", "dead"]
DisabledReason = Literal["gone", "failing"]


def _kinds_once(kinds: list[EventKind]) -> list[EventKind]:
    return sorted(set(kinds))


EventKinds = Annotated[list[EventKind], Field(min_length=1, max_length=20), AfterValidator(_kinds_once)]
Url = Annotated[str, Field(min_length=1, max_length=2000)]
VendorSecret = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]


class WebhookCreate(Input):
    """A new receiver."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "企业数据平台",
                    "channel": "webhook",
                    "url": "https://hooks.example.com/attain",
                    "event_kinds": ["alert.raised", "alert.cleared"],
                    "language": "zh-CN",
                }
            ]
        }
    )

    name: Name
    """Its name."""
    channel: Channel
    """`webhook` for a program, else the vendor of the robot."""
    url: Url
    """Where to send to: https, at a public address. It is not shown again."""
    secret: VendorSecret | None = None
    """A DingTalk or Feishu robot's own secret, where it has one. It is not shown again."""
    event_kinds: EventKinds
    """What it is told of."""
    language: Language = "zh-CN"
    """Of a robot's messages."""
    is_active: bool = Field(default=True, strict=True)
    """Whether it is told of anything; what happens meanwhile is not made up for."""


class WebhookUpdate(Input):
    """What to change of a webhook: absent means unchanged."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_active": False}]})

    name: Name | MISSING = MISSING
    """Its name."""
    url: Url | MISSING = MISSING
    """Where to send to from now on."""
    secret: VendorSecret | MISSING | None = MISSING
    """A robot's own secret; null where it has none any more."""
    event_kinds: EventKinds | MISSING = MISSING
    """What it is told of."""
    language: Language | MISSING = MISSING
    """Of a robot's messages."""
    is_active: Annotated[bool, Field(strict=True)] | MISSING = MISSING
    """True also takes one up again that Attain had given up."""


class WebhookRead(Output):
    """A receiver, without its secrets."""

    id: UUID
    """Its id."""
    name: str
    """Its name."""
    channel: Channel
    """How it is told."""
    url_shown: str
    """The host that is sent to; the rest may be a secret."""
    has_secret: bool
    """Whether a robot's own secret is known."""
    event_kinds: list[EventKind]
    """What it is told of."""
    language: Language
    """Of a robot's messages."""
    is_active: bool
    """Whether it is told of anything."""
    disabled_at: Instant | None
    """When Attain gave it up; null where it has not."""
    disabled_reason: DisabledReason | None
    """`gone`: the receiver said so (410); `failing`: nothing had arrived there for five days."""
    failing_since: Instant | None
    """Since when every try has failed; null where the last one has not."""
    previous_secret_until: Instant | None
    """Until then it is also signed with the secret before."""
    created_at: Instant
    """When it was made."""
    allowed_actions: list[str]
    """What the caller may do with it now."""


class WebhookCreated(WebhookRead):
    """A new receiver, with its signing secret."""

    signing_secret: str | None
    """`whsec_…`, of a `webhook`: shown this once, null in a replay and for robots."""


class WebhookRotated(WebhookRead):
    """A receiver with its next signing secret."""

    signing_secret: str
    """`whsec_…`: shown this once."""


class WebhookTested(WebhookRead):
    """A receiver, and the test event that is on its way to it."""

    delivery_id: UUID
    """To be found in its deliveries."""


class WebhookReplayed(WebhookRead):
    """A receiver, and how much is sent to it anew."""

    replayed: int
    """Dead deliveries that are pending again; at 10,000 there may be more."""


class ReplayBody(Input):
    """Which dead deliveries to send anew."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2026-11-20T00:00:00+08:00"}]})

    since: Instant
    """Those made since then."""


class TryRead(Output):
    """One try of a delivery."""

    at: Instant
    """When it ended."""
    status: int | None
    """HTTP's status; null where there was no answer."""
    error: str | None
    """Why it failed: a code; null where it did not."""
    milliseconds: int
    """How long it took."""


class DeliveryRead(Output):
    """An event on its way to a webhook, or there."""

    id: UUID
    """The `webhook-id` of every try: a receiver knows a repetition by it."""
    event_id: UUID
    """The event's."""
    kind: str
    """What has happened; `webhook.test` for a test."""
    subject_id: UUID
    """The goal, the review, the alert; of a test the webhook."""
    happened_at: Instant
    """When."""
    state: DeliveryState
    """`dead` after the last try."""
    attempts: int
    """Tries so far, since it was last sent anew."""
    next_attempt_at: Instant | None
    """When the next try is due; null while another of its subject is before it, and once it is over."""
    finished_at: Instant | None
    """When it arrived or was given up."""
    created_at: Instant
    """When it was made."""
    allowed_actions: list[str]
    """`replay`, once it is over."""


class DeliveryDetail(DeliveryRead):
    """The same, with its tries."""

    tries: list[TryRead]
    """The last twenty, oldest first."""
