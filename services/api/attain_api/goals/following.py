"""Statements that have indicators follow what they are measured by: metrics of the company's own, and sets of items."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.metrics.catalogue import CatalogueEntry

_BEHIND = """indicator.company_id = :company_id
      AND indicator.metric = force.metric AND indicator.metric_version < force.version
      AND goal.company_id = :company_id AND goal.id = indicator.goal_id AND goal.state NOT IN ('closed', 'cancelled')
      AND cycle.company_id = :company_id AND cycle.id = goal.cycle_id AND cycle.state = 'open'"""
"""What measures an earlier version than is in force, and can still follow."""

_IN_FORCE = "unnest(CAST(:metrics AS text[]), CAST(:versions AS integer[])) AS force (metric, version)"

_SHOPS_BEHIND = text(f"""
    SELECT DISTINCT unnest(indicator.shop_ids) FROM indicators indicator, goals goal, cycles cycle, {_IN_FORCE}
    WHERE {_BEHIND}
""")  # nosec B608 # noqa: S608 - composed of constants

# past the session: the trail tells of the new version, and a company's goals are too many to load
_MOVE = text(f"""
    UPDATE indicators indicator SET metric_version = force.version FROM goals goal, cycles cycle, {_IN_FORCE}
    WHERE {_BEHIND}
    RETURNING indicator.goal_id
""")  # nosec B608 # noqa: S608 - composed of constants


def _in_force(company_id: UUID, entries: Sequence[CatalogueEntry]) -> dict[str, object]:
    return {
        "company_id": company_id,
        "metrics": [entry.metric.code for entry in entries],
        "versions": [entry.version for entry in entries],
    }


async def list_shops_behind(session: AsyncSession, *, company_id: UUID, entries: Sequence[CatalogueEntry]) -> set[UUID]:
    """The shops of the indicators that are to follow metrics of the company's own."""
    return set(await session.scalars(_SHOPS_BEHIND, _in_force(company_id, entries)))


async def move_indicators(session: AsyncSession, *, company_id: UUID, entries: Sequence[CatalogueEntry]) -> set[UUID]:
    """Have them measured by the versions in force; the goals they are of."""
    return set(await session.scalars(_MOVE, _in_force(company_id, entries)))


_OF_ITEM_SET = """indicator.company_id = :company_id AND indicator.item_set_id = :item_set_id
      AND goal.company_id = :company_id AND goal.id = indicator.goal_id AND goal.state NOT IN ('closed', 'cancelled')
      AND cycle.company_id = :company_id AND cycle.id = goal.cycle_id AND cycle.state = 'open'"""

_GOALS_OF_ITEM_SET = text(f"""
    SELECT DISTINCT indicator.goal_id FROM indicators indicator, goals goal, cycles cycle WHERE {_OF_ITEM_SET} ORDER BY 1
""")  # nosec B608 # noqa: S608 - composed of constants

# past the session: the trail tells of the set
_REFRESH_ITEMS = text(f"""
    UPDATE indicators indicator SET item_dimensions = (
        SELECT COALESCE(array_agg('item:' || item ORDER BY place), '{{}}') FROM item_sets one,
               unnest(one.item_ids) WITH ORDINALITY AS item (item, place)
        WHERE one.company_id = :company_id AND one.id = :item_set_id)
    FROM goals goal, cycles cycle WHERE {_OF_ITEM_SET}
""")  # nosec B608 # noqa: S608 - composed of constants


async def list_goals_of_item_set(session: AsyncSession, *, company_id: UUID, item_set_id: UUID) -> list[UUID]:
    """The goals in open cycles that are measured by a set of items."""
    return list(await session.scalars(_GOALS_OF_ITEM_SET, {"company_id": company_id, "item_set_id": item_set_id}))


async def refresh_item_dimensions(session: AsyncSession, *, company_id: UUID, item_set_id: UUID) -> None:
    """Have their indicators name the items that are in the set now."""
    await session.execute(_REFRESH_ITEMS, {"company_id": company_id, "item_set_id": item_set_id})
