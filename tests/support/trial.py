"""Pushes under way while something breaks, and the books afterwards: acknowledged, found, doubled, time to recover."""

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from tests.support.database import Database
from tests.support.model import count_books, found_rows, standing_rows
from tests.support.stack import Service, Stack, wait_until
from tests.support.steady import SteadyPush, some_rows, steady_push
from tests.support.story import Company, Connector, Json, Row, make_company, metric_indicator

PACE_SECONDS = 0.6
"""Six pushes of a hundred rows a second: a worker just started takes its first batches one by one."""


class Finding(NamedTuple):
    """What a fault did to acknowledged rows."""

    fault: str
    acknowledged: int
    found: int
    doubled: int
    recovered: float
    """Seconds from when the fault was over until all that was acknowledged by then was done."""
    silence: float
    """Seconds of the longest time without a 202."""
    refused: Mapping[str, int]
    """Requests that were answered otherwise, each of them repeated until it was acknowledged."""
    note: str

    @property
    def lost(self) -> int:
        """Rows acknowledged and not found."""
        return self.acknowledged - self.found

    def __str__(self) -> str:
        refused = ", ".join(f"{what} x{count}" for what, count in sorted(self.refused.items()))
        return (
            f"{self.fault:<58} {self.acknowledged:>8,} {self.found:>8,} {self.doubled:>4} {self.recovered:>6.1f} "
            f"{self.silence:>6.1f}  {'; '.join(text for text in (refused, self.note) if text)}"
        )


HEADER = f"{'fault':<58} {'rows ack':>8} {'found':>8} {'dbl':>4} {'rec. s':>6} {'gap s':>6}"


@dataclass
class Trial:
    """One fault: a company of its own, and connectors that push to its one shop all the time."""

    fault: str
    stack: Stack
    company: Company
    connector: Connector
    pushes: SteadyPush
    note: str = ""
    _over: datetime | None = None

    def over(self) -> None:
        """The fault is over; what was acknowledged by now is to be done soon."""
        self._over = datetime.now(UTC)

    def go_on(self, seconds: float) -> None:
        """Let pushes come in."""
        time.sleep(seconds)

    def some_rows(self) -> list[Row]:
        """Rows as the others are."""
        return some_rows(random.Random(self.fault))

    def push(self, rows: list[Row], *, key: str) -> Json:
        """One push beside the others; its receipt."""
        receipt = self.connector.push(rows, key=key)
        self.pushes.acknowledged[key] = receipt, rows
        return receipt

    def wait_for_pushes(self, count: int = 20) -> None:
        """Until so many more have been acknowledged."""
        before = len(self.pushes.acknowledged)
        wait_until(lambda: len(self.pushes.acknowledged) >= before + count)

    def close(self, database: Database) -> Finding:
        """Wait until all is done, and count."""
        self.company.wait_until_done(seconds=120)
        books = count_books(database, self.company, self.pushes.acknowledged)
        present = found_rows(database, self.company)
        if not books.lost:
            assert present == standing_rows(row for _, rows in self.pushes.acknowledged.values() for row in rows)
        return Finding(
            self.fault,
            books.rows,
            books.rows - books.lost,
            books.doubled,
            self._seconds_to_recover(database),
            self.pushes.gap,
            self.pushes.failed,
            self.note,
        )

    def _seconds_to_recover(self, database: Database) -> float:
        over = self._over or datetime.now(UTC)
        last = database.value(
            "SELECT max(processed_at) FROM metric_batches WHERE company_id = $1 AND stored_at <= $2",
            self.company.id,
            over,
        )
        return max(0.0, float((last - over).total_seconds()))


@contextmanager
def trial(stack: Stack, fault: str, findings: list[Finding]) -> Iterator[Trial]:
    """Break something inside the block; at its end nothing is pushed any more, and the finding is added."""
    stack.revive()
    company = make_company(stack.base_url)
    shop_id = company.make_shop("steady")
    with company.admin, company.make_connector([shop_id]) as connector:
        cycle = company.make_cycle("year", "2025-01-01")
        company.make_goal(cycle, [metric_indicator("gmv", [shop_id], "1000000")])
        with steady_push(connector, pace_seconds=PACE_SECONDS) as pushes:
            running = Trial(fault, stack, company, connector, pushes)
            yield running
        with stack.database() as database:
            findings.append(running.close(database))


@contextmanager
def worker_instead(stack: Stack, module: str = "attain_worker.main", **env: str) -> Iterator[Service]:
    """Another worker in place of the stack's own; at the end that one works again."""
    (own,) = stack.workers
    other = Service("other-worker", module, log=stack.folder / "other-worker.log", env=stack.api.env | env)
    own.terminate()
    try:
        stack.start_worker(other)
        yield other
    finally:
        if other.process.running:
            other.kill()
        stack.start_worker(own)
