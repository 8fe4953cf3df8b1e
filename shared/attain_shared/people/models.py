"""The tables of people: who they are, what happened to them, and what follows from that for every day."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import PERSONAL, Base, code_text, company_key, created, id_key, row_version

OTHER_ROLES = "NOT roles <@ ARRAY['employee']::text[]"
"""Of the row of a person who is more than an employee."""


class Person(Base):
    """A person of a company (ORG-3): what does not depend on the day."""

    __tablename__ = "people"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        UniqueConstraint("company_id", "email"),
        CheckConstraint("roles <@ ARRAY['admin', 'hr', 'executive', 'employee']::text[]", name="roles"),
        Index(None, "company_id", "name", "id"),
        Index(None, "company_id", "created_at", "id"),
        # whoever is more than an employee: few, and asked for in nearly every statement on reviews
        Index("ix_people_other_roles", "company_id", postgresql_where=text(OTHER_ROLES)),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    name: Mapped[str] = mapped_column(String(200), info=PERSONAL)
    email: Mapped[str] = mapped_column(String(200), info=PERSONAL)
    phone: Mapped[str | None] = mapped_column(String(40), info=PERSONAL)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    erased_at: Mapped[datetime | None]
    """Since when name and contacts are gone (SEC-6)."""
    created_at: Mapped[created]
    version: Mapped[row_version]
    """Raised by every change of the row, and by every event recorded, corrected or withdrawn."""


class PersonEvent(Base):
    """A dated event: hire, transfer, promotion, manager change, leave, … (ORG-3). Never deleted, only withdrawn."""

    __tablename__ = "person_events"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        Index(None, "company_id", "person_id", "effective_on"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    person_id: Mapped[UUID]
    kind: Mapped[code_text]
    effective_on: Mapped[date]
    """The first day of the new state; for a leave the last day at work."""
    changes: Mapped[dict[str, Any]]
    """What the event sets, by the names of a spell's fields; ids as text."""
    note: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    corrects_id: Mapped[UUID | None]
    """The withdrawn event that this one stands for."""
    recorded_by: Mapped[UUID | None]
    recorded_at: Mapped[created]
    withdrawn_by: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None] = mapped_column(Text, info=PERSONAL)


class PersonSpell(Base):
    """What a person's events come to, for a stretch of days; derived, and made anew with every event.

    A person's spells cover all days from -infinity to infinity without a gap, so a look at any day finds exactly one,
    and a future event takes effect on its day by itself.
    """

    __tablename__ = "person_spells"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        ForeignKeyConstraint(["company_id", "position_id"], ["positions.company_id", "positions.id"]),
        ForeignKeyConstraint(
            ["company_id", "manager_id"],
            ["people.company_id", "people.id"],
            name="fk_person_spells_company_id_manager_people",
        ),
        ForeignKeyConstraint(
            ["company_id", "mentor_id"],
            ["people.company_id", "people.id"],
            name="fk_person_spells_company_id_mentor_people",
        ),
        CheckConstraint("starts_on < ends_on", name="window"),
        CheckConstraint("status IN ('upcoming', 'employed', 'left')", name="status"),
        CheckConstraint("manager_id <> person_id", name="not_their_own_manager"),
        CheckConstraint("mentor_id <> person_id", name="not_their_own_mentor"),
        Index(None, "company_id", "department_id", "starts_on"),
        Index(None, "company_id", "manager_id", "starts_on"),
        Index(None, "company_id", "mentor_id"),
        Index(None, "company_id", "position_id"),
    )
    company_id: Mapped[company_key]
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    ends_on: Mapped[date]
    """The first day after it."""
    status: Mapped[code_text]
    """`upcoming` before the first day, `employed`, `left` after the last day; the other fields of one who has left are
    those of the last day, and of one who is yet to come those of the first."""
    department_id: Mapped[UUID | None]
    position_id: Mapped[UUID | None]
    manager_id: Mapped[UUID | None]
    mentor_id: Mapped[UUID | None]
    employment_type: Mapped[code_text]
    hired_on: Mapped[date]
    probation_ends_on: Mapped[date | None]
    confirmed_on: Mapped[date | None]
    left_on: Mapped[date | None]
    leaving_reason: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
