"""What is handed to whoever sends, and what comes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to send to; what is secret is shown nowhere."""

    webhook_id: UUID
    channel: str
    url: str = field(repr=False)
    vendor_secret: str | None = field(repr=False)
    """A robot's, as its vendor gave it."""
    signing_secrets: tuple[str, ...] = field(repr=False)
    """Of a webhook, as `whsec_…`: two while one takes over from the other."""
    language: str


@dataclass(frozen=True, slots=True)
class Message:
    """An event on its way to one target."""

    delivery_id: UUID
    event_id: UUID
    kind: str
    subject_id: UUID
    happened_at: datetime
    data: Mapping[str, str]
    text_fields: Mapping[str, str] | None
    """What a robot's text is made of, beyond the ids: names of shops, a rule's playbook; of no person."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How it went."""

    ok: bool
    status: int | None
    """HTTP's, if there was an answer."""
    error: str | None
    """A code."""
    retry_after: float | None
    """Seconds that the receiver wants to be left alone."""
    gone: bool
    """The receiver is no more, and says so."""
    milliseconds: int


class Sending(Protocol):
    """What sends; it raises nothing for whatever a receiver does."""

    async def send(self, target: Target, message: Message) -> Sent:
        """One event to a webhook."""

    async def send_many(self, target: Target, messages: Sequence[Message]) -> Sent:
        """Several to a robot, as one message."""
