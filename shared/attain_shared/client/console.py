"""What the command says while it works, on standard error, and how it tells the outcome."""

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TextIO

from attain_shared.client.errors import Refused
from attain_shared.client.pushing import Outcome, Progress
from attain_shared.client.retries import Trouble
from attain_shared.metrics.import_schemas import MetricImportPreview, MetricImportRead

LINE_SECONDS = 5.0
"""Between two lines where there is no terminal to rewrite one on."""
REWRITE_SECONDS = 0.1
MAX_LISTED = 20


class ProgressLine:
    """One line that is rewritten on a terminal; elsewhere a new one every few seconds. Used from several threads."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stderr
        self._is_terminal = self._out.isatty()
        self._lock = threading.Lock()
        self._shown_at = time.monotonic() if not self._is_terminal else 0.0

    def show(self, progress: Progress) -> None:
        """How far it is, unless that was told a moment ago."""
        with self._lock:
            due = REWRITE_SECONDS if self._is_terminal else LINE_SECONDS
            if time.monotonic() - self._shown_at >= due:
                self._shown_at = time.monotonic()
                start, end = ("\r\x1b[K", "") if self._is_terminal else ("", "\n")
                self._out.write(f"{start}{describe(progress)}{end}")
                self._out.flush()

    def tell(self, trouble: Trouble) -> None:
        """Why it takes longer."""
        with self._lock:
            start = "\r\x1b[K" if self._is_terminal else ""
            self._out.write(f"{start}{trouble.reason}; again in {trouble.wait:.1f} s\n")
            self._out.flush()

    def clear(self) -> None:
        """Leave a clean line."""
        if self._is_terminal:
            self._out.write("\r\x1b[K")
            self._out.flush()


def describe(progress: Progress) -> str:
    """A line of progress."""
    rate = progress.rows / progress.seconds if progress.seconds else 0
    line = f"{progress.rows:,} rows in {progress.batches:,} batches stored, {rate:,.0f} rows/s"
    if progress.skipped_batches:
        line += f"; {progress.skipped_rows:,} rows were stored before"
    if progress.waiting_batches:
        line += f"; {progress.waiting_batches:,} batches are still to be taken in"
    return line


def describe_outcome(outcome: Outcome) -> Iterator[str]:
    """The verdicts, and what was not taken in."""
    yield describe(outcome.progress)
    if outcome.verdicts:
        yield ", ".join(f"{verdict} {count:,}" for verdict, count in outcome.verdicts.items())
    yield from _listed([f"rejected: {fault}" for fault in outcome.rejected], outcome.verdicts["rejected"])
    for batch_id, error in outcome.failed.items():
        yield f"batch {batch_id} failed: {error}"


def describe_refusal(error: Refused) -> Iterator[str]:
    """What was wrong, place by place."""
    yield str(error)
    yield from _listed([f"  {fault}" for fault in error.faults], len(error.faults))
    if error.request_id:
        yield f"request {error.request_id}"


def describe_import(answer: MetricImportRead | MetricImportPreview) -> Iterator[str]:
    """The report of a file: what was understood, what was not, and which cells are bad."""
    report = answer.report
    if isinstance(answer, MetricImportRead):
        yield f"import {answer.id}: {answer.state}, {len(answer.batch_ids)} batches"
    else:
        yield "nothing was stored: this is what an import would do"
    days = f", {report.first_day} to {report.last_day}" if report.first_day else ""
    yield f"{report.observations:,} figures out of {report.rows:,} rows{days}; {report.blanks:,} cells without a value"
    yield from (f"column {one.column} {one.header}: {', '.join(one.metrics)}" for one in report.columns)
    yield from (f"column {one.column} {one.header}: not known, left out" for one in report.unknown_columns)
    yield from (f"column {one.column} {one.header}: as {one.kept}, left out" for one in report.repeated_columns)
    cells = [f"row {one.row}, column {one.column} {one.header}: {one.text!r}: {one.detail}" for one in report.bad_cells]
    yield from _listed(cells, report.bad_cell_count)


def _listed(lines: Sequence[str], total: int) -> Iterator[str]:
    yield from lines[:MAX_LISTED]
    if total > MAX_LISTED:
        yield f"… and {total - min(len(lines), MAX_LISTED):,} more"
