"""Forgetting who somebody was, after they have left (SEC-6)."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from attain_api.access.actor import Actor
from attain_api.access.admins import check_not_operator
from attain_api.conditional import check_if_match
from attain_api.people import service as people
from attain_api.people.reading import ShownPerson
from attain_api.personal_data import repository
from attain_api.personal_data.mentions import Mentions
from attain_api.personal_data.texts import IN_TRAIL, PLACES, Leaves, Place, prose
from attain_shared.audit.queries import find_head
from attain_shared.audit.verification import ERASED_VALUES, ERASING
from attain_shared.clock import utc_now
from attain_shared.db.base import PERSONAL
from attain_shared.db.session import UnitOfWork
from attain_shared.db.tables import metadata
from attain_shared.errors import Conflict
from attain_shared.people.models import Person

PERSONAL_FIELDS = frozenset(
    column.name for table in metadata.tables.values() for column in table.columns if column.info == PERSONAL
)
REPLACED_FIELDS = "replaced_fields"
"""What an entry on somebody else's record says: the fields in which the erased person was spoken of."""
PART = 20_000
"""Entries of the trail searched by one statement."""


class NotLeftYet(Conflict):
    """Somebody who works here, or will again, is not erased."""

    code, title = "not-left-yet", "The person has not left"


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """One person's erasure, under way."""

    uow: UnitOfWork
    company_id: UUID
    person_id: UUID
    mentions: Mentions
    about: set[UUID]
    """The ids by which the trail speaks of the person."""
    own: set[UUID]
    """The person's own goals and reviews, and what belongs to them."""
    erased: dict[str, list[str]] = field(default_factory=dict)
    """The values taken out of the trail: names of fields, by sequence."""

    @property
    def replacement(self) -> str:
        """What stands in the place of the name."""
        return f"已删除 {self.person_id.hex[-8:]}"


async def erase_person(uow: UnitOfWork, *, actor: Actor, person_id: UUID, if_match: str | None) -> ShownPerson:
    """Forget who somebody was: name, contacts, reasons and notes go, figures stay, and the audit chain holds."""
    await people.get_person(uow, actor=actor, person_id=person_id)
    await check_not_operator(uow, actor=actor, person_id=person_id)
    await repository.hold_erasures(uow.session, company_id=actor.company_id)
    person = await repository.lock_person(uow.session, company_id=actor.company_id, person_id=person_id)
    before = await people.get_person(uow, actor=actor, person_id=person_id)
    check_if_match(if_match, before.tag)
    if person.erased_at is not None:
        return before
    if not await repository.has_left_for_good(uow.session, company_id=actor.company_id, person_id=person_id):
        raise NotLeftYet("A person is erased only once their last day is over and no return is recorded.")
    now = utc_now()
    erasure = await _begin(uow, person)
    # the long search is over before anything is held that others wait for: all others are the chain's last entries
    searched = await _erase_trail(erasure, after=0)
    await _erase_records(erasure, now=now)
    await find_head(uow.session, company_id=actor.company_id, for_update=True)
    await _erase_trail(erasure, after=searched)
    uow.record(
        resource_type="person",
        resource_id=person_id,
        action=ERASING,
        changes={"erased_at": (None, now), ERASED_VALUES: (None, erasure.erased)},
    )
    return await people.get_person(uow, actor=actor, person_id=person_id)


async def _begin(uow: UnitOfWork, person: Person) -> Erasure:
    """What to look for: the name as it is, contacts of all times.

    A former name is not looked for in what was written about others: it may have been a mistake, such as a department's
    name in the wrong column, and replacing it everywhere cannot be undone.
    """
    contacts: dict[str, set[str]] = {"email": {person.email}, "phone": {person.phone} if person.phone else set()}
    trail = await repository.list_contacts(uow.session, company_id=person.company_id, person_id=person.id)
    for changes in trail:
        for name, known in contacts.items():
            change = changes.get(name) or {}
            known |= {value for side in ("before", "after") if isinstance(value := change.get(side), str)}
    emails, phones = contacts["email"], contacts["phone"]
    others = await repository.list_others(uow.session, person=person, contacts=emails | phones)
    about, own = await repository.list_own_ids(uow.session, company_id=person.company_id, person_id=person.id)
    return Erasure(
        uow=uow,
        company_id=person.company_id,
        person_id=person.id,
        mentions=Mentions.of(name=person.name, emails=emails, phones=phones, others=others),
        about=about,
        own=own,
    )


async def _erase_records(erasure: Erasure, *, now: datetime) -> None:
    session, company_id, person_id = erasure.uow.session, erasure.company_id, erasure.person_id
    values = {
        "name": erasure.replacement,
        "email": f"erased-{person_id}@erased.invalid",
        "phone": None,
        "erased_at": now,
    }
    await repository.erase_records(session, company_id=company_id, person_id=person_id, values=values)
    await repository.close_membership(session, company_id=company_id, person_id=person_id)
    await _erase_answers(erasure)
    touched: defaultdict[tuple[str, UUID], set[str]] = defaultdict(set)
    for place in PLACES:
        for resource_id, names in await _erase_texts(erasure, place):
            touched[place.told_as[0], resource_id] |= names
    for (resource_type, resource_id), fields in touched.items():
        erasure.uow.record(
            resource_type=resource_type,
            resource_id=resource_id,
            action=ERASING,
            changes={REPLACED_FIELDS: (None, sorted(fields))},
        )


async def _erase_answers(erasure: Erasure) -> None:
    """Remove stored answers to the person, and those that speak of them; others are still due to who asks again."""
    session, company_id, person_id = erasure.uow.session, erasure.company_id, erasure.person_id
    found = []
    for row in await repository.list_answers(session, company_id=company_id, like=erasure.mentions.like):
        told = [row.key, row.headers, row.answer]
        if _speaks(erasure, told, prose, is_own=str(person_id) in str(told)):
            found.append((row.principal_id, row.route, row.key))
    await repository.delete_answers(session, company_id=company_id, person_id=person_id, others=found)


async def _erase_texts(erasure: Erasure, place: Place) -> list[tuple[UUID, set[str]]]:
    """Replace the mentions in one table: whose rows, and the names of the fields."""
    session, company_id, mentions = erasure.uow.session, erasure.company_id, erasure.mentions
    touched = []
    for row in await repository.list_texts(session, place=place, company_id=company_id, like=mentions.like):
        replace = partial(mentions.replaced, by=erasure.replacement, is_own=row.owner == erasure.person_id)
        key, texts = row[: len(place.keys)], dict(zip(place.columns, row[-len(place.columns) :], strict=True))
        new = {name: leaves(texts[name], replace) for name, leaves in place.columns.items()}
        replaced = {name: text for name, text in new.items() if text != texts[name]}
        if replaced:
            await repository.put_texts(session, place=place, company_id=company_id, key=key, texts=replaced)
            touched.append((row.told_as, set(replaced)))
    return touched


async def _erase_trail(erasure: Erasure, *, after: int) -> int:
    """Take the person's values out of the trail behind an entry: the last one there was."""
    session, company_id = erasure.uow.session, erasure.company_id
    head = await find_head(session, company_id=company_id)
    last = head.sequence if head else 0
    for start in range(after, last, PART):
        entries = await repository.list_entries(
            session,
            company_id=company_id,
            about=erasure.about,
            like=erasure.mentions.like,
            after=start,
            until=min(start + PART, last),
        )
        kept: dict[int, dict[str, Any]] = {}
        for entry in entries:
            names = [name for name, change in entry.changes.items() if change and _is_personal(erasure, entry, name)]
            if names:
                erasure.erased[str(entry.sequence)] = sorted(names)
                kept[entry.sequence] = entry.changes | dict.fromkeys(names)
        if kept:
            await repository.put_changes(session, company_id=company_id, changes=kept)
    return last


def _is_personal(erasure: Erasure, entry: Row[Any], name: str) -> bool:
    """Whether an entry's values of a field tell something of the person."""
    values = [entry.changes[name]["before"], entry.changes[name]["after"]]
    is_about = entry.resource_id in erasure.about
    if is_about and (name in PERSONAL_FIELDS or any(_tells_a_reason(value) for value in values)):
        return True
    leaves = IN_TRAIL.get((entry.resource_type, name))
    if leaves is None:
        return False
    is_own = is_about or entry.resource_id in erasure.own
    return any(_speaks(erasure, value, leaves, is_own=is_own) for value in values)


def _speaks(erasure: Erasure, value: object, leaves: Leaves, *, is_own: bool) -> bool:
    """Whether a text in a value speaks of the person."""
    replace = partial(erasure.mentions.replaced, by="", is_own=is_own)
    return bool(leaves(value, replace) != value)


def _tells_a_reason(value: object) -> bool:
    """Whether these are the changes of an event that say why somebody left."""
    return isinstance(value, dict) and bool(value.get("leaving_reason"))
