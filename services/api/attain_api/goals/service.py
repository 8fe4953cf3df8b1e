"""Goals as their readers find them, and as whoever changes them holds them (GOAL-1 to GOAL-3)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import check_if_match
from attain_api.goals import repository
from attain_api.goals.owners import OwnerKey
from attain_api.goals.reading import Parts, ShownGoal, goal_tag, read_goal, show_goal
from attain_api.goals.repository import SeenGoal
from attain_api.goals.rights import Rights
from attain_api.paging import PageQuery
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import NotAllowed, NotFound
from attain_shared.goals.schemas import GoalRead
from attain_shared.rules.life import Action


async def get_goal(uow: UnitOfWork, *, actor: Actor, goal_id: UUID) -> ShownGoal:
    """One goal."""
    return await show(uow, await find_goal(uow, actor=actor, goal_id=goal_id))


async def list_goals(
    uow: UnitOfWork, *, actor: Actor, query: PageQuery, filters: Mapping[str, object], of_company: bool
) -> tuple[list[GoalRead], str | None]:
    """The goals that the caller sees, by cycle, owner, parent or state."""
    seen, cursor = await repository.list_goals(
        uow.session, visible_to=actor, query=query, filters=filters, of_company=of_company
    )
    parts = await load_parts(uow, company_id=actor.company_id, goal_ids=[goal.id for goal, _ in seen])
    return [read_goal(goal, parts[goal.id], rights=rights) for goal, rights in seen], cursor


async def check_owner(uow: UnitOfWork, *, actor: Actor, owner: OwnerKey) -> None:
    """Refuse a caller who does not see the goals of an owner in full.

    Raises:
        NotFound: there is no such owner, or it is a person outside the caller's view.
        NotAllowed: departments and the company are there for everybody, their goals in full are not (SEC-3).
    """
    sight = await repository.find_owner(uow.session, visible_to=actor, owner=owner)
    if not sight.exists or (owner.person_id is not None and not sight.rights.is_full):
        raise NotFound("no such owner")
    if not sight.rights.is_full:
        raise NotAllowed("You may not see all goals of this owner.")


async def check_may_write(uow: UnitOfWork, *, actor: Actor, owner: OwnerKey) -> Rights:
    """Refuse a caller who may not write the goals of an owner; what else they may do with them."""
    sight = await repository.find_owner(uow.session, visible_to=actor, owner=owner)
    sight.rights.check_writing()
    return sight.rights


async def find_goal(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, lock: bool = False) -> SeenGoal:
    """A goal in the caller's view."""
    seen = await repository.find_goal(uow.session, visible_to=actor, goal_id=goal_id, lock=lock)
    if seen is None:
        raise NotFound("no such goal")
    return seen


async def hold_goal(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, action: Action, if_match: str | None) -> SeenGoal:
    """A goal locked for an action that some state allows the caller, in the version that they mean."""
    seen = await find_goal(uow, actor=actor, goal_id=goal_id, lock=True)
    seen.rights.check(action, seen.goal)
    check_if_match(if_match, goal_tag(seen.goal, rights=seen.rights), required=True)
    return seen


async def load_parts(uow: UnitOfWork, *, company_id: UUID, goal_ids: Sequence[UUID]) -> dict[UUID, Parts]:
    """What belongs to goals: as many statements for many as for one."""
    indicators = await repository.list_indicators(uow.session, company_id=company_id, goal_ids=goal_ids)
    milestones = await repository.list_milestones(uow.session, company_id=company_id, goal_ids=goal_ids)
    return {goal_id: Parts(indicators[goal_id], milestones[goal_id]) for goal_id in goal_ids}


async def show(uow: UnitOfWork, seen: SeenGoal) -> ShownGoal:
    """A goal with what belongs to it, as the caller sees it."""
    goal, rights = seen
    parts = await load_parts(uow, company_id=goal.company_id, goal_ids=[goal.id])
    return show_goal(goal, parts[goal.id], rights=rights)
