"""Webhooks for tests: a receiver that is only a list, a clock that is set by hand, and events that happen."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from prometheus_client import CollectorRegistry

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.events.queries import Happening, tell
from attain_shared.events.schemas import EventKind
from attain_shared.identifiers import new_id
from attain_shared.webhooks.models import Delivery
from attain_shared.webhooks.sealing import DeliveryKey
from attain_worker.delivery.measures import Measures
from attain_worker.delivery.message import Message, Sending, Sent, Target
from attain_worker.delivery.relay import Relay
from attain_worker.delivery.service import Delivering
from attain_worker.jobs import Jobs
from tests.support.companies import Member
from tests.support.http import created, ok

WEBHOOKS = "/v1/webhooks"
ARRIVED = Sent(ok=True, status=204, error=None, retry_after=None, gone=False, milliseconds=3)
FAILED = Sent(ok=False, status=500, error="status", retry_after=None, gone=False, milliseconds=3)
GONE = Sent(ok=False, status=410, error="status", retry_after=None, gone=True, milliseconds=3)


@dataclass
class Clock:
    """Stands still unless it is moved."""

    now: datetime = field(default_factory=utc_now)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Receivers:
    """Whoever is sent to; answers as it is told, by default that all has arrived."""

    answer: Callable[[Target, Message], Sent] = lambda *_: ARRIVED
    got: list[tuple[Target, Message]] = field(default_factory=list)
    digests: list[list[Message]] = field(default_factory=list)
    gate: asyncio.Event | None = None
    """While it is there and not set, no answer comes."""
    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, target: Target, message: Message) -> Sent:
        self.got.append((target, message))
        self.called.set()
        if self.gate is not None:
            await self.gate.wait()
        return self.answer(target, message)

    async def send_many(self, target: Target, messages: Sequence[Message]) -> Sent:
        self.digests.append(list(messages))
        self.got += [(target, message) for message in messages]
        return self.answer(target, messages[0])

    async def until_sent_to(self, webhook: dict[str, Any], count: int = 1) -> None:
        """Wait until so much went to this one."""
        async with asyncio.timeout(20):
            while len(self.sent_to(webhook)) < count:
                self.called.clear()
                await self.called.wait()

    def sent_to(self, webhook: dict[str, Any]) -> list[Message]:
        """What went to this one, in the order in which it did."""
        return [message for target, message in self.got if target.webhook_id == UUID(webhook["id"])]


def key_of(state: ApiState) -> DeliveryKey:
    """The key that the application of the tests seals with."""
    assert state.settings.delivery_key is not None
    return DeliveryKey(state.settings.delivery_key.get_secret_value())


def new_delivering(
    state: ApiState, sender: Sending, clock: Clock, *, registry: CollectorRegistry | None = None
) -> Delivering:
    """A worker's delivering, in this process."""
    registry = registry or CollectorRegistry()
    return Delivering(
        state.sessions,
        state.doorbell,
        sender=sender,
        key=key_of(state),
        jobs=Jobs(registry),
        measures=Measures(registry),
        clock=clock,
        chance=lambda: 0.0,
    )


def new_relay(state: ApiState) -> Relay:
    """A worker's relay, in this process."""
    return Relay(state.sessions, state.doorbell, jobs=Jobs(CollectorRegistry()))


async def deliver(delivering: Delivering) -> None:
    """Look once, and wait until what was begun is over."""
    await delivering.look()
    await asyncio.gather(*delivering._serving.values())


async def make_webhook(api: AsyncClient, company: Member, **more: object) -> dict[str, Any]:
    """A webhook for alerts, made by the API."""
    body = {
        "name": "data platform",
        "channel": "webhook",
        "url": "https://hooks.example.com/a-token-in-the-path",
        "event_kinds": ["alert.raised", "alert.cleared"],
        "language": "en",
    }
    return created(await api.post(WEBHOOKS, json=body | more, headers=company.headers))


async def happen(state: ApiState, company: Member, *subjects: UUID, kind: EventKind = EventKind.ALERT_RAISED) -> None:
    """Something happens to these, in one transaction."""
    async with transaction(state.sessions, state.doorbell) as uow:
        await tell(
            uow.session,
            company_id=company.company_id,
            kind=kind,
            happenings=[Happening(subject, {"alert_id": str(subject)}) for subject in subjects],
        )


async def read_deliveries(
    api: AsyncClient, company: Member, webhook: dict[str, Any], **params: str
) -> list[dict[str, Any]]:
    """The log of a webhook, oldest first."""
    path = f"{WEBHOOKS}/{webhook['id']}/deliveries"
    params |= {"sort": "created_at", "limit": "200"}
    found: list[dict[str, Any]] = ok(await api.get(path, params=params, headers=company.headers))["items"]
    return found


async def make_delivered(api: AsyncClient, state: ApiState, company: Member) -> dict[str, str]:
    """A webhook, and an alert that has arrived there: their ids."""
    webhook = await make_webhook(api, company)
    alert_id, now = new_id(), utc_now()
    delivery = Delivery(
        company_id=company.company_id,
        id=new_id(),
        webhook_id=UUID(webhook["id"]),
        event_id=new_id(),
        position=1,
        kind=EventKind.ALERT_RAISED.value,
        subject_id=alert_id,
        data={"alert_id": str(alert_id)},
        happened_at=now,
        state="delivered",
        attempts=1,
        tries=[{"at": now.isoformat(), "status": 204, "error": None, "milliseconds": 3}],
        finished_at=now,
    )
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add(delivery)
    return {"webhook": webhook["id"], "delivery": str(delivery.id)}
