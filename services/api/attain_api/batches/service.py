"""Storing pushes durably and telling what became of them (ING-1 to ING-3)."""

import asyncio
import gzip
import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.batches import repository
from attain_api.batches.body import PushedBody
from attain_api.batches.limits import SCOPE_OF, Admit
from attain_api.batches.repository import Receipt
from attain_api.conditional import check_if_match
from attain_api.paging import PageQuery, paginate
from attain_shared.clock import business_day, utc_now
from attain_shared.db.durability import wait_for_replication
from attain_shared.db.partitions import ensure_inbox
from attain_shared.db.session import UnitOfWork
from attain_shared.doorbell import Bell
from attain_shared.errors import ActionNotAllowed, Conflict, NotAllowed, NotFound
from attain_shared.identifiers import new_id
from attain_shared.metrics.models import MetricBatch
from attain_shared.metrics.push import Push, PushedRow, decode_checked, given, read_push, rows_of
from attain_shared.metrics.schemas import BatchRead, BatchRowRead, VerdictCounts
from attain_shared.metrics.slots import slot_of
from attain_shared.rules.corrections import Verdict
from attain_shared.tracing import traceparent
from attain_shared.work.queries import want_work

VERDICTS = tuple(Verdict)
REPLAYERS = frozenset({"connector", "admin"})
"""Whoever may push may have it processed again."""


async def store_push(
    uow: UnitOfWork, *, actor: Actor, key: str, body: PushedBody, admit: Admit | None = None
) -> Receipt:
    """Store a push in the inbox; the same key and body get the first receipt again (ING-2).

    Args:
        uow: the transaction it is stored in.
        actor: who pushes.
        key: the Idempotency-Key.
        body: as it came.
        admit: asked once the lane is known, before anything is stored; whatever it raises is raised.

    Raises:
        NotAllowed: the lane is outside the key's scopes.
        Conflict: the key was used with another body.
    """
    # a large body takes a tenth of a second: in a thread, so that others are served meanwhile
    content, push, payload = await asyncio.to_thread(_read, body) if body.is_large else _read(body)
    body_hash = hashlib.sha256(content).digest()
    if actor.kind == "connector" and SCOPE_OF[push.lane] not in actor.scopes:
        raise NotAllowed(f"this key may not push to the {push.lane} lane", code="lane-not-allowed")
    if admit is not None:
        await admit(push.lane)
    receipt = Receipt(new_id(), len(push.observations), utc_now(), body_hash)
    await ensure_inbox(uow.session, batch_id=receipt.id)
    owner: Any = {"company_id": actor.company_id, "principal_id": actor.principal_id, "key": key}
    # a key that retention forgets between the two statements is stored anew
    while not await repository.store_batch(
        uow.session,
        **owner,
        body_hash=body_hash,
        batch_id=receipt.id,
        connector_id=actor.principal_id if actor.kind == "connector" else None,
        source=push.source,
        lane=push.lane,
        slot=slot_of(given(push.observations[0].shop, push.shop)),
        received=receipt.received,
        payload=payload,
        now=receipt.stored_at,
        traceparent=traceparent(),
    ):
        first = await repository.find_receipt(uow.session, **owner)
        if first is not None and first.body_hash != body_hash:
            raise Conflict("this Idempotency-Key was used with another body", code="idempotency-key-reused")
        if first is not None:
            await wait_for_replication(uow.session)
            return first
    uow.bells.add(Bell.INBOX)
    return receipt


def _read(body: PushedBody) -> tuple[bytes, Push, bytes]:
    """The body unpacked, checked, and packed for the inbox."""
    content = body.unpack()
    return content, read_push(content, today=business_day()), body.packed()


async def get_batch(uow: UnitOfWork, *, actor: Actor, batch_id: UUID) -> MetricBatch:
    """One batch; a connector sees its own."""
    batch = await repository.find_batch(
        uow.session, company_id=actor.company_id, connector_id=_own_only(actor), batch_id=batch_id
    )
    if batch is None:
        raise NotFound("no such batch")
    return batch


async def replay_batch(uow: UnitOfWork, *, actor: Actor, batch_id: UUID, if_match: str | None) -> MetricBatch:
    """Have a failed batch processed again, or the rejected rows of a done one, once their cause is mended (ING-3)."""
    batch = await repository.find_batch(
        uow.session, company_id=actor.company_id, connector_id=_own_only(actor), batch_id=batch_id, lock=True
    )
    if batch is None:
        raise NotFound("no such batch")
    check_if_match(if_match, batch_tag(batch))
    if not _may_be_replayed(batch):
        raise ActionNotAllowed("only a failed batch, or a done one with rejected rows, can be replayed")
    batch.state, batch.attempts, batch.replayed_at = "stored", 0, utc_now()
    batch.due_at = await repository.get_database_time(uow.session)
    batch.processed_at = batch.error = batch.verdicts = None
    await uow.session.flush()
    await want_work(uow.session, company_id=actor.company_id)
    uow.bells.add(Bell.INBOX_FROM_THE_START)
    return batch


async def list_batches(
    uow: UnitOfWork, *, actor: Actor, query: PageQuery, state: str | None, connector_id: UUID | None
) -> tuple[list[MetricBatch], str | None]:
    """Batches, the newest first unless asked otherwise; a connector sees its own."""
    statement = repository.select_batches(company_id=actor.company_id, connector_id=_own_only(actor) or connector_id)
    if _own_only(actor) is not None and connector_id not in {None, actor.principal_id}:
        return [], None
    if state is not None:
        statement = statement.where(MetricBatch.state == state)
    return await paginate(
        uow.session, statement, query=query, columns={"stored_at": MetricBatch.stored_at}, id_column=MetricBatch.id
    )


async def list_rows(
    uow: UnitOfWork, *, actor: Actor, batch_id: UUID, verdict: Verdict | None, after: int, limit: int
) -> list[BatchRowRead]:
    """The rows of a batch from an index on, with their verdicts."""
    content = await repository.find_content(
        uow.session, company_id=actor.company_id, connector_id=_own_only(actor), batch_id=batch_id
    )
    if content is None:
        raise NotFound("no such batch")
    wanted = list(_select_rows(content, verdict=verdict, after=after, limit=limit))
    rejections = await repository.list_rejections(
        uow.session,
        company_id=actor.company_id,
        batch_id=batch_id,
        indexes=[index for index, found, _ in wanted if found is Verdict.REJECTED],
    )
    rows = []
    for index, found, row in wanted:
        why = rejections.get(index)
        rows.append(
            BatchRowRead(
                index=index,
                verdict=found,
                pointer=why.pointer if why else None,
                code=why.code if why else None,
                detail=why.detail if why else None,
                observation=_observation(row),
            )
        )
    return rows


def batch_tag(batch: MetricBatch) -> str:
    """The ETag: a batch changes when it is tried, processed or replayed."""
    processed = batch.processed_at.timestamp() if batch.processed_at else 0
    return f'"{batch.state}-{batch.attempts}-{processed}"'


def read_batch(batch: MetricBatch, *, actor: Actor) -> BatchRead:
    """A batch as the caller sees it."""
    return BatchRead(
        id=batch.id,
        state=batch.state,
        source=batch.source,
        lane=batch.lane,
        connector_id=batch.connector_id,
        received=batch.received,
        attempts=batch.attempts,
        stored_at=batch.stored_at,
        processed_at=batch.processed_at,
        error=batch.error,
        verdicts=VerdictCounts.model_validate(batch.verdicts) if batch.verdicts else None,
        allowed_actions=["replay"] if REPLAYERS & actor.roles and _may_be_replayed(batch) else [],
    )


def _may_be_replayed(batch: MetricBatch) -> bool:
    return batch.state == "failed" or (batch.state == "done" and bool(batch.verdicts and batch.verdicts["rejected"]))


def _own_only(actor: Actor) -> UUID | None:
    """The connector whose batches alone the caller sees; None for people, who see all."""
    return actor.principal_id if actor.kind == "connector" else None


def _select_rows(
    content: repository.BatchContent, *, verdict: Verdict | None, after: int, limit: int
) -> Iterator[tuple[int, Verdict | None, PushedRow]]:
    found = 0
    for index, row in enumerate(rows_of(decode_checked(gzip.decompress(content.payload)))):
        judged = VERDICTS[content.row_verdicts[index]] if content.row_verdicts else None
        if index > after and (verdict is None or judged is verdict):
            yield index, judged, row
            found += 1
            if found == limit:
                return


def _observation(row: PushedRow) -> dict[str, str | None]:
    return {
        "shop": row.shop,
        "metric": row.metric,
        "dimension": row.dimension,
        "grain": row.grain.value,
        "bucket": row.bucket.isoformat(),
        "value": format(row.value, "f"),
        "finality": row.finality.value,
        "through": row.through.isoformat() if row.through else None,
        "observed_at": row.observed_at.isoformat(),
    }
