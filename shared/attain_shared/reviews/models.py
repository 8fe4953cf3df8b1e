"""Review cycles, reviews, what is written in them, and the record of their flow (REV-1 to REV-7)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version

_STEPS = (
    "'self_assessment', 'manager_assessment', 'second_level', 'hr', 'calibration', 'interview', 'acknowledgement', "
    "'appealed', 'closed', 'cancelled'"
)


class CompanyValue(Base):
    """A value (价值观) of the company, with its five cumulative levels (REV-3)."""

    __tablename__ = "company_values"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        UniqueConstraint("company_id", "code"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    code: Mapped[code_text]
    name_zh: Mapped[name_text]
    name_en: Mapped[name_text]
    levels: Mapped[list[dict[str, Any]]]
    """Five texts, from the lowest level to the highest, each in `zh` and `en`."""
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    """Whether cycles opened from now on assess it."""
    created_at: Mapped[created]
    version: Mapped[row_version]


class ReviewCycle(Base):
    """A round of reviews of a class of people (REV-1)."""

    __tablename__ = "review_cycles"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "cycle_id"], ["cycles.company_id", "cycles.id"]),
        CheckConstraint("cadence IN ('quarter', 'half_year', 'year', 'ad_hoc')", name="cadence"),
        CheckConstraint("review_class IN ('staff', 'senior')", name="review_class"),
        CheckConstraint("state IN ('draft', 'open', 'closed')", name="state"),
        Index(None, "company_id", "cycle_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    name: Mapped[name_text]
    cadence: Mapped[code_text]
    cycle_id: Mapped[UUID]
    """The period it is about, whose goals are judged."""
    review_class: Mapped[code_text | None]
    """Whose: `staff` or `senior` (ORG-2); with none, of everybody."""
    department_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(PG_UUID))
    """Only the people of these departments and of all below them."""
    hired_by: Mapped[date | None]
    """Only people hired on this day or before."""
    person_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(PG_UUID))
    """Only these people: of an ad-hoc round (REV-11)."""
    is_values_only: Mapped[bool]
    """Values alone are assessed: of the senior class in a quarter (REV-1)."""
    settings: Mapped[dict[str, Any]]
    """As `settings.ReviewSettings` has them."""
    due: Mapped[dict[str, Any]]
    """By step, the day that it is due on."""
    company_values: Mapped[list[dict[str, Any]] | None]
    """The company's values as they were when it was opened (REV-3)."""
    state: Mapped[code_text]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    created_by: Mapped[UUID]
    created_at: Mapped[created]
    version: Mapped[row_version]


class Review(Base):
    """The review of a person in a round (REV-6)."""

    __tablename__ = "reviews"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "review_cycle_id"], ["review_cycles.company_id", "review_cycles.id"]),
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        UniqueConstraint("company_id", "review_cycle_id", "person_id"),
        CheckConstraint(f"step IN ({_STEPS})", name="step"),
        CheckConstraint("person_id <> manager_id AND person_id <> second_level_id", name="not_their_own_assessor"),
        Index(None, "company_id", "person_id"),
        Index(None, "company_id", "manager_id"),
        Index(None, "company_id", "second_level_id"),
        Index(None, "company_id", "review_cycle_id", "step", "id"),
        Index(None, "company_id", "review_cycle_id", "created_at", "id"),
        Index("ix_reviews_due", "company_id", "due_on", postgresql_where=text("step NOT IN ('closed', 'cancelled')")),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    review_cycle_id: Mapped[UUID]
    person_id: Mapped[UUID]
    department_id: Mapped[UUID | None]
    """Where the person was when the review was opened: decides the calibration group (REV-8)."""
    manager_id: Mapped[UUID]
    """Who assesses: the manager, or the assessor that HR named."""
    is_assessor_named: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether HR named whoever assesses: a change of managers leaves it so."""
    second_level_id: Mapped[UUID | None]
    """The manager's manager; none where there is none, or they would be the subject."""
    assessed_by: Mapped[UUID | None]
    """Who submitted the manager's part: in another's place, or the manager of then; nobody checks their own (REV-6)."""
    step: Mapped[code_text]
    due_on: Mapped[date | None]
    """When the step it is at is due."""
    frozen_as_of: Mapped[datetime | None]
    """What the figures are as of (REV-7)."""
    goals_score: Mapped[Decimal | None] = mapped_column(Numeric(4, 2))
    """Of the person's goals (REV-2)."""
    team_score: Mapped[Decimal | None] = mapped_column(Numeric(4, 2))
    """Of the department's goals, where they have a share (REV-2a)."""
    competency_score: Mapped[Decimal | None] = mapped_column(Numeric(4, 2))
    performance: Mapped[Decimal | None] = mapped_column(Numeric(4, 2))
    values_score: Mapped[Decimal | None] = mapped_column(Numeric(4, 2))
    values_failed: Mapped[bool | None]
    overall: Mapped[Decimal | None] = mapped_column(Numeric(4, 2))
    suggested_rating: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    rating: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    quadrant: Mapped[code_text | None]
    surprises: Mapped[list[str]] = mapped_column(ARRAY(String(80)), server_default=text("'{}'"))
    """What came without dated feedback before it: `low_rating`, `to_improve` (REV-10)."""
    group_id: Mapped[UUID | None]
    """The calibration group it is in, once the round's groups are set (REV-8)."""
    raters_closed_at: Mapped[datetime | None]
    raters_result: Mapped[dict[str, Any] | None]
    """What the raters said, aggregated, as it was when they were closed (REV-11)."""
    published_at: Mapped[datetime | None]
    interviewed_at: Mapped[datetime | None]
    appealed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[created]
    version: Mapped[row_version]

    @property
    def assessors(self) -> frozenset[UUID]:
        """Who assesses, and who assessed."""
        return frozenset({self.manager_id, self.assessed_by} - {None})  # type: ignore[arg-type]

    @property
    def has_second_level(self) -> bool:
        """Whether there is a 1 over 1 who did not assess it themselves (REV-6)."""
        return self.second_level_id is not None and self.second_level_id not in self.assessors


class ReviewDelegation(Base):
    """Who does a step in its owner's place (REV-6)."""

    __tablename__ = "review_delegations"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "review_id"], ["reviews.company_id", "reviews.id"]),
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        CheckConstraint(f"step IN ({_STEPS})", name="step"),
        Index(None, "company_id", "person_id"),
    )
    company_id: Mapped[company_key]
    review_id: Mapped[UUID] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    reason: Mapped[str]
    delegated_by: Mapped[UUID]
    created_at: Mapped[created]


class ReviewAssessment(Base):
    """What one side writes in a review: a draft until it is submitted (REV-2a, REV-3, REV-7)."""

    __tablename__ = "review_assessments"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "review_id"], ["reviews.company_id", "reviews.id"]),
        CheckConstraint("part IN ('self', 'manager', 'second_level', 'hr')", name="part"),
    )
    company_id: Mapped[company_key]
    review_id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]
    """As `assessment_schemas` has it."""
    saved_by: Mapped[UUID]
    saved_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    """Empty while it is a draft, which nobody but its writer sees; a return makes it one again."""


class ReviewGoal(Base):
    """A goal's figures in a review, frozen when the manager submits (REV-2, REV-7)."""

    __tablename__ = "review_goals"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "review_id"], ["reviews.company_id", "reviews.id"]),
        ForeignKeyConstraint(["company_id", "goal_id"], ["goals.company_id", "goals.id"]),
        Index(None, "company_id", "goal_id"),
    )
    company_id: Mapped[company_key]
    review_id: Mapped[UUID] = mapped_column(primary_key=True)
    goal_id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[name_text]
    weight: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    suggested_score: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    """Computed of the attainment; with an interval none."""
    score_low: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    score_high: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    rule: Mapped[str | None]
    indicators: Mapped[list[dict[str, Any]]]
    """The attainments of its indicators, as they were."""
    includes_batches_up_to: Mapped[UUID | None]
    score: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    """What counts: the manager's where given, else the computed one."""


class ReviewEvent(Base):
    """What was done with a review, by whom and why (REV-6)."""

    __tablename__ = "review_events"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "review_id"], ["reviews.company_id", "reviews.id"]),
        Index(None, "company_id", "review_id", "id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    review_id: Mapped[UUID]
    action: Mapped[code_text]
    """An action of the flow, or what happened by itself: `open`, `skip`, `expire`, `leave`, `change_manager`, …"""
    from_step: Mapped[code_text | None]
    to_step: Mapped[code_text]
    actor_id: Mapped[UUID | None]
    """None where it happened by itself."""
    is_delegate: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it was done in the owner's place."""
    reason: Mapped[str | None]
    details: Mapped[dict[str, Any] | None]
    created_at: Mapped[created]
