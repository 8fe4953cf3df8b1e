import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from deploy.local.ports import free_port

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("ATTAIN_")}


def test_bad_settings_are_one_line_without_their_values() -> None:
    environment = CLEAN | {"ATTAIN_SECRET_KEY": "too short", "ATTAIN_DATABASE_URL": "mysql://u:hidden@h/d"}
    done = subprocess.run(
        [sys.executable, "-m", "attain_api.main"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    for name in ("ATTAIN_SECRET_KEY", "ATTAIN_DATABASE_URL", "ATTAIN_REDIS_URL"):
        assert name in done.stderr
    assert "hidden" not in done.stderr


def test_it_ends_well_when_it_is_asked_to(tmp_path: Path) -> None:
    port = free_port()
    environment = CLEAN | {
        "ATTAIN_SECRET_KEY": "x" * 40,
        "ATTAIN_DATABASE_URL": "postgresql://u:p@127.0.0.1:1/d",
        "ATTAIN_REDIS_URL": "redis://127.0.0.1:1/0",
        "ATTAIN_PORT": str(port),
    }
    with subprocess.Popen([sys.executable, "-m", "attain_api.main"], env=environment) as process:
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=1) as answer:
                    assert answer.status == 200
                break
            except OSError:
                time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
