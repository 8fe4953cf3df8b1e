"""From what was loaded to a goal's score: the rules decide (GOAL-4 to GOAL-7).

Both services evaluate: the worker to store attainments, the API for `as_of` and for goals not computed yet.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.goals.facts import Question, load_rows
from attain_shared.goals.inputs import (
    Inputs,
    earlier_question,
    is_owned,
    is_paced,
    load_inputs,
    paced_of,
    question_of,
    so_far,
    team_of,
)
from attain_shared.goals.models import Goal, Indicator
from attain_shared.goals.sources import Measured, window_of
from attain_shared.rules import staff_growth
from attain_shared.rules.aggregation import Coverage
from attain_shared.rules.algebra import Aggregate, Metric
from attain_shared.rules.attainment import Direction, Target, attainment, attainment_interval, growth_index
from attain_shared.rules.attribution import Holding, held_so_far, read_owned
from attain_shared.rules.growth import growth_interval, growth_target
from attain_shared.rules.headcount import Counted, turnover
from attain_shared.rules.interval import Interval
from attain_shared.rules.pace import Pace, pace
from attain_shared.rules.reading import Reading
from attain_shared.rules.rubric import DEFAULT_RUBRIC, Op, Quantifier, Rubric, Rule, Scored, score_interval
from attain_shared.rules.verdicts import IndicatorStatus, IndicatorVerdict, goal_status, indicator_status, verdict

log = structlog.get_logger(__name__)

Holdings = Mapping[Hashable, Sequence[Holding]]


@dataclass(frozen=True, slots=True)
class Held:
    """What an indicator is held by: a figure, and what it is held against."""

    reading: Reading
    target: Target
    metric: Metric | None = None
    aggregate: Aggregate = Aggregate.DEDUPLICATED
    shown: Reading | None = None
    """The figure as it is shown, where that is another: a growth is shown, and held as an index."""
    pace: Pace | None = None
    base: Reading | None = None
    """What a growth is against."""


@dataclass(frozen=True, slots=True)
class IndicatorEvaluation:
    """What an indicator has come to."""

    indicator: Indicator
    reading: Reading
    """As it is shown."""
    attainment: Interval | None
    forecast: Interval | None
    """The attainment at the end of the window, where it can be forecast; else the present one."""
    verdict: IndicatorVerdict
    status: IndicatorStatus
    pace: Pace | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a goal has come to."""

    goal: Goal
    scored: Scored
    forecast: Decimal | None
    status: IndicatorStatus
    indicators: tuple[IndicatorEvaluation, ...]


def target_of(indicator: Indicator) -> Target:
    """What an indicator is held against."""
    return Target(
        direction=Direction(indicator.direction),
        target=indicator.target,
        baseline=indicator.baseline,
        band_low=indicator.band_low,
        band_high=indicator.band_high,
        cap=indicator.cap,
    )


def rubric_of(stored: Mapping[str, Any] | None) -> Rubric:
    """The rubric a goal is scored by: its own, or the default."""
    if stored is None:
        return DEFAULT_RUBRIC
    rules = tuple(
        Rule(Quantifier(rule["test"]), Op(rule["op"]), Decimal(rule["threshold"]), Decimal(rule["score"]))
        for rule in stored["rules"]
    )
    return Rubric(rules, Decimal(stored["otherwise"]))


async def evaluate_goals(
    session: AsyncSession, *, company_id: UUID, goals: Measured, today: date, as_of: datetime | None = None
) -> tuple[dict[UUID, Evaluation], Inputs]:
    """What goals have come to, by goal, and what it was made of.

    One that cannot be evaluated is logged and left out: it holds up no other. Where summed months do not tell a figure
    its rows are loaded, of all such goals in one more statement.
    """
    inputs = await load_inputs(session, company_id=company_id, goals=goals, today=today, as_of=as_of)
    evaluations: dict[UUID, Evaluation] = {}
    lacking = evaluate_each(goals, inputs, evaluations)
    await evaluate_lacking(session, company_id=company_id, goals=lacking, inputs=inputs, evaluations=evaluations)
    return evaluations, inputs


async def evaluate_lacking(
    session: AsyncSession, *, company_id: UUID, goals: Measured, inputs: Inputs, evaluations: dict[UUID, Evaluation]
) -> None:
    """Evaluate the goals of which rows were lacking, once these are loaded."""
    if goals:
        await load_rows(session, inputs.facts, company_id=company_id, series=sorted(inputs.facts.lacking))
        evaluate_each(goals, inputs, evaluations)


def evaluate_each(goals: Measured, inputs: Inputs, evaluations: dict[UUID, Evaluation]) -> Measured:
    """Evaluate goals one by one; those of which rows are lacking."""
    lacking = []
    for goal, indicators in goals:
        unanswered = inputs.facts.unanswered
        try:
            evaluation = evaluate(goal, indicators, inputs)
        except Exception:
            log.exception("a goal cannot be evaluated", goal_id=str(goal.id))
            continue
        if inputs.facts.unanswered > unanswered:
            lacking.append((goal, indicators))
        else:
            evaluations[goal.id] = evaluation
    return lacking


def evaluate(goal: Goal, indicators: Sequence[Indicator], inputs: Inputs) -> Evaluation:
    """A goal's score, status and indicators, from what was loaded."""
    return together(goal, [evaluate_indicator(goal, indicator, inputs) for indicator in indicators])


def together(goal: Goal, evaluated: Sequence[IndicatorEvaluation]) -> Evaluation:
    """A goal's score and status by its indicators, all of them in their order."""
    scored = score_of(goal, [(one.attainment, one.indicator.cap) for one in evaluated])
    forecast = scored
    if any(one.pace for one in evaluated):
        forecast = score_of(goal, [(one.forecast, one.indicator.cap) for one in evaluated])
    return Evaluation(
        goal=goal,
        scored=scored,
        forecast=forecast.score,
        status=goal_status(one.status for one in evaluated),
        indicators=tuple(evaluated),
    )


def score_of(goal: Goal, reached: Sequence[tuple[Interval | None, Decimal]]) -> Scored:
    """The score of a goal's attainments, each with the cap it is averaged with (GOAL-6)."""
    return score_interval(
        [(one.low if one else None, cap) for one, cap in reached],
        [(one.high if one else None, cap) for one, cap in reached],
        rubric_of(goal.rubric),
        ignore_missing=goal.ignore_missing,
    )


def evaluate_indicator(goal: Goal, indicator: Indicator, inputs: Inputs) -> IndicatorEvaluation:
    """What an indicator of a goal has come to."""
    held = _measure(goal, indicator, inputs)
    is_open = inputs.today <= goal.ends_on
    reached = attained(held.reading, held.target)
    judged: dict[str, Any] = {
        "metric": held.metric,
        "aggregate": held.aggregate,
        "is_open": is_open,
        "base": held.base,
    }
    return IndicatorEvaluation(
        indicator=indicator,
        reading=held.shown or held.reading,
        attainment=reached,
        forecast=Interval.point(attainment(held.pace.forecast, held.target)) if held.pace else reached,
        verdict=verdict(held.reading, held.target, **judged),
        status=indicator_status(held.reading, held.target, **judged, pace=held.pace),
        pace=held.pace,
    )


def suppose(goal: Goal, indicator: Indicator, actual: Decimal, inputs: Inputs) -> IndicatorEvaluation:
    """What an indicator would come to if its window ended with this figure and all of its days were there (GOAL-8).

    Of a growth the figure is the growth.
    """
    held = _measure(goal, indicator, inputs)
    days = held.reading.coverage.expected
    shown = reading = _known(actual, Coverage(days, days, 0))
    target = target_of(indicator)
    if indicator.kind == "growth":
        reading, target = _known(actual + 1, reading.coverage), growth_target(target)
    reached = attained(reading, target)
    judged: dict[str, Any] = {"metric": held.metric, "aggregate": held.aggregate, "is_open": False}
    return IndicatorEvaluation(
        indicator=indicator,
        reading=shown,
        attainment=reached,
        forecast=reached,
        verdict=verdict(reading, target, **judged),
        status=indicator_status(reading, target, **judged, pace=None),
        pace=None,
    )


def attained(reading: Reading, target: Target) -> Interval | None:
    """The attainment, unless there is no data or only an estimate: that is shown, never scored (MET-6)."""
    if reading.bounds is None or reading.estimated:
        return None
    return attainment_interval(reading.bounds, target)


def _measure(goal: Goal, indicator: Indicator, inputs: Inputs) -> Held:
    target = target_of(indicator)
    match indicator.kind:
        case "people":
            return Held(_read_people(goal, indicator, inputs), target)
        case "manual":
            value = inputs.entries.get(indicator.id)
            return Held(_known(value, Coverage(1, 0 if value is None else 1, 0)), target)
        case "milestones":
            return Held(_read_milestones(goal, inputs), target)
        case "growth":
            return _measure_growth(goal, indicator, target, inputs)
    return _measure_metric(goal, indicator, target, inputs)


def _measure_metric(goal: Goal, indicator: Indicator, target: Target, inputs: Inputs) -> Held:
    question = question_of(goal, indicator, inputs.formulas.of(indicator))
    return Held(
        _read(goal, indicator, question, inputs),
        target,
        metric=question.metric,
        aggregate=question.aggregate,
        pace=_pace(goal, indicator, question, target, inputs),
    )


def _measure_growth(goal: Goal, indicator: Indicator, target: Target, inputs: Inputs) -> Held:
    """A growth as the figure against its earlier one raised by the target, which is the same as x / (prev * (1 + g)).

    Where the earlier figure is known only within bounds, as the index of both (GOAL-4).
    """
    question = question_of(goal, indicator, inputs.formulas.of(indicator))
    earlier = earlier_question(goal, indicator, question)
    if earlier is None:
        raise ValueError("growth is against an earlier window")
    now, before = _read(goal, indicator, question, inputs), _read(goal, indicator, earlier, inputs)
    index, raised = growth_index(now, before), growth_target(target)
    shown = index if index.bounds is None else _shown(index, growth_interval(index.bounds))
    if before.value is None or before.value <= 0 or index.bounds is None:
        return Held(index, raised, metric=question.metric, aggregate=question.aggregate, shown=shown, base=before)
    held = _times(raised, before.value)
    return Held(
        replace(now, estimated=index.estimated),
        held,
        metric=question.metric,
        aggregate=question.aggregate,
        shown=shown,
        pace=_pace(goal, indicator, question, held, inputs),
        base=before,
    )


def _shown(index: Reading, growth: Interval) -> Reading:
    return Reading.of(growth, index.coverage, estimated=index.estimated)


def _times(target: Target, factor: Decimal) -> Target:
    def scaled(value: Decimal | None) -> Decimal | None:
        return None if value is None else value * factor

    return replace(
        target,
        target=scaled(target.target),
        baseline=scaled(target.baseline),
        band_low=scaled(target.band_low),
        band_high=scaled(target.band_high),
    )


def _pace(goal: Goal, indicator: Indicator, question: Question, target: Target, inputs: Inputs) -> Pace | None:
    if target.target is None or not is_paced(goal, indicator, question, inputs.today):
        return None
    complete = so_far(question, inputs.today)
    reading = _read(goal, indicator, complete, inputs)
    if reading.value is None:
        return None
    if is_owned(goal, indicator):
        held = held_so_far(
            holdings_of(goal, question, inputs), question.units, question.window, complete.window.ends_on
        )
        share = held.share * _share_present(complete, reading.coverage)
        return pace(reading.value, target.target, share=share, remaining_days=held.days_to_come)
    expected = inputs.shares.get(paced_of(indicator, question).curve_id)
    days, complete_days = question.window.days, complete.window.days
    share = expected.share if expected else Decimal(complete_days) / days
    return pace(
        reading.value,
        target.target,
        share=share * _share_present(complete, reading.coverage),
        remaining_days=days - complete_days,
        method=expected.method if expected else "linear",
        backtest_error=expected.error if expected else None,
    )


def _share_present(question: Question, coverage: Coverage) -> Decimal:
    """How many of the shop-days there are: what is missing is not zero, and is not expected to show (MET-8).

    An item that sells nothing has no row, so that of items nothing tells which days are missing.
    """
    if coverage.is_complete or any(unit.dimension.startswith("item:") for unit in question.units):
        return Decimal(1)
    return Decimal(coverage.present) / coverage.expected


def _read(goal: Goal, indicator: Indicator, question: Question, inputs: Inputs) -> Reading:
    """The figure of the units as a whole, or of what the goal's owner held of them (GOAL-12)."""
    if not inputs.is_in_part(goal, indicator, question):
        return inputs.facts.read(question)
    return read_owned(
        question.metric,
        inputs.formulas.catalogue,
        inputs.facts.cells(question) or [],
        question.window,
        holdings_of(goal, question, inputs),
        question.units,
        question.aggregate,
    )


def holdings_of(goal: Goal, question: Question, inputs: Inputs) -> Holdings:
    """When and in which share the goal's owner held what a figure is about, by its units (GOAL-12)."""
    owner = goal.person_id or goal.department_id
    return {unit: inputs.holdings.get((owner, unit.shop_id), ()) for unit in question.units}


def _read_people(goal: Goal, indicator: Indicator, inputs: Inputs) -> Reading:
    """Turnover (流失率) or staff growth (员工成长) of a department and all below it, on the days that have begun (GOAL-4)."""
    team = team_of(goal, indicator, inputs.today)
    days = window_of(goal).days
    if team is None:
        return Reading.of(None, Coverage(days, 0, 0))
    count, coverage = inputs.teams[team], Coverage(days, team.window.days, 0)
    if indicator.metric == "turnover_rate":
        counted = Counted(
            days=team.window.days,
            headcount=0,
            plan=None,
            person_days=count.person_days,
            leavers=count.leavers,
            managers=0,
            reports=0,
        )
        return _known(turnover(counted), coverage)
    others = count.team - {goal.person_id}
    return _known(staff_growth.staff_growth(others, count.grown & others), coverage)


def _read_milestones(goal: Goal, inputs: Inputs) -> Reading:
    """The share of the milestones that is done (GOAL-4)."""
    steps = inputs.milestones.get(goal.id)
    if steps is None:
        return Reading.of(None, Coverage(0, 0, 0))
    return _known(Decimal(steps.done) / steps.total, Coverage(steps.total, steps.total, 0))


def _known(value: Decimal | None, coverage: Coverage) -> Reading:
    return Reading.of(None if value is None else Interval.point(value), coverage)
