"""Companies, accounts and the credentials that say which company a caller belongs to.

These tables stand outside the company wall: they are read before the company is known.
Connectors are company data; only their keys are not.
"""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import (
    PERSONAL,
    SECRET,
    Base,
    code_text,
    company_key,
    created,
    id_key,
    name_text,
    row_version,
)


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
    email: Mapped[str] = mapped_column(String(200), info=PERSONAL)
    password_hash: Mapped[str] = mapped_column(info=SECRET)
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


class Session(Base):
    """A sign-in, kept up by refresh tokens until it is revoked or runs out."""

    __tablename__ = "sessions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "company_id"], ["memberships.account_id", "memberships.company_id"], ondelete="CASCADE"
        ),
        Index(None, "account_id", "company_id"),
    )
    id: Mapped[id_key]
    account_id: Mapped[UUID]
    company_id: Mapped[UUID]
    device: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    """What the client says it is."""
    address: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)
    """Where it signed in from."""
    created_at: Mapped[created]
    last_used_at: Mapped[created]
    """When it was last refreshed."""
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """A one-time refresh token; using it twice revokes its family: the session."""

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
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[created]


class OneTimeLink(Base):
    """A secret that works once: an invitation to a company, or a new password (SEC-1)."""

    __tablename__ = "one_time_links"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"], ondelete="CASCADE"),
        CheckConstraint("kind IN ('invitation', 'password_reset')", name="kind"),
        Index(None, "company_id", "person_id"),
    )
    id: Mapped[id_key]
    kind: Mapped[code_text]
    company_id: Mapped[UUID]
    person_id: Mapped[UUID]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
    created_by: Mapped[UUID | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[created]


class SignInThrottle(Base):
    """Wrong tries to sign in, by account or by address (SEC-7); what is counted is known only by its keyed hash."""

    __tablename__ = "sign_in_throttles"
    subject: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    """In the window of a minute."""
    window_started_at: Mapped[datetime] = mapped_column(index=True)
    blocks: Mapped[int]
    """How many in a row: each is twice as long as the one before."""
    blocked_until: Mapped[datetime | None]


class AccountIdentity(Base):
    """What an identity provider calls an account's owner (OIDC)."""

    __tablename__ = "account_identities"
    issuer: Mapped[str] = mapped_column(String(300), primary_key=True)
    subject: Mapped[str] = mapped_column(String(300), primary_key=True, info=PERSONAL)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[created]


class OidcSignIn(Base):
    """A sign-in under way at an identity provider: what must fit when the browser comes back."""

    __tablename__ = "oidc_sign_ins"
    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    nonce: Mapped[str]
    code_verifier: Mapped[str] = mapped_column(info=SECRET)
    redirect_uri: Mapped[str]
    scope: Mapped[name_text]
    """As in the token form: `company:<code>`, or empty."""
    expires_at: Mapped[datetime]


class ApiKey(Base):
    """A connector's key: only the hash of its secret is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (ForeignKeyConstraint(["company_id", "connector_id"], ["connectors.company_id", "connectors.id"]),)
    id: Mapped[id_key]
    company_id: Mapped[UUID]
    connector_id: Mapped[UUID]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, info=SECRET)
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
    require_signature: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether a push must be signed (ING-7)."""
    expected_by: Mapped[time | None]
    """The time of day, in a shop's own zone, by which the figures of the day before are due (MET-8)."""
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
