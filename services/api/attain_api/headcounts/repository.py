"""The statement behind the figures of departments: one, for one department or for all (ORG-5)."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Integer,
    Row,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from attain_api.access.actor import Actor
from attain_api.access.visibility import SEES_RECORDS, View, on_day, view_of
from attain_shared.departments.models import Department, DepartmentSpell
from attain_shared.people.models import PersonSpell
from attain_shared.rules.periods import Window


class Period(NamedTuple):
    """The days asked about, as the statement's parameters."""

    starts_on: ColumnElement[date]
    ends_on: ColumnElement[date]


COUNTS = (
    "headcount",
    "employee",
    "outsourced",
    "intern",
    "plan",
    "person_days",
    "managers",
    "reports",
    "widest_span",
    "joiners",
    "leavers",
    "transfers_in",
    "transfers_out",
)
"""What is counted of each department alone (`own_…`) and with those below it (`subtree_…`)."""


async def load_counts(
    session: AsyncSession, *, visible_to: Actor, window: Window, department_id: UUID | None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """One row for the department, whether or not its figures are `allowed`; without one, for all that are, by name."""
    values: dict[str, Any] = {
        "company_id": visible_to.company_id,
        "me": visible_to.person_id,
        "first": window.starts_on,
        "last": window.ends_on,
    }
    if department_id is not None:
        values["department_id"] = department_id
    statement = _statement(visible_to.roles & SEES_RECORDS, is_one=department_id is not None)
    return (await session.execute(statement, values)).all()


# making it takes longer than running it for a small department, so it is made once for each kind of caller
@lru_cache(maxsize=16)
def _statement(roles: frozenset[str], *, is_one: bool) -> Select[*tuple[Any, ...]]:
    view = view_of(roles)
    window: Any = Period(bindparam("first", type_=Date()), bindparam("last", type_=Date()))
    department_id: Any = bindparam("department_id", type_=Uuid()) if is_one else None
    scope = _scope(view, window=window, department_id=department_id)
    tree = _tree(scope, view=view, window=window)
    people = _people_counts(tree, view=view, window=window)
    plans = _plans(tree, view=view, window=window)
    columns = [
        (plans if name == "plan" else people).c[f"{part}_{name}"] for part in ("own", "subtree") for name in COUNTS
    ]
    return (
        select(scope.c.id, scope.c.allowed, *columns)
        .outerjoin(people, people.c.root == scope.c.id)
        .outerjoin(plans, plans.c.root == scope.c.id)
        .order_by(scope.c.name, scope.c.id)
    )


def _scope(view: View, *, window: Period, department_id: UUID | None) -> CTE:
    """The departments asked about."""
    allowed = view.figures()
    statement = select(Department.id, Department.name, allowed.label("allowed")).where(
        Department.company_id == view.actor.company_id
    )
    if department_id is not None:
        return statement.where(Department.id == department_id, view.department()).cte("scope")
    was_open = or_(Department.closed_on.is_(None), Department.closed_on > window.starts_on)
    return statement.where(allowed, was_open).cte("scope")


def _tree(scope: CTE, *, view: View, window: Period) -> CTE:
    """Each department asked about (`root`) with all that are below it on the last day, itself among them."""
    tree = (
        select(scope.c.id.label("root"), scope.c.id.label("department_id"))
        .where(scope.c.allowed)
        .cte("tree", recursive=True)
    )
    below = (
        select(tree.c.root, DepartmentSpell.department_id)
        .join(tree, DepartmentSpell.parent_id == tree.c.department_id)
        .where(DepartmentSpell.company_id == view.actor.company_id, *_on_last_day(window))
    )
    return tree.union(below)


def _on_last_day(window: Period) -> tuple[ColumnElement[bool], ...]:
    return DepartmentSpell.starts_on <= window.ends_on, DepartmentSpell.ends_on > window.ends_on


def _plans(tree: CTE, *, view: View, window: Period) -> CTE:
    """The headcount plans on the last day, of each root alone and summed up."""
    plan = DepartmentSpell.headcount_plan
    return (
        select(
            tree.c.root,
            func.max(plan).filter(tree.c.department_id == tree.c.root).label("own_plan"),
            func.sum(plan).label("subtree_plan"),
        )
        .join(tree, DepartmentSpell.department_id == tree.c.department_id)
        .where(DepartmentSpell.company_id == view.actor.company_id, *_on_last_day(window))
        .group_by(tree.c.root)
        .cte("plans")
    )


def _spells(tree: CTE, *, view: View, window: Period) -> CTE:
    """The spells of employment that touch the period, in the departments of the tree, with what was before and after.

    `came_from` and `went_to` are departments where the person was employed, without a leave in between, the day before
    the spell and the day after it.
    """
    company_id = view.actor.company_id
    spell, before, after = PersonSpell, aliased(PersonSpell, name="before"), aliased(PersonSpell, name="after")
    same_person = [
        and_(other.company_id == spell.company_id, other.person_id == spell.person_id, other.company_id == company_id)
        for other in (before, after)
    ]
    came = and_(before.status == "employed", before.hired_on == spell.hired_on)
    stays = and_(after.status == "employed", after.hired_on == spell.hired_on)
    return (
        select(
            spell.person_id,
            spell.department_id,
            spell.starts_on,
            spell.ends_on,
            spell.employment_type,
            (spell.starts_on == spell.hired_on).label("joins"),
            func.coalesce(came, false()).label("came"),
            before.department_id.label("came_from"),
            func.coalesce(stays, false()).label("stays"),
            after.department_id.label("went_to"),
        )
        .outerjoin(before, same_person[0] & (before.ends_on == spell.starts_on))
        .outerjoin(after, same_person[1] & (after.starts_on == spell.ends_on))
        .where(
            spell.company_id == company_id,
            spell.department_id
            == func.any(func.array(select(tree.c.department_id).scalar_subquery())),  # an index's business
            spell.status == "employed",
            spell.starts_on <= window.ends_on,
            spell.ends_on >= window.starts_on,  # one that ended the day before may be a transfer on the first day
        )
        .cte("spells")
    )


def _reports(spells: CTE, *, view: View, window: Period) -> CTE:
    """How many report to each of the people on the last day."""
    return (
        select(PersonSpell.manager_id, func.count().label("reports"))
        .where(
            PersonSpell.company_id == view.actor.company_id,
            PersonSpell.manager_id == func.any(func.array(select(spells.c.person_id).scalar_subquery())),
            PersonSpell.status == "employed",
            on_day(window.ends_on),
        )
        .group_by(PersonSpell.manager_id)
        .cte("reports")
    )


def _people_counts(tree: CTE, *, view: View, window: Period) -> CTE:
    """Everything that is counted of people, for each root alone and with those below it."""
    spells = _spells(tree, view=view, window=window)
    reports = _reports(spells, view=view, window=window)
    came_from, went_to = tree.alias("came_from"), tree.alias("went_to")
    is_there = and_(spells.c.starts_on <= window.ends_on, spells.c.ends_on > window.ends_on)
    is_own = tree.c.department_id == tree.c.root
    own_moves = (
        spells.c.came_from.is_distinct_from(spells.c.department_id),
        spells.c.went_to.is_distinct_from(spells.c.department_id),
    )
    subtree_moves = came_from.c.root.is_(None), went_to.c.root.is_(None)
    parts = (("own", is_own, own_moves), ("subtree", true(), subtree_moves))
    columns = [
        column.label(f"{part}_{name}")
        for part, belongs, moves in parts
        for name, column in _aggregates(spells, reports, window=window, belongs=belongs, moves=moves).items()
    ]
    statement: Select[Any] = (
        select(tree.c.root, *columns)
        .select_from(tree)
        .join(spells, spells.c.department_id == tree.c.department_id)
        .outerjoin(reports, (reports.c.manager_id == spells.c.person_id) & is_there)
        .outerjoin(came_from, (came_from.c.root == tree.c.root) & (came_from.c.department_id == spells.c.came_from))
        .outerjoin(went_to, (went_to.c.root == tree.c.root) & (went_to.c.department_id == spells.c.went_to))
    )
    return statement.group_by(tree.c.root).cte("people_counts")


def _aggregates(
    spells: CTE,
    reports: CTE,
    *,
    window: Period,
    belongs: ColumnElement[bool],
    moves: tuple[ColumnElement[bool], ColumnElement[bool]],
) -> dict[str, ColumnElement[Any]]:
    first, last = window.starts_on, window.ends_on
    beyond = last + 1
    is_there = and_(belongs, spells.c.starts_on <= last, spells.c.ends_on > last)
    came_inside, left_outside = moves
    starts_inside, ends_inside = spells.c.starts_on >= first, spells.c.ends_on.between(first, last)
    days = func.least(spells.c.ends_on, beyond) - func.greatest(spells.c.starts_on, first)

    def count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(belongs, *conditions)

    return {
        "headcount": func.count().filter(is_there),
        **{
            kind: func.count().filter(is_there, spells.c.employment_type == kind)
            for kind in ("employee", "outsourced", "intern")
        },
        "person_days": func.coalesce(func.sum(case((days > 0, cast(days, Integer)), else_=0)).filter(belongs), 0),
        "managers": func.count(reports.c.reports).filter(belongs),
        "reports": func.coalesce(func.sum(reports.c.reports).filter(belongs), 0),
        "widest_span": func.max(reports.c.reports).filter(belongs),
        "joiners": count(spells.c.joins, starts_inside),
        # the last day is the one before the spell's end
        "leavers": count(~spells.c.stays, spells.c.ends_on > first, spells.c.ends_on <= beyond),
        "transfers_in": count(spells.c.came, starts_inside, came_inside),
        "transfers_out": count(spells.c.stays, ends_inside, left_outside),
    }
