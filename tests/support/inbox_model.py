"""An inbox of plain lists and dictionaries: a second and simpler reading of MET-7 and ING-1 to ING-5.

It shares nothing with the product but the words of the specification. Time is a count of what has happened.
"""

from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

REJECTED = "rejected"


class Key(NamedTuple):
    """What a row is about."""

    shop: str
    metric: str
    dimension: str
    grain: str
    bucket: date


class Observation(NamedTuple):
    """A row as pushed."""

    key: Key
    value: Decimal
    finality: str
    through: date | None
    observed_at: datetime

    @property
    def place(self) -> tuple[bool, date, datetime]:
        """Where it stands among the rows of its key, but for the value: a row of the whole bucket speaks to its end."""
        month = self.key.bucket.replace(day=monthrange(self.key.bucket.year, self.key.bucket.month)[1])
        end = {"day": self.key.bucket, "month": month}[self.key.grain]
        return self.finality == "final", self.through or end, self.observed_at


class Taken(NamedTuple):
    """A row that was taken in: whence, with what verdict, and when it came to be known."""

    row: Observation
    batch: str
    row_index: int
    verdict: str
    known: int


@dataclass
class Batch:
    """A pushed batch."""

    id: str
    key: str
    rows: list[Observation]
    known: int
    state: str = "stored"
    verdicts: list[str | None] = field(default_factory=list)
    """Of each row, of the last time where it is to be judged again."""

    @property
    def replayable(self) -> bool:
        """Whether it may be sent round again (ING-3, ING-5)."""
        return self.state == "failed" or (self.state == "done" and REJECTED in self.verdicts)


@dataclass
class InboxModel:
    """What a company's inbox and facts must be."""

    shops: set[str]
    """Within the connector's reach."""
    metrics: set[str]
    now: int = 0
    batches: dict[str, Batch] = field(default_factory=dict)
    received: dict[Key, list[Taken]] = field(default_factory=lambda: defaultdict(list))
    """The rows of each key, in the order they were judged."""
    present: dict[Key, Taken] = field(default_factory=dict)

    def tick(self) -> int:
        """Something happens."""
        self.now += 1
        return self.now

    def push(self, batch_id: str, key: str, rows: list[Observation]) -> None:
        """A batch is stored."""
        self.batches[batch_id] = Batch(batch_id, key, rows, self.tick(), verdicts=[None] * len(rows))

    def replay(self, batch: Batch) -> None:
        """A batch is sent round again: what then goes in was not known before."""
        batch.state, batch.known = "stored", self.tick()

    def take_in(self, batch: Batch) -> None:
        """A batch is judged, row by row; of a replayed one those that were rejected."""
        for index, row in enumerate(batch.rows):
            if batch.verdicts[index] in {None, REJECTED}:
                batch.verdicts[index] = self._judge(row, batch, index)
        batch.state = "done"

    def _judge(self, row: Observation, batch: Batch, index: int) -> str:
        if self.refusal(row):
            return REJECTED
        standing = self.present.get(row.key)
        verdict = verdict_of(row, standing.row if standing else None)
        taken = Taken(row, batch.id, index, verdict, batch.known)
        self.received[row.key].append(taken)
        if standing is None or (row.place, row.value) > (standing.row.place, standing.row.value):
            self.present[row.key] = taken
        return verdict

    def refusal(self, row: Observation) -> str | None:
        """Why a row cannot go in (ING-3)."""
        if row.key.shop not in self.shops:
            return "unknown-shop"
        if row.key.metric not in self.metrics:
            return "unknown-metric"
        return "negative-count" if row.key.metric == "uv" and row.value < 0 else None

    def known_at(self, then: int) -> dict[Key, Observation]:
        """The greatest row of each key that was known then, whatever order they came in."""
        found = {}
        for key, rows in self.received.items():
            if known := [taken.row for taken in rows if taken.known <= then]:
                found[key] = max(known, key=lambda row: (row.place, row.value))
        return found


def verdict_of(row: Observation, standing: Observation | None) -> str:
    """MET-7, word for word."""
    if standing is None:
        return "accepted"
    same = row.value == standing.value
    if row.place == standing.place:
        return "unchanged" if same else "conflict"
    if row.place < standing.place:
        return "stale"
    return "unchanged" if same else "superseded"
