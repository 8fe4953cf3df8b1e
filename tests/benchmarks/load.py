"""A client that costs next to nothing: a few connections that ask for the same thing over and over."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import httptools

from tests.benchmarks.processes import cpu_seconds


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did in a while."""

    requests_per_second: float
    milliseconds_of_cpu: float
    """Of the server's process, a request."""


class _Asker(asyncio.Protocol):
    """One connection: the next request leaves when the answer to the one before is there."""

    def __init__(self, request: bytes, until: float, done: "asyncio.Future[int]") -> None:
        self._request, self._until, self._done = request, until, done
        self._answers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if (status := self._parser.get_status_code()) != 200:
            self._done.set_exception(RuntimeError(f"answered {status}"))
            self._transport.close()
            return
        self._answers += 1
        if time.perf_counter() < self._until:
            self._ask()
        else:
            self._done.set_result(self._answers)
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionError("the server has closed the connection"))


async def load(url: str, *, token: str, pid: int, seconds: float, connections: int = 8) -> Load:
    """Ask for a URL for so long."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    loop = asyncio.get_running_loop()
    before, started = cpu_seconds(pid), time.perf_counter()
    waiting: list[asyncio.Future[int]] = []
    for _ in range(connections):
        done: asyncio.Future[int] = loop.create_future()
        make = partial(_Asker, request, started + seconds, done)
        await loop.create_connection(make, parts.hostname or "", parts.port or 80)
        waiting.append(done)
    answers = sum(await asyncio.gather(*waiting))
    took, cpu = time.perf_counter() - started, cpu_seconds(pid) - before
    return Load(answers / took, cpu / answers * 1000)
