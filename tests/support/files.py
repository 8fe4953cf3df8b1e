"""The sample files, read by the tests' own means: as text, so that "to the cent" is a comparison of texts."""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from tests.support.story import Row

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "local" / "data"
FILES = ("cdnow_2025", "ecom_2025", "synthetic_shop")
GRAINS = ("day", "month", "quarter")
CODES = {
    "支付金额": "gmv",
    "支付买家数": "paying_buyers",
    "支付子订单数": "paid_orders",
    "支付件数": "paid_items",
    "支付老买家数": "returning_buyers",
    "老买家支付金额": "returning_gmv",
    "访客数": "uv",
    "浏览量": "pv",
    "停留秒数": "stay_seconds",
    "跳失访客数": "bounced_visitors",
}


def figures(name: str, grain: str) -> dict[tuple[str, str], str]:
    """The figures of one file by metric and bucket, as they are written there."""
    with (FOLDER / f"{name}_{grain}.csv").open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    return {
        (CODES.get(column, column), line[0]): cell
        for line in lines
        for column, cell in zip(header[1:], line[1:], strict=True)
        if cell not in {"", "-"}
    }


def file_rows(name: str, grain: str, *, shop: str) -> list[Row]:
    """The same as rows of a push."""
    return [
        {"shop": shop, "metric": metric, "grain": grain, "bucket": bucket, "value": cell}
        for (metric, bucket), cell in figures(name, grain).items()
    ]


def in_batches(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    """The rows, so many at a time."""
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch
