"""F12: clients that are slow, idle or hostile, on raw sockets, while a prober sees that the others are served."""

import gzip
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from attain_api.connections import HEAD_SECONDS
from deploy.local.ports import HOST
from tests.faults.injections import Injection, Site
from tests.support.trial import Trial, api_instead

MIB = 1 << 20
PACE_SECONDS = 0.02
IDLE, SLOW = 1_000, 100
CUT, WAITING = 0, 1
"""What came of a request that was answered nothing: its connection was ended, or is still open."""
PUSHES = "/v1/metric-batches"
PROBED_MS, GROWN_MIB = 3_000, 150
"""What the slowest but one of a hundred requests of others may take, and what the API may grow by, on a machine that
does much else: without a limit it would be for ever, and without end."""


@dataclass
class Watch:
    """How requests of others go, and how much memory the API holds."""

    trial: Trial
    milliseconds: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    held_before: float = 0
    held_most: float = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def probe(self) -> None:
        """Ask who I am, again and again."""
        admin = self.trial.company.admin.http
        with httpx.Client(base_url=admin.base_url, headers=admin.headers, timeout=10, trust_env=False) as client:
            while not self.stopping.wait(PACE_SECONDS):
                started = time.monotonic()
                try:
                    status = client.get("/v1/me").status_code
                except httpx.TransportError as error:
                    self.failed[type(error).__name__] += 1
                    continue
                self.milliseconds.append((time.monotonic() - started) * 1000)
                self.held_most = max(self.held_most, held_mib(self.trial))
                if status != 200:
                    self.failed[str(status)] += 1

    def __str__(self) -> str:
        return (
            f"others: {len(self.milliseconds)} requests, p99 {percentile(self.milliseconds, 99):.0f} ms, failed "
            f"{sum(self.failed.values())}; API {self.held_before:.0f} MiB, at most {self.held_most:.0f}"
        )


@contextmanager
def watched(trial: Trial) -> Iterator[Watch]:
    """A prober beside the block; at its end the trial's note says what it saw."""
    watch = Watch(trial, held_before=held_mib(trial))
    thread = threading.Thread(target=watch.probe, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.stopping.set()
        thread.join()
    trial.note = "; ".join(text for text in (trial.note, str(watch)) if text)
    assert not watch.failed, watch
    assert percentile(watch.milliseconds, 99) < PROBED_MS, watch
    assert watch.held_most - watch.held_before < GROWN_MIB, watch


def held_mib(trial: Trial) -> float:
    """MiB of memory that the API's process has."""
    status = Path(f"/proc/{trial.stack.api.process.popen.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def percentile(values: list[float], share: int) -> float:
    """The value that this share of all is not above."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)] if ordered else 0.0


def connect(trial: Trial, sockets: ExitStack, *, receives: int | None = None) -> socket.socket:
    """A connection to the API, closed at the end; with a small window where it is not going to read."""
    made = sockets.enter_context(socket.socket())
    if receives is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    made.settimeout(10)
    made.connect((HOST, trial.stack.port))
    return made


def head_of(trial: Trial, method: str, path: str, **headers: str) -> bytes:
    """What a request begins with."""
    key = str(trial.connector.http.headers["Authorization"])
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Authorization: {key}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def idle(seconds: float) -> Injection:
    """A thousand connections on which nothing is ever asked."""

    def inject(site: Site, trial: Trial) -> None:
        with watched(trial), ExitStack() as sockets:
            for _ in range(IDLE):
                connect(trial, sockets)
            trial.go_on(seconds)
        trial.over()

    return inject


def slow_senders(seconds: float) -> Injection:
    """Half of them never come to the end of their head, half never to that of their push; both are given up."""

    def inject(site: Site, trial: Trial) -> None:
        length = {"Content_Type": "application/json", "Content_Length": "100000", "Idempotency_Key": "slow"}
        push, get = head_of(trial, "POST", PUSHES, **length), head_of(trial, "GET", "/v1/me")
        with api_instead(site.stack, ATTAIN_BODY_SECONDS="2"), watched(trial), ExitStack() as sockets:
            slow = [connect(trial, sockets) for _ in range(SLOW)]
            for number, one in enumerate(slow):
                one.sendall(push if number % 2 else get[:-2])
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                for number, one in enumerate(slow):
                    drip(one, b" " if number % 2 else b"X")
                trial.go_on(0.25)
            heads, bodies = (Counter(status_of(one) for one in slow[half::2]) for half in (0, 1))
            trial.note = f"heads: {dict(heads)}, bodies: {dict(bodies)}"
            assert bodies == {408: SLOW // 2}, trial.note
            assert heads == {(CUT if seconds > HEAD_SECONDS + 2 else WAITING): SLOW // 2}, trial.note
        trial.over()
        assert not is_stored(trial, "slow")

    return inject


def drip(one: socket.socket, byte: bytes) -> None:
    """Send one byte more, if anybody takes it."""
    try:
        one.send(byte)
    except OSError:
        return


def slow_readers(seconds: float) -> Injection:
    """They ask for much, again and again on one connection, and read nothing of it; they are cut off."""

    def inject(site: Site, trial: Trial) -> None:
        request = head_of(trial, "GET", "/v1/openapi.json")
        with api_instead(site.stack, ATTAIN_SEND_SECONDS="2"), ExitStack() as sockets:
            trial.connector.get("/v1/openapi.json")  # is made once, at the first request, which takes a second
            with watched(trial):
                slow = [connect(trial, sockets, receives=4096) for _ in range(SLOW // 10)]
                for one in slow:
                    one.sendall(request * 20)
                trial.go_on(seconds)
            cut = sum(is_cut(one) for one in slow)
            trial.note = f"{cut} of {len(slow)} cut off; {trial.note}"
            assert cut == len(slow), trial.note
        trial.over()

    return inject


def hostile_bodies(rounds: int) -> Injection:
    """Bodies made to cost much: each is refused, clearly, and nothing of it stored."""

    def inject(site: Site, trial: Trial) -> None:
        told: Counter[str] = Counter()
        with watched(trial):
            for _ in range(rounds):
                for name, (send, expected) in HOSTILE.items():
                    reply = send(trial, name)
                    told[f"{name} {reply.status_code}"] += 1
                    assert reply.status_code in expected, f"{name}: {reply.status_code} {reply.text[:300]}"
                    assert reply.headers["Content-Type"] == "application/problem+json", reply.headers
                    assert not is_stored(trial, name), name
            trial.note = ", ".join(f"{what} x{count}" for what, count in told.items())
        trial.over()

    return inject


def pushed(content: bytes, *, encoding: str = "") -> Callable[[Trial, str], httpx.Response]:
    """A push of these bytes, as they are."""

    def send(trial: Trial, name: str) -> httpx.Response:
        headers = {"Idempotency-Key": name, "Content-Type": "application/json"}
        if encoding:
            headers["Content-Encoding"] = encoding
        return trial.connector.http.post(PUSHES, content=content, headers=headers)

    return send


def created(content: bytes) -> Callable[[Trial, str], httpx.Response]:
    """A shop of these bytes: a route that reads JSON as all but one do."""

    def send(trial: Trial, name: str) -> httpx.Response:
        headers = {"Idempotency-Key": name, "Content-Type": "application/json"}
        return trial.company.admin.http.post("/v1/shops", content=content, headers=headers)

    return send


def row_with(value: str) -> bytes:
    """A push of one row with this as its value, word for word."""
    row = {"shop": "tmall:steady", "metric": "gmv", "bucket": "2025-01-01", "grain": "day"}
    row |= {"observed_at": "2026-01-02T01:00:00+00:00", "value": "VALUE"}
    return json.dumps({"observations": [row]}).replace('"VALUE"', value).encode()


def status_of(one: socket.socket) -> int:
    """What came back, or what became of the connection."""
    one.settimeout(0.01)
    try:
        words = one.recv(64 * 1024).split(maxsplit=2)
    except TimeoutError:
        return WAITING
    except OSError:
        return CUT
    return int(words[1]) if words else CUT


def is_cut(one: socket.socket) -> bool:
    """Whether the connection ends, however much of an answer is on its way still."""
    one.settimeout(1)
    try:
        while one.recv(MIB):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def is_stored(trial: Trial, key: str) -> bool:
    """Whether a push with this key left anything in the inbox."""
    with trial.stack.database() as database:
        statement = "SELECT count(*) FROM batch_keys WHERE company_id = $1 AND key = $2"
        return bool(database.value(statement, trial.company.id, key))


NESTED, DIGITS = 200_000, 5_000
Sender = Callable[[Trial, str], httpx.Response]
HOSTILE: dict[str, tuple[Sender, set[int]]] = {
    "gzip bomb": (pushed(gzip.compress(bytes(200 * MIB), 9), encoding="gzip"), {413}),
    "no gzip": (pushed(b"{}", encoding="gzip"), {400}),
    "another encoding": (pushed(row_with("1"), encoding="br"), {415}),
    "too large": (pushed(b" " * 9 * MIB), {413}),
    "deep": (pushed(b'{"observations":' + b"[" * NESTED), {400}),
    "deep and whole": (pushed(b'{"observations":' + b"[" * NESTED + b"]" * NESTED + b"}"), {400, 422}),
    "1e999": (pushed(row_with("1e999")), {422}),
    "400 digits": (pushed(row_with("1" * 400)), {422}),
    f"{DIGITS} digits": (pushed(row_with("1" * DIGITS)), {400, 422}),
    "exponent of 5,000 digits": (pushed(row_with("1e" + "9" * DIGITS)), {400, 422}),
    "a key named 1,000 times": (pushed(row_with('"1",' + '"value": "1",' * 1_000 + '"value": "-"')), {422}),
    "deep shop": (created(b"[" * NESTED), {400, 422}),
    "deep and whole shop": (created(b'{"name":' + b"[" * NESTED + b"]" * NESTED + b"}"), {400, 422}),
    "1e999 shop": (created(b'{"platform": "tmall", "external_id": 1e999, "name": "n"}'), {422}),
    f"{DIGITS} digits shop": (created(b'{"platform": "tmall", "external_id": ' + b"1" * DIGITS + b"}"), {400, 422}),
    "too large shop": (created(b" " * 2 * MIB), {413}),
    "shop named twice": (created(b'{"platform": "tmall", "platform": "nowhere at all"}'), {422}),
}
"""What is sent, and how it may be answered."""


def faults(*, long: bool) -> dict[str, Injection]:
    """Every one, by what it is called."""
    return {
        "F12 1,000 idle connections": idle(20 if long else 2),
        "F12 slow senders": slow_senders(15 if long else 4),
        "F12 slow readers": slow_readers(20 if long else 4),
        "F12 hostile bodies": hostile_bodies(10 if long else 1),
    }
