"""A goal's GMV against that of an earlier window, by visitors, conversion and 客单价 (GOAL-8)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.explanations import repository
from attain_api.explanations.repository import Asked
from attain_api.explanations.tracing import cell_of, key_of
from attain_api.goals.record import check_in_full
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, Invalid, NotAllowed, NotFound
from attain_shared.goals.evaluation import holdings_of
from attain_shared.goals.gap_schemas import EffectsRead, GoalGapRead, ShopGapRead, SideRead, TrafficRead
from attain_shared.goals.inputs import is_owned, load_inputs, question_of
from attain_shared.goals.models import Goal, Indicator
from attain_shared.goals.queries import load_goals
from attain_shared.goals.sources import MEASURED, Unit, earlier_window, units_of, window_of
from attain_shared.metrics.queries import Series
from attain_shared.rules.algebra import Aggregate
from attain_shared.rules.attribution import credit
from attain_shared.rules.comparison import BUYERS, GMV, UV, Comparison, Sums, compare
from attain_shared.rules.decomposition import Contribution, Effects, together
from attain_shared.rules.growth import Against, previous_window
from attain_shared.rules.periods import Window
from attain_shared.rules.tiling import Cell, Prefer, tile

ByUnit = Mapping[Unit, Mapping[str, Sequence[Cell]]]
"""The rows of each unit, by metric."""


async def explain_gap(
    uow: UnitOfWork, *, actor: Actor, goal_id: UUID, indicator_id: UUID | None, against: Against | None
) -> GoalGapRead:
    """Why a goal's GMV differs from an earlier window's, adding up exactly, and how far it is from its target.

    Raises:
        NotFound: the goal is not in the caller's view.
        NotAllowed: they see its public part alone, or not the values of all its shops (SEC-3).
        Invalid: the indicator named is not of this goal, or measures no GMV.
        Conflict: no indicator of the goal measures GMV, or no day of its window is complete.
    """
    await check_in_full(uow, actor=actor, goal_id=goal_id)
    ((goal, indicators),) = await load_goals(uow.session, company_id=actor.company_id, goal_ids=[goal_id])
    indicator = _choose(indicators, indicator_id)
    visible = await repository.find_visible_shops(uow.session, visible_to=actor, shop_ids=indicator.shop_ids)
    if not visible.issuperset(indicator.shop_ids):
        raise NotAllowed("You do not see the values of all shops of this goal.")
    against = against or Against(indicator.against or Against.PREVIOUS)
    before, after = _windows(window_of(goal), against, business_day())
    raised = earlier_window(goal, indicator)
    rows = await _load_rows(uow, goal=goal, indicator=indicator, windows={before, after, raised or after})
    shops = compare(rows[before], rows[after], windows=(before, after))
    target = _target(indicator, _gmv_of(rows[raised], raised)) if raised else indicator.target
    return _read(goal, indicator, Gap(against, before, after, shops, target))


class Gap(NamedTuple):
    """A GMV in two windows, and what it should be."""

    against: Against
    before: Window
    after: Window
    shops: Sequence[Comparison[Unit]]
    target: Decimal | None


def _choose(indicators: Sequence[Indicator], indicator_id: UUID | None) -> Indicator:
    if indicator_id is None:
        chosen = next((one for one in indicators if _measures_gmv(one)), None)
        if chosen is None:
            raise Conflict("no indicator of the goal measures GMV over its window", code="no-gmv-indicator")
        return chosen
    named = next((one for one in indicators if one.id == indicator_id), None)
    if named is None:
        raise NotFound("the goal has no such indicator")
    if not _measures_gmv(named):
        raise Invalid.field("/query/indicator_id", "not-gmv", "the indicator does not measure GMV over its window")
    return named


def _measures_gmv(indicator: Indicator) -> bool:
    is_summed = indicator.aggregate in {None, Aggregate.DEDUPLICATED}
    return indicator.kind in MEASURED and indicator.metric == GMV and is_summed


def _windows(window: Window, against: Against, today: date) -> tuple[Window, Window]:
    """As many days of the earlier window as are complete of this one, and these; of one that is over, both whole."""
    earlier = previous_window(window, against)
    if today > window.ends_on:
        return earlier, window
    if today <= window.starts_on:
        raise Conflict("no day of the goal's window is complete", code="no-complete-day")
    last = today - window.starts_on - timedelta(days=1)
    return (
        Window(earlier.starts_on, min(earlier.starts_on + last, earlier.ends_on)),
        Window(window.starts_on, window.starts_on + last),
    )


async def _load_rows(
    uow: UnitOfWork, *, goal: Goal, indicator: Indicator, windows: Iterable[Window]
) -> dict[Window, ByUnit]:
    """The rows of an indicator's units in some windows, as the goal's owner is credited with them (GOAL-12).

    Shares scale visitors and buyers as they do the GMV: half a shop has half of its visitors.
    """
    wanted = list(windows)
    inputs = await load_inputs(
        uow.session,
        company_id=goal.company_id,
        goals=[(goal, [indicator])],
        today=business_day(),
        with_facts=False,
    )
    units = units_of(indicator)
    series = [Series(unit.shop_id, code, unit.dimension) for unit in units for code in (GMV, UV, BUYERS)]
    asked = {Asked(one, window) for one in series for window in wanted}
    found = await repository.load_rows(uow.session, company_id=goal.company_id, asked=asked, as_of=None)
    cells = dict.fromkeys(map(cell_of, found))
    question = question_of(goal, indicator, inputs.formulas.of(indicator))
    by_window: dict[Window, ByUnit] = {}
    for window in wanted:
        within: Iterable[Cell] = [cell for cell in cells if cell.bucket in window]
        if is_owned(goal, indicator):
            credited = credit(question.metric, within, window, holdings_of(goal, question, inputs), units)
            within = [] if credited is None else credited.rows
        by_window[window] = _by_unit(units, within)
    return by_window


def _by_unit(units: Iterable[Unit], cells: Iterable[Cell]) -> ByUnit:
    by_unit: dict[Unit, dict[str, list[Cell]]] = {unit: defaultdict(list) for unit in units}
    for cell in cells:
        by_unit[key_of(cell).unit][cell.metric].append(cell)
    return by_unit


def _gmv_of(rows: ByUnit, window: Window) -> Decimal | None:
    """The GMV of all units together; none without data."""
    tiles = [cell for by_code in rows.values() for cell in tile(by_code[GMV], window, Prefer.FINEST).tiles]
    return sum((cell.value for cell in tiles), Decimal(0)) if tiles else None


def _target(indicator: Indicator, earlier: Decimal | None) -> Decimal | None:
    """Of a growth, the GMV it comes to (GOAL-4)."""
    return None if earlier is None or indicator.target is None else earlier * (1 + indicator.target)


def _read(goal: Goal, indicator: Indicator, gap: Gap) -> GoalGapRead:
    before, after = _sum(one.before.gmv for one in gap.shops), _sum(one.after.gmv for one in gap.shops)
    effects = together(Contribution(one.unit, one.effects) for one in gap.shops)
    return GoalGapRead(
        goal_id=goal.id,
        indicator_id=indicator.id,
        against=gap.against,
        before=SideRead(starts_on=gap.before.starts_on, ends_on=gap.before.ends_on, gmv=before),
        after=SideRead(starts_on=gap.after.starts_on, ends_on=gap.after.ends_on, gmv=after),
        change=effects.change,
        effects=_read_effects(effects),
        shops=[
            ShopGapRead(
                shop_id=one.unit.shop_id,
                dimension=one.unit.dimension,
                before=one.before.gmv,
                after=one.after.gmv,
                change=one.effects.change,
                effects=_read_effects(one.effects),
                traffic_before=_read_traffic(one.before),
                traffic_after=_read_traffic(one.after),
            )
            for one in gap.shops
        ],
        target=gap.target,
        gap_to_target=None if after is None or gap.target is None else after - gap.target,
    )


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def _read_effects(effects: Effects) -> EffectsRead:
    return EffectsRead(uv=effects.uv, conversion=effects.conversion, aov=effects.aov, other=effects.other)


def _read_traffic(sums: Sums) -> TrafficRead | None:
    if not sums.days:
        return None
    gmv, uv, buyers = sums.factors
    return TrafficRead(days=sums.days, gmv=gmv, uv=uv, paying_buyers=buyers)
