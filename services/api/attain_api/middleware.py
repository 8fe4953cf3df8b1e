"""The one layer around every request: its id, its log line, its metrics, its limits. Plain ASGI."""

import asyncio
import re
import secrets
import time
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import structlog
from fastapi import Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from attain_api.ops.traffic import Traffic
from attain_api.problems import REQUEST_ID, internal_error, respond
from attain_api.state import ApiState, state_of
from attain_shared.db.session import STATEMENTS, StatementCount
from attain_shared.errors import Unavailable
from attain_shared.identifiers import new_id
from attain_shared.tracing import trace_fields

log = structlog.get_logger("attain_api.requests")

MAX_JSON_BODY = 1 << 20
"""Bytes of a request's body; one route takes more and says so."""
BODY_LIMIT = "attain.body_limit"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
STATEMENT_BUCKETS = (1, 2, 3, 4, 6, 8, 12, 20, 40)
"""A list of any length takes 4 at most (P12)."""
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
"""From a push (tens of milliseconds) to what a statement may take at most."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ALWAYS_SERVED = frozenset({"/livez", "/readyz"})
"""Whoever asks these must not take a process that is busy for a dead one; nor are they work that anybody wants done."""
_MAY_WAIT = frozenset({"/v1/goals/{goal_id}/attainment"})
"""Routes that wait for a push as long as the caller asks; the alert AttainSlow leaves them out, too."""
_STREAM = "text/event-stream"
BUSY_SECONDS = 1


class Busy(Unavailable):
    """More requests at once than the process takes."""

    code, title = "busy", "Too busy"


@dataclass(slots=True)
class BodyLimit:
    """How much of the body is read at most, and how long that may take.

    Not FastAPI's `max_body_size`, which answers in plain text where the length is declared.
    """

    state: ApiState
    maximum: int = MAX_JSON_BODY
    read: int = 0
    ends_at: float | None = None
    """By the loop's clock; None before anybody has asked for the body."""
    is_complete: bool = False

    async def receive(self, receive: Receive) -> Message:
        """The next piece of the body, or whatever comes after it.

        Raises:
            HTTPException: 413 where it is too much, 408 where it takes too long.
        """
        if self.is_complete:
            return await receive()
        if self.ends_at is None:
            self.ends_at = asyncio.get_running_loop().time() + self.state.settings.body_seconds
        try:
            async with asyncio.timeout_at(self.ends_at):
                message = await receive()
        except TimeoutError:
            self.state.counters.requests_refused.labels("slow-body").inc()
            raise HTTPException(408, headers={"Connection": "close"}) from None
        self.is_complete = not message.get("more_body", False)
        self.read += len(message.get("body", b""))
        if self.read > self.maximum:
            raise HTTPException(413)
        return message


def allow_body(request: Request, maximum: int) -> None:
    """Let a route that reads the stream itself take more than others."""
    request.scope[BODY_LIMIT].maximum = maximum


class _Series(NamedTuple):
    """What is told of requests that are alike: looked up once, as that costs more than counting."""

    requests: Counter
    seconds: Histogram
    statements: Histogram


class RequestMetrics:
    """Counts requests, how long they take and how many statements they run, by route template."""

    def __init__(self, registry: CollectorRegistry, traffic: Traffic) -> None:
        self._traffic = traffic
        labels = ("method", "route", "status")
        self._requests = Counter("attain_http_requests", "HTTP requests answered.", labels, registry=registry)
        self._seconds = Histogram(
            "attain_http_request_duration_seconds",
            "Time to the answer's end.",
            ("method", "route"),
            registry=registry,
            buckets=SECONDS_BUCKETS,
        )
        self._statements = Histogram(
            "attain_http_request_statements",
            "SQL statements that a request ran.",
            ("method", "route"),
            registry=registry,
            buckets=STATEMENT_BUCKETS,
        )
        self._series: dict[tuple[str, str, int], _Series] = {}
        self.in_hand = 0
        """Requests whose answer has not ended."""
        in_flight = Gauge("attain_http_requests_in_flight", "Requests in hand.", registry=registry)
        in_flight.set_function(lambda: self.in_hand)

    def note(self, *, method: str, route: str, status: int, seconds: float, statements: int) -> None:
        """One more request."""
        if route not in _ALWAYS_SERVED:
            self._traffic.note(status=status, seconds=seconds, may_wait=route in _MAY_WAIT)
        key = method if method in _METHODS else "other", route, status
        series = self._series.get(key) or self._series_of(*key)
        series.requests.inc()
        series.seconds.observe(seconds)
        series.statements.observe(statements)

    def _series_of(self, method: str, route: str, status: int) -> _Series:
        made = self._series[method, route, status] = _Series(
            self._requests.labels(method, route, str(status)),
            self._seconds.labels(method, route),
            self._statements.labels(method, route),
        )
        return made


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
        state = state_of(Request(scope))
        limit = BodyLimit(state)
        scope[REQUEST_ID], scope[BODY_LIMIT] = request_id, limit
        status, started, count = 0, time.perf_counter(), StatementCount()
        STATEMENTS.set(count)  # each request is a task of its own, and its context with it

        streams = False

        async def noting_send(message: Message) -> None:
            nonlocal status, streams
            if message["type"] == "http.response.start":
                status = message["status"]
                streams = Headers(raw=message["headers"]).get("content-type", "").startswith(_STREAM)
                if streams:  # from here on the feed counts who listens
                    self._metrics.in_hand -= 1
                    self._note(scope, status=status, seconds=time.perf_counter() - started, statements=count.ran)
                _finish_headers(message, request_id=request_id, private="authorization" in headers, last=state.draining)
            await send(message)

        self._metrics.in_hand += 1
        has_room = self._metrics.in_hand <= state.settings.max_requests or scope["path"] in _ALWAYS_SERVED
        with structlog.contextvars.bound_contextvars(request_id=request_id, **trace_fields()):
            try:
                serve = self._app if has_room else _send_away
                await serve(scope, partial(limit.receive, receive), noting_send)
            except Exception:
                log.exception("request failed")
                if status:
                    raise
                request = Request(scope)
                await internal_error(request)(scope, receive, noting_send)
            finally:
                if not streams:
                    self._metrics.in_hand -= 1
                    self._note(scope, status=status, seconds=time.perf_counter() - started, statements=count.ran)

    def _note(self, scope: Scope, *, status: int, seconds: float, statements: int) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.note(method=scope["method"], route=route, status=status, seconds=seconds, statements=statements)
        log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 1),
            statements=statements,
        )


async def _send_away(scope: Scope, receive: Receive, send: Send) -> None:
    """The answer at once: who waited in line here would time out in the end, and hold memory until then."""
    request = Request(scope)
    state_of(request).counters.requests_refused.labels("busy").inc()
    # by chance up to three times as long: those who are sent away together must not come back together
    wait = BUSY_SECONDS + secrets.randbelow(2 * BUSY_SECONDS + 1)
    error = Busy("This process has as many requests in hand as it takes; try again soon.", retry_after=wait)
    await respond(request, error)(scope, receive, send)


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
