"""The steps of a confirmed goal: done, or not yet after all (GOAL-1)."""

from datetime import date
from typing import Literal
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import check_if_match
from attain_api.goals import repository
from attain_api.goals.measuring import recompute
from attain_api.goals.reading import ShownGoal, goal_tag
from attain_api.goals.record import record
from attain_api.goals.service import find_goal, show
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Invalid, NotAllowed, NotFound
from attain_shared.goals.models import Goal, Milestone
from attain_shared.rules.life import State

MilestoneAction = Literal["complete", "reopen"]


async def tick_milestone(
    uow: UnitOfWork,
    *,
    actor: Actor,
    goal_id: UUID,
    milestone_id: UUID,
    action: MilestoneAction,
    on: date | None,
    if_match: str | None,
) -> ShownGoal:
    """Say that a milestone was done on a day, or that it is not; the goal is computed anew.

    Raises:
        NotAllowed: it is for the goal's owner, the milestone's, and the superior.
        ActionNotAllowed: the goal is not confirmed, or the milestone is as said already.
    """
    seen = await find_goal(uow, actor=actor, goal_id=goal_id, lock=True)
    goal, rights = seen
    milestone = await repository.find_milestone(
        uow.session, company_id=actor.company_id, goal_id=goal_id, milestone_id=milestone_id
    )
    if milestone is None:
        raise NotFound("no such milestone")
    if not (rights.may_tick or milestone.owner_id == actor.person_id):
        raise NotAllowed("A milestone is for its owner, the goal's owner and their superior.")
    check_if_match(if_match, goal_tag(goal, rights=rights), required=True)
    if goal.state != State.CONFIRMED or (milestone.done_on is not None) == (action == "complete"):
        raise ActionNotAllowed(f"this milestone of a goal that is {goal.state} cannot be said to {action}")
    done_on = _day_of(on, goal) if action == "complete" else None
    changes = {f"milestones/{milestone.id}/done_on": (_text(milestone), done_on.isoformat() if done_on else None)}
    record(uow, goal, actor=actor, action=f"{action}_milestone", is_stand_in=rights.is_stand_in, changes=changes)
    milestone.done_on, milestone.done_at = done_on, utc_now() if done_on else None
    goal.version += 1
    await uow.session.flush()
    await recompute(uow, company_id=goal.company_id, goal_ids=[goal.id])
    return await show(uow, seen)


def _day_of(on: date | None, goal: Goal) -> date:
    today = business_day()
    if on is not None and on > today:
        raise Invalid.field("/on", "in-the-future", "the day is yet to come")
    if (on or today) < goal.starts_on:
        raise Invalid.field("/on", "outside-window", f"the goal runs only from {goal.starts_on}")
    return on or today


def _text(milestone: Milestone) -> str | None:
    return milestone.done_on.isoformat() if milestone.done_on else None
