"""The table of people."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version


class Person(Base):
    """A person of a company (ORG-3). The manager line is a forest."""

    __tablename__ = "people"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        ForeignKeyConstraint(["company_id", "manager_id"], ["people.company_id", "people.id"]),
        UniqueConstraint("company_id", "email"),
        CheckConstraint("manager_id <> id", name="not_their_own_manager"),
        CheckConstraint("roles <@ ARRAY['admin', 'hr', 'executive', 'employee']::text[]", name="roles"),
        Index(None, "company_id", "department_id"),
        Index(None, "company_id", "manager_id"),
        Index(None, "company_id", "name", "id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    name: Mapped[name_text]
    email: Mapped[name_text]
    department_id: Mapped[UUID | None]
    manager_id: Mapped[UUID | None]
    employment_type: Mapped[code_text]
    hired_on: Mapped[date]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[created]
    version: Mapped[row_version]
