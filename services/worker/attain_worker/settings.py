"""The worker's settings."""

from pathlib import Path

from pydantic import Field

from attain_shared.settings import SharedSettings


class WorkerSettings(SharedSettings):
    """How often the worker looks by itself, and how much it takes at once."""

    sweep_seconds: float = 2.0
    heartbeat_seconds: float = 5.0
    heartbeat_file: Path | None = None
    """Touched with each heartbeat that has reached the database: what the probe looks at."""
    claim_rows: int = 20_000
    """Rows of one claim: well under a second of work."""
    claim_goals: int = 200
    """Goals of one recompute."""
    drain_seconds: float = 20.0
    """How long a claim in progress may take to finish after SIGTERM."""
    inbox_kept_days: int = Field(default=90, ge=1)
    """Pushed batches are dropped month by month, once the last of the month is this old and all of it is done."""
    push_keys_kept_days: int = Field(default=7, ge=1)
    """How long a push that is sent again gets its first receipt; longer where its batch is not done."""
    facts_kept_months: int | None = Field(default=None, ge=25)
    """Whole months before this one whose facts stay attached; all of them by default."""
    delivery_seconds: float = Field(default=15.0, ge=1, le=60)
    """How long a webhook's receiver may take to answer. A delivery whose worker has died is sent again after four times as long."""
    public_url: str | None = Field(default=None, pattern="^(https?://[^/].*)?$")
    """Where people reach Attain: what a robot's messages link to."""
