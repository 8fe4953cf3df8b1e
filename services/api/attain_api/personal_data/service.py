"""What is held on a person: exported to whom it may concern, and erased after leaving (SEC-6)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import check_if_match, content_tag
from attain_api.people import service as people
from attain_api.personal_data import repository
from attain_api.personal_data.held import HELD
from attain_api.personal_data.mentions import Mentions
from attain_shared.audit.chain import plain
from attain_shared.audit.queries import find_head
from attain_shared.audit.verification import ERASED_VALUES, ERASING
from attain_shared.clock import utc_now
from attain_shared.db.base import PERSONAL
from attain_shared.db.session import UnitOfWork
from attain_shared.db.tables import metadata
from attain_shared.errors import Conflict, NotAllowed
from attain_shared.people.models import Person
from attain_shared.people.personal_data import PersonalData
from attain_shared.people.schemas import PersonRead

EXPORTERS = frozenset({"admin", "hr"})
"""Who may ask for the data of others."""
PERSONAL_FIELDS = frozenset(
    column.name for table in metadata.tables.values() for column in table.columns if column.info == PERSONAL
)


class NotLeftYet(Conflict):
    """Somebody who works here, or will again, is not erased."""

    code, title = "not-left-yet", "The person has not left"


async def export_data(uow: UnitOfWork, *, actor: Actor, person_id: UUID) -> PersonalData:
    """Everything the company holds on a person; that it was asked for is recorded."""
    await people.get_person(uow, actor=actor, person_id=person_id)
    is_self = person_id == actor.person_id
    if not is_self and not actor.roles & EXPORTERS:
        raise NotAllowed("Only HR, administrators and the person get this.")
    records: dict[str, list[dict[str, Any]]] = {}
    for held in HELD:
        if is_self or not held.is_private:
            rows = await repository.list_held(uow.session, held=held, company_id=actor.company_id, person_id=person_id)
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


async def erase_person(uow: UnitOfWork, *, actor: Actor, person_id: UUID, if_match: str | None) -> PersonRead:
    """Forget who somebody was: name, contacts, reasons and notes go, figures stay, and the audit chain holds."""
    await people.get_person(uow, actor=actor, person_id=person_id)
    person = await repository.lock_person(uow.session, company_id=actor.company_id, person_id=person_id)
    before = await people.get_person(uow, actor=actor, person_id=person_id)
    check_if_match(if_match, content_tag(before))
    if person.erased_at is not None:
        return before
    if not await repository.has_left_for_good(uow.session, company_id=actor.company_id, person_id=person_id):
        raise NotLeftYet("A person is erased only once their last day is over and no return is recorded.")
    now, mentions = utc_now(), await _mentions(uow, person)
    replacement = f"已删除 {person_id.hex[-8:]}"
    # the account's own rows say which entries of the trail are about it: looked at before they go
    of_account = await repository.list_entries_about(uow.session, company_id=actor.company_id, person_id=person_id)
    await _erase_records(uow, person=person, mentions=mentions, replacement=replacement, now=now)
    about = {row.sequence for row in of_account}
    erased = await _erase_trail(uow, company_id=actor.company_id, person_id=person_id, about=about, mentions=mentions)
    uow.record(
        resource_type="person",
        resource_id=person_id,
        action=ERASING,
        changes={"erased_at": (None, now), ERASED_VALUES: (None, erased)},
    )
    return await people.get_person(uow, actor=actor, person_id=person_id)


async def _mentions(uow: UnitOfWork, person: Person) -> Mentions:
    """The name as it is, and contacts of all times.

    A former name is not looked for in what was written about others: it may have been a mistake, such as a department's
    name in the wrong column, and replacing it everywhere cannot be undone.
    """
    terms: list[object] = [person.name, person.email, person.phone]
    for changes in await repository.list_names(uow.session, company_id=person.company_id, person_id=person.id):
        for name in ("email", "phone"):
            change = changes.get(name) or {}
            terms += [change.get("before"), change.get("after")]
    return Mentions.of(terms)


async def _erase_records(
    uow: UnitOfWork, *, person: Person, mentions: Mentions, replacement: str, now: datetime
) -> None:
    company_id, person_id = person.company_id, person.id
    values = {
        "name": replacement,
        "email": f"erased-{person_id}@erased.invalid",
        "phone": None,
        "erased_at": now,
    }
    await repository.erase_records(uow.session, company_id=company_id, person_id=person_id, values=values)
    await repository.close_membership(uow.session, company_id=company_id, person_id=person_id)
    await repository.delete_answers(uow.session, company_id=company_id, person_id=person_id, like=mentions.like)
    for model, names in repository.FREE_TEXT.items():
        for row in await repository.list_texts(uow.session, model=model, company_id=company_id, like=mentions.like):
            key, texts = row[: -len(names)], dict(zip(names, row[-len(names) :], strict=True))
            replaced = mentions.replaced(texts, by=replacement)
            if replaced != texts:
                await repository.put_texts(uow.session, model=model, company_id=company_id, key=key, texts=replaced)


async def _erase_trail(
    uow: UnitOfWork, *, company_id: UUID, person_id: UUID, about: set[int], mentions: Mentions
) -> dict[str, list[str]]:
    """Take the person's values out of the trail: which ones, by sequence.

    The chain is locked from here on, so that no entry is written behind the search; all other rows are locked already.
    """
    await find_head(uow.session, company_id=company_id, for_update=True)
    entries = await repository.list_entries_about(uow.session, company_id=company_id, person_id=person_id)
    about |= {row.sequence for row in entries}
    entries += await repository.list_entries_mentioning(
        uow.session, company_id=company_id, person_id=person_id, like=mentions.like
    )
    erased: dict[str, list[str]] = {}
    kept: dict[int, dict[str, Any]] = {}
    for sequence, changes in [(row.sequence, row.changes) for row in entries]:
        names = [
            name
            for name, change in changes.items()
            if change is not None and _is_personal(name, change, is_about=sequence in about, mentions=mentions)
        ]
        if names:
            erased[str(sequence)] = sorted(names)
            kept[sequence] = {name: None if name in names else change for name, change in changes.items()}
    if kept:
        await repository.put_changes(uow.session, company_id=company_id, changes=kept)
    return erased


def _is_personal(name: str, change: dict[str, Any], *, is_about: bool, mentions: Mentions) -> bool:
    values = [change["before"], change["after"]]
    if is_about and (name in PERSONAL_FIELDS or any(_tells_a_reason(value) for value in values)):
        return True
    return mentions.are_in(values)


def _tells_a_reason(value: object) -> bool:
    """Whether these are the changes of an event that say why somebody left."""
    return isinstance(value, dict) and bool(value.get("leaving_reason"))
