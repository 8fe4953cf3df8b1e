"""The statement behind the figures of departments: one, for one department or for all (ORG-5)."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
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
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

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


_SPANS = frozenset({"managers", "reports", "widest_span"})
_SUBTREE_MOVES = frozenset({"subtree_transfers_in", "subtree_transfers_out"})


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
    """Counted department by department first, and only then summed up the tree.

    So what is joined are departments: right after a large import, when the planner takes the tables for empty and joins
    in nested loops, it is still fast.
    """
    view = view_of(roles)
    window: Any = Period(bindparam("first", type_=Date()), bindparam("last", type_=Date()))
    department_id: Any = bindparam("department_id", type_=Uuid()) if is_one else None
    scope = _scope(view, window=window, department_id=department_id)
    places = _places(view, window=window)
    tree = _tree(scope, places)
    spells = _spells(tree, view=view, window=window)
    figures = _figures(places, spells, view=view, window=window)
    sums, moves = _sums(tree, figures), _inner_moves(tree, spells, window=window)
    columns = [sums.c[f"{part}_{name}"] for part in ("own", "subtree") for name in COUNTS]
    return (
        select(
            scope.c.id,
            scope.c.allowed,
            *[
                (one - func.coalesce(moves.c.moves, 0)).label(one.name) if one.name in _SUBTREE_MOVES else one
                for one in columns
            ],
        )
        .outerjoin(sums, sums.c.root == scope.c.id)
        .outerjoin(moves, moves.c.root == scope.c.id)
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


def _places(view: View, *, window: Period) -> CTE:
    """Each department's last place in the tree in the period, with its plan if it is still there on the last day.

    One that was closed or merged within the period stays where it was, with its days and its leavers; so does one
    closed on the first day, as that is where the people came from who were transferred on it.
    """
    spell = DepartmentSpell
    is_there = spell.ends_on > window.ends_on
    return (
        select(spell.department_id, spell.parent_id, case((is_there, spell.headcount_plan)).label("plan"))
        .ext(distinct_on(spell.department_id))
        .where(
            spell.company_id == view.actor.company_id,
            spell.starts_on <= window.ends_on,
            spell.ends_on >= window.starts_on,
        )
        .order_by(spell.department_id, spell.starts_on.desc())
        .cte("places")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _tree(scope: CTE, places: CTE) -> CTE:
    """Each department asked about (`root`) with all whose last place is below it, itself among them."""
    tree = (
        select(scope.c.id.label("root"), scope.c.id.label("department_id"))
        .where(scope.c.allowed)
        .cte("tree", recursive=True)
    )
    return tree.union(
        select(tree.c.root, places.c.department_id).join(places, places.c.parent_id == tree.c.department_id)
    )


def _spells(tree: CTE, *, view: View, window: Period) -> CTE:
    """The spells of employment that touch the period, in the departments of the tree, with what was before and after.

    `came_from` and `went_to` are departments where the person was employed, without a leave in between, the day before
    the spell and the day after it. A person's spells have no gaps, so these are the spells next to it.
    """
    spell, company_id = PersonSpell, view.actor.company_id
    inside = func.any(func.array(select(tree.c.department_id).scalar_subquery()))  # an index's business
    touched = (
        spell.company_id == company_id,
        spell.department_id == inside,
        spell.status == "employed",
        spell.starts_on <= window.ends_on,
        spell.ends_on >= window.starts_on,  # one that ended the day before may be a transfer on the first day
    )
    people = func.any(func.array(select(spell.person_id).where(*touched).scalar_subquery()))
    key: dict[str, Any] = {"partition_by": spell.person_id, "order_by": spell.starts_on}

    def continues(function: Any) -> ColumnElement[bool]:  # noqa: ANN401  # func.lag or func.lead
        is_employed = function(spell.status).over(**key) == "employed"
        return func.coalesce(is_employed & (function(spell.hired_on).over(**key) == spell.hired_on), false())

    lines = (
        select(
            spell,
            continues(func.lag).label("came"),
            func.lag(spell.department_id).over(**key).label("came_from"),
            continues(func.lead).label("stays"),
            func.lead(spell.department_id).over(**key).label("went_to"),
        )
        .where(spell.company_id == company_id, spell.person_id == people)
        .subquery("lines")
    )
    columns = ("person_id", "department_id", "starts_on", "ends_on", "employment_type", "hired_on")
    return (
        select(*[lines.c[name] for name in (*columns, "came", "came_from", "stays", "went_to")])
        .where(
            lines.c.department_id == inside,
            lines.c.status == "employed",
            lines.c.starts_on <= window.ends_on,
            lines.c.ends_on >= window.starts_on,
        )
        .cte("spells")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _figures(places: CTE, spells: CTE, *, view: View, window: Period) -> CTE:
    """Everything that is counted, of each department alone."""
    counts = (
        select(
            spells.c.department_id,
            *[column.label(name) for name, column in _aggregates(spells, window=window).items()],
        )
        .group_by(spells.c.department_id)
        .cte("counts")
    )
    spans = _spans(spells, view=view, window=window)
    found: dict[str, ColumnElement[Any]] = {"plan": places.c.plan}
    found |= {name: (spans if name in _SPANS else counts).c[name] for name in COUNTS if name != "plan"}
    return (
        select(places.c.department_id, *[found[name].label(name) for name in COUNTS])
        .outerjoin(counts, counts.c.department_id == places.c.department_id)
        .outerjoin(spans, spans.c.department_id == places.c.department_id)
        .cte("figures")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _spans(spells: CTE, *, view: View, window: Period) -> CTE:
    """Of each department those who lead somebody on the last day, how many they lead, and the most that one leads.

    Where each of them is and how many they lead is brought together by grouping, not by a join.
    """
    is_there = and_(spells.c.starts_on <= window.ends_on, spells.c.ends_on > window.ends_on)
    places = select(spells.c.person_id, spells.c.department_id, null().cast(BigInteger).label("reports")).where(
        is_there
    )
    reports = (
        select(PersonSpell.manager_id, null().cast(Uuid), func.count())
        .where(
            PersonSpell.company_id == view.actor.company_id,
            PersonSpell.manager_id == func.any(func.array(select(spells.c.person_id).scalar_subquery())),
            PersonSpell.status == "employed",
            on_day(window.ends_on),
        )
        .group_by(PersonSpell.manager_id)
    )
    both = places.union_all(reports).subquery("both")
    place = func.array_agg(both.c.department_id, type_=ARRAY(Uuid)).filter(both.c.department_id.is_not(None))
    leaders = (
        select(place[1].label("department_id"), func.max(both.c.reports).label("reports"))
        .group_by(both.c.person_id)
        .having(func.max(both.c.reports).is_not(None))
        .subquery("leaders")
    )
    return (
        select(
            leaders.c.department_id,
            func.count().label("managers"),
            func.sum(leaders.c.reports).label("reports"),
            func.max(leaders.c.reports).label("widest_span"),
        )
        .group_by(leaders.c.department_id)
        .cte("spans")
    )


def _sums(tree: CTE, figures: CTE) -> CTE:
    """The figures of each root alone, and summed up over what is below it."""
    is_own = tree.c.department_id == tree.c.root
    columns = []
    for name in COUNTS:
        figure = figures.c[name]
        columns.append(func.max(figure).filter(is_own).label(f"own_{name}"))
        summed = func.max(figure) if name == "widest_span" else func.sum(figure)
        columns.append(summed.label(f"subtree_{name}"))
    return (
        select(tree.c.root, *columns)
        .join(figures, figures.c.department_id == tree.c.department_id)
        .group_by(tree.c.root)
        .cte("sums")
    )


def _inner_moves(tree: CTE, spells: CTE, *, window: Period) -> CTE:
    """How many transfers stayed within the subtree: in and out of a department, but neither in nor out of the subtree."""
    pairs = (
        select(spells.c.came_from, spells.c.department_id, func.count().label("moves"))
        .where(_comes(spells, window=window))
        .group_by(spells.c.came_from, spells.c.department_id)
        .cte("pairs")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    origin = tree.alias("origin")
    return (
        select(tree.c.root, func.sum(pairs.c.moves).label("moves"))
        .join(pairs, pairs.c.department_id == tree.c.department_id)
        .join(origin, (origin.c.root == tree.c.root) & (origin.c.department_id == pairs.c.came_from))
        .group_by(tree.c.root)
        .cte("inner_moves")
    )


def _comes(spells: CTE, *, window: Period) -> ColumnElement[bool]:
    is_new = spells.c.came_from.is_distinct_from(spells.c.department_id)
    return and_(spells.c.came, spells.c.starts_on.between(*window), is_new)


def _aggregates(spells: CTE, *, window: Period) -> dict[str, ColumnElement[Any]]:
    first, last = window.starts_on, window.ends_on
    beyond = last + 1
    is_there = and_(spells.c.starts_on <= last, spells.c.ends_on > last)
    days = func.least(spells.c.ends_on, beyond) - func.greatest(spells.c.starts_on, first)
    is_elsewhere = spells.c.went_to.is_distinct_from(spells.c.department_id)

    def count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count().filter(*conditions)

    return {
        "headcount": count(is_there),
        **{kind: count(is_there, spells.c.employment_type == kind) for kind in ("employee", "outsourced", "intern")},
        "person_days": func.sum(case((days > 0, cast(days, Integer)), else_=0)),
        "joiners": count(spells.c.starts_on == spells.c.hired_on, spells.c.starts_on >= first),
        # the last day is the one before the spell's end
        "leavers": count(~spells.c.stays, spells.c.ends_on > first, spells.c.ends_on <= beyond),
        "transfers_in": count(_comes(spells, window=window)),
        "transfers_out": count(spells.c.stays, spells.c.ends_on.between(first, last), is_elsewhere),
    }
