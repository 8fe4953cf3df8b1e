"""What a transaction changes, noted at every flush (SEC-5).

A listener on all sessions: whatever a service adds, changes or deletes is noted without it having to think of it.
Statements that go past the session (`insert(…)`, `update(…)`, `delete(…)`) are noted by hand: `UnitOfWork.record`.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import event, inspect
from sqlalchemy.orm import InstanceState, Mapper, Session, SessionTransaction

from attain_shared.audit.chain import plain
from attain_shared.audit.resources import NEVER_SHOWN, RESOURCES, Resource
from attain_shared.db.base import SECRET

Values = tuple[object, object]
"""Before and after."""
TRAIL = "attain.trail"
"""Where a session keeps its transaction's trail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who changes something."""

    kind: Literal["person", "connector", "system"] = "system"
    id: UUID | None = None
    company_id: UUID | None = None
    action: str | None = None
    """The operation of the API; without one an entry says `create`, `update` or `delete`."""
    request_id: str = ""


@dataclass(slots=True, kw_only=True)
class Change:
    """What becomes of one resource in a transaction."""

    company_id: UUID
    resource_type: str
    resource_id: UUID | None
    verb: str
    action: str | None = None
    fields: dict[str, Values] = field(default_factory=dict)
    is_event: bool = False
    """Recorded by hand: worth an entry even if no value differs."""

    def merge(self, fields: Mapping[str, Values]) -> None:
        """Later values: the first before and the last after stand."""
        for name, (before, after) in fields.items():
            self.fields[name] = (self.fields[name][0] if name in self.fields else before, after)

    @property
    def differing(self) -> dict[str, Values]:
        """The fields whose values do differ."""
        return {name: values for name, values in self.fields.items() if values[0] != values[1]}


@dataclass(slots=True)
class Trail:
    """The changes of one transaction, in the order in which they began."""

    _changes: dict[Hashable, Change] = field(default_factory=dict)
    _savepoints: dict[SessionTransaction, dict[Hashable, Change]] = field(default_factory=dict)

    def changes(self) -> list[Change]:
        """What is worth an entry."""
        return [change for change in self._changes.values() if change.is_event or change.differing]

    def add(self, change: Change) -> None:
        """Note something by hand."""
        self._changes[object()] = change

    def note_flush(self, session: Session) -> None:
        """Note what a flush has just written."""
        for row in session.new:
            self._note(inspect(row), "create")
        for row in session.dirty:
            self._note(inspect(row), "update")
        for row in session.deleted:
            self._note(inspect(row), "delete")

    def _note(self, state: InstanceState[Any], verb: str) -> None:
        resource = RESOURCES.get(str(state.mapper.local_table))
        if resource is None:
            return
        row = state.object
        key = (state.mapper, tuple(state.mapper.primary_key_from_instance(row)))
        change = self._changes.setdefault(
            key,
            Change(
                company_id=getattr(row, "id" if resource.type == "company" else "company_id"),
                resource_type=resource.type,
                resource_id=getattr(row, resource.id),
                verb=verb,
            ),
        )
        if verb == "delete":
            change.verb = verb
        change.merge({name: _values(state, name, verb) for name in _shown(state.mapper, resource)})

    def hold(self, savepoint: SessionTransaction) -> None:
        """Remember how things are at a savepoint."""
        self._savepoints[savepoint] = {
            key: replace(change, fields=dict(change.fields)) for key, change in self._changes.items()
        }

    def go_back(self, savepoint: SessionTransaction) -> None:
        """Forget what has been rolled back."""
        self._changes = self._savepoints.pop(savepoint, self._changes)


def _values(state: InstanceState[Any], name: str, verb: str) -> Values:
    now = plain(state.dict.get(name))
    if verb == "create":
        return None, now
    if verb == "delete":
        return now, None
    history = state.attrs[name].history
    if not history.has_changes():
        return now, now
    return plain(history.deleted[0]) if history.deleted else None, now


@cache
def _shown(mapper: Mapper[Any], resource: Resource) -> tuple[str, ...]:
    hidden = NEVER_SHOWN | resource.unseen | {resource.id}
    return tuple(
        attribute.key
        for attribute in mapper.column_attrs
        if attribute.key not in hidden and attribute.columns[0].info != SECRET
    )


@event.listens_for(Session, "after_flush")
def _note_flush(session: Session, _context: object) -> None:
    trail: Trail | None = session.info.get(TRAIL)
    if trail is not None:
        trail.note_flush(session)


@event.listens_for(Session, "after_transaction_create")
def _note_savepoint(session: Session, transaction: SessionTransaction) -> None:
    trail: Trail | None = session.info.get(TRAIL)
    if trail is not None and transaction.nested:
        trail.hold(transaction)


@event.listens_for(Session, "after_soft_rollback")
def _note_rollback(session: Session, transaction: SessionTransaction) -> None:
    trail: Trail | None = session.info.get(TRAIL)
    if trail is not None and transaction.nested:
        trail.go_back(transaction)
