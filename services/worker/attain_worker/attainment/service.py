"""Keeping attainments true: marks in, attainments out, one transaction a claim (GOAL-10)."""

from datetime import date
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.doorbell import Doorbell
from attain_shared.goals.evaluation import evaluate_goals
from attain_shared.goals.queries import load_goals, mark_goals
from attain_shared.work.queries import want_work
from attain_worker.attainment import repository
from attain_worker.curves.wanted import WantedCurves, goals_lacking

log = structlog.get_logger(__name__)

LEISURE = 5
"""How many times as many goals are taken at once when no push is waiting."""


class Recompute:
    """Brings the attainments of marked goals in line with the facts. Safe to run any number of times."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        doorbell: Doorbell,
        *,
        claim_goals: int,
        wanted_curves: WantedCurves,
    ) -> None:
        """`claim_goals` bounds one transaction; goals that lack a curve are put to the wanted ones."""
        self._sessions = sessions
        self._doorbell = doorbell
        self._claim_goals = claim_goals
        self._wanted_curves = wanted_curves

    async def recompute(self, company_id: UUID, *, at_leisure: bool = False) -> bool:
        """Recompute the goals with the oldest marks; False where nothing was to do.

        At leisure, with no push waiting for it, many goals are taken at once: they share what they are measured by.

        The marks are read before the facts and taken away before the result is written: whoever marks in between
        keeps their mark, and a slower worker finds its mark gone and writes nothing.
        """
        async with transaction(self._sessions, self._doorbell) as uow:
            if not await repository.try_lock_company(uow.session, company_id=company_id):
                return False
            goals_at_once = self._claim_goals * (LEISURE if at_leisure else 1)
            marks = await repository.read_marks(uow.session, company_id=company_id, goals=goals_at_once)
            if not marks:
                return False
            today = business_day()
            goal_ids = [mark.goal_id for mark in marks]
            goals = await load_goals(uow.session, company_id=company_id, goal_ids=goal_ids)
            evaluations, inputs = await evaluate_goals(uow.session, company_id=company_id, goals=goals, today=today)
            done = [mark for mark in marks if mark.goal_id in evaluations]
            taken = await repository.take_marks(uow.session, company_id=company_id, marks=done)
            await repository.store_attainments(
                uow.session,
                company_id=company_id,
                evaluations=[one for goal_id, one in evaluations.items() if goal_id in taken],
                today=today,
                now=utc_now(),
            )
            if len(done) < len(marks):
                failed = [(goal_id, None) for goal_id in goal_ids if goal_id not in evaluations]
                # marked anew, they stand behind all others; their attainment says that it lacks their batches
                await mark_goals(uow.session, company_id=company_id, marks=failed)
        self._wanted_curves.add(company_id, sorted(goals_lacking(inputs)))
        log.info("attainments computed", goals=len(taken))
        return bool(done)


async def mark_goals_for_new_day(uow: UnitOfWork, *, company_id: UUID, today: date) -> None:
    """Mark the goals whose verdict, status or pace moves because the business day has changed."""
    goal_ids = await repository.list_goals_of_other_day(uow.session, company_id=company_id, today=today)
    if goal_ids:
        await mark_goals(uow.session, company_id=company_id, marks=[(goal_id, None) for goal_id in goal_ids])
        await want_work(uow.session, company_id=company_id)
