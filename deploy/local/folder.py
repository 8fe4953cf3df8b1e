"""What the data folder holds beside the servers' own files: secrets and locks."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.process import StartError

LEFTOVER_SECONDS = 15.0
"""How long servers whose supervisor was killed may take to end, as they do by themselves."""


@contextmanager
def clear_errors(data_dir: Path) -> Iterator[None]:
    """Turn the operating system's refusal into advice."""
    try:
        yield
    except OSError as exc:
        where = exc.filename or data_dir
        raise StartError(f"cannot use {where}: {exc.strerror}. Choose another folder with DATA=") from exc


def make_data_dir(data_dir: Path) -> Path:
    """Make the data folder, readable by its owner only; one that exists is left as it is."""
    with clear_errors(data_dir):
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        data_dir.mkdir(mode=0o700, exist_ok=True)
        (data_dir / "logs").mkdir(exist_ok=True)
    return data_dir


def kept(path: Path, first: str) -> str:
    """The secret kept in a file for its owner only; `first` becomes the secret if there is none yet."""
    with clear_errors(path):
        if not path.exists():
            draft = path.with_name(f"{path.name}.new")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(first)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)  # so that a crash never leaves half a secret
        return path.read_text()


def lock(path: Path, name: str) -> int:
    """Take the lock of one server's files and return its descriptor.

    The server inherits the descriptor, so the lock is held as long as this process or any process of the server
    lives: who gets it knows that pid files found in the folder are stale.
    """
    with clear_errors(path):
        fd = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = int(os.pread(fd, 20, 0) or b"0")
            if _supervises(owner) or time.monotonic() > deadline:
                os.close(fd)
                raise StartError(
                    f"{name} of {path.parent} is in use by another stack (process {owner}). "
                    "Stop that one, or choose another folder with DATA="
                ) from None
            time.sleep(0.05)
        else:
            os.ftruncate(fd, 0)
            os.pwrite(fd, str(os.getpid()).encode(), 0)
            return fd


def _supervises(pid: int) -> bool:
    """Whether that process lives and is not this one, whose earlier server may still be ending."""
    if pid in {0, os.getpid()}:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
