"""Webhooks over real HTTP: signed as the official library wants it, and no receiver gets the better of the worker."""

import asyncio
import time
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from attain_worker.delivery.sending import MOST_BYTES, Sender
from deploy.local.ports import HOST
from tests.support.receiving import Received, answer, receiver
from tests.support.sent import DELIVERY, GOAL, LOOPBACK, MESSAGE, NEXT, SECRET, accept, send, target


async def test_the_official_library_accepts_what_is_sent() -> None:
    async with receiver(accept) as server:
        sent = await send(f"{server.url}/hook?token=%C3%A9%2F1")
    [request] = server.received
    assert sent.ok
    assert (sent.status, sent.error, sent.retry_after, sent.gone) == (204, None, None, False)
    assert (request.method, request.target) == ("POST", "/hook?token=%C3%A9%2F1")
    assert request.headers["host"] == f"{HOST}:{server.port}"
    assert request.headers["user-agent"] == "Attain"
    assert request.headers["content-type"].startswith("application/json")
    assert request.headers["webhook-id"] == str(DELIVERY)
    assert Webhook(SECRET).verify(request.body, request.headers) == {
        "type": "attainment.changed",
        "timestamp": "2026-11-23T01:02:03.450000Z",
        "data": {"goal_id": str(GOAL)},
    }
    assert b": " not in request.body


async def test_what_was_tampered_with_is_refused_by_the_official_library() -> None:
    async with receiver(accept) as server:
        await send(server.url)
    [request] = server.received
    changes = [
        (request.body.replace(b"attainment", b"attainmenu"), request.headers),
        (request.body, request.headers | {"webhook-id": str(GOAL)}),
        (request.body, request.headers | {"webhook-timestamp": str(int(time.time()) - 10)}),
        (request.body, request.headers | {"webhook-timestamp": str(int(time.time()) - 600)}),
    ]
    for body, headers in changes:
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEXT).verify(request.body, request.headers)


async def test_while_a_secret_takes_over_from_another_either_verifies() -> None:
    async with receiver(accept) as server:
        await send(server.url, NEXT, SECRET)
    [request] = server.received
    assert len(request.headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, NEXT):
        Webhook(secret).verify(request.body, request.headers)


async def test_each_attempt_has_the_same_id_and_a_time_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver(accept) as server, Sender(networks=LOOPBACK) as sender:
        await sender.send(target(server.url), MESSAGE)
        monkeypatch.setattr("attain_worker.delivery.sending.time.time", lambda: 1_795_000_000.5)
        await sender.send(target(server.url), MESSAGE)
    first, second = (request.headers for request in server.received)
    assert first["webhook-id"] == second["webhook-id"]
    assert second["webhook-timestamp"] == "1795000000" != first["webhook-timestamp"]
    assert server.connections == 1


@pytest.mark.parametrize(
    ("status", "error", "gone"),
    [
        (301, "redirected", False),
        (400, "status", False),
        (410, "status", True),
        (429, "status", False),
        (500, "status", False),
        (503, "status", False),
    ],
)
async def test_any_other_answer_than_success_is_a_failure(status: int, error: str, gone: bool) -> None:
    async with receiver(lambda _: answer(status)) as server:
        sent = await send(server.url)
    assert (sent.ok, sent.status, sent.error, sent.gone) == (False, status, error, gone)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    async with receiver(accept) as elsewhere:
        async with receiver(lambda _: answer(status, Location=f"{elsewhere.url}/")) as server:
            sent = await send(server.url)
        assert (sent.ok, sent.error) == (False, "redirected")
        assert (len(server.received), elsewhere.connections) == (1, 0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("9" * 400, 86_400.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 86_400.0),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("", None),
    ],
)
async def test_a_receiver_may_ask_to_be_left_alone_for_a_day_at_most(text: str, seconds: float | None) -> None:
    async def act(_request: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 503 .\r\nRetry-After: {text}\r\nContent-Length: 0\r\n\r\n".encode("latin-1"))

    async with receiver(act) as server:
        assert (await send(server.url)).retry_after == seconds


async def test_cookies_and_proxies_are_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        receiver(accept) as proxy,
        receiver(lambda _: answer(200, Set_Cookie="a=b")) as server,
        Sender(networks=LOOPBACK) as sender,
    ):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for _ in range(2):
            assert (await sender.send(target(server.url), MESSAGE)).ok
    assert proxy.connections == 0
    assert all("cookie" not in request.headers for request in server.received)


async def _drip(_request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 .\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.05)


async def _drip_headers(_request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 .\r\n")
    for number in range(1000):
        writer.write(f"X-{number}: 1\r\n".encode())
        await writer.drain()
        await asyncio.sleep(0.05)


async def _say_nothing(_request: Received, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


@pytest.mark.parametrize(
    ("act", "ok", "error"),
    # once it has said that all is well, it is
    [(_drip, True, None), (_drip_headers, False, "timeout"), (_say_nothing, False, "timeout")],
)
async def test_a_slow_receiver_costs_no_more_than_the_time_there_is(act: Any, ok: bool, error: str | None) -> None:
    async with receiver(act) as server:
        sent = await send(server.url, total_seconds=0.5)
    assert (sent.ok, sent.error) == (ok, error)
    assert 400 <= sent.milliseconds < 5000


async def test_of_a_huge_answer_only_the_beginning_is_read() -> None:
    written = 0

    async def pour(_request: Received, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 .\r\nContent-Length: 10000000000\r\n\r\n")
        while written < 1 << 30:
            writer.write(bytes(1 << 16))
            await writer.drain()
            written += 1 << 16

    async with receiver(pour) as server:
        sent = await send(server.url)
    assert sent.ok
    # what the sockets of both sides hold besides
    assert written < 512 * MOST_BYTES


async def _hang_up(_request: Received, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def _reset(_request: Received, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _babble(_request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")


async def _overdo_headers(_request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 .\r\n" + b"X: " + b"x" * 300_000 + b"\r\n")


async def _switch_protocols(_request: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 101 .\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")


@pytest.mark.parametrize("act", [_switch_protocols, _hang_up, _reset, _babble, _overdo_headers])
async def test_what_a_broken_receiver_does_is_a_failure_and_no_error(act: Any) -> None:
    async with receiver(act) as server:
        sent = await send(server.url)
    assert not sent.ok
    assert (sent.status, sent.error in {"protocol-error", "connect-failed"}) == (None, True)


async def test_where_nobody_listens_nothing_is_sent() -> None:
    async with receiver(accept) as server:
        url = server.url
    assert (await send(url)).error == "connect-failed"


async def test_who_stops_the_worker_need_not_wait_for_a_receiver() -> None:
    reached = asyncio.Event()

    async def keep_waiting(request: Received, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await _say_nothing(request, writer)

    async with receiver(keep_waiting) as server, Sender(networks=LOOPBACK) as sender:
        sending = asyncio.create_task(sender.send(target(server.url), MESSAGE))
        await reached.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending


def test_nothing_of_a_target_that_is_secret_is_shown() -> None:
    shown = repr(target("https://hooks.example.com/token", SECRET))
    assert "hooks" not in shown
    assert SECRET not in shown
