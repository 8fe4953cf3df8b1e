"""Where a company holds something on a person (SEC-6): said once, for the export and for the test that it is all."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select

from attain_shared.access.models import Account, AccountIdentity, Membership, OneTimeLink, Session
from attain_shared.audit.models import AuditEntry
from attain_shared.db.base import SECRET, Base
from attain_shared.departments.models import Department, DepartmentSpell
from attain_shared.goals.models import Goal, GoalEvent, IndicatorEntry, Milestone
from attain_shared.people.models import Person, PersonEvent, PersonSpell
from attain_shared.positions.models import Successor
from attain_shared.shops.models import ShopOwner

Condition = Callable[[UUID, UUID], ColumnElement[bool]]
"""From a company and a person."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A kind of record that is held on people."""

    name: str
    model: type[Base]
    of: Condition
    only: tuple[str, ...] = ()
    """The columns that speak of the person; all, without any."""
    hidden: frozenset[str] = field(default_factory=frozenset)
    """Columns left out, beside those marked SECRET."""
    is_private: bool = False
    """Belongs to the account, which may serve other companies too: told to its owner alone (ORG-0)."""

    @property
    def columns(self) -> Iterator[str]:
        """What is shown of a row."""
        for attribute in self.model.__mapper__.column_attrs:
            shown = attribute.key in self.only if self.only else attribute.key not in self.hidden
            if shown and attribute.columns[0].info != SECRET and attribute.key != "company_id":
                yield attribute.key

    def select(self, company_id: UUID, person_id: UUID) -> Select[Any]:
        """The rows on a person."""
        return select(*(getattr(self.model, name) for name in self.columns)).where(self.of(company_id, person_id))


def events_of(company_id: UUID, person_id: UUID) -> Select[UUID]:
    """For `in_`: the ids of a person's events."""
    return select(PersonEvent.id).where(PersonEvent.company_id == company_id, PersonEvent.person_id == person_id)


def accounts_of(company_id: UUID, person_id: UUID) -> Select[UUID]:
    """For `in_`: the person's account."""
    return select(Membership.account_id).where(Membership.company_id == company_id, Membership.person_id == person_id)


def ids_about(company_id: UUID, person_id: UUID) -> tuple[Select[UUID], ...]:
    """The ids by which the trail speaks of the person, beside the person's own."""
    accounts = accounts_of(company_id, person_id)
    return (
        events_of(company_id, person_id),
        select(Session.id).where(Session.company_id == company_id, Session.account_id.in_(accounts)),
        select(OneTimeLink.id).where(OneTimeLink.company_id == company_id, OneTimeLink.person_id == person_id),
    )


def is_about(company_id: UUID, person_id: UUID) -> ColumnElement[bool]:
    """Whether the audit entry in a row is about the person."""
    of_records = (AuditEntry.resource_id.in_(ids) for ids in ids_about(company_id, person_id))
    return or_(AuditEntry.resource_id == person_id, *of_records)


def _by(model: Any, column: str = "person_id") -> Condition:  # noqa: ANN401  # any model with these columns
    return lambda company_id, person_id: (model.company_id == company_id) & (getattr(model, column) == person_id)


HELD = (
    Held(name="person", model=Person, of=_by(Person, "id")),
    Held(name="events", model=PersonEvent, of=_by(PersonEvent)),
    Held(name="spells", model=PersonSpell, of=_by(PersonSpell)),
    Held(name="successions", model=Successor, of=_by(Successor)),
    Held(name="goals", model=Goal, of=_by(Goal)),
    Held(
        name="goals_helped_with",
        model=Goal,
        of=lambda company_id, person_id: (Goal.company_id == company_id) & Goal.collaborators.contains([person_id]),
        only=("id", "title"),
    ),
    Held(name="milestones", model=Milestone, of=_by(Milestone, "owner_id")),
    Held(name="indicator_entries", model=IndicatorEntry, of=_by(IndicatorEntry, "entered_by")),
    Held(
        name="goal_events",
        model=GoalEvent,
        of=_by(GoalEvent, "actor_id"),
        only=("goal_id", "action", "is_stand_in", "reason", "created_at"),
    ),
    Held(name="shop_shares", model=ShopOwner, of=_by(ShopOwner)),
    Held(name="departments_headed", model=Department, of=_by(Department, "head_id"), only=("id", "name")),
    Held(
        name="departments_headed_before",
        model=DepartmentSpell,
        of=_by(DepartmentSpell, "head_id"),
        only=("department_id", "name", "starts_on", "ends_on"),
    ),
    Held(name="membership", model=Membership, of=_by(Membership), hidden=frozenset({"account_id"})),
    Held(name="links", model=OneTimeLink, of=_by(OneTimeLink)),
    Held(
        name="sessions",
        model=Session,
        of=lambda company_id, person_id: (
            (Session.company_id == company_id) & Session.account_id.in_(accounts_of(company_id, person_id))
        ),
        hidden=frozenset({"account_id"}),
    ),
    Held(
        name="account",
        model=Account,
        of=lambda company_id, person_id: Account.id.in_(accounts_of(company_id, person_id)),
        is_private=True,
    ),
    Held(
        name="identities",
        model=AccountIdentity,
        of=lambda company_id, person_id: AccountIdentity.account_id.in_(accounts_of(company_id, person_id)),
        is_private=True,
    ),
    Held(
        name="audit_entries",
        model=AuditEntry,
        of=lambda company_id, person_id: (AuditEntry.company_id == company_id) & is_about(company_id, person_id),
        hidden=frozenset({"digests", "digest"}),
    ),
    Held(
        name="audited_actions",
        model=AuditEntry,
        of=_by(AuditEntry, "actor_id"),
        only=("occurred_at", "action", "resource_type", "resource_id", "request_id"),
    ),
)
