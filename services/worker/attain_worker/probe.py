"""`python -m attain_worker.probe`: ends with 0 if the worker beside it has lately worked; the image's HEALTHCHECK.

With the argument `loop` it asks only whether the worker's loop runs, with the database or without: that is what decides
whether a worker is to be killed, as one whose database is away goes on by itself.

Only the standard library: it runs every few seconds, so it must cost little.
"""

import os
import sys
import time
from pathlib import Path

BEAT_MAX_AGE = 30.0
"""Seconds, as in the API's `/readyz`."""
LOOP = "loop"


def loop_file(heartbeat_file: Path) -> Path:
    """Beside the file that is touched with each heartbeat, the one that is touched as often by the loop alone."""
    return heartbeat_file.with_suffix(f".{LOOP}")


def is_young(file: Path) -> bool:
    """Whether the worker has lately touched a file."""
    try:
        return time.time() - file.stat().st_mtime < BEAT_MAX_AGE
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    heartbeat_file = Path(os.environ["ATTAIN_HEARTBEAT_FILE"])
    sys.exit(not is_young(loop_file(heartbeat_file) if sys.argv[1:] == [LOOP] else heartbeat_file))
