"""Improvement plans as their readers find them, and as they are led (REV-10)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.follow_ups.seen import Seen, find_seen, list_seen
from attain_api.paging import PageQuery
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Invalid, NotAllowed, NotFound
from attain_shared.reviews.follow_up_models import ImprovementPlan
from attain_shared.reviews.follow_up_schemas import ImprovementPlanRead, ImprovementPlanUpdate


def read_plan(seen: Seen[ImprovementPlan]) -> ImprovementPlanRead:
    """An improvement plan as the caller sees it."""
    plan = seen.row
    stored = {name: getattr(plan, name) for name in ImprovementPlanRead.model_fields if hasattr(plan, name)}
    return ImprovementPlanRead.model_validate(stored | {"allowed_actions": ["change"] if _is_open_to(seen) else []})


def plan_tag(seen: Seen[ImprovementPlan]) -> str:
    """The ETag: of the version, and of what the caller may do."""
    return version_tag(seen.row.version, suffix="w" if _is_open_to(seen) else "r")


async def get_improvement_plan(
    uow: UnitOfWork, *, actor: Actor, plan_id: UUID, lock: bool = False
) -> Seen[ImprovementPlan]:
    """An improvement plan in the caller's view.

    Raises:
        NotFound: there is none, or it is outside the view.
    """
    seen = await find_seen(uow.session, ImprovementPlan, visible_to=actor, row_id=plan_id, lock=lock)
    if seen is None:
        raise NotFound("no such improvement plan")
    return seen


async def list_improvement_plans(
    uow: UnitOfWork, *, actor: Actor, query: PageQuery, filters: Mapping[str, object], is_overdue: bool
) -> tuple[list[ImprovementPlanRead], str | None]:
    """A part of the improvement plans that the caller sees."""
    seen, cursor = await list_seen(
        uow.session, ImprovementPlan, visible_to=actor, query=query, filters=filters, is_overdue=is_overdue
    )
    return [read_plan(one) for one in seen], cursor


async def update_improvement_plan(
    uow: UnitOfWork, *, actor: Actor, plan_id: UUID, data: ImprovementPlanUpdate, if_match: str | None
) -> Seen[ImprovementPlan]:
    """Change what is given, or end the plan for good: by its owner, the manager of whom it is about, or HR.

    Raises:
        NotFound, NotAllowed, Stale: as for any resource.
        ActionNotAllowed: it has ended.
        Invalid: it would be due before today, or ends without an outcome.
    """
    seen = await get_improvement_plan(uow, actor=actor, plan_id=plan_id, lock=True)
    if not seen.is_theirs:
        raise NotAllowed("You may not change this improvement plan.")
    check_if_match(if_match, plan_tag(seen))
    if seen.row.state != "open":
        raise ActionNotAllowed(f"the improvement plan is {seen.row.state}")
    changes = data.model_dump(exclude_unset=True)
    _check(seen.row, changes)
    apply_changes(seen.row, changes)
    await uow.session.flush()
    return seen


def _check(plan: ImprovementPlan, changes: Mapping[str, Any]) -> None:
    due_on = changes.get("due_on", plan.due_on)
    if due_on != plan.due_on and due_on < business_day():
        raise Invalid.field("/due_on", "in-the-past", "not before today")
    if changes.get("state", plan.state) != "open" and changes.get("outcome", plan.outcome) is None:
        raise Invalid.field("/outcome", "missing", "say what came of the plan")


def _is_open_to(seen: Seen[ImprovementPlan]) -> bool:
    return seen.is_theirs and seen.row.state == "open"
