"""What goals are made from: rubrics with their versions, and KPI templates."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version


class Rubric(Base):
    """A company's rubric (评分标准) by its name (GOAL-6); its rules are those of its present version."""

    __tablename__ = "rubrics"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        UniqueConstraint("company_id", "name"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    name: Mapped[name_text]
    rules_version: Mapped[int]
    """The present version of its rules."""
    created_at: Mapped[created]
    version: Mapped[row_version]


class RubricVersion(Base):
    """The rules of a rubric as they were set once: never changed, so that an attainment can name them (GOAL-6)."""

    __tablename__ = "rubric_versions"
    __table_args__ = (ForeignKeyConstraint(["company_id", "rubric_id"], ["rubrics.company_id", "rubrics.id"]),)
    company_id: Mapped[company_key]
    rubric_id: Mapped[UUID] = mapped_column(primary_key=True)
    rules_version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rubric: Mapped[dict[str, Any]]
    """As goals keep it: rules and otherwise."""
    created_by: Mapped[UUID]
    created_at: Mapped[created]


class KpiTemplate(Base):
    """A goal to start from, for a position or a function (GOAL-9)."""

    __tablename__ = "kpi_templates"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        ForeignKeyConstraint(["company_id", "position_id"], ["positions.company_id", "positions.id"]),
        ForeignKeyConstraint(["company_id", "rubric_id"], ["rubrics.company_id", "rubrics.id"]),
        UniqueConstraint("company_id", "name"),
        UniqueConstraint("company_id", "origin"),
        CheckConstraint("weight BETWEEN 0 AND 100", name="weight_percent"),
        Index(None, "company_id", "position_id"),
        Index(None, "company_id", "rubric_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    name: Mapped[name_text]
    position_id: Mapped[UUID | None]
    function: Mapped[code_text | None]
    title: Mapped[name_text]
    why: Mapped[str | None]
    how: Mapped[str | None]
    behaviours: Mapped[str | None]
    standards: Mapped[dict[str, Any] | None]
    weight: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    rubric: Mapped[dict[str, Any] | None]
    rubric_id: Mapped[UUID | None]
    ignore_missing: Mapped[bool]
    indicators: Mapped[list[dict[str, Any]]]
    """As in a goal, but without shops, and with or without targets."""
    origin: Mapped[code_text | None]
    """The shipped template it comes from."""
    created_at: Mapped[created]
    version: Mapped[row_version]
