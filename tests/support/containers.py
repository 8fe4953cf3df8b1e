"""PostgreSQL and Redis in containers, with the calls of the embedded servers; they go when this process does."""

import secrets
import socket
import subprocess
import sys
from abc import ABC, abstractmethod
from functools import cache
from types import TracebackType
from typing import ClassVar, Self
from urllib.parse import urlsplit

import asyncpg
import redis
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import get_docker_host
from testcontainers.core.labels import SESSION_ID

from deploy.local.ports import HOST, free_port
from deploy.local.servers import NOT_DURABLE, SETTINGS
from tests.support.database import Database
from tests.support.stack import CHECKOUT, wait_until

LOG_LINES = 15
SETTINGS_OF_THE_IMAGE = {"listen_addresses", "unix_socket_directories"}

# tests.support.reaper does this
testcontainers_config.ryuk_disabled = True


def docker_answers() -> bool:
    """Whether an engine listens where testcontainers will look for one."""
    # not by the docker package, which leaves sockets open when it fails, and our warnings are errors
    where = urlsplit(get_docker_host() or "unix:///var/run/docker.sock")
    family, address = (socket.AF_INET, (where.hostname, where.port)) if where.hostname else (socket.AF_UNIX, where.path)
    with socket.socket(family) as probe:
        probe.settimeout(5)
        return probe.connect_ex(address) == 0


class ServerContainer(ABC):
    """A server in a container of its own; its port, and so its URL, is the same after it was killed."""

    image: ClassVar[str]
    inner_port: ClassVar[int]
    immediate: ClassVar[str]

    def __init__(self) -> None:
        self.password = secrets.token_urlsafe(24)
        self.port = free_port()
        self.host: str = testcontainers_config.tc_host_override or urlsplit(get_docker_host() or "").hostname or HOST

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients connect, with the password."""

    def start(self) -> None:
        """Start it again, and return when it answers."""
        self._container.get_wrapped_container().start()
        self._await_ready()

    def stop_immediately(self) -> None:
        """Stop it as a crash would; the next start recovers."""
        container = self._container.get_wrapped_container()
        container.kill(self.immediate)
        container.wait()

    @abstractmethod
    def _make(self) -> DockerContainer:
        """The container, not started yet."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it serves clients by now."""

    def _await_ready(self) -> None:
        wait_until(lambda: self._answers() or self._fail_if_ended(), what=self.image)

    def _fail_if_ended(self) -> bool:
        container = self._container.get_wrapped_container()
        container.reload()
        log = container.logs(tail=LOG_LINES).decode(errors="replace")
        assert container.status == "running", f"{self.image} {container.status}:\n{log}"
        return False

    def __enter__(self) -> Self:
        _watch()
        self._container = self._make()
        # loopback alone, which testcontainers has no call for
        published = (HOST, self.port) if self.host == HOST else self.port
        self._container.ports[str(self.inner_port)] = published  # type: ignore[assignment]
        try:
            self._container.start()
            self._await_ready()
        except BaseException:  # also a signal that arrives meanwhile
            self._container.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.stop()


class PostgresContainer(ServerContainer):
    """A PostgreSQL with the database `attain`, set up as the embedded one."""

    image = "postgres:17"
    inner_port = 5432
    immediate = "SIGQUIT"

    def __init__(self, *, durable: bool) -> None:
        super().__init__()
        self.durable = durable

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the database `attain`, as its owner and superuser."""
        return f"postgresql+asyncpg://attain:{self.password}@{self.host}:{self.port}/attain"

    def _make(self) -> DockerContainer:
        settings = {key: value for key, value in SETTINGS.items() if key not in SETTINGS_OF_THE_IMAGE}
        settings |= {} if self.durable else NOT_DURABLE
        command = ["postgres", *(word for key, value in settings.items() for word in ("-c", f"{key}={value}"))]
        names = {"POSTGRES_USER": "attain", "POSTGRES_DB": "attain"}
        return DockerContainer(self.image, env=names | {"POSTGRES_PASSWORD": self.password}).with_command(command)

    def _answers(self) -> bool:
        # the temporary server that makes the database listens on no port
        try:
            with Database(self.url) as database:
                return bool(database.value("SELECT true"))
        except (OSError, asyncpg.PostgresError):
            return False


class RedisContainer(ServerContainer):
    """A Redis that keeps its data over restarts, as the embedded Valkey does."""

    image = "redis:8"
    inner_port = 6379
    immediate = "SIGKILL"

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return f"redis://:{self.password}@{self.host}:{self.port}/0"

    def pause(self) -> None:
        """Freeze it: it takes connections still, and says nothing."""
        self._container.get_wrapped_container().pause()

    def resume(self) -> None:
        """Let it go on."""
        self._container.get_wrapped_container().unpause()

    def _make(self) -> DockerContainer:
        settings = ["--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"]
        command = ["redis-server", "--requirepass", self.password, *settings]
        return DockerContainer(self.image).with_command(command)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


@cache
def _watch() -> subprocess.Popen[bytes]:
    """Start what removes the containers of this process if it does not live to do so itself."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.reaper", SESSION_ID],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is not for it
    )
