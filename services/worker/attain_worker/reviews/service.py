"""Settling reviews: people followed, late joiners taken in, what nobody answered closed, owners reminded (REV-6)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.clock import BUSINESS_ZONE, business_day, utc_now
from attain_shared.db.failures import is_passing
from attain_shared.db.session import reading, transaction
from attain_shared.doorbell import Doorbell
from attain_shared.reviews.flow import lead
from attain_shared.reviews.following import follow_people
from attain_shared.reviews.growth import recount_growth
from attain_shared.reviews.opening import hold_round, open_reviews
from attain_shared.reviews.owning import follow_owners
from attain_shared.rules.review_flow import DAYS_TO_ANSWER, Step
from attain_worker.report import report
from attain_worker.repository import list_companies
from attain_worker.reviews import repository

log = structlog.get_logger(__name__)

SLICE = 500
"""Reviews closed by one transaction."""


class Settling:
    """Brings the reviews of open rounds in line with people and with the calendar.

    Safe to run any number of times, and by several workers at once: whoever holds a round or a review does it, and a
    reminder is there once. A step that a late worker has not closed yet may not be appealed any more all the same.
    """

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        doorbell: Doorbell,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`clock` gives the present instant, aware."""
        self._sessions = sessions
        self._doorbell = doorbell
        self._clock = clock

    async def settle(self) -> None:
        """Every company."""
        async with reading(self._sessions) as uow:
            companies = await list_companies(uow.session)
        for company_id in companies:
            await self.settle_company(company_id)

    async def settle_company(self, company_id: UUID) -> None:
        """One transaction touches one round, or a slice of reviews: whatever ends the worker, the rest is done later."""
        with _put_off("rounds", company_id):
            async with reading(self._sessions) as uow:
                rounds = await repository.list_open_cycles(uow.session, company_id=company_id)
            for review_cycle_id in rounds:
                with _put_off("people", company_id):
                    await self._follow(company_id, review_cycle_id)
        with _put_off("owners", company_id):
            async with transaction(self._sessions, self._doorbell) as uow:
                await follow_owners(uow, company_id=company_id)
        with _put_off("unanswered", company_id):
            while await self._close_unanswered(company_id) == SLICE:
                pass
        with _put_off("reminders", company_id):
            await self._remind(company_id)

    async def _follow(self, company_id: UUID, review_cycle_id: UUID) -> None:
        """Lead steps to whoever owns them now, and take in who came since; another worker at it is waited for."""
        async with transaction(self._sessions, self._doorbell) as uow:
            cycle = await hold_round(uow.session, company_id=company_id, review_cycle_id=review_cycle_id)
            if cycle is None or cycle.state != "open":
                return
            followed = await follow_people(uow, company_id=company_id, review_cycle_id=review_cycle_id)
            opened = await open_reviews(uow, cycle=cycle, assessors={}, actor_id=None)
            if followed.leavers:
                await recount_growth(uow, company_id=company_id)
        told = {"leavers": followed.leavers, "managers": followed.managers, "opened": opened.created}
        report().add(**told)
        if any(told.values()):
            log.info(
                "reviews follow their people",
                company_id=str(company_id),
                review_cycle_id=str(review_cycle_id),
                **told,
            )

    async def _close_unanswered(self, company_id: UUID) -> int:
        """Close what nobody acknowledged or appealed in time, on record (REV-6); how many there were."""
        last_day = business_day(self._clock()) - timedelta(days=DAYS_TO_ANSWER)
        before = datetime.combine(last_day, time.min, BUSINESS_ZONE)
        async with transaction(self._sessions, self._doorbell) as uow:
            unanswered = await repository.hold_unanswered(
                uow.session, company_id=company_id, interviewed_before=before, at_most=SLICE
            )
            for review, cycle in unanswered:
                lead(uow.session, review, cycle=cycle, to=Step.CLOSED, action="expire")
            if unanswered:
                # from now on it is the last review that a later rating is held against (GOAL-4)
                await recount_growth(uow, company_id=company_id)
        report().add(closed=len(unanswered))
        if unanswered:
            log.info("reviews were closed without an answer", company_id=str(company_id), reviews=len(unanswered))
        return len(unanswered)

    async def _remind(self, company_id: UUID) -> None:
        """Remind the owners of what is due within days, and of what was due (REV-1)."""
        today = business_day(self._clock())
        async with transaction(self._sessions, self._doorbell) as uow:
            due = await repository.list_due(uow.session, company_id=company_id, today=today)
            count = await repository.add_reminders(uow.session, company_id=company_id, due=due) if due else 0
        report().add(reminders=count)
        if count:
            log.info("people were reminded", company_id=str(company_id), reminders=count)


@contextmanager
def _put_off(part: str, company_id: UUID) -> Iterator[None]:
    """Trouble with one part leaves the others alone; it is met again at the next run."""
    try:
        yield
    except Exception as error:
        if is_passing(error):
            log.warning("reviews are settled later", part=part, company_id=str(company_id), reason=repr(error)[:300])
            report().add(put_off=1)
        else:
            report().add(failed=1)
            log.exception("reviews are not settled", part=part, company_id=str(company_id))
