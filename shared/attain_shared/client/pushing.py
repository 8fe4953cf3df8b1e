"""A run: any number of observations, pushed in batches, acknowledged one by one, and told how it went."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from attain_shared.client.batching import MAX_BYTES, MAX_ROWS, Batch, Defaults, Row, cut
from attain_shared.client.checkpoint import Acknowledged, Checkpoint
from attain_shared.client.connection import Connection
from attain_shared.client.errors import GaveUp, RowFault
from attain_shared.metrics.schemas import BatchReceipt

POLL_SECONDS = (0.2, 2.0)
"""Between two looks at a batch: the first and the longest wait."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come; rows and batches that an earlier run had acknowledged are in `skipped`."""

    rows: int
    """Acknowledged by this run."""
    batches: int
    skipped_rows: int
    skipped_batches: int
    seconds: float
    waiting_batches: int = 0
    """Stored and not taken in yet, while the verdicts are waited for."""


@dataclass(slots=True)
class Outcome:
    """What became of a run's batches."""

    progress: Progress
    batch_ids: list[str]
    """In the order of the input, those of earlier tries of the run among them."""
    verdicts: Counter[str] = field(default_factory=Counter)
    """Rows by verdict; empty unless waited for."""
    rejected: list[RowFault] = field(default_factory=list)
    """The first of the rejected rows; `verdicts` has their number."""
    failed: dict[str, str] = field(default_factory=dict)
    """Batches that could not be taken in, with their error: they can be replayed."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was rejected or failed, as far as it was waited for."""
        return not self.failed and not self.verdicts["rejected"]


def push(
    connection: Connection,
    rows: Iterable[Row],
    defaults: Defaults | None = None,
    *,
    checkpoint: Path | None = None,
    run_id: str | None = None,
    concurrency: int = 1,
    max_rows: int = MAX_ROWS,
    max_bytes: int = MAX_BYTES,
    wait_seconds: float | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Outcome:
    """Push all rows; each batch counts once, however often and over however many runs it is sent (ING-2).

    With a checkpoint a run that was interrupted goes on where it was, given the same rows and defaults; the file is
    removed once the run is over. Of the defaults `observed_at` may be another one each time, such as the time it is:
    that of the first try goes with all batches of the run.

    Args:
        connection: with at least `concurrency` connections.
        rows: read once and as they are sent, so that they need not fit into memory.
        defaults: what stands beside the rows.
        checkpoint: where to keep the progress.
        run_id: the first part of every Idempotency-Key, at most 200 characters; without it a random one.
        concurrency: batches under way at a time.
        max_rows: of a batch, at most 10,000.
        max_bytes: of a batch's JSON, at most 8 MiB.
        wait_seconds: how long to wait for the verdicts; None: not at all.
        on_progress: called after each batch, and at each look for the verdicts; in the caller's thread.

    Raises:
        BadRow: a row is no observation; what stood before it may have been pushed.
        Refused: Attain said no to a batch; the others are acknowledged or still to come.
        GaveUp: no answer for too long, or no verdicts within `wait_seconds`.
        CheckpointMismatch: the input is not the checkpoint's.
        ValueError: a number is out of its range, or no header can be made of the run's id.
    """
    _check_sizes(max_rows, max_bytes, concurrency)
    opened = Checkpoint.open(checkpoint, url=connection.credentials.url, defaults=defaults or Defaults(), run_id=run_id)
    run = _Run(connection, opened, on_progress)
    run.push(cut(rows, opened.defaults, max_rows=max_rows, max_bytes=max_bytes), concurrency)
    outcome = Outcome(run.progress(), [batch.batch_id for batch in run.checkpoint.acknowledged])
    if wait_seconds is not None:
        sent = run.checkpoint.acknowledged
        wait_for_verdicts(connection, sent, outcome, seconds=wait_seconds, on_progress=on_progress)
    run.checkpoint.remove()
    return outcome


def _check_sizes(max_rows: int, max_bytes: int, concurrency: int) -> None:
    if not (1 <= max_rows <= MAX_ROWS and 1 <= max_bytes <= MAX_BYTES):
        raise ValueError(f"a batch takes 1 to {MAX_ROWS} rows and at most {MAX_BYTES} bytes")
    if concurrency < 1:
        raise ValueError("one batch at least is under way at a time")


def wait_for_verdicts(
    connection: Connection,
    batches: Sequence[Acknowledged],
    outcome: Outcome,
    *,
    seconds: float,
    max_rejected: int = 100,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Wait until every batch is done or failed, and add what became of them to the outcome.

    `on_progress` is called at each look at one that is not there yet.

    Raises:
        GaveUp: some are not after `seconds`.
    """
    deadline, pause = time.monotonic() + seconds, POLL_SECONDS[0]
    for number, batch in enumerate(batches):
        while (found := connection.get_batch(batch.batch_id)).state == "stored":
            on_progress(replace(outcome.progress, waiting_batches=len(batches) - number))
            if time.monotonic() + pause > deadline:
                raise GaveUp(f"{len(batches) - number} batches were not taken in within {seconds:.0f} s; they will be")
            time.sleep(pause)
            pause = min(pause * 1.5, POLL_SECONDS[1])
        if found.verdicts is None:
            outcome.failed[batch.batch_id] = found.error or found.state
            continue
        outcome.verdicts.update(found.verdicts.model_dump())
        if found.verdicts.rejected and len(outcome.rejected) < max_rejected:
            for row in connection.rejected_rows(batch.batch_id):
                pointer = (row.pointer or "").removeprefix(f"/observations/{row.index}")
                outcome.rejected.append(
                    RowFault(batch.first_row + row.index, pointer, row.code or "", row.detail or "")
                )
                if len(outcome.rejected) == max_rejected:
                    break


class _Run:
    """The batches under way; the checkpoint is written by the caller's thread alone."""

    def __init__(self, connection: Connection, checkpoint: Checkpoint, on_progress: Callable[[Progress], None]) -> None:
        self.checkpoint = checkpoint
        self._connection = connection
        self._on_progress = on_progress
        self._stopping = threading.Event()
        self._under_way: dict[Future[BatchReceipt], Batch] = {}
        self._started = time.monotonic()
        self._rows = self._batches = self._skipped_rows = self._skipped_batches = 0

    def progress(self) -> Progress:
        seconds = time.monotonic() - self._started
        return Progress(self._rows, self._batches, self._skipped_rows, self._skipped_batches, seconds)

    def push(self, batches: Iterable[Batch], concurrency: int) -> None:
        with ThreadPoolExecutor(concurrency, thread_name_prefix="attain-push") as pool:
            try:
                count = self._send(batches, pool, concurrency)
            except BaseException:
                # before the pool is waited for: nothing under way tries again for minutes
                self._stopping.set()
                self._note_what_arrived()
                raise
        self.checkpoint.check_end(count)
        self._on_progress(self.progress())

    def _send(self, batches: Iterable[Batch], pool: ThreadPoolExecutor, concurrency: int) -> int:
        """Have all batches acknowledged; how many there were."""
        count = 0
        for batch in batches:
            count += 1
            if self.checkpoint.holds(batch):
                self._skipped_rows += batch.rows
                self._skipped_batches += 1
                continue
            while len(self._under_way) >= concurrency:
                self._settle()
            key = batch.key(self.checkpoint.run_id)
            self._under_way[pool.submit(self._connection.push, batch, key=key, stopping=self._stopping)] = batch
        while self._under_way:
            self._settle()
        return count

    def _settle(self) -> None:
        """Wait for one batch at least, and note those that were acknowledged."""
        done, _ = wait(self._under_way, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=lambda one: self._under_way[one].sequence):
            receipt = future.result()
            self._note(self._under_way.pop(future), receipt)

    def _note(self, batch: Batch, receipt: BatchReceipt) -> None:
        self.checkpoint.add(batch, str(receipt.id))
        self._rows += batch.rows
        self._batches += 1
        self._on_progress(self.progress())

    def _note_what_arrived(self) -> None:
        """The run has failed; what was under way and got its receipt all the same counts."""
        for future, batch in self._under_way.items():
            if future.exception() is None:
                self.checkpoint.add(batch, str(future.result().id))
