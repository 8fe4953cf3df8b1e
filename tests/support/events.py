"""Events, as those who listen are told of them."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

import httpx

from attain_shared.clock import utc_now
from attain_shared.events.queries import StoredEvent
from attain_shared.events.schemas import EventKind
from attain_shared.identifiers import new_id

PATIENCE_SECONDS = 30.0


def event_of(kind: EventKind, subject_id: UUID, company_id: UUID) -> StoredEvent:
    """Something that happens to a goal, a review or an alert."""
    return StoredEvent(company_id, 1, new_id(), kind.value, subject_id, {}, utc_now())


@dataclass(frozen=True)
class Heard:
    """One event of a stream."""

    name: str
    id: str
    data: dict[str, Any]


def read_stream(lines: Iterable[str]) -> Iterator[Heard]:
    """The events in the lines of a stream, as the standard has it read."""
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            if "data" in fields:
                yield Heard(fields.get("event", "message"), fields.get("id", ""), json.loads(fields["data"]))
            fields = {}


@dataclass
class Listener:
    """Somebody who listens, in a thread of their own, and notes what they hear until their stream ends."""

    base_url: str
    headers: dict[str, str] = field(repr=False)
    heard: list[Heard] = field(default_factory=list)

    def listen(self, *, after: str | None = None) -> Self:
        """Begin; returns once the stream has."""
        headers = self.headers | ({"Last-Event-ID": after} if after is not None else {})
        self._http = httpx.Client(base_url=self.base_url, timeout=PATIENCE_SECONDS, trust_env=False)
        self._response = self._http.send(self._http.build_request("GET", "/v1/events", headers=headers), stream=True)
        assert self._response.status_code == 200, self._response.read()
        self.begun = len(self.heard)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.wait(lambda: len(self.heard) > self.begun)
        return self

    @property
    def last_id(self) -> str:
        """What to come back with."""
        return self.heard[-1].id

    @property
    def has_ended(self) -> bool:
        """Whether the stream is over."""
        return not self._thread.is_alive()

    def told(self) -> list[Heard]:
        """All events but those about the stream itself."""
        return [one for one in self.heard if one.name not in {"hello", "reset"}]

    def subjects(self) -> list[str]:
        """What they were about, in order."""
        return [one.data["subject_id"] for one in self.told()]

    def wait(self, condition: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until something is heard."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"heard only {self.heard}"
            time.sleep(0.01)

    def close(self) -> None:
        """Listen no more."""
        if not self.has_ended:
            line = self._response.extensions["network_stream"].get_extra_info("socket")
            line.shutdown(socket.SHUT_RDWR)  # closing alone wakes no thread that waits for more
        self._thread.join(PATIENCE_SECONDS)
        self._response.close()
        self._http.close()

    def _read(self) -> None:
        try:
            for one in read_stream(self._response.iter_lines()):
                self.heard.append(one)
        except (httpx.TransportError, httpx.StreamError):
            return  # the server was killed, or the test has closed it
