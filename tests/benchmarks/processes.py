"""What a process has used so far, as the kernel tells."""

import re
from pathlib import Path

TICKS = 100
"""Of the kernel's clock, a second."""
_SIZE = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)


def cpu_seconds(pid: int) -> float:
    """Time of all its threads, in user mode and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> float:
    """Memory it holds now, in MB."""
    return _status(pid)["VmRSS"]


def peak_mb(pid: int) -> float:
    """The most memory it has held since its start, in MB."""
    return _status(pid)["VmHWM"]


def _status(pid: int) -> dict[str, float]:
    return {name: int(size) / 1024 for name, size in _SIZE.findall(Path(f"/proc/{pid}/status").read_text())}
