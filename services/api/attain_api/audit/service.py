"""Reading the audit trail (SEC-5)."""

from typing import Any

from attain_api.access.actor import Actor
from attain_api.audit import repository
from attain_api.audit.repository import Wanted, seen_by
from attain_api.paging import PageQuery
from attain_shared.audit.models import AuditEntry
from attain_shared.audit.schemas import AuditActor, AuditEntryRead
from attain_shared.db.session import UnitOfWork

SEES_CONTACTS = frozenset({"hr", "admin"})
REASON = "leaving_reason"
"""A field of its own, or among what an event sets."""
CONTACTS = frozenset({"email", "phone", "device", "address", REASON})
"""Executives read the whole trail, but for contacts and why somebody left (SEC-4) …"""
OF_EVENTS = frozenset({"note", "withdrawal_reason"})
"""… and for what is noted of people's events."""

__all__ = ["Wanted", "list_entries", "seen_by"]


async def list_entries(
    uow: UnitOfWork, *, actor: Actor, wanted: Wanted, query: PageQuery
) -> tuple[list[AuditEntryRead], str | None]:
    """A part of the trail, as the caller may see it."""
    entries, cursor = await repository.list_entries(uow.session, visible_to=actor, wanted=wanted, query=query)
    in_full = bool(actor.roles & SEES_CONTACTS)
    return [_shown(entry, in_full=in_full) for entry in entries], cursor


def _shown(entry: AuditEntry, *, in_full: bool) -> AuditEntryRead:
    changes, masked = (entry.changes, []) if in_full else _masked(entry)
    return AuditEntryRead.model_validate(
        {name: getattr(entry, name) for name in AuditEntryRead.model_fields if hasattr(entry, name)}
        | {
            "actor": AuditActor.model_validate({"kind": entry.actor_kind, "id": entry.actor_id}),
            "changes": changes,
            "masked": masked,
            "digest": entry.digest.hex(),
        }
    )


def _masked(entry: AuditEntry) -> tuple[dict[str, Any], list[str]]:
    hidden = CONTACTS | OF_EVENTS if entry.resource_type == "person_event" else CONTACTS
    changes: dict[str, Any] = dict(entry.changes)
    masked = set()
    for name, change in entry.changes.items():
        if change is not None and name in hidden:
            changes[name] = None
            masked.add(name)
        elif change is not None and any(_tells_a_reason(value) for value in change.values()):
            changes[name] = {side: _without_reason(value) for side, value in change.items()}
            masked.add(REASON)
    return changes, sorted(masked)


def _tells_a_reason(value: object) -> bool:
    return isinstance(value, dict) and REASON in value


def _without_reason(value: Any) -> Any:  # noqa: ANN401  # JSON
    return {name: part for name, part in value.items() if name != REASON} if _tells_a_reason(value) else value
