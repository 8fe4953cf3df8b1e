"""Check-ins: what somebody reports of a week or a month, or notes of a 1:1, with what is said on it (CULT-1)."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, row_version


class CheckIn(Base):
    """A weekly report, a monthly summary, or one side's notes of a 1:1."""

    __tablename__ = "check_ins"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        UniqueConstraint(
            "company_id",
            "person_id",
            "kind",
            "starts_on",
            "with_person_id",
            name="uq_check_ins_once",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("kind IN ('weekly', 'monthly', 'one_on_one')", name="kind"),
        CheckConstraint("(kind = 'one_on_one') = (with_person_id IS NOT NULL)", name="with_person_id"),
        CheckConstraint("state IN ('draft', 'submitted')", name="state"),
        Index(None, "company_id", "starts_on", "id"),
        Index(None, "company_id", "with_person_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    person_id: Mapped[UUID]
    """Who writes it."""
    kind: Mapped[code_text]
    with_person_id: Mapped[UUID | None]
    """Of a 1:1, the other."""
    starts_on: Mapped[date]
    """The Monday of the week, the first of the month, the day of the 1:1."""
    summary: Mapped[str]
    plans: Mapped[str | None]
    blockers: Mapped[str | None]
    private_note: Mapped[str | None]
    """For the writer's eyes alone."""
    state: Mapped[code_text]
    submitted_at: Mapped[datetime | None]
    created_at: Mapped[created]
    version: Mapped[row_version]


class CheckInGoal(Base):
    """What a check-in says of a goal, and what the goal had come to when it was submitted."""

    __tablename__ = "check_in_goals"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "check_in_id"], ["check_ins.company_id", "check_ins.id"]),
        ForeignKeyConstraint(["company_id", "goal_id"], ["goals.company_id", "goals.id"]),
        CheckConstraint("confidence IN ('on_track', 'at_risk', 'off_track')", name="confidence"),
        Index(None, "company_id", "goal_id"),
    )
    company_id: Mapped[company_key]
    check_in_id: Mapped[UUID] = mapped_column(primary_key=True)
    goal_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    comment: Mapped[str | None]
    confidence: Mapped[code_text]
    score: Mapped[Decimal | None]
    """At submission, as the next two: as the attainment stood."""
    status: Mapped[code_text | None]
    computed_at: Mapped[datetime | None]


class CheckInComment(Base):
    """What somebody says to a submitted check-in; never changed."""

    __tablename__ = "check_in_comments"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "check_in_id"], ["check_ins.company_id", "check_ins.id"]),
        Index(None, "company_id", "check_in_id", "id"),
        Index(None, "company_id", "author_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    check_in_id: Mapped[UUID]
    author_id: Mapped[UUID]
    text: Mapped[str]
    created_at: Mapped[created]
