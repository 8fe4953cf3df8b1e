"""The floor that ingestion is measured against (performance.md, F): the best plain script.

No rules, no history, no idempotency, no marks: rows that are at hand as Python values go into the same table by
asyncpg, a transaction a batch.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from attain_shared.identifiers import new_id
from tests.benchmarks.figures import Figure, as_decimal, batches, shop_id

COLUMNS = (
    "company_id", "shop_id", "metric", "dimension", "grain", "bucket", "value", "is_final", "through", "observed_at",
    "batch_id", "received_at", "row_index", "verdict",
)  # fmt: skip
TYPES = (
    "uuid", "uuid", "text", "text", "text", "date", "numeric", "boolean", "date", "timestamptz", "uuid", "timestamptz",
    "integer", "text",
)  # fmt: skip
KEY = "company_id, shop_id, metric, dimension, grain, bucket"
SET = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[6:])
UNNEST = f"""
    INSERT INTO observations ({", ".join(COLUMNS)})
    SELECT * FROM unnest({", ".join(f"${place}::{kind}[]" for place, kind in enumerate(TYPES, start=1))})
    ON CONFLICT ({KEY}) DO UPDATE SET {SET}
    WHERE (observations.value, observations.observed_at) IS DISTINCT FROM (excluded.value, excluded.observed_at)
"""
STAGE = "CREATE TEMP TABLE IF NOT EXISTS stage (LIKE observations) ON COMMIT DELETE ROWS"
FROM_STAGE = f"""
    INSERT INTO observations ({", ".join(COLUMNS)}) SELECT {", ".join(COLUMNS)} FROM stage ORDER BY {KEY}
    ON CONFLICT ({KEY}) DO UPDATE SET {SET}
"""
ON = " AND ".join(f"o.{name} = s.{name}" for name in COLUMNS[:6])
MERGE = f"""
    MERGE INTO observations o USING (SELECT * FROM stage ORDER BY {KEY}) s ON {ON}
    WHEN MATCHED THEN UPDATE SET {", ".join(f"{name} = s.{name}" for name in COLUMNS[6:])}
    WHEN NOT MATCHED THEN INSERT ({", ".join(COLUMNS)}) VALUES ({", ".join(f"s.{name}" for name in COLUMNS)})
"""

Record = tuple[Any, ...]
Script = Callable[[asyncpg.Connection, list[Record]], Awaitable[None]]


async def unnest(connection: asyncpg.Connection, records: list[Record]) -> None:
    """Sorted arrays."""
    await connection.execute(UNNEST, *(list(column) for column in zip(*records, strict=True)))


async def copy_and_insert(connection: asyncpg.Connection, records: list[Record]) -> None:
    """COPY into a temporary table, then INSERT … ON CONFLICT."""
    await connection.copy_records_to_table("stage", records=records, columns=COLUMNS)
    await connection.execute(FROM_STAGE)


async def copy_and_merge(connection: asyncpg.Connection, records: list[Record]) -> None:
    """COPY into a temporary table, then MERGE."""
    await connection.copy_records_to_table("stage", records=records, columns=COLUMNS)
    await connection.execute(MERGE)


SCRIPTS: dict[str, Script] = {"unnest": unnest, "copy+insert": copy_and_insert, "copy+merge": copy_and_merge}


def records_of(rows: Sequence[Figure], company_id: UUID, *, observed_at: datetime) -> list[Record]:
    """The rows as a script would hold them, sorted by key."""
    batch_id, now = new_id(), datetime.now(UTC)
    records = [
        (company_id, shop_id(row.shop), row.metric, "", "day", row.day, as_decimal(row), True, None, observed_at,
         batch_id, now, place, "accepted")
        for place, row in enumerate(rows)
    ]  # fmt: skip
    return sorted(records, key=lambda record: record[:6])


async def run(connection: asyncpg.Connection, script: Script, prepared: Sequence[list[Record]]) -> float:
    """Rows a second of a script over batches that are at hand."""
    await connection.execute(STAGE)
    started = time.perf_counter()
    for records in prepared:
        async with connection.transaction():
            await script(connection, records)
    return sum(map(len, prepared)) / (time.perf_counter() - started)


def prepare(rows: Sequence[Figure], size: int, company_id: UUID, *, observed_at: datetime) -> list[list[Record]]:
    """Batches for `run`."""
    return [records_of(batch, company_id, observed_at=observed_at) for batch in batches(iter(rows), size)]
