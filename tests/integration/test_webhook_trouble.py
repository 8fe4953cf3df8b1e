"""What may go wrong beside the receiver: faults of ours, changes in the middle of a request, and a worker that ends."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from attain_worker.delivery import repository, service
from attain_worker.delivery.message import Message, Sent, Target
from attain_worker.delivery.retries import RETRIES
from attain_worker.delivery.service import LEASE, REQUESTS_PER_WEBHOOK
from tests.support.companies import make_company
from tests.support.hooks import (
    ARRIVED,
    FAILED,
    GONE,
    WEBHOOKS,
    Clock,
    Receivers,
    deliver,
    happen,
    make_webhook,
    new_delivering,
    read_deliveries,
)
from tests.support.http import ok


async def test_one_that_cannot_be_sent_at_all_dies_in_the_end_and_lets_the_others_go(
    api: AsyncClient, state: ApiState
) -> None:
    company, clock, poison, other = await make_company(state), Clock(), new_id(), new_id()
    webhook = await make_webhook(api, company)
    await happen(state, company, poison, other)

    def answer(_: Target, message: Message) -> Sent:
        if message.subject_id == poison:
            msg = "https://hooks.example.com/a-token-in-the-path"
            raise ValueError(msg)
        return ARRIVED

    delivering = new_delivering(state, Receivers(answer), clock)
    await deliver(delivering)
    first = {UUID(one["subject_id"]): one for one in await read_deliveries(api, company, webhook)}
    assert first[other]["state"] == "delivered"
    for wait in RETRIES:
        clock.now += wait
        await happen(state, company, new_id())  # something arrives: the webhook is not given up
        await deliver(delivering)
    path = f"{WEBHOOKS}/{webhook['id']}/deliveries/{first[poison]['id']}"
    dead = ok(await api.get(path, headers=company.headers))
    assert (dead["state"], dead["attempts"]) == ("dead", 1 + len(RETRIES))
    assert {tried["error"] for tried in dead["tries"]} == {"internal-error"}


@pytest.mark.parametrize("late", [GONE, Sent(False, 429, "status", 3600, gone=False, milliseconds=1)])
async def test_what_an_address_says_that_was_changed_meanwhile_is_not_held_against_the_new_one(
    api: AsyncClient, state: ApiState, late: Sent
) -> None:
    company, clock = await make_company(state), Clock()
    webhook = await make_webhook(api, company)
    await happen(state, company, new_id())
    receivers = Receivers(lambda *_: late, gate=asyncio.Event())
    delivering = new_delivering(state, receivers, clock)
    await delivering.look()
    await receivers.until_sent_to(webhook)
    path, changes = f"{WEBHOOKS}/{webhook['id']}", {"url": "https://hooks.example.com/new"}
    ok(await api.patch(path, json=changes, headers=company.headers))
    assert receivers.gate is not None
    receivers.gate.set()
    await asyncio.gather(*delivering._serving.values())
    shown = ok(await api.get(path, headers=company.headers))
    assert (shown["is_active"], shown["failing_since"]) == (True, None)
    receivers.answer = lambda *_: ARRIVED
    clock.now += RETRIES[0]
    await deliver(delivering)
    assert [one["state"] for one in await read_deliveries(api, company, webhook)] == ["delivered"]


async def test_a_worker_that_ends_takes_nothing_more_on(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    webhook = await make_webhook(api, company)
    await happen(state, company, *(new_id() for _ in range(2 * REQUESTS_PER_WEBHOOK)))
    receivers = Receivers(gate=asyncio.Event())
    delivering = new_delivering(state, receivers, Clock())
    await delivering.look()
    await receivers.until_sent_to(webhook, REQUESTS_PER_WEBHOOK)
    ending = asyncio.create_task(delivering.finish())
    await asyncio.sleep(0)
    assert receivers.gate is not None
    receivers.gate.set()
    await ending
    assert len(receivers.sent_to(webhook)) == REQUESTS_PER_WEBHOOK
    states = [one["state"] for one in await read_deliveries(api, company, webhook)]
    assert sorted(states) == ["delivered"] * REQUESTS_PER_WEBHOOK + ["pending"] * REQUESTS_PER_WEBHOOK


async def test_one_that_is_not_settled_breaks_off_no_other(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, clock, first = await make_company(state), Clock(), asyncio.Event()
    webhook = await make_webhook(api, company)
    await happen(state, company, new_id(), new_id())

    class Uneven(Receivers):
        async def send(self, target: Target, message: Message) -> Sent:
            self.got.append((target, message))
            if len(self.sent_to(webhook)) == 2 and not first.is_set():
                await first.wait()
                await asyncio.sleep(0.1)
            return ARRIVED

    settle = repository.settle

    async def fail_once(*args: Any, **more: Any) -> bool:
        if more["company_id"] == company.company_id and not first.is_set():
            first.set()
            msg = "the database is away"
            raise ConnectionError(msg)
        return await settle(*args, **more)

    monkeypatch.setattr(repository, "settle", fail_once)
    delivering = new_delivering(state, Uneven(), clock)
    await deliver(delivering)
    assert sorted(one["state"] for one in await read_deliveries(api, company, webhook)) == ["delivered", "pending"]
    clock.now += LEASE
    await deliver(delivering)
    assert {one["state"] for one in await read_deliveries(api, company, webhook)} == {"delivered"}


async def test_receivers_that_fail_leave_places_for_those_where_something_arrives(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WEBHOOKS_AT_ONCE", 4)
    monkeypatch.setattr(service, "FAILING_UP_TO", 2)
    company, clock = await make_company(state), Clock()
    slow = [await make_webhook(api, company) for _ in range(4)]
    await happen(state, company, new_id())
    receivers = Receivers(lambda *_: FAILED)
    delivering = new_delivering(state, receivers, clock)
    for _ in range(8):  # beside what other tests have left
        await deliver(delivering)
    assert all(receivers.sent_to(one) for one in slow)
    clock.now += RETRIES[0]
    quick = await make_webhook(api, company)
    await happen(state, company, new_id())
    receivers.answer, receivers.gate, receivers.got = (lambda *_: ARRIVED), asyncio.Event(), []
    await delivering.look()
    await receivers.until_sent_to(quick)
    assert sum(bool(receivers.sent_to(one)) for one in slow) <= 2
    receivers.gate.set()
    await asyncio.gather(*delivering._serving.values())
