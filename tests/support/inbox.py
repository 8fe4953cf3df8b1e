"""An inbox of the test's own on a real port: answers as told, then stores and acknowledges as Attain does."""

import gzip
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid5

NAMESPACE = UUID(int=1)


@dataclass(frozen=True)
class Answer:
    """What to answer instead of storing; `drop` closes the connection without a word, after `seconds`."""

    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    drop: bool = False
    seconds: float = 0
    stores: bool = False
    """The push is stored all the same: only its receipt is lost."""


@dataclass(frozen=True)
class Seen:
    """A request."""

    method: str
    path: str
    headers: Message
    raw: bytes
    at: float

    @property
    def content(self) -> bytes:
        """Its body, unpacked."""
        return gzip.decompress(self.raw) if self.headers["content-encoding"] == "gzip" else self.raw

    @property
    def key(self) -> str:
        """Its Idempotency-Key."""
        return str(self.headers["idempotency-key"])


@dataclass
class Inbox:
    """What came in; `answers` are given first, one a request."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    stored: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def rows(self) -> list[Any]:
        """The rows of all batches stored, in the order of their keys."""
        return [row for key in sorted(self.stored) for row in json.loads(self.stored[key])["observations"]]

    def next_answer(self, request: Seen) -> Answer:
        """What a request is answered."""
        with self.lock:
            self.seen.append(request)
            answer = self.answers.pop(0) if self.answers else None
            if answer is not None and not answer.stores:
                return answer
            receipt = self._store(request)
            return answer or receipt

    def _store(self, request: Seen) -> Answer:
        if self.stored.setdefault(request.key, request.content) != request.content:
            return problem(409, "idempotency-key-reused")
        receipt = {
            "id": str(uuid5(NAMESPACE, request.key)),
            "state": "stored",
            "received": len(json.loads(request.content)["observations"]),
            "stored_at": "2026-11-22T00:00:00Z",
        }
        return Answer(202, {"Content-Type": "application/json"}, json.dumps(receipt).encode())


def problem(status: int, code: str, **more: Any) -> Answer:
    """A problem document."""
    content = {"status": status, "code": code, "title": code, "detail": f"because of {code}", **more}
    return Answer(status, {"Content-Type": "application/problem+json"}, json.dumps(content).encode())


@contextmanager
def serving(*answers: Answer) -> Iterator[Inbox]:
    """An inbox that listens on the loopback interface."""
    inbox = Inbox(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"] or 0))
            answer = inbox.next_answer(Seen(self.command, self.path, self.headers, raw, time.monotonic()))
            time.sleep(answer.seconds)
            if answer.drop:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST  # noqa: N815  # the name that http.server looks for

        def log_message(self, *_: object) -> None:
            """Not on the console."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        inbox.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield inbox
        finally:
            server.shutdown()
            thread.join()
