"""Made-up figures of shops, as many as are asked for: the same number always gives the same row."""

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid5

NAMESPACE = UUID("0199a7d3-c1f2-7c63-b1d7-e8e1a4c5f001")
METRICS = (
    "gmv", "uv", "pv", "paid_orders", "paying_buyers", "paid_items", "stay_seconds", "refund_amount", "new_members",
    "item_uv", "members", "campaign_views", "campaign_clicks", "reviews", "bounced_visitors",
)  # fmt: skip
FIRST_DAY, DAYS = date(2025, 1, 1), 640
ROWS_A_SHOP = len(METRICS) * DAYS
OBSERVED = "2026-11-01T09:00:00+08:00"


class Figure(NamedTuple):
    """A day row of a shop."""

    shop: int
    metric: str
    day: date
    value: str


def figures(start: int, count: int, *, salt: int = 0) -> Iterator[Figure]:
    """So many rows from one on, each of another key; another salt gives the same keys other values."""
    for number in range(start, start + count):
        shop, place = divmod(number, ROWS_A_SHOP)
        day, metric = divmod(place, len(METRICS))
        value = f"{(number * 7919 + salt * 104729) % 9_999_991}.{number % 100:02}"
        yield Figure(shop, METRICS[metric], FIRST_DAY + timedelta(day), value)


def shop_id(number: int) -> UUID:
    """The id of a shop."""
    return uuid5(NAMESPACE, f"shop {number}")


def shop_name(number: int) -> str:
    """The same as rows call it."""
    return f"tmall:shop-{number}"


def body_of(rows: Sequence[Figure], *, lane: str = "live", observed_at: str = OBSERVED) -> bytes:
    """A push of these rows."""
    observations = [
        {"shop": shop_name(row.shop), "metric": row.metric, "bucket": row.day.isoformat(), "value": row.value}
        for row in rows
    ]
    return json.dumps(
        {"lane": lane, "grain": "day", "observed_at": observed_at, "observations": observations}, separators=(",", ":")
    ).encode()


def packed(body: bytes) -> bytes:
    """As a connector sends it."""
    return gzip.compress(body, compresslevel=1, mtime=0)


def batches(rows: Iterator[Figure], size: int) -> Iterator[list[Figure]]:
    """Cut into batches."""
    batch: list[Figure] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def as_decimal(row: Figure) -> Decimal:
    """The value as a script would hold it."""
    return Decimal(row.value)
