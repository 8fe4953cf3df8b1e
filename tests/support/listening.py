"""A receiver of webhooks as the guide for its authors has it written: it verifies, remembers ids, and acts once."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from deploy.local.ports import HOST


@dataclass
class Listener:
    """Takes what it is sent; may hang, and may fail the first time."""

    secret: str = ""
    url: str = ""
    open: threading.Event = field(default_factory=threading.Event)
    """While it is not set, requests hang."""
    failing: bool = False
    """Whether one event of each alert, of a later turn than the first, is answered 500 the first time."""
    arrivals: Counter[str] = field(default_factory=Counter)
    """How often each id came."""
    effects: list[dict[str, Any]] = field(default_factory=list)
    """The data of each id, when it was first taken."""
    _taken: set[str] = field(default_factory=set)
    _failed: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """The status of the answer."""
        event = json.loads(body)
        Webhook(self.secret).verify(body, headers)
        with self._lock:
            self.arrivals[headers["webhook-id"]] += 1
            is_first = self.arrivals[headers["webhook-id"]] == 1
        self.open.wait(timeout=60)
        with self._lock:
            about = event["data"]["alert_id"]
            # a second try that fails is followed by minutes: what a killed worker had taken on is not failed
            if self.failing and is_first and event["data"]["turn"] != "0" and about not in self._failed:
                self._failed.add(about)
                return 500
            if headers["webhook-id"] not in self._taken:
                self._taken.add(headers["webhook-id"])
                self.effects.append(event["data"])
            return 204


@contextmanager
def listening() -> Iterator[Listener]:
    """One on the loopback, in threads of its own."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                self.send_response(listener.take(body, headers))
                self.end_headers()
            except ConnectionError:
                self.close_connection = True  # whoever has sent it is dead

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
            """Nothing is said."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    listener.url = f"http://{HOST}:{server.server_port}/attain"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield listener
    finally:
        listener.open.set()
        server.shutdown()
        thread.join()
        server.server_close()
