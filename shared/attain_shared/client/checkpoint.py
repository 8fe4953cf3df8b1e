"""How far a run has come, in a small file: what was acknowledged is never sent anew, and nothing else is skipped.

The file's first line says which run it is of; each further line is a batch that was acknowledged, written and on the disk
before the next one is waited for. A last line that a crash has cut off counts for nothing: its batch is sent again, with
the same key.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from attain_shared.client.batching import Batch, Defaults
from attain_shared.client.errors import CheckpointMismatch

MAX_RUN_ID = 200
"""Characters; an Idempotency-Key takes 255."""


class Acknowledged(BaseModel):
    """A batch that the server has stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int
    digest: str
    first_row: int
    rows: int
    batch_id: str


class _Run(BaseModel):
    """The first line."""

    model_config = ConfigDict(extra="forbid")

    version: int = 1
    run_id: str
    url: str
    defaults: dict[str, str]

    def is_of(self, other: "_Run", *, any_id: bool) -> bool:
        """Whether another one is the same run, tried again: the time of the try may be its `observed_at`."""
        clock = {"observed_at"} & self.defaults.keys() & other.defaults.keys()
        given = other.defaults | {name: self.defaults[name] for name in clock}
        return (self.url, self.defaults) == (other.url, given) and (any_id or self.run_id == other.run_id)


@dataclass(slots=True)
class Checkpoint:
    """The progress of one unfinished run, written to `path` if there is one; used by one thread only.

    The batches' digests tell whether the input is the one so far: rows, defaults and cut must be the same.
    """

    path: Path | None
    _run: _Run
    _acknowledged: dict[int, Acknowledged]
    _end: int
    """Bytes of the file that count."""

    @classmethod
    def open(cls, path: Path | None, *, url: str, defaults: Defaults, run_id: str | None = None) -> Self:
        """Go on with the run of the file, or begin a new one.

        Raises:
            CheckpointMismatch: the file is of another server or another run, or is no checkpoint.
            ValueError: no header can be made of the run's id.
        """
        if run_id is not None and not (0 < len(run_id) <= MAX_RUN_ID and run_id.isascii() and run_id.isprintable()):
            raise ValueError(f"a run id takes 1 to {MAX_RUN_ID} printable ASCII characters")
        asked = _Run(run_id=run_id or secrets.token_hex(8), url=url, defaults=defaults.plain())
        if path is None:
            return cls(None, asked, {}, 0)
        if not path.exists():
            # before the first batch is sent: a run that dies at once must come back with the same keys
            return cls(path, asked, {}, _begin(path, asked))
        begun, acknowledged, end = _read(path)
        if not begun.is_of(asked, any_id=run_id is None):
            raise CheckpointMismatch(
                f"{path} is the checkpoint of another server or run, or of other defaults: remove it, or name another"
            )
        return cls(path, begun, acknowledged, end)

    @property
    def defaults(self) -> Defaults:
        """What stands beside the rows of all batches of the run: as on its first try."""
        return Defaults(**self._run.defaults)  # type: ignore[arg-type]  # the lane was one when it was written

    @property
    def run_id(self) -> str:
        """Part of every Idempotency-Key of the run."""
        return self._run.run_id

    @property
    def acknowledged(self) -> list[Acknowledged]:
        """The batches so far, in the order of the input."""
        return [batch for _, batch in sorted(self._acknowledged.items())]

    def holds(self, batch: Batch) -> bool:
        """Whether a batch was acknowledged.

        Raises:
            CheckpointMismatch: another batch was, at its place.
        """
        known = self._acknowledged.get(batch.sequence)
        if known is None:
            return False
        if (known.digest, known.rows) != (batch.digest, batch.rows):
            raise self._other_input(f"batch {batch.sequence} is not the one that was acknowledged")
        return True

    def add(self, batch: Batch, batch_id: str) -> None:
        """Note that a batch was acknowledged."""
        known = Acknowledged(
            sequence=batch.sequence,
            digest=batch.digest,
            first_row=batch.first_row,
            rows=batch.rows,
            batch_id=batch_id,
        )
        self._acknowledged[batch.sequence] = known
        self._append(known)

    def check_end(self, batches: int) -> None:
        """Check that an input of so many batches can be the one so far.

        Raises:
            CheckpointMismatch: more were acknowledged.
        """
        if max(self._acknowledged, default=-1) >= batches:
            raise self._other_input(f"the input ends after {batches} batches, and more were acknowledged")

    def remove(self) -> None:
        """The run is over: the next one begins anew."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _other_input(self, why: str) -> CheckpointMismatch:
        return CheckpointMismatch(
            f"the input differs from the one that {self.path} is of: {why}. Give the same input, or remove the file"
        )

    def _append(self, known: Acknowledged) -> None:
        """One more line, on the disk when it returns; what a crash or a full disk left of another one is overwritten."""
        if self.path is None:
            return
        line = _line(known)
        with self.path.open("r+b") as file:
            file.truncate(self._end)
            file.seek(self._end)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._end += len(line)


def _read(path: Path) -> tuple[_Run, dict[int, Acknowledged], int]:
    """What the whole lines of a file say, and how many bytes they are."""
    content = path.read_bytes()
    end = content.rfind(b"\n") + 1
    first, *others = content[:end].splitlines() or [b""]
    try:
        run = _Run.model_validate_json(first)
        batches = [Acknowledged.model_validate_json(line) for line in others]
    except ValidationError as error:
        raise CheckpointMismatch(f"{path} is no checkpoint of this version") from error
    if run.version != _Run.model_fields["version"].default:
        raise CheckpointMismatch(f"{path} is a checkpoint of another version")
    return run, {batch.sequence: batch for batch in batches}, end


def _begin(path: Path, run: _Run) -> int:
    """Write the first line; all or nothing, and on the disk when it returns."""
    line, beside = _line(run), path.with_name(f"{path.name}.tmp")
    with beside.open("wb") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    if hasattr(os, "O_DIRECTORY"):  # Windows has no such thing, and needs none
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return len(line)


def _line(content: BaseModel) -> bytes:
    return content.model_dump_json().encode() + b"\n"
