"""Taking batches in: one claim is one transaction, from the locked inbox rows to the marks (ING-4)."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.clock import utc_now
from attain_shared.db.failures import is_passing
from attain_shared.db.partitions import create_partitions, finish_detaching
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.doorbell import Doorbell
from attain_shared.identifiers import first_id_at, id_ahead, just_before
from attain_shared.metrics.slots import SLOTS
from attain_worker.facts import service as facts
from attain_worker.facts.claim import CODES, Batch
from attain_worker.ingestion import repository
from attain_worker.ingestion.repository import Outcome, Queue, Waiting

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
"""Tries of a batch by itself before it is put aside (ING-5)."""
ALONE_FIRST = 200
"""Batches a company's first claims after a start take one by one: as many as one claim of a dead worker held."""
IN_FLIGHT = timedelta(seconds=10)
"""How long a push may take from its id to its commit and still be seen at once; slower ones wait for the sweep."""
CLOCKS_DIFFER = timedelta(days=2)
"""How far ahead of this worker's clock the id of a batch may be."""
MOST_BATCHES = 200
"""Of one claim."""
NOTHING = UUID(int=0)
"""Below every identifier."""
LANES = ("live", "backfill")
"""In the order they are served."""
QUEUES = tuple(Queue(lane, slot) for lane in LANES for slot in range(SLOTS))


class Ingestion:
    """Takes in the batches of one company after another; remembers below which id nothing is left to do."""

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
        self._claim_rows = claim_rows
        self._alone_first = alone_first
        self._alone_left: dict[UUID, int] = {}
        self._low_water: dict[UUID, dict[Queue, UUID]] = {}
        self._behind: set[UUID] = set()
        self._months: set[date] = set()

    def forget_low_water(self) -> None:
        """Look from the beginning again: batches pushed back, or committed late with an older id, turn up."""
        # a new object: a look that is under way keeps writing to the old one
        self._low_water = {}

    def is_behind(self, company_id: UUID) -> bool:
        """Whether the last claim of a company was a full one, so that the next can begin before it is through."""
        return company_id in self._behind

    async def take_in(self, company_id: UUID) -> bool:
        """Take in what one claim holds; False where nothing was to do.

        A claim that fails is tried again batch by batch, each alone, so that a poison batch stands by itself.
        """
        if self._alone_left.setdefault(company_id, self._alone_first) > 0:
            return await self._take_in_first_alone(company_id)
        claimed: list[Batch] = []
        try:
            async with transaction(self._sessions, self._doorbell) as uow:
                claimed = await self._claim(uow, company_id)
                if claimed:
                    await self._ingest(uow, company_id, claimed)
            if claimed:
                log.info("batches taken in", batches=len(claimed), rows=sum(batch.received for batch in claimed))
        except Exception as error:
            if is_passing(error) or not claimed:
                raise
            log.warning("claim failed; trying its batches alone", batches=len(claimed), reason=repr(error)[:500])
            await self._forget_months()
            for batch in claimed:
                await self._take_in_alone(company_id, batch.id)
        return bool(claimed)

    async def _take_in_first_alone(self, company_id: UUID) -> bool:
        """After a start, take the oldest batches one by one: one of them may have killed the worker before.

        A batch that does it again has its try counted, and is put aside after the last.
        """
        async with transaction(self._sessions, self._doorbell) as uow:
            waiting = await self._find_oldest(uow, company_id)
            due = None
            for lane in LANES:
                due = due or await repository.find_first_due(uow.session, company_id=company_id, lane=lane)
        if not waiting:
            self._alone_left[company_id] = 0
        if due is None:
            return False
        self._alone_left[company_id] -= 1
        await self._take_in_alone(company_id, due)
        return True

    async def _find_oldest(self, uow: UnitOfWork, company_id: UUID) -> dict[Queue, Waiting]:
        """The oldest batch of each queue; nothing older need be looked at again but what is still in flight."""
        low_water = self._low_water.setdefault(company_id, dict.fromkeys(QUEUES, NOTHING))
        waiting = await repository.find_oldest(
            uow.session, company_id=company_id, low_water=low_water, until=id_ahead(CLOCKS_DIFFER)
        )
        settled = first_id_at(utc_now() - IN_FLIGHT)
        for queue in QUEUES:
            oldest = waiting.get(queue)
            low_water[queue] = min(settled, just_before(oldest.batch_id)) if oldest else settled
        return waiting

    async def _claim(self, uow: UnitOfWork, company_id: UUID) -> list[Batch]:
        """Lock the oldest batches of the live lane, else of the backfill lane, up to the rows of one claim."""
        self._behind.discard(company_id)
        waiting = await self._find_oldest(uow, company_id)
        for lane in LANES:
            queues = {queue: oldest for queue, oldest in waiting.items() if queue.lane == lane}
            if queues and (batches := await self._claim_lane(uow, company_id, queues)):
                return batches
        return []

    async def _claim_lane(self, uow: UnitOfWork, company_id: UUID, queues: Mapping[Queue, Waiting]) -> list[Batch]:
        """Batches of all queues in turns, so that no shop waits for another's thousands."""
        rows_each = max(1, sum(oldest.received for oldest in queues.values()) // len(queues))
        wanted = max(1, min(MOST_BATCHES, self._claim_rows // rows_each))
        batches = await repository.claim_batches(
            uow.session,
            company_id=company_id,
            oldest={queue: oldest.batch_id for queue, oldest in queues.items()},
            share=-(-wanted // len(queues)),
            until=id_ahead(CLOCKS_DIFFER),
        )
        taken, rows = 0, 0
        while taken < len(batches) and (taken == 0 or rows + batches[taken].received <= self._claim_rows):
            rows += batches[taken].received
            taken += 1
        if len(batches) >= wanted:
            self._behind.add(company_id)
        return batches[:taken]

    async def _ingest(self, uow: UnitOfWork, company_id: UUID, batches: list[Batch]) -> None:
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

    async def _take_in_alone(self, company_id: UUID, batch_id: UUID) -> None:
        """Try one batch; the try is counted first, in a transaction of its own, so that a crash counts too."""
        async with transaction(self._sessions, self._doorbell) as uow:
            attempts = await repository.count_attempt(uow.session, company_id=company_id, batch_id=batch_id)
        if attempts is None:
            return
        if attempts > MAX_ATTEMPTS:
            await self._put_aside(company_id, batch_id, error="the worker ended during each try")
            return
        try:
            async with transaction(self._sessions, self._doorbell) as uow:
                batches = await repository.claim_batch(uow.session, company_id=company_id, batch_id=batch_id)
                if batches:
                    await self._ingest(uow, company_id, batches)
            log.info("batches taken in", batches=len(batches), rows=sum(batch.received for batch in batches))
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("batch failed", batch_id=str(batch_id), attempts=attempts)
            await self._forget_months()
            if attempts >= MAX_ATTEMPTS:
                await self._put_aside(company_id, batch_id, error=repr(error)[:1000])
            else:
                async with transaction(self._sessions, self._doorbell) as uow:
                    await repository.put_off_batch(uow.session, company_id=company_id, batch_id=batch_id)

    async def _put_aside(self, company_id: UUID, batch_id: UUID, *, error: str) -> None:
        async with transaction(self._sessions, self._doorbell) as uow:
            await repository.fail_batch(
                uow.session, company_id=company_id, batch_id=batch_id, error=error, now=utc_now()
            )

    async def _ensure_months(self, months: set[date]) -> None:
        """Make the partitions that are missing, in a transaction of their own: attaching must not wait for a claim."""
        if missing := months - self._months:
            async with transaction(self._sessions, self._doorbell) as uow:
                await create_partitions(uow.session, buckets=sorted(missing), inbox=[])
            self._months |= missing

    async def _forget_months(self) -> None:
        """A month may have been detached, in whole or in half, since it was last looked for."""
        self._months.clear()
        async with transaction(self._sessions, self._doorbell) as uow:
            await finish_detaching(uow.session)


def _count(verdicts: bytearray) -> dict[str, int]:
    """How many rows got which verdict."""
    counts = Counter(verdicts)
    return {verdict.value: counts[code] for verdict, code in CODES.items()}
