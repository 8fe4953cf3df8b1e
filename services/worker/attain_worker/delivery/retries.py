"""When a delivery is tried again: the schedule that Standard Webhooks recommends, spread a little."""

from datetime import timedelta

RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After the first try, which comes at once; after the last of them it is given up."""
SPREAD = 0.2
"""By what share a wait may be longer: what failed together does not come back together."""


def wait_after(attempts: int, *, retry_after: float | None, chance: float) -> timedelta | None:
    """How long to wait after so many tries; None after the last one.

    Args:
        attempts: how many there have been.
        retry_after: seconds that the receiver has asked for; it is never asked sooner.
        chance: from 0 to 1.
    """
    if attempts > len(RETRIES):
        return None
    return max(RETRIES[attempts - 1] * (1 + SPREAD * chance), timedelta(seconds=retry_after or 0))
