"""The tables of departments: as they are, and as they were."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version


class Department(Base):
    """A department (部门) in the company's tree (ORG-1), as it is today."""

    __tablename__ = "departments"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        ForeignKeyConstraint(["company_id", "parent_id"], ["departments.company_id", "departments.id"]),
        # people name their department and a department its head: the head is checked once both tables stand
        ForeignKeyConstraint(
            ["company_id", "head_id"],
            ["people.company_id", "people.id"],
            name="fk_departments_company_id_head_people",
            use_alter=True,
        ),
        ForeignKeyConstraint(
            ["company_id", "merged_into_id"],
            ["departments.company_id", "departments.id"],
            name="fk_departments_company_id_merged_into_departments",
        ),
        UniqueConstraint("company_id", "origin"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("headcount_plan >= 0", name="headcount_plan"),
        Index(None, "company_id", "parent_id"),
        Index(None, "company_id", "head_id"),
        Index(None, "company_id", "name", "id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    name: Mapped[name_text]
    function: Mapped[code_text]
    parent_id: Mapped[UUID | None]
    head_id: Mapped[UUID | None]
    headcount_plan: Mapped[int | None]
    duties: Mapped[list[str]] = mapped_column(ARRAY(Text))
    closed_on: Mapped[date | None]
    """From this day on it is no more."""
    merged_into_id: Mapped[UUID | None]
    """Where its people went when it was closed by a merge."""
    origin: Mapped[name_text | None]
    """The place in a blueprint it comes from: applying that again finds it (ORG-4)."""
    created_at: Mapped[created]
    version: Mapped[row_version]


class DepartmentSpell(Base):
    """A department as it was for a stretch of days: written with every change, for "as of" reads."""

    __tablename__ = "department_spells"
    __table_args__ = (
        ForeignKeyConstraint(
            ["company_id", "department_id"], ["departments.company_id", "departments.id"], ondelete="CASCADE"
        ),
        CheckConstraint("starts_on < ends_on", name="window"),
    )
    company_id: Mapped[company_key]
    department_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    ends_on: Mapped[date]
    """The first day after it."""
    name: Mapped[name_text]
    function: Mapped[code_text]
    parent_id: Mapped[UUID | None]
    head_id: Mapped[UUID | None]
    headcount_plan: Mapped[int | None]
    duties: Mapped[list[str]] = mapped_column(ARRAY(Text))
