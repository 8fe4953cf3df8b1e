"""From any number of observations to bodies that one push takes (ING-1)."""

import dataclasses
import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

from pydantic import BaseModel

from attain_shared.client.errors import BadRow
from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain

MAX_ROWS = 10_000
"""Rows of one batch."""
MAX_BYTES = 8 * 1024 * 1024
"""Bytes of one batch's JSON, unpacked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A row of a push (MET-2); what is None comes from the defaults of the push."""

    metric: str
    bucket: date | str
    """The first day of its grain."""
    value: Decimal | int | str
    shop: str | None = None
    """`platform:external_id`."""
    grain: Grain | str | None = None
    dimension: str | None = None
    """`item:<id>`, `channel:<code>`, `terminal:<kind>`; none for the whole shop."""
    finality: Finality | str | None = None
    observed_at: datetime | str | None = None
    """The source's own clock, with its offset."""
    through: date | str | None = None
    """A to-date row's last day."""


Row = Observation | BaseModel | Mapping[str, Any]
"""An observation in whichever form is at hand; names as in the API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What stands beside the rows of every batch: None is left out."""

    source: str | None = None
    """What the connector calls itself."""
    lane: Literal["live", "backfill"] | None = None
    shop: str | None = None
    metric: str | None = None
    grain: Grain | str | None = None
    bucket: date | str | None = None
    dimension: str | None = None
    finality: Finality | str | None = None
    observed_at: datetime | str | None = None
    through: date | str | None = None

    def plain(self) -> dict[str, str]:
        """As JSON has it, without what is not given.

        Raises:
            ValueError: an instant without its offset.
        """
        content: dict[str, str] = json.loads(_dump(_given(self)))
        return content


@dataclass(frozen=True, slots=True)
class Batch:
    """One body, and where in the input it comes from."""

    sequence: int
    first_row: int
    """Of the whole input, from 0."""
    rows: int
    content: bytes
    """The JSON: the same rows and defaults always make the same bytes."""

    @property
    def digest(self) -> str:
        """16 hex digits that tell one content from another."""
        return hashlib.sha256(self.content).hexdigest()[:16]

    def key(self, run_id: str) -> str:
        """The Idempotency-Key: the same run, place and content always have the same one (ING-2)."""
        return f"{run_id}-{self.sequence:06}-{self.digest}"

    def packed(self) -> bytes:
        """The gzip that is sent."""
        return gzip.compress(self.content, compresslevel=6, mtime=0)


def cut(
    rows: Iterable[Row], defaults: Defaults, *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES
) -> Iterator[Batch]:
    """Batches in the order of the rows, each as full as it may be; only one is in memory at a time.

    Raises:
        BadRow: a row is no observation, or larger than a whole batch.
    """
    head = _dump(_given(defaults)).encode()[:-1]
    head += (b"," if len(head) > 1 else b"") + b'"observations":['
    tokens: list[bytes] = []
    sequence, first_row, size = 0, 0, len(head) + 2
    for place, row in enumerate(rows):
        token = _token(row, place)
        if len(head) + 2 + len(token) > max_bytes:
            raise BadRow(place, f"larger than the {max_bytes} bytes of a batch")
        if tokens and (len(tokens) == max_rows or size + 1 + len(token) > max_bytes):
            yield _batch(sequence, first_row, head, tokens)
            sequence, first_row, size, tokens = sequence + 1, place, len(head) + 2, []
        size += len(token) + bool(tokens)
        tokens.append(token)
    if tokens:
        yield _batch(sequence, first_row, head, tokens)


def _batch(sequence: int, first_row: int, head: bytes, tokens: list[bytes]) -> Batch:
    return Batch(sequence, first_row, len(tokens), head + b",".join(tokens) + b"]}")


def _token(row: Row, place: int) -> bytes:
    """A row as JSON."""
    try:
        return _dump(_fields_of(row)).encode()
    except (TypeError, ValueError) as error:
        raise BadRow(place, str(error)) from error


def _fields_of(row: Row) -> Mapping[str, Any]:
    if isinstance(row, Observation):
        return _given(row)
    if isinstance(row, BaseModel):
        return row.model_dump(exclude_none=True)
    if isinstance(row, Mapping):
        return row
    raise TypeError(f"an observation is a mapping, an Observation or a model, not {type(row).__name__}")


def _given(one: Observation | Defaults) -> dict[str, Any]:
    named = ((field.name, getattr(one, field.name)) for field in dataclasses.fields(one))
    return {name: value for name, value in named if value is not None}


def _dump(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> str:
    """What JSON has no form for."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is no value; leave the row out")
        return format(value, "f")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("an instant needs its offset")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    raise TypeError(f"JSON has no form for {type(value).__name__}")
