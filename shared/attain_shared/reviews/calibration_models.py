"""Calibration groups, and how ratings came to be (REV-8)."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key


class CalibrationGroup(Base):
    """The people of a round whose ratings are distributed together; set when the round's first group is locked."""

    __tablename__ = "calibration_groups"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "review_cycle_id"], ["review_cycles.company_id", "review_cycles.id"]),
        ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
    )
    company_id: Mapped[company_key]
    review_cycle_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    """The department's; of people without one the round's."""
    department_id: Mapped[UUID | None]
    locked_at: Mapped[datetime | None]
    locked_by: Mapped[UUID | None]
    exception: Mapped[str | None]
    """Why it was locked in spite of violations."""
    violations: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    """Those that stood when it was locked."""
    published_at: Mapped[datetime | None]
    published_by: Mapped[UUID | None]
    publish_exception: Mapped[str | None]
    """Why it was published without some of its members."""


class RatingChange(Base):
    """A rating before and after, and why (REV-8)."""

    __tablename__ = "rating_changes"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "review_id"], ["reviews.company_id", "reviews.id"]),
        CheckConstraint("origin IN ('calibration', 'publication', 'appeal')", name="origin"),
        Index(None, "company_id", "review_id", "id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    review_id: Mapped[UUID]
    origin: Mapped[code_text]
    before: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    after: Mapped[Decimal] = mapped_column(Numeric(3, 2))
    reason: Mapped[str | None]
    """None where the suggested rating became the rating by being published."""
    changed_by: Mapped[UUID]
    created_at: Mapped[created]
