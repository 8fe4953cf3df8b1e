"""Cycles, goals and their indicators; marks of what to recompute, and the attainments computed."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Sequence,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version

mark_generation = Sequence("mark_generation", metadata=Base.metadata)
"""Generations never repeat, not even after a mark was deleted: a slow worker can then never delete a newer mark."""


class Cycle(Base):
    """A period that goals belong to (GOAL-1)."""

    __tablename__ = "cycles"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        UniqueConstraint("company_id", "kind", "starts_on"),
        CheckConstraint("state IN ('open', 'closed')", name="state"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    kind: Mapped[code_text]
    name: Mapped[name_text]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[code_text]
    created_at: Mapped[created]
    version: Mapped[row_version]


class Goal(Base):
    """A goal (目标) of the company, a department or a person (GOAL-1)."""

    __tablename__ = "goals"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "cycle_id"], ["cycles.company_id", "cycles.id"]),
        ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        ForeignKeyConstraint(["company_id", "parent_id"], ["goals.company_id", "goals.id"]),
        CheckConstraint("num_nonnulls(department_id, person_id) <= 1", name="one_owner"),
        CheckConstraint("weight BETWEEN 0 AND 100", name="weight_percent"),
        CheckConstraint("starts_on <= ends_on", name="window"),
        CheckConstraint(
            "state IN ('draft', 'submitted', 'returned', 'confirmed', 'closed', 'cancelled')", name="state"
        ),
        Index(None, "company_id", "cycle_id", "person_id"),
        Index(None, "company_id", "cycle_id", "department_id"),
        Index(None, "company_id", "parent_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    cycle_id: Mapped[UUID]
    department_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    """With neither a department nor a person, the owner is the company."""
    parent_id: Mapped[UUID | None]
    title: Mapped[name_text]
    why: Mapped[str | None]
    how: Mapped[str | None]
    behaviours: Mapped[str | None]
    standards: Mapped[dict[str, Any] | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    weight: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    rubric: Mapped[dict[str, Any] | None]
    ignore_missing: Mapped[bool]
    state: Mapped[code_text]
    created_by: Mapped[UUID]
    created_at: Mapped[created]
    version: Mapped[row_version]


class Indicator(Base):
    """What a goal is measured by (GOAL-4)."""

    __tablename__ = "indicators"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "goal_id"], ["goals.company_id", "goals.id"]),
        UniqueConstraint("company_id", "goal_id", "position"),
        CheckConstraint("kind IN ('metric')", name="kind"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    goal_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[code_text]
    metric: Mapped[code_text]
    metric_version: Mapped[int | None]
    """Of a company's own metric the version that it is measured by (MET-4): in an open cycle the one in force."""
    aggregate: Mapped[code_text]
    dimension: Mapped[name_text]
    shop_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID))
    direction: Mapped[code_text]
    target: Mapped[Decimal | None]
    baseline: Mapped[Decimal | None]
    band_low: Mapped[Decimal | None]
    band_high: Mapped[Decimal | None]
    cap: Mapped[Decimal]


class IndicatorSource(Base):
    """A series that feeds an indicator: a change of it marks the indicator's goal."""

    __tablename__ = "indicator_sources"
    __table_args__ = (
        ForeignKeyConstraint(
            ["company_id", "indicator_id"], ["indicators.company_id", "indicators.id"], ondelete="CASCADE"
        ),
        Index(None, "company_id", "indicator_id"),
    )
    company_id: Mapped[company_key]
    shop_id: Mapped[UUID] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    indicator_id: Mapped[UUID] = mapped_column(primary_key=True)
    goal_id: Mapped[UUID]
    starts_on: Mapped[date]
    ends_on: Mapped[date]


class GoalMark(Base):
    """A goal whose facts have changed since its attainment was computed."""

    __tablename__ = "goal_marks"
    __table_args__ = (ForeignKeyConstraint(["company_id", "goal_id"], ["goals.company_id", "goals.id"]),)
    company_id: Mapped[company_key]
    goal_id: Mapped[UUID] = mapped_column(primary_key=True)
    generation: Mapped[int] = mapped_column(BigInteger)
    first_batch_id: Mapped[UUID | None]
    """The earliest batch that the attainment does not show yet."""
    marked_at: Mapped[created]


class Attainment(Base):
    """A goal's score as the facts have it (GOAL-5, GOAL-6)."""

    __tablename__ = "attainments"
    __table_args__ = (ForeignKeyConstraint(["company_id", "goal_id"], ["goals.company_id", "goals.id"]),)
    company_id: Mapped[company_key]
    goal_id: Mapped[UUID] = mapped_column(primary_key=True)
    score: Mapped[Decimal | None]
    score_low: Mapped[Decimal | None]
    score_high: Mapped[Decimal | None]
    score_forecast: Mapped[Decimal | None]
    rule: Mapped[str | None]
    status: Mapped[code_text]
    business_day: Mapped[date]
    """The day it was computed on: verdicts and pace move with the calendar."""
    computed_at: Mapped[datetime]
    indicators: Mapped[list[dict[str, Any]]]
    """One object an indicator, in their order, with the fields of `IndicatorAttainment`."""
