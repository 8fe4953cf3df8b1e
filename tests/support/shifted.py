"""The API or a worker under a clock of its own, which may jump while it runs (F11).

Started in place of the module that `TEST_PROCESS` names; the file that `TEST_CLOCK` names holds by how many seconds the
clock is off, and SIGUSR1 says that it was written anew. What measures spans of time (`time.monotonic`, the event loop)
goes on as before, as it does where a host's clock is set.
"""

import importlib
import os
import signal
import time
from pathlib import Path
from types import FrameType
from uuid import UUID

import time_machine
from uuid_utils.compat import uuid7

from attain_shared import identifiers
from tests.support.stack import Service, wait_until

MODULE = "tests.support.shifted"
PROCESS, CLOCK = "TEST_PROCESS", "TEST_CLOCK"
MADE_BY = "_uuid7"
"""What identifiers are made by there."""
SAID = "the clock was set"


class Clock:
    """The clock of this process, and the identifiers that are made by it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._off = 0.0
        self._travel: time_machine.travel | None = None
        self._last = UUID(int=0)

    def set(self, *_: int | FrameType | None) -> None:
        """Be as far off as the file says."""
        if self._travel is not None:
            self._travel.stop()
        self._off = float(self._file.read_text())
        self._travel = time_machine.travel(time.time() + self._off)
        self._travel.start()
        print(SAID, flush=True)

    def make_id(self) -> UUID:
        """As `uuid7` does by the system's clock, which libfaketime shows: after a jump back it counts on from its last."""
        shifted = uuid7().int + (int(self._off * 1000) << 80)
        self._last = UUID(int=max(shifted, self._last.int + 1))
        return self._last


def env_of(module: str, file: Path, *, seconds: float) -> dict[str, str]:
    """What starts a module whose clock is off from the start."""
    file.write_text(str(seconds))
    return {PROCESS: module, CLOCK: str(file)}


def set_clock(service: Service, seconds: float) -> None:
    """Let the clock of a running process jump, and wait until it has."""
    before = service.log_text().count(SAID)
    Path(service.env[CLOCK]).write_text(str(seconds))
    service.process.send(signal.SIGUSR1)
    wait_until(lambda: service.log_text().count(SAID) > before, seconds=10, what="the clock")


def main() -> None:
    """Be that process, off from the start."""
    clock = Clock(Path(os.environ[CLOCK]))
    setattr(identifiers, MADE_BY, clock.make_id)
    clock.set()
    signal.signal(signal.SIGUSR1, clock.set)
    importlib.import_module(os.environ[PROCESS]).main()


if __name__ == "__main__":
    main()
