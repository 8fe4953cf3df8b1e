"""F10: PostgreSQL's disk is full, a real one where this host lets us mount a small one."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.local.servers import Postgres
from tests.faults.injections import Site
from tests.support.killable import own_redis
from tests.support.stack import running_stack
from tests.support.trial import Finding, Trial, trial

FAULT = "F10 disk full"
SIZE = 400 * 1024 * 1024


def run() -> list[Finding]:
    """Fill the disk under pushes, and make room again."""
    findings: list[Finding] = []
    with (
        tempfile.TemporaryDirectory(prefix="attain-disk-") as folder,
        small_disk(Path(folder)) as disk,
        logging_elsewhere(Postgres(disk), Path(folder) / "wal") as postgres,
        own_redis() as queue,
        running_stack(postgres.url, queue.url, Path(folder) / "stack") as stack,
        trial(stack, FAULT, findings) as running,
    ):
        fill(Site(postgres, queue, stack), running, disk)
    return findings


def fill(site: Site, running: Trial, disk: Path) -> None:
    """Nothing is left for some seconds."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(64 * 1024))
            file.flush()
    before = time.monotonic()
    running.go_on(8)
    left = shutil.disk_usage(disk).free
    taken = sum(when > before + 4 for when in running.pushes.taken_at)
    ballast.unlink()
    running.over()
    running.wait_for_pushes()
    running.note = f"{left} bytes left after 8 s; {taken} pushes taken in the last 4 s of them"


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, in memory; needs root."""
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@contextmanager
def logging_elsewhere(server: Postgres, folder: Path) -> Iterator[Postgres]:
    """The server with its log of changes on another disk: a full one there would end it."""
    server.start()
    server.stop()
    log = server.folder / "pg_wal"
    subprocess.run(["cp", "-a", str(log), str(folder)], check=True)
    shutil.rmtree(log)
    log.symlink_to(folder)
    with server:
        yield server
