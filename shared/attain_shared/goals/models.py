"""Cycles, goals, their indicators and milestones, and the record of a goal's life."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version


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
        ForeignKeyConstraint(["company_id", "rubric_id"], ["rubrics.company_id", "rubrics.id"]),
        ForeignKeyConstraint(["company_id", "template_id"], ["kpi_templates.company_id", "kpi_templates.id"]),
        CheckConstraint(
            "state IN ('draft', 'submitted', 'returned', 'confirmed', 'closed', 'cancelled')", name="state"
        ),
        Index(None, "company_id", "cycle_id", "person_id"),
        Index(None, "company_id", "cycle_id", "department_id"),
        Index(None, "company_id", "parent_id"),
        Index(None, "company_id", "rubric_id"),
        # a template is assigned to an owner once in a cycle, however often it is asked for (GOAL-13)
        Index(
            "uq_goals_assigned",
            "company_id",
            "cycle_id",
            "template_id",
            "person_id",
            unique=True,
            postgresql_where=text("template_id IS NOT NULL AND state <> 'cancelled'"),
        ),
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
    collaborators: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID), server_default=text("'{}'"))
    """People who help with it, in the order given."""
    rubric: Mapped[dict[str, Any] | None]
    """The rules it is scored by, as they were when it was written; none for the default."""
    rubric_id: Mapped[UUID | None]
    """The company's rubric that the rules were taken from."""
    rubric_version: Mapped[int] = mapped_column(server_default=text("1"))
    """Of that rubric; else how often the goal's own rules were set."""
    ignore_missing: Mapped[bool]
    state: Mapped[code_text]
    agreed_at: Mapped[datetime | None]
    """When the owner's superior agreed to what was submitted last: before that nobody confirms it (GOAL-3)."""
    is_closed_with_cycle: Mapped[bool] = mapped_column(server_default=text("false"))
    """Closed as the cycle was, and confirmed again if that is opened."""
    template_id: Mapped[UUID | None]
    """The KPI template that it was assigned by (GOAL-13)."""
    copied_from_id: Mapped[UUID | None]
    """The goal of an earlier cycle that it was copied from."""
    created_by: Mapped[UUID]
    created_at: Mapped[created]
    version: Mapped[row_version]


class Indicator(Base):
    """What a goal is measured by (GOAL-4)."""

    __tablename__ = "indicators"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "goal_id"], ["goals.company_id", "goals.id"]),
        # judged at the end of the transaction: indicators change places
        UniqueConstraint("company_id", "goal_id", "position", deferrable=True, initially="DEFERRED"),
        ForeignKeyConstraint(["company_id", "item_set_id"], ["item_sets.company_id", "item_sets.id"]),
        ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        CheckConstraint("kind IN ('metric', 'growth', 'people', 'manual', 'milestones')", name="kind"),
        CheckConstraint("attribution IN ('whole', 'owned')", name="attribution"),
        CheckConstraint("against IN ('previous', 'last_year')", name="against"),
        Index(None, "company_id", "item_set_id"),
        Index("ix_indicators_on_people", "company_id", "goal_id", postgresql_where=text("kind = 'people'")),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    goal_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[code_text]
    metric: Mapped[code_text | None]
    """Of the catalogue, or of the figures on people; none where numbers are entered, or milestones counted."""
    metric_version: Mapped[int | None]
    """Of a company's own metric the version that it is measured by (MET-4): in an open cycle the one in force."""
    aggregate: Mapped[code_text | None]
    """How the window is formed; none where no metric of the catalogue is measured."""
    dimension: Mapped[name_text]
    item_set_id: Mapped[UUID | None]
    item_dimensions: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """Of an item set, the dimensions of its items: kept up to date while the cycle is open (MET-2)."""
    against: Mapped[code_text | None]
    """What growth is against (GOAL-4)."""
    attribution: Mapped[code_text] = mapped_column(server_default="whole")
    department_id: Mapped[UUID | None]
    """Whose people a figure on people is about."""
    name: Mapped[name_text | None]
    """What is entered by hand."""
    unit: Mapped[name_text | None]
    """Of what is entered by hand."""
    daily_curve: Mapped[list[Decimal] | None] = mapped_column(ARRAY(Numeric))
    """What each day of the window weighs, where that was given (GOAL-7)."""
    shop_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID))
    named_by: Mapped[UUID | None]
    """Who said what it measures, where that was not whoever wrote the goal."""
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


class Milestone(Base):
    """A step of a goal, with its day (GOAL-1)."""

    __tablename__ = "milestones"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "goal_id"], ["goals.company_id", "goals.id"]),
        ForeignKeyConstraint(["company_id", "owner_id"], ["people.company_id", "people.id"]),
        Index(None, "company_id", "goal_id", "position"),
        Index(None, "company_id", "owner_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    goal_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[name_text]
    due_on: Mapped[date]
    owner_id: Mapped[UUID | None]
    """Who sees to it; by default the goal's owner."""
    done_on: Mapped[date | None]
    done_at: Mapped[datetime | None]
    """When that was said: what was known at an instant goes by it (MET-7)."""


class IndicatorEntry(Base):
    """A number entered by the owner of a goal, with its evidence (GOAL-4)."""

    __tablename__ = "indicator_entries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["company_id", "indicator_id"], ["indicators.company_id", "indicators.id"], ondelete="CASCADE"
        ),
        CheckConstraint("state IN ('pending', 'accepted', 'rejected')", name="state"),
        Index(None, "company_id", "indicator_id", "on_day"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    goal_id: Mapped[UUID]
    indicator_id: Mapped[UUID]
    value: Mapped[Decimal]
    on_day: Mapped[date]
    evidence: Mapped[str]
    state: Mapped[code_text]
    entered_by: Mapped[UUID]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it was rejected."""
    created_at: Mapped[created]
    version: Mapped[row_version]


class GoalEvent(Base):
    """What was done with a goal, by whom and why (GOAL-3)."""

    __tablename__ = "goal_events"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "goal_id"], ["goals.company_id", "goals.id"]),
        Index(None, "company_id", "goal_id", "id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    goal_id: Mapped[UUID]
    action: Mapped[code_text]
    actor_id: Mapped[UUID]
    is_stand_in: Mapped[bool]
    """Whether it was done for an owner without an account."""
    reason: Mapped[str | None]
    changes: Mapped[dict[str, Any] | None]
    """Of a change, field by field what was and what is."""
    created_at: Mapped[created]
