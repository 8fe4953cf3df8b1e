"""Which row of a key is the present one, and what becomes of each row received (MET-7)."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Finality(StrEnum):
    """Whether the platform has finished counting (MET-2)."""

    REALTIME = "realtime"
    FINAL = "final"

    @property
    def rank(self) -> int:
        """Its place in the order of corrections: final above realtime (MET-7)."""
        return int(self is Finality.FINAL)


class Verdict(StrEnum):
    """What became of a received row (MET-7, ING-1)."""

    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    STALE = "stale"
    CONFLICT = "conflict"
    REJECTED = "rejected"


class Version(NamedTuple):
    """One row of a key, compared as MET-7 orders them: the greatest is the present one.

    A tuple, since one is made and compared for every row ingested. `finality` is the rank, and `through` the last day
    the row speaks for: a row without a `through` speaks for its whole bucket, so no to-date row stands above it.
    """

    finality: int
    through: date
    observed_at: datetime
    value: Decimal


def judge(present: Version | None, row: Version) -> tuple[Verdict, Version]:
    """The verdict of a row against the present one, and the row that stands from here on (MET-7)."""
    if present is None:
        return Verdict.ACCEPTED, row
    if row.value == present.value:
        return Verdict.UNCHANGED if row >= present else Verdict.STALE, max(present, row)
    if row[:3] == present[:3]:
        return Verdict.CONFLICT, max(present, row)
    return (Verdict.SUPERSEDED, row) if row > present else (Verdict.STALE, present)
