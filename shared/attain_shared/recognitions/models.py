"""Recognition: praise from anybody, and named awards by HR and executives (CULT-2)."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version


class Recognition(Base):
    """Praise or an award with the case that it rests on; the whole company sees it."""

    __tablename__ = "recognitions"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "value_id"], ["company_values.company_id", "company_values.id"]),
        ForeignKeyConstraint(["company_id", "cycle_id"], ["cycles.company_id", "cycles.id"]),
        CheckConstraint("kind IN ('praise', 'award')", name="kind"),
        CheckConstraint("(kind = 'award') = (name IS NOT NULL)", name="name"),
        Index(None, "company_id", "on_day", "id"),
        Index(None, "company_id", "author_id"),
        Index(None, "company_id", "value_id"),
        Index(None, "company_id", "cycle_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    kind: Mapped[code_text]
    author_id: Mapped[UUID]
    name: Mapped[name_text | None]
    """Of an award, what it is called."""
    behaviour: Mapped[str]
    consequence: Mapped[str]
    value_id: Mapped[UUID | None]
    """The company value that it shows."""
    cycle_id: Mapped[UUID | None]
    """Of an award, the cycle that it is given for."""
    on_day: Mapped[date]
    """When it was so."""
    created_at: Mapped[created]
    version: Mapped[row_version]


class RecognitionPerson(Base):
    """Somebody who is recognised."""

    __tablename__ = "recognition_people"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "recognition_id"], ["recognitions.company_id", "recognitions.id"]),
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        Index(None, "company_id", "person_id"),
    )
    company_id: Mapped[company_key]
    recognition_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
