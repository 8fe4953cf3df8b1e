"""Where in a company's events somebody is: `id:` of an event, and `Last-Event-ID` of whoever comes back."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from attain_shared.events.queries import Place
from attain_shared.events.schemas import EVENTS_KEPT

_PLACE = re.compile(r"(\d{1,19})\.([0-9a-f]{32})\.(\d{1,12})", re.ASCII)
MARGIN = timedelta(hours=1)
"""Whoever was away for nearly as long as events are kept is not told half of them."""


class Mark(NamedTuple):
    """A place, and when whoever is there had been told of all before it."""

    place: Place
    told_at: datetime

    def __str__(self) -> str:
        """As clients keep it; to them it means nothing."""
        return f"{self.place.position}.{self.place.id.hex}.{int(self.told_at.timestamp())}"

    def is_kept(self, now: datetime) -> bool:
        """Whether all that came after it is still there."""
        return now - self.told_at < EVENTS_KEPT - MARGIN


def read_mark(text: str | None) -> Mark | None:
    """What a client kept; None where it is nothing that was told here, or nothing at all."""
    found = _PLACE.fullmatch(text or "")
    if found is None or int(found[1]) >= 1 << 63:
        return None
    told_at = datetime.fromtimestamp(int(found[3]), UTC)
    return Mark(Place(int(found[1]), UUID(hex=found[2])), told_at)
