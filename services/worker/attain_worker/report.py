"""What the job under way has done: told by whoever does it, once it is committed, and counted where the job ends."""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from attain_shared.clock import utc_now


@dataclass(slots=True)
class Report:
    """What a job has done so far; empty as long as it found nothing to do."""

    counts: Counter[str] = field(default_factory=Counter)
    """By what is counted; the fields of the job's log line.

    `failed` and `put_off` are parts of the job that came to nothing, each with a log line of its own: the others went on.
    """
    verdicts: Counter[str] = field(default_factory=Counter)
    """Rows taken in, by verdict; a batch sent round again counts with all of its rows again."""
    waited: list[float] = field(default_factory=list)
    """Of each batch taken in, the seconds since it came."""
    marked: list[float] = field(default_factory=list)
    """Of each goal recomputed, the seconds since its mark."""

    def add(self, **counts: int) -> None:
        """So much more was done; nothing is no news."""
        self.counts.update({name: count for name, count in counts.items() if count})

    def took_in(self, received_at: Iterable[datetime], verdicts: Iterable[Mapping[str, int]]) -> None:
        """Batches were taken in: when each had come, and its rows by verdict."""
        now = utc_now()
        waited = [_seconds(now, instant) for instant in received_at]
        before = self.verdicts.total()
        for of_batch in verdicts:
            self.verdicts.update(of_batch)
        self.waited += waited
        self.add(batches=len(waited), rows=self.verdicts.total() - before)

    def recomputed(self, marked_at: Iterable[datetime]) -> None:
        """Goals were recomputed: when each had been marked."""
        now = utc_now()
        marked = [_seconds(now, instant) for instant in marked_at]
        self.marked += marked
        self.add(goals=len(marked))


CURRENT: ContextVar[Report | None] = ContextVar("attain_job", default=None)
"""Of the job that the present task does."""


def report() -> Report:
    """Where to tell what was done; outside of any job, as in a test, nobody reads it."""
    return CURRENT.get() or Report()


def _seconds(now: datetime, earlier: datetime) -> float:
    """Never negative: the clocks of two hosts may differ."""
    return max(0.0, (now - earlier).total_seconds())
