"""What to look at again in an owner's goals before they are confirmed (GOAL-14)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.cycles.service import get_cycle
from attain_api.goal_checks import repository
from attain_api.goals.hiding import find_hidden
from attain_api.goals.owners import OwnerKey, read_owner
from attain_api.goals.service import check_owner
from attain_api.messages import Language, detail
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.goals.check_schemas import GoalCheckRead, GoalWarning
from attain_shared.goals.evaluation import Evaluation, IndicatorEvaluation, evaluate_goals, target_of
from attain_shared.goals.models import Goal, Indicator
from attain_shared.goals.queries import load_goals
from attain_shared.goals.sources import Measured, window_of
from attain_shared.identifiers import new_id
from attain_shared.rules.goal_set import (
    MEASURED,
    CheckedGoal,
    CheckedIndicator,
    GoalSetWarning,
    IndicatorKind,
    WarningCode,
    check_goal_set,
)
from attain_shared.rules.growth import Against, growth_target, previous_window
from attain_shared.rules.rounding import half_up, settled
from attain_shared.wire import plain_decimal

_ONE = Decimal(1)
DIGITS = 4
"""Behind the point, in a sentence for people."""

TEXTS = {
    WarningCode.WEIGHTS: "The goals weigh {total} together, not 100.",
    WarningCode.SINGLE_GOAL: "There is a single goal.",
    WarningCode.NOTHING_MEASURABLE: "Nothing here is measured: no indicator of a metric, of growth or of people.",
    WarningCode.NO_BEHAVIOURS: "There are only results, and no behaviours expected.",
    WarningCode.LATE: "It is set late: {elapsed} of its window's {days} days are over.",
    WarningCode.NO_DATA: "There are no data of this indicator so far.",
    WarningCode.TARGET_BELOW_LAST: "The target of {target} is easier than the {last} that the last window reached.",
}
"""In English; their Chinese is with that of problems."""


async def check_goals(
    uow: UnitOfWork, *, actor: Actor, owner: OwnerKey, cycle_id: UUID, language: Language
) -> GoalCheckRead:
    """Warnings about an owner's goals of a cycle, for whoever sees them in full.

    Each goal is evaluated over its own window and over the one before it: as many statements for many as for one.
    """
    await get_cycle(uow, actor=actor, cycle_id=cycle_id)
    await check_owner(uow, actor=actor, owner=owner)
    company_id, today = actor.company_id, business_day()
    ids = await repository.list_goal_ids(uow.session, company_id=company_id, cycle_id=cycle_id, owner=owner)
    goals = await load_goals(uow.session, company_id=company_id, goal_ids=ids) if ids else []
    warnings: list[GoalSetWarning] = []
    if goals:
        confirmed = await repository.list_confirmations(uow.session, company_id=company_id, goal_ids=ids)
        earlier = {goal.id: _before(goal) for goal, _ in goals}
        both = [*goals, *((earlier[goal.id], indicators) for goal, indicators in goals)]
        hidden = await find_hidden(uow, actor=actor, goal_ids=ids)
        evaluated, _ = await evaluate_goals(uow.session, company_id=company_id, goals=both, today=today)
        checked = [
            _checked(goal, indicators, evaluated.get(goal.id), evaluated.get(earlier[goal.id].id), confirmed, hidden)
            for goal, indicators in goals
        ]
        warnings = check_goal_set(checked, today=today)
    return GoalCheckRead(
        owner=read_owner(owner),
        cycle_id=cycle_id,
        goals=len(goals),
        warnings=[_warning(one, goals, language) for one in warnings],
    )


def _before(goal: Goal) -> Goal:
    """A goal as it would have been over the window before; it is never stored."""
    window = previous_window(window_of(goal), Against.PREVIOUS)
    return Goal(
        company_id=goal.company_id,
        id=new_id(),
        department_id=goal.department_id,
        person_id=goal.person_id,
        rubric=goal.rubric,
        ignore_missing=goal.ignore_missing,
        starts_on=window.starts_on,
        ends_on=window.ends_on,
    )


def _checked(
    goal: Goal,
    indicators: Sequence[Indicator],
    now: Evaluation | None,
    before: Evaluation | None,
    confirmed: Mapping[UUID, datetime],
    hidden: Collection[UUID],
) -> CheckedGoal:
    confirmed_at = confirmed.get(goal.id) if goal.state == "confirmed" else None
    return CheckedGoal(
        window=window_of(goal),
        weight=goal.weight,
        has_behaviours=bool((goal.behaviours or "").strip()),
        indicators=[
            _unseen_indicator(indicator)
            if indicator.id in hidden
            else _checked_indicator(
                indicator,
                now.indicators[place] if now else None,
                before.indicators[place] if before else None,
            )
            for place, indicator in enumerate(indicators)
        ],
        confirmed_on=business_day(confirmed_at) if confirmed_at else None,
    )


def _unseen_indicator(indicator: Indicator) -> CheckedIndicator:
    """Whose shops the caller does not see: nothing is said of its figures (SEC-3)."""
    return CheckedIndicator(kind=IndicatorKind(indicator.kind), target=None, has_data=True, last=None)


def _checked_indicator(
    indicator: Indicator, now: IndicatorEvaluation | None, before: IndicatorEvaluation | None
) -> CheckedIndicator:
    kind, target = IndicatorKind(indicator.kind), target_of(indicator)
    last = before.reading.value if before is not None and kind in MEASURED else None
    if kind is IndicatorKind.GROWTH:  # both as an index, as that is what is held against each other
        target, last = growth_target(target), None if last is None else last + _ONE
    readings = [one.reading for one in (now, before) if one is not None]
    return CheckedIndicator(
        kind=kind,
        target=None if kind is IndicatorKind.MILESTONES else target,
        has_data=any(reading.bounds is not None or reading.estimate is not None for reading in readings),
        last=last,
    )


def _for_people(figure: Decimal) -> str:
    """To four decimals, of what is less than one to four digits that count; the exact one is beside it."""
    return plain_decimal(settled(half_up(figure, max(DIGITS, DIGITS - 1 - figure.adjusted()))))


def _warning(one: GoalSetWarning, goals: Measured, language: Language) -> GoalWarning:
    goal, indicators = goals[one.goal] if one.goal is not None else (None, ())
    indicator = indicators[one.indicator] if one.indicator is not None else None
    figures = dict(one.figures)
    if indicator is not None and indicator.kind == IndicatorKind.GROWTH:
        figures = {name: figure - _ONE for name, figure in figures.items()}
    shown = {name: _for_people(figure) for name, figure in figures.items()}
    code = one.code.value
    return GoalWarning.model_validate(
        {
            "code": code,
            "detail": detail(code, TEXTS[one.code].format(**shown), language, shown),
            "goal_id": goal.id if goal else None,
            "indicator_id": indicator.id if indicator else None,
            "figures": figures,
        }
    )
