"""Whether all that was acknowledged was taken in, read back over HTTP."""

import time
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from deploy.local.calls import Api, Body

DRAIN_SECONDS = 120.0
"""How long the inbox may take to empty after the last push."""
FIGURE_SECONDS = 20.0
"""How long a goal may take to show what was taken in."""


class Figure(NamedTuple):
    """What a goal shows against what was pushed."""

    pushed: Decimal
    """The sum over the days, of each the newest that was acknowledged."""
    shown: Decimal | None


class Books(NamedTuple):
    """Acknowledged against found."""

    acknowledged_batches: int
    acknowledged_rows: int
    found_batches: int
    judged_rows: int
    missing: int
    """Acknowledged batches that are not there, not done, or not judged row by row."""
    doubled: int
    """Batches that no push accounts for."""
    drained: float
    """Seconds until nothing waited any more."""
    lags: list[float]
    """Seconds from stored to done of each batch, by the servers' clocks."""
    figure: Figure | None = None
    """None where a push was given up: nobody knows which of its rows count."""

    @property
    def is_good(self) -> bool:
        """Whether all that was acknowledged is there, once, and counts."""
        is_shown = self.figure is None or self.figure.pushed == self.figure.shown
        return is_shown and not (self.missing or self.doubled)


def drain(admin: Api, connector_id: str) -> float:
    """Wait until no batch of the connector waits, or for as long as it may take; the seconds it took."""
    began = time.monotonic()
    while admin.get("/v1/metric-batches", connector_id=connector_id, state="stored", limit=1)["items"]:
        if time.monotonic() - began > DRAIN_SECONDS:
            break
        time.sleep(0.1)
    return time.monotonic() - began


def read_figure(reader: Api, goal_id: str, *, pushed: int) -> Figure:
    """What a goal with one indicator shows, as soon as it is what was pushed, or after as long as that may take."""
    began, expected = time.monotonic(), Decimal(pushed)
    while True:
        (indicator,) = reader.get(f"/v1/goals/{goal_id}/attainment")["indicators"]
        actual = indicator["actual"]
        # before the first push of a figure a goal shows none
        shown = Decimal(actual) if actual is not None else None if pushed else expected
        if shown == expected or time.monotonic() - began > FIGURE_SECONDS:
            return Figure(expected, shown)
        time.sleep(0.1)


def read_books(
    admin: Api, connector_id: str, *, acknowledged: Mapping[str, str], unknown: int, rows: int, drained: float
) -> Books:
    """Compare the batches of a connector with what it was told.

    `acknowledged` holds the batch of each key, `unknown` counts pushes that were given up and may be stored or not,
    `rows` are those of every push.
    """
    found = {batch["id"]: batch for batch in admin.items("/v1/metric-batches", connector_id=connector_id)}
    ids = set(acknowledged.values())
    whole = {batch_id for batch_id in ids & found.keys() if _is_whole(found[batch_id], rows)}
    return Books(
        acknowledged_batches=len(acknowledged),
        acknowledged_rows=len(acknowledged) * rows,
        found_batches=len(found),
        judged_rows=sum(sum(found[batch_id]["verdicts"].values()) for batch_id in whole),
        # two keys told of one batch: one of them was lost
        missing=len(acknowledged) - len(whole),
        doubled=max(0, len(found.keys() - ids) - unknown),
        drained=drained,
        lags=[lag for batch in found.values() if (lag := _lag(batch)) is not None],
    )


def _is_whole(batch: Body, rows: int) -> bool:
    """Done, with a verdict for every row (ING-1)."""
    return bool(batch["state"] == "done" and batch["received"] == rows == sum(batch["verdicts"].values()))


def _lag(batch: Body) -> float | None:
    if batch["processed_at"] is None:
        return None
    processed, stored = (datetime.fromisoformat(batch[name]) for name in ("processed_at", "stored_at"))
    return (processed - stored).total_seconds()
