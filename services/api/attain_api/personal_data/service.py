"""What is held on a person, exported to whom it may concern (SEC-6)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import true

from attain_api.access.actor import Actor
from attain_api.audit import service as audit
from attain_api.people import service as people
from attain_api.personal_data import repository
from attain_api.personal_data.held import HELD
from attain_shared.audit.chain import plain
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import NotAllowed
from attain_shared.people.personal_data import PersonalData

EXPORTERS = frozenset({"hr"})
"""Who may ask for the data of others: administrators see no goals (SEC-3)."""


async def export_data(uow: UnitOfWork, *, actor: Actor, person_id: UUID) -> PersonalData:
    """Everything the company holds on a person, of the trail what the caller reads of it; each export is recorded."""
    await people.get_person(uow, actor=actor, person_id=person_id)
    is_self = person_id == actor.person_id
    if not is_self and not actor.roles & EXPORTERS:
        raise NotAllowed("Only HR and the person get this.")
    records: dict[str, list[dict[str, Any]]] = {}
    seen = true() if is_self else audit.seen_by(actor)
    for held in HELD:
        if is_self or not held.is_private:
            rows = await repository.list_held(
                uow.session, held=held, company_id=actor.company_id, person_id=person_id, seen=seen
            )
            records[held.name] = [_shown(row) for row in rows]
    uow.record(resource_type="person", resource_id=person_id, changes={})
    return PersonalData(person_id=person_id, exported_at=utc_now(), records=records)


def _shown(row: Mapping[Any, Any]) -> dict[str, Any]:
    shown = {str(name): plain(value) for name, value in row.items()}
    if "changes" in shown and "sequence" in shown:  # an audit entry's: the salts are nobody's data
        shown["changes"] = {name: _without_salt(change) for name, change in row["changes"].items()}
    return shown


def _without_salt(change: dict[str, Any] | None) -> dict[str, Any] | None:
    return change and {"before": change["before"], "after": change["after"]}
