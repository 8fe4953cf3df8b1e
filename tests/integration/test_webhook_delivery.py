"""Sending deliveries: in order, again, once in effect, and never in the way of each other."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from prometheus_client import CollectorRegistry

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from attain_shared.webhooks.sealing import DeliveryKey
from attain_worker.delivery.message import Message, Sent, Target
from attain_worker.delivery.retries import RETRIES
from attain_worker.delivery.service import FAILING_FOR, LEASE, REQUESTS_PER_WEBHOOK
from tests.support.companies import Company, make_company
from tests.support.hooks import (
    ARRIVED,
    FAILED,
    GONE,
    WEBHOOKS,
    Clock,
    Receivers,
    deliver,
    happen,
    key_of,
    make_webhook,
    new_delivering,
    read_deliveries,
)
from tests.support.http import ok


async def read(api: AsyncClient, company: Company, webhook: dict[str, Any]) -> dict[str, Any]:
    return ok(await api.get(f"{WEBHOOKS}/{webhook['id']}", headers=company.headers))


async def states(api: AsyncClient, company: Company, webhook: dict[str, Any]) -> list[str]:
    return [one["state"] for one in await read_deliveries(api, company, webhook)]


async def test_an_event_arrives_once_with_what_it_takes_to_ask(api: AsyncClient, state: ApiState) -> None:
    company, clock, receivers, subject = await make_company(state), Clock(), Receivers(), new_id()
    webhook = await make_webhook(api, company)
    await happen(state, company, subject)
    delivering = new_delivering(state, receivers, clock)
    await deliver(delivering)
    await deliver(delivering)
    ((target, message),) = [one for one in receivers.got if one[0].webhook_id == UUID(webhook["id"])]
    assert (message.kind, message.subject_id, message.data) == ("alert.raised", subject, {"alert_id": str(subject)})
    assert target.url == "https://hooks.example.com/a-token-in-the-path"
    assert target.signing_secrets == (webhook["signing_secret"],)
    (delivery,) = await read_deliveries(api, company, webhook)
    assert (delivery["id"], delivery["event_id"]) == (str(message.delivery_id), str(message.event_id))
    assert (delivery["state"], delivery["attempts"], delivery["next_attempt_at"]) == ("delivered", 1, None)
    path = f"{WEBHOOKS}/{webhook['id']}/deliveries/{delivery['id']}"
    (tried,) = ok(await api.get(path, headers=company.headers))["tries"]
    assert (tried["status"], tried["error"]) == (204, None)


async def test_of_a_subject_the_next_waits_for_the_one_before_and_others_do_not(
    api: AsyncClient, state: ApiState
) -> None:
    company, clock, one, other = await make_company(state), Clock(), new_id(), new_id()
    webhook = await make_webhook(api, company)
    for subject in (one, one, other):
        await happen(state, company, subject)
    is_up = False
    receivers = Receivers(lambda _, message: ARRIVED if is_up or message.subject_id == other else FAILED)
    delivering = new_delivering(state, receivers, clock)
    await deliver(delivering)
    assert [message.subject_id for message in receivers.sent_to(webhook)] == [one, other]
    await happen(state, company, one)
    clock.move(seconds=4)
    await deliver(delivering)
    assert len(receivers.sent_to(webhook)) == 2  # nothing of that subject before its turn
    is_up = True
    clock.move(seconds=1)
    await deliver(delivering)
    events = [message.event_id for message in receivers.sent_to(webhook) if message.subject_id == one]
    in_order = [UUID(row["event_id"]) for row in await read_deliveries(api, company, webhook)]
    assert events[0] == events[1]
    assert events[1:] == [event for event in in_order if event in set(events)]
    assert set(await states(api, company, webhook)) == {"delivered"}


async def test_a_receiver_that_stays_away_is_tried_ten_times_and_may_be_sent_all_anew(
    api: AsyncClient, state: ApiState
) -> None:
    company, clock, subject, other = await make_company(state), Clock(), new_id(), new_id()
    webhook = await make_webhook(api, company)
    await happen(state, company, subject)
    await happen(state, company, subject)
    receivers = Receivers(lambda _, message: ARRIVED if message.subject_id == other else FAILED)
    delivering = new_delivering(state, receivers, clock)
    await deliver(delivering)
    for wait in RETRIES:
        clock.now += wait
        await deliver(delivering)
    first, second = await read_deliveries(api, company, webhook)
    assert (first["state"], first["attempts"], second["state"]) == ("dead", 10, "pending")
    assert second["attempts"] == 1  # the next one of the subject has gone on at once
    await happen(state, company, other)  # something arrives: the webhook is not given up
    for wait in RETRIES:
        clock.now += wait
        await deliver(delivering)
    assert await states(api, company, webhook) == ["dead", "dead", "delivered"]

    receivers.answer, sent = (lambda *_: ARRIVED), len(receivers.sent_to(webhook))
    path = f"{WEBHOOKS}/{webhook['id']}/actions/replay"
    body = {"since": "2026-01-01T00:00:00+08:00"}
    assert ok(await api.post(path, json=body, headers=company.headers))["replayed"] == 2
    await deliver(delivering)
    anew = [str(message.delivery_id) for message in receivers.sent_to(webhook)[sent:]]
    assert anew == [first["id"], second["id"]]  # in order, under the same ids
    assert set(await states(api, company, webhook)) == {"delivered"}
    assert (await read(api, company, webhook))["failing_since"] is None


async def test_what_a_dead_worker_had_taken_on_is_sent_by_the_next_with_the_same_id(
    api: AsyncClient, state: ApiState
) -> None:
    company, clock = await make_company(state), Clock()
    webhook = await make_webhook(api, company)
    await happen(state, company, new_id())
    hanging, healthy = Receivers(gate=asyncio.Event()), Receivers()
    dead, alive = new_delivering(state, hanging, clock), new_delivering(state, healthy, clock)
    await dead.look()
    await hanging.until_sent_to(webhook)
    for task in dead._serving.values():
        task.cancel()
    await deliver(alive)
    assert healthy.sent_to(webhook) == []  # it may yet live
    clock.now += LEASE
    await deliver(alive)
    assert [message.delivery_id for message in healthy.sent_to(webhook)] == [
        message.delivery_id for message in hanging.sent_to(webhook)
    ]
    assert await states(api, company, webhook) == ["delivered"]


async def test_a_failure_told_late_changes_nothing(api: AsyncClient, state: ApiState) -> None:
    """The one who was slow hears of its failure when another worker has sent it already."""
    company, clock = await make_company(state), Clock()
    webhook = await make_webhook(api, company)
    await happen(state, company, new_id())
    slow = Receivers(lambda *_: FAILED, gate=asyncio.Event())
    delivering = new_delivering(state, slow, clock)
    await delivering.look()
    await slow.until_sent_to(webhook)
    clock.now += LEASE
    await deliver(new_delivering(state, Receivers(), clock))
    assert slow.gate is not None
    slow.gate.set()
    await asyncio.gather(*delivering._serving.values())
    (delivery,) = await read_deliveries(api, company, webhook)
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 2)


async def test_two_workers_at_once_send_everything_once_and_in_order(api: AsyncClient, state: ApiState) -> None:
    company, clock, subjects = await make_company(state), Clock(), [new_id() for _ in range(12)]
    webhook = await make_webhook(api, company)
    for _ in range(4):
        await happen(state, company, *subjects)
    receivers = Receivers()
    workers = [new_delivering(state, receivers, clock) for _ in range(2)]
    for _ in range(4):
        await asyncio.gather(*(deliver(worker) for worker in workers))
    got = receivers.sent_to(webhook)
    assert len(got) == len({message.event_id for message in got}) == 48
    order = [UUID(one["event_id"]) for one in await read_deliveries(api, company, webhook)]
    for subject in subjects:
        of_subject = [message.event_id for message in got if message.subject_id == subject]
        assert of_subject == [event for event in order if event in set(of_subject)]


async def test_a_slow_receiver_holds_up_nobody_else(api: AsyncClient, state: ApiState) -> None:
    company, clock, gate = await make_company(state), Clock(), asyncio.Event()
    slow, quick = await make_webhook(api, company), await make_webhook(api, company)
    await happen(state, company, *(new_id() for _ in range(20)))

    class Mixed(Receivers):
        async def send(self, target: Target, message: Message) -> Sent:
            self.got.append((target, message))
            self.called.set()
            if str(target.webhook_id) == slow["id"]:
                await gate.wait()
            return ARRIVED

    receivers = Mixed()
    delivering = new_delivering(state, receivers, clock)
    await delivering.look()
    await receivers.until_sent_to(quick, 20)
    assert len(receivers.sent_to(slow)) == REQUESTS_PER_WEBHOOK
    gate.set()
    await asyncio.gather(*delivering._serving.values())
    assert len(receivers.sent_to(slow)) == 20


async def test_a_receiver_that_asks_to_wait_is_left_alone_so_long(api: AsyncClient, state: ApiState) -> None:
    company, clock = await make_company(state), Clock()
    webhook = await make_webhook(api, company)
    busy = Sent(ok=False, status=429, error="rate-limited", retry_after=600, gone=False, milliseconds=1)
    receivers = Receivers(lambda *_: busy)
    delivering = new_delivering(state, receivers, clock)
    await happen(state, company, new_id())
    await deliver(delivering)
    await happen(state, company, new_id())
    clock.move(seconds=599)
    await deliver(delivering)
    assert len(receivers.sent_to(webhook)) == 1
    receivers.answer = lambda *_: ARRIVED
    clock.move(seconds=1)
    await deliver(delivering)
    assert await states(api, company, webhook) == ["delivered", "delivered"]


async def test_a_robot_gets_what_waits_in_one_message_and_no_more_often_than_it_may(
    api: AsyncClient, state: ApiState
) -> None:
    company, clock, receivers = await make_company(state), Clock(), Receivers()
    url = "https://oapi.dingtalk.com/robot/send?access_token=abc"
    robot = await make_webhook(api, company, channel="dingtalk", url=url, secret="SECabc")
    await happen(state, company, *(new_id() for _ in range(3)))
    delivering = new_delivering(state, receivers, clock)
    await deliver(delivering)
    ((target, _), *_) = receivers.got
    assert (target.url, target.vendor_secret, target.signing_secrets[0][:6]) == (url, "SECabc", "whsec_")
    await happen(state, company, new_id())
    clock.move(seconds=3)
    await deliver(delivering)
    assert [len(digest) for digest in receivers.digests] == [3]
    clock.move(seconds=1)
    await deliver(delivering)
    assert [len(digest) for digest in receivers.digests] == [3, 1]
    assert set(await states(api, company, robot)) == {"delivered"}


@pytest.mark.parametrize(("hours", "secrets"), [(24, 2), (0, 1)])
async def test_for_the_overlap_both_secrets_sign(api: AsyncClient, state: ApiState, hours: int, secrets: int) -> None:
    company, clock, receivers = await make_company(state), Clock(), Receivers()
    webhook = await make_webhook(api, company)
    path = f"{WEBHOOKS}/{webhook['id']}/actions/rotate"
    rotated = ok(await api.post(path, json={"overlap_hours": hours}, headers=company.headers))
    delivering = new_delivering(state, receivers, clock)
    await happen(state, company, new_id())
    await deliver(delivering)
    clock.move(hours=hours + 1)
    await happen(state, company, new_id())
    await deliver(delivering)
    during, after = [target.signing_secrets for target, _ in receivers.got if str(target.webhook_id) == webhook["id"]]
    assert during == (rotated["signing_secret"], webhook["signing_secret"])[:secrets]
    assert after == (rotated["signing_secret"],)


async def test_a_receiver_that_says_it_is_gone_is_given_up_and_taken_up_again(
    api: AsyncClient, state: ApiState
) -> None:
    company, clock, receivers = await make_company(state), Clock(), Receivers(lambda *_: GONE)
    webhook = await make_webhook(api, company)
    await happen(state, company, new_id())
    delivering = new_delivering(state, receivers, clock)
    await deliver(delivering)
    shown = await read(api, company, webhook)
    assert (shown["is_active"], shown["disabled_reason"]) == (False, "gone")
    await happen(state, company, new_id())  # nobody is told of this one
    clock.move(seconds=5)
    await deliver(delivering)
    assert len(receivers.sent_to(webhook)) == 1
    receivers.answer = lambda *_: ARRIVED
    path = f"{WEBHOOKS}/{webhook['id']}"
    shown = ok(await api.patch(path, json={"is_active": True}, headers=company.headers))
    assert (shown["is_active"], shown["disabled_at"], shown["failing_since"]) == (True, None, None)
    await deliver(delivering)
    assert await states(api, company, webhook) == ["delivered"]


async def test_a_webhook_where_nothing_arrives_for_days_is_given_up(api: AsyncClient, state: ApiState) -> None:
    company, clock, receivers = await make_company(state), Clock(), Receivers(lambda *_: FAILED)
    webhook = await make_webhook(api, company)
    delivering = new_delivering(state, receivers, clock)
    await happen(state, company, new_id())
    await deliver(delivering)
    assert (await read(api, company, webhook))["failing_since"] is not None
    clock.now += FAILING_FOR
    await deliver(delivering)
    shown = await read(api, company, webhook)
    assert (shown["is_active"], shown["disabled_reason"]) == (False, "failing")
    found = await api.get("/v1/audit-entries", params={"resource_id": webhook["id"]}, headers=company.headers)
    assert any("disabled_reason" in str(entry["changes"]) for entry in ok(found)["items"])


async def test_another_key_sends_nothing_and_says_why(api: AsyncClient, state: ApiState) -> None:
    company, clock, receivers = await make_company(state), Clock(), Receivers()
    webhook = await make_webhook(api, company)
    await happen(state, company, new_id())
    delivering = new_delivering(state, receivers, clock)
    delivering._key = DeliveryKey("another key, that has sealed nothing of all this")
    await deliver(delivering)
    assert receivers.sent_to(webhook) == []
    (delivery,) = await read_deliveries(api, company, webhook)
    path = f"{WEBHOOKS}/{webhook['id']}/deliveries/{delivery['id']}"
    assert ok(await api.get(path, headers=company.headers))["tries"][0]["error"] == "key-changed"
    delivering._key = key_of(state)
    clock.move(seconds=5)
    await deliver(delivering)
    assert await states(api, company, webhook) == ["delivered"]


async def test_tries_are_counted_by_channel_and_outcome(api: AsyncClient, state: ApiState) -> None:
    company, clock, registry = await make_company(state), Clock(), CollectorRegistry()
    webhook = await make_webhook(api, company)
    await happen(state, company, new_id(), new_id())
    of_webhook = UUID(webhook["id"])
    receivers = Receivers(lambda target, _: FAILED if target.webhook_id == of_webhook else ARRIVED)
    delivering = new_delivering(state, receivers, clock, registry=registry)
    await deliver(delivering)
    counted = {"channel": "webhook", "outcome": "retried"}
    assert registry.get_sample_value("attain_webhook_deliveries_total", counted) == 2
    clock.move(seconds=35)
    await delivering.look()
    overdue = registry.get_sample_value("attain_webhook_overdue_seconds")
    assert overdue is not None
    assert overdue >= 30
    await asyncio.gather(*delivering._serving.values())
