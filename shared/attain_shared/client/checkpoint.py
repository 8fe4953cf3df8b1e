"""How far a run has come, in a small file: what was acknowledged is never sent anew, and nothing else is skipped."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from attain_shared.client.batching import Batch
from attain_shared.client.errors import CheckpointMismatch

MAX_RUN_ID = 200
"""Characters; an Idempotency-Key takes 255."""


class Acknowledged(BaseModel):
    """A batch that the server has stored."""

    model_config = ConfigDict(frozen=True)

    digest: str
    first_row: int
    rows: int
    batch_id: str


class _Content(BaseModel):
    """The file."""

    version: int = 1
    run_id: str
    url: str
    acknowledged: dict[int, Acknowledged] = {}


@dataclass(slots=True)
class Checkpoint:
    """The progress of one unfinished run, written to `path` if there is one; used by one thread only.

    The batches' digests tell whether the input is the one so far: rows, defaults and cut must be the same.
    """

    path: Path | None
    _content: _Content

    @classmethod
    def open(cls, path: Path | None, *, url: str, run_id: str | None = None) -> Self:
        """Go on with the run of the file, or begin a new one.

        Raises:
            CheckpointMismatch: the file is of another server or another run, or is no checkpoint.
            ValueError: no header can be made of the run's id.
        """
        if run_id is not None and not (0 < len(run_id) <= MAX_RUN_ID and run_id.isascii() and run_id.isprintable()):
            raise ValueError(f"a run id takes 1 to {MAX_RUN_ID} printable ASCII characters")
        fresh = _Content(run_id=run_id or secrets.token_hex(8), url=url)
        if path is None or not path.exists():
            begun = cls(path, fresh)
            # before the first batch is sent: a run that dies at once must come back with the same keys
            begun._write()  # its own
            return begun
        try:
            found = _Content.model_validate_json(path.read_bytes())
        except ValidationError as error:
            raise CheckpointMismatch(f"{path} is no checkpoint of this version") from error
        if found.version != fresh.version:
            raise CheckpointMismatch(f"{path} is a checkpoint of another version")
        if found.url != url or (run_id is not None and found.run_id != run_id):
            raise CheckpointMismatch(f"{path} is the checkpoint of another server or run: remove it, or name another")
        return cls(path, found)

    @property
    def run_id(self) -> str:
        """Part of every Idempotency-Key of the run."""
        return self._content.run_id

    @property
    def acknowledged(self) -> list[Acknowledged]:
        """The batches so far, in the order of the input."""
        return [batch for _, batch in sorted(self._content.acknowledged.items())]

    def holds(self, batch: Batch) -> bool:
        """Whether a batch was acknowledged.

        Raises:
            CheckpointMismatch: another batch was, at its place.
        """
        known = self._content.acknowledged.get(batch.sequence)
        if known is None:
            return False
        if (known.digest, known.rows) != (batch.digest, batch.rows):
            raise self._other_input(f"batch {batch.sequence} is not the one that was acknowledged")
        return True

    def add(self, batch: Batch, batch_id: str) -> None:
        """Note that a batch was acknowledged."""
        self._content.acknowledged[batch.sequence] = Acknowledged(
            digest=batch.digest, first_row=batch.first_row, rows=batch.rows, batch_id=batch_id
        )
        self._write()

    def check_end(self, batches: int) -> None:
        """Check that an input of so many batches can be the one so far.

        Raises:
            CheckpointMismatch: more were acknowledged.
        """
        if max(self._content.acknowledged, default=-1) >= batches:
            raise self._other_input(f"the input ends after {batches} batches, and more were acknowledged")

    def remove(self) -> None:
        """The run is over: the next one begins anew."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _other_input(self, why: str) -> CheckpointMismatch:
        return CheckpointMismatch(
            f"the input differs from the one that {self.path} is of: {why}. Give the same input, or remove the file"
        )

    def _write(self) -> None:
        """All or nothing, and on the disk when it returns: a crash leaves the file of before, or this one."""
        if self.path is None:
            return
        beside = self.path.with_name(f"{self.path.name}.tmp")
        with beside.open("w", encoding="utf-8") as file:
            file.write(self._content.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        if hasattr(os, "O_DIRECTORY"):  # Windows has no such thing, and needs none
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
