"""Runs the commands of the start guides as somebody new would, in a fresh copy of the checkout: `make try-guides`.

What a guide's blocks are: ```sh server is started and kept; ```sh runs, one after the other in one bash; others do not.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

CHECKOUT = Path(__file__).resolve().parents[2]
READY_SECONDS, PATIENCE_SECONDS, GRACE_SECONDS = 600, 900, 60
_BLOCK = re.compile(r"^```sh( server)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """Commands of a guide."""

    is_server: bool
    text: str


class GuideFailed(Exception):
    """A command of a guide does not do what it should."""


def blocks_of(guide: Path) -> list[Block]:
    """What a guide has people type, in order."""
    return [Block(bool(server), text) for server, text in _BLOCK.findall(guide.read_text())]


def try_guide(guide: Path, checkout: Path) -> None:
    """Run a guide's commands in a checkout; they print as they run.

    Raises:
        GuideFailed: one of them failed.
    """
    shutil.rmtree(checkout / "data", ignore_errors=True)
    blocks = blocks_of(guide)
    servers = [block for block in blocks if block.is_server]
    with _serving(servers[0].text if servers else "", checkout):
        shown = "".join(
            f"cat << 'SHOWN'\n\n$ {block.text}SHOWN\n{block.text}" for block in blocks if not block.is_server
        )
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", shown], cwd=checkout, env=_ours(), timeout=PATIENCE_SECONDS, check=False
        )
    if done.returncode:
        raise GuideFailed(f"{guide.name}: the last command shown ended with {done.returncode}")


@contextmanager
def _serving(command: str, checkout: Path) -> Iterator[None]:
    """The server, ready, for as long as the guide goes on."""
    if not command:
        yield
        return
    print(f"\n$ {command}", end="", flush=True)
    with (
        tempfile.TemporaryFile("w+") as output,
        subprocess.Popen(
            command, shell=True, cwd=checkout, env=_ours(), stdout=output, stderr=output, start_new_session=True
        ) as server,
    ):
        try:
            _await_ready(server, output.fileno())
            yield
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGTERM)
                server.wait(GRACE_SECONDS)


def _await_ready(server: subprocess.Popen[bytes], output: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while "serves at" not in (said := os.pread(output, 1 << 20, 0).decode(errors="replace")):
        if server.poll() is not None or time.monotonic() > deadline:
            raise GuideFailed(f"the server did not start:\n{said}")
        time.sleep(0.2)
    print(said, flush=True)


def _ours() -> dict[str, str]:
    """An environment without settings of anybody's Attain."""
    return {key: value for key, value in os.environ.items() if not key.startswith("ATTAIN_")}


@contextmanager
def fresh_checkout() -> Iterator[Path]:
    """What git has, and what is new and not ignored, in a folder of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    )
    with tempfile.TemporaryDirectory(prefix="attain-guide-") as folder:
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (CHECKOUT / name).is_file():  # or it was deleted, and that is not committed yet
                (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(CHECKOUT / name, Path(folder) / name)
        yield Path(folder)


def main(names: Sequence[str]) -> int:
    """Try these guides, or all."""
    guides = [CHECKOUT / name for name in names] or sorted((CHECKOUT / "docs").glob("start-*.md"))
    with fresh_checkout() as checkout:
        for guide in guides:
            began = time.monotonic()
            print(f"\n# {guide.name}", flush=True)
            try:
                try_guide(guide, checkout)
            except GuideFailed as error:
                print(f"✗ {error}", file=sys.stderr)
                return 1
            print(f"\n✓ {guide.name}: all of it works ({time.monotonic() - began:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
