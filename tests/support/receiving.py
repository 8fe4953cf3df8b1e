"""Receivers of webhooks on the loopback: HTTP/1.1 by hand, so that they may also do what no server does."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from deploy.local.ports import HOST


@dataclass(frozen=True, slots=True)
class Received:
    """A request, as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        """The parameters of its URL, unquoted."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def content(self) -> Any:
        """Its JSON."""
        return msgspec.json.decode(self.body)


Answer = Callable[[Received], bytes]
Act = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole answer; the headers' names with underscores."""
    lines = [f"HTTP/1.1 {status} .", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answer_json(content: object, status: int = 200) -> bytes:
    """A whole answer of JSON."""
    return answer(status, msgspec.json.encode(content), Content_Type="application/json")


@dataclass
class Receiver:
    """A receiver that remembers what it was sent."""

    act: Act
    port: int = 0
    scheme: str = "http"
    received: list[Received] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{self.scheme}://{HOST}:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while True:
                request = await _read(reader)
                self.received.append(request)
                await self.act(request, writer)
                await writer.drain()
                if writer.is_closing():
                    return
        writer.close()


@asynccontextmanager
async def receiver(behaviour: Answer | Act, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver that answers every request with these bytes, or does to its connection what it likes."""
    if asyncio.iscoroutinefunction(behaviour):
        act: Act = behaviour
    else:
        plain: Any = behaviour

        async def act(request: Received, writer: asyncio.StreamWriter) -> None:
            writer.write(plain(request))

    made = Receiver(act, scheme="https" if tls else "http")
    server = await asyncio.start_server(made.serve, HOST, 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, target, headers, body)
