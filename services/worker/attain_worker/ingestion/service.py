"""Taking batches in: one claim is one transaction, from the locked inbox rows to the marks (ING-4)."""

from datetime import date, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.clock import utc_now
from attain_shared.db.failures import is_passing
from attain_shared.db.partitions import create_partitions, month_of
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.doorbell import Doorbell
from attain_shared.goals.queries import mark_goals
from attain_shared.identifiers import first_id_at, just_before
from attain_shared.metrics.catalogue import METRICS
from attain_shared.shops.queries import lock_shops
from attain_worker.ingestion import judgement, repository
from attain_worker.ingestion.repository import Batch

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
"""Tries of a batch by itself before it is put aside (ING-5)."""
ALONE_FIRST = 200
"""Batches a company's first claims after a start take one by one: as many as one claim of a dead worker held."""
IN_FLIGHT = timedelta(seconds=10)
"""How long a push may take from its id to its commit and still be seen at once; slower ones wait for the sweep."""
ANY_LANE = "any"
"""Under this the oldest batch is found, whatever its lane and whether it is due."""
NOTHING = UUID(int=0)
"""Below every identifier."""


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
        self._low_water: dict[UUID, UUID] = {}
        self._months: set[date] = set()

    def forget_low_water(self) -> None:
        """Look from the beginning again: batches pushed back, or committed late with an older id, turn up."""
        # a new object: a look that is under way keeps writing to the old one
        self._low_water = {}

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
            for batch in claimed:
                await self._take_in_alone(company_id, batch.id)
        return bool(claimed)

    async def _take_in_first_alone(self, company_id: UUID) -> bool:
        """After a start, take the oldest batches one by one: one of them may have killed the worker before.

        A batch that does it again has its try counted, and is put aside after the last.
        """
        async with transaction(self._sessions, self._doorbell) as uow:
            oldest = await self._find_oldest(uow, company_id)
        if not oldest:
            self._alone_left[company_id] = 0
        if not oldest.keys() - {ANY_LANE}:
            return False
        self._alone_left[company_id] -= 1
        batch_id, _ = oldest.get("live") or oldest["backfill"]
        await self._take_in_alone(company_id, batch_id)
        return True

    async def _find_oldest(self, uow: UnitOfWork, company_id: UUID) -> dict[str, tuple[UUID, int]]:
        """The oldest due batch of each lane, and of any the oldest there is, due or not.

        Nothing older need be looked at again but what is still in flight.
        """
        low_water = self._low_water
        above = low_water.get(company_id, NOTHING)
        oldest = await repository.find_oldest(uow.session, company_id=company_id, above=above)
        if oldest:
            first_open, _ = oldest[ANY_LANE]
            low_water[company_id] = min(first_id_at(utc_now() - IN_FLIGHT), just_before(first_open))
        return oldest

    async def _claim(self, uow: UnitOfWork, company_id: UUID) -> list[Batch]:
        """Lock the oldest batches of the live lane, else of the backfill lane, up to the rows of one claim."""
        oldest = await self._find_oldest(uow, company_id)
        if not oldest.keys() - {ANY_LANE}:
            return []
        lane = "live" if "live" in oldest else "backfill"
        first_id, first_rows = oldest[lane]
        batches = await repository.claim_batches(
            uow.session,
            company_id=company_id,
            lane=lane,
            oldest=first_id,
            batches=max(1, min(200, self._claim_rows // max(1, first_rows))),
        )
        taken, rows = 0, 0
        while taken < len(batches) and (taken == 0 or rows + batches[taken].received <= self._claim_rows):
            rows += batches[taken].received
            taken += 1
        return batches[:taken]

    async def _ingest(self, uow: UnitOfWork, company_id: UUID, batches: list[Batch]) -> None:
        session = uow.session
        payloads = await repository.load_payloads(session, company_id=company_id, batches=batches)
        pushed = judgement.unpack(batches, payloads)
        names = {row.shop for _, rows in pushed for row in rows}
        shops = await repository.find_shops(session, company_id=company_id, names=names)
        connectors = {batch.connector_id for batch in batches if batch.connector_id}
        scopes = await repository.find_scopes(session, company_id=company_id, connector_ids=connectors)
        claim = judgement.sort_out(pushed, shops=shops, scopes=scopes, metrics=METRICS)
        await self._ensure_months({month_of(key.bucket) for key in claim.rows})
        await lock_shops(session, company_id=company_id, shop_ids={key.shop_id for key in claim.rows})
        present = await repository.load_present(session, company_id=company_id, keys=sorted(claim.rows))
        decided = judgement.decide(claim, present)
        if decided.facts:
            await repository.store_facts(session, company_id=company_id, facts=decided.facts)
        if decided.history:
            await repository.store_history(session, company_id=company_id, rows=decided.history)
        if claim.rows:
            earliest = min(batch.id for batch in batches)
            goal_ids = await repository.find_affected_goals(
                session,
                company_id=company_id,
                changed=decided.changed,
                kept=claim.rows.keys() - decided.changed,
                earliest=earliest,
            )
            await mark_goals(session, company_id=company_id, marks=[(goal_id, earliest) for goal_id in goal_ids])
        if replayed := [batch.id for batch in batches if batch.row_verdicts is not None]:
            await repository.forget_rejections(session, company_id=company_id, batch_ids=replayed)
        if claim.rejections:
            await repository.store_rejections(session, company_id=company_id, rejections=claim.rejections)
        await repository.finish_batches(session, company_id=company_id, outcomes=decided.outcomes, now=utc_now())

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
