"""Positions (岗位) and who could take them over."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import PERSONAL, Base, code_text, company_key, created, id_key, name_text, row_version


class Position(Base):
    """A position of a company (ORG-2)."""

    __tablename__ = "positions"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        UniqueConstraint("company_id", "function", "name"),
        UniqueConstraint("company_id", "origin"),
        CheckConstraint("tier IN ('executive', 'middle', 'frontline')", name="tier"),
        Index(None, "company_id", "name", "id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    name: Mapped[name_text]
    function: Mapped[code_text]
    tier: Mapped[code_text]
    grade: Mapped[code_text]
    duties: Mapped[list[str]] = mapped_column(ARRAY(Text))
    hiring_standards: Mapped[dict[str, Any]]
    """`{"skills": […], "experience": […], "qualities": […]}`"""
    kpi_template: Mapped[list[dict[str, Any]]]
    """Indicators to start a goal from (GOAL-9)."""
    is_key: Mapped[bool] = mapped_column(default=False)
    """A key position names successors (ORG-6)."""
    closed_on: Mapped[date | None]
    """From this day on nobody new takes it."""
    origin: Mapped[name_text | None]
    """Where in the library or in a blueprint it comes from: applying that again finds it."""
    created_at: Mapped[created]
    version: Mapped[row_version]


class Successor(Base):
    """A reserve candidate (后备干部) for a key position (ORG-6)."""

    __tablename__ = "successors"
    __table_args__ = (
        ForeignKeyConstraint(
            ["company_id", "position_id"], ["positions.company_id", "positions.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        CheckConstraint("readiness IN ('now', 'one_year', 'later')", name="readiness"),
        Index(None, "company_id", "person_id"),
    )
    company_id: Mapped[company_key]
    position_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    readiness: Mapped[code_text]
    note: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    created_at: Mapped[created]
