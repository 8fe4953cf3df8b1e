"""What comes before and after a rating: feedback, the interview, action items, plans, decisions, reminders (REV-9, REV-10)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version


class Feedback(Base):
    """Feedback to a person, with a case; never changed (CULT-1)."""

    __tablename__ = "feedback"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        ForeignKeyConstraint(["company_id", "goal_id"], ["goals.company_id", "goals.id"]),
        CheckConstraint("kind IN ('positive', 'constructive', 'negative')", name="kind"),
        Index(None, "company_id", "person_id", "on_day"),
        Index(None, "company_id", "author_id"),
        Index(None, "company_id", "goal_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    person_id: Mapped[UUID]
    """Whom it is to."""
    author_id: Mapped[UUID]
    kind: Mapped[code_text]
    behaviour: Mapped[str]
    consequence: Mapped[str]
    on_day: Mapped[date]
    """When it was so."""
    goal_id: Mapped[UUID | None]
    created_at: Mapped[created]


class Interview(Base):
    """The interview (绩效面谈) of a review (REV-10)."""

    __tablename__ = "interviews"
    __table_args__ = (ForeignKeyConstraint(["company_id", "review_id"], ["reviews.company_id", "reviews.id"]),)
    company_id: Mapped[company_key]
    review_id: Mapped[UUID] = mapped_column(primary_key=True)
    held_on: Mapped[date]
    good: Mapped[list[dict[str, Any]]]
    """Cases: `behaviour`, `consequence`, and what is thought and expected of each."""
    improve: Mapped[list[dict[str, Any]]]
    expectations: Mapped[str | None]
    held_by: Mapped[UUID]
    created_at: Mapped[created]


class ActionItem(Base):
    """Something to be done by somebody until a day, followed up until it is done (REV-9, REV-10)."""

    __tablename__ = "action_items"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "review_id"], ["reviews.company_id", "reviews.id"]),
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        ForeignKeyConstraint(
            ["company_id", "owner_id"],
            ["people.company_id", "people.id"],
            name="fk_action_items_company_id_owner_people",
        ),
        CheckConstraint("state IN ('open', 'done', 'cancelled')", name="state"),
        CheckConstraint("origin IN ('interview', 'quadrant')", name="origin"),
        Index(None, "company_id", "review_id"),
        Index(None, "company_id", "person_id"),
        Index(None, "company_id", "owner_id", "due_on"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    review_id: Mapped[UUID]
    person_id: Mapped[UUID]
    """Whom it is about."""
    owner_id: Mapped[UUID]
    """Who sees to it."""
    is_managers: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it is the manager's as such: then it goes to the next one."""
    origin: Mapped[code_text]
    kind: Mapped[code_text | None]
    """Of a quadrant's follow-up, which (REV-9)."""
    title: Mapped[name_text]
    due_on: Mapped[date]
    state: Mapped[code_text]
    note: Mapped[str | None]
    """What came of it."""
    done_on: Mapped[date | None]
    created_at: Mapped[created]
    version: Mapped[row_version]


class ImprovementPlan(Base):
    """What is to become better after a rating of 3.25 or less (REV-10)."""

    __tablename__ = "improvement_plans"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "review_id"], ["reviews.company_id", "reviews.id"]),
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        ForeignKeyConstraint(
            ["company_id", "owner_id"],
            ["people.company_id", "people.id"],
            name="fk_improvement_plans_company_id_owner_people",
        ),
        UniqueConstraint("company_id", "review_id"),
        CheckConstraint("state IN ('open', 'succeeded', 'failed', 'cancelled')", name="state"),
        Index(None, "company_id", "person_id"),
        Index(None, "company_id", "owner_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    review_id: Mapped[UUID]
    person_id: Mapped[UUID]
    owner_id: Mapped[UUID]
    """Who leads it: whoever assessed."""
    is_managers: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it is the manager's as such: then it goes to the next one."""
    state: Mapped[code_text]
    starts_on: Mapped[date]
    due_on: Mapped[date]
    objectives: Mapped[str | None]
    """What is to be reached, and how it is seen."""
    support: Mapped[str | None]
    """What the company does for it."""
    outcome: Mapped[str | None]
    """What came of it; due where it ends."""
    created_at: Mapped[created]
    version: Mapped[row_version]


class Decision(Base):
    """What is decided out of a year's result: a bonus factor, promotion, pay, training, a warning (REV-12)."""

    __tablename__ = "decisions"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "review_id"], ["reviews.company_id", "reviews.id"]),
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        UniqueConstraint("company_id", "review_id", "kind"),
        CheckConstraint("kind IN ('bonus_factor', 'promotion', 'pay', 'training', 'warning')", name="kind"),
        CheckConstraint("state IN ('proposed', 'approved', 'rejected')", name="state"),
        Index(None, "company_id", "person_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    review_id: Mapped[UUID]
    person_id: Mapped[UUID]
    kind: Mapped[code_text]
    value: Mapped[str | None]
    """Of a bonus factor the factor; else what is decided, in words."""
    rule: Mapped[code_text | None]
    """The rule that proposed it; none where it was proposed by hand."""
    state: Mapped[code_text]
    proposed_by: Mapped[UUID | None]
    """Who proposed it by hand or changed its value, last: another approves it."""
    reason: Mapped[str | None]
    """Of whoever proposed it by hand or changed its value, last."""
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    """What was said with the approval or the rejection."""
    created_at: Mapped[created]
    version: Mapped[row_version]


class Reminder(Base):
    """Somebody is reminded of what they have to do, once for each day it is due on (REV-1)."""

    __tablename__ = "reminders"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        ForeignKeyConstraint(["company_id", "review_id"], ["reviews.company_id", "reviews.id"]),
        UniqueConstraint(
            "company_id", "person_id", "review_id", "subject", "subject_id", "kind", "due_on", name="uq_reminders_once"
        ),
        CheckConstraint("kind IN ('due_soon', 'overdue')", name="kind"),
        Index(None, "company_id", "person_id", "id"),
        Index(None, "company_id", "review_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    person_id: Mapped[UUID]
    """Who is reminded."""
    review_id: Mapped[UUID]
    subject: Mapped[code_text]
    """What of: a step of the flow, `rater`, `action_item`, `improvement_plan`."""
    subject_id: Mapped[UUID]
    """The review, the action item or the plan."""
    kind: Mapped[code_text]
    due_on: Mapped[date]
    is_seen: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[created]
