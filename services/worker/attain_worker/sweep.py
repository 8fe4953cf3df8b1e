"""What a worker does by the clock: look anyway, say that it lives, make partitions, notice a new day."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.clock import business_day, utc_now
from attain_shared.db.failures import is_passing
from attain_shared.db.partitions import create_partitions, months_ahead
from attain_shared.db.session import transaction
from attain_shared.doorbell import Doorbell
from attain_shared.identifiers import new_id
from attain_worker import repository
from attain_worker.attainment.service import mark_goals_for_new_day

log = structlog.get_logger(__name__)


async def every(seconds: float, task: Callable[[], Awaitable[None]]) -> None:
    """Run a task again and again; a failure is logged and the next run tries again."""
    while True:
        try:
            await task()
        except Exception as error:  # noqa: BLE001 - periodic work must outlive any one failure of it
            log.warning(
                "periodic work failed", task=task.__qualname__, passing=is_passing(error), reason=repr(error)[:300]
            )
        await asyncio.sleep(seconds)


class Housekeeping:
    """The periodic tasks that touch the database."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], doorbell: Doorbell) -> None:
        """A worker is known by an id of its own: two may share a host."""
        self._sessions = sessions
        self._doorbell = doorbell
        self._worker_id: UUID = new_id()
        self._day: date | None = None

    async def beat(self) -> None:
        """Say that this worker lives."""
        async with transaction(self._sessions, self._doorbell) as uow:
            await repository.beat(
                uow.session, worker_id=self._worker_id, host=socket.gethostname()[:200], now=utc_now()
            )

    async def make_partitions(self) -> None:
        """Keep a year of partitions ahead."""
        months = months_ahead(business_day())
        async with transaction(self._sessions, self._doorbell) as uow:
            await create_partitions(uow.session, buckets=months, inbox=months)

    async def notice_new_day(self) -> None:
        """When the business day has changed, mark the goals whose verdicts move with the calendar."""
        today = business_day()
        if today == self._day:
            return
        async with transaction(self._sessions, self._doorbell) as uow:
            companies = await repository.list_companies(uow.session)
        for company_id in companies:
            async with transaction(self._sessions, self._doorbell) as uow:
                await mark_goals_for_new_day(uow, company_id=company_id, today=today)
        self._day = today
