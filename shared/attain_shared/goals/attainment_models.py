"""What is computed of goals: marks of what to recompute, attainments, their history, and the curves they are paced by."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Numeric, Sequence
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created

mark_generation = Sequence("mark_generation", metadata=Base.metadata)
"""Generations never repeat, not even after a mark was deleted: a slow worker can then never delete a newer mark."""


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
    rubric_id: Mapped[UUID | None]
    """The company's rubric that it was scored by; none for the default and for a goal's own."""
    rubric_version: Mapped[int | None]
    """Its version, or that of the goal's own rules; none for the default."""
    indicators: Mapped[list[dict[str, Any]]]
    """One object an indicator, in their order, with the fields of `IndicatorAttainment`."""


class AttainmentDay(Base):
    """What a goal had come to at the end of a business day; a day like the one before it has no row."""

    __tablename__ = "attainment_days"
    company_id: Mapped[company_key]
    goal_id: Mapped[UUID] = mapped_column(primary_key=True)
    business_day: Mapped[date] = mapped_column(primary_key=True)
    score: Mapped[Decimal | None]
    score_low: Mapped[Decimal | None]
    score_high: Mapped[Decimal | None]
    score_forecast: Mapped[Decimal | None]
    status: Mapped[code_text]
    attainments: Mapped[list[Decimal | None]] = mapped_column(ARRAY(Numeric))
    """The indicators', in the goal's order; none without data, and where only bounds are known."""


class PaceCurve(Base):
    """By when how much of a window's figure is to be expected (GOAL-7), for every indicator of that figure and window."""

    __tablename__ = "pace_curves"
    company_id: Mapped[company_key]
    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Made of the figure and the window: indicators that measure the same share it."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    method: Mapped[code_text]
    error: Mapped[Decimal | None]
    """The method's mean absolute percentage error at the end of past windows, as a share; none without any."""
    errors: Mapped[dict[str, Any]]
    """Of every method that was tried."""
    shares: Mapped[list[Decimal]] = mapped_column(ARRAY(Numeric))
    """The share expected by the end of each day of the window."""
    computed_on: Mapped[date]
