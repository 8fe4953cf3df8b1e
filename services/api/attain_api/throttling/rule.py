"""How many wrong tries are too many (SEC-7): pure, times come in as values."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

WINDOW = timedelta(minutes=1)
LONGEST_BLOCK = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
"""Without a try for so long, the next block is a short one again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many tries a minute, and whether the next one is followed by a block."""

    tries: int
    blocks: bool
    """A block outlasts the minute and doubles each time; without one, the next minute is a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What is known of one account, address or link."""

    failures: int
    """Tries in this window that have not turned out right."""
    window_started_at: datetime
    blocks: int = 0
    """How many there have been in a row."""
    blocked_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether one more try may go on."""

    limit: int
    remaining: int
    wait: timedelta
    """Until the counting starts anew."""
    is_allowed: bool
    begins_block: bool = False
    """Whether this try was the first one too many."""

    @property
    def headers(self) -> dict[str, str]:
        """As clients are told."""
        seconds = str(max(ceil(self.wait.total_seconds()), 1))
        told = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": seconds,
        }
        return told if self.is_allowed else told | {"Retry-After": seconds}


def count_try(tally: Tally | None, *, limit: Limit, now: datetime) -> tuple[Tally, Verdict]:
    """Count a try as if it were wrong, before anybody knows; a right one is given back."""
    tally = _at(tally, now=now)
    if tally.blocked_until is not None:
        return tally, _verdict(limit, wait=tally.blocked_until - now)
    window_ends_in = tally.window_started_at + WINDOW - now
    if tally.failures < limit.tries:
        tally = replace(tally, failures=tally.failures + 1)
        return tally, _verdict(limit, wait=window_ends_in, remaining=limit.tries - tally.failures, is_allowed=True)
    if not limit.blocks:
        return tally, _verdict(limit, wait=window_ends_in)
    length = min(WINDOW * 2 ** min(tally.blocks, 10), LONGEST_BLOCK)
    tally = replace(tally, blocks=tally.blocks + 1, blocked_until=now + length)
    return tally, replace(_verdict(limit, wait=length), begins_block=True)


def _at(tally: Tally | None, *, now: datetime) -> Tally:
    """The tally as it stands now: windows and blocks that are over count no more."""
    if tally is None or now - tally.window_started_at >= FORGOTTEN_AFTER:
        return Tally(failures=0, window_started_at=now)
    is_over = (tally.blocked_until or tally.window_started_at + WINDOW) <= now
    return replace(tally, failures=0, window_started_at=now, blocked_until=None) if is_over else tally


def _verdict(limit: Limit, *, wait: timedelta, remaining: int = 0, is_allowed: bool = False) -> Verdict:
    return Verdict(limit=limit.tries, remaining=remaining, wait=wait, is_allowed=is_allowed)
