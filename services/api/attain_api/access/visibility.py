"""Who may see whom: the table of SEC-3, said once, as SQL.

Lists and details are built from the same predicates, so that they can never disagree. Rights are those of today,
whatever day is asked about. *Below* are the people under a manager or in a department under its head, at any depth.

| | people | goals, scorecards | shops, metrics |
|---|---|---|---|
| employee | directory of those employed; own record in full | own; of company and departments the public part | owned, or with submitted goals on them |
| manager, head | below in full | below; own departments' | as employee, plus those of people below |
| mentor | mentees' record | mentees' | – |
| executive | all records, without contacts | all | all |
| hr | all in full | all | all |
| admin | all in full | of owners without an account | all |

The sight of a person is one of `full`, `record` (contacts masked, SEC-4) and `directory` (name, post, department).
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    SQLColumnExpression,
    Uuid,
    bindparam,
    case,
    exists,
    false,
    literal,
    literal_column,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute

from attain_api.access.actor import Actor
from attain_shared.access.models import Membership
from attain_shared.clock import business_day
from attain_shared.departments.models import Department
from attain_shared.goals.models import Goal, IndicatorSource
from attain_shared.people.models import Person, PersonSpell
from attain_shared.shops.models import ShopOwner

Sight = Literal["full", "record", "directory"]

SEES_EVERYBODY = frozenset({"hr", "admin"})
READS_EVERYBODY = frozenset({"executive"})
SEES_RECORDS = SEES_EVERYBODY | READS_EVERYBODY
READS_ALL_GOALS = frozenset({"hr", "executive"})
READS_ALL_SHOPS = frozenset({"hr", "executive", "admin"})

MEASURING = ("submitted", "confirmed", "closed")
"""The states of goals that bring the sight of their shops: a draft is its owner's word alone, and may stay for ever."""

HAS_OTHER_ROLE = ~Person.roles.contained_by(literal_column("ARRAY['employee']::text[]"))
"""Of a person who is more than an employee: said as `ix_people_other_roles` says it, so that it serves."""

Key = InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None] | ColumnElement[UUID]


class OwnerColumns(NamedTuple):
    """What says whose a goal is, in SQL: with neither a department nor a person it is the company's."""

    department_id: SQLColumnExpression[Any]
    person_id: SQLColumnExpression[Any]


GOAL_OWNER = OwnerColumns(Goal.department_id, Goal.person_id)
"""The owner of the goal in a row."""


def given_owner(*, department_id: UUID | None, person_id: UUID | None) -> OwnerColumns:
    """An owner at hand, whether there are goals of it or not."""
    return OwnerColumns(literal(department_id, Uuid()), literal(person_id, Uuid()))


def on_day(day: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Spells of people that cover a day; for each person exactly one does."""
    return (PersonSpell.starts_on <= day) & (PersonSpell.ends_on > day)


def employed_with(role: str, company_id: UUID) -> Select[UUID]:
    """The ids of those who hold a role and are there today; not for `employee`, which is no role of its own."""
    employed = select(PersonSpell.person_id).where(
        PersonSpell.company_id == company_id, PersonSpell.status == "employed", on_day(business_day())
    )
    return select(Person.id).where(
        Person.company_id == company_id,
        HAS_OTHER_ROLE,
        Person.roles.contains([role]),
        Person.id.in_(employed),
    )


@dataclass(frozen=True)
class View:
    """What one caller may see, as conditions on the rows of a statement; make one for each statement."""

    actor: Actor

    @cached_property
    def departments_led(self) -> CTE:
        """The ids of the departments the caller heads, and of all below them."""
        company_id = self.actor.company_id
        led = (
            select(Department.id)
            .where(Department.company_id == company_id, Department.head_id == self.actor.person_id)
            .cte("led", recursive=True)
        )
        below = (
            select(Department.id).join(led, Department.parent_id == led.c.id).where(Department.company_id == company_id)
        )
        return led.union(below)

    @cached_property
    def people_below(self) -> CTE:
        """The ids of the people under the caller as their manager, or as head of their department."""
        company_id, me, today = self.actor.company_id, self.actor.person_id, business_day()
        line = (
            select(PersonSpell.person_id)
            .where(PersonSpell.company_id == company_id, PersonSpell.manager_id == me, on_day(today))
            .cte("line", recursive=True)
        )
        line = line.union(
            select(PersonSpell.person_id)
            .join(line, PersonSpell.manager_id == line.c.person_id)
            .where(PersonSpell.company_id == company_id, on_day(today))
        )
        members = select(PersonSpell.person_id).where(
            PersonSpell.company_id == company_id,
            PersonSpell.department_id.in_(self.led),
            PersonSpell.person_id != me,
            on_day(today),
        )
        return union(select(line.c.person_id), members).cte("below")

    @cached_property
    def led(self) -> Select[Any]:
        """For `in_`: the departments the caller heads, and all below them."""
        return select(self.departments_led.c.id)

    @cached_property
    def below(self) -> Select[Any]:
        """For `in_`: the people below the caller."""
        return select(self.people_below.c.person_id)

    @cached_property
    def mentees(self) -> Select[Any]:
        """For `in_`: the people the caller is mentor of."""
        return select(PersonSpell.person_id).where(
            PersonSpell.company_id == self.actor.company_id,
            PersonSpell.mentor_id == self.actor.person_id,
            PersonSpell.status != "left",
            on_day(business_day()),
        )

    def sight(self, person_id: Key = Person.id) -> ColumnElement[str]:
        """How much the caller sees of the person in a row."""
        if self.actor.roles & SEES_EVERYBODY:
            return literal("full")
        others: Sight = "record" if self.actor.roles & READS_EVERYBODY else "directory"
        return case(
            (person_id == self.actor.person_id, "full"),
            (person_id.in_(self.below), "full"),
            (person_id.in_(self.mentees), "record"),
            else_=others,
        )

    def record(self, person_id: Key = Person.id) -> ColumnElement[bool]:
        """Whether the caller sees more of the person in a row than the directory."""
        if self.actor.roles & SEES_RECORDS:
            return true()
        return or_(person_id == self.actor.person_id, person_id.in_(self.below), person_id.in_(self.mentees))

    def contacts(self, person_id: Key = Person.id) -> ColumnElement[bool]:
        """Whether the caller sees the contacts of the person in a row (SEC-4)."""
        if self.actor.roles & SEES_EVERYBODY:
            return true()
        return or_(person_id == self.actor.person_id, person_id.in_(self.below))

    def goal(self, owner: OwnerColumns = GOAL_OWNER) -> ColumnElement[bool]:
        """Whether the caller sees the goals of an owner in full."""
        if self.actor.roles & READS_ALL_GOALS:
            return true()
        if self.actor.person_id is None:
            return false()
        conditions: list[ColumnElement[bool]] = [
            owner.person_id == self.actor.person_id,
            owner.person_id.in_(self.below),
            owner.person_id.in_(self.mentees),
            owner.department_id.in_(self.led),
        ]
        if "admin" in self.actor.roles:
            conditions.append(~owner_has_account(self.actor.company_id, owner))
        return or_(*conditions)

    def department(self) -> ColumnElement[bool]:
        """Whether the caller sees the department in a row: closed ones are history, and not the directory's."""
        if self.actor.roles & SEES_RECORDS:
            return true()
        return Department.closed_on.is_(None)

    def figures(self, department_id: Key = Department.id) -> ColumnElement[bool]:
        """Whether the caller sees the headcount plan and the figures of the department in a row (ORG-5)."""
        if self.actor.roles & SEES_RECORDS:
            return true()
        return department_id.in_(self.led)

    def shop(self, shop_id: Key) -> ColumnElement[bool]:
        """Whether the caller sees the values of the shop in a row: owned today, or in a goal of `MEASURING`, of whom it answers for."""
        if self.actor.kind == "connector":
            return shop_id.in_(self.actor.shop_ids)
        if self.actor.roles & READS_ALL_SHOPS:
            return true()
        if self.actor.person_id is None:
            return false()
        company_id, me, today = self.actor.company_id, self.actor.person_id, business_day()
        owned = select(ShopOwner.shop_id).where(
            ShopOwner.company_id == company_id,
            ShopOwner.starts_on <= today,
            ShopOwner.ends_on > today,
            or_(ShopOwner.person_id == me, ShopOwner.person_id.in_(self.below), ShopOwner.department_id.in_(self.led)),
        )
        measured = (
            select(IndicatorSource.shop_id)
            .join(Goal, (Goal.company_id == IndicatorSource.company_id) & (Goal.id == IndicatorSource.goal_id))
            .where(
                IndicatorSource.company_id == company_id,
                Goal.state.in_(MEASURING),
                or_(Goal.person_id == me, Goal.person_id.in_(self.below), Goal.department_id.in_(self.led)),
            )
        )
        return or_(shop_id.in_(owned), shop_id.in_(measured))


def view_of(roles: frozenset[str]) -> View:
    """The view of any person with these roles, for statements made once: run them with `company_id` and `me`.

    What rests on `below` holds today's date: such a statement is good for a day.
    """
    company_id, me = (cast("Any", bindparam(name, type_=Uuid())) for name in ("company_id", "me"))
    return View(Actor(company_id=company_id, principal_id=me, kind="person", roles=roles, person_id=me))


def goal_is_public() -> ColumnElement[bool]:
    """Whether everybody sees title, target and attainment of the goal in a row: the company's and the departments'."""
    return Goal.person_id.is_(None) & Goal.state.in_(("confirmed", "closed"))


def owner_has_account(company_id: UUID, owner: OwnerColumns = GOAL_OWNER) -> ColumnElement[bool]:
    """Whether somebody can sign in for the owner of a goal today: the person, the department's head, an executive.

    An owner without an account is acted for by an administrator (SEC-3, GOAL-3).
    """
    # an account is good from the first day to the last
    signed_up = (
        select(Membership.person_id)
        .join(
            PersonSpell,
            (PersonSpell.company_id == Membership.company_id) & (PersonSpell.person_id == Membership.person_id),
        )
        .where(
            Membership.company_id == company_id,
            Membership.accepted_at.is_not(None),
            PersonSpell.status == "employed",
            on_day(business_day()),
        )
    )
    heads = select(Department.id).where(Department.company_id == company_id, Department.head_id.in_(signed_up))
    executives = exists().where(
        Person.company_id == company_id, Person.roles.contains(["executive"]), Person.id.in_(signed_up)
    )
    return case(
        (owner.person_id.is_not(None), owner.person_id.in_(signed_up)),
        (owner.department_id.is_not(None), owner.department_id.in_(heads)),
        else_=executives,
    )
