"""The wire contract of sign-in, companies and connectors."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, AfterValidator, ConfigDict, Field

from attain_shared.wire import Email, Input, Instant, Line, Name, Output, Password, TimeOfDay

Scope = Literal["write", "backfill"]


def _shops_once(shop_ids: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(shop_ids))


def _scopes_once(scopes: list[Scope]) -> list[Scope]:
    return sorted(set(scopes), reverse=True)


ShopIds = Annotated[list[UUID], Field(max_length=1000), AfterValidator(_shops_once)]
Scopes = Annotated[list[Scope], Field(max_length=10), AfterValidator(_scopes_once)]


class TokenRead(Output):
    """What a sign-in gives."""

    access_token: str
    """Send it as `Authorization: Bearer …`."""
    refresh_token: str
    """Good once, for the next pair of tokens."""
    token_type: Literal["bearer"]
    """As OAuth2 wants it."""
    expires_in: int
    """Seconds that the access token lives."""


class RefreshTokenBody(Input):
    """A refresh token."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"refresh_token": "0199a7d3c1f27c63b1d7e8e1a4c5f001_…"}]})

    refresh_token: str = Field(min_length=1, max_length=200)
    """As the sign-in or the last refresh gave it."""


class SessionRead(Output):
    """A sign-in of the caller's."""

    id: UUID
    """Its id."""
    device: str | None
    """What the client says it is."""
    address: str | None
    """Where it was last signed in or refreshed from."""
    created_at: Instant
    """When it began."""
    last_used_at: Instant
    """When it was last refreshed."""
    expires_at: Instant
    """When it ends unless it is refreshed."""
    current: bool
    """Whether it is the one that asks."""


class InvitationCreate(Input):
    """Whom to invite."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"person_id": "0199a7d3-c1f2-7c63-b1d7-e8e1a4c5f001"}]})

    person_id: UUID
    """A person of the company, who has not left and has no account there yet."""


class LinkCreated(Output):
    """A one-time link."""

    id: UUID
    """Its id."""
    token: str | None
    """Its secret, shown this once; null in a replay."""
    expires_at: Instant
    """From then on it is good no more."""


class InvitationRead(Output):
    """An invitation, without its token."""

    id: UUID
    """Its id."""
    person_id: UUID
    """Who is invited."""
    created_by: UUID | None
    """The person who made it."""
    created_at: Instant
    """When it was made."""
    expires_at: Instant
    """From then on it is good no more."""
    accepted_at: Instant | None = Field(validation_alias="used_at")
    """When it was accepted."""
    revoked_at: Instant | None
    """When it was revoked, or replaced by a later one."""


class InvitationAccept(Input):
    """Taking up an invitation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"token": "0199a7d3c1f27c63b1d7e8e1a4c5f001_…", "password": "correct horse battery"}]
        }
    )

    token: Line
    """As the invitation gave it."""
    password: Password
    """For a new account; an e-mail that has an account already joins with its own."""


class PasswordChange(Input):
    """A new password for the caller's account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"current_password": "correct horse battery", "new_password": "staple battery horse"}]
        }
    )

    current_password: Line
    """The one so far."""
    new_password: Password
    """The next one: not a common one, without its owner's name or e-mail in it."""


class PasswordReset(Input):
    """A new password by a one-time link."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"token": "0199a7d3c1f27c63b1d7e8e1a4c5f001_…", "password": "correct horse battery"}]
        }
    )

    token: Line
    """As the link gave it."""
    password: Password
    """The next one: not a common one, without its owner's name or e-mail in it."""


class OidcStart(Input):
    """A single sign-on to begin."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"redirect_uri": "https://attain.example.com/signed-in"}]}
    )

    redirect_uri: str = Field(min_length=1, max_length=500)
    """Where the browser comes back to; one of those that the installation allows."""
    scope: Line = ""
    """`company:<code>` where the account belongs to several companies."""


class OidcStarted(Output):
    """Where a single sign-on goes on."""

    authorization_url: str
    """Send the browser there, within ten minutes."""


class OidcFinish(Input):
    """What the browser came back with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "Yx0kQ2", "code": "3f9c41"}]})

    state: Line
    """As it stands in the address."""
    code: str = Field(max_length=2000, pattern=r"^[\x20-\x7e]+$")
    """As it stands in the address (RFC 6749, A.11)."""


class CompanyRead(Output):
    """A company."""

    id: UUID
    """Its id."""
    code: str
    """Names the company at sign-in: `scope=company:<code>`."""
    name: str
    """Its name."""


class CompanyCreate(Input):
    """A new company and its first administrator."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "青禾商贸", "admin_email": "lin@example.com", "admin_password": "correct horse battery"}
            ]
        }
    )

    name: Name
    """The company's name."""
    admin_email: Email
    """Its first administrator; one who has an account already keeps its password."""
    admin_password: Password
    """For a new account."""


class MeRead(Output):
    """Who is calling: a person or a connector."""

    account_id: UUID | None
    """The sign-in; null for a connector."""
    person_id: UUID | None
    """The person in this company; null for a connector."""
    connector_id: UUID | None
    """The connector; null for a person."""
    name: str
    """The person's or connector's name."""
    email: str | None
    """The person's e-mail; null for a connector."""
    company: CompanyRead
    """The company the credential is for."""
    roles: list[str]
    """Roles in the company and in the installation (SEC-2)."""
    shop_ids: list[UUID]
    """The shops a connector may push for; empty for a person."""


class ConnectorCreate(Input):
    """A new connector (ING-7)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "sycm-connector",
                    "shop_ids": ["0199a7d3-c1f2-7c63-b1d7-e8e1a4c5f001"],
                    "scopes": ["write", "backfill"],
                    "expires_at": None,
                    "expected_by": "09:30",
                }
            ]
        }
    )

    name: Name
    """Its name."""
    shop_ids: ShopIds
    """The shops it may push for."""
    scopes: Scopes
    """`write` to push, `backfill` to push old data beside the live."""
    expires_at: Instant | None = None
    """From then on its keys no longer work; null for never."""
    require_signature: bool = Field(default=False, strict=True)
    """Whether every push must be signed (ING-7)."""
    expected_by: TimeOfDay | None = None
    """By when, on a shop's own clocks, the figures of the day before are due (MET-8); null for never."""


class ConnectorUpdate(Input):
    """What to change of a connector: absent means unchanged."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"scopes": ["write"], "expires_at": None}]})

    name: Name | MISSING = MISSING
    """Its name."""
    shop_ids: ShopIds | MISSING = MISSING
    """The shops it may push for."""
    scopes: Scopes | MISSING = MISSING
    """What it may do."""
    expires_at: Instant | MISSING | None = MISSING
    """The end of its keys; null for never."""
    require_signature: Annotated[bool, Field(strict=True)] | MISSING = MISSING
    """Whether every push must be signed."""
    expected_by: TimeOfDay | MISSING | None = MISSING
    """By when the figures of the day before are due; null for never."""


class ConnectorRead(Output):
    """A connector, without its key."""

    id: UUID
    """Its id."""
    name: str
    """Its name."""
    shop_ids: list[UUID]
    """The shops it may push for."""
    scopes: list[Scope]
    """What it may do."""
    expires_at: Instant | None
    """The end of its keys."""
    require_signature: bool
    """Whether every push must be signed."""
    expected_by: TimeOfDay | None
    """By when, on a shop's own clocks, the figures of the day before are due; silence raises an alert (MET-8)."""
    created_at: Instant
    """When it was made."""
    revoked_at: Instant | None
    """Since when its keys no longer work."""


class ConnectorCreated(Output):
    """A new connector, with its key."""

    id: UUID
    """Its id."""
    name: str
    """Its name."""
    shop_ids: list[UUID]
    """The shops it may push for."""
    scopes: list[Scope]
    """What it may do."""
    expires_at: Instant | None
    """The end of its keys."""
    require_signature: bool
    """Whether every push must be signed."""
    expected_by: TimeOfDay | None
    """By when, on a shop's own clocks, the figures of the day before are due; silence raises an alert (MET-8)."""
    created_at: Instant
    """When it was made."""
    api_key: str | None
    """Shown this once; null in a replay."""
    signing_secret: str | None
    """`whsec_…`, to sign pushes of this key with (Standard Webhooks); shown this once, null in a replay."""


class ConnectorRotated(ConnectorRead):
    """A connector with its next key."""

    api_key: str
    """The new key, shown this once."""
    signing_secret: str
    """The new key's own: pushes with an old key are signed with the old secret."""


class RotateBody(Input):
    """How to change over to a new key."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: int = Field(strict=True, ge=0, le=168)
    """How long the keys so far go on working."""
