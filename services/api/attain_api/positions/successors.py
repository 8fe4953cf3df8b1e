"""Successors (后备干部) of key positions (ORG-6)."""

from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import check_if_match, version_tag
from attain_api.positions import repository
from attain_api.positions.service import get_position, take_position
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, FieldError, Invalid
from attain_shared.positions.models import Successor
from attain_shared.positions.schemas import SuccessorsRead, SuccessorsWrite


class NotAKeyPosition(Conflict):
    """Only key positions name successors."""

    code, title = "not-a-key-position", "Not a key position"


async def read_successors(uow: UnitOfWork, *, actor: Actor, position_id: UUID) -> tuple[SuccessorsRead, str]:
    """Who could take a position over, and the ETag: naming successors raises the position's version."""
    position = await get_position(uow, actor=actor, position_id=position_id)
    rows = await repository.list_successors(uow.session, company_id=actor.company_id, position_id=position_id)
    return SuccessorsRead.model_validate({"items": rows}), version_tag(position.version)


async def name_successors(
    uow: UnitOfWork, *, actor: Actor, position_id: UUID, data: SuccessorsWrite, if_match: str | None
) -> tuple[SuccessorsRead, str]:
    """Set who could take a position over."""
    position = await take_position(uow, actor=actor, position_id=position_id)
    check_if_match(if_match, version_tag(position.version))
    if not position.is_key:
        raise NotAKeyPosition("Only a key position names successors; set `is_key` first.")
    await _check_people(uow, actor=actor, data=data)
    stored = {
        row.person_id: row
        for row in await repository.list_successors(uow.session, company_id=actor.company_id, position_id=position_id)
    }
    for one in data.items:
        row = stored.pop(one.person_id, None)
        if row is None:
            row = Successor(company_id=actor.company_id, position_id=position_id, person_id=one.person_id)
            uow.session.add(row)
        row.readiness, row.note = one.readiness, one.note
    for gone in stored.values():
        await uow.session.delete(gone)
    if uow.session.new or uow.session.deleted or any(uow.session.is_modified(row) for row in uow.session.dirty):
        position.version += 1
    await uow.session.flush()
    rows = await repository.list_successors(uow.session, company_id=actor.company_id, position_id=position_id)
    return SuccessorsRead.model_validate({"items": rows}), version_tag(position.version)


async def _check_people(uow: UnitOfWork, *, actor: Actor, data: SuccessorsWrite) -> None:
    ids = [one.person_id for one in data.items]
    statuses = await repository.list_statuses(
        uow.session, company_id=actor.company_id, person_ids=ids, today=business_day()
    )
    errors = []
    for place, person_id in enumerate(ids):
        pointer = f"/items/{place}/person_id"
        if person_id in ids[:place]:
            errors.append(FieldError(pointer, "duplicate", "Each person is named once."))
        elif person_id not in statuses:
            errors.append(FieldError(pointer, "unknown-person", "There is no such person."))
        elif statuses[person_id] == "left":
            errors.append(FieldError(pointer, "has-left", "This person has left."))
    if errors:
        raise Invalid("these successors cannot be named; see errors", errors=errors)
