"""Writing goals and leading them through their life: draft, submitted, confirmed (GOAL-1 to GOAL-3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.goals import drafting, repository
from attain_api.goals.owners import OwnerKey, owner_key, read_owner
from attain_api.paging import PageQuery, paginate
from attain_shared.db.session import UnitOfWork
from attain_shared.doorbell import Bell
from attain_shared.errors import ActionNotAllowed, Conflict, FieldError, Invalid, NotAllowed, NotFound
from attain_shared.goals.models import Goal, Indicator
from attain_shared.goals.queries import mark_goals
from attain_shared.goals.schemas import GoalCreate, GoalRead, GoalUpdate, IndicatorRead, RubricBody
from attain_shared.identifiers import new_id
from attain_shared.rules.attainment import Direction
from attain_shared.rules.periods import Window
from attain_shared.rules.weights import WHOLE, add_up, total
from attain_shared.shops.queries import wait_for_shops
from attain_shared.work.queries import want_work

ACTIONS = {"draft": ("submit",), "submitted": ("confirm",)}
"""What can be done in which state; returning and adjusting come with the rest of GOAL-3."""
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


@dataclass(frozen=True, slots=True)
class ShownGoal:
    """A goal as the caller sees it, and the tag of this sight of it."""

    id: UUID
    body: GoalRead
    tag: str


async def create_goal(uow: UnitOfWork, *, actor: Actor, data: GoalCreate) -> ShownGoal:
    """Write a goal, in draft, and have its attainment computed."""
    owner = owner_key(data.owner)
    check_may_write(actor, owner)
    cycle = await repository.find_cycle(uow.session, company_id=actor.company_id, cycle_id=data.cycle_id)
    if cycle is None:
        raise Invalid.field("/cycle_id", "unknown-cycle", "no such cycle")
    if cycle.state != "open":
        raise CycleClosed(f"{cycle.name} is closed")
    starts_on, ends_on = data.starts_on or cycle.starts_on, data.ends_on or cycle.ends_on
    drafting.refuse(list(drafting.window_faults((starts_on, ends_on), cycle)))
    await _check_draft(uow, actor=actor, data=data, owner=owner, window=Window(starts_on, ends_on))
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
    indicators = _indicators(goal, data)
    shop_ids = {shop_id for indicator in indicators for shop_id in indicator.shop_ids}
    await wait_for_shops(uow.session, company_id=actor.company_id, shop_ids=shop_ids)
    uow.session.add(goal)
    await uow.session.flush()
    uow.session.add_all(indicators)
    await uow.session.flush()
    await repository.store_sources(uow.session, goal=goal, indicators=indicators)
    await _recompute(uow, goal=goal)
    return _show(goal, indicators, actor=actor)


async def update_goal(
    uow: UnitOfWork, *, actor: Actor, goal_id: UUID, data: GoalUpdate, if_match: str | None
) -> ShownGoal:
    """Change a draft; what scores by it is computed anew."""
    goal = await _get_locked(uow, actor=actor, goal_id=goal_id, if_match=if_match)
    if goal.state != "draft":
        raise Conflict(f"the goal is {goal.state}: only a draft is changed like this", code="not-a-draft")
    changes = data.model_dump(exclude_unset=True)
    rubric = data.rubric if isinstance(data.rubric, RubricBody) else None
    faults = list(drafting.rubric_faults(rubric))
    if changes.get("parent_id") is not None:
        faults.extend(await _new_parent_faults(uow, goal=goal, parent_id=changes["parent_id"]))
    drafting.refuse(faults)
    if "rubric" in changes:
        changes["rubric"] = drafting.stored_rubric(rubric)
    if apply_changes(goal, changes) and {"rubric", "ignore_missing"} & changes.keys():
        await _recompute(uow, goal=goal)
    return await _read(uow, goal, actor=actor)


async def act_on_goal(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, action: str, if_match: str | None) -> ShownGoal:
    """Submit or confirm a goal (GOAL-3); both look at all of its owner's weights in the cycle (GOAL-2)."""
    goal = await _find(uow, actor=actor, goal_id=goal_id)
    owner = OwnerKey(goal.department_id, goal.person_id)
    await repository.lock_owner(uow.session, company_id=actor.company_id, cycle_id=goal.cycle_id, owner=owner)
    goal = await _get_locked(uow, actor=actor, goal_id=goal_id, if_match=if_match)
    if action not in ACTIONS.get(goal.state, ()):
        raise ActionNotAllowed(f"a goal that is {goal.state} cannot be {AFTER[action]}")
    weighed = await repository.list_owned(
        uow.session, company_id=actor.company_id, cycle_id=goal.cycle_id, owner=owner, states=WEIGHED
    )
    if action == "submit":
        _check_room(goal, weighed)
    elif not add_up(one.weight for one in weighed):
        reached = total(one.weight for one in weighed)
        raise WeightsDoNotAddUp(f"the owner's submitted and confirmed goals weigh {reached}, not {WHOLE}")
    apply_changes(goal, {"state": AFTER[action]})
    return await _read(uow, goal, actor=actor)


async def get_goal(uow: UnitOfWork, *, actor: Actor, goal_id: UUID) -> ShownGoal:
    """One goal."""
    return await _read(uow, await _find(uow, actor=actor, goal_id=goal_id), actor=actor)


async def list_goals(
    uow: UnitOfWork,
    *,
    actor: Actor,
    query: PageQuery,
    filters: dict[str, object],
    of_company: bool,
) -> tuple[list[GoalRead], str | None]:
    """Goals by cycle, owner, parent or state."""
    statement = repository.select_goals(company_id=actor.company_id)
    for name, value in filters.items():
        statement = statement.where(getattr(Goal, name) == value)
    if of_company:
        statement = repository.of_owner(statement, OwnerKey())
    columns = {"created_at": Goal.created_at, "title": Goal.title}
    goals, cursor = await paginate(uow.session, statement, query=query, columns=columns, id_column=Goal.id)
    indicators = await repository.list_indicators(
        uow.session, company_id=actor.company_id, goal_ids=[goal.id for goal in goals]
    )
    return [read_goal(goal, indicators[goal.id], actor=actor) for goal in goals], cursor


async def check_owner(uow: UnitOfWork, *, actor: Actor, owner: OwnerKey) -> None:
    """Refuse an owner outside the caller's view."""
    if not await repository.owner_exists(uow.session, company_id=actor.company_id, owner=owner):
        raise NotFound("no such owner")


def check_may_write(actor: Actor, owner: OwnerKey) -> None:
    """Administrators write for everybody who cannot yet; executives for the company and its departments (SEC-3)."""
    if "admin" not in actor.roles and not ("executive" in actor.roles and owner.person_id is None):
        raise NotAllowed("Your roles do not allow writing goals of this owner.")


def read_goal(goal: Goal, indicators: Sequence[Indicator], *, actor: Actor) -> GoalRead:
    """A goal as the caller sees it."""
    fields = {
        name: getattr(goal, name)
        for name in GoalRead.model_fields
        if name not in {"owner", "indicators", "allowed_actions"}
    }
    return GoalRead.model_validate(
        fields
        | {
            "owner": read_owner(OwnerKey(goal.department_id, goal.person_id)),
            "indicators": [_read_indicator(indicator) for indicator in indicators],
            "allowed_actions": list(ACTIONS.get(goal.state, ())) if _may_write(actor, goal) else [],
        }
    )


def _read_indicator(indicator: Indicator) -> IndicatorRead:
    fields = {name: getattr(indicator, name) for name in IndicatorRead.model_fields if name != "band"}
    band = {"low": indicator.band_low, "high": indicator.band_high} if indicator.direction == Direction.BAND else None
    return IndicatorRead.model_validate(fields | {"band": band})


def _goal_tag(goal: Goal, actor: Actor) -> str:
    return version_tag(goal.version, suffix="w" if _may_write(actor, goal) else "r")


def _may_write(actor: Actor, goal: Goal) -> bool:
    try:
        check_may_write(actor, OwnerKey(goal.department_id, goal.person_id))
    except NotAllowed:
        return False
    return True


async def _check_draft(uow: UnitOfWork, *, actor: Actor, data: GoalCreate, owner: OwnerKey, window: Window) -> None:
    faults: list[FieldError] = []
    if not await repository.owner_exists(uow.session, company_id=actor.company_id, owner=owner):
        faults.append(FieldError("/owner/id", "unknown-owner", f"no such {data.owner.type}"))
    if data.parent_id is not None:
        parent = await repository.find_goal(uow.session, company_id=actor.company_id, goal_id=data.parent_id)
        faults.extend(drafting.parent_faults(parent, window=window, owner=owner))
    shop_ids = {shop_id for indicator in data.indicators for shop_id in indicator.shop_ids}
    known = await repository.find_shop_ids(uow.session, company_id=actor.company_id, shop_ids=shop_ids)
    faults.extend(drafting.indicator_faults(data.indicators, known))
    faults.extend(drafting.rubric_faults(data.rubric))
    drafting.refuse(faults)


async def _new_parent_faults(uow: UnitOfWork, *, goal: Goal, parent_id: UUID) -> list[FieldError]:
    """What speaks against a parent; two moves that together would close a circle are judged one after the other."""
    await repository.lock_cascade(uow.session, company_id=goal.company_id)
    line = await repository.list_line(uow.session, company_id=goal.company_id, goal_id=parent_id)
    if goal.id in line:
        return [FieldError("/parent_id", "goal-cycle", "the parent is the goal itself or below it")]
    parent = await repository.find_goal(uow.session, company_id=goal.company_id, goal_id=parent_id)
    window, owner = Window(goal.starts_on, goal.ends_on), OwnerKey(goal.department_id, goal.person_id)
    return list(drafting.parent_faults(parent, window=window, owner=owner))


def _indicators(goal: Goal, data: GoalCreate) -> list[Indicator]:
    return [
        Indicator(
            company_id=goal.company_id,
            id=new_id(),
            goal_id=goal.id,
            position=position,
            kind=indicator.kind,
            metric=indicator.metric,
            aggregate=drafting.aggregate_of_draft(indicator),
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


async def _find(uow: UnitOfWork, *, actor: Actor, goal_id: UUID) -> Goal:
    goal = await repository.find_goal(uow.session, company_id=actor.company_id, goal_id=goal_id)
    if goal is None:
        raise NotFound("no such goal")
    return goal


async def _get_locked(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, if_match: str | None) -> Goal:
    goal = await repository.find_goal(uow.session, company_id=actor.company_id, goal_id=goal_id, lock=True)
    if goal is None:
        raise NotFound("no such goal")
    check_may_write(actor, OwnerKey(goal.department_id, goal.person_id))
    check_if_match(if_match, _goal_tag(goal, actor), required=True)
    return goal


async def _read(uow: UnitOfWork, goal: Goal, *, actor: Actor) -> ShownGoal:
    indicators = await repository.list_indicators(uow.session, company_id=actor.company_id, goal_ids=[goal.id])
    return _show(goal, indicators[goal.id], actor=actor)


def _show(goal: Goal, indicators: Sequence[Indicator], *, actor: Actor) -> ShownGoal:
    """The tag changes with the goal, and with what the caller may do."""
    return ShownGoal(goal.id, read_goal(goal, indicators, actor=actor), _goal_tag(goal, actor))


async def _recompute(uow: UnitOfWork, *, goal: Goal) -> None:
    await mark_goals(uow.session, company_id=goal.company_id, marks=[(goal.id, None)])
    await want_work(uow.session, company_id=goal.company_id)
    uow.bells.add(Bell.MARKS)
