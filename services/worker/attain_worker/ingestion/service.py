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
from attain_worker.ingestion import judgement, repository
from attain_worker.ingestion.repository import Batch

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
"""Tries of a batch by itself before it is put aside (ING-5)."""
IN_FLIGHT = timedelta(seconds=10)
"""How long a push may take from its id to its commit and still be seen at once; slower ones wait for the sweep."""
NOTHING = UUID(int=0)
"""Below every identifier."""


class Ingestion:
    """Takes in the batches of one company after another; remembers below which id nothing is left to do."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], doorbell: Doorbell, *, claim_rows: int) -> None:
        """Nothing is known yet: the first look starts from the beginning."""
        self._sessions = sessions
        self._doorbell = doorbell
        self._claim_rows = claim_rows
        self._low_water: dict[UUID, UUID] = {}
        self._months: set[date] = set()

    def forget_low_water(self) -> None:
        """Look from the beginning again: batches pushed back, or committed late with an older id, turn up."""
        self._low_water.clear()

    async def take_in(self, company_id: UUID) -> bool:
        """Take in what one claim holds; False where nothing was to do.

        A claim that fails is tried again batch by batch, each alone, so that a poison batch stands by itself.
        """
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

    async def _claim(self, uow: UnitOfWork, company_id: UUID) -> list[Batch]:
        """Lock the oldest batches of the live lane, else of the backfill lane, up to the rows of one claim."""
        now = utc_now()
        above = self._low_water.get(company_id, NOTHING)
        oldest = await repository.find_oldest(uow.session, company_id=company_id, above=above, now=now)
        if not oldest:
            return []
        still_open = first_id_at(now - IN_FLIGHT)
        self._low_water[company_id] = min(still_open, just_before(min(batch_id for batch_id, _ in oldest.values())))
        lane = "live" if "live" in oldest else "backfill"
        first_id, first_rows = oldest[lane]
        batches = await repository.claim_batches(
            uow.session,
            company_id=company_id,
            lane=lane,
            oldest=first_id,
            batches=max(1, min(200, self._claim_rows // max(1, first_rows))),
            now=now,
        )
        taken, rows = 0, 0
        while taken < len(batches) and (taken == 0 or rows + batches[taken].received <= self._claim_rows):
            rows += batches[taken].received
            taken += 1
        return batches[:taken]

    async def _ingest(self, uow: UnitOfWork, company_id: UUID, batches: list[Batch]) -> None:
        session = uow.session
        pushed = judgement.unpack(batches)
        names = {row.shop for _, rows in pushed for row in rows}
        shops = await repository.find_shops(session, company_id=company_id, names=names)
        connectors = {batch.connector_id for batch in batches if batch.connector_id}
        scopes = await repository.find_scopes(session, company_id=company_id, connector_ids=connectors)
        claim = judgement.sort_out(pushed, shops=shops, scopes=scopes, metrics=METRICS)
        await self._ensure_months({month_of(key.bucket) for key in claim.rows})
        await repository.lock_shops(session, company_id=company_id, shop_ids={key.shop_id for key in claim.rows})
        present = await repository.load_present(session, company_id=company_id, keys=sorted(claim.rows))
        decided = judgement.decide(claim, present)
        if decided.facts:
            await repository.store_facts(session, company_id=company_id, facts=decided.facts)
        if decided.history:
            await repository.store_history(session, company_id=company_id, rows=decided.history)
        if decided.changed:
            goal_ids = await repository.find_affected_goals(session, company_id=company_id, keys=decided.changed)
            earliest = min(batch.id for batch in batches)
            await mark_goals(session, company_id=company_id, marks=[(goal_id, earliest) for goal_id in goal_ids])
        if replayed := [batch.id for batch in batches if batch.row_verdicts is not None]:
            await repository.forget_rejections(session, company_id=company_id, batch_ids=replayed)
        if claim.rejections:
            await repository.store_rejections(session, company_id=company_id, rejections=claim.rejections)
        await repository.finish_batches(session, company_id=company_id, outcomes=decided.outcomes, now=utc_now())

    async def _take_in_alone(self, company_id: UUID, batch_id: UUID) -> None:
        """Try one batch; the try is counted first, in a transaction of its own, so that a crash counts too."""
        async with transaction(self._sessions, self._doorbell) as uow:
            attempts = await repository.count_attempt(
                uow.session, company_id=company_id, batch_id=batch_id, now=utc_now()
            )
        if attempts is None:
            return
        try:
            async with transaction(self._sessions, self._doorbell) as uow:
                batches = await repository.claim_batch(uow.session, company_id=company_id, batch_id=batch_id)
                if batches:
                    await self._ingest(uow, company_id, batches)
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("batch failed", batch_id=str(batch_id), attempts=attempts)
            if attempts >= MAX_ATTEMPTS:
                async with transaction(self._sessions, self._doorbell) as uow:
                    await repository.fail_batch(
                        uow.session, company_id=company_id, batch_id=batch_id, error=repr(error)[:1000], now=utc_now()
                    )

    async def _ensure_months(self, months: set[date]) -> None:
        """Make the partitions that are missing, in a transaction of their own: attaching must not wait for a claim."""
        if missing := months - self._months:
            async with transaction(self._sessions, self._doorbell) as uow:
                await create_partitions(uow.session, buckets=sorted(missing), inbox=[])
            self._months |= missing
