"""Writing goals and leading them through their life: draft, submitted, confirmed (GOAL-1 to GOAL-3)."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match
from attain_api.goals import drafting, repository
from attain_api.goals.owners import OwnerKey, owner_key
from attain_api.goals.reading import ShownGoal, goal_tag, read_goal, show_goal
from attain_api.goals.repository import SeenGoal
from attain_api.goals.rights import ACTIONS, Rights
from attain_api.paging import PageQuery
from attain_shared.db.session import UnitOfWork
from attain_shared.doorbell import Bell
from attain_shared.errors import ActionNotAllowed, Conflict, FieldError, Invalid, NotAllowed, NotFound
from attain_shared.goals.models import Goal, Indicator
from attain_shared.goals.queries import mark_goals
from attain_shared.goals.schemas import GoalCreate, GoalRead, GoalUpdate, RubricBody
from attain_shared.identifiers import new_id
from attain_shared.metrics.catalogue import CatalogueEntry
from attain_shared.metrics.declarations import hold_metrics, load_entries, metrics_of
from attain_shared.rules.algebra import Metric
from attain_shared.rules.periods import Window
from attain_shared.rules.weights import WHOLE, add_up, total
from attain_shared.shops.queries import wait_for_shops
from attain_shared.work.queries import want_work

AFTER = {"submit": "submitted", "confirm": "confirmed"}
WEIGHED = ("submitted", "confirmed")
"""The states whose weights must add up to 100 (GOAL-2)."""
LIVE = ("draft", *WEIGHED)
"""The states whose weights can be changed."""


class CycleClosed(Conflict):
    """A closed cycle takes no new goals."""

    code = "cycle-closed"


class WeightsDoNotAddUp(Conflict):
    """The weights of an owner's goals are not 100 (GOAL-2)."""

    code = "weights-do-not-add-up"


async def create_goal(uow: UnitOfWork, *, actor: Actor, data: GoalCreate) -> ShownGoal:
    """Write a goal, in draft, and have its attainment computed."""
    owner = owner_key(data.owner)
    sight = await repository.find_owner(uow.session, visible_to=actor, owner=owner)
    sight.rights.check("write")
    cycle = await repository.find_cycle(uow.session, company_id=actor.company_id, cycle_id=data.cycle_id)
    if cycle is None:
        raise Invalid.field("/cycle_id", "unknown-cycle", "no such cycle")
    if cycle.state != "open":
        raise CycleClosed(f"{cycle.name} is closed")
    starts_on, ends_on = data.starts_on or cycle.starts_on, data.ends_on or cycle.ends_on
    drafting.refuse(list(drafting.window_faults((starts_on, ends_on), cycle)))
    faults = [] if sight.exists else [FieldError("/owner/id", "unknown-owner", f"no such {data.owner.type}")]
    await hold_metrics(uow.session, company_id=actor.company_id)
    entries = await load_entries(uow.session, company_id=actor.company_id)
    metrics = metrics_of(entries)
    window = Window(starts_on, ends_on)
    faults.extend(await _draft_faults(uow, actor=actor, data=data, owner=owner, window=window, metrics=metrics))
    drafting.refuse(faults)
    goal = Goal(
        company_id=actor.company_id,
        id=new_id(),
        cycle_id=cycle.id,
        department_id=owner.department_id,
        person_id=owner.person_id,
        starts_on=starts_on,
        ends_on=ends_on,
        rubric=drafting.stored_rubric(data.rubric),
        standards=data.standards.model_dump() if data.standards else None,
        state="draft",
        created_by=actor.principal_id,
        version=1,
        **data.model_dump(include={"parent_id", "title", "why", "how", "behaviours", "weight", "ignore_missing"}),
    )
    indicators = _indicators(goal, data, entries)
    shop_ids = {shop_id for indicator in indicators for shop_id in indicator.shop_ids}
    await wait_for_shops(uow.session, company_id=actor.company_id, shop_ids=shop_ids)
    uow.session.add(goal)
    await uow.session.flush()
    uow.session.add_all(indicators)
    await uow.session.flush()
    await repository.add_sources(uow.session, goal=goal, indicators=indicators, metrics=metrics)
    await _recompute(uow, company_id=actor.company_id, goal_ids=[goal.id])
    return show_goal(goal, indicators, rights=sight.rights)


async def remeasure(uow: UnitOfWork, *, company_id: UUID, entries: Iterable[CatalogueEntry]) -> None:
    """Have goals follow metrics of the company's own: depend on their new parts, and be computed anew (GOAL-10).

    Goals in closed cycles, and those closed or cancelled, keep the formula they came to their score by. As many
    statements for many goals as for one.
    """
    own = [entry for entry in entries if entry.version is not None]
    shop_ids = await repository.list_shops_behind(uow.session, company_id=company_id, entries=own)
    if not shop_ids:
        return
    await wait_for_shops(uow.session, company_id=company_id, shop_ids=shop_ids)
    goal_ids = await repository.move_indicators(uow.session, company_id=company_id, entries=own)
    await _recompute(uow, company_id=company_id, goal_ids=goal_ids)


async def update_goal(
    uow: UnitOfWork, *, actor: Actor, goal_id: UUID, data: GoalUpdate, if_match: str | None
) -> ShownGoal:
    """Change a draft; what scores by it is computed anew."""
    goal, rights = await _get_locked(uow, actor=actor, goal_id=goal_id, action="write", if_match=if_match)
    if goal.state != "draft":
        raise Conflict(f"the goal is {goal.state}: only a draft is changed like this", code="not-a-draft")
    changes = data.model_dump(exclude_unset=True)
    rubric = data.rubric if isinstance(data.rubric, RubricBody) else None
    faults = list(drafting.rubric_faults(rubric))
    if changes.get("parent_id") is not None:
        faults.extend(await _new_parent_faults(uow, actor=actor, goal=goal, parent_id=changes["parent_id"]))
    drafting.refuse(faults)
    if "rubric" in changes:
        changes["rubric"] = drafting.stored_rubric(rubric)
    if apply_changes(goal, changes) and {"rubric", "ignore_missing"} & changes.keys():
        await _recompute(uow, company_id=goal.company_id, goal_ids=[goal.id])
    return await _show(uow, SeenGoal(goal, rights))


async def act_on_goal(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, action: str, if_match: str | None) -> ShownGoal:
    """Submit or confirm a goal (GOAL-3); both look at all of its owner's weights in the cycle (GOAL-2)."""
    goal, _ = await _find(uow, actor=actor, goal_id=goal_id)
    owner = OwnerKey(goal.department_id, goal.person_id)
    await repository.lock_owner(uow.session, company_id=actor.company_id, cycle_id=goal.cycle_id, owner=owner)
    goal, rights = await _get_locked(uow, actor=actor, goal_id=goal_id, action=action, if_match=if_match)
    if action not in ACTIONS.get(goal.state, ()):
        raise ActionNotAllowed(f"a goal that is {goal.state} cannot be {AFTER[action]}")
    weighed = await repository.list_owned(
        uow.session, company_id=actor.company_id, cycle_id=goal.cycle_id, owner=owner, states=WEIGHED
    )
    if action == "submit":
        await _check_shops(uow, actor=actor, goal=goal)
        _check_room(goal, weighed)
    elif not add_up(one.weight for one in weighed):
        reached = total(one.weight for one in weighed)
        raise WeightsDoNotAddUp(f"the owner's submitted and confirmed goals weigh {reached}, not {WHOLE}")
    apply_changes(goal, {"state": AFTER[action]})
    return await _show(uow, SeenGoal(goal, rights))


async def _check_shops(uow: UnitOfWork, *, actor: Actor, goal: Goal) -> None:
    """A draft of long ago does not open a shop's books again: whoever submits it sees its shops today (SEC-3)."""
    indicators = await repository.list_indicators(uow.session, company_id=actor.company_id, goal_ids=[goal.id])
    shop_ids = {shop_id for indicator in indicators[goal.id] for shop_id in indicator.shop_ids}
    if await repository.find_shop_ids(uow.session, visible_to=actor, shop_ids=shop_ids) != shop_ids:
        raise Conflict("The goal measures a shop that you do not see any more.", code="shop-out-of-sight")


async def get_goal(uow: UnitOfWork, *, actor: Actor, goal_id: UUID) -> ShownGoal:
    """One goal."""
    return await _show(uow, await _find(uow, actor=actor, goal_id=goal_id))


async def list_goals(
    uow: UnitOfWork, *, actor: Actor, query: PageQuery, filters: Mapping[str, object], of_company: bool
) -> tuple[list[GoalRead], str | None]:
    """The goals that the caller sees, by cycle, owner, parent or state."""
    seen, cursor = await repository.list_goals(
        uow.session, visible_to=actor, query=query, filters=filters, of_company=of_company
    )
    indicators = await repository.list_indicators(
        uow.session, company_id=actor.company_id, goal_ids=[goal.id for goal, _ in seen]
    )
    return [read_goal(goal, indicators[goal.id], rights=rights) for goal, rights in seen], cursor


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
    sight.rights.check("write")
    return sight.rights


async def _draft_faults(
    uow: UnitOfWork,
    *,
    actor: Actor,
    data: GoalCreate,
    owner: OwnerKey,
    window: Window,
    metrics: Mapping[str, Metric],
) -> list[FieldError]:
    faults: list[FieldError] = []
    if data.parent_id is not None:
        parent = await repository.find_goal(uow.session, visible_to=actor, goal_id=data.parent_id)
        faults.extend(drafting.parent_faults(parent.goal if parent else None, window=window, owner=owner))
    shop_ids = {shop_id for indicator in data.indicators for shop_id in indicator.shop_ids}
    known = await repository.find_shop_ids(uow.session, visible_to=actor, shop_ids=shop_ids)
    faults.extend(drafting.indicator_faults(data.indicators, known_shops=known, metrics=metrics))
    faults.extend(drafting.rubric_faults(data.rubric))
    return faults


async def _new_parent_faults(uow: UnitOfWork, *, actor: Actor, goal: Goal, parent_id: UUID) -> list[FieldError]:
    """What speaks against a parent; two moves that together would close a circle are judged one after the other."""
    await repository.lock_cascade(uow.session, company_id=goal.company_id)
    parent = await repository.find_goal(uow.session, visible_to=actor, goal_id=parent_id)
    line = await repository.list_line(uow.session, company_id=goal.company_id, goal_id=parent_id)
    if parent is not None and goal.id in line:
        return [FieldError("/parent_id", "goal-cycle", "the parent is the goal itself or below it")]
    window, owner = Window(goal.starts_on, goal.ends_on), OwnerKey(goal.department_id, goal.person_id)
    return list(drafting.parent_faults(parent.goal if parent else None, window=window, owner=owner))


def _indicators(goal: Goal, data: GoalCreate, entries: Mapping[str, CatalogueEntry]) -> list[Indicator]:
    metrics = metrics_of(entries)
    return [
        Indicator(
            company_id=goal.company_id,
            id=new_id(),
            goal_id=goal.id,
            position=position,
            kind=indicator.kind,
            metric=indicator.metric,
            metric_version=entries[indicator.metric].version,
            aggregate=drafting.aggregate_of_draft(indicator, metrics),
            dimension=indicator.dimension,
            shop_ids=indicator.shop_ids,
            direction=indicator.direction,
            target=indicator.target,
            baseline=indicator.baseline,
            band_low=indicator.band.low if indicator.band else None,
            band_high=indicator.band.high if indicator.band else None,
            cap=indicator.cap,
        )
        for position, indicator in enumerate(data.indicators)
    ]


def _check_room(goal: Goal, weighed: Iterable[Goal]) -> None:
    reached = total(one.weight for one in weighed) + goal.weight
    if reached > WHOLE:
        raise WeightsDoNotAddUp(f"with this goal the owner's submitted and confirmed goals would weigh {reached}")


async def _find(uow: UnitOfWork, *, actor: Actor, goal_id: UUID) -> SeenGoal:
    seen = await repository.find_goal(uow.session, visible_to=actor, goal_id=goal_id)
    if seen is None:
        raise NotFound("no such goal")
    return seen


async def _get_locked(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, action: str, if_match: str | None) -> SeenGoal:
    seen = await repository.find_goal(uow.session, visible_to=actor, goal_id=goal_id, lock=True)
    if seen is None:
        raise NotFound("no such goal")
    seen.rights.check(action)
    check_if_match(if_match, goal_tag(seen.goal, rights=seen.rights), required=True)
    return seen


async def _show(uow: UnitOfWork, seen: SeenGoal) -> ShownGoal:
    goal, rights = seen
    indicators = await repository.list_indicators(uow.session, company_id=goal.company_id, goal_ids=[goal.id])
    return show_goal(goal, indicators[goal.id], rights=rights)


async def _recompute(uow: UnitOfWork, *, company_id: UUID, goal_ids: Iterable[UUID]) -> None:
    await mark_goals(uow.session, company_id=company_id, marks=[(goal_id, None) for goal_id in goal_ids])
    await want_work(uow.session, company_id=company_id)
    uow.bells.add(Bell.MARKS)
