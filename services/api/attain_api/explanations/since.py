"""Why several goals have changed since an instant: for whoever shows what they came to then beside what they come to now."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.explanations import repository
from attain_api.explanations.changing import explain_change
from attain_api.explanations.tracing import know_all
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.goals.explain_schemas import ChangeRead
from attain_shared.goals.queries import load_goals

RESTATEMENTS = 50
"""The most rows listed of an indicator; `restatements_total` says how many there are."""


async def explain_since(
    uow: UnitOfWork, *, actor: Actor, goal_ids: Collection[UUID], since: datetime
) -> dict[UUID, ChangeRead]:
    """Each goal's change since an instant, in business and restated data (GOAL-8): as many statements for one as for all.

    Of the rows restated only those of shops whose values the caller sees (SEC-3); whether they may see the goals is for
    who asks to know.
    """
    goals = await load_goals(uow.session, company_id=actor.company_id, goal_ids=sorted(goal_ids))
    then = await know_all(uow.session, company_id=actor.company_id, goals=goals, as_of=since)
    now = await know_all(uow.session, company_id=actor.company_id, goals=goals, as_of=None)
    shops = {shop_id for _, indicators in goals for one in indicators for shop_id in one.shop_ids}
    visible = await repository.find_visible_shops(uow.session, visible_to=actor, shop_ids=shops)
    until = utc_now()
    return {
        goal.id: explain_change(goal, indicators, then=then, now=now, until=until, visible=visible, limit=RESTATEMENTS)
        for goal, indicators in goals
    }
