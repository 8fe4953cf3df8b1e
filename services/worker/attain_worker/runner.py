"""The round: every company with work gets one claim and one recompute, then the next, until nothing is left.

A company that wanted neither has some of its figures cross-checked, and some of the curves drawn that its goals lack,
beside the round: a push never waits for that.
"""

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.db.failures import is_passing
from attain_shared.db.session import transaction
from attain_shared.doorbell import Doorbell
from attain_worker import repository
from attain_worker.attainment.service import Recompute
from attain_worker.checks.service import Checks
from attain_worker.curves.service import Curves
from attain_worker.ingestion.service import Ingestion
from attain_worker.jobs import Job, Jobs
from attain_worker.repository import Work

log = structlog.get_logger(__name__)

IDLE_SECONDS = 10.0
"""How long a company is looked at after its last work: longer than any push takes to commit."""
FAILURES_IN_A_ROW = 3
"""Companies whose work fails for a passing reason, one after the other, before all others wait too."""
PAUSE_AFTER_FAILURE = 1.0
"""Seconds before the next try when the database is away."""


class Runner:
    """Works off whatever the inboxes and marks hold, whoever asked for it."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        doorbell: Doorbell,
        *,
        ingestion: Ingestion,
        recompute: Recompute,
        checks: Checks,
        curves: Curves,
        jobs: Jobs,
    ) -> None:
        """Look once at the start: there may be work from before."""
        self._sessions = sessions
        self._doorbell = doorbell
        self._ingestion = ingestion
        self._recompute = recompute
        self._checks = checks
        self._curves = curves
        self._jobs = jobs
        self._look = asyncio.Event()
        self._look.set()
        self._stopping = False
        self._last_busy: dict[UUID, float] = {}
        self._beside: asyncio.Task[None] | None = None
        self._at_rest: set[UUID] = set()
        self._checking: asyncio.Task[None] | None = None
        self._at_leisure: set[UUID] = set()
        self._recomputing: asyncio.Task[None] | None = None
        self._serving = False
        self._with_work: set[UUID] = set()
        self._drawing: asyncio.Task[None] | None = None

    def look(self) -> None:
        """There may be something to do."""
        self._look.set()

    def stop(self) -> None:
        """Finish the claim in progress, then end."""
        self._stopping = True
        self._look.set()

    async def run(self) -> None:
        """Work until told to stop."""
        while not self._stopping:
            await self._look.wait()
            self._look.clear()
            try:
                await self._work_off()
            except Exception as error:  # noqa: BLE001 - whatever it was, the sweep brings the worker back here
                await self._pause_after(error)
        await asyncio.gather(*self._running_beside())

    def _running_beside(self) -> list[asyncio.Task[None]]:
        return [task for task in (self._beside, self._recomputing, self._checking, self._drawing) if task is not None]

    async def let_go(self) -> None:
        """Hand back what runs beside the round, by rolling it back."""
        for task in self._running_beside():
            task.cancel()
        await asyncio.gather(*self._running_beside(), return_exceptions=True)

    async def _work_off(self) -> None:
        busy = True
        while busy and not self._stopping:
            busy, failed = False, 0
            found = await self._look_around()
            self._draw_beside(found)
            for work in found:
                if self._stopping:
                    break
                try:
                    busy |= await self._serve(work)
                    failed = 0
                except Exception as error:
                    if not is_passing(error):
                        raise
                    # one company's trouble is its own, and told by its job; that of several in a row is the database's
                    failed += 1
                    if failed == FAILURES_IN_A_ROW:
                        log.warning("the work of several companies was put off; trying again")
                        await self._pause()
                        return

    async def _look_around(self) -> list[Work]:
        """What is to be done, at those on the list and those that were until a moment ago.

        A push may just have missed the list. Whoever has nothing to do costs no more than a line of one statement.
        """
        now = time.monotonic()
        async with transaction(self._sessions, self._doorbell) as uow:
            listed = await repository.list_companies_with_work(uow.session)
            found = await repository.find_work(uow.session, company_ids=listed | self._last_busy.keys())
        for work in found:
            self._last_busy[work.company_id] = now
        for company_id in sorted((listed | self._last_busy.keys()) - {work.company_id for work in found}):
            if now - self._last_busy.setdefault(company_id, now) <= IDLE_SECONDS:
                continue
            if company_id in listed:
                await self._forget(company_id)
            else:
                del self._last_busy[company_id]
        return found

    async def _serve(self, work: Work) -> bool:
        """One claim and one recompute of a company; whether there was anything to do."""
        company_id, busy = work.company_id, False
        try:
            self._serving = work.has_batches or work.has_marks
            if work.has_batches:
                with self._jobs.run(Job.INGESTION, company_id):
                    busy = await self._ingestion.take_in(company_id) or self._ingestion.doubt_low_water(company_id)
                self._catch_up_beside()
            if busy or work.has_marks:
                with self._jobs.run(Job.RECOMPUTE, company_id):
                    busy |= await self._recompute.recompute(company_id, pushed_only=True)
            if work.has_marks and not busy:
                self._recompute_beside(company_id)
            if busy:
                self._at_rest.discard(company_id)
            elif work.has_checks:
                self._check_beside(company_id)
        except Exception as error:
            if is_passing(error):
                raise
            return False  # the job has told what was the matter, and the other companies go on
        finally:
            self._serving = False
        return busy

    def _catch_up_beside(self) -> None:
        """While a company is far behind, unpack its next claim as the database writes this one."""
        if (self._beside is None or self._beside.done()) and self._companies_behind():
            self._beside = asyncio.create_task(self._catch_up())

    def _companies_behind(self) -> list[UUID]:
        return [company_id for company_id in sorted(self._last_busy) if self._ingestion.is_behind(company_id)]

    async def _catch_up(self) -> None:
        """Claim after claim of whoever is behind; trouble breaks it off, and the round meets it again."""
        with suppress(Exception):
            while not self._stopping and (behind := self._companies_behind()):
                for company_id in behind:
                    if self._stopping:
                        return
                    with self._jobs.run(Job.INGESTION, company_id):
                        await self._ingestion.take_in(company_id)

    def _recompute_beside(self, company_id: UUID) -> None:
        self._at_leisure.add(company_id)
        if self._recomputing is None or self._recomputing.done():
            self._recomputing = asyncio.create_task(self._recompute_at_leisure())

    async def _recompute_at_leisure(self) -> None:
        """Claim after claim of the goals that no push waits for; pushes go on meanwhile."""
        while self._at_leisure and not self._stopping:
            company_id = self._at_leisure.pop()
            # trouble leaves the marks where they are, and the next look meets them again
            with suppress(Exception), self._jobs.run(Job.RECOMPUTE_AT_LEISURE, company_id):
                if await self._recompute.recompute_at_leisure(company_id):
                    self._at_leisure.add(company_id)
                    self.look()

    def _check_beside(self, company_id: UUID) -> None:
        self._at_rest.add(company_id)
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check())

    async def _check(self) -> None:
        """Some cross-checks of each company at rest; where some were made there may be more, so look again."""
        while self._at_rest and not self._stopping:
            company_id = self._at_rest.pop()
            # trouble leaves the marks where they are, and the next look meets them again
            with suppress(Exception), self._jobs.run(Job.CHECKS, company_id):
                if await self._checks.check(company_id):
                    self.look()

    def _draw_beside(self, found: Iterable[Work]) -> None:
        self._with_work = {work.company_id for work in found if work.has_batches or work.has_marks}
        if (self._drawing is None or self._drawing.done()) and not self._with_work.issuperset(self._curves.companies):
            self._drawing = asyncio.create_task(self._draw())

    async def _draw(self) -> None:
        """Some curves of each company without work; goals that got one are marked, so look again."""
        for company_id in self._curves.companies:
            if self._stopping or company_id in self._with_work:
                continue
            # trouble leaves the goals remembered, and the next look meets them again
            with suppress(Exception), self._jobs.run(Job.CURVES, company_id):
                if await self._curves.draw(company_id, may_go_on=lambda: not (self._stopping or self._serving)):
                    self.look()

    async def _forget(self, company_id: UUID) -> None:
        async with transaction(self._sessions, self._doorbell) as uow:
            await repository.forget_idle_company(uow.session, company_id=company_id)
        # for another while it is looked at all the same: a push in flight saw the row that is gone now
        self._last_busy[company_id] = time.monotonic()

    async def _pause_after(self, error: Exception) -> None:
        if is_passing(error):
            log.warning("the database is away; trying again", reason=repr(error)[:300])
        else:
            log.error("the round failed; trying again", exc_info=error)
        await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(PAUSE_AFTER_FAILURE)
        self._look.set()
