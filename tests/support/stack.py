"""Attain as real processes: the API and any number of workers, over a fresh database and a queue."""

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import redis
from sqlalchemy.engine import make_url

from deploy.local.ports import HOST, free_port
from deploy.local.process import Process
from tests.support.database import Database

CHECKOUT = Path(__file__).resolve().parents[2]
ADMIN_EMAIL = "admin@example.com"
ADMIN_PASSWORD = secrets.token_urlsafe(12)
START_SECONDS = 60.0
GRACE_SECONDS = 30.0


def wait_until(condition: Callable[[], bool], *, seconds: float = START_SECONDS, what: str = "") -> float:
    """Wait until something holds, and say how long it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"waited {seconds} s for {what or condition}"
        time.sleep(0.02)
    return time.monotonic() - started


class Service:
    """The API or a worker as a child process; start and end it any number of times."""

    def __init__(self, name: str, module: str, *, log: Path, env: dict[str, str]) -> None:
        self.process = Process(name, log)
        self.env = env
        self._command = [sys.executable, "-m", module]
        self._log_start = 0

    def launch(self) -> None:
        """Start it and do not wait."""
        log = self.process.log
        self._log_start = log.stat().st_size if log.exists() else 0
        self.process.start(self._command, env=self.env, cwd=CHECKOUT)

    def said(self, text: str) -> bool:
        """Whether its log since the last start holds a text; fails where the process has ended."""
        assert self.process.running, self.process.failure("ended by itself")
        return text in self.log_text()

    def log_text(self) -> str:
        """What it logged since its last start."""
        with self.process.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def metrics(self) -> str:
        """What Prometheus would be told."""
        return httpx.get(f"http://{HOST}:{self.env['ATTAIN_METRICS_PORT']}/metrics", timeout=5).text

    def kill(self) -> None:
        """kill -9."""
        self.process.popen.kill()
        self.process.popen.wait()

    def terminate(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send(signal.SIGTERM)
        return self.process.popen.wait(GRACE_SECONDS)


@dataclass
class Stack:
    """One installation of Attain."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    workers: list[Service] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = free_port()
        self.base_url = f"http://{HOST}:{self.port}"
        ours = {key: value for key, value in os.environ.items() if not key.startswith("ATTAIN_")}
        self._env = ours | {
            "ATTAIN_DATABASE_URL": make_url(self.database_url)
            .set(drivername="postgresql")
            .render_as_string(hide_password=False),
            "ATTAIN_REDIS_URL": self.redis_url,
            "ATTAIN_SECRET_KEY": secrets.token_urlsafe(48),
            "ATTAIN_DELIVERY_KEY": secrets.token_urlsafe(48),
            "ATTAIN_HOST": HOST,
            "ATTAIN_PORT": str(self.port),
            "ATTAIN_BOOTSTRAP_ADMIN_EMAIL": ADMIN_EMAIL,
            "ATTAIN_BOOTSTRAP_ADMIN_PASSWORD": ADMIN_PASSWORD,
        }
        self._env |= self.env
        self.folder.mkdir(parents=True, exist_ok=True)
        self.api = self._service("api", "attain_api.main")

    def migrate(self) -> None:
        """Bring the fresh database to the schema of this build."""
        command = [sys.executable, "-m", "attain_api.cli", "migrate"]
        Process("migrations", self.folder / "migrations.log").run(command, env=self._env, cwd=CHECKOUT)

    def start_api(self) -> float:
        """Start the API and wait until it is ready; the seconds it took."""
        self.api.launch()
        return wait_until(self.is_ready, what="the API")

    def add_worker(self) -> Service:
        """Start one more worker and wait until it works."""
        worker = self._service(f"worker-{len(self.workers) + 1}", "attain_worker.main")
        self.workers.append(worker)
        self.start_worker(worker)
        return worker

    @contextmanager
    def more_workers(self, count: int) -> Iterator[list[Service]]:
        """So many workers more, for a while."""
        before = list(self.workers)
        try:
            yield [self.add_worker() for _ in range(count)]
        finally:
            for worker in self.workers[len(before) :]:
                worker.terminate()
            self.workers = before

    def start_worker(self, worker: Service) -> float:
        """Start a worker that has ended; the seconds until it works."""
        worker.launch()
        return wait_until(lambda: worker.said("worker started"), what="the worker")

    def revive(self) -> None:
        """Start whatever a test that failed has left dead, so that the next one fails for reasons of its own."""
        if not self.api.process.running:
            self.start_api()
        for worker in self.workers:
            if not worker.process.running:
                self.start_worker(worker)

    def is_ready(self) -> bool:
        """Whether the API serves; fails where its process has ended."""
        assert self.api.process.running, self.api.process.failure("ended by itself")
        try:
            return httpx.get(f"{self.base_url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def database(self) -> Database:
        """A look into the database."""
        return Database(self.database_url)

    def flush_queue(self) -> None:
        """All that this stack has in Redis is gone; what others have there is not ours."""
        with redis.Redis.from_url(self.redis_url) as client:
            client.flushdb()

    def stop(self) -> None:
        """End all processes."""
        parts = [self.api.process, *(worker.process for worker in self.workers)]
        for part in parts:
            part.send(signal.SIGTERM)
        for part in parts:
            part.stop(signal.SIGTERM, grace=GRACE_SECONDS)

    def another(self, name: str, module: str, **env: str) -> Service:
        """A process beside the stack's own, or in place of one, with another environment."""
        service = self._service(name, module)
        service.env |= env
        return service

    def _service(self, name: str, module: str) -> Service:
        env = self._env | {"ATTAIN_METRICS_PORT": str(free_port())}
        return Service(name, module, log=self.folder / f"{name}.log", env=env)


@contextmanager
def running_stack(
    admin_url: str, redis_url: str, folder: Path, *, workers: int = 1, env: dict[str, str] | None = None
) -> Iterator[Stack]:
    """A stack over a database of its own on a given server, ready to be used."""
    name = f"stack_{secrets.token_hex(8)}"
    with ExitStack() as cleanup:
        with Database(admin_url) as admin:
            admin.rows(f'CREATE DATABASE "{name}"')
        cleanup.callback(_drop, admin_url, name)
        url = make_url(admin_url).set(database=name).render_as_string(hide_password=False)
        stack = Stack(url, redis_url, folder, env or {})
        stack.migrate()
        cleanup.callback(stack.stop)
        stack.start_api()
        for _ in range(workers):
            stack.add_worker()
        yield stack


def _drop(admin_url: str, name: str) -> None:
    with Database(admin_url) as admin:
        admin.rows(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def stack_on(url: str, redis_url: str, folder: Path, **env: str) -> Iterator[Stack]:
    """A stack over an empty database of a server of our own, which goes with its server."""
    stack = Stack(url, redis_url, folder, env)
    stack.migrate()
    try:
        stack.start_api()
        stack.add_worker()
        yield stack
    finally:
        stack.stop()
