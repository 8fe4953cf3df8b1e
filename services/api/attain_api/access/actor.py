"""Who is calling, as the services see it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The caller of one request: the credential, never the row, says which company (ORG-0)."""

    company_id: UUID
    principal_id: UUID
    """The person or the connector."""
    kind: Literal["person", "connector"]
    roles: frozenset[str]
    """Of the company (`admin`, `hr`, `executive`, `employee`, `connector`) and of the installation
    (`platform`, `ops`)."""
    person_id: UUID | None = None
    account_id: UUID | None = None
    session_id: UUID | None = None
    """The sign-in that the access token came out of."""
    scopes: frozenset[str] = frozenset()
    """A connector's."""
    shop_ids: frozenset[UUID] = frozenset()
    """A connector's: the shops it may push for."""
    api_key_id: UUID | None = None
    """The key that a connector showed: its pushes are signed with this key's secret."""
    must_sign: bool = False
    """Whether the connector's pushes are to be signed (ING-7)."""
