"""Monthly partitions: made ahead for the inbox, and for whatever month a batch speaks of."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.identifiers import first_id_at

BY_BUCKET = ("observations", "observation_history")
BY_ID = ("metric_batches",)
MONTHS_AHEAD = 12
"""An empty partition costs nothing; a missing one of the inbox would refuse pushes."""

_PARTITIONS = text("""
    SELECT child.relname FROM pg_inherits
    JOIN pg_class child ON child.oid = inhrelid
    JOIN pg_class parent ON parent.oid = inhparent
    WHERE parent.relname = ANY(:parents) AND pg_table_is_visible(parent.oid)
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


def partition_name(table: str, month: date) -> str:
    """For example `observations_p2026_07`."""
    return f"{table}_p{month:%Y_%m}"


def is_partition(name: str) -> bool:
    """Whether a table's name is that of a partition."""
    parent, separator, month = name.rpartition("_p")
    return bool(separator) and parent in (*BY_BUCKET, *BY_ID) and month.replace("_", "").isdigit()


async def create_partitions(session: AsyncSession, *, buckets: Iterable[date], inbox: Iterable[date]) -> None:
    """Make the partitions of these months (first days) where they are missing.

    A new table is attached instead of created in place: attaching leaves readers and writers of the parent alone.
    """
    wanted = {(table, month) for month in buckets for table in BY_BUCKET}
    wanted |= {(table, month) for month in inbox for table in BY_ID}
    present = set(await session.scalars(_PARTITIONS, {"parents": [*BY_BUCKET, *BY_ID]}))
    for table, month in sorted(wanted):
        if partition_name(table, month) not in present:
            await _create_partition(session, table, month)


async def _create_partition(session: AsyncSession, table: str, month: date) -> None:
    name, until = partition_name(table, month), next_month(month)
    low, high = (_id_bounds(month, until)) if table in BY_ID else (month.isoformat(), until.isoformat())
    # serialises two processes that make the same partition; released with the transaction
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
    exists = await session.scalar(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": name})
    if not exists:
        await session.execute(text(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)"))
        await session.execute(
            text(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{low}') TO ('{high}')")
        )


def _id_bounds(month: date, until: date) -> tuple[str, str]:
    first, last = (datetime(day.year, day.month, 1, tzinfo=UTC) for day in (month, until))
    return str(first_id_at(first)), str(first_id_at(last))
