"""Looks at the installation every 15 seconds, whoever comes first, and keeps what it was like."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import Gauge

from attain_api.health.service import check
from attain_api.ops import repository, service
from attain_api.ops.gauges import InstallationGauges
from attain_api.ops.traffic import Traffic
from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.durability import let_it_be_lost
from attain_shared.db.session import UnitOfWork, create_engine, create_sessions, transaction
from attain_shared.work.models import InstallationSample

log = structlog.get_logger(__name__)

SLOT = timedelta(seconds=service.SLOT_SECONDS)
KEPT = timedelta(days=1)
STATEMENT_MS = 2000
"""A look gives up after this: where the database is in trouble it must not be the last straw."""
PATIENCE_SECONDS = 6.0
"""For everything together, connecting and the turns of other processes included."""
SETTLED_SECONDS = 0.5
"""A slot is looked at so long after it began: clocks that differ by less agree on which one it is."""


class Sampler:
    """One process's part: its requests go into every sample, the rest of it only where no other process was faster.

    It has a connection of its own: a pool that is used up must not look like a database that is away.
    """

    def __init__(self, state: ApiState) -> None:
        """Nothing is connected before the first sample."""
        settings = state.settings.model_copy(
            update={"database_pool_size": 1, "statement_timeout_ms": STATEMENT_MS, "lock_timeout_ms": STATEMENT_MS}
        )
        self._state = state
        self._engine = create_engine(settings, application="attain-api sampler")
        self._sessions = create_sessions(self._engine)
        self._told = Traffic()
        """What is in samples already."""
        self._gauges = InstallationGauges()
        state.registry.register(self._gauges)
        self._database_up = Gauge("attain_database_up", "Whether the database answers.", registry=state.registry)
        self._queue_up = Gauge("attain_queue_up", "Whether Redis answers.", registry=state.registry)

    async def watch(self) -> None:
        """Take a sample in every slot, until cancelled."""
        try:
            while True:
                now = await self.sample()
                await asyncio.sleep(_until_next_slot(now).total_seconds())
        finally:
            await self._engine.dispose()

    async def sample(self) -> datetime:
        """Take one, whatever is away; what time it is, by the database's clock if it answers."""
        now, queue = await asyncio.gather(self._look(), check(self._state.ping_queue, "queue"))
        self._queue_up.set(queue.state == "ok")
        return now

    async def _look(self) -> datetime:
        now, answers, read_at = utc_now(), False, time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), transaction(self._sessions, self._state.doorbell) as uow:
                now = await repository.get_time(uow.session)
                answers, read_at = True, time.monotonic()
                traffic = replace(self._state.traffic)
                sample = await _sample_slot(uow, traffic=traffic.since(self._told))
            self._told = traffic
            self._gauges.show(sample)
        except Exception as error:  # noqa: BLE001 - a look that fails in any way is made again in the next slot
            log.warning("no sample of the installation", reason=type(error).__name__)
        self._database_up.set(answers)
        return now + timedelta(seconds=time.monotonic() - read_at)


async def _sample_slot(uow: UnitOfWork, *, traffic: Traffic) -> InstallationSample:
    """Add to the slot's sample, or make it where there is none: one process after the other."""
    await let_it_be_lost(uow.session)
    await repository.wait_for_turn(uow.session)
    slot = slot_of(await repository.get_time(uow.session))  # the turn may have taken us into the next one
    await repository.delete_samples(uow.session, before=slot - KEPT, after=slot)
    found = await repository.add_traffic(uow.session, slot=slot, traffic=traffic)
    return found or await service.take_sample(uow, slot=slot, traffic=traffic)


def slot_of(instant: datetime) -> datetime:
    """When the slot that an instant lies in began."""
    return instant - (instant - datetime.min.replace(tzinfo=UTC)) % SLOT


def _until_next_slot(now: datetime) -> timedelta:
    settled = timedelta(seconds=SETTLED_SECONDS)
    return slot_of(now - settled) + SLOT + settled - now
