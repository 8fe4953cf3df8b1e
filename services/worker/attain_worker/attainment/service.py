"""Keeping attainments true: marks in, attainments out, one transaction a claim (GOAL-10)."""

import time
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import date
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.clock import business_day, utc_now
from attain_shared.db.failures import is_passing
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.doorbell import Doorbell
from attain_shared.goals.evaluation import Evaluation, evaluate_goals
from attain_shared.goals.queries import load_goals, mark_goals
from attain_shared.tracing import following, is_tracing
from attain_shared.work.queries import want_work
from attain_worker.attainment import repository
from attain_worker.attainment.parts import evaluate_in_parts
from attain_worker.attainment.repository import Mark
from attain_worker.curves.wanted import WantedCurves, goals_lacking
from attain_worker.report import report

log = structlog.get_logger(__name__)

BEHIND = 5
"""How many times as many goals are taken at once after a claim that did not take all that pushes have marked."""
LEISURE = 20
"""How many times as many goals are taken at once where no push waits for them."""


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
        self._behind: set[UUID] = set()

    async def recompute(self, company_id: UUID, *, pushed_only: bool = False) -> bool:
        """Recompute the goals with the oldest marks, those by pushes first, or alone; False where nothing was to do.

        The marks are read before the facts and taken away before the result is written: whoever marks in between
        keeps their mark, and a slower worker finds its mark gone and writes nothing.
        """
        return await self._or_alone(
            company_id, self._recompute(company_id, pushed_only=pushed_only), others=not pushed_only
        )

    async def _recompute(self, company_id: UUID, *, pushed_only: bool) -> bool:
        began = time.time_ns()
        async with AsyncExitStack() as span, transaction(self._sessions, self._doorbell) as uow:
            if not await repository.try_lock_company(uow.session, company_id=company_id):
                return False
            goals_at_once = self._claim_goals * (BEHIND if pushed_only and company_id in self._behind else 1)
            marks = await repository.read_marks(
                uow.session, company_id=company_id, goals=goals_at_once, others=not pushed_only
            )
            # the next claim catches up: goals that share what they are measured by cost less each
            (self._behind.add if len(marks) == goals_at_once else self._behind.discard)(company_id)
            if not marks:
                return False
            if is_tracing():
                pushes = await repository.list_traces(uow.session, company_id=company_id, marks=marks)
                span.enter_context(following("recompute", pushes, since=began))
            today = business_day()
            goals = await load_goals(uow.session, company_id=company_id, goal_ids=[mark.goal_id for mark in marks])
            evaluations, inputs = await evaluate_goals(uow.session, company_id=company_id, goals=goals, today=today)
            taken = await self._settle(uow, company_id=company_id, marks=marks, evaluations=evaluations, today=today)
        _tell(marks, evaluations, taken)
        self._wanted_curves.add(company_id, sorted(goals_lacking(inputs)))
        return bool(evaluations)

    async def recompute_at_leisure(self, company_id: UUID) -> bool:
        """Recompute many of the goals that no push waits for: a new day's, or those of new curves; False without any.

        They share what they are measured by, so that many at once cost less each. Beside it pushes are taken in and
        recomputed: what they mark anew in between is not written here.
        """
        return await self._or_alone(company_id, self._recompute_at_leisure(company_id), pushed=False)

    async def _or_alone(
        self, company_id: UUID, claim: Awaitable[bool], *, pushed: bool = True, others: bool = True
    ) -> bool:
        """A claim of many goals; where it fails, and not for a passing reason, its goals one by one."""
        try:
            return await claim
        except Exception as error:
            if is_passing(error):
                raise
            log.warning("recompute failed; trying its goals alone", reason=repr(error)[:500])
        return await self._recompute_alone(company_id, pushed=pushed, others=others)

    async def _recompute_at_leisure(self, company_id: UUID) -> bool:
        async with transaction(self._sessions, self._doorbell) as uow:
            if not await repository.try_lock_company(uow.session, company_id=company_id, at_leisure=True):
                return False
            goals_at_once = self._claim_goals * LEISURE
            marks = await repository.read_marks(uow.session, company_id=company_id, goals=goals_at_once, pushed=False)
            if not marks:
                return False
            today = business_day()
            goals = await load_goals(uow.session, company_id=company_id, goal_ids=[mark.goal_id for mark in marks])
            evaluations, lacking = await evaluate_in_parts(uow.session, company_id=company_id, goals=goals, today=today)
            taken = await self._settle(uow, company_id=company_id, marks=marks, evaluations=evaluations, today=today)
        _tell(marks, evaluations, taken)
        self._wanted_curves.add(company_id, sorted(lacking))
        return bool(evaluations)

    async def _recompute_alone(self, company_id: UUID, *, pushed: bool, others: bool) -> bool:
        """After many goals at once have failed, recompute the oldest marks one by one; False where none could be.

        One that fails again is marked anew, behind all others, and holds up none of them.
        """
        async with transaction(self._sessions, self._doorbell) as uow:
            marks = await repository.read_marks(
                uow.session, company_id=company_id, goals=self._claim_goals, pushed=pushed, others=others
            )
        evaluated = [await self._try_alone(company_id, mark) for mark in marks]
        return any(evaluated)

    async def _try_alone(self, company_id: UUID, mark: Mark) -> bool:
        try:
            async with transaction(self._sessions, self._doorbell) as uow:
                today = business_day()
                goals = await load_goals(uow.session, company_id=company_id, goal_ids=[mark.goal_id])
                evaluations, _ = await evaluate_goals(uow.session, company_id=company_id, goals=goals, today=today)
                taken = await self._settle(
                    uow, company_id=company_id, marks=[mark], evaluations=evaluations, today=today
                )
            _tell([mark], evaluations, taken)
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("a goal cannot be recomputed", goal_id=str(mark.goal_id))
            report().add(failed=1)
            async with transaction(self._sessions, self._doorbell) as uow:
                await mark_goals(uow.session, company_id=company_id, marks=[(mark.goal_id, None)])
            return False
        return bool(evaluations)

    async def _settle(
        self,
        uow: UnitOfWork,
        *,
        company_id: UUID,
        marks: Sequence[Mark],
        evaluations: Mapping[UUID, Evaluation],
        today: date,
    ) -> list[Mark]:
        """Take the marks away, and write what their goals have come to; the marks that were taken."""
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
            failed = [(mark.goal_id, None) for mark in marks if mark.goal_id not in evaluations]
            # marked anew, they stand behind all others; their attainment says that it lacks their batches
            await mark_goals(uow.session, company_id=company_id, marks=failed)
        return [mark for mark in done if mark.goal_id in taken]


def _tell(marks: Sequence[Mark], evaluations: Mapping[UUID, Evaluation], taken: Sequence[Mark]) -> None:
    """Once it is committed: nothing is counted that was rolled back. What failed has been logged goal by goal."""
    report().recomputed(mark.marked_at for mark in taken)
    report().add(failed=sum(mark.goal_id not in evaluations for mark in marks))


async def mark_goals_for_new_day(uow: UnitOfWork, *, company_id: UUID, today: date) -> None:
    """Mark the goals whose verdict, status or pace moves because the business day has changed."""
    goal_ids = await repository.list_goals_of_other_day(uow.session, company_id=company_id, today=today)
    if goal_ids:
        await mark_goals(uow.session, company_id=company_id, marks=[(goal_id, None) for goal_id in goal_ids])
        await want_work(uow.session, company_id=company_id)
