"""How full the inbox is, as each process last saw it."""

import time
from collections.abc import Awaitable, Callable
from uuid import UUID

SEEN_SECONDS = 1.0
"""How long what was seen stands, at least: one count a second, however many pushes."""
SHARE = 20
"""It stands for so many times as long as the count took: where the vacuum is held back, counts become slow (F9)."""


class InboxGauge:
    """The batches that wait in each lane of each company."""

    def __init__(self) -> None:
        """Nothing was looked at."""
        self._seen: dict[tuple[UUID, str], tuple[float, int]] = {}
        """Until when, and how many."""

    async def read(self, company_id: UUID, lane: str, *, count: Callable[[], Awaitable[int]]) -> int:
        """How many wait, as of a second ago or so; `count` counts them."""
        began = time.monotonic()
        until, waiting = self._seen.get((company_id, lane), (began, 0))
        if began >= until:
            # the others go by the old figure until the new one is there
            self._seen[company_id, lane] = began + SEEN_SECONDS, waiting
            waiting = await count()
            took = time.monotonic() - began
            self._seen[company_id, lane] = began + max(SEEN_SECONDS, SHARE * took), waiting
        return waiting
