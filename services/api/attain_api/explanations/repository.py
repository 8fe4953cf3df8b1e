"""Statements that only explanations run: rows with where they came from, and what else a figure was made of."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View
from attain_shared.goals.models import IndicatorEntry, Milestone
from attain_shared.goals.template_models import Rubric
from attain_shared.metrics.models import MetricFinding
from attain_shared.metrics.queries import BUCKET_END, Series, every_row
from attain_shared.rules.periods import Window
from attain_shared.shops.models import Shop


class Asked(NamedTuple):
    """The rows of a series in a window."""

    series: Series
    window: Window


_WANTED = """unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]),
    CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS wanted (shop_id, metric, dimension, first, last)"""
_COLUMNS = """o.shop_id, o.metric, o.dimension, o.grain, o.bucket, o.value, o.is_final, o.through, o.observed_at,
    o.received_at, o.batch_id"""

_PRESENT = text(f"""
    SELECT {_COLUMNS} FROM {_WANTED}
    JOIN observations o ON o.company_id = :company_id AND o.shop_id = wanted.shop_id AND o.metric = wanted.metric
         AND o.dimension = wanted.dimension AND o.bucket BETWEEN wanted.first AND wanted.last
    WHERE o.bucket BETWEEN :first AND :last
""")  # nosec B608 # noqa: S608 - composed of this module's own constants

_AS_WANTED = """shop_id = wanted.shop_id AND metric = wanted.metric AND dimension = wanted.dimension
    AND bucket BETWEEN wanted.first AND wanted.last AND bucket BETWEEN :first AND :last AND received_at <= :as_of"""

_KNOWN_THEN = text(f"""
    SELECT DISTINCT ON (o.shop_id, o.metric, o.dimension, o.grain, o.bucket) {_COLUMNS}
    FROM {_WANTED} CROSS JOIN LATERAL {every_row(_AS_WANTED)} AS o
    WHERE o.company_id = :company_id
    ORDER BY o.shop_id, o.metric, o.dimension, o.grain, o.bucket,
             o.is_final DESC, COALESCE(o.through, {BUCKET_END}) DESC, o.observed_at DESC, o.value DESC,
             o.batch_id, o.row_index
""")  # nosec B608 # noqa: S608 - composed of this module's own constants

_FINDINGS = text(f"""
    SELECT finding.* FROM {_WANTED}
    JOIN metric_findings finding ON finding.company_id = :company_id AND finding.shop_id = wanted.shop_id
         AND finding.metric = wanted.metric AND finding.dimension = wanted.dimension
         AND finding.bucket BETWEEN wanted.first AND wanted.last
    WHERE CAST(:as_of AS timestamptz) IS NULL OR finding.found_at <= :as_of
    ORDER BY finding.id DESC LIMIT :limit
""")  # nosec B608 # noqa: S608 - composed of this module's own constants


def _parameters(company_id: UUID, asked: Iterable[Asked]) -> dict[str, Any]:
    wanted = sorted(asked, key=lambda one: (one.series, one.window.starts_on))
    return {
        "company_id": company_id,
        "shops": [one.series.shop_id for one in wanted],
        "metrics": [one.series.metric for one in wanted],
        "dimensions": [one.series.dimension for one in wanted],
        "firsts": [one.window.starts_on for one in wanted],
        "lasts": [one.window.ends_on for one in wanted],
    }


async def load_rows(
    session: AsyncSession, *, company_id: UUID, asked: Collection[Asked], as_of: datetime | None
) -> Sequence[Row[Any]]:
    """The rows that stand, or stood at an instant (MET-7), with the batch and the clocks of each: one statement."""
    if not asked:
        return []
    hull = {
        "first": min(one.window.starts_on for one in asked),
        "last": max(one.window.ends_on for one in asked),
    }
    parameters = _parameters(company_id, asked) | hull
    if as_of is None:
        return (await session.execute(_PRESENT, parameters)).all()
    return (await session.execute(_KNOWN_THEN, parameters | {"as_of": as_of})).all()


async def list_findings(
    session: AsyncSession, *, company_id: UUID, asked: Collection[Asked], as_of: datetime | None, limit: int
) -> Sequence[MetricFinding]:
    """What the cross-checks found in some series, the latest first (MET-9)."""
    if not asked:
        return []
    parameters = _parameters(company_id, asked) | {"as_of": as_of, "limit": limit}
    return (await session.scalars(select(MetricFinding).from_statement(_FINDINGS), parameters)).all()


async def find_visible_shops(session: AsyncSession, *, visible_to: Actor, shop_ids: Collection[UUID]) -> set[UUID]:
    """Which of these are shops whose values the caller sees (SEC-3)."""
    if not shop_ids:
        return set()
    statement = select(Shop.id).where(
        Shop.company_id == visible_to.company_id, Shop.id.in_(shop_ids), View(visible_to).shop(Shop.id)
    )
    return set(await session.scalars(statement))


async def find_rubric_name(session: AsyncSession, *, company_id: UUID, rubric_id: UUID | None) -> str | None:
    """What people call a rubric of the company's."""
    if rubric_id is None:
        return None
    statement = select(Rubric.name).where(Rubric.company_id == company_id, Rubric.id == rubric_id)
    return (await session.scalars(statement)).one_or_none()


async def list_accepted(
    session: AsyncSession, *, company_id: UUID, indicator_ids: Collection[UUID], as_of: datetime | None
) -> Sequence[IndicatorEntry]:
    """The numbers accepted, in the order in which the first of an indicator is the one that counts (GOAL-4)."""
    if not indicator_ids:
        return []
    statement = select(IndicatorEntry).where(
        IndicatorEntry.company_id == company_id,
        IndicatorEntry.indicator_id.in_(indicator_ids),
        IndicatorEntry.state == "accepted",
    )
    if as_of is not None:
        statement = statement.where(IndicatorEntry.decided_at <= as_of)
    order = IndicatorEntry.on_day.desc(), IndicatorEntry.decided_at.desc(), IndicatorEntry.id.desc()
    return (await session.scalars(statement.order_by(IndicatorEntry.indicator_id, *order))).all()


async def list_steps(
    session: AsyncSession, *, company_id: UUID, goal_id: UUID, as_of: datetime | None
) -> list[tuple[Milestone, date | None]]:
    """A goal's milestones in order, each with the day it was done, as far as was known."""
    rows = await session.scalars(
        select(Milestone)
        .where(Milestone.company_id == company_id, Milestone.goal_id == goal_id)
        .order_by(Milestone.position, Milestone.id)
    )
    return [(row, row.done_on if as_of is None or (row.done_at or as_of) <= as_of else None) for row in rows]
