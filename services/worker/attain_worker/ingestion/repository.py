"""The statements of ingestion. Every multi-row write is distinct and sorted by its key: unsorted writers deadlock."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.rules.corrections import Version
from attain_shared.rules.periods import Grain, bucket_end


class Batch(NamedTuple):
    """A batch of the inbox, locked by this transaction."""

    id: UUID
    connector_id: UUID | None
    received: int
    received_at: datetime
    """When its rows came to be known: stored, or sent round again."""
    row_verdicts: bytes | None
    """Of the last time, where this is a replay: only the rejected rows are judged again."""


class Key(NamedTuple):
    """What a fact is about, in the order of its primary key (MET-2)."""

    shop_id: UUID
    metric: str
    dimension: str
    grain: Grain
    bucket: date


class Row(NamedTuple):
    """A row as it came in, or as it now stands."""

    version: Version
    through: date | None
    batch: Batch
    row_index: int


class Outcome(NamedTuple):
    """What became of a batch."""

    batch_id: UUID
    verdicts: Mapping[str, int]
    row_verdicts: bytes


class Rejection(NamedTuple):
    """A row that could not be taken in (ING-3)."""

    batch_id: UUID
    row_index: int
    pointer: str
    code: str
    detail: str


_OLDEST = text("""
    (SELECT id, received, lane FROM metric_batches
     WHERE company_id = :company_id AND id > :above AND state = 'stored' AND due_at <= clock_timestamp() AND lane = 'live'
     ORDER BY id LIMIT 1)
    UNION ALL
    (SELECT id, received, lane FROM metric_batches
     WHERE company_id = :company_id AND id > :above AND state = 'stored' AND due_at <= clock_timestamp() AND lane = 'backfill'
     ORDER BY id LIMIT 1)
    UNION ALL
    (SELECT id, received, 'any' FROM metric_batches
     WHERE company_id = :company_id AND id > :above AND state = 'stored' ORDER BY id LIMIT 1)
""")

_CLAIM = text("""
    SELECT id, connector_id, received, COALESCE(replayed_at, stored_at), row_verdicts FROM metric_batches
    WHERE company_id = :company_id AND id >= :oldest AND state = 'stored' AND due_at <= clock_timestamp() AND lane = :lane
    ORDER BY id LIMIT :batches FOR UPDATE SKIP LOCKED
""")

_CLAIM_ONE = text("""
    SELECT id, connector_id, received, COALESCE(replayed_at, stored_at), row_verdicts FROM metric_batches
    WHERE company_id = :company_id AND id = :id AND state = 'stored' FOR UPDATE SKIP LOCKED
""")

_PAYLOADS = text("SELECT id, payload FROM metric_batches WHERE company_id = :company_id AND id = ANY(:ids)")

_SHOPS = text("""
    SELECT platform || ':' || external_id AS name, id FROM shops
    WHERE company_id = :company_id
      AND (platform, external_id) IN (SELECT * FROM unnest(CAST(:platforms AS text[]), CAST(:external_ids AS text[])))
""")

_SCOPES = text("SELECT id, shop_ids FROM connectors WHERE company_id = :company_id AND id = ANY(:ids)")

_PRESENT = text("""
    SELECT o.shop_id, o.metric, o.dimension, o.grain, o.bucket, o.value, o.is_final, o.through, o.observed_at
    FROM unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]),
                CAST(:grains AS text[]), CAST(:buckets AS date[])) AS key (shop_id, metric, dimension, grain, bucket)
    JOIN observations o ON o.company_id = :company_id AND o.shop_id = key.shop_id AND o.metric = key.metric
         AND o.dimension = key.dimension AND o.grain = key.grain AND o.bucket = key.bucket
""")

_STORE = text("""
    INSERT INTO observations (company_id, shop_id, metric, dimension, grain, bucket, value, is_final, through,
                              observed_at, batch_id, received_at)
    SELECT :company_id, row.* FROM unnest(
        CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]), CAST(:grains AS text[]),
        CAST(:buckets AS date[]), CAST(:values AS numeric[]), CAST(:finals AS boolean[]), CAST(:throughs AS date[]),
        CAST(:observed AS timestamptz[]), CAST(:batches AS uuid[]), CAST(:received AS timestamptz[])) AS row
    ON CONFLICT (company_id, shop_id, metric, dimension, grain, bucket) DO UPDATE
    SET value = excluded.value, is_final = excluded.is_final, through = excluded.through,
        observed_at = excluded.observed_at, batch_id = excluded.batch_id, received_at = excluded.received_at
""")

_HISTORY_COLUMNS = (
    "company_id", "shop_id", "metric", "dimension", "grain", "bucket", "batch_id", "row_index",
    "value", "is_final", "through", "observed_at", "received_at", "verdict",
)  # fmt: skip

_OF_KEYS = """
    SELECT DISTINCT source.goal_id
    FROM unnest(CAST(:shops AS uuid[]), CAST(:metrics AS text[]), CAST(:dimensions AS text[]),
                CAST(:firsts AS date[]), CAST(:lasts AS date[])) AS changed (shop_id, metric, dimension, first, last)
    JOIN indicator_sources source ON source.company_id = :company_id AND source.shop_id = changed.shop_id
         AND source.metric = changed.metric AND source.dimension = changed.dimension
         AND source.starts_on <= changed.last AND source.ends_on >= changed.first
"""

_AFFECTED = text(_OF_KEYS)

_AFFECTED_UNSEEN = text(f"""{_OF_KEYS}
    JOIN goal_marks mark ON mark.company_id = :company_id AND mark.goal_id = source.goal_id
         AND mark.first_batch_id > :earliest
""")

_FINISH = text("""
    UPDATE metric_batches batch
    SET state = 'done', processed_at = :now, attempts = GREATEST(batch.attempts, 1), error = NULL,
        verdicts = outcome.verdicts, row_verdicts = outcome.row_verdicts
    FROM unnest(CAST(:ids AS uuid[]), CAST(:verdicts AS jsonb[]), CAST(:row_verdicts AS bytea[]))
         AS outcome (id, verdicts, row_verdicts)
    WHERE batch.company_id = :company_id AND batch.id = outcome.id
""")

_FORGET_REJECTIONS = text("""
    DELETE FROM batch_rejections WHERE company_id = :company_id AND batch_id = ANY(:batches)
""")

_REJECT = text("""
    INSERT INTO batch_rejections (company_id, batch_id, row_index, pointer, code, detail)
    SELECT :company_id, row.* FROM unnest(CAST(:batches AS uuid[]), CAST(:indexes AS integer[]),
        CAST(:pointers AS text[]), CAST(:codes AS text[]), CAST(:details AS text[])) AS row
""")

_COUNT_ATTEMPT = text("""
    UPDATE metric_batches
    SET attempts = attempts + 1, due_at = clock_timestamp() + interval '1 second' * (attempts + 1)
    WHERE company_id = :company_id AND id = :id AND state = 'stored' AND due_at <= clock_timestamp()
    RETURNING attempts
""")

_PUT_OFF = text("""
    UPDATE metric_batches SET due_at = now() + interval '1 second' * power(2, attempts)
    WHERE company_id = :company_id AND id = :id AND state = 'stored'
""")

_FAIL = text("""
    UPDATE metric_batches SET state = 'failed', processed_at = :now, error = :error
    WHERE company_id = :company_id AND id = :id AND state = 'stored'
""")


async def find_oldest(session: AsyncSession, *, company_id: UUID, above: UUID) -> dict[str, tuple[UUID, int]]:
    """The oldest batch to do in each lane, and how many rows it has; under `any` the oldest, due or not yet."""
    rows = await session.execute(_OLDEST, {"company_id": company_id, "above": above})
    return {row.lane: (row.id, row.received) for row in rows}


async def claim_batches(
    session: AsyncSession, *, company_id: UUID, lane: str, oldest: UUID, batches: int
) -> list[Batch]:
    """Lock batches nobody else holds, oldest first; a dead worker's locks are gone with it."""
    parameters = {"company_id": company_id, "lane": lane, "oldest": oldest, "batches": batches}
    return [Batch(*row) for row in await session.execute(_CLAIM, parameters)]


async def claim_batch(session: AsyncSession, *, company_id: UUID, batch_id: UUID) -> list[Batch]:
    """Lock one batch, unless somebody else has it."""
    rows = await session.execute(_CLAIM_ONE, {"company_id": company_id, "id": batch_id})
    return [Batch(*row) for row in rows]


async def load_payloads(session: AsyncSession, *, company_id: UUID, batches: Sequence[Batch]) -> dict[UUID, bytes]:
    """What locked batches hold: read only once it is sure which of them fit into the claim."""
    rows = await session.execute(_PAYLOADS, {"company_id": company_id, "ids": [batch.id for batch in batches]})
    return {row.id: row.payload for row in rows}


async def find_shops(session: AsyncSession, *, company_id: UUID, names: Iterable[str]) -> dict[str, UUID]:
    """The shops that these `platform:external_id` name."""
    parts = [name.partition(":") for name in sorted(names)]
    rows = await session.execute(
        _SHOPS,
        {
            "company_id": company_id,
            "platforms": [platform for platform, _, _ in parts],
            "external_ids": [external_id for _, _, external_id in parts],
        },
    )
    return {row.name: row.id for row in rows}


async def find_scopes(
    session: AsyncSession, *, company_id: UUID, connector_ids: Iterable[UUID]
) -> dict[UUID, frozenset[UUID]]:
    """The shops each connector may push."""
    rows = await session.execute(_SCOPES, {"company_id": company_id, "ids": sorted(connector_ids)})
    return {row.id: frozenset(row.shop_ids) for row in rows}


async def load_present(session: AsyncSession, *, company_id: UUID, keys: Sequence[Key]) -> dict[Key, Version]:
    """The rows that stand now for these keys."""
    rows = await session.execute(_PRESENT, {"company_id": company_id} | _key_columns(keys))
    present = {}
    for shop_id, metric, dimension, grain, bucket, value, is_final, through, observed_at in rows:
        key = Key(shop_id, metric, dimension, Grain(grain), bucket)
        present[key] = Version(int(is_final), through or bucket_end(bucket, key.grain), observed_at, value)
    return present


async def store_facts(session: AsyncSession, *, company_id: UUID, facts: Mapping[Key, Row]) -> None:
    """Write the rows that stand from now on, sorted by key."""
    keys = sorted(facts)
    rows = [facts[key] for key in keys]
    await session.execute(
        _STORE,
        {"company_id": company_id}
        | _key_columns(keys)
        | {
            "values": [row.version.value for row in rows],
            "finals": [bool(row.version.finality) for row in rows],
            "throughs": [row.through for row in rows],
            "observed": [row.version.observed_at for row in rows],
            "batches": [row.batch.id for row in rows],
            "received": [row.batch.received_at for row in rows],
        },
    )


async def store_history(session: AsyncSession, *, company_id: UUID, rows: Iterable[tuple[Key, Row, str]]) -> None:
    """Keep every row received, with its verdict (MET-7)."""
    records = [
        (company_id, *key, row.batch.id, row.row_index, row.version.value, bool(row.version.finality), row.through,
         row.version.observed_at, row.batch.received_at, verdict)
        for key, row, verdict in rows
    ]  # fmt: skip
    # COPY: these rows are always new, and it takes half the time of any INSERT; SQLAlchemy has no call for it
    raw = await (await session.connection()).get_raw_connection()
    assert raw.driver_connection is not None
    await raw.driver_connection.copy_records_to_table("observation_history", records=records, columns=_HISTORY_COLUMNS)


async def find_affected_goals(
    session: AsyncSession, *, company_id: UUID, changed: Iterable[Key], kept: Iterable[Key], earliest: UUID
) -> set[UUID]:
    """The goals that are measured by what changed, in a window that the change touches.

    Also those measured by what was kept, where it came with a later batch that their attainment does not show yet:
    so it does not show the batch that lost against it.
    """
    goal_ids: set[UUID] = set()
    for statement, keys in ((_AFFECTED, changed), (_AFFECTED_UNSEEN, kept)):
        if ordered := sorted(keys):
            columns = _key_columns(ordered)
            goal_ids.update(
                await session.scalars(
                    statement,
                    {
                        "company_id": company_id,
                        "shops": columns["shops"],
                        "metrics": columns["metrics"],
                        "dimensions": columns["dimensions"],
                        "firsts": columns["buckets"],
                        "lasts": [bucket_end(key.bucket, key.grain) for key in ordered],
                    }
                    | ({"earliest": earliest} if statement is _AFFECTED_UNSEEN else {}),
                )
            )
    return goal_ids


async def finish_batches(
    session: AsyncSession, *, company_id: UUID, outcomes: Sequence[Outcome], now: datetime
) -> None:
    """Say what became of each batch."""
    await session.execute(
        _FINISH,
        {
            "company_id": company_id,
            "now": now,
            "ids": [outcome.batch_id for outcome in outcomes],
            "verdicts": [json.dumps(outcome.verdicts) for outcome in outcomes],
            "row_verdicts": [outcome.row_verdicts for outcome in outcomes],
        },
    )


async def forget_rejections(session: AsyncSession, *, company_id: UUID, batch_ids: Sequence[UUID]) -> None:
    """Forget why rows of replayed batches were rejected: they are judged again."""
    await session.execute(_FORGET_REJECTIONS, {"company_id": company_id, "batches": batch_ids})


async def store_rejections(session: AsyncSession, *, company_id: UUID, rejections: Sequence[Rejection]) -> None:
    """Keep why rows were rejected."""
    await session.execute(
        _REJECT,
        {
            "company_id": company_id,
            "batches": [rejection.batch_id for rejection in rejections],
            "indexes": [rejection.row_index for rejection in rejections],
            "pointers": [rejection.pointer for rejection in rejections],
            "codes": [rejection.code for rejection in rejections],
            "details": [rejection.detail for rejection in rejections],
        },
    )


async def count_attempt(session: AsyncSession, *, company_id: UUID, batch_id: UUID) -> int | None:
    """Count a try before it is made; None where the batch is done, or another worker has just counted its own.

    Should the worker die of it, others come first for some seconds: few, as workers also die of other things.
    """
    attempts: int | None = await session.scalar(_COUNT_ATTEMPT, {"company_id": company_id, "id": batch_id})
    return attempts


async def put_off_batch(session: AsyncSession, *, company_id: UUID, batch_id: UUID) -> None:
    """Let a batch that has failed wait, longer each time."""
    await session.execute(_PUT_OFF, {"company_id": company_id, "id": batch_id})


async def fail_batch(session: AsyncSession, *, company_id: UUID, batch_id: UUID, error: str, now: datetime) -> None:
    """Put a batch aside with its error: the others go on (ING-5)."""
    await session.execute(_FAIL, {"company_id": company_id, "id": batch_id, "error": error, "now": now})


def _key_columns(keys: Sequence[Key]) -> dict[str, list[object]]:
    return {
        "shops": [key.shop_id for key in keys],
        "metrics": [key.metric for key in keys],
        "dimensions": [key.dimension for key in keys],
        "grains": [key.grain.value for key in keys],
        "buckets": [key.bucket for key in keys],
    }
