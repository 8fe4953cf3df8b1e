"""Goals on staff growth follow the ratings that it is counted by (GOAL-4)."""

from uuid import UUID

from attain_shared.db.session import UnitOfWork
from attain_shared.doorbell import Bell
from attain_shared.goals.queries import mark_goals_on_people


async def recount_growth(uow: UnitOfWork, *, company_id: UUID) -> None:
    """Have them computed anew: a rating was published or changed, or is no longer, or is the last to be held against."""
    if await mark_goals_on_people(uow.session, company_id=company_id):
        uow.bells.add(Bell.MARKS)
