"""From the outbox to the webhooks: each event becomes a delivery to each webhook that wants it, once and in order."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.clock import utc_now
from attain_shared.db.session import reading, transaction
from attain_shared.doorbell import Doorbell
from attain_shared.events.queries import read_events
from attain_worker.delivery import repository
from attain_worker.jobs import Job, Jobs
from attain_worker.report import report

EVENTS_AT_ONCE = 500
"""Of one company, in one transaction."""
PORTIONS = 10
"""Of one company before the next one's turn."""


class Relay:
    """Hands events on; safe to run any number of times, and by several workers at once."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        doorbell: Doorbell,
        *,
        jobs: Jobs,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`clock` gives the present instant, aware."""
        self._sessions = sessions
        self._doorbell = doorbell
        self._jobs = jobs
        self._clock = clock

    async def hand_on(self) -> None:
        """What has happened anywhere; where nothing has, this is one statement.

        A company where it fails is in the log of jobs and has its turn again; the others do not wait for it.
        """
        async with reading(self._sessions) as uow:
            companies = await repository.list_companies_behind(uow.session)
        for company_id in companies:
            with suppress(Exception), self._jobs.run(Job.RELAY, company_id):
                for _ in range(PORTIONS):
                    if await self._hand_on_some(company_id) < EVENTS_AT_ONCE:
                        break

    async def _hand_on_some(self, company_id: UUID) -> int:
        """The next events of a company and the cursor behind them, all or nothing; how many events."""
        async with transaction(self._sessions, self._doorbell) as uow:
            place = await repository.hold_relay(uow.session, company_id=company_id)
            if place is None:
                return 0
            if await repository.is_relay_ahead(uow.session, company_id=company_id):
                await repository.renumber(uow.session, company_id=company_id, place=place)
                return EVENTS_AT_ONCE  # what there is now comes next
            events = await read_events(uow.session, after={company_id: place}, most=EVENTS_AT_ONCE)
            if not events:
                return 0
            listeners = await repository.hold_listeners(uow.session, company_id=company_id)
            wanted = [
                (listener.webhook_id, event) for event in events for listener in listeners if listener.wants(event)
            ]
            if wanted:
                await repository.hand_on(uow.session, company_id=company_id, wanted=wanted, now=self._clock())
            await repository.move_relay(uow.session, company_id=company_id, place=events[-1].place)
        report().add(handed_on=len(wanted))
        return len(events)
