"""What an installation holds before a measurement: straight into the tables, as making it is not what is measured."""

import asyncio
import json
import signal
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
from sqlalchemy.engine import make_url

from attain_shared.identifiers import new_id
from attain_shared.metrics.slots import slot_of
from tests.benchmarks.figures import OBSERVED, Figure, body_of, packed, shop_id, shop_name
from tests.support.stack import Stack
from tests.support.story import Row

_SHOP_COLUMNS = ("company_id", "id", "platform", "external_id", "name", "timezone", "currency", "created_at", "version")
_BATCH_COLUMNS = ("company_id", "id", "connector_id", "source", "lane", "slot", "received", "payload", "state",
                  "attempts", "due_at", "stored_at")  # fmt: skip


class Packed(NamedTuple):
    """A batch as it is stored."""

    first_shop: str
    received: int
    payload: bytes


def clean_up_when_terminated() -> None:
    """Have SIGTERM end the program in good order: servers are stopped, and gigabytes in the temporary folder go."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def pack(rows: Sequence[Figure], *, lane: str = "live", observed_at: str = OBSERVED) -> Packed:
    """A batch of these rows."""
    return Packed(shop_name(rows[0].shop), len(rows), packed(body_of(rows, lane=lane, observed_at=observed_at)))


def pack_rows(rows: Sequence[Row], *, observed_at: str) -> Packed:
    """A live batch of rows as they are sent."""
    body = {"lane": "live", "grain": "day", "observed_at": observed_at, "observations": rows}
    return Packed(rows[0]["shop"], len(rows), packed(json.dumps(body, separators=(",", ":")).encode()))


async def connect(stack: Stack) -> asyncpg.Connection:
    """A connection beside the services."""
    url = make_url(stack.database_url).set(drivername="postgresql")
    return await asyncpg.connect(url.render_as_string(hide_password=False))


async def add_shops(connection: asyncpg.Connection, company_id: UUID, numbers: Iterable[int]) -> None:
    """The shops that figures are of."""
    now = datetime.now(UTC)
    await connection.copy_records_to_table(
        "shops",
        columns=_SHOP_COLUMNS,
        records=[
            (company_id, shop_id(number), "tmall", f"shop-{number}", f"{number}", "Asia/Shanghai", "CNY", now, 1)
            for number in numbers
        ],
    )


async def store_batches(
    connection: asyncpg.Connection, company_id: UUID, batches: Iterable[Packed], *, lane: str = "live"
) -> None:
    """Put batches into the inbox, visible all at once, with identifiers of this moment: old ones are looked for late."""
    now = datetime.now(UTC)
    records = [
        (company_id, new_id(), None, "benchmark", lane, slot_of(batch.first_shop), batch.received, batch.payload,
         "stored", 0, now, now)
        for batch in batches
    ]  # fmt: skip
    async with connection.transaction():
        await connection.copy_records_to_table("metric_batches", records=records, columns=_BATCH_COLUMNS)
        await connection.execute(
            "INSERT INTO company_work (company_id, wanted_at) VALUES ($1, now()) ON CONFLICT DO NOTHING", company_id
        )


async def taken_in(connection: asyncpg.Connection, company_id: UUID, *, lane: str = "live") -> None:
    """Wait until nothing of a lane is waiting, and see that nothing was put aside."""
    while await connection.fetchval(  # noqa: ASYNC110  # another process ends it
        "SELECT EXISTS (SELECT FROM metric_batches WHERE company_id = $1 AND lane = $2 AND state = 'stored')",
        company_id,
        lane,
    ):
        await asyncio.sleep(0.02)
    failed = await connection.fetchval(
        "SELECT count(*) FROM metric_batches WHERE company_id = $1 AND state = 'failed'", company_id
    )
    if failed:
        raise RuntimeError(f"{failed} batches failed")
