"""Sending messages to their receivers: by Standard Webhooks, or as a robot's vendor wants it.

A receiver is nobody's friend: whatever it does costs no more than `TOTAL_SECONDS` and `MOST_BYTES`, and nothing of what
it answers is kept. No redirect is followed, no cookie kept, no proxy of the environment's asked: httpcore knows none.
"""

import asyncio
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import httpcore
import httpx

from attain_shared import signatures
from attain_shared.webhooks.addresses import AddressRefused, Endpoint, Network, check_url
from attain_worker.delivery.connecting import CheckedNetwork, Resolve, resolve
from attain_worker.delivery.message import Message, Sent, Target
from attain_worker.delivery.robots import GONE, MALFORMED, ROBOTS, Verdict, write_body
from attain_worker.delivery.wording import word

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 15.0
MOST_BYTES = 16 * 1024
LONGEST_WAIT_SECONDS = 86_400.0
"""Of what a receiver asks for."""
KEEPALIVE_SECONDS = 15.0

_HEADERS = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Attain", "Accept-Encoding": "identity"}

# the first that fits: a time-out is an OSError too
_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (AddressRefused, "address-refused"),
    (TimeoutError, "timeout"),
    (httpcore.TimeoutException, "timeout"),
    (httpcore.NetworkError, "connect-failed"),
    (httpcore.RemoteProtocolError, "protocol-error"),
    (ssl.SSLError, "tls-failed"),
    (OSError, "name-unresolved"),
)


@dataclass(slots=True)
class _Answer:
    """What has come back by now."""

    status: int | None = None
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""
    failure: str | None = None
    """Why no more has come."""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    def read_retry_after(self, now: float) -> float | None:
        """The seconds that `Retry-After` asks for."""
        text = self.headers.get(b"retry-after", b"").decode("latin-1").strip()
        try:
            moment = float(text) if text.isascii() and text.isdigit() else _read_date(text) - now
        except ValueError:
            return None
        return min(max(moment, 0.0), LONGEST_WAIT_SECONDS)


class Sender:
    """Sends from this process; may be used by many tasks at once."""

    def __init__(
        self,
        *,
        networks: Sequence[Network] = (),
        public_url: str | None = None,
        resolve: Resolve = resolve,
        connect_seconds: float = CONNECT_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._networks, self._public_url = networks, public_url
        self._connect_seconds, self._total_seconds = connect_seconds, total_seconds
        context = httpx.create_ssl_context()
        # who sends says how many at once: nobody waits here for a receiver that is slow
        self._pools = {
            inside: httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=None,
                keepalive_expiry=KEEPALIVE_SECONDS,
                network_backend=CheckedNetwork(networks, inside=inside, resolve=resolve),
            )
            for inside in (False, True)
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections that are kept."""
        for pool in self._pools.values():
            await pool.aclose()

    async def send(self, target: Target, message: Message) -> Sent:
        """Send one message; whatever the receiver does is in the answer."""
        if target.channel in ROBOTS:
            return await self.send_many(target, [message])
        now, started = time.time(), time.perf_counter()
        body = _write_event(message)
        answer = await self._post(target, httpx.URL(target.url), _sign(target, message, body, now), body)
        error = None if answer.is_success else _name_failure(answer)
        retry_after = answer.read_retry_after(now) if error else None
        return _conclude(answer, Verdict(error, retry_after), started)

    async def send_many(self, target: Target, messages: Sequence[Message]) -> Sent:
        """Send these messages as one to a robot."""
        now, started = time.time(), time.perf_counter()
        robot = ROBOTS[target.channel]
        note = word(messages, language=target.language, public_url=self._public_url)
        url, body = robot.write(target, note, now)
        answer = await self._post(target, url, {}, write_body(body))
        verdict = Verdict(answer.failure) if answer.failure else robot.judge(answer.body)
        if verdict.error == MALFORMED and not answer.is_success:
            verdict = Verdict(_name_failure(answer), answer.read_retry_after(now))
        return _conclude(answer, verdict, started)

    async def _post(self, target: Target, url: httpx.URL, headers: dict[str, str], body: bytes) -> _Answer:
        answer = _Answer()
        try:
            # the URL as it was given: what a robot's gets besides is ours
            inside = check_url(target.url, channel=target.channel, networks=self._networks).inside
            async with asyncio.timeout(self._total_seconds):
                await self._exchange(Endpoint(url, inside=inside), headers, body, answer)
        except tuple(kind for kind, _ in _FAILURES) as error:
            answer.failure = _name_error(error)
        return answer

    async def _exchange(self, endpoint: Endpoint, headers: dict[str, str], body: bytes, answer: _Answer) -> None:
        url = endpoint.url
        place = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        waits = dict.fromkeys(("read", "write", "pool"), self._total_seconds) | {"connect": self._connect_seconds}
        async with self._pools[endpoint.inside].stream(
            "POST",
            place,
            headers=[*(_HEADERS | {"Host": url.netloc.decode("ascii")} | headers).items()],
            content=body,
            extensions={"timeout": waits},
        ) as response:
            answer.status = response.status
            answer.headers = {name.lower(): value for name, value in response.headers}
            async for part in response.aiter_stream():
                answer.body += part
                if len(answer.body) > MOST_BYTES:
                    break


def _write_event(message: Message) -> bytes:
    moment = message.happened_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    event = {"type": message.kind, "timestamp": moment, "data": dict(message.data)}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _sign(target: Target, message: Message, body: bytes, now: float) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature by each secret."""
    message_id = str(message.delivery_id)
    signed = [
        signatures.sign(secret, body, message_id=message_id, timestamp=int(now)) for secret in target.signing_secrets
    ]
    together = " ".join(headers[signatures.SIGNATURE_HEADER] for headers in signed)
    return signed[0] | {signatures.SIGNATURE_HEADER: together}


def _name_failure(answer: _Answer) -> str:
    if answer.status is None:
        return answer.failure or "protocol-error"
    return "redirected" if 300 <= answer.status < 400 else "status"


def _name_error(error: Exception) -> str:
    # httpcore wraps what has failed
    if any(isinstance(wrapped, ssl.SSLError) for wrapped in error.args):
        return "tls-failed"
    return next(name for kind, name in _FAILURES if isinstance(error, kind))


def _conclude(answer: _Answer, verdict: Verdict, started: float) -> Sent:
    return Sent(
        ok=verdict.error is None,
        status=answer.status,
        error=verdict.error,
        retry_after=verdict.retry_after,
        gone=answer.status == 410 or verdict.error == GONE,
        milliseconds=round((time.perf_counter() - started) * 1000),
    )


def _read_date(text: str) -> float:
    moment = parsedate_to_datetime(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
