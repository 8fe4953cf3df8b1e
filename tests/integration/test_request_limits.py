"""No client holds a process up: not by what it sends slowly, takes slowly, or asks at once (API4)."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from attain_api import connections
from attain_api.app import create_app
from attain_api.connections import MAX_HEAD_BYTES, WatchedProtocol
from attain_api.drain import DrainingServer
from attain_api.ops.traffic import Traffic
from attain_api.state import ApiState
from deploy.local.ports import HOST
from tests.support.companies import make_company

REFUSED = "attain_http_requests_refused_total"
ANSWERED = "attain_http_requests_total"
MANY_ANSWERS = 60
"""Of the whole contract, one after the other: more than the kernel's buffers hold."""


@dataclass
class Client:
    """One connection, byte for byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, text: str) -> None:
        self.writer.write(text.encode())
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], dict[str, object]]:
        """Status, headers and JSON of the next answer."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)).decode()
        status, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await self.reader.readexactly(int(headers["content-length"]))
        return int(status.split()[1]), headers, json.loads(body)

    async def is_ended(self) -> bool:
        """Whether the server ends the connection, within some seconds."""
        try:
            while await asyncio.wait_for(self.reader.read(1 << 16), 10):
                pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


@dataclass
class Serving:
    """The application on a port, as a process serves it."""

    state: ApiState
    port: int
    server: DrainingServer
    clients: list[Client] = field(default_factory=list)

    async def connect(self, *, receive_buffer: int | None = None) -> Client:
        line = socket.socket()
        if receive_buffer:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, (HOST, self.port))
        self.clients.append(Client(*await asyncio.open_connection(sock=line, limit=1 << 16)))
        return self.clients[-1]

    def refused(self, reason: str) -> float:
        return self.state.registry.get_sample_value(REFUSED, {"reason": reason}) or 0.0

    def in_flight(self) -> float:
        return self.state.registry.get_sample_value("attain_http_requests_in_flight") or 0.0

    async def has_in_flight(self, count: int) -> None:
        for _ in range(200):
            if self.in_flight() == count:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"{self.in_flight()} requests are in hand, and not {count}")


@asynccontextmanager
async def serving(state: ApiState, *, keep_alive: int = 75, **settings: float) -> AsyncIterator[Serving]:
    own = replace(
        state,
        settings=state.settings.model_copy(update=settings),
        registry=CollectorRegistry(),
        traffic=Traffic(),
    )
    config = uvicorn.Config(
        create_app(own),
        host=HOST,
        port=0,
        http=WatchedProtocol,
        lifespan="off",  # which would let go of the session's connections
        access_log=False,
        log_config=None,
        timeout_keep_alive=keep_alive,
        timeout_graceful_shutdown=1,
    )
    server = DrainingServer(config, own)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells of none
        await asyncio.sleep(0.01)
    api = Serving(own, server.servers[0].sockets[0].getsockname()[1], server)
    try:
        yield api
    finally:
        for client in api.clients:
            client.writer.transport.abort()
        server.should_exit = True
        await task


def post(path: str, *, length: int, more: str = "") -> str:
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n"
    )


async def test_a_body_that_does_not_arrive_in_time_is_a_408_and_ends_the_connection(state: ApiState) -> None:
    async with serving(state, body_seconds=0.3) as api:
        client = await api.connect()
        await client.send(post("/v1/auth/refresh", length=100, more="Accept-Language: zh-CN\r\n") + '{"refresh')
        status, headers, problem = await client.answer()
        assert (status, problem["code"], problem["title"]) == (408, "slow-body", "请求发送过慢")
        assert (headers["connection"], headers["content-type"]) == ("close", "application/problem+json")
        assert await client.is_ended()
        assert api.refused("slow-body") == 1


async def test_a_body_is_given_its_time_as_a_whole_however_many_pieces_it_comes_in(state: ApiState) -> None:
    company = await make_company(state)
    bearer = f"Authorization: Bearer {company.token}\r\n"
    async with serving(state, body_seconds=1.0) as api:
        slow = await api.connect()
        await slow.send(post("/v1/shops", length=1000, more=bearer))
        started = time.monotonic()
        while not slow.reader._buffer and time.monotonic() - started < 10:  # type: ignore[attr-defined]
            await slow.send(" ")
            await asyncio.sleep(0.05)
        assert (await slow.answer())[0] == 408
        quick = await api.connect()
        body = json.dumps({"platform": "tmall", "external_id": company.code, "name": "x"})
        await quick.send(post("/v1/shops", length=len(body), more=bearer) + body[:10])
        await asyncio.sleep(0.1)
        await quick.send(body[10:])
        assert (await quick.answer())[0] == 201


async def test_the_rest_of_a_body_that_was_answered_before_its_end_is_not_waited_for_without_end(
    state: ApiState,
) -> None:
    async with serving(state, body_seconds=0.3) as api:
        client = await api.connect()
        await client.send(post("/nowhere", length=1000) + "{")
        assert (await client.answer())[0] == 404
        assert await client.is_ended()
        assert api.refused("slow-body") == 1


async def test_a_long_body_that_was_answered_before_its_end_is_taken_and_the_connection_kept(state: ApiState) -> None:
    async with serving(state) as api:
        client = await api.connect()
        await client.send(post("/nowhere", length=3 * MAX_HEAD_BYTES) + "x" * MAX_HEAD_BYTES)
        assert (await client.answer())[0] == 404
        await client.send("x" * (2 * MAX_HEAD_BYTES))
        await client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await client.answer())[0] == 200


async def test_a_head_that_does_not_arrive_in_time_ends_the_connection(
    state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    async with serving(state) as api:
        fresh, used = await api.connect(), await api.connect()
        await used.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await used.answer())[0] == 200
        for client in (fresh, used):
            await client.send("GET /livez HTTP/1.1\r\nHost:")
        assert await fresh.is_ended()
        assert await used.is_ended()
        assert api.refused("slow-head") == 2


async def test_a_head_of_any_length_is_not_taken(state: ApiState) -> None:
    async with serving(state) as api:
        client = await api.connect()
        await client.send("GET /livez HTTP/1.1\r\n")
        line = f"X-Filler: {'x' * 1000}\r\n"
        try:
            for _ in range(400):
                await client.send(line)
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        assert await client.is_ended()
        assert len(line) * 400 > MAX_HEAD_BYTES


async def test_whoever_asks_for_nothing_is_sent_away_in_the_end(state: ApiState) -> None:
    async with serving(state, keep_alive=1) as api:
        silent, empty = await api.connect(), await api.connect()
        await empty.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await empty.answer())[0] == 200
        await empty.send("\r\n")  # begins no request
        assert await silent.is_ended()
        assert await empty.is_ended()
        assert sum(api.refused(reason) for reason in ("slow-head", "slow-body", "slow-reader")) == 0


async def test_a_reader_who_takes_nothing_is_cut_off_and_one_who_is_slow_is_not(state: ApiState) -> None:
    async with serving(state, send_seconds=2.5) as api:
        stuck, slow = [await api.connect(receive_buffer=4096) for _ in range(2)]
        for client in (stuck, slow):
            client.writer.write(b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * MANY_ANSWERS)
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await _until_cut(api, meanwhile=slow)
        assert api.refused("slow-reader") == 1
        assert len(api.server.server_state.connections) == 1, "the slow one's"
        await api.has_in_flight(1)


async def _until_cut(api: Serving, *, meanwhile: Client) -> None:
    """One takes a little again and again, until the other one is cut off."""
    transport = meanwhile.writer.transport
    for _ in range(200):
        transport.resume_reading()  # type: ignore[attr-defined]
        await meanwhile.reader.read(1 << 16)
        transport.pause_reading()  # type: ignore[attr-defined]
        if api.refused("slow-reader"):
            return
        await asyncio.sleep(0.1)


async def test_more_requests_than_a_process_takes_are_sent_away_at_once(state: ApiState) -> None:
    async with serving(state, max_requests=2) as api:
        held = [await api.connect() for _ in range(2)]
        for client in held:
            await client.send(post("/v1/auth/refresh", length=2))
        await api.has_in_flight(2)
        other = await api.connect()
        waits = set()
        for _ in range(20):
            await other.send("GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n")
            status, headers, problem = await other.answer()
            assert (status, problem["code"]) == (503, "busy")
            waits.add(int(headers["retry-after"]))
        assert waits <= {1, 2, 3}
        assert len(waits) > 1, "so that they do not come back together"
        assert api.refused("busy") == 20
        for client in held:
            await client.send("{}")
            assert (await client.answer())[0] == 422
        await api.has_in_flight(0)
        await other.send("GET /v1/me HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await other.answer())[0] == 401


async def test_a_busy_process_still_says_that_it_lives(state: ApiState) -> None:
    """Whoever asks takes no answer for a dead process, and would end it."""
    async with serving(state, max_requests=200) as api:
        held = [await api.connect() for _ in range(200)]
        for client in held:
            await client.send(post("/v1/auth/refresh", length=2))
        await api.has_in_flight(200)
        probe, took = await api.connect(), []
        for _ in range(200):
            started = time.perf_counter()
            await probe.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await probe.answer())[0] == 200
            took.append(time.perf_counter() - started)
        assert sorted(took)[197] < 0.05
        await probe.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await probe.answer())[0] == 200
        for client in held:
            client.writer.close()
        await api.has_in_flight(0)
