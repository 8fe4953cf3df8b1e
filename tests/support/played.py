"""A story of `deploy.local` played as its make target plays it: real servers, real processes, HTTP only."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.local.stack import CHECKOUT


def play(story: str, data_dir: Path, *program: str, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Play a story on a folder of its own; by another program than the module's own where one is given."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("ATTAIN_")}
    return subprocess.run(
        [sys.executable, *(program or ("-m", "deploy.local")), story, "--data", str(data_dir), *options],
        cwd=CHECKOUT,
        env=ours,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
