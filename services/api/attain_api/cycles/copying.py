"""Copying the goals of a cycle forward to the next one of its kind, as drafts (GOAL-1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.cycles import repository
from attain_api.cycles.copies import Copier, parents_first
from attain_api.cycles.repository import Copyable, Known
from attain_api.cycles.service import ShownCycle, add_cycle, show
from attain_api.goals.measuring import recompute
from attain_api.goals.writing import CycleClosed, hold_cascade
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import NotFound
from attain_shared.goals.cycle_schemas import CycleCopied, CycleCopy, CycleCreate, LeftOutGoal
from attain_shared.goals.models import Cycle, Goal, Indicator
from attain_shared.goals.sources import set_sources
from attain_shared.identifiers import new_id
from attain_shared.metrics.declarations import hold_metrics, load_entries, metrics_of
from attain_shared.rules.periods import CycleKind
from attain_shared.rules.succession import months_between, next_cycle_start
from attain_shared.shops.queries import wait_for_shops


@dataclass(frozen=True, slots=True)
class CopiedCycle:
    """The next cycle, and what became of each goal."""

    cycle: ShownCycle
    created: int
    existing: int
    left_out: list[LeftOutGoal]

    @property
    def id(self) -> UUID:
        """The next cycle."""
        return self.cycle.id

    @property
    def body(self) -> CycleCopied:
        """What clients see."""
        return CycleCopied(cycle=self.cycle.body, created=self.created, existing=self.existing, left_out=self.left_out)


async def copy_cycle(uow: UnitOfWork, *, actor: Actor, cycle_id: UUID, data: CycleCopy) -> CopiedCycle:
    """Copy what was agreed on in a cycle to the next one of its kind, which is made where there is none.

    Days move by as many months as the cycle has; indicators are as they were, measured by the formulas in force. A
    goal is copied once: what came of the copy is never touched again.
    """
    source = await repository.find_cycle(uow.session, company_id=actor.company_id, cycle_id=cycle_id, lock=True)
    if source is None:
        raise NotFound("no such cycle")
    target = await _next_cycle(uow, actor=actor, source=source, name=data.name)
    await hold_cascade(uow, company_id=actor.company_id)
    there_on = max(business_day(), target.starts_on)
    goals = await repository.list_copyable(uow.session, company_id=actor.company_id, cycle_id=source.id, on=there_on)
    known = await repository.find_known(uow.session, company_id=actor.company_id, cycle_id=target.id)
    existing = sum(goal.id in known.copies for goal, _ in goals)
    left_out, wanted = _sorted_out(goals, known)
    if wanted:
        await _copy_goals(uow, actor=actor, source=source, target=target, goals=wanted, known=known)
    return CopiedCycle(await show(uow, target), created=len(wanted), existing=existing, left_out=left_out)


async def _next_cycle(uow: UnitOfWork, *, actor: Actor, source: Cycle, name: str | None) -> Cycle:
    kind = CycleKind(source.kind)
    starts_on = next_cycle_start(kind, source.starts_on)
    found = await repository.find_cycle_of(uow.session, company_id=actor.company_id, kind=kind, starts_on=starts_on)
    if found is None:
        data = CycleCreate(kind=kind, starts_on=starts_on, name=name or _usual_name(kind, starts_on))
        return await add_cycle(uow, actor=actor, data=data)
    if found.state != "open":
        raise CycleClosed(f"{found.name} is closed")
    return found


def _usual_name(kind: CycleKind, starts_on: date) -> str:
    """2026-10, 2026 Q4, 2026 H2, 2026."""
    if kind is CycleKind.MONTH:
        return f"{starts_on:%Y-%m}"
    if kind is CycleKind.QUARTER:
        return f"{starts_on.year} Q{starts_on.month // 3 + 1}"
    return f"{starts_on.year} H{starts_on.month // 6 + 1}" if kind is CycleKind.HALF_YEAR else str(starts_on.year)


def _sorted_out(goals: Iterable[Copyable], known: Known) -> tuple[list[LeftOutGoal], list[Goal]]:
    """What cannot be copied, and what is to be."""
    left_out, wanted = [], []
    for goal, gone in goals:
        if goal.id in known.copies:
            continue
        is_assigned = goal.template_id is not None and (goal.template_id, goal.person_id) in known.assigned
        reason = gone or ("template-assigned" if is_assigned else None)
        if reason is None:
            wanted.append(goal)
        else:
            left_out.append(LeftOutGoal.model_validate({"goal_id": goal.id, "reason": reason}))
    return left_out, wanted


async def _copy_goals(
    uow: UnitOfWork, *, actor: Actor, source: Cycle, target: Cycle, goals: Sequence[Goal], known: Known
) -> None:
    """Write the copies and have them measured."""
    company_id, ids = actor.company_id, {goal.id for goal in goals}
    await hold_metrics(uow.session, company_id=company_id)
    entries = await load_entries(uow.session, company_id=company_id)
    indicators = await repository.list_indicators(uow.session, company_id=company_id, goal_ids=ids)
    milestones = await repository.list_milestones(uow.session, company_id=company_id, goal_ids=ids)
    above = {known.copies.get(goal.parent_id, goal.parent_id) for goal in goals if goal.parent_id is not None}
    item_set_ids = {one.item_set_id for one in indicators if one.item_set_id is not None}
    copier = Copier(
        cycle=target,
        months=months_between(source.starts_on, target.starts_on),
        author_id=actor.principal_id,
        made={goal.id: new_id() for goal in goals},
        copies=known.copies,
        parents=await repository.list_parents(uow.session, company_id=company_id, goal_ids=above),
        entries=entries,
        item_sets=await repository.list_item_sets(uow.session, company_id=company_id, item_set_ids=item_set_ids),
    )
    made = {goal.id: copier.goal(goal) for goal in goals}
    measured: dict[UUID, list[Indicator]] = {goal.id: [] for goal in made.values()}
    for indicator in indicators:
        goal = made[indicator.goal_id]
        measured[goal.id].append(copier.indicator(indicator, goal))
    shop_ids = {shop_id for indicator in indicators for shop_id in indicator.shop_ids}
    await wait_for_shops(uow.session, company_id=company_id, shop_ids=shop_ids)
    uow.session.add_all(parents_first(made.values()))
    await uow.session.flush()
    uow.session.add_all(chain(*measured.values(), map(copier.milestone, milestones)))
    await uow.session.flush()
    pairs = [(goal, measured[goal.id]) for goal in made.values()]
    await set_sources(uow.session, company_id=company_id, goals=pairs, metrics=metrics_of(entries))
    await recompute(uow, company_id=company_id, goal_ids=measured)
