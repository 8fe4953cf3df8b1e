"""Named places in the worker where a test breaks it, between two statements of a claim or of a recompute (F1, F8).

In this process by `broken`; as a process of its own, started instead of `attain_worker.main`, by its environment:
`TEST_FAILPOINT=rows-added:2` ends it as kill -9 does once that place was passed twice, and `TEST_POISON=raise` makes
rows of the value `POISON` poison.
"""

import os
import resource
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import text

from attain_shared.metrics.push import Push
from attain_worker import main as worker
from attain_worker.attainment import repository as attainment
from attain_worker.facts import service as facts
from attain_worker.facts.repository import FactWriter
from attain_worker.ingestion import repository as inbox
from attain_worker.ingestion.service import Ingestion

FAILPOINT, POISONING = "TEST_FAILPOINT", "TEST_POISON"
POISON = "666.666"
"""The value that makes a row poison."""
MEMORY = 512 * 1024 * 1024
"""Bytes that a worker which is to run out of memory may have beside what it has at its start."""


class Place(NamedTuple):
    """A function of the worker; the place is right behind it."""

    owner: Any
    name: str


UNPACK, LOCK = Place(facts, "unpack"), Place(facts, "lock_shops")
INGESTION = {
    "attempt-counted": Place(inbox, "count_attempt"),
    "payloads-read": Place(inbox, "load_payloads"),
    "shops-locked": LOCK,
    "present-read": Place(FactWriter, "load_present"),
    "rows-added": Place(FactWriter, "add"),
    "rows-replaced": Place(FactWriter, "replace"),
    "passed-rows-kept": Place(FactWriter, "keep_passed"),
    "goals-marked": Place(facts, "mark_goals"),
    "batches-finished": Place(inbox, "finish_batches"),
    "claim-committed": Place(Ingestion, "take_in"),
}
RECOMPUTE = {
    "marks-taken": Place(attainment, "take_marks"),
    "attainments-stored": Place(attainment, "store_attainments"),
}
FAILPOINTS = INGESTION | RECOMPUTE


@contextmanager
def broken(name: str, action: Callable[[], Awaitable[None]], *, passes: int = 1) -> Iterator[None]:
    """Do something, once, when a place has been passed so often."""
    owner, attribute = FAILPOINTS[name]
    original, left = getattr(owner, attribute), passes

    async def run(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        result = await original(*arguments, **named)
        left -= 1
        if left == 0:
            await action()
        return result

    with _replaced(owner, attribute, run):
        yield


@contextmanager
def noted(owner: Any, name: str, note: Callable[..., None]) -> Iterator[None]:
    """Tell of every call of an asynchronous function, once it was made, with its arguments."""
    original = getattr(owner, name)

    async def run(*arguments: Any, **named: Any) -> Any:
        result = await original(*arguments, **named)
        note(*arguments, **named)
        return result

    with _replaced(owner, name, run):
        yield


@contextmanager
def poisoned(effect: Callable[[], None]) -> Iterator[None]:
    """Rows of the value `POISON` have an effect on whoever unpacks their batch."""
    original = getattr(*UNPACK)

    def unpack(payload: bytes) -> Push:
        push: Push = original(payload)
        if any(_is_poison(row.value) for row in push.observations):
            effect()
        return push

    with _replaced(*UNPACK, unpack):
        yield


def _is_poison(value: Any) -> bool:
    return bytes(value).strip(b'"') == POISON.encode()


@contextmanager
def _replaced(owner: Any, name: str, other: Any) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, other)
    try:
        yield
    finally:
        setattr(owner, name, original)


async def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raise() -> None:
    raise ValueError("poison")


def _run_out_of_memory() -> None:
    with open("/proc/self/statm") as file:  # noqa: PTH123 - not a file of ours
        pages = int(file.read().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
    bytearray(2 * MEMORY)


def _be_killed() -> None:
    """As the kernel does to whoever has taken too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def _slow() -> Iterator[None]:
    """Poison makes the claim's next statement take for ever."""
    seen = False

    def see() -> None:
        nonlocal seen
        seen = True

    lock = getattr(*LOCK)

    async def lock_slowly(session: Any, **named: Any) -> None:
        nonlocal seen
        if seen:
            seen = False
            await session.execute(text("SELECT pg_sleep(600)"))
        await lock(session, **named)

    with poisoned(see), _replaced(*LOCK, lock_slowly):
        yield


POISONS: dict[str, Callable[[], Any]] = {
    "raise": lambda: poisoned(_raise),
    "memory": lambda: poisoned(_run_out_of_memory),
    "kill": lambda: poisoned(_be_killed),
    "slow": _slow,
}


def main() -> None:
    """Be a worker that breaks as its environment says."""
    point, _, passes = os.environ.get(FAILPOINT, "").partition(":")
    if point:
        with broken(point, _die, passes=int(passes or 1)):
            worker.main()
    else:
        with POISONS[os.environ[POISONING]]():
            worker.main()


if __name__ == "__main__":
    main()
