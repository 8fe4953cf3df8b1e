"""From pushed rows to verdicts and standing rows, in memory: what the claim then writes (ING-3, MET-7)."""

import gzip
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from attain_shared.metrics.push import PushedRow, decode_checked, rows_of
from attain_shared.rules.algebra import Algebra, Metric
from attain_shared.rules.corrections import Verdict, Version, judge
from attain_shared.rules.periods import bucket_end
from attain_worker.ingestion.repository import Batch, Key, Outcome, Rejection, Row

VERDICT_BYTES = {verdict: index for index, verdict in enumerate(Verdict)}
"""A row's verdict as it is kept with its batch."""
REJECTED = VERDICT_BYTES[Verdict.REJECTED]


class UnreadablePayload(ValueError):
    """A stored body that is not gzip: no OSError, which would pass for a database that is away."""


@dataclass(slots=True)
class Claim:
    """The rows of some batches, sorted out by key."""

    batches: Sequence[Batch]
    rows: dict[Key, list[Row]] = field(default_factory=lambda: defaultdict(list))
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(slots=True)
class Judgement:
    """What a claim comes to."""

    history: list[tuple[Key, Row, str]] = field(default_factory=list)
    facts: dict[Key, Row] = field(default_factory=dict)
    """The rows to write: those that now stand and did not before."""
    changed: set[Key] = field(default_factory=set)
    """Keys whose value, finality or span changed: what depends on them is recomputed."""
    outcomes: list[Outcome] = field(default_factory=list)


def unpack(batches: Iterable[Batch], payloads: Mapping[UUID, bytes]) -> list[tuple[Batch, list[PushedRow]]]:
    """The rows of each batch, as pushed."""
    return [(batch, list(rows_of(decode_checked(_unzip(payloads[batch.id]))))) for batch in batches]


def _unzip(payload: bytes) -> bytes:
    try:
        return gzip.decompress(payload)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadablePayload(f"the payload cannot be unpacked: {error!r}") from error


def sort_out(
    pushed: Sequence[tuple[Batch, list[PushedRow]]],
    *,
    shops: Mapping[str, UUID],
    scopes: Mapping[UUID, frozenset[UUID]],
    metrics: Mapping[str, Metric],
) -> Claim:
    """Group the rows by key in the order they came; reject those that cannot be facts (ING-3).

    Of a replayed batch only the rows rejected before are judged: the others have their verdict.
    """
    claim = Claim([batch for batch, _ in pushed])
    for batch, rows in pushed:
        scope = scopes.get(batch.connector_id, frozenset()) if batch.connector_id else None
        for index, row in enumerate(rows):
            if batch.row_verdicts is not None and batch.row_verdicts[index] != REJECTED:
                continue
            shop_id = shops.get(row.shop)
            if shop_id is None or (scope is not None and shop_id not in scope):
                detail = f"no shop {row.shop} within reach of this key"
                claim.rejections.append(_rejection(batch, index, "shop", "unknown-shop", detail))
            elif row.metric not in metrics:
                detail = f"no metric {row.metric} in the catalogue"
                claim.rejections.append(_rejection(batch, index, "metric", "unknown-metric", detail))
            elif row.value < 0 and metrics[row.metric].algebra is Algebra.DISTINCT:
                detail = f"{row.metric} counts {metrics[row.metric].unit}: there are no fewer than none"
                claim.rejections.append(_rejection(batch, index, "value", "negative-count", detail))
            else:
                key = Key(shop_id, row.metric, row.dimension, row.grain, row.bucket)
                through = row.through or bucket_end(row.bucket, row.grain)
                version = Version(row.finality.rank, through, row.observed_at, row.value)
                claim.rows[key].append(Row(version, row.through, batch, index))
    return claim


def decide(claim: Claim, present: Mapping[Key, Version]) -> Judgement:
    """Judge every row against what stands, one after the other (MET-7)."""
    judgement = Judgement()
    verdicts = {
        batch.id: bytearray(batch.row_verdicts or bytes([REJECTED]) * batch.received) for batch in claim.batches
    }
    for key, rows in claim.rows.items():
        before = standing = present.get(key)
        for row in rows:
            verdict, after = judge(standing, row.version)
            if after is not standing:
                judgement.facts[key] = row
            standing = after
            verdicts[row.batch.id][row.row_index] = VERDICT_BYTES[verdict]
            judgement.history.append((key, row, verdict.value))
        if standing is not None and _matters(before, standing):
            judgement.changed.add(key)
    judgement.outcomes = [
        Outcome(batch.id, _count(verdicts[batch.id]), bytes(verdicts[batch.id])) for batch in claim.batches
    ]
    return judgement


def _matters(before: Version | None, after: Version) -> bool:
    """Whether anything computed from the row changes: its clock alone does not matter."""
    return before is None or (before.value, before.finality, before.through) != (
        after.value,
        after.finality,
        after.through,
    )


def _count(verdicts: bytes | bytearray) -> dict[str, int]:
    counts = Counter(verdicts)
    return {verdict.value: counts[code] for verdict, code in VERDICT_BYTES.items()}


def _rejection(batch: Batch, index: int, field_name: str, code: str, detail: str) -> Rejection:
    return Rejection(batch.id, index, f"/observations/{index}/{field_name}", code, detail)
