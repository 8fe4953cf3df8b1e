"""The images' health checks: yes only for who works."""

import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from attain_worker.probe import BEAT_MAX_AGE, LOOP, loop_file
from deploy.local.ports import free_port
from tests.support.stack import wait_until


def probe(module: str, *arguments: str, **env: str) -> int:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=os.environ | env, check=False, timeout=10).returncode


@pytest.mark.parametrize(("age", "code"), [(1.0, 0), (BEAT_MAX_AGE - 5, 0), (BEAT_MAX_AGE + 1, 1)])
def test_a_worker_is_healthy_while_its_heartbeat_is_young(tmp_path: Path, age: float, code: int) -> None:
    beat = tmp_path / "beat"
    beat.touch()
    os.utime(beat, times=(time.time() - age,) * 2)
    assert probe("attain_worker.probe", ATTAIN_HEARTBEAT_FILE=str(beat)) == code


def test_a_worker_that_has_not_begun_is_not_healthy(tmp_path: Path) -> None:
    assert probe("attain_worker.probe", ATTAIN_HEARTBEAT_FILE=str(tmp_path / "beat")) == 1


def test_a_worker_whose_loop_stands_still_is_to_be_killed_whatever_its_heartbeat(tmp_path: Path) -> None:
    beat = tmp_path / "attain-worker.beat"
    beat.touch()
    assert probe("attain_worker.probe", LOOP, ATTAIN_HEARTBEAT_FILE=str(beat)) == 1
    loop_file(beat).touch()
    assert probe("attain_worker.probe", LOOP, ATTAIN_HEARTBEAT_FILE=str(beat)) == 0
    os.utime(loop_file(beat), times=(time.time() - BEAT_MAX_AGE - 1,) * 2)
    assert probe("attain_worker.probe", LOOP, ATTAIN_HEARTBEAT_FILE=str(beat)) == 1


def test_a_worker_whose_database_is_away_is_not_healthy_and_not_to_be_killed(tmp_path: Path) -> None:
    beat = tmp_path / "attain-worker.beat"
    env = {
        "ATTAIN_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/none",
        "ATTAIN_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "ATTAIN_HEARTBEAT_FILE": str(beat),
        "ATTAIN_HEARTBEAT_SECONDS": "0.1",
    }
    with subprocess.Popen([sys.executable, "-m", "attain_worker.main"], env=os.environ | env) as worker:
        try:
            wait_until(loop_file(beat).exists, seconds=20, what="the loop")
            loop_file(beat).unlink()
            wait_until(loop_file(beat).exists, seconds=5, what="its next turn")
            codes = [probe("attain_worker.probe", *asked, ATTAIN_HEARTBEAT_FILE=str(beat)) for asked in ((), (LOOP,))]
            assert codes == [1, 0]
            worker.terminate()
            assert worker.wait(timeout=10) == 0
        finally:
            worker.kill()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_an_api_is_healthy_while_it_is_ready(status: int, code: int) -> None:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert probe("attain_api.health.probe", ATTAIN_PORT=str(server.server_port)) == code
        thread.join()
    assert asked == ["/readyz"]


def test_an_api_that_does_not_answer_is_not_healthy() -> None:
    assert probe("attain_api.health.probe", ATTAIN_PORT=str(free_port())) == 1
