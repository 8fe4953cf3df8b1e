"""Keeping house: heartbeats, partitions ahead, the turn of the day, and what has been kept long enough."""

import os
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.clock import business_day, utc_now
from attain_shared.db.durability import let_it_be_lost
from attain_shared.db.partitions import create_partitions, months_ahead
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.doorbell import Doorbell
from attain_shared.identifiers import new_id
from attain_worker.attainment.service import mark_goals_for_new_day
from attain_worker.jobs import Totals
from attain_worker.maintenance import repository
from attain_worker.report import report
from attain_worker.repository import list_companies

ANSWERS_KEPT = timedelta(hours=24)
"""How long the first answer to a creating request is given again (api.md)."""
LAG_TOLD_SECONDS = 20.0
"""A look at the installation every 15 seconds misses none of the beats, which come every five."""
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
        self._lags: list[tuple[float, float]] = []
        """The lags of the last beats, each with when it was told first."""

    async def beat(self, totals: Totals) -> None:
        """Say that this worker lives, and what it has done; the lag for so long that every look at it finds it."""
        now, lag, totals.lag_seconds = time.monotonic(), totals.lag_seconds, None
        self._lags = [(at, one) for at, one in self._lags if now - at < LAG_TOLD_SECONDS]
        if lag is not None:
            self._lags.append((now, lag))
        of_process = {"version": version("attain-worker"), "memory_bytes": _resident_bytes()}
        longest = max((one for _, one in self._lags), default=None)
        told = asdict(totals) | of_process | {"lag_seconds": longest}
        async with transaction(self._sessions, self._doorbell) as uow:
            await let_it_be_lost(uow.session)
            await repository.beat(uow.session, worker_id=self._worker_id, host=socket.gethostname()[:200], told=told)
        report().add(beats=1)
        if self._heartbeat_file is not None:
            self._heartbeat_file.touch()

    async def leave(self) -> None:
        """Take this worker's heartbeat away: only who died is looked for."""
        async with transaction(self._sessions, self._doorbell) as uow:
            await let_it_be_lost(uow.session)
            await repository.forget_worker(uow.session, worker_id=self._worker_id)

    async def make_partitions(self) -> None:
        """Keep a year of partitions ahead."""
        months = months_ahead(business_day())
        async with transaction(self._sessions, self._doorbell) as uow:
            made = await create_partitions(uow.session, buckets=months, inbox=months)
        report().add(partitions=len(made))

    async def notice_new_day(self) -> None:
        """When the business day has changed, mark the goals whose verdicts move with the calendar."""
        today = business_day()
        if today == self._day:
            return

        async def mark(uow: UnitOfWork, company_id: UUID) -> None:
            await mark_goals_for_new_day(uow, company_id=company_id, today=today)

        report().add(companies=await self._for_every_company(mark))
        self._day = today

    async def list_forgotten_work(self) -> None:
        """List every company that has something to do: a push that committed just as its company was forgotten."""
        listed = 0

        async def relist(uow: UnitOfWork, company_id: UUID) -> None:
            nonlocal listed
            listed += await repository.relist_company(uow.session, company_id=company_id)

        await self._for_every_company(relist)
        report().add(companies=listed)

    async def forget_old_answers(self) -> None:
        """Delete the answers to creating requests that nobody may ask for again, and what sign-ins leave behind."""
        before = utc_now() - ANSWERS_KEPT
        async with transaction(self._sessions, self._doorbell) as uow:
            deleted = await repository.delete_refresh_tokens(uow.session, before=before)
            deleted += await repository.delete_sessions(uow.session, before=before)
            deleted += await repository.delete_oidc_sign_ins(uow.session, before=before)
            deleted += await repository.delete_links(uow.session, before=utc_now() - LINKS_KEPT)
            deleted += await repository.delete_throttles(uow.session, before=before)

        async def forget(uow: UnitOfWork, company_id: UUID) -> None:
            nonlocal deleted
            deleted += await repository.delete_answers(uow.session, company_id=company_id, before=before)

        await self._for_every_company(forget)
        report().add(deleted=deleted)

    async def _for_every_company(self, task: Callable[[UnitOfWork, UUID], Awaitable[None]]) -> int:
        """One transaction touches one company; how many there are."""
        async with transaction(self._sessions, self._doorbell) as uow:
            companies = await list_companies(uow.session)
        for company_id in companies:
            async with transaction(self._sessions, self._doorbell) as uow:
                await task(uow, company_id)
        return len(companies)


def _resident_bytes() -> int | None:
    """The memory that this process holds, as Linux counts it; None where it does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):  # a worker that cannot tell its size is no dead one
        return None
    return pages * os.sysconf("SC_PAGESIZE")
