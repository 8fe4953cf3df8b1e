"""The one layer around every request: its id, its log line, its metrics, its limits. Plain ASGI."""

import re
import time
from dataclasses import dataclass

import structlog
from fastapi import Request
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from attain_api.problems import REQUEST_ID, internal_error
from attain_api.state import state_of
from attain_shared.db.session import STATEMENTS, StatementCount
from attain_shared.identifiers import new_id

log = structlog.get_logger("attain_api.requests")

MAX_JSON_BODY = 1 << 20
"""Bytes of a request's body; one route takes more and says so."""
BODY_LIMIT = "attain.body_limit"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
STATEMENT_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 20, 40)
"""A list of any length takes 4 at most (P12)."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(slots=True)
class BodyLimit:
    """How much of the body is read at most.

    Not FastAPI's `max_body_size`, which answers in plain text where the length is declared.
    """

    maximum: int = MAX_JSON_BODY
    read: int = 0

    def take(self, message: Message) -> None:
        """Count a piece of the body."""
        self.read += len(message.get("body", b""))
        if self.read > self.maximum:
            raise HTTPException(413)


def allow_body(request: Request, maximum: int) -> None:
    """Let a route that reads the stream itself take more than others."""
    request.scope[BODY_LIMIT].maximum = maximum


class RequestMetrics:
    """Counts requests, how long they take and how many statements they run, by route template."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("method", "route", "status")
        self._requests = Counter("attain_http_requests", "HTTP requests answered.", labels, registry=registry)
        self._seconds = Histogram(
            "attain_http_request_duration_seconds", "Time to the answer's end.", ("method", "route"), registry=registry
        )
        self._statements = Histogram(
            "attain_http_request_statements",
            "SQL statements that a request ran.",
            ("method", "route"),
            registry=registry,
            buckets=STATEMENT_BUCKETS,
        )

    def note(self, *, method: str, route: str, status: int, seconds: float, statements: int) -> None:
        """One more request."""
        method = method if method in _METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)
        self._statements.labels(method, route).observe(statements)


class RequestLayer:
    """Wraps the application; also answers what no exception handler took."""

    def __init__(self, app: ASGIApp, *, metrics: RequestMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _request_id(headers.get("x-request-id"))
        limit, state = BodyLimit(), state_of(Request(scope))
        scope[REQUEST_ID], scope[BODY_LIMIT] = request_id, limit
        status, started, count = 0, time.perf_counter(), StatementCount()
        STATEMENTS.set(count)  # each request is a task of its own, and its context with it

        async def limited_receive() -> Message:
            message = await receive()
            limit.take(message)
            return message

        async def noting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _finish_headers(message, request_id=request_id, private="authorization" in headers, last=state.draining)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, limited_receive, noting_send)
            except Exception:
                log.exception("request failed")
                if status:
                    raise
                request = Request(scope)
                await internal_error(request)(scope, receive, noting_send)
            finally:
                self._note(scope, status=status, seconds=time.perf_counter() - started, statements=count.ran)

    def _note(self, scope: Scope, *, status: int, seconds: float, statements: int) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.note(method=scope["method"], route=route, status=status, seconds=seconds, statements=statements)
        log.info("request", method=scope["method"], route=route, status=status, milliseconds=round(seconds * 1000, 1))


def _request_id(given: str | None) -> str:
    return given if given is not None and _REQUEST_ID.fullmatch(given) else new_id().hex


def _finish_headers(message: Message, *, request_id: str, private: bool, last: bool) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = request_id
    headers["X-Content-Type-Options"] = "nosniff"
    if private or message["status"] >= 400:
        headers.setdefault("Cache-Control", "no-store")
    if last:
        headers["Connection"] = "close"
