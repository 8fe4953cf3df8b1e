"""The audit trail: what was changed, by whom, in a chain of digests for each company (SEC-5)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, name_text


class AuditEntry(Base):
    """One change. Its digest covers the one before it, and of each value only a salted digest: values can be erased."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        Index(None, "company_id", "resource_type", "resource_id", "sequence"),
        Index(None, "company_id", "actor_id", "sequence"),
        Index(None, "company_id", "occurred_at"),
    )
    company_id: Mapped[company_key]
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Counts from 1 without a gap."""
    id: Mapped[UUID]
    occurred_at: Mapped[datetime]
    actor_kind: Mapped[code_text]
    """`person`, `connector`, or `system` for commands and the worker."""
    actor_id: Mapped[UUID | None]
    action: Mapped[code_text]
    """The operation of the API, or `create`, `update`, `delete` where nobody called one."""
    resource_type: Mapped[code_text]
    resource_id: Mapped[UUID | None]
    request_id: Mapped[name_text]
    digests: Mapped[dict[str, Any]]
    """By field: the hexadecimal digest of its salt, its value before and its value after."""
    changes: Mapped[dict[str, Any]]
    """By field: `{"before", "after", "salt"}`; null where the value has been erased."""
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class AuditHead(Base):
    """Where a company's chain ends: kept beside the entries, so that cutting off the last ones is seen."""

    __tablename__ = "audit_heads"
    __table_args__ = (ForeignKeyConstraint(["company_id"], ["companies.id"]),)
    company_id: Mapped[company_key]
    sequence: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
