"""What a push must come to, by a second and simpler reading of the rules than the product's own (MET-7, GOAL-5, GOAL-6)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from attain_shared.metrics.queries import every_row
from tests.support.database import Database
from tests.support.story import Company, Json, Row, verdict_totals

RECEIVED = every_row().replace(":company_id", "$1")
"""Every row a company has received, in plain SQL."""
MILLIONTH = Decimal("0.000001")


class Key(NamedTuple):
    """What a day row is about."""

    shop: str
    metric: str
    dimension: str
    bucket: str


class Standing(NamedTuple):
    """A day row, ordered as MET-7 orders the rows of a key."""

    is_final: bool
    observed_at: datetime
    value: Decimal


def standing_rows(rows: Iterable[Mapping[str, str]]) -> dict[Key, Standing]:
    """The greatest row of each key, whatever order they came in; rows must be complete, without defaults."""
    found: dict[Key, Standing] = {}
    for row in rows:
        key = Key(row["shop"], row["metric"], row["dimension"], row["bucket"])
        candidate = Standing(
            row["finality"] == "final", datetime.fromisoformat(row["observed_at"]), Decimal(row["value"])
        )
        found[key] = max(found.get(key, candidate), candidate)
    return found


def attainment_text(actual: Decimal, target: Decimal) -> str:
    """The share reached, the more the better, to 6 decimals."""
    return str((actual / target).quantize(MILLIONTH, ROUND_HALF_UP))


def default_score(attainment: Decimal) -> Decimal:
    """What the default rubric gives for a goal with one indicator."""
    if attainment <= Decimal("0.80"):
        low = [(Decimal("0.60"), "2.5"), (Decimal("0.70"), "3"), (Decimal("0.80"), "3.25")]
        return Decimal(next(score for threshold, score in low if attainment <= threshold))
    high = [(Decimal("1.30"), "4.5"), (Decimal("1.15"), "4"), (Decimal("1.05"), "3.75")]
    return Decimal(next((score for threshold, score in high if attainment >= threshold), "3.5"))


class Books(NamedTuple):
    """Acknowledged against found, in batches and in rows."""

    batches: int
    rows: int
    lost: int
    doubled: int
    verdicts: Counter[str]

    def __str__(self) -> str:
        return (
            f"acknowledged {self.batches} batches of {self.rows} rows; lost {self.lost}, doubled {self.doubled}; "
            f"verdicts {dict(self.verdicts)}"
        )


def count_books(database: Database, company: Company, acknowledged: Mapping[str, tuple[Json, list[Row]]]) -> Books:
    """What was acknowledged against what is found.

    `acknowledged` holds the receipt and the rows of each key.
    """
    batches = {batch["id"]: batch for batch in company.batches()}
    receipts = {receipt["id"]: rows for receipt, rows in acknowledged.values()}
    kept = {
        str(row["batch_id"]): (row["rows"], row["indexes"])
        for row in database.rows(
            f"SELECT batch_id, count(*) AS rows, count(DISTINCT row_index) AS indexes FROM {RECEIVED} o "
            "WHERE company_id = $1 GROUP BY batch_id",
            company.id,
        )
    }
    verdicts = verdict_totals(batches.values())
    lost = doubled = 0
    for batch_id, rows in receipts.items():
        stored = kept.get(batch_id, (0, 0))[0] + (
            batches[batch_id]["verdicts"]["rejected"] if batch_id in batches else 0
        )
        lost += max(0, len(rows) - stored)
        doubled += max(0, stored - len(rows))
    doubled += sum(rows for batch_id, (rows, _) in kept.items() if batch_id not in receipts)
    assert all(rows == indexes for rows, indexes in kept.values())
    return Books(len(receipts), sum(map(len, receipts.values())), lost, doubled, verdicts)


def check_books(database: Database, company: Company, acknowledged: Mapping[str, tuple[Json, list[Row]]]) -> Books:
    """Every acknowledged batch is done once and judged whole, and every row of it is in the history once."""
    books = count_books(database, company, acknowledged)
    assert books.batches == len(acknowledged), "two keys share a batch"
    assert (books.lost, books.doubled) == (0, 0), books
    assert books.verdicts.total() == books.rows, books
    # the first row of a key is accepted, once and for all (MET-7)
    keys = {
        (row["shop"], row["metric"], row.get("dimension"), row["bucket"])
        for _, rows in acknowledged.values()
        for row in rows
    }
    assert books.verdicts["accepted"] == len(keys), (len(keys), books)
    return books


def found_rows(database: Database, company: Company) -> dict[Key, Standing]:
    """The present rows, as the database has them."""
    return {
        Key(row["shop"], row["metric"], row["dimension"], row["bucket"].isoformat()): Standing(
            row["is_final"], row["observed_at"], row["value"]
        )
        for row in database.rows(
            "SELECT s.platform || ':' || s.external_id AS shop, o.metric, o.dimension, o.bucket, o.is_final, "
            "o.observed_at, o.value FROM observations o JOIN shops s ON s.company_id = o.company_id "
            "AND s.id = o.shop_id WHERE o.company_id = $1",
            company.id,
        )
    }
