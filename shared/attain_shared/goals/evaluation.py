"""From facts to a goal's score: loads what goals are measured by and lets the rules decide (GOAL-5 to GOAL-7).

Both services evaluate: the worker to store attainments, the API for `as_of` and for goals not computed yet.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.goals.models import Goal, Indicator
from attain_shared.metrics.declarations import load_entries, load_versions, metrics_of
from attain_shared.metrics.queries import Series, load_cells
from attain_shared.rules.aggregation import read
from attain_shared.rules.algebra import Aggregate, Metric, components
from attain_shared.rules.attainment import Direction, Target, attainment, attainment_interval
from attain_shared.rules.interval import Interval
from attain_shared.rules.pace import Pace, linear_pace
from attain_shared.rules.periods import Window
from attain_shared.rules.reading import Reading
from attain_shared.rules.rubric import DEFAULT_RUBRIC, Op, Quantifier, Rubric, Rule, Scored, score_interval
from attain_shared.rules.tiling import Cell
from attain_shared.rules.verdicts import (
    IndicatorStatus,
    IndicatorVerdict,
    goal_status,
    has_pace,
    indicator_status,
    verdict,
)

Cells = Mapping[tuple[str, UUID, str], Sequence[Cell]]
"""Rows by (dimension, shop, metric)."""


@dataclass(frozen=True, slots=True)
class Formulas:
    """What indicators are measured by: the catalogue, and earlier versions that some of them keep (MET-4)."""

    catalogue: Mapping[str, Metric]
    kept: Mapping[tuple[str, int | None], Metric] = field(default_factory=dict)
    """By code and version."""

    def of(self, indicator: Indicator) -> Metric:
        """The declaration that an indicator is measured by."""
        kept = self.kept.get((indicator.metric, indicator.metric_version))
        return self.catalogue[indicator.metric] if kept is None else kept


@dataclass(frozen=True, slots=True)
class IndicatorEvaluation:
    """What an indicator has come to."""

    indicator: Indicator
    reading: Reading
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


def window_of(goal: Goal) -> Window:
    """The days a goal is measured over."""
    return Window(goal.starts_on, goal.ends_on)


def series_of(indicator: Indicator, metric: Metric) -> Iterator[Series]:
    """Every series an indicator is computed from: its metric's and its components', in each of its shops."""
    for code in components(metric):
        for shop_id in indicator.shop_ids:
            yield Series(shop_id, code, indicator.dimension)


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


async def load_formulas(
    session: AsyncSession,
    *,
    company_id: UUID,
    goals: Sequence[tuple[Goal, Sequence[Indicator]]],
    as_of: datetime | None = None,
) -> Formulas:
    """What goals are measured by, now or as at an instant (MET-7): one statement, and one for versions of before."""
    entries = await load_entries(session, company_id=company_id, as_of=as_of)
    measured = {(one.metric, one.metric_version) for _, indicators in goals for one in indicators}
    before = [
        (code, version) for code, version in measured if version is not None and version < (entries[code].version or 0)
    ]
    kept = await load_versions(session, company_id=company_id, versions=before) if before else {}
    return Formulas(metrics_of(entries), kept)


async def load_facts(
    session: AsyncSession,
    *,
    company_id: UUID,
    goals: Sequence[tuple[Goal, Sequence[Indicator]]],
    formulas: Formulas,
    as_of: datetime | None = None,
) -> Cells:
    """The rows that goals are measured by, as they stand or as they were known at an instant: one statement."""
    window = Window(min(goal.starts_on for goal, _ in goals), max(goal.ends_on for goal, _ in goals))
    measured = (indicator for _, indicators in goals for indicator in indicators)
    series = (one for indicator in measured for one in series_of(indicator, formulas.of(indicator)))
    return await load_cells(session, company_id=company_id, series=series, window=window, as_of=as_of)


def evaluate(
    goal: Goal, indicators: Sequence[Indicator], *, cells: Cells, formulas: Formulas, today: date
) -> Evaluation:
    """A goal's score, status and indicators, from the rows of their series."""
    evaluated = tuple(
        _evaluate(indicator, window_of(goal), cells=cells, formulas=formulas, today=today) for indicator in indicators
    )
    return Evaluation(
        goal=goal,
        scored=_score(goal, [(one.attainment, one.indicator.cap) for one in evaluated]),
        forecast=_score(goal, [(one.forecast, one.indicator.cap) for one in evaluated]).score,
        status=goal_status(one.status for one in evaluated),
        indicators=evaluated,
    )


def _evaluate(
    indicator: Indicator, window: Window, *, cells: Cells, formulas: Formulas, today: date
) -> IndicatorEvaluation:
    metric, catalogue, aggregate = formulas.of(indicator), formulas.catalogue, Aggregate(indicator.aggregate)
    rows = [
        cell
        for one in series_of(indicator, metric)
        for cell in cells.get((one.dimension, one.shop_id, one.metric), ())
        if cell.bucket in window
    ]
    reading = read(metric, catalogue, rows, window, indicator.shop_ids, aggregate)
    target, is_open = target_of(indicator), today <= window.ends_on
    pace = None
    if is_open and has_pace(metric, aggregate) and target.target is not None and today > window.starts_on:
        complete = Window(window.starts_on, today - timedelta(days=1))
        so_far = read(metric, catalogue, rows, complete, indicator.shop_ids, aggregate)
        if so_far.value is not None:
            pace = linear_pace(so_far.value, complete_days=complete.days, window_days=window.days, target=target.target)
    reached = _attained(reading, target)
    return IndicatorEvaluation(
        indicator=indicator,
        reading=reading,
        attainment=reached,
        forecast=Interval.point(attainment(pace.forecast, target)) if pace else reached,
        verdict=verdict(reading, target, metric=metric, aggregate=aggregate, is_open=is_open),
        status=indicator_status(reading, target, metric=metric, aggregate=aggregate, is_open=is_open, pace=pace),
        pace=pace,
    )


def _attained(reading: Reading, target: Target) -> Interval | None:
    """The attainment, unless there is no data or only an estimate: that is shown, never scored (MET-6)."""
    if reading.bounds is None or reading.estimated:
        return None
    return attainment_interval(reading.bounds, target)


def _score(goal: Goal, reached: Sequence[tuple[Interval | None, Decimal]]) -> Scored:
    return score_interval(
        [(one.low if one else None, cap) for one, cap in reached],
        [(one.high if one else None, cap) for one, cap in reached],
        rubric_of(goal.rubric),
        ignore_missing=goal.ignore_missing,
    )
