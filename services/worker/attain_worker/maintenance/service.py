"""Keeping house: heartbeats, partitions ahead, the turn of the day, and what has been kept long enough."""

import socket
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.clock import business_day, utc_now
from attain_shared.db.partitions import create_partitions, months_ahead
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.doorbell import Doorbell
from attain_shared.identifiers import new_id
from attain_worker.attainment.service import mark_goals_for_new_day
from attain_worker.maintenance import repository
from attain_worker.repository import list_companies

ANSWERS_KEPT = timedelta(hours=24)
"""How long the first answer to a creating request is given again (api.md)."""
LINKS_KEPT = timedelta(days=30)
"""How long an expired invitation or reset is listed."""


class Housekeeping:
    """The periodic tasks that touch the database."""

    def __init__(
        self, sessions: async_sessionmaker[AsyncSession], doorbell: Doorbell, *, heartbeat_file: Path | None = None
    ) -> None:
        """A worker is known by an id of its own: two may share a host."""
        self._sessions = sessions
        self._doorbell = doorbell
        self._heartbeat_file = heartbeat_file
        self._worker_id: UUID = new_id()
        self._day: date | None = None

    async def beat(self) -> None:
        """Say that this worker lives."""
        async with transaction(self._sessions, self._doorbell) as uow:
            await repository.beat(
                uow.session, worker_id=self._worker_id, host=socket.gethostname()[:200], now=utc_now()
            )
        if self._heartbeat_file is not None:
            self._heartbeat_file.touch()

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

        async def mark(uow: UnitOfWork, company_id: UUID) -> None:
            await mark_goals_for_new_day(uow, company_id=company_id, today=today)

        await self._for_every_company(mark)
        self._day = today

    async def list_forgotten_work(self) -> None:
        """List every company that has something to do: a push that committed just as its company was forgotten."""

        async def relist(uow: UnitOfWork, company_id: UUID) -> None:
            await repository.relist_company(uow.session, company_id=company_id)

        await self._for_every_company(relist)

    async def forget_old_answers(self) -> None:
        """Delete the answers to creating requests that nobody may ask for again, and what sign-ins leave behind."""
        before = utc_now() - ANSWERS_KEPT
        async with transaction(self._sessions, self._doorbell) as uow:
            await repository.delete_refresh_tokens(uow.session, before=before)
            await repository.delete_sessions(uow.session, before=before)
            await repository.delete_oidc_sign_ins(uow.session, before=before)
            await repository.delete_links(uow.session, before=utc_now() - LINKS_KEPT)
            await repository.delete_throttles(uow.session, before=before)

        async def forget(uow: UnitOfWork, company_id: UUID) -> None:
            await repository.delete_answers(uow.session, company_id=company_id, before=before)

        await self._for_every_company(forget)

    async def _for_every_company(self, task: Callable[[UnitOfWork, UUID], Awaitable[None]]) -> None:
        """One transaction touches one company."""
        async with transaction(self._sessions, self._doorbell) as uow:
            companies = await list_companies(uow.session)
        for company_id in companies:
            async with transaction(self._sessions, self._doorbell) as uow:
                await task(uow, company_id)
