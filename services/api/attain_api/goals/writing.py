"""Writing goals (GOAL-1, GOAL-2, GOAL-4)."""

from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.goals import drafting, repository
from attain_api.goals.draft import Draft, Known, load_known
from attain_api.goals.indicators import indicator_columns
from attain_api.goals.measuring import recompute
from attain_api.goals.owners import OwnerKey, owner_key
from attain_api.goals.reading import Parts, ShownGoal, show_goal
from attain_api.goals.repository import OwnerSight
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, FieldError, Invalid
from attain_shared.goals.models import Cycle, Goal, Indicator, Milestone
from attain_shared.goals.schemas import GoalCreate, MilestoneCreate
from attain_shared.goals.sources import set_sources
from attain_shared.identifiers import new_id
from attain_shared.metrics.declarations import hold_metrics, load_metrics
from attain_shared.rules.periods import Window
from attain_shared.shops.queries import wait_for_shops

PLAIN = frozenset({"title", "why", "how", "collaborators", "behaviours", "weight", "ignore_missing"})
"""What is kept as it was sent."""


class CycleClosed(Conflict):
    """A closed cycle takes no new goals."""

    code = "cycle-closed"


async def create_goal(uow: UnitOfWork, *, actor: Actor, data: GoalCreate) -> ShownGoal:
    """Write a goal, in draft, and have its attainment computed."""
    owner = owner_key(data.owner)
    sight = await repository.find_owner(uow.session, visible_to=actor, owner=owner)
    sight.rights.check_writing()
    cycle = await hold_open_cycle(uow, actor=actor, cycle_id=data.cycle_id)
    starts_on, ends_on = data.starts_on or cycle.starts_on, data.ends_on or cycle.ends_on
    drafting.refuse(drafting.window_faults(starts_on, ends_on, cycle))
    draft = Draft(
        owner=owner,
        window=Window(starts_on, ends_on),
        collaborators=data.collaborators,
        milestones=data.milestones,
        indicators=data.indicators,
        rubric=data.rubric,
        rubric_id=data.rubric_id,
    )
    faults = list(_owner_faults(data, sight))
    if data.parent_id is not None:
        faults.extend(await find_parent_faults(uow, actor=actor, parent_id=data.parent_id, draft=draft))
    known = await load_known(uow, actor=actor, draft=draft)
    drafting.refuse([*faults, *drafting.draft_faults(draft, known)])
    goal = _new_goal(data, actor=actor, draft=draft, known=known)
    parts = Parts(
        [
            Indicator(
                company_id=goal.company_id,
                id=new_id(),
                goal_id=goal.id,
                position=position,
                **indicator_columns(indicator, department_id=owner.department_id, known=known),
            )
            for position, indicator in enumerate(data.indicators)
        ],
        [new_milestone(goal, milestone, position=position) for position, milestone in enumerate(data.milestones)],
    )
    uow.session.add(goal)
    await uow.session.flush()
    uow.session.add_all([*parts.indicators, *parts.milestones])
    await measure(uow, goal, parts.indicators)
    return show_goal(goal, parts, rights=sight.rights)


def _owner_faults(data: GoalCreate, sight: OwnerSight) -> Iterator[FieldError]:
    if not sight.exists:
        yield FieldError("/owner/id", "unknown-owner", f"no such {data.owner.type}")
    elif sight.has_left:
        yield FieldError("/owner/id", "has-left", "the person has left")


async def hold_open_cycle(uow: UnitOfWork, *, actor: Actor, cycle_id: UUID) -> Cycle:
    """An open cycle, which stays open until the transaction ends.

    Raises:
        Invalid: there is no such cycle.
        CycleClosed: it takes no new goals.
    """
    cycle = await repository.find_cycle(uow.session, company_id=actor.company_id, cycle_id=cycle_id)
    if cycle is None:
        raise Invalid.field("/cycle_id", "unknown-cycle", "no such cycle")
    if cycle.state != "open":
        raise CycleClosed(f"{cycle.name} is closed")
    return cycle


async def find_parent_faults(uow: UnitOfWork, *, actor: Actor, parent_id: UUID, draft: Draft) -> Iterable[FieldError]:
    """What speaks against the goal above a new one; its window stays as it is until the transaction ends."""
    await hold_cascade(uow, company_id=actor.company_id)
    parent = await repository.find_goal(uow.session, visible_to=actor, goal_id=parent_id)
    return drafting.parent_faults(parent.goal if parent else None, window=draft.window, owner=draft.owner)


async def hold_cascade(uow: UnitOfWork, *, company_id: UUID) -> None:
    """Let nobody else change windows and parents until the transaction ends; after the cycle, before the metrics."""
    await repository.lock_cascade(uow.session, company_id=company_id)


def _new_goal(data: GoalCreate, *, actor: Actor, draft: Draft, known: Known) -> Goal:
    owner: OwnerKey = draft.owner
    return Goal(
        company_id=actor.company_id,
        id=new_id(),
        cycle_id=data.cycle_id,
        department_id=owner.department_id,
        person_id=owner.person_id,
        parent_id=data.parent_id,
        starts_on=draft.window.starts_on,
        ends_on=draft.window.ends_on,
        rubric=known.rubric.rubric if known.rubric else drafting.stored_rubric(data.rubric),
        rubric_id=data.rubric_id,
        rubric_version=known.rubric.rules_version if known.rubric else int(data.rubric is not None),
        standards=data.standards.model_dump() if data.standards else None,
        state="draft",
        created_by=actor.principal_id,
        version=1,
        **data.model_dump(include=set(PLAIN)),
    )


def new_milestone(goal: Goal, milestone: MilestoneCreate, *, position: int) -> Milestone:
    """A step of a goal, not done yet."""
    return Milestone(
        company_id=goal.company_id,
        id=new_id(),
        goal_id=goal.id,
        position=position,
        **milestone.model_dump(include={"title", "due_on", "owner_id"}),
    )


async def measure(uow: UnitOfWork, goal: Goal, indicators: Sequence[Indicator]) -> None:
    """Have a goal follow what feeds its indicators, and be computed anew (GOAL-10)."""
    await hold_metrics(uow.session, company_id=goal.company_id)
    metrics = await load_metrics(uow.session, company_id=goal.company_id)
    shop_ids = {shop_id for indicator in indicators for shop_id in indicator.shop_ids}
    await wait_for_shops(uow.session, company_id=goal.company_id, shop_ids=shop_ids)
    await uow.session.flush()
    await set_sources(uow.session, company_id=goal.company_id, goals=[(goal, indicators)], metrics=metrics)
    await recompute(uow, company_id=goal.company_id, goal_ids=[goal.id], measures_else=True)
