"""Proposing how to split a target over those below (GOAL-11). Nothing is stored."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.cascade import repository
from attain_api.goals.owners import OwnerKey, read_owner
from attain_api.goals.service import find_goal
from attain_api.shops.service import find_unknown
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Invalid, NotAllowed, NotFound
from attain_shared.goals.cascade_schemas import GoalSplitRead, SplitShare
from attain_shared.goals.facts import Question, load_facts, load_rows
from attain_shared.goals.models import Goal, Indicator
from attain_shared.goals.sources import Unit, units_of, window_of
from attain_shared.metrics.declarations import load_metrics
from attain_shared.rules.algebra import Aggregate, Algebra, Metric
from attain_shared.rules.attribution import Holding
from attain_shared.rules.cascade import propose
from attain_shared.rules.growth import Against, previous_window
from attain_shared.rules.periods import Window
from attain_shared.rules.shares import weight_of_holdings

By = Literal["shop", "last_year"]
MONEY = "CNY"


@dataclass(frozen=True, slots=True)
class Splittable:
    """A target that can be split, and what it is of."""

    goal: Goal
    indicator: Indicator
    target: Decimal
    metric: Metric
    catalogue: Mapping[str, Metric]


async def propose_split(
    uow: UnitOfWork,
    *,
    actor: Actor,
    goal_id: UUID,
    indicator_id: UUID | None,
    by: By,
    owners: Sequence[OwnerKey],
) -> GoalSplitRead:
    """Split the target of a metric that adds up over these owners, else over those of the goals right below.

    By the shops that each holds in the goal's window, all alike or by what they made in the same window last year.

    Raises:
        NotAllowed: the caller sees the goal's public part alone, or not the values of all its shops.
        NotFound: the goal, the indicator or an owner is not there, or not in the caller's view.
        Invalid: there is nothing to split, or nobody to split it to.
    """
    whole = await _find_splittable(uow, actor=actor, goal_id=goal_id, indicator_id=indicator_id)
    if await find_unknown(uow, actor=actor, shop_ids=whole.indicator.shop_ids):
        raise NotAllowed("You do not see the values of all shops that this goal is measured over.")
    known = await _known_owners(uow, actor=actor, goal=whole.goal, given=owners)
    window = window_of(whole.goal)
    weighed = window if by == "shop" else previous_window(window, Against.LAST_YEAR)
    holdings = await _load_holdings(uow, company_id=actor.company_id, indicator=whole.indicator, window=window)
    figures = dict.fromkeys(whole.indicator.shop_ids, Decimal(1))
    if by == "last_year":
        figures = await _load_figures(uow, company_id=actor.company_id, whole=whole, window=weighed)
    weights = [weight_of_holdings(holdings[owner], figures, window) for owner in known]
    parts = propose(whole.target, weights, 2 if whole.metric.unit == MONEY else 0)
    return GoalSplitRead(
        goal_id=goal_id,
        indicator_id=whole.indicator.id,
        metric=whole.metric.code,
        by=by,
        starts_on=weighed.starts_on,
        ends_on=weighed.ends_on,
        target=whole.target,
        items=[
            SplitShare(owner=read_owner(owner), weight=weight, target=part)
            for owner, weight, part in zip(known, weights, parts, strict=True)
        ],
    )


async def _find_splittable(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, indicator_id: UUID | None) -> Splittable:
    """The indicator named, else the goal's first that adds up and has a target."""
    goal, rights = await find_goal(uow, actor=actor, goal_id=goal_id)
    if not rights.is_full:
        raise NotAllowed("You see only the public part of this goal.")
    indicators = await repository.list_indicators(uow.session, company_id=actor.company_id, goal_id=goal.id)
    named = [one for one in indicators if indicator_id in {None, one.id}]
    if not named:
        raise NotFound("the goal has no such indicator")
    catalogue = await load_metrics(uow.session, company_id=actor.company_id)
    for indicator in named:
        metric = catalogue.get(indicator.metric or "") if indicator.kind == "metric" else None
        adds_up = indicator.aggregate == Aggregate.DEDUPLICATED
        if metric is not None and metric.algebra is Algebra.ADDITIVE and adds_up and indicator.target is not None:
            return Splittable(goal, indicator, indicator.target, metric, catalogue)
    detail = "only the target of a metric that adds up can be split"
    raise Invalid.field("/query/indicator_id", "nothing-to-split", detail)


async def _known_owners(uow: UnitOfWork, *, actor: Actor, goal: Goal, given: Sequence[OwnerKey]) -> Sequence[OwnerKey]:
    if not given:
        rows = await repository.list_owners_below(uow.session, visible_to=actor, goal_id=goal.id)
        if not rows:
            detail = "there are no goals below this one: name departments or people"
            raise Invalid.field("/query/person_id", "nobody-to-split-to", detail)
        return [OwnerKey(row.department_id, row.person_id) for row in rows]
    seen = await repository.list_seen_owners(
        uow.session,
        visible_to=actor,
        department_ids=[one.department_id for one in given if one.department_id is not None],
        person_ids=[one.person_id for one in given if one.person_id is not None],
    )
    if any((one.department_id or one.person_id) not in seen for one in given):
        raise NotFound("no such department or person")
    return list(dict.fromkeys(given))


async def _load_holdings(
    uow: UnitOfWork, *, company_id: UUID, indicator: Indicator, window: Window
) -> Mapping[OwnerKey, Mapping[UUID, Sequence[Holding]]]:
    found: dict[OwnerKey, dict[UUID, list[Holding]]] = defaultdict(lambda: defaultdict(list))
    rows = await repository.list_holdings(
        uow.session, company_id=company_id, shop_ids=indicator.shop_ids, window=window
    )
    for row in rows:
        owner = OwnerKey(row.department_id, row.person_id)
        found[owner][row.shop_id].append(Holding(row.starts_on, row.last_on, row.share))
    return found


async def _load_figures(uow: UnitOfWork, *, company_id: UUID, whole: Splittable, window: Window) -> dict[UUID, Decimal]:
    """What each shop made in a window; 0 where nothing is known."""
    units: dict[UUID, list[Unit]] = defaultdict(list)
    for unit in units_of(whole.indicator):
        units[unit.shop_id].append(unit)
    questions = {
        shop_id: Question(whole.metric, window, tuple(every), Aggregate.DEDUPLICATED)
        for shop_id, every in units.items()
    }
    facts = await load_facts(
        uow.session, company_id=company_id, catalogue=whole.catalogue, questions=questions.values()
    )
    for question in questions.values():
        facts.read(question)
    if facts.lacking:
        await load_rows(uow.session, facts, company_id=company_id, series=sorted(facts.lacking))
    return {shop_id: facts.read(question).value or Decimal(0) for shop_id, question in questions.items()}
