"""What has happened in a company, for whoever listens: live updates and webhooks read it from here."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key


class Event(Base):
    """Something that has happened, written in the transaction that made it happen: an outbox.

    It says what has changed, not into what: who is told asks for that with rights of their own (ADR 44).
    """

    __tablename__ = "events"
    __table_args__ = (Index(None, "company_id", "position", "id"),)
    # the position is the database's to give, and nothing is asked back: many are one statement
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - as the base types it
    company_id: Mapped[company_key]
    position: Mapped[int] = mapped_column(
        BigInteger,
        server_default=text("(pg_current_xact_id()::text)::bigint"),
    )
    """The transaction that wrote it. Below the oldest one that still runs nothing is added any more: who has read up
    to there misses nothing, whatever the order of the commits."""
    id: Mapped[id_key]
    kind: Mapped[code_text]
    subject_id: Mapped[UUID]
    """The goal, the review, the alert."""
    data: Mapped[dict[str, Any]]
    """Ids and codes, by kind; no figures and no texts."""
    happened_at: Mapped[created]
