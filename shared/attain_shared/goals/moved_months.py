"""Months of facts that are taken off their table, or put back: what goals have of them is true no longer."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.access.models import Company
from attain_shared.db.session import reading, transaction
from attain_shared.doorbell import Bell, Doorbell
from attain_shared.goals.queries import mark_goals_of_months
from attain_shared.metrics.months import forget_months


@asynccontextmanager
async def moving_months(
    sessions: async_sessionmaker[AsyncSession], doorbell: Doorbell, *, months: Collection[date]
) -> AsyncIterator[None]:
    """Attach or detach months (first days) within: their sums are let go of, and goals measured in them marked.

    Before, as the caller may be killed in between; and after, for what was summed up or computed meanwhile.
    """
    await _let_go(sessions, doorbell, months)
    yield
    await _let_go(sessions, doorbell, months)


async def _let_go(sessions: async_sessionmaker[AsyncSession], doorbell: Doorbell, months: Collection[date]) -> None:
    if not months:
        return
    async with reading(sessions) as uow:
        companies = (await uow.session.scalars(select(Company.id).order_by(Company.id))).all()
    for company_id in companies:
        async with transaction(sessions, doorbell) as uow:
            await forget_months(uow.session, company_id=company_id, months=months)
            if await mark_goals_of_months(uow.session, company_id=company_id, months=months):
                uow.bells.add(Bell.MARKS)
