"""Days that are unlike others: events that curves are lined up by (GOAL-7)."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version


class CalendarEvent(Base):
    """An event as a company has it: one of its own, or a shipped one on other days, or called off."""

    __tablename__ = "calendar_events"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        CheckConstraint("starts_on <= ends_on", name="window"),
        Index("uq_calendar_events_code_year", "company_id", "code", "year", unique=True),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    code: Mapped[code_text]
    year: Mapped[int]
    name: Mapped[name_text]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    is_cancelled: Mapped[bool]
    """Whether it does not take place: so a shipped event is taken off the calendar."""
    created_at: Mapped[created]
    version: Mapped[row_version]
