"""Taking batches in: one claim is one transaction, from the locked inbox rows to the marks (ING-4)."""

import time
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack
from datetime import date
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.clock import utc_now
from attain_shared.db.failures import is_passing
from attain_shared.db.partitions import BY_BUCKET, Place, create_partitions, finish_detaching, list_partitions
from attain_shared.db.session import UnitOfWork, reading, transaction
from attain_shared.doorbell import Doorbell
from attain_shared.goals.moved_months import moving_months
from attain_shared.identifiers import new_id
from attain_shared.tracing import following
from attain_worker.facts import service as facts
from attain_worker.facts.claim import CODES, Batch
from attain_worker.ingestion import repository
from attain_worker.ingestion.claiming import MOST_BATCHES, Claiming
from attain_worker.ingestion.repository import Outcome
from attain_worker.report import report

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
"""Tries of a batch by itself before it is put aside (ING-5)."""
ALONE_FIRST = 2 * MOST_BATCHES
"""Batches a company's first claims after a start take one by one: as many as the two claims of a dead worker held."""


class Ingestion:
    """Takes in the batches of one company after another."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        doorbell: Doorbell,
        *,
        claim_rows: int,
        alone_first: int = ALONE_FIRST,
    ) -> None:
        """Nothing is known yet: the first look starts from the beginning."""
        self._sessions = sessions
        self._doorbell = doorbell
        self._claiming = Claiming(claim_rows=claim_rows)
        self._alone_first = alone_first
        self._started = new_id()
        self._alone_left: dict[UUID, int] = {}
        self._months: set[date] = set()

    def forget_low_water(self) -> None:
        """Look from the beginning again: batches pushed back, or committed late with an older id, turn up."""
        self._claiming.forget_low_water()

    def doubt_low_water(self, company_id: UUID) -> bool:
        """A batch waits, and `take_in` has found nothing; whether to call it again, as it looks from the beginning now."""
        return self._claiming.doubt_low_water(company_id)

    def is_behind(self, company_id: UUID) -> bool:
        """Whether the last claim of a company left due batches: the next can begin before it is through."""
        return self._claiming.is_behind(company_id)

    async def take_in(self, company_id: UUID) -> bool:
        """Take in what one claim holds; False where nothing was to do.

        A claim that fails is tried again batch by batch, each alone, so that a poison batch stands by itself.
        """
        if self._alone_left.setdefault(company_id, self._alone_first) > 0 and await self._take_in_first_alone(
            company_id
        ):
            return True
        claimed: list[Batch] = []
        outcomes: list[Outcome] = []
        try:
            with ExitStack() as span:
                began = time.time_ns()
                async with transaction(self._sessions, self._doorbell) as uow:
                    claimed = await self._claiming.claim(uow.session, company_id=company_id)
                    if claimed:
                        span.enter_context(_in_their_traces(claimed, began))
                        outcomes = await self._ingest(uow, company_id, claimed)
            _tell(claimed, outcomes)
        except Exception as error:
            if is_passing(error) or not claimed:
                raise
            log.warning("claim failed; trying its batches alone", batches=len(claimed), reason=repr(error)[:500])
            await self._forget_months()
            for batch in claimed:
                await self._take_in_alone(company_id, batch.id)
        return bool(claimed)

    async def _take_in_first_alone(self, company_id: UUID) -> bool:
        """After a start, take the batches from before it one by one: one of them may have killed the worker before.

        A batch that does it again has its try counted, and is put aside after the last. False where none is due.
        """
        attempts = None
        async with transaction(self._sessions, self._doorbell) as uow:
            batch, is_any_waiting = await self._claiming.claim_next(
                uow.session, company_id=company_id, until=self._started
            )
            if batch is not None:
                attempts = await repository.count_attempt(uow.session, company_id=company_id, batch_id=batch.id)
        if not is_any_waiting:
            self._alone_left[company_id] = 0
        if batch is None:
            return False
        self._alone_left[company_id] -= 1
        if attempts is not None:
            await self._try_alone(company_id, batch.id, attempts)
        return True

    async def _ingest(self, uow: UnitOfWork, company_id: UUID, batches: list[Batch]) -> list[Outcome]:
        session = uow.session
        claim = await facts.store(
            uow,
            company_id=company_id,
            batches=batches,
            payloads=await repository.load_payloads(session, company_id=company_id, batches=batches),
            ensure_months=self._ensure_months,
        )
        if replayed := [batch.id for batch in batches if batch.row_verdicts is not None]:
            await repository.forget_rejections(session, company_id=company_id, batch_ids=replayed)
        if claim.rejections:
            await repository.store_rejections(session, company_id=company_id, rejections=claim.rejections)
        outcomes = [
            Outcome(batch.id, _count(verdicts), bytes(verdicts))
            for batch, verdicts in zip(batches, claim.verdicts, strict=True)
        ]
        await repository.finish_batches(session, company_id=company_id, outcomes=outcomes, now=utc_now())
        return outcomes

    async def _take_in_alone(self, company_id: UUID, batch_id: UUID) -> None:
        """Try one batch; the try is counted first, in a transaction of its own, so that a crash counts too."""
        async with transaction(self._sessions, self._doorbell) as uow:
            attempts = await repository.count_attempt(uow.session, company_id=company_id, batch_id=batch_id)
        if attempts is not None:
            await self._try_alone(company_id, batch_id, attempts)

    async def _try_alone(self, company_id: UUID, batch_id: UUID, attempts: int) -> None:
        if attempts > MAX_ATTEMPTS:
            await self._put_aside(company_id, batch_id, error="the worker ended during each try")
            return
        outcomes: list[Outcome] = []
        try:
            with ExitStack() as span:
                began = time.time_ns()
                async with transaction(self._sessions, self._doorbell) as uow:
                    batches = await repository.claim_batch(uow.session, company_id=company_id, batch_id=batch_id)
                    if batches:
                        span.enter_context(_in_their_traces(batches, began))
                        outcomes = await self._ingest(uow, company_id, batches)
            _tell(batches, outcomes)
        except Exception as error:
            if is_passing(error):
                await self._uncount(company_id, batch_id)
                raise
            log.exception("batch failed", batch_id=str(batch_id), attempts=attempts)
            report().add(failed=1)
            await self._forget_months()
            if attempts >= MAX_ATTEMPTS:
                await self._put_aside(company_id, batch_id, error=repr(error)[:1000])
            else:
                async with transaction(self._sessions, self._doorbell) as uow:
                    await repository.put_off_batch(uow.session, company_id=company_id, batch_id=batch_id)

    async def _uncount(self, company_id: UUID, batch_id: UUID) -> None:
        try:
            async with transaction(self._sessions, self._doorbell) as uow:
                await repository.uncount_attempt(uow.session, company_id=company_id, batch_id=batch_id)
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("a try stays counted: the database is away", batch_id=str(batch_id))

    async def _put_aside(self, company_id: UUID, batch_id: UUID, *, error: str) -> None:
        async with transaction(self._sessions, self._doorbell) as uow:
            await repository.fail_batch(
                uow.session, company_id=company_id, batch_id=batch_id, error=error, now=utc_now()
            )
        report().add(put_aside=1)

    async def _ensure_months(self, months: set[date]) -> None:
        """Make the partitions that are missing, in a transaction of their own: attaching must not wait for a claim."""
        if missing := months - self._months:
            returning = await self._find_months(Place.DETACHED) & missing
            async with (
                moving_months(self._sessions, self._doorbell, months=returning),
                transaction(self._sessions, self._doorbell) as uow,
            ):
                await create_partitions(uow.session, buckets=sorted(missing), inbox=[])
            self._months |= missing

    async def _forget_months(self) -> None:
        """A month may have been detached, in whole or in half, since it was last looked for."""
        self._months.clear()
        try:
            leaving = await self._find_months(Place.LEAVING)
            async with (
                moving_months(self._sessions, self._doorbell, months=leaving),
                transaction(self._sessions, self._doorbell) as uow,
            ):
                await finish_detaching(uow.session)
        except Exception as error:
            if not is_passing(error):
                raise
            # somebody still reads that month: its batches are put off, the others go on
            log.warning("a month stays half detached for now", reason=repr(error)[:300])

    async def _find_months(self, place: Place) -> set[date]:
        """The months of facts that are, in a table at least, attached, detached or on their way."""
        async with reading(self._sessions) as uow:
            known = await list_partitions(uow.session, BY_BUCKET)
        return {partition.month for partition in known if partition.place is place}


def _in_their_traces(batches: Iterable[Batch], began: int) -> AbstractContextManager[None]:
    """Until it is committed, since its claim began."""
    return following("take batches in", (batch.traceparent for batch in batches), since=began)


def _tell(batches: Iterable[Batch], outcomes: Iterable[Outcome]) -> None:
    """Once it is committed: nothing is counted that was rolled back."""
    report().took_in((batch.received_at for batch in batches), (outcome.verdicts for outcome in outcomes))


def _count(verdicts: bytearray) -> dict[str, int]:
    """How many rows got which verdict."""
    counts = Counter(verdicts)
    return {verdict.value: counts[code] for verdict, code in CODES.items()}
