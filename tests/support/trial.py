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
            f"{self.fault:<46} {self.acknowledged:>8,} {self.found:>8,} {self.lost:>5,} {self.doubled:>5,} "
            f"{sum(self.refused.values()):>7,} {self.recovered:>7.1f} {self.silence:>6.1f}  "
            + "; ".join(text for text in (refused, self.note) if text)
        )


HEADER = f"{'fault':<46} {'rows ack':>8} {'found':>8} {'lost':>5} {'twice':>5} {'refused':>7} {'recov s':>7} {'gap s':>6}  note"


@dataclass
class Trial:
    """One fault: a company of its own, and connectors that push to its one shop all the time."""

    fault: str
    stack: Stack
    company: Company
    connector: Connector
    pushes: SteadyPush
    note: str = ""
    recovered: float | None = None
    """Seconds to recover, where the times that rows tell show nothing: a clock was off."""
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

    def seconds_until_done(self, *, at_most: float) -> float:
        """Push once more, and wait until that is done; by no clock but this process's own."""
        receipt = self.push(self.some_rows(), key=f"probe-{len(self.pushes.acknowledged)}")
        with self.stack.database() as database:
            statement = "SELECT state = 'done' FROM metric_batches WHERE company_id = $1 AND id = $2"
            return wait_until(
                lambda: bool(database.value(statement, self.company.id, receipt["id"])),
                seconds=at_most,
                what="a push to be done",
            )

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
            self._seconds_to_recover(database) if self.recovered is None else self.recovered,
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
    other = stack.another("other-worker", module, **env)
    own.terminate()
    try:
        stack.start_worker(other)
        yield other
    finally:
        if other.process.running:
            other.kill()
        stack.start_worker(own)


@contextmanager
def api_instead(stack: Stack, module: str = "attain_api.main", **env: str) -> Iterator[Service]:
    """Another API at the same port in place of the stack's own; at the end that one serves again."""
    own = stack.api
    own.terminate()
    stack.api = stack.another("other-api", module, **env)
    try:
        stack.start_api()
        yield stack.api
    finally:
        if stack.api.process.running:
            stack.api.terminate()
        stack.api = own
        stack.start_api()
