"""What the caller is to the owner of a goal, as SQL: what they may do follows from it (GOAL-3, SEC-3)."""

from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, and_, case, exists, false, literal, or_, select
from sqlalchemy.orm import aliased

from attain_api.access.visibility import GOAL_OWNER, OwnerColumns, View, on_day, owner_has_account
from attain_shared.clock import business_day
from attain_shared.departments.models import Department
from attain_shared.goals.models import Cycle, Goal
from attain_shared.people.models import Person, PersonSpell
from attain_shared.positions.grades import Grade, is_senior_class
from attain_shared.positions.models import Position
from attain_shared.rules.life import Life

SENIOR_GRADES = [grade.value for grade in Grade if is_senior_class(grade)]


def relation_columns(view: View, owner: OwnerColumns = GOAL_OWNER) -> list[ColumnElement[Any]]:
    """`is_full`, `is_owner`, `is_superior`, `stands_in` and `life`, for a statement's list of columns."""
    is_superior = _is_superior(view, owner)
    return [
        view.goal(owner).label("is_full"),
        _is_owner(view, owner).label("is_owner"),
        is_superior.label("is_superior"),
        _stands_in(view, owner, is_superior).label("stands_in"),
        _life(view, owner).label("life"),
    ]


def _is_owner(view: View, owner: OwnerColumns) -> ColumnElement[bool]:
    """The person; a department's head; for the company an executive."""
    if view.actor.person_id is None:
        return false()
    is_company = and_(owner.person_id.is_(None), owner.department_id.is_(None))
    return or_(
        owner.person_id == view.actor.person_id,
        owner.department_id.in_(_headed(view)),
        and_(is_company, literal("executive" in view.actor.roles)),
    )


def _is_superior(view: View, owner: OwnerColumns) -> ColumnElement[bool]:
    """Above the owner: of a department who heads one above it, and executives that do not head it themselves."""
    if view.actor.person_id is None:
        return false()
    not_headed = owner.department_id.not_in(_headed(view))
    conditions: list[ColumnElement[bool]] = [
        owner.person_id.in_(view.below),
        and_(owner.department_id.in_(view.led), not_headed),
    ]
    if "executive" in view.actor.roles:
        conditions.append(and_(owner.person_id.is_(None), or_(owner.department_id.is_(None), not_headed)))
    return or_(*conditions)


def _stands_in(view: View, owner: OwnerColumns, is_superior: ColumnElement[bool]) -> ColumnElement[bool]:
    if view.actor.person_id is None:
        return false()
    may = or_(is_superior, literal("admin" in view.actor.roles))
    return and_(may, ~owner_has_account(view.actor.company_id, owner))


def _headed(view: View) -> Any:  # noqa: ANN401 - a selectable for `in_`
    return select(Department.id).where(
        Department.company_id == view.actor.company_id, Department.head_id == view.actor.person_id
    )


def cycle_is_open() -> ColumnElement[bool]:
    """Whether the cycle of the goal in a row is."""
    return exists().where(Cycle.company_id == Goal.company_id, Cycle.id == Goal.cycle_id, Cycle.state == "open")


def _life(view: View, owner: OwnerColumns) -> ColumnElement[str]:
    """Staff write their own goals; those of departments and of the senior class are split from above (GOAL-3).

    Whoever has nobody above, by manager or by a department's head, leads the third life.
    """
    company_id, today = view.actor.company_id, business_day()
    heads_above = _heads_at_and_above(company_id)
    spell = and_(PersonSpell.company_id == company_id, PersonSpell.person_id == owner.person_id, on_day(today))
    heads = exists().where(Department.company_id == company_id, Department.head_id == owner.person_id)
    is_senior = exists().where(
        spell,
        Position.company_id == company_id,
        Position.id == PersonSpell.position_id,
        Position.grade.in_(SENIOR_GRADES),
    )
    person_has_superior = or_(
        exists().where(spell, PersonSpell.manager_id.is_not(None)),
        exists().where(
            spell, heads_above.c.department_id == PersonSpell.department_id, heads_above.c.head_id != owner.person_id
        ),
    )
    return case(
        (
            and_(owner.department_id.is_not(None), _department_has_superior(company_id, owner, heads_above)),
            Life.SPLIT.value,
        ),
        (owner.department_id.is_not(None), Life.ALONE.value),
        (owner.person_id.is_(None), Life.ALONE.value),
        (~person_has_superior, Life.ALONE.value),
        (or_(heads, is_senior), Life.SPLIT.value),
        else_=Life.STAFF.value,
    )


def _department_has_superior(company_id: UUID, owner: OwnerColumns, heads: CTE) -> ColumnElement[bool]:
    """Somebody that heads a department above it, or an executive, and does not head it themselves."""
    own = aliased(Department)
    of_owner = and_(own.company_id == company_id, own.id == owner.department_id)
    led_above = exists().where(of_owner, heads.c.department_id == own.id, heads.c.head_id.is_distinct_from(own.head_id))
    executive = exists().where(
        of_owner,
        Person.company_id == company_id,
        Person.roles.contains(["executive"]),
        Person.id.is_distinct_from(own.head_id),
        PersonSpell.company_id == company_id,
        PersonSpell.person_id == Person.id,
        PersonSpell.status == "employed",
        on_day(business_day()),
    )
    return or_(led_above, executive)


def _heads_at_and_above(company_id: UUID) -> CTE:
    """Who heads each department and those above it: `View.departments_led`, from below."""
    base = select(Department.id.label("department_id"), Department.head_id, Department.parent_id).where(
        Department.company_id == company_id
    )
    line = base.cte("line_of_departments", recursive=True)
    above = (
        select(line.c.department_id, Department.head_id, Department.parent_id)
        .join(line, Department.id == line.c.parent_id)
        .where(Department.company_id == company_id)
    )
    line = line.union(above)
    return select(line.c.department_id, line.c.head_id).where(line.c.head_id.is_not(None)).cte("heads_at_and_above")
