"""A receiver of traces (OTLP over HTTP), and a trace as a tree."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from deploy.local.ports import HOST


@dataclass(frozen=True)
class ReceivedSpan:
    """One span, as it was sent."""

    service: str
    trace_id: str
    id: str
    parent_id: str
    name: str
    start: int
    end: int
    attributes: dict[str, str]
    links: tuple[str, ...]
    """The ids of the spans it links to."""


@dataclass
class Receiver:
    """Whatever was sent so far."""

    url: str = ""
    spans: list[ReceivedSpan] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        """Unpack what one process sent at once."""
        self.raw.append(body)
        for of_process in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(
                one.value.string_value for one in of_process.resource.attributes if one.key == "service.name"
            )
            for scope in of_process.scope_spans:
                self.spans += [
                    ReceivedSpan(
                        service=service,
                        trace_id=span.trace_id.hex(),
                        id=span.span_id.hex(),
                        parent_id=span.parent_span_id.hex(),
                        name=span.name,
                        start=span.start_time_unix_nano,
                        end=span.end_time_unix_nano,
                        attributes={one.key: one.value.string_value for one in span.attributes},
                        links=tuple(link.span_id.hex() for link in span.links),
                    )
                    for span in scope.spans
                ]

    def trace(self, trace_id: str) -> list[ReceivedSpan]:
        """The spans of one trace, in the order they began."""
        return sorted((span for span in self.spans if span.trace_id == trace_id), key=lambda span: span.start)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen for traces."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        receiver.url = f"http://{HOST}:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def tree(spans: list[ReceivedSpan]) -> str:
    """A trace as indented lines: milliseconds since its begin, how long it took, service, name."""
    began = spans[0].start
    known = {span.id for span in spans}

    def lines(parent_id: str, depth: int) -> Iterator[str]:
        for span in spans:
            if span.parent_id == parent_id or (not depth and span.parent_id not in known):
                since, took = (span.start - began) / 1e6, (span.end - span.start) / 1e6
                service = span.service.removeprefix("attain-")
                yield f"{since:8.1f} ms {took:8.1f} ms  {'  ' * depth}{service:6}  {_named(span)}"
                yield from lines(span.id, depth + 1)

    return "\n".join(lines("", 0))


def _named(span: ReceivedSpan) -> str:
    statement = " ".join(span.attributes.get("db.statement", "").split())
    return f"{span.name}: {statement[:60]}…" if statement else span.name
