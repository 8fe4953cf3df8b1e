"""What processes hold in memory, sampled while a load plays, and whether it grows."""

import asyncio
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

SAMPLE_SECONDS = 5.0
FLAT_SHARE, FLAT_MIB = 0.05, 10.0
"""What the second half may add at most to be called flat: this share of what was held, or where that is less, so much.

The longer a load, the less a minute: caches fill and are full, a leak goes on.
"""
TELLING_SECONDS = 25.0
"""What the second half takes at least for its slope to tell growth from warming up: that of a minute does."""
_KIB = re.compile(r"^RssAnon:\s+(\d+) kB$", re.MULTILINE)


class Sample(NamedTuple):
    """What a process held at a moment."""

    second: float
    mib: float


class Growth(NamedTuple):
    """What a process held over a load, in MiB."""

    first: float
    last: float
    most: float
    slope: float | None
    """MiB a minute, by least squares over the second half, as the first warms up; none of fewer than three samples."""
    seconds: float
    """That the second half took."""

    @property
    def is_flat(self) -> bool | None:
        """Whether it does not grow; none where the load was too short to tell."""
        if self.slope is None or self.seconds < TELLING_SECONDS:
            return None
        return self.slope * self.seconds / 60 < max(FLAT_MIB, FLAT_SHARE * self.last)


def growth(samples: Sequence[Sample]) -> Growth:
    """What became of a process, of at least one sample."""
    held = [sample.mib for sample in samples]
    late = samples[len(samples) // 2 :]
    slope = None
    if len(late) > 2:
        minutes = [sample.second / 60 for sample in late]
        slope = statistics.linear_regression(minutes, [sample.mib for sample in late]).slope
    return Growth(held[0], held[-1], max(held), slope, late[-1].second - late[0].second)


def held_mib(pid: int) -> float | None:
    """Resident memory of a process and all below it that is theirs alone, in MiB; none where it has ended.

    Without what they share: every process of PostgreSQL counts its program and its buffers anew as it touches them.
    """
    found = [mib for one in _tree(pid) if (mib := _own_mib(one)) is not None]
    return sum(found) if found else None


async def watch(pids: Mapping[str, int], into: dict[str, list[Sample]], *, seconds: float) -> None:
    """Sample until cancelled; a load of so many seconds gets ten samples at least."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        for name, pid in pids.items():
            if (mib := held_mib(pid)) is not None:
                into.setdefault(name, []).append(Sample(loop.time() - began, mib))
        await asyncio.sleep(min(SAMPLE_SECONDS, seconds / 10))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = children.read_text().split()
        except OSError:  # that thread has ended
            continue
        for child in below:
            yield from _tree(int(child))


def _own_mib(pid: int) -> float | None:
    try:
        found = _KIB.search(Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return None
    # one that has ended and was not waited for has no memory
    return int(found[1]) / 1024 if found else None
