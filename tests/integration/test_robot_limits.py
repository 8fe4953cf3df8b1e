"""A robot's limit holds whoever sends: two workers, a flood of events, and a vendor who blocks for ten minutes (CULT-5)."""

import asyncio
import time
from datetime import UTC, datetime
from ipaddress import ip_network
from uuid import UUID

from httpx import AsyncClient
from prometheus_client import CollectorRegistry

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.events.queries import Happening, tell
from attain_shared.events.schemas import EventKind
from attain_shared.identifiers import new_id
from attain_shared.webhooks.sealing import DeliveryKey
from attain_worker.delivery.measures import Measures
from attain_worker.delivery.sending import Sender
from attain_worker.delivery.service import Delivering
from attain_worker.jobs import Jobs
from tests.support.companies import Company, make_company
from tests.support.fresh import client_of
from tests.support.http import created, ok
from tests.support.receiving import receiver
from tests.support.robots import DingTalk

HOUSE = (ip_network("127.0.0.0/8"),)
TOKEN, SECRET = "0123456789", "SEC0123456789"
LOOKS, AT_ONCE = 60, 50
STEP_SECONDS = 1.6
"""Two of them are just more than a robot is spared."""


class Clock:
    """A clock that is put forward; it begins with the real one, by which messages are signed."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now

    def instant(self) -> datetime:
        """The same, as workers read it."""
        return datetime.fromtimestamp(self.now, UTC)


class Workers:
    """Two workers that look at once."""

    def __init__(self, state: ApiState, sender: Sender, clock: Clock) -> None:
        key = state.settings.delivery_key
        assert key is not None
        self._all = [
            Delivering(
                state.sessions,
                state.doorbell,
                sender=sender,
                key=DeliveryKey(key.get_secret_value()),
                jobs=Jobs(registry := CollectorRegistry()),
                measures=Measures(registry),
                clock=clock.instant,
            )
            for _ in range(2)
        ]

    async def look(self) -> None:
        """Let both look, and finish what they have found."""
        await asyncio.gather(*(worker.look() for worker in self._all))
        await asyncio.gather(*(task for worker in self._all for task in worker._serving.values()))


async def happen(state: ApiState, company: Company, times: int) -> None:
    """So many goals have changed."""
    goals = [new_id() for _ in range(times)]
    async with transaction(state.sessions, state.doorbell) as uow:
        happenings = [Happening(goal, {"goal_id": str(goal)}) for goal in goals]
        await tell(uow.session, company_id=company.company_id, kind=EventKind.ATTAINMENT_CHANGED, happenings=happenings)


async def count(api: AsyncClient, company: Company, webhook_id: UUID, state: str) -> int:
    """Deliveries in this state."""
    page = await api.get(
        f"/v1/webhooks/{webhook_id}/deliveries", params={"state": state, "limit": 200}, headers=company.headers
    )
    return len(ok(page)["items"])


async def test_two_workers_together_keep_to_the_limit_of_a_robot_and_lose_nothing(installation: ApiState) -> None:
    company = await make_company(installation)
    clock = Clock()
    group = DingTalk(TOKEN, SECRET, clock=clock)
    settings = installation.settings.model_copy(update={"delivery_networks": HOUSE})
    async with (
        client_of(installation, settings=settings) as api,
        receiver(group) as vendor,
        Sender(networks=HOUSE) as sender,
    ):
        webhook = await api.post(
            "/v1/webhooks",
            json={
                "name": "运营群",
                "channel": "dingtalk",
                "url": f"{vendor.url}/robot/send?access_token={TOKEN}",
                "secret": SECRET,
                "event_kinds": ["attainment.changed"],
            },
            headers=company.headers,
        )
        webhook_id = created(webhook)["id"]
        workers = Workers(installation, sender, clock)
        for number in range(LOOKS):
            await happen(installation, company, 1 if number else AT_ONCE)
            await workers.look()
            clock.now += STEP_SECONDS
        clock.now += 10
        await workers.look()
        assert await count(api, company, webhook_id, "delivered") == AT_ONCE + LOOKS - 1
        assert await count(api, company, webhook_id, "pending") == 0
    assert group.blocked_until == 0
    assert "Attain：20 条消息" in group.said[0]
    # each event is a line of its own, or a message
    told = sum(text.count("有一个目标的达成情况有变化") for text in group.said)
    assert told == AT_ONCE + LOOKS - 1
    assert len(group.said) <= LOOKS // 2 + 1
