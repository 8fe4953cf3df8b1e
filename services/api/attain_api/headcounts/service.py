"""Headcount, vacancies, span and turnover of departments and of their subtrees (ORG-5)."""

from typing import Any
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.headcounts import repository
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import NotAllowed, NotFound
from attain_shared.rules import headcount as rules
from attain_shared.rules.periods import Window


async def get_stats(uow: UnitOfWork, *, actor: Actor, department_id: UUID, window: Window) -> dict[str, Any]:
    """The figures of one department; for those who read everything, and for whoever leads it or one above it."""
    rows = await repository.load_counts(uow.session, visible_to=actor, window=window, department_id=department_id)
    if not rows:
        raise NotFound("There is no such department.")
    if not rows[0].allowed:
        raise NotAllowed("The figures of a department are for those who lead it.")
    return _figures(rows[0], window=window)


async def list_stats(uow: UnitOfWork, *, actor: Actor, window: Window) -> list[dict[str, Any]]:
    """The figures of every department the caller answers for."""
    rows = await repository.load_counts(uow.session, visible_to=actor, window=window, department_id=None)
    return [_figures(row, window=window) for row in rows]


def _figures(row: Any, *, window: Window) -> dict[str, Any]:  # noqa: ANN401  # a row of columns named by part
    own, subtree = ({name: getattr(row, f"{part}_{name}") for name in repository.COUNTS} for part in ("own", "subtree"))
    return {
        "department_id": row.id,
        "own": _part(own, window=window) | {"team_size_advice": rules.team_size(own["headcount"] or 0)},
        "subtree": _part(subtree, window=window),
    }


def _part(counts: dict[str, Any], *, window: Window) -> dict[str, Any]:
    """Where nobody was, nothing was counted: null is 0, but for the plan and the widest span."""
    found = {name: value if name in {"plan", "widest_span"} else int(value or 0) for name, value in counts.items()}
    plan = found["plan"]
    counted = rules.Counted(
        days=window.days,
        headcount=found["headcount"],
        plan=None if plan is None else int(plan),
        person_days=found["person_days"],
        leavers=found["leavers"],
        managers=found["managers"],
        reports=found["reports"],
    )
    return {
        "headcount": counted.headcount,
        "by_employment_type": {kind: found[kind] for kind in ("employee", "outsourced", "intern")},
        "headcount_plan": counted.plan,
        "vacancies": rules.vacancies(counted),
        "over_plan": rules.over_plan(counted),
        "span": rules.span(counted),
        "widest_span": found["widest_span"],
        "mean_headcount": rules.mean_headcount(counted),
        "turnover": rules.turnover(counted),
        **{name: found[name] for name in ("joiners", "leavers", "transfers_in", "transfers_out")},
    }
