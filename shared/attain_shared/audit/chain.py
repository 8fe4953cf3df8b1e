"""The hash chain of a company's audit trail (SEC-5): pure, nothing is read or written here.

    digest of a field   = SHA-256(salt ‖ canonical JSON of {"after", "before"})
    content of an entry = SHA-256(canonical JSON of everything that is said beside the values, and the fields' digests)
    digest of an entry  = SHA-256(digest of the entry before ‖ sequence ‖ content)

The values themselves are not under the entry's digest, only their digests are: a value can be erased (SEC-6) and the
chain still holds. Each field has a salt of its own, gone with the value, so that nobody can guess an erased value.
The content knows neither sequence nor predecessor, so all but the last step is done before the chain is locked.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

GENESIS = bytes(32)
"""What the first entry of a chain follows."""
SALT_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an entry says, but for its place in the chain and for the values."""

    company_id: UUID
    id: UUID
    occurred_at: datetime
    actor_kind: str
    actor_id: UUID | None
    action: str
    resource_type: str
    resource_id: UUID | None
    request_id: str
    digests: Mapping[str, str]


def plain(value: object) -> object:
    """A value as JSON has it: what a JSONB column gives back is the same again."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        parts = [plain(part) for part in value]
        return sorted(parts, key=str) if isinstance(value, set | frozenset) else parts
    return _as_text(value)


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)  # ids, and the floats that JSON would write in two ways


def canonical(value: object) -> bytes:
    """The one way to write a plain value down."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def field_digest(salt: str, before: object, after: object) -> str:
    """The digest of one field's values; the salt is hexadecimal."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical({"after": after, "before": before})).hexdigest()


def content_digest(content: Content) -> bytes:
    """The digest of what an entry says."""
    said = {
        "company_id": str(content.company_id),
        "id": str(content.id),
        "occurred_at": plain(content.occurred_at),
        "actor_kind": content.actor_kind,
        "actor_id": content.actor_id and str(content.actor_id),
        "action": content.action,
        "resource_type": content.resource_type,
        "resource_id": content.resource_id and str(content.resource_id),
        "request_id": content.request_id,
        "digests": dict(content.digests),
    }
    return hashlib.sha256(canonical(said)).digest()


def entry_digest(previous: bytes, sequence: int, content: bytes) -> bytes:
    """The digest of an entry at its place; `attain_shared.audit.queries` says the same in SQL."""
    return hashlib.sha256(previous + sequence.to_bytes(8, signed=True) + content).digest()
