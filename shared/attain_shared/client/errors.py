"""What can go wrong with a push, as a connector's author sees it.

PushFailed
├── BadRow              a row that no JSON can be made of, or that is too large by itself
├── Refused             Attain said no; trying again would not help
├── GaveUp              Attain did not answer, or was too busy, for too long
└── CheckpointMismatch  the checkpoint is of another run
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing that is wrong: `row` counts from 0 over the whole input, None for what stands beside the rows."""

    row: int | None
    pointer: str
    """Within the row (`/value`), or within the body."""
    code: str
    detail: str

    def __str__(self) -> str:
        where = self.pointer if self.row is None else f"row {self.row + 1}{self.pointer}"
        return f"{where}: {self.detail} ({self.code})"


class PushFailed(Exception):
    """Base of what the kit raises on purpose."""


class BadRow(PushFailed):
    """A row that cannot be sent."""

    def __init__(self, row: int, detail: str) -> None:
        super().__init__(f"row {row + 1}: {detail}")
        self.row = row
        """From 0, over the whole input."""


class Refused(PushFailed):
    """An answer that trying again would not change."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        faults: tuple[RowFault, ...] = (),
        content: dict[str, Any] | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = faults
        self.content = content or {}
        """The problem document."""
        self.request_id = request_id


class GaveUp(PushFailed):
    """Tried for as long as the policy allows; what was acknowledged before is in the checkpoint."""


class CheckpointMismatch(PushFailed):
    """The checkpoint belongs to another input, another server or other settings."""
