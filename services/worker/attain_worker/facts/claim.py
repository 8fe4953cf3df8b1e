"""The rows of a claim's batches, sorted out by key (ING-3).

Tens of thousands of rows pass here a second, so they stay what they are in the body: what repeats from row to row is
looked up once, and named by a number from there on. A row costs about a microsecond.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import UNSET, UnsetType

from attain_shared.clock import business_day
from attain_shared.metrics.push import Push, PushedFields, decode_checked, given
from attain_shared.rules.algebra import Algebra, Metric
from attain_shared.rules.corrections import Finality, Verdict
from attain_shared.rules.periods import Grain

CODES = {verdict: code for code, verdict in enumerate(Verdict)}
"""A row's verdict as it is kept with its batch: one byte."""
ACCEPTED, REJECTED = CODES[Verdict.ACCEPTED], CODES[Verdict.REJECTED]
GZIP_WINDOW = 31


class UnreadablePayload(ValueError):
    """A stored body that is not gzip."""


class Batch(NamedTuple):
    """A batch of the inbox, locked by this transaction."""

    id: UUID
    connector_id: UUID | None
    received: int
    received_at: datetime
    """When its rows came to be known: stored, or sent round again."""
    row_verdicts: bytes | None
    """Of the last time, where this is a replay: only the rejected rows are judged again."""
    traceparent: str | None = None
    """The trace of the push (W3C Trace Context)."""


class Series(NamedTuple):
    """What a fact is about but for its bucket, in the order of the facts' key (MET-2)."""

    shop_id: UUID
    metric: str
    dimension: str
    grain: Grain


class Stamp(NamedTuple):
    """What many rows of a batch share beside what they are about."""

    batch: int
    """The place of the batch in the claim."""
    finality: Finality
    through: date | None
    observed_at: datetime


class Row(NamedTuple):
    """A row, by the numbers of its series and its stamp."""

    series: int
    bucket: date
    value: str
    """A decimal number as it was written."""
    stamp: int
    row_index: int
    """Its place in its batch."""


class Refusal(NamedTuple):
    """Why rows cannot be facts: the field, a stable code and a sentence."""

    field: str
    code: str
    detail: str


class Rejection(NamedTuple):
    """A row that could not be taken in (ING-3)."""

    batch_id: UUID
    row_index: int
    refusal: Refusal


@dataclass(slots=True)
class Claim:
    """The rows of some batches; numbers are places in these lists."""

    batches: Sequence[Batch]
    series: list[Series] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    first: list[dict[date, int]] = field(default_factory=list)
    """Of each series by bucket, the first row of the key."""
    repeated: dict[int, list[int]] = field(default_factory=dict)
    """Every row of a key that has several, in the order they came, by the first one."""
    verdicts: list[bytearray] = field(default_factory=list)
    """Of each batch a byte a row: accepted, unless rejected here or judged otherwise later."""
    rejections: list[Rejection] = field(default_factory=list)
    latest_days: dict[tuple[UUID, UUID], date] = field(default_factory=dict)
    """By connector and shop, the last business day that was brought (MET-8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What decides whether a row can be a fact."""

    shops: Mapping[str, UUID]
    """By `platform:external_id`."""
    scopes: Mapping[UUID, frozenset[UUID]]
    """The shops of each connector."""
    metrics: Mapping[str, Metric]


def unpack(payload: bytes) -> Push:
    """A stored body.

    Raises:
        UnreadablePayload: it is not gzip.
    """
    try:
        return decode_checked(zlib.decompress(payload, GZIP_WINDOW))
    except zlib.error as error:
        raise UnreadablePayload(f"the payload cannot be unpacked: {error!r}") from error


def shop_names(pushes: Iterable[Push]) -> set[str]:
    """The shops that any row is of, as pushed."""
    names = {row.shop for push in pushes for row in push.observations} | {push.shop for push in pushes}
    return {name for name in names if not isinstance(name, UnsetType)}


def sort_out(batches: Sequence[Batch], pushes: Sequence[Push], known: Known) -> Claim:
    """Group the rows by key in the order they came; reject those that cannot be facts (ING-3).

    Of a replayed batch only the rows rejected before are judged: the others have their verdict.
    """
    claim = Claim(batches)
    numbers: dict[Series, int] = {}
    for place, (batch, push) in enumerate(zip(batches, pushes, strict=True)):
        _BatchSorting(claim, place, batch, push, known, numbers).run()
    return claim


class _BatchSorting:
    """Sorts the rows of one batch into a claim."""

    def __init__(
        self, claim: Claim, place: int, batch: Batch, push: Push, known: Known, numbers: dict[Series, int]
    ) -> None:
        self._claim, self._place, self._batch, self._push, self._known = claim, place, batch, push, known
        self._numbers = numbers
        self._stamps: dict[object, int] = {}
        self._over: dict[int, date] = {}
        """By stamp, the last day whose figures can have been all there."""
        self._scope = known.scopes.get(batch.connector_id, frozenset()) if batch.connector_id else None

    def run(self) -> None:
        """Take the rows in their order."""
        claim, batch = self._claim, self._batch
        verdicts = bytearray(batch.row_verdicts or batch.received)
        claim.verdicts.append(verdicts)
        rows, firsts, add = claim.rows, claim.first, claim.rows.append
        value_of_all = self._push.value
        bucket_of_all = self._push.bucket
        targets: dict[tuple[Any, ...], int | Refusal] = {}
        latest: dict[int, date] = {}
        for index, row in enumerate(self._push.observations):
            if batch.row_verdicts is not None:
                if batch.row_verdicts[index] != REJECTED:
                    continue
                verdicts[index] = ACCEPTED
            told = (row.shop, row.metric, row.dimension, row.grain)
            target = targets.get(told)
            if target is None:
                target = targets[told] = self._target(row)
            raw = row.value if row.value is not UNSET else value_of_all
            value = str(raw, "ascii").strip('"')  # type: ignore[arg-type]  # a buffer, checked when it was pushed
            if value[0] == "-" and not isinstance(target, Refusal):
                target = self._refuse_negative(target, value)
            if isinstance(target, Refusal):
                verdicts[index] = REJECTED
                claim.rejections.append(Rejection(batch.id, index, target))
                continue
            bucket: date = row.bucket if row.bucket is not UNSET else bucket_of_all  # type: ignore[assignment]
            own, number = firsts[target], len(rows)
            first = own.setdefault(bucket, number)
            if first != number:
                claim.repeated.setdefault(first, [first]).append(number)
            stamp = self._stamp(row)
            if latest.get(target, date.min) < bucket <= self._over[stamp]:
                latest[target] = bucket
            add(Row(target, bucket, value, stamp, index))
        self._note_latest(latest)

    def _target(self, row: PushedFields) -> int | Refusal:
        """The number of the series that a row is of; or why it can be of none."""
        push, known = self._push, self._known
        shop: str = given(row.shop, push.shop)
        code: str = given(row.metric, push.metric)
        shop_id = known.shops.get(shop)
        if shop_id is None or (self._scope is not None and shop_id not in self._scope):
            return Refusal("shop", "unknown-shop", f"no shop {shop} within reach of this key")
        if code not in known.metrics:
            return Refusal("metric", "unknown-metric", f"no metric {code} in the catalogue")
        series = Series(shop_id, code, given(row.dimension, push.dimension, ""), given(row.grain, push.grain))
        number = self._numbers.setdefault(series, len(self._claim.series))
        if number == len(self._claim.series):
            self._claim.series.append(series)
            self._claim.first.append({})
        return number

    def _refuse_negative(self, number: int, value: str) -> int | Refusal:
        metric = self._known.metrics[self._claim.series[number].metric]
        if metric.algebra is Algebra.DISTINCT and Decimal(value) < 0:
            return Refusal(
                "value", "negative-count", f"{metric.code} counts {metric.unit}: there are no fewer than none"
            )
        return number

    def _stamp(self, row: PushedFields) -> int:
        told = (row.finality, row.through, row.observed_at)
        number = self._stamps.get(told)
        if number is None:
            push = self._push
            number = self._stamps[told] = len(self._claim.stamps)
            finality = given(row.finality, push.finality, Finality.FINAL)
            observed_at = given(row.observed_at, push.observed_at)
            self._claim.stamps.append(Stamp(self._place, finality, given(row.through, push.through, None), observed_at))
            self._over[number] = business_day(observed_at) - timedelta(days=finality is Finality.REALTIME)
        return number

    def _note_latest(self, latest: Mapping[int, date]) -> None:
        """What a connector has brought: days that were over when their figures were read, or that are final.

        Only day rows tell: a month's row comes long before the month is over.
        """
        if self._batch.connector_id is None:
            return
        days = self._claim.latest_days
        for number, day in latest.items():
            series = self._claim.series[number]
            if series.grain is Grain.DAY:
                pair = (self._batch.connector_id, series.shop_id)
                days[pair] = max(day, days.get(pair, day))
