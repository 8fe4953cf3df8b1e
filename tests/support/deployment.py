"""A composed deployment of its own: a copy of deploy/, with its own name, port and secrets, on a Docker engine."""

import json
import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType
from typing import Any

import httpx
import trustme

from deploy.local.ports import HOST, free_port
from tests.support.database import Database
from tests.support.stack import ADMIN_EMAIL, ADMIN_PASSWORD, CHECKOUT, wait_until

VERSION = "test"
"""The tag of the images under test: those of a deployment that runs beside are left alone."""
SERVERS = ("postgres", "redis")
SERVICES = ("api", "worker")
COMMAND_SECONDS = 300
KILL_THE_CHILD = "kill -9 $(cat /proc/1/task/1/children)"
CRASHES = {
    "api": ("10001", KILL_THE_CHILD),
    "worker": ("10001", KILL_THE_CHILD),
    "postgres": ("postgres", "kill -QUIT 1"),
    "redis": ("redis", "REDISCLI_AUTH=$(cat /run/secrets/attain_redis_password) redis-cli shutdown nosave"),
}
"""As whom, and how, what runs in a container is ended at once."""


def run(
    *command: str, check: bool = True, cwd: Path = CHECKOUT, env: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; what it said is in the error if it fails."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        cwd=cwd,
        env=os.environ | dict(env),
        check=False,
    )
    assert not check or done.returncode == 0, f"{' '.join(command)}: {done.stdout}\n{done.stderr}"
    return done


def docker(*arguments: str) -> str:
    """What a docker command prints."""
    return run("docker", *arguments).stdout.strip()


def compose_command() -> list[str]:
    """What COMPOSE names, as for make; else Docker's plugin, or the program that came before it."""
    if given := os.environ.get("COMPOSE"):
        return given.split()
    has_plugin = run("docker", "compose", "version", check=False).returncode == 0
    return ["docker", "compose"] if has_plugin else ["docker-compose"]


@dataclass
class Deployment:
    """What docs/deploy.md sets up."""

    folder: Path
    compose_files: Sequence[str] = ("compose.yaml",)
    settings: dict[str, str] = field(default_factory=dict)
    trust: ssl.SSLContext | None = None
    """For one behind the proxy: whom its certificate is of."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in (CHECKOUT / "deploy").iterdir():
            if path.is_file() and path.name != ".env":
                shutil.copy(path, self.folder)
        for name in ("backup", "prometheus", "grafana"):
            shutil.copytree(CHECKOUT / "deploy" / name, self.folder / name, dirs_exist_ok=True)
        self.project = f"attain-test-{token_hex(4)}"
        self.port = free_port()
        self._compose = compose_command()
        self.env = {
            "COMPOSE": " ".join(self._compose),
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": ":".join(self.compose_files),
            "ATTAIN_VERSION": VERSION,
            "ATTAIN_PUBLISH": f"{HOST}:{self.port}",
            "ATTAIN_BOOTSTRAP_ADMIN_EMAIL": ADMIN_EMAIL,
        } | self.settings

    @property
    def base_url(self) -> str:
        """Where its users reach it."""
        return f"https://{HOST}:{self.env['ATTAIN_HTTPS_PORT']}" if self.trust else f"http://{HOST}:{self.port}"

    def make_secrets(self) -> None:
        """As `make up` does; the administrator's password is that of the tests."""
        run("./secrets.sh", cwd=self.folder, env=self.env)
        password = self.folder / "secrets" / "attain_bootstrap_admin_password"
        password.chmod(0o600)
        password.write_text(ADMIN_PASSWORD)
        password.chmod(0o444)

    def write_certificate(self, authority: trustme.CA) -> None:
        """For the proxy; over the one it has, in the same file, as that is what the container sees."""
        path = self.folder / "secrets" / "attain_tls"
        if path.exists():
            path.chmod(0o644)
        path.write_bytes(authority.issue_cert(HOST).private_key_and_cert_chain_pem.bytes())

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """One command on this deployment."""
        return run(*self._compose, *arguments, check=check, cwd=self.folder, env=self.env)

    def up(self) -> float:
        """Start whatever does not run; the seconds until all is healthy."""
        started = time.monotonic()
        self.compose("up", "--detach")
        run("./healthy.sh", *self.ids(*SERVERS, *SERVICES), cwd=self.folder, env=self.env)
        return time.monotonic() - started

    def roll_out(self) -> float:
        """`make rollout`; the seconds it took."""
        started = time.monotonic()
        run("./rollout.sh", cwd=self.folder, env=self.env)
        return time.monotonic() - started

    def ids(self, *services: str) -> list[str]:
        """The containers of some services."""
        return self.compose("ps", "--quiet", *services).stdout.split()

    def logs(self, service: str) -> str:
        """All that a service has said, which servers do on either stream."""
        done = self.compose("logs", "--no-color", service)
        return done.stdout + done.stderr

    def inspect(self, service: str) -> Any:
        """All that Docker knows of a service's only container."""
        (container,) = self.ids(service)
        return json.loads(docker("inspect", container))[0]

    def execute(self, service: str, *command: str) -> str:
        """What a command prints inside a service's container."""
        (container,) = self.ids(service)
        return docker("exec", container, *command)

    def crash(self, service: str) -> None:
        """End what runs in a container from inside: one that `docker kill` ended is not started again by itself."""
        user, command = CRASHES[service]
        (container,) = self.ids(service)
        run("docker", "exec", "--user", user, container, "sh", "-c", command, check=False)
        wait_until(lambda: docker("inspect", "--format", "{{.RestartCount}}", container) != "0", what="the restart")

    def wait_until_healthy(self, container: str) -> float:
        """The seconds until a container is healthy, and the API is ready."""
        started = time.monotonic()
        health = "{{.State.Running}} {{.State.Health.Status}}"
        wait_until(
            lambda: docker("inspect", "--format", health, container) == "true healthy", seconds=90, what=container
        )
        wait_until(self.is_ready, seconds=60, what="the API")
        return time.monotonic() - started

    def is_ready(self) -> bool:
        """Whether the API serves, with all it needs."""
        try:
            reply = httpx.get(f"{self.base_url}/readyz", timeout=5, trust_env=False, verify=self.trust or True)
        except httpx.TransportError:
            return False
        return reply.status_code == 200 and reply.json()["status"] == "ok"

    def database(self) -> Database:
        """A look into its database, over the bridge: no port is published."""
        networks = self.inspect("postgres")["NetworkSettings"]["Networks"]
        (address,) = (network["IPAddress"] for network in networks.values())
        password = (self.folder / "secrets" / "attain_database_password").read_text().strip()
        return Database(f"postgresql://attain:{password}@{address}:5432/attain")

    def down(self) -> None:
        """Remove it with its data."""
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")


@contextmanager
def deployed(deployment: Deployment) -> Iterator[Deployment]:
    """A deployment that is up and healthy."""
    deployment.make_secrets()
    try:
        took = deployment.up()
        print(f"\nup and healthy within {took:.1f} s")
        yield deployment
    finally:
        deployment.down()


@contextmanager
def deployed_behind_proxy(folder: Path) -> Iterator[Deployment]:
    """One with TLS and two APIs; the certificate of its authority is in `authority.pem` of the folder."""
    authority, trust = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(trust)
    settings = {
        "ATTAIN_HTTP_PORT": f"127.0.0.1:{free_port()}",
        "ATTAIN_HTTPS_PORT": f"{free_port()}",
        "ATTAIN_PUBLISH": "127.0.0.1:",
    }
    deployment = Deployment(folder, ("compose.yaml", "compose.proxy.yaml"), settings, trust)
    deployment.make_secrets()
    deployment.write_certificate(authority)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    with deployed(deployment) as running:
        yield running
