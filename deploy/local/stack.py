"""The supervisor: starts every part in order, watches them, and stops them all in the reverse order."""

import http.client
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from deploy.local.folder import kept, make_data_dir
from deploy.local.ports import HOST, answers, check_port
from deploy.local.process import Process, StartError
from deploy.local.server import Server
from deploy.local.servers import Postgres, Valkey

CHECKOUT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60.0
GRACE_SECONDS = 25.0
"""A little more than the services take to finish what they have in hand."""
WATCH_SECONDS = 0.2
ADMIN_EMAIL = "admin@example.com"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a polite kill, and a closed terminal."""


@dataclass(frozen=True, slots=True)
class StackSettings:
    """Where the stack keeps its data, where it listens, and which servers it is given instead of starting its own."""

    data_dir: Path
    port: int
    database_url: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to sign in as the first administrator."""

    email: str
    password: str = field(repr=False)


class Stack:
    """Everything that makes Attain run on this machine; a context manager that starts and stops it."""

    def __init__(self, settings: StackSettings) -> None:
        self.settings = settings
        self.data_dir = settings.data_dir.expanduser().absolute()
        self.base_url = f"http://{HOST}:{settings.port}"
        self.credentials_file = self.data_dir / "credentials"
        self.is_new = False
        self._parts: list[Process] = []
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:  # also a signal that arrives meanwhile
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _step("stopped"):
            self._close()

    @property
    def credentials(self) -> Credentials:
        """The first administrator's, made at the first start on this data folder."""
        email, password = kept(self.credentials_file, f"{ADMIN_EMAIL}\n{secrets.token_urlsafe(12)}\n").split()
        return Credentials(email, password)

    @property
    def pids(self) -> dict[str, int]:
        """The processes that it has started, by the names of their parts."""
        return {part.name: part.popen.pid for part in self._parts}

    def check(self) -> None:
        """Raise if a part has ended by itself."""
        for part in self._parts:
            if not part.running:
                raise part.failure(f"ended by itself (exit code {part.popen.returncode})")

    def watch(self) -> None:
        """Wait until a part ends by itself, and raise then."""
        while True:
            self.check()
            time.sleep(WATCH_SECONDS)

    def _close(self) -> None:
        """Stop everything; a signal that arrives meanwhile has its effect afterwards."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            self._cleanup.close()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _start(self) -> None:
        make_data_dir(self.data_dir)
        check_port(self.settings.port, advice="Choose another port with PORT=")
        database_url = self._server(Postgres(self.data_dir), self.settings.database_url, "ATTAIN_DATABASE_URL")
        redis_url = self._server(Valkey(self.data_dir), self.settings.redis_url, "ATTAIN_REDIS_URL")
        self.is_new = not self.credentials_file.exists()
        credentials = self.credentials
        env = os.environ | {
            "ATTAIN_DATABASE_URL": database_url,
            "ATTAIN_REDIS_URL": redis_url,
            "ATTAIN_SECRET_KEY": kept(self.data_dir / "secret-key", secrets.token_urlsafe(48)),
            "ATTAIN_DELIVERY_KEY": kept(self.data_dir / "delivery-key", secrets.token_urlsafe(48)),
            "ATTAIN_BOOTSTRAP_ADMIN_EMAIL": credentials.email,
            "ATTAIN_BOOTSTRAP_ADMIN_PASSWORD": credentials.password,
        }
        with _step("database schema up to date"):
            self._process("migrations").run(_module("attain_api.cli", "migrate"), env=env, cwd=CHECKOUT)
        api, worker = self._process("api"), self._process("worker")
        self._cleanup.callback(_stop_together, api, worker)
        self._parts += [api, worker]
        with _step(f"API and worker at {self.base_url}"):
            listen = {"ATTAIN_HOST": HOST, "ATTAIN_PORT": str(self.settings.port)}
            api.start(_module("attain_api.main"), env=env | listen, cwd=CHECKOUT)
            worker.start(_module("attain_worker.main"), env=env, cwd=CHECKOUT)
            self._await_ready(api)

    def _server(self, server: Server, given_url: str | None, variable: str) -> str:
        """Start the server, unless another is given by the variable; either way the URL to use."""
        if given_url:
            try:
                address = urlsplit(given_url)
                host, port = address.hostname or "localhost", address.port or server.usual_port
            except ValueError as exc:
                raise StartError(f"{variable} is not a URL with one host and port") from exc
            if not answers(host, port):
                raise StartError(f"nothing answers at {host}:{port}, which {variable} names")
            print(f"✓ {server.name} is not started: {variable} names {host}:{port}", flush=True)
            return given_url
        self._cleanup.callback(server.stop)
        with _step(lambda: f"{server.name} on {HOST}:{server.port}"):
            server.start()
        self._parts.append(server.process)
        return server.url

    def _process(self, name: str) -> Process:
        return Process(name, self.data_dir / "logs" / f"{name}.log")

    def _await_ready(self, api: Process) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not _is_ready(self.settings.port):
            self.check()
            if time.monotonic() > deadline:
                raise api.failure(f"was not ready within {READY_SECONDS:.0f} s")
            time.sleep(0.05)
        self.check()


def _module(name: str, *arguments: str) -> Sequence[str]:
    return [sys.executable, "-m", name, *arguments]


def _stop_together(*processes: Process) -> None:
    """Stop processes that do not need each other, within one time of grace."""
    deadline = time.monotonic() + GRACE_SECONDS
    for process in processes:
        process.send(signal.SIGTERM)
    for process in processes:
        process.stop(signal.SIGTERM, grace=max(0.1, deadline - time.monotonic()))


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _step(done: str | Callable[[], str]) -> Iterator[None]:
    """Say that a step is done, and how long it took."""
    began = time.monotonic()
    yield
    text = done if isinstance(done, str) else done()
    print(f"✓ {text} ({time.monotonic() - began:.1f} s)", flush=True)
