"""Changing all of an owner's weights in a cycle at once (GOAL-2)."""

from collections.abc import Iterator

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes
from attain_api.goals import repository
from attain_api.goals.acting import WEIGHED
from attain_api.goals.owners import owner_key, read_owner
from attain_api.goals.record import record_action
from attain_api.goals.service import check_may_write
from attain_api.goals.writing import hold_open_cycle
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import FieldError, Invalid, NotAllowed
from attain_shared.goals.models import Goal
from attain_shared.goals.schemas import GoalWeight, GoalWeights, GoalWeightsRead
from attain_shared.rules.life import Action
from attain_shared.rules.weights import WHOLE, add_up, total
from attain_shared.wire import plain_decimal

LIVE = ("draft", "returned", "submitted", "confirmed")
"""The states whose weights can be changed."""


async def set_weights(uow: UnitOfWork, *, actor: Actor, data: GoalWeights) -> GoalWeightsRead:
    """Change all of an owner's weights in a cycle at once, to 100 (GOAL-2).

    A closed goal keeps its weight, and counts.

    Raises:
        CycleClosed: in a closed cycle weights stay as they are.
    """
    owner = owner_key(data.owner)
    rights = await check_may_write(uow, actor=actor, owner=owner)
    await hold_open_cycle(uow, actor=actor, cycle_id=data.cycle_id)
    await repository.lock_owner(uow.session, company_id=actor.company_id, cycle_id=data.cycle_id, owner=owner)
    owned = await repository.list_owned(
        uow.session,
        company_id=actor.company_id,
        cycle_id=data.cycle_id,
        owner=owner,
        states=(*LIVE, "closed"),
    )
    live = [goal for goal in owned if goal.state in LIVE]
    faults = list(_faults(data, live, closed=[goal for goal in owned if goal.state not in LIVE]))
    if faults:
        raise Invalid("the weights cannot be taken; see errors", errors=faults)
    wanted = {one.goal_id: one.weight for one in data.weights}
    changed = [goal for goal in live if goal.weight != wanted[goal.id]]
    agreed = [goal for goal in changed if goal.state == "confirmed" or goal.agreed_at is not None]
    if not all(rights.may_ever(Action.CLOSE, goal) for goal in agreed):
        raise NotAllowed("What was agreed on is not shifted by whoever is measured by it.")
    for goal in changed:
        if goal.state in WEIGHED:
            changes = {"weight": (plain_decimal(goal.weight), plain_decimal(wanted[goal.id]))}
            record_action(
                uow, goal, actor=actor, rights=rights, action=Action.CHANGE, reason=data.reason, changes=changes
            )
        apply_changes(goal, {"weight": wanted[goal.id]})
    return GoalWeightsRead(
        cycle_id=data.cycle_id,
        owner=read_owner(owner),
        weights=[GoalWeight(goal_id=goal.id, weight=goal.weight) for goal in live],
    )


def _faults(data: GoalWeights, live: list[Goal], *, closed: list[Goal]) -> Iterator[FieldError]:
    """Every live goal of the owner is named once, and their weights make 100 with those of the closed ones."""
    known, settled = {goal.id for goal in live}, {goal.id for goal in closed}
    named = {one.goal_id for one in data.weights}
    for index, one in enumerate(data.weights):
        if one.goal_id in settled:
            yield FieldError(f"/weights/{index}/goal_id", "goal-closed", "a closed goal keeps its weight")
        elif one.goal_id not in known:
            yield FieldError(f"/weights/{index}/goal_id", "unknown-goal", "no such goal of this owner in this cycle")
    if len(named) < len(data.weights):
        yield FieldError("/weights", "duplicate", "a goal is named twice")
    if missing := [goal.title for goal in live if goal.id not in named]:
        yield FieldError("/weights", "incomplete", f"not named: {', '.join(missing)[:500]}")
    weights = [*(one.weight for one in data.weights), *(goal.weight for goal in closed)]
    if not add_up(weights):
        reached = total(weights)
        yield FieldError("/weights", "weights-do-not-add-up", f"the weights make {reached}, not {WHOLE}")
