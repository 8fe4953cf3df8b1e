"""What has been kept long enough: keys of pushes, events and deliveries, months of the inbox, and of facts where wanted (F9).

Nothing goes before it was processed: a month of the inbox that holds a batch still to be done, or a failed one that may
be replayed, stays as it is. Old months are dropped, not deleted row by row, and taken off beside live traffic.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from attain_shared.clock import business_day, utc_now
from attain_shared.db.partitions import (
    BY_BUCKET,
    BY_ID,
    Partition,
    Place,
    attach_partition,
    detach_partition,
    inbox_bounds,
    list_partitions,
    month_of,
    months_before,
    next_month,
)
from attain_shared.db.session import create_sessions, reading, transaction
from attain_shared.doorbell import MemoryDoorbell
from attain_shared.events.schemas import EVENTS_KEPT
from attain_shared.goals.moved_months import moving_months
from attain_worker.report import report
from attain_worker.repository import list_companies
from attain_worker.retention import repository

log = structlog.get_logger(__name__)

SLICE = 10_000
"""Rows deleted by one transaction."""
DELIVERIES_KEPT = timedelta(days=30)
"""How long it can be seen what went to a webhook."""


class Retention:
    """Lets go of what is old, an hour's worth at a time; of several workers one does it."""

    def __init__(
        self, engine: AsyncEngine, *, inbox_kept_days: int, push_keys_kept_days: int, facts_kept_months: int | None
    ) -> None:
        """Nothing is looked at yet."""
        self._engine = engine
        self._sessions = create_sessions(engine)
        self._doorbell = MemoryDoorbell()
        self._inbox_kept = timedelta(days=inbox_kept_days)
        self._keys_kept = timedelta(days=push_keys_kept_days)
        self._facts_kept_months = facts_kept_months
        self._told: dict[str, date] = {}

    async def let_go(self) -> None:
        """All that is old by now."""
        async with self._alone() as connection:
            if connection is None:
                return
            await self._forget_rows()
            await self._drop_inbox(connection)
            if self._facts_kept_months is not None:
                before = months_before(month_of(business_day()), self._facts_kept_months)
                await self._detach_facts(connection, before=before)

    async def _forget_rows(self) -> None:
        """What goes row by row."""
        now = utc_now()
        async with reading(self._sessions) as uow:
            companies = await list_companies(uow.session)
        for what, delete, kept in (
            ("push_keys", repository.delete_keys, self._keys_kept),
            ("deliveries", repository.delete_deliveries, DELIVERIES_KEPT),
            ("events", repository.delete_events, EVENTS_KEPT),
        ):
            for company_id in companies:
                deleted = SLICE
                while deleted == SLICE:
                    async with transaction(self._sessions, self._doorbell) as uow:
                        deleted = await delete(uow.session, company_id=company_id, before=now - kept, at_most=SLICE)
                    report().add(**{what: deleted})

    async def _drop_inbox(self, connection: AsyncConnection) -> None:
        """The months of the inbox that ended long enough ago."""
        async with reading(self._sessions) as uow:
            partitions = await list_partitions(uow.session, BY_ID)
        last = (utc_now() - self._inbox_kept).date()
        for partition in _unfinished_first(partitions):
            if next_month(partition.month) <= last and self._told.get(partition.name) != business_day():
                await self._drop(connection, partition)

    async def _drop(self, connection: AsyncConnection, partition: Partition) -> None:
        """Look, detach, look again and only then drop: a replay may have come in between."""
        if partition.place is Place.ATTACHED and await self._is_needed(partition):
            self._tell(partition)
            return
        await detach_partition(connection, partition)
        if await self._is_needed(partition):
            async with transaction(self._sessions, self._doorbell) as uow:
                await attach_partition(uow.session, partition.table, partition.month)
            self._tell(partition)
            return
        await self._delete_rejections(partition)
        await repository.drop_table(connection, name=partition.name)
        report().add(dropped=1)
        log.info("a month of the inbox was dropped", month=f"{partition.month:%Y-%m}")

    async def _is_needed(self, partition: Partition) -> bool:
        async with reading(self._sessions) as uow:
            for company_id in await list_companies(uow.session):
                last: UUID | None = UUID(int=0)
                while last is not None:
                    last, is_open = await repository.look_through(
                        uow.session, company_id=company_id, table=partition.name, above=last, at_most=SLICE
                    )
                    if is_open:
                        return True
        return False

    async def _delete_rejections(self, partition: Partition) -> None:
        first, end = inbox_bounds(partition.month)
        async with reading(self._sessions) as uow:
            companies = await list_companies(uow.session)
        for company_id in companies:
            deleted = SLICE
            while deleted == SLICE:
                async with transaction(self._sessions, self._doorbell) as uow:
                    deleted = await repository.delete_rejections(
                        uow.session, company_id=company_id, first=first, end=end, at_most=SLICE
                    )

    async def _detach_facts(self, connection: AsyncConnection, *, before: date) -> None:
        async with reading(self._sessions) as uow:
            partitions = await list_partitions(uow.session, BY_BUCKET)
        old = [one for one in partitions if one.month < before and one.place is not Place.DETACHED]
        async with moving_months(self._sessions, self._doorbell, months={one.month for one in old}):
            for partition in _unfinished_first(old):
                await detach_partition(connection, partition)
                report().add(detached=1)
                log.info("a month of facts was detached", table=partition.table, month=f"{partition.month:%Y-%m}")

    def _tell(self, partition: Partition) -> None:
        """Once a day; until then it is not looked at again."""
        self._told[partition.name] = business_day()
        log.warning(
            "an old month of the inbox is kept: it holds batches to be done, or failed ones",
            month=f"{partition.month:%Y-%m}",
        )

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[AsyncConnection | None]:
        """A connection for what no transaction may hold; None where another worker is at it."""
        async with self._engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            if not await repository.try_lock(connection):
                yield None
                return
            try:
                yield connection
            finally:
                await repository.unlock(connection)


def _unfinished_first(partitions: list[Partition]) -> list[Partition]:
    """PostgreSQL detaches no second month of a table before the first is off."""
    return sorted(partitions, key=lambda partition: (partition.place is not Place.LEAVING, partition.name))
