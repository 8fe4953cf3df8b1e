"""Connections that wait for their client, and for how long they may: uvicorn itself waits for ever.

The application sees a request only once its head is there, and an answer is no more its own once the last of it was
handed over; so both are watched here, from outside and once a second, which costs a request next to nothing.
"""

import asyncio
import fcntl
import socket
import sys
import termios
import time
from collections.abc import Iterable
from enum import StrEnum

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from attain_api.state import ApiState

log = structlog.get_logger(__name__)

HEAD_SECONDS = 10.0
"""How long the head of a request may take to arrive."""
MAX_HEAD_BYTES = 64 * 1024


class Owed(StrEnum):
    """What a client may keep us waiting for; as the metrics name it."""

    REQUEST = "idle"
    HEAD = "slow-head"
    BODY = "slow-body"
    """The rest of one that was answered before its end; while nothing is answered, the application sees to it."""
    READING = "slow-reader"


class WatchedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, which also notes what it waits for; called by the parser and the event loop."""

    _owed: Owed | None = None
    """None while a request is in hand, and while uvicorn's own clock of idle connections runs."""
    _since = 0.0
    _head_bytes = 0
    _is_whole = True
    """Whether the last request has arrived to its end."""
    _unsent = 0
    _unsent_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected."""
        super().connection_made(transport)
        self._wait_for(Owed.REQUEST)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._is_whole, self._head_bytes = False, 0
        self._wait_for(Owed.HEAD)

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._owed = None
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is there."""
        self._is_whole = True
        if self._owed is Owed.BODY:
            self._wait_for(Owed.REQUEST)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is handed over."""
        if not self._is_whole:
            self._wait_for(self._owed or Owed.BODY)
        super().on_response_complete()

    def data_received(self, data: bytes) -> None:
        """The parser by itself would take a head of any length."""
        super().data_received(data)
        if self._owed is Owed.HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and self._is_answered() and not self.transport.is_closing():
                self.send_400_response("The request's head is too long.")
        elif self._owed is None and self.timeout_keep_alive_task is None and self._is_answered():
            self._wait_for(Owed.REQUEST)  # an empty line stops uvicorn's clock, and begins no request

    def find_fault(self, now: float, *, body_seconds: float, send_seconds: float) -> Owed | None:
        """What the client has kept us waiting for too long, if there is anything."""
        unsent = self._bytes_not_taken()
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        elif now - self._unsent_since > send_seconds:
            return Owed.READING
        if self._owed is None or not self._is_answered():
            return None
        patience = {Owed.REQUEST: self.timeout_keep_alive, Owed.HEAD: HEAD_SECONDS, Owed.BODY: body_seconds}
        return self._owed if now - self._since > patience[self._owed] else None

    def _bytes_not_taken(self) -> int:
        """What of the answer waits for the client; 0 once the kernel has the rest, which costs us nothing."""
        waiting = self.transport.get_write_buffer_size()
        if waiting == 0 or self.transport.is_closing():
            return waiting
        line: socket.socket = self.transport.get_extra_info("socket")
        # the kernel takes more only once a third of its own buffer, megabytes, is free: a slow reader would seem dead
        in_kernel = fcntl.ioctl(line.fileno(), termios.TIOCOUTQ, bytes(4))
        return waiting + int.from_bytes(in_kernel, sys.byteorder)

    def _wait_for(self, owed: Owed) -> None:
        self._owed, self._since = owed, time.monotonic()

    def _is_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]  # before the first


def end_overdue(connections: Iterable[object], state: ApiState) -> None:
    """Cut off whoever has taken too long."""
    now, settings = time.monotonic(), state.settings
    for connection in list(connections):
        if not isinstance(connection, WatchedProtocol):
            continue
        try:
            fault = connection.find_fault(now, body_seconds=settings.body_seconds, send_seconds=settings.send_seconds)
        except (OSError, ValueError) as error:  # its socket is gone: that must not end the loop that serves the others
            log.warning("connection not looked at", reason=repr(error))
            continue
        if fault is None:
            continue
        connection.transport.abort()
        if fault is not Owed.REQUEST:  # who asks for nothing is refused nothing
            state.counters.requests_refused.labels(fault.value).inc()
            log.info("connection cut off", reason=fault.value)
