"""Leading goals through their life: submitted, returned, agreed, confirmed, closed (GOAL-3)."""

from collections.abc import Iterable
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes
from attain_api.goals import drafting, repository
from attain_api.goals.owners import OwnerKey
from attain_api.goals.reading import ShownGoal
from attain_api.goals.record import record_action
from attain_api.goals.repository import SeenGoal
from attain_api.goals.rights import Rights
from attain_api.goals.service import find_goal, hold_goal, show
from attain_api.goals.writing import CycleClosed
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, Invalid
from attain_shared.goals.models import Cycle, Goal, Indicator
from attain_shared.rules.life import ENDINGS, NEEDS_REASON, NEXT, Action
from attain_shared.rules.weights import WHOLE, add_up, total

WEIGHED = ("submitted", "confirmed", "closed")
"""The states whose weights must add up to 100 (GOAL-2): those of a score (REV-2), and what is to be one of them."""


class WeightsDoNotAddUp(Conflict):
    """The weights of an owner's goals are not 100 (GOAL-2)."""

    code = "weights-do-not-add-up"


async def act_on_goal(
    uow: UnitOfWork, *, actor: Actor, goal_id: UUID, action: Action, reason: str | None, if_match: str | None
) -> ShownGoal:
    """Do with a goal what its state and the caller's rights allow, on record (GOAL-3).

    Raises:
        ActionNotAllowed: another state would allow it to this caller.
        CycleClosed: in a closed cycle goals are only ended.
        Invalid: a reason is due.
        WeightsDoNotAddUp: the owner's goals may not be submitted or confirmed with these weights (GOAL-2).
    """
    cycle = await _hold_owner(uow, actor=actor, goal_id=goal_id)
    goal, rights = await hold_goal(uow, actor=actor, goal_id=goal_id, action=action, if_match=if_match)
    if cycle.state != "open" and action not in ENDINGS:
        raise CycleClosed(f"{cycle.name} is closed")
    if action not in rights.allowed_actions(goal):
        raise ActionNotAllowed(f"a goal that is {goal.state} does not allow to {action} it now")
    reason = reason.strip() or None if reason is not None else None
    if action in NEEDS_REASON and reason is None:
        raise Invalid.field("/reason", "missing", f"say why you {action} it")
    if action is Action.SUBMIT:
        await _check_submission(uow, actor=actor, goal=goal)
    elif action is Action.CONFIRM:
        _check_whole(await _list_weighed(uow, goal=goal))
    record_action(uow, goal, actor=actor, rights=rights, action=action, reason=reason)
    apply_changes(goal, {"state": NEXT[action].value} | _agreement(action, rights))
    return await show(uow, SeenGoal(goal, rights))


async def _hold_owner(uow: UnitOfWork, *, actor: Actor, goal_id: UUID) -> Cycle:
    """Let nothing else act on the owner's goals in the cycle, which stays as it is; the cycle.

    Closing a cycle locks it before its goals: so does this.
    """
    goal, _ = await find_goal(uow, actor=actor, goal_id=goal_id)
    cycle = await repository.find_cycle(uow.session, company_id=actor.company_id, cycle_id=goal.cycle_id)
    await repository.lock_owner(
        uow.session,
        company_id=actor.company_id,
        cycle_id=goal.cycle_id,
        owner=OwnerKey(goal.department_id, goal.person_id),
    )
    assert cycle is not None  # a goal has one, by its foreign key
    return cycle


def _agreement(action: Action, rights: Rights) -> dict[str, object]:
    """When the superior agreed: by adjusting, or by submitting it themselves; to what is returned, not any more."""
    if action is Action.ADJUST or (action is Action.SUBMIT and rights.agrees_by_submitting):
        return {"agreed_at": utc_now()}
    return {"agreed_at": None} if action in {Action.SUBMIT, Action.RETURN} else {}


async def _check_submission(uow: UnitOfWork, *, actor: Actor, goal: Goal) -> None:
    company_id, ids = goal.company_id, [goal.id]
    indicators = (await repository.list_indicators(uow.session, company_id=company_id, goal_ids=ids))[goal.id]
    milestones = (await repository.list_milestones(uow.session, company_id=company_id, goal_ids=ids))[goal.id]
    drafting.refuse(list(drafting.submit_faults(goal, indicators, milestones)))
    own = [one for one in indicators if (one.named_by or goal.created_by) == actor.principal_id]
    await _check_shops(uow, actor=actor, indicators=own)
    _check_room(goal, await _list_weighed(uow, goal=goal))


async def _check_shops(uow: UnitOfWork, *, actor: Actor, indicators: Iterable[Indicator]) -> None:
    """A draft of long ago does not open a shop's books again: whoever named its shops sees them today (SEC-3).

    What somebody above has split to its owner names shops that they see, and is submitted with them.
    """
    shop_ids = {shop_id for indicator in indicators for shop_id in indicator.shop_ids}
    if shop_ids and await repository.find_shop_ids(uow.session, visible_to=actor, shop_ids=shop_ids) != shop_ids:
        raise Conflict("The goal measures a shop that you do not see any more.", code="shop-out-of-sight")


async def _list_weighed(uow: UnitOfWork, *, goal: Goal) -> list[Goal]:
    """The owner's goals whose weights count."""
    return await repository.list_owned(
        uow.session,
        company_id=goal.company_id,
        cycle_id=goal.cycle_id,
        owner=OwnerKey(goal.department_id, goal.person_id),
        states=WEIGHED,
    )


def _check_room(goal: Goal, weighed: Iterable[Goal]) -> None:
    reached = total(one.weight for one in weighed) + goal.weight
    if reached > WHOLE:
        raise WeightsDoNotAddUp(
            f"with this goal the owner's submitted, confirmed and closed goals would weigh {reached}"
        )


def _check_whole(weighed: Iterable[Goal]) -> None:
    weights = [one.weight for one in weighed]
    if not add_up(weights):
        raise WeightsDoNotAddUp(
            f"the owner's submitted, confirmed and closed goals weigh {total(weights)}, not {WHOLE}"
        )
