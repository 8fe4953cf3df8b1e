"""The wire contract of the audit trail."""

from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from attain_shared.wire import Instant, Output


class AuditActor(Output):
    """Who did it."""

    kind: Literal["person", "connector", "system"]
    """`system` for commands, for what happens by itself, and for an operator of the installation."""
    id: UUID | None
    """The person or the connector; null for the system."""


class AuditChange(Output):
    """What became of a field."""

    before: JsonValue
    """The value before; null where there was none."""
    after: JsonValue
    """The value after; null where there is none any more."""


class AuditEntryRead(Output):
    """One entry of the audit trail (SEC-5)."""

    id: UUID
    """The id."""
    sequence: int
    """Its place in the company's chain: counts from 1 without a gap."""
    occurred_at: Instant
    """When."""
    actor: AuditActor
    """Who."""
    action: str
    """The operation (`operationId`), or `create`, `update`, `delete` where nobody called one."""
    resource_type: str
    """The kind of resource."""
    resource_id: UUID | None
    """Which one; of a reserve candidate and of a membership the person."""
    request_id: str
    """The request's `X-Request-ID`; empty where there was none."""
    changes: dict[str, AuditChange | None]
    """By field; null where the value has been erased (SEC-6) or is masked."""
    masked: list[str]
    """Fields whose values are there, but not for the caller (SEC-4)."""
    digest: str
    """The entry's digest in the chain, hexadecimal."""
