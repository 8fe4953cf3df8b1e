"""Sending one request until it is answered, or for as long as the policy allows."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from attain_shared.client.errors import GaveUp, PushFailed

PASSING_STATUSES = frozenset({429, 500, 502, 503, 504})
"""Answers that another try may change; no other 4xx is one (`reliability.md`)."""
_IN_PROGRESS = "request-in-progress"
"""A 409 that only means: the first try is still running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long to wait between tries, and when to give up; all in seconds.

    The wait is drawn from 0 up to a bound that doubles from `first` to `cap` (full jitter): clients that failed together
    do not come back together. A `Retry-After` comes on top.
    """

    first: float = 0.5
    cap: float = 60.0
    give_up_after: float = 900.0
    """From the first try of a request."""

    def wait_before(self, retry: int, *, retry_after: float, draw: Callable[[float, float], float]) -> float:
        """Before the retry of this number, from 0."""
        return retry_after + draw(0, min(self.cap, self.first * 2 ** min(retry, 32)))


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a request is tried again, and after how many seconds."""

    reason: str
    wait: float


class Sender:
    """Sends requests and tries again; safe to use from several threads."""

    def __init__(
        self, http: httpx.Client, policy: RetryPolicy, *, on_trouble: Callable[[Trouble], None] = lambda _: None
    ) -> None:
        """`on_trouble` is called in the sending thread before each wait."""
        self._http = http
        self._policy = policy
        self._on_trouble = on_trouble

    def send(self, build: Callable[[], httpx.Request], *, stopping: threading.Event | None = None) -> httpx.Response:
        """The first answer that another try would not change.

        Args:
            build: called for each try, as a signature has its time.
            stopping: once it is set, nothing waits for another try: it gives up.

        Raises:
            GaveUp: with the last trouble.
            PushFailed: the request cannot be sent at all.
        """
        stopping = stopping or threading.Event()
        started, retry = time.monotonic(), 0
        while True:
            retry_after = 0.0
            try:
                response = self._http.send(build())
                if not _is_passing(response):
                    return response
                reason = f"answered {response.status_code}"
                retry_after = _retry_after(response)
            except (httpx.UnsupportedProtocol, httpx.LocalProtocolError):
                # not its own words: they repeat the header, which may be the key
                raise PushFailed("no request can be made of this: check URL, key and run id") from None
            except (httpx.TransportError, httpx.DecodingError) as error:
                reason = f"{type(error).__name__}: {error}"
            wait = self._policy.wait_before(retry, retry_after=retry_after, draw=random.uniform)
            spent = time.monotonic() - started
            if spent + wait > self._policy.give_up_after:
                raise GaveUp(f"{reason}; gave up after {retry + 1} tries in {spent:.0f} s")
            self._on_trouble(Trouble(reason, wait))
            if stopping.wait(wait):
                raise GaveUp(f"{reason}; stopped")
            retry += 1


def _is_passing(response: httpx.Response) -> bool:
    if response.status_code == 409:
        return _IN_PROGRESS in response.text
    return response.status_code in PASSING_STATUSES


def _retry_after(response: httpx.Response) -> float:
    """The seconds that the server asks for: 0 where it asks for none, or for no time that can be read."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds())
