"""Watching over companies, one after the other: what is wrong with one holds up no other."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.db.failures import is_passing
from attain_shared.db.session import transaction
from attain_shared.doorbell import Doorbell
from attain_worker.report import report
from attain_worker.repository import list_companies

log = structlog.get_logger(__name__)


async def watch_each(
    sessions: async_sessionmaker[AsyncSession], doorbell: Doorbell, watch: Callable[[UUID], Awaitable[None]]
) -> None:
    """Look at every company, each in a transaction of its own; one that cannot be looked at is logged."""
    async with transaction(sessions, doorbell) as uow:
        companies = await list_companies(uow.session)
    for company_id in companies:
        try:
            await watch(company_id)
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("a company cannot be watched over", company_id=str(company_id))
            report().add(failed=1)
