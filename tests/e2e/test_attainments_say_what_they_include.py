"""An attainment says which batches it includes, and that is true at every moment (GOAL-10)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tests.support.stack import Stack
from tests.support.story import Client, Company, Connector, metric_indicator

CONNECTIONS, BATCHES, WORKERS = 6, 180, 3
START = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass
class Growing:
    """One figure that every push raises: whatever includes a batch shows at least its value."""

    values: dict[str, int] = field(default_factory=dict)
    """What each acknowledged batch pushed."""

    def least(self, up_to: str, known: dict[str, int]) -> int:
        """What an attainment must show that includes the batches up to this one."""
        return max((value for batch_id, value in known.items() if batch_id <= up_to), default=0)


def test_whoever_waits_for_a_batch_sees_it_and_all_before_it(stack: Stack, company: Company) -> None:
    shop_id = company.make_shop("shop")
    goal_id = company.make_goal(
        company.make_cycle("month", "2025-03-01"), [metric_indicator("gmv", [shop_id], "1000000")]
    )
    growing, done = Growing(), threading.Event()

    def push_and_look(connector: Connector, client: Client, value: int) -> None:
        row = {"shop": "tmall:shop", "metric": "gmv", "bucket": "2025-03-01", "value": str(value)}
        receipt = connector.push([row], observed_at=(START + timedelta(seconds=value)).isoformat())
        growing.values[receipt["id"]] = value
        assert look(client, wait_for_batch=receipt["id"]) >= receipt["id"]

    def look(client: Client, **query: str) -> str:
        known = dict(growing.values)
        found = client.get(f"/v1/goals/{goal_id}/attainment", **query)
        included = found["includes_batches_up_to"] or ""
        least = growing.least(included, known)
        if Decimal(found["indicators"][0]["actual"] or 0) < least:
            missing = next(batch for batch, value in known.items() if value == least)
            rows = client.get(f"/v1/metric-batches/{missing}/rows")
            raise AssertionError((found, least, client.get(f"/v1/metric-batches/{missing}"), rows))
        return included

    def watch(client: Client) -> int:
        seen = 0
        while not done.is_set():
            look(client)
            seen += 1
        return seen

    with (
        stack.more_workers(WORKERS - 1),
        company.make_connector([shop_id]) as connector,
        ThreadPoolExecutor(CONNECTIONS + 1) as pool,
    ):
        watching = pool.submit(watch, company.admin)
        pushes = [pool.submit(push_and_look, connector, company.admin, value) for value in range(1, BATCHES + 1)]
        try:
            for push in pushes:
                push.result()
        finally:
            done.set()
        print(f"\n{BATCHES} pushes each seen by who waited; {watching.result()} looks beside them, none untrue")
    assert Decimal(company.attainment(goal_id)["indicators"][0]["actual"]) == BATCHES
