"""Having goals computed anew: after a change of theirs, or of what they are measured by."""

from collections.abc import Iterable
from uuid import UUID

from attain_api.goals import following
from attain_shared.db.session import UnitOfWork
from attain_shared.doorbell import Bell
from attain_shared.goals.queries import NO_BATCH, load_goals, mark_goals
from attain_shared.goals.sources import set_sources
from attain_shared.metrics.catalogue import CatalogueEntry
from attain_shared.metrics.declarations import load_metrics
from attain_shared.shops.queries import wait_for_shops
from attain_shared.work.queries import want_work


async def remeasure(uow: UnitOfWork, *, company_id: UUID, entries: Iterable[CatalogueEntry]) -> None:
    """Have goals follow metrics of the company's own: depend on their new parts, and be computed anew (GOAL-10).

    Goals in closed cycles, and those closed or cancelled, keep the formula they came to their score by. As many
    statements for many goals as for one.
    """
    own = [entry for entry in entries if entry.version is not None]
    shop_ids = await following.list_shops_behind(uow.session, company_id=company_id, entries=own)
    if not shop_ids:
        return
    await wait_for_shops(uow.session, company_id=company_id, shop_ids=shop_ids)
    goal_ids = await following.move_indicators(uow.session, company_id=company_id, entries=own)
    goals = await load_goals(uow.session, company_id=company_id, goal_ids=sorted(goal_ids))
    metrics = await load_metrics(uow.session, company_id=company_id)
    await set_sources(uow.session, company_id=company_id, goals=goals, metrics=metrics)
    await recompute(uow, company_id=company_id, goal_ids=goal_ids, measures_else=True)


async def recompute(
    uow: UnitOfWork, *, company_id: UUID, goal_ids: Iterable[UUID], measures_else: bool = False
) -> None:
    """Mark goals, and ring for the worker.

    Where they measure something else than before their attainment shows no batch until it is computed (GOAL-10).
    """
    unseen = NO_BATCH if measures_else else None
    await mark_goals(uow.session, company_id=company_id, marks=[(goal_id, unseen) for goal_id in goal_ids])
    await want_work(uow.session, company_id=company_id)
    uow.bells.add(Bell.MARKS)


async def follow_item_set(uow: UnitOfWork, *, company_id: UUID, item_set_id: UUID, shop_id: UUID) -> None:
    """Have the goals in open cycles that ask for a set of items be measured by those that are in it now (MET-2)."""
    goal_ids = await following.list_goals_of_item_set(uow.session, company_id=company_id, item_set_id=item_set_id)
    if not goal_ids:
        return
    await wait_for_shops(uow.session, company_id=company_id, shop_ids=[shop_id])
    await following.refresh_item_dimensions(uow.session, company_id=company_id, item_set_id=item_set_id)
    goals = await load_goals(uow.session, company_id=company_id, goal_ids=goal_ids)
    metrics = await load_metrics(uow.session, company_id=company_id)
    await set_sources(uow.session, company_id=company_id, goals=goals, metrics=metrics)
    await recompute(uow, company_id=company_id, goal_ids=goal_ids, measures_else=True)
