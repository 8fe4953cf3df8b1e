"""Raters of a review (360), and what they said, with nothing that leads from the one to the other (REV-11)."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key


class ReviewRater(Base):
    """Somebody who is asked about the subject of a review."""

    __tablename__ = "review_raters"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "review_id"], ["reviews.company_id", "reviews.id"]),
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        UniqueConstraint("company_id", "review_id", "person_id"),
        CheckConstraint("relation IN ('peer', 'report', 'partner')", name="relation"),
        CheckConstraint("state IN ('nominated', 'approved', 'declined', 'answered')", name="state"),
        Index(None, "company_id", "person_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    review_id: Mapped[UUID]
    person_id: Mapped[UUID]
    relation: Mapped[code_text]
    state: Mapped[code_text]
    """Who has answered is known to nobody but the rater (REV-11)."""
    nominated_by: Mapped[UUID]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    created_at: Mapped[created]


class RaterAnswer(Base):
    """What one rater said: who it was and when is nowhere, and the id is drawn by lot."""

    __tablename__ = "rater_answers"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "review_id"], ["reviews.company_id", "reviews.id"]),
        CheckConstraint("relation IN ('peer', 'report', 'partner')", name="relation"),
        Index(None, "company_id", "review_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    review_id: Mapped[UUID]
    relation: Mapped[code_text]
    scores: Mapped[dict[str, Any]]
    """By question, a score of the scale."""
    comments: Mapped[dict[str, Any]]
    """By question, what was written."""
