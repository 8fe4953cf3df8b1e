"""Which series feed an indicator: a change of one of them marks the goal, and their months are kept summed up."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, delete, insert, literal, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.goals.models import Goal, Indicator, IndicatorSource
from attain_shared.metrics.months import sum_up_missing
from attain_shared.metrics.queries import Series
from attain_shared.rules.algebra import Metric, components
from attain_shared.rules.growth import Against, previous_window
from attain_shared.rules.periods import Grain, Window, buckets

Measured = Sequence[tuple[Goal, Sequence[Indicator]]]
"""Goals with their indicators in order."""

MEASURED = frozenset({"metric", "growth"})
"""Kinds of indicators that are measured by what is pushed (GOAL-4)."""


_MEASURED_SPANS = text("""
    SELECT shop_id, metric, dimension, min(starts_on), max(ends_on) FROM indicator_sources
    WHERE company_id = :company_id GROUP BY shop_id, metric, dimension
""")


class Unit(NamedTuple):
    """What an indicator is measured over: a shop, or an item of a set of a shop's (MET-2)."""

    shop_id: UUID
    dimension: str


def window_of(goal: Goal) -> Window:
    """The days a goal is measured over."""
    return Window(goal.starts_on, goal.ends_on)


def earlier_window(goal: Goal, indicator: Indicator) -> Window | None:
    """What growth is against (GOAL-4); none for what is not growth."""
    return previous_window(window_of(goal), Against(indicator.against)) if indicator.against is not None else None


def units_of(indicator: Indicator) -> list[Unit]:
    """What an indicator is measured over."""
    dimensions = [indicator.dimension] if indicator.item_dimensions is None else indicator.item_dimensions
    return [Unit(shop_id, dimension) for shop_id in indicator.shop_ids for dimension in dimensions]


def series_of(indicator: Indicator, metric: Metric) -> Iterator[Series]:
    """Every series an indicator is computed from: its metric's and its components', in each of its units."""
    for code in components(metric):
        for unit in units_of(indicator):
            yield Series(unit.shop_id, code, unit.dimension)


def _span(goal: Goal, indicator: Indicator) -> tuple[date, date]:
    """From the first to the last day that it depends on; with growth, also the days in between."""
    before = earlier_window(goal, indicator)
    return (goal.starts_on if before is None else min(before.starts_on, goal.starts_on)), goal.ends_on


async def set_sources(
    session: AsyncSession, *, company_id: UUID, goals: Measured, metrics: Mapping[str, Metric]
) -> None:
    """Say which series feed the indicators of goals, in place of what was said before, and have their months summed up.

    The caller holds the shops (`wait_for_shops`), so that no claim in between misses what it has to mark and sum up. As
    many statements for many goals as for one, but for those of each month.
    """
    indicator_ids = [indicator.id for _, indicators in goals for indicator in indicators]
    await session.execute(
        delete(IndicatorSource).where(
            IndicatorSource.company_id == company_id,
            IndicatorSource.indicator_id == any_(literal(indicator_ids, ARRAY(Uuid()))),
        )
    )
    sources = [source for goal, indicators in goals for source in _sources(goal, indicators, metrics)]
    if sources:
        sources.sort(key=lambda one: (one["shop_id"], one["metric"], one["dimension"], one["indicator_id"]))
        await session.execute(insert(IndicatorSource), sources)
    await sum_up_missing(session, company_id=company_id, months=months_of(_spans(sources)))


def _sources(goal: Goal, indicators: Iterable[Indicator], metrics: Mapping[str, Metric]) -> Iterator[dict[str, Any]]:
    for indicator in indicators:
        if indicator.kind not in MEASURED or indicator.metric is None:
            continue
        first, last = _span(goal, indicator)
        for series in sorted(set(series_of(indicator, metrics[indicator.metric]))):
            yield {
                "company_id": goal.company_id,
                "shop_id": series.shop_id,
                "metric": series.metric,
                "dimension": series.dimension,
                "indicator_id": indicator.id,
                "goal_id": goal.id,
                "starts_on": first,
                "ends_on": last,
            }


def _spans(sources: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Series, Window]]:
    for one in sources:
        yield Series(one["shop_id"], one["metric"], one["dimension"]), Window(one["starts_on"], one["ends_on"])


def months_of(spans: Iterable[tuple[Series, Window]]) -> dict[date, set[Series]]:
    """The months that series are measured in."""
    months: dict[date, set[Series]] = defaultdict(set)
    for series, window in spans:
        for month in buckets(window, Grain.MONTH):
            months[month].add(series)
    return months


async def list_measured(session: AsyncSession, *, company_id: UUID) -> dict[Series, Window]:
    """Every series that goals of a company are measured by, from the first day to the last: one statement."""
    rows = await session.execute(_MEASURED_SPANS, {"company_id": company_id})
    return {Series(*series): Window(first, last) for *series, first, last in rows.all()}
