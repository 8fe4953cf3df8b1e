"""Companies, accounts and the credentials that say which company a caller belongs to.

These tables stand outside the company wall: they are read before the company is known.
Connectors are company data; only their keys are not.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version


class Company(Base):
    """A company: nothing of it is known to any other (ORG-0)."""

    __tablename__ = "companies"
    __table_args__ = (UniqueConstraint("code"),)
    id: Mapped[id_key]
    code: Mapped[code_text]
    name: Mapped[name_text]
    created_at: Mapped[created]


class Account(Base):
    """A sign-in: an e-mail and a password, good for one or several companies."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("email"),)
    id: Mapped[id_key]
    email: Mapped[name_text]
    password_hash: Mapped[str]
    is_platform: Mapped[bool] = mapped_column(default=False)
    is_ops: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[created]


class Membership(Base):
    """An account's place in a company: which person it is there."""

    __tablename__ = "memberships"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        UniqueConstraint("company_id", "person_id"),
    )
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"), primary_key=True)
    person_id: Mapped[UUID]
    accepted_at: Mapped[datetime | None]
    """Empty until the account's owner first signs in to that company by its code."""
    created_at: Mapped[created]


class RefreshToken(Base):
    """A one-time refresh token; using it twice revokes its family."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "company_id"], ["memberships.account_id", "memberships.company_id"], ondelete="CASCADE"
        ),
    )
    id: Mapped[id_key]
    family_id: Mapped[UUID] = mapped_column(index=True)
    account_id: Mapped[UUID]
    company_id: Mapped[UUID]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[created]


class ApiKey(Base):
    """A connector's key: only the hash of its secret is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (ForeignKeyConstraint(["company_id", "connector_id"], ["connectors.company_id", "connectors.id"]),)
    id: Mapped[id_key]
    company_id: Mapped[UUID]
    connector_id: Mapped[UUID]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[created]


class Connector(Base):
    """A program that pushes the metrics of some shops (ING-7)."""

    __tablename__ = "connectors"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        CheckConstraint("scopes <@ ARRAY['write', 'backfill']::text[]", name="scopes"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    name: Mapped[name_text]
    shop_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[created]
    version: Mapped[row_version]


class IdempotencyKey(Base):
    """The first answer to a creating request, kept for a day so that a retry gets the same."""

    __tablename__ = "idempotency_keys"
    company_id: Mapped[company_key]
    principal_id: Mapped[UUID] = mapped_column(primary_key=True)
    route: Mapped[name_text] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[created]
