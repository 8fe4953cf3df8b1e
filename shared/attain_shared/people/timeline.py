"""What a person's dated events come to for every day (ORG-3): pure, nothing is read or written here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

ALWAYS, FOREVER = date.min, date.max
"""The ends of time: PostgreSQL's -infinity and infinity."""
_DAY = timedelta(days=1)


class EventKind(StrEnum):
    """The dated events of ORG-3."""

    HIRE = "hire"
    CONFIRM = "confirm"
    """The end of the probation (转正)."""
    TRANSFER = "transfer"
    PROMOTE = "promote"
    CHANGE_MANAGER = "change_manager"
    CHANGE_TERMS = "change_terms"
    """Employment type, mentor, or the end of the probation."""
    LEAVE = "leave"
    REHIRE = "rehire"


class Status(StrEnum):
    """Where somebody stands on a day."""

    UPCOMING = "upcoming"
    EMPLOYED = "employed"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event; ids sort in the order of recording."""

    id: UUID
    kind: EventKind
    effective_on: date
    """The first day of the new state; for a leave the last day at work."""
    changes: Mapping[str, Any]
    """What it sets, by the names of `Spell`'s fields; ids and dates as text."""
    stands_for: UUID | None = None
    """The event that was recorded first, where this one corrects it: a correction keeps its place on its day."""

    @property
    def place(self) -> tuple[date, int, UUID]:
        """Where it stands among the others: on one day the hire first, then what ended the day before, then the rest."""
        first = {EventKind.HIRE: 0, EventKind.LEAVE: 1}.get(self.kind, 2)
        return self.starts_on, first, self.stands_for or self.id

    @property
    def starts_on(self) -> date:
        """The first day on which it shows."""
        return self.effective_on + _DAY if self.kind == EventKind.LEAVE else self.effective_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A stretch of days on which nothing changes; `ends_on` is the first day after it."""

    starts_on: date
    ends_on: date
    status: Status
    hired_on: date
    employment_type: str = "employee"
    department_id: UUID | None = None
    position_id: UUID | None = None
    manager_id: UUID | None = None
    mentor_id: UUID | None = None
    probation_ends_on: date | None = None
    confirmed_on: date | None = None
    left_on: date | None = None
    leaving_reason: str | None = None


class TimelineBroken(Exception):  # named for what happened
    """The events do not make sense in this order."""

    def __init__(self, code: str, detail: str, event: Event) -> None:
        """Which event does not fit, and why."""
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.event = event


IDS = frozenset({"department_id", "position_id", "manager_id", "mentor_id"})
DATES = frozenset({"probation_ends_on"})
TERMS = IDS | DATES | {"employment_type", "leaving_reason"}
"""What an event may set."""


def stored_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What an event sets, as it is kept: ids and dates as text."""
    return {name: _text(value) for name, value in changes.items()}


def _text(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def read_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The reverse of `stored_changes`."""
    return {name: _read(name, value) for name, value in changes.items()}


def _read(name: str, value: object) -> object:
    if value is None or not isinstance(value, str):
        return value
    if name in IDS:
        return UUID(value)
    return date.fromisoformat(value) if name in DATES else value


def build_spells(events: Iterable[Event]) -> list[Spell]:
    """The spells of a person from -infinity to infinity, without a gap.

    Raises:
        TimelineBroken: an event that does not fit those before it.
    """
    ordered = sorted(events, key=lambda event: event.place)
    hire = ordered[0]
    if hire.kind != EventKind.HIRE:
        raise TimelineBroken("not-hired-yet", f"The person is not hired yet on {hire.effective_on}.", hire)
    first = Spell(
        starts_on=hire.effective_on,
        ends_on=FOREVER,
        status=Status.EMPLOYED,
        hired_on=hire.effective_on,
        **read_changes(hire.changes),
    )
    spells = [replace(first, starts_on=ALWAYS, ends_on=hire.effective_on, status=Status.UPCOMING), first]
    for event in ordered[1:]:
        before = spells[-1]
        after = _after(before, event)
        if before.starts_on == event.starts_on:
            spells[-1] = after
        else:
            spells[-1:] = [replace(before, ends_on=event.starts_on), after]
    return spells


def _after(before: Spell, event: Event) -> Spell:
    changes = read_changes(event.changes)
    if event.kind == EventKind.HIRE:
        raise TimelineBroken("already-hired", "The person has been hired already.", event)
    if event.kind == EventKind.REHIRE:
        if before.status != Status.LEFT:
            raise TimelineBroken("still-employed", "Only somebody who has left is rehired.", event)
        return Spell(
            **{"employment_type": before.employment_type}
            | changes
            | {
                "starts_on": event.starts_on,
                "ends_on": FOREVER,
                "status": Status.EMPLOYED,
                "hired_on": event.effective_on,
            }
        )
    if before.status != Status.EMPLOYED or event.effective_on < before.hired_on:
        raise TimelineBroken("not-employed", f"The person is not employed on {event.effective_on}.", event)
    if event.kind == EventKind.LEAVE:
        changes |= {"status": Status.LEFT, "left_on": event.effective_on}
    elif event.kind == EventKind.CONFIRM:
        changes |= {"confirmed_on": event.effective_on}
    return replace(before, starts_on=event.starts_on, **changes)


_COLUMNS = tuple(one.name for one in fields(Spell))


def spell_row(spell: Spell) -> dict[str, Any]:
    """A spell as the columns of its table."""
    return {name: getattr(spell, name) for name in _COLUMNS}
