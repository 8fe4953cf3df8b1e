"""`python -m attain_worker.probe`: ends with 0 if the worker beside it has lately worked; the image's HEALTHCHECK.

Only the standard library: it runs every few seconds, so it must cost little.
"""

import os
import sys
import time
from pathlib import Path

BEAT_MAX_AGE = 30.0
"""Seconds, as in the API's `/readyz`."""


def is_alive(heartbeat_file: Path) -> bool:
    """Whether the worker has lately reached the database."""
    try:
        return time.time() - heartbeat_file.stat().st_mtime < BEAT_MAX_AGE
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(not is_alive(Path(os.environ["ATTAIN_HEARTBEAT_FILE"])))
