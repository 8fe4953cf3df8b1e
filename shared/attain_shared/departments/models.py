"""The table of departments."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version


class Department(Base):
    """A department (部门) in the company's tree (ORG-1)."""

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
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("headcount_plan >= 0", name="headcount_plan"),
        Index(None, "company_id", "parent_id"),
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
    created_at: Mapped[created]
    version: Mapped[row_version]
