"""The statements of the inbox, as the worker sees it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_worker.facts.claim import Batch, Rejection


class Queue(NamedTuple):
    """One of the queues that a company's batches wait in: claims serve all of a lane alike."""

    lane: str
    slot: int


class Waiting(NamedTuple):
    """The oldest batch of a queue, due or not yet."""

    batch_id: UUID
    received: int


class Outcome(NamedTuple):
    """What became of a batch."""

    batch_id: UUID
    verdicts: Mapping[str, int]
    row_verdicts: bytes


# the queues are narrow ranges of an index: `until` keeps them out of the partitions made ahead
_OLDEST = text("""
    SELECT queue.lane, queue.slot, oldest.id, oldest.received
    FROM unnest(CAST(:lanes AS text[]), CAST(:slots AS smallint[]), CAST(:above AS uuid[])) AS queue (lane, slot, above)
    CROSS JOIN LATERAL (
        SELECT id, received FROM metric_batches
        WHERE company_id = :company_id AND lane = queue.lane AND slot = queue.slot AND state = 'stored'
          AND id > queue.above AND id > :lowest AND id < :until
        ORDER BY id LIMIT 1
    ) AS oldest
""")

_CLAIM = text("""
    SELECT queue.slot, batch.id, batch.connector_id, batch.received, batch.received_at, batch.row_verdicts,
           batch.traceparent
    FROM unnest(CAST(:slots AS smallint[]), CAST(:oldest AS uuid[])) AS queue (slot, oldest)
    CROSS JOIN LATERAL (
        SELECT id, connector_id, received, COALESCE(replayed_at, stored_at) AS received_at, row_verdicts,
               traceparent
        FROM metric_batches
        WHERE company_id = :company_id AND lane = :lane AND slot = queue.slot AND state = 'stored'
          AND id >= queue.oldest AND id >= :lowest AND id < :until AND due_at <= clock_timestamp()
        ORDER BY id LIMIT :share FOR UPDATE SKIP LOCKED
    ) AS batch
    ORDER BY batch.id
""")

_CLAIM_ONE = text("""
    SELECT id, connector_id, received, COALESCE(replayed_at, stored_at), row_verdicts, traceparent FROM metric_batches
    WHERE company_id = :company_id AND id = :id AND state = 'stored' FOR UPDATE SKIP LOCKED
""")

_PAYLOADS = text("SELECT id, payload FROM metric_batches WHERE company_id = :company_id AND id = ANY(:ids)")

_FINISH = text("""
    UPDATE metric_batches batch
    SET state = 'done', processed_at = :now, attempts = GREATEST(batch.attempts, 1), error = NULL,
        verdicts = outcome.verdicts, row_verdicts = outcome.row_verdicts
    FROM unnest(CAST(:ids AS uuid[]), CAST(:verdicts AS jsonb[]), CAST(:row_verdicts AS bytea[]))
         AS outcome (id, verdicts, row_verdicts)
    WHERE batch.company_id = :company_id AND batch.id = outcome.id AND batch.id = ANY(CAST(:ids AS uuid[]))
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

_UNCOUNT_ATTEMPT = text("""
    UPDATE metric_batches SET attempts = attempts - 1, due_at = clock_timestamp() + interval '1 second'
    WHERE company_id = :company_id AND id = :id AND state = 'stored' AND attempts > 0
""")

_PUT_OFF = text("""
    UPDATE metric_batches SET due_at = now() + interval '1 second' * power(2, attempts)
    WHERE company_id = :company_id AND id = :id AND state = 'stored'
""")

_FAIL = text("""
    UPDATE metric_batches SET state = 'failed', processed_at = :now, error = :error
    WHERE company_id = :company_id AND id = :id AND state = 'stored'
""")


async def find_oldest(
    session: AsyncSession, *, company_id: UUID, low_water: Mapping[Queue, UUID], until: UUID
) -> dict[Queue, Waiting]:
    """The oldest batch of each queue that has any, above its low-water mark."""
    ordered = sorted(low_water)
    rows = await session.execute(
        _OLDEST,
        {
            "company_id": company_id,
            "lanes": [queue.lane for queue in ordered],
            "slots": [queue.slot for queue in ordered],
            "above": [low_water[queue] for queue in ordered],
            "lowest": min(low_water.values()),
            "until": until,
        },
    )
    return {Queue(row.lane, row.slot): Waiting(row.id, row.received) for row in rows}


async def claim_batches(
    session: AsyncSession, *, company_id: UUID, oldest: Mapping[Queue, UUID], share: int, until: UUID
) -> dict[int, list[Batch]]:
    """Lock due batches nobody else holds, up to a share of each queue of one lane: by slot, oldest first.

    A dead worker's locks are gone with it.
    """
    (lane,) = {queue.lane for queue in oldest}
    ordered = sorted(oldest)
    rows = await session.execute(
        _CLAIM,
        {
            "company_id": company_id,
            "lane": lane,
            "slots": [queue.slot for queue in ordered],
            "oldest": [oldest[queue] for queue in ordered],
            "lowest": min(oldest.values()),
            "until": until,
            "share": share,
        },
    )
    batches: dict[int, list[Batch]] = {}
    for slot, *batch in rows:
        batches.setdefault(slot, []).append(Batch(*batch))
    return batches


async def claim_batch(session: AsyncSession, *, company_id: UUID, batch_id: UUID) -> list[Batch]:
    """Lock one batch, unless somebody else has it."""
    rows = await session.execute(_CLAIM_ONE, {"company_id": company_id, "id": batch_id})
    return [Batch(*row) for row in rows]


async def load_payloads(session: AsyncSession, *, company_id: UUID, batches: Sequence[Batch]) -> dict[UUID, bytes]:
    """What locked batches hold: read only once it is sure which of them fit into the claim."""
    rows = await session.execute(_PAYLOADS, {"company_id": company_id, "ids": [batch.id for batch in batches]})
    return {row.id: row.payload for row in rows}


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
            "pointers": [f"/observations/{one.row_index}/{one.refusal.field}" for one in rejections],
            "codes": [one.refusal.code for one in rejections],
            "details": [one.refusal.detail for one in rejections],
        },
    )


async def count_attempt(session: AsyncSession, *, company_id: UUID, batch_id: UUID) -> int | None:
    """Count a try before it is made; None where the batch is done, or another worker has just counted its own.

    Should the worker die of it, others come first for some seconds: few, as workers also die of other things.
    """
    attempts: int | None = await session.scalar(_COUNT_ATTEMPT, {"company_id": company_id, "id": batch_id})
    return attempts


async def uncount_attempt(session: AsyncSession, *, company_id: UUID, batch_id: UUID) -> None:
    """Take back a try that failed for a reason that goes away by itself: it says nothing about the batch."""
    await session.execute(_UNCOUNT_ATTEMPT, {"company_id": company_id, "id": batch_id})


async def put_off_batch(session: AsyncSession, *, company_id: UUID, batch_id: UUID) -> None:
    """Let a batch that has failed wait, longer each time."""
    await session.execute(_PUT_OFF, {"company_id": company_id, "id": batch_id})


async def fail_batch(session: AsyncSession, *, company_id: UUID, batch_id: UUID, error: str, now: datetime) -> None:
    """Put a batch aside with its error: the others go on (ING-5)."""
    await session.execute(_FAIL, {"company_id": company_id, "id": batch_id, "error": error, "now": now})
