"""The record of a goal: what was done with it, by whom and why (GOAL-3)."""

from collections.abc import Mapping
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.goals import repository
from attain_api.goals.repository import SeenGoal
from attain_api.goals.rights import Rights
from attain_api.goals.service import find_goal
from attain_api.paging import PageQuery
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import NotAllowed
from attain_shared.goals.models import Goal, GoalEvent
from attain_shared.rules.life import Action

Changes = Mapping[str, tuple[object, object]]
"""By field, what was and what is: as JSON has it."""


def record(
    uow: UnitOfWork,
    goal: Goal,
    *,
    actor: Actor,
    action: str,
    is_stand_in: bool = False,
    reason: str | None = None,
    changes: Changes | None = None,
) -> None:
    """Put on record what is done with a goal, in the transaction that does it."""
    event = GoalEvent(
        company_id=goal.company_id,
        goal_id=goal.id,
        action=action,
        actor_id=actor.principal_id,
        is_stand_in=is_stand_in,
        reason=reason,
        changes={name: list(values) for name, values in changes.items()} if changes else None,
    )
    uow.session.add(event)


def record_action(
    uow: UnitOfWork,
    goal: Goal,
    *,
    actor: Actor,
    rights: Rights,
    action: Action,
    reason: str | None,
    changes: Changes | None = None,
) -> None:
    """The same for an action, while the goal is still in the state that it is done in."""
    is_stand_in = rights.stands_in(action, goal)
    record(uow, goal, actor=actor, action=action.value, is_stand_in=is_stand_in, reason=reason, changes=changes)


async def list_events(
    uow: UnitOfWork, *, actor: Actor, goal_id: UUID, query: PageQuery
) -> tuple[list[GoalEvent], str | None]:
    """What was done with a goal, for whoever sees it in full."""
    await check_in_full(uow, actor=actor, goal_id=goal_id)
    return await repository.list_events(uow.session, company_id=actor.company_id, goal_id=goal_id, query=query)


async def check_in_full(uow: UnitOfWork, *, actor: Actor, goal_id: UUID) -> SeenGoal:
    """A goal that the caller sees in full.

    Raises:
        NotFound: it is not in the caller's view.
        NotAllowed: they see its public part alone (SEC-3).
    """
    seen = await find_goal(uow, actor=actor, goal_id=goal_id)
    if not seen.rights.is_full:
        raise NotAllowed("You see only the public part of this goal.")
    return seen
