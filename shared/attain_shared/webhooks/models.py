"""Webhooks: who is told of events, how far they have been handed on, and what has become of each."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import SECRET, Base, code_text, company_key, created, id_key, name_text, row_version


class Webhook(Base):
    """A receiver of a company's events: a program, or a robot in a group of people."""

    __tablename__ = "webhooks"
    __table_args__ = (ForeignKeyConstraint(["company_id"], ["companies.id"]),)
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    name: Mapped[name_text]
    channel: Mapped[code_text]
    language: Mapped[code_text]
    event_kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    url_shown: Mapped[name_text]
    """Its host: the rest of the address may be a secret."""
    url_sealed: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
    vendor_secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    secret_generation: Mapped[int] = mapped_column(default=1)
    previous_secret_until: Mapped[datetime | None]
    """Until then it is also signed with the secret of the generation before."""
    starts_after: Mapped[int] = mapped_column(BigInteger)
    """The position up to which events are not told: they are from before it was made."""
    is_active: Mapped[bool]
    disabled_at: Mapped[datetime | None]
    """When Attain itself gave it up."""
    disabled_reason: Mapped[code_text | None]
    failing_since: Mapped[datetime | None]
    """Since when nothing has arrived there."""
    sends_after: Mapped[datetime | None]
    """Before then it is left alone: a robot's limit, or what the receiver asked for."""
    created_at: Mapped[created]
    version: Mapped[row_version]


class EventRelay(Base):
    """How far a company's events have been handed on to its webhooks: workers ask here first, then inside a company."""

    __tablename__ = "event_relays"
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[UUID]


class Delivery(Base):
    """An event on its way to one webhook: the row is the work to do, and afterwards the log.

    No foreign key leads to the webhook: where one is deleted, its deliveries age out with all the others.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'dead')", name="state"),
        UniqueConstraint("company_id", "webhook_id", "event_id"),
        Index(
            "ix_deliveries_due",
            "company_id",
            "webhook_id",
            "next_attempt_at",
            postgresql_where=text("state = 'pending' AND next_attempt_at IS NOT NULL"),
        ),
        Index(
            "ix_deliveries_pending",
            "company_id",
            "webhook_id",
            "subject_id",
            "position",
            "event_id",
            postgresql_where=text("state = 'pending'"),
        ),
        Index(None, "company_id", "webhook_id", "created_at", "id"),
        Index(None, "company_id", "created_at"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    webhook_id: Mapped[UUID]
    event_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(BigInteger)
    """The event's: of one subject they go in this order."""
    kind: Mapped[code_text]
    subject_id: Mapped[UUID]
    data: Mapped[dict[str, Any]]
    happened_at: Mapped[datetime]
    state: Mapped[code_text]
    attempts: Mapped[int]
    """Since it was made, or sent anew."""
    next_attempt_at: Mapped[datetime | None]
    """Empty while another of the same subject is before it, and once it is over. Whoever takes it on puts this off by
    the lease first: if they are not heard of again, it comes due again."""
    tries: Mapped[list[dict[str, Any]]]
    """The last ones: when, HTTP's status, a code, how long. Nothing that the receiver has written."""
    finished_at: Mapped[datetime | None]
    created_at: Mapped[created]
