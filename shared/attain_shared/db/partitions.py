"""Monthly partitions: made ahead for the inbox, and for whatever month a batch speaks of; taken off once they are old.

A detached month is a table of its own by the same name: no statement of Attain sees it any more, nothing of it is lost,
and it is attached again by hand, or as soon as a row of that month comes in.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from attain_shared.identifiers import first_id_at, instant_of

BY_BUCKET = ("observations", "observation_history")
BY_ID = ("metric_batches",)
MONTHS_AHEAD = 12
"""An empty partition costs nothing; a missing one of the inbox would refuse pushes."""
KNOWN_MONTHS = "inbox-months"
"""Under this a session's `info` holds the months that the process has seen in the inbox (`session.create_sessions`)."""


class Place(StrEnum):
    """Where a month's table stands."""

    ATTACHED = "attached"
    LEAVING = "leaving"
    """Half detached: whoever did it was interrupted, and it is to be done to its end."""
    DETACHED = "detached"


class HalfDetached(Exception):
    """A month can be neither written to nor attached before it is detached for good."""


class Partition(NamedTuple):
    """A month of a partitioned table."""

    table: str
    month: date
    place: Place
    bytes: int
    """On the disk, with indexes."""

    @property
    def name(self) -> str:
        """Its own table's."""
        return partition_name(self.table, self.month)


# by their names, as a detached one has nothing else that tells of its table
_TABLES = text("""
    SELECT parent.relname, to_date(right(child.relname, 7), 'YYYY_MM'),
           CASE inhdetachpending WHEN false THEN 'attached' WHEN true THEN 'leaving' ELSE 'detached' END,
           pg_total_relation_size(child.oid)
    FROM pg_class parent
    JOIN pg_class child ON child.relkind = 'r' AND child.relnamespace = parent.relnamespace
         AND child.relname ~ ('^' || parent.relname || '_p[0-9]{4}_[0-9]{2}$')
    LEFT JOIN pg_inherits ON inhrelid = child.oid AND inhparent = parent.oid
    WHERE parent.relname = ANY(:parents) AND parent.relkind = 'p' AND pg_table_is_visible(parent.oid)
    ORDER BY parent.relname, child.relname
""")

_PRESENT = text("""
    SELECT child.relname FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    JOIN pg_class parent ON parent.oid = inhparent
    WHERE parent.relname = ANY(:parents) AND pg_table_is_visible(parent.oid) AND NOT inhdetachpending
""")


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def months_ahead(today: date) -> list[date]:
    """This month and those made ahead."""
    months = [month_of(today)]
    for _ in range(MONTHS_AHEAD):
        months.append(next_month(months[-1]))
    return months


def months_before(month: date, count: int) -> date:
    """The first day of the month so many months before this one."""
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def partition_name(table: str, month: date) -> str:
    """For example `observations_p2026_07`."""
    return f"{table}_p{month:%Y_%m}"


def is_partition(name: str) -> bool:
    """Whether a table's name is that of a partition."""
    parent, separator, month = name.rpartition("_p")
    return bool(separator) and parent in (*BY_BUCKET, *BY_ID) and month.replace("_", "").isdigit()


def inbox_bounds(month: date) -> tuple[UUID, UUID]:
    """The first identifier of a month, and the first of the next: months of the inbox are those of UTC."""
    first, last = (datetime(day.year, day.month, 1, tzinfo=UTC) for day in (month, next_month(month)))
    return first_id_at(first), first_id_at(last)


async def list_partitions(session: AsyncSession, tables: Iterable[str]) -> list[Partition]:
    """Every month of these tables, attached or not, by table and month."""
    rows = await session.execute(_TABLES, {"parents": list(tables)})
    return [Partition(table, month, Place(place), size) for table, month, place, size in rows]


async def create_partitions(session: AsyncSession, *, buckets: Iterable[date], inbox: Iterable[date]) -> list[str]:
    """Make the partitions of these months (first days) where they are missing, or attach those that were detached.

    A new table is attached instead of created in place: attaching leaves readers and writers of the parent alone.

    Returns:
        The names of those that were missing.
    """
    wanted = {(table, month) for month in buckets for table in BY_BUCKET}
    wanted |= {(table, month) for month in inbox for table in BY_ID}
    present = set(await session.scalars(_PRESENT, {"parents": [*BY_BUCKET, *BY_ID]}))
    missing = [(table, month) for table, month in sorted(wanted) if partition_name(table, month) not in present]
    if missing:
        # two makers of several would each hold the parent and wait for the other's month
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('partitions'))"))
    for table, month in missing:
        await attach_partition(session, table, month)
    return [partition_name(table, month) for table, month in missing]


async def ensure_inbox(session: AsyncSession, *, batch_id: UUID) -> None:
    """Make the inbox's partition for a batch where it is missing, as no worker has made any ahead for a year.

    In the transaction of the push, so that one connection is enough. A month that this process has seen is not looked
    for again.
    """
    known: set[date] = session.info.get(KNOWN_MONTHS, set())
    month = month_of(instant_of(batch_id).date())
    # one just made is seen by the next push: this one may yet be rolled back
    if month not in known and not await create_partitions(session, buckets=[], inbox=[month]):
        known.add(month)


async def attach_partition(session: AsyncSession, table: str, month: date) -> None:
    """Have a month of a table: the one that was detached, else an empty one.

    Raises:
        HalfDetached: `finish_detaching` has to come first.
    """
    name = partition_name(table, month)
    low, high = inbox_bounds(month) if table in BY_ID else (month, next_month(month))
    # serialises two processes that make the same partition; released with the transaction
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
    partition = await _find(session, table, month)
    if partition is None:
        await session.execute(text(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)"))
    elif partition.place is Place.ATTACHED:
        return
    elif partition.place is Place.LEAVING:
        raise HalfDetached(name)
    await session.execute(text(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{low}') TO ('{high}')"))


async def finish_detaching(session: AsyncSession) -> None:
    """Detach for good what somebody has begun to detach and not ended.

    Not while the caller holds another transaction open: PostgreSQL waits for it, a second, and gives up.
    """
    for partition in await list_partitions(session, (*BY_BUCKET, *BY_ID)):
        if partition.place is Place.LEAVING:
            await session.execute(text("SET LOCAL lock_timeout = '1s'"))
            await session.execute(text(f"ALTER TABLE {partition.table} DETACH PARTITION {partition.name} FINALIZE"))


async def detach_partition(connection: AsyncConnection, partition: Partition) -> None:
    """Take a month off its table, beside live traffic; it stays as a table of its own.

    PostgreSQL waits for those who still look at the table. Where that takes longer than the connection's lock_timeout
    the month stays half detached, and the next call does the rest.

    Args:
        connection: an autocommitting one; this cannot be part of a transaction.
        partition: the month; nothing happens where it is detached already.
    """
    if partition.place is not Place.DETACHED:
        how = "CONCURRENTLY" if partition.place is Place.ATTACHED else "FINALIZE"
        await connection.execute(text(f"ALTER TABLE {partition.table} DETACH PARTITION {partition.name} {how}"))


async def _find(session: AsyncSession, table: str, month: date) -> Partition | None:
    partitions = await list_partitions(session, [table])
    return next((partition for partition in partitions if partition.month == month), None)
