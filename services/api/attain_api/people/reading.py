"""A person as the contract shows it to one caller: what is hidden is null and named (SEC-3, SEC-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import content_tag
from attain_api.people.repository import PersonRow
from attain_shared.people.models import PersonEvent
from attain_shared.people.schemas import PersonEventRead, PersonRead

WRITERS = frozenset({"hr", "admin"})
DIRECTORY = frozenset(
    {"id", "name", "status", "department_id", "department_name", "position_id", "position_name"}
    | {"masked", "allowed_actions"}
)
CONTACTS = ("email", "phone", "leaving_reason")
"""For HR, the person and the managers above, and contacts for administrators."""

_FIELDS = tuple(name for name in PersonRead.model_fields if name not in {"masked", "allowed_actions"})
_MASKED = {
    "full": (),
    "record": CONTACTS,
    "directory": tuple(name for name in _FIELDS if name not in DIRECTORY),
}
ACTIONS = {
    "upcoming": ["update", "correct"],
    "employed": ["update", "transfer", "promote", "change_manager", "confirm", "leave"],
    "left": ["update", "rehire", "erase"],
}
"""What HR and administrators can do with somebody, by status."""


def may_write(actor: Actor) -> bool:
    """Whether the caller keeps the records of people."""
    return bool(actor.roles & WRITERS)


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """A person as the caller sees them, and the tag of this sight."""

    id: UUID
    body: PersonRead
    tag: str


def show_person(row: PersonRow, *, actor: Actor, is_now: bool) -> ShownPerson:
    """The tag changes with every event, also with one to come, for whoever sees more than the directory."""
    body = read_people([row], actor=actor, is_now=is_now)[0]
    version = "" if row.sight == "directory" else f"{row.version} "
    return ShownPerson(body.id, body, content_tag(f"{version}{body.model_dump_json()}".encode()))


def read_people(rows: Sequence[PersonRow], *, actor: Actor, is_now: bool = True) -> list[PersonRead]:
    """A list of them: the names of a row's columns are asked for once, as each asking takes longer than all the rest."""
    names = rows[0]._fields if rows else ()
    return [_read(dict(zip(names, row, strict=True)), actor=actor, is_now=is_now) for row in rows]


def _read(fields: dict[str, Any], *, actor: Actor, is_now: bool) -> PersonRead:
    actions = actions_on(fields, actor=actor) if is_now else []
    hidden = _MASKED[fields["sight"]]
    fields |= dict.fromkeys(hidden)
    fields |= {"masked": hidden, "allowed_actions": actions}
    return PersonRead.model_validate(fields)


def actions_on(fields: Mapping[str, Any], *, actor: Actor) -> list[str]:
    """What the caller may do with a person now."""
    if not may_write(actor) or fields["erased_at"] is not None:
        return []
    may_confirm = fields["confirmed_on"] is None and fields["hired_on"]
    return [action for action in ACTIONS[fields["status"]] if action != "confirm" or may_confirm]


def read_event(event: PersonEvent, *, actor: Actor, in_full: bool, is_open: bool = True) -> PersonEventRead:
    """An event; notes are for those who see the person in full, and with an erased person nothing is done any more."""
    shown = {name: getattr(event, name) for name in PersonEventRead.model_fields if name != "allowed_actions"}
    if not in_full:
        shown |= {"note": None, "withdrawal_reason": None}
        shown["changes"] = {name: value for name, value in event.changes.items() if name not in CONTACTS}
    actions = event_actions(event, actor=actor) if is_open else []
    return PersonEventRead.model_validate(shown | {"allowed_actions": actions})


def event_actions(event: PersonEvent, *, actor: Actor) -> list[str]:
    """What the caller may do with an event now; a hire can be corrected, but not taken back."""
    if not may_write(actor) or event.withdrawn_at is not None:
        return []
    return ["correct"] if event.kind == "hire" else ["correct", "withdraw"]
