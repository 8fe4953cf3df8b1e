"""How many requests this process has answered: its share of a sample of the installation."""

from dataclasses import dataclass

SLOW_SECONDS = 1.0
"""A request that took longer is slow."""


@dataclass(slots=True)
class Traffic:
    """Totals since the process started."""

    requests: int = 0
    failed: int = 0
    """Answered with 5xx, or with nothing."""
    slow: int = 0

    def note(self, *, status: int, seconds: float, may_wait: bool = False) -> None:
        """One more request; a status of 0 where no answer began. One that may wait for something is never slow."""
        self.requests += 1
        self.failed += status >= 500 or status == 0
        self.slow += seconds > SLOW_SECONDS and not may_wait

    def since(self, before: "Traffic") -> "Traffic":
        """What came since then."""
        return Traffic(self.requests - before.requests, self.failed - before.failed, self.slow - before.slow)
