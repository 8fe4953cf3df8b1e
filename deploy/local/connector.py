"""What a connector does: pushes batches with its API key, and looks at what became of them."""

import gzip
import json
import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from deploy.local.calls import Api, Body, DemoFailed
from deploy.local.samples import Observation

MAX_ROWS = 10_000
"""What one batch holds at most."""
WAIT_SECONDS = 20
VERDICTS = ("accepted", "unchanged", "superseded", "stale", "conflict", "rejected")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A batch that Attain has stored."""

    id: str
    stored_at: datetime
    answered_at: float
    """Our own clock when the 202 had arrived."""


@dataclass(slots=True)
class Connector:
    """A connector with its key to the three shops."""

    api: Api
    id: str
    pushed: int = 0
    """Rows sent so far."""
    waits: list[float] = field(default_factory=list)
    """Seconds from a 202 until a goal's attainment showed that batch."""

    @classmethod
    def create(cls, admin: Api, shop_ids: Sequence[str]) -> "Connector":
        """Register a connector and take its key, which is shown this once."""
        body = {"name": "sycm-connector", "shop_ids": list(shop_ids), "scopes": ["write", "backfill"]}
        made = admin.create("/v1/connectors", body)
        return cls(admin.with_key(made["api_key"]), made["id"])

    def push(
        self, rows: Sequence[Observation], *, key: str, observed_at: datetime, lane: str = "live", again: bool = False
    ) -> Receipt:
        """Push one batch; `again` sends a batch that was sent before."""
        if len(rows) > MAX_ROWS:
            raise DemoFailed(f"{len(rows)} rows are too many for one batch")
        body: Body = {
            "source": "attain-demo",
            "lane": lane,
            "finality": "final",
            "observed_at": observed_at.isoformat(),
            "observations": [row.as_json() for row in rows],
        }
        packed = gzip.compress(json.dumps(body, ensure_ascii=False).encode(), mtime=0)
        receipt = self.api.post("/v1/metric-batches", packed, {"Idempotency-Key": key, "Content-Encoding": "gzip"})
        if receipt["received"] != len(rows):
            raise DemoFailed(f"{len(rows)} rows were pushed, {receipt['received']} received")
        self.pushed += 0 if again else len(rows)
        return Receipt(receipt["id"], datetime.fromisoformat(receipt["stored_at"]), time.perf_counter())

    def wait_until_shown(self, admin: Api, receipt: Receipt, goal_id: str) -> Body:
        """A goal's attainment once it shows the batch: an answer before the time is up does.

        `includes_batches_up_to` says less: it stays behind where older batches of the backfill lane still wait.
        """
        asked_at = time.perf_counter()
        path = f"/v1/goals/{goal_id}/attainment"
        attainment = admin.get(path, wait_for_batch=receipt.id, timeout=WAIT_SECONDS)
        if time.perf_counter() - asked_at >= WAIT_SECONDS:
            raise DemoFailed(f"batch {receipt.id} did not show in the attainment of {goal_id} within {WAIT_SECONDS} s")
        return attainment

    def time_until_shown(self, admin: Api, receipt: Receipt, goal_id: str) -> None:
        """The same, with the time it took noted."""
        self.wait_until_shown(admin, receipt, goal_id)
        self.waits.append(time.perf_counter() - receipt.answered_at)

    def verdicts(self) -> tuple[int, Counter[str]]:
        """How many batches there are and their verdicts in total, which must add up to the rows sent (ING-1)."""
        batches = list(self.api.items("/v1/metric-batches", connector_id=self.id))
        total: Counter[str] = Counter()
        for batch in batches:
            if batch["state"] != "done":
                raise DemoFailed(f"batch {batch['id']} is {batch['state']}: {batch['error']}")
            if sum(batch["verdicts"].values()) != batch["received"]:
                raise DemoFailed(f"the verdicts of batch {batch['id']} do not add up to its {batch['received']} rows")
            total.update(batch["verdicts"])
        if total.total() != self.pushed:
            raise DemoFailed(f"{self.pushed} rows were pushed and {total.total()} judged")
        return len(batches), total


def quantile(values: Iterable[float], share: float) -> float:
    """The value that this share of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
