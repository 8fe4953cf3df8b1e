"""Reading the audit trail (SEC-5)."""

from attain_api.access.actor import Actor
from attain_api.audit import repository
from attain_api.audit.repository import Wanted
from attain_api.paging import PageQuery
from attain_shared.audit.models import AuditEntry
from attain_shared.audit.schemas import AuditActor, AuditEntryRead
from attain_shared.db.session import UnitOfWork

CONTACTS = frozenset({"email", "phone"})
SEES_CONTACTS = frozenset({"hr", "admin"})
"""Executives read the whole trail, but for contacts (SEC-4)."""

__all__ = ["Wanted", "list_entries"]


async def list_entries(
    uow: UnitOfWork, *, actor: Actor, wanted: Wanted, query: PageQuery
) -> tuple[list[AuditEntryRead], str | None]:
    """A part of the trail, as the caller may see it."""
    entries, cursor = await repository.list_entries(uow.session, visible_to=actor, wanted=wanted, query=query)
    hidden = frozenset() if actor.roles & SEES_CONTACTS else CONTACTS
    return [_shown(entry, hidden) for entry in entries], cursor


def _shown(entry: AuditEntry, hidden: frozenset[str]) -> AuditEntryRead:
    masked = sorted(hidden & {name for name, change in entry.changes.items() if change is not None})
    changes = {name: None if name in masked else change for name, change in entry.changes.items()}
    return AuditEntryRead.model_validate(
        {name: getattr(entry, name) for name in AuditEntryRead.model_fields if hasattr(entry, name)}
        | {
            "actor": AuditActor.model_validate({"kind": entry.actor_kind, "id": entry.actor_id}),
            "changes": changes,
            "masked": masked,
            "digest": entry.digest.hex(),
        }
    )
