"""The zero-setup stack: real servers, and the supervisor as its own process."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import takewhile
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
import redis

from deploy.local.ports import HOST, free_port
from deploy.local.process import StartError
from deploy.local.servers import Postgres, Valkey, _program
from deploy.local.stack import CHECKOUT
from deploy.local.user import ServerUser

API = """
import http.server, os
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.ThreadingHTTPServer((os.environ["ATTAIN_HOST"], int(os.environ["ATTAIN_PORT"])), Ready).serve_forever()
"""
WORKER = "import time; time.sleep(60)"
START_BOTH = """
import os, sys, time
from pathlib import Path
from deploy.local.servers import Postgres, Valkey
with Postgres(Path(sys.argv[1])) as postgres, Valkey(Path(sys.argv[1])):
    print(os.geteuid(), os.stat(f"/proc/{postgres.pid}").st_uid, flush=True)
    time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A data folder that nothing may hold open any more when the test ends."""
    folder = tmp_path / "data of mine"
    yield folder
    assert processes_of(folder) == {}


def test_a_second_start_finds_the_data_of_the_first(data_dir: Path) -> None:
    with Postgres(data_dir) as postgres, Valkey(data_dir) as valkey:
        query(postgres, "CREATE TABLE notes AS SELECT 'kept' AS note")
        with closing(redis.Redis.from_url(valkey.url)) as client:
            client.set("note", "kept")
    with Postgres(data_dir) as postgres, Valkey(data_dir) as valkey:
        assert query(postgres, "SELECT note FROM notes") == "kept"
        with closing(redis.Redis.from_url(valkey.url)) as client:
            assert client.get("note") == b"kept"


def test_the_servers_want_a_password_and_listen_on_loopback_only(data_dir: Path) -> None:
    with Postgres(data_dir) as postgres, Valkey(data_dir) as valkey:
        assert query(postgres, "SHOW listen_addresses") == HOST
        assert query(postgres, "SHOW unix_socket_directories") == ""
        assert query(postgres, "SELECT string_agg(DISTINCT auth_method, ' ') FROM pg_hba_file_rules") == "scram-sha-256"
        assert query(postgres, "SELECT current_setting('fsync') || current_setting('synchronous_commit')") == "onon"
        with (
            closing(redis.Redis(host=HOST, port=valkey.port)) as client,
            pytest.raises(redis.AuthenticationError),
        ):
            client.ping()
        for server in (postgres, valkey):
            assert server.password_file.stat().st_mode & 0o777 == 0o600
            assert server.password.encode() not in Path(f"/proc/{server.pid}/cmdline").read_bytes()


def test_a_folder_below_one_that_only_its_owner_may_enter_works(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    with Postgres(data_dir / "below") as postgres:
        assert query(postgres, "SELECT 1") == "1"
        assert Path(f"/proc/{postgres.pid}").stat().st_uid != 0
    assert data_dir.stat().st_mode & 0o777 == 0o700


def test_an_ordinary_user_starts_the_servers_as_themselves(data_dir: Path) -> None:
    data_dir.mkdir()
    command = [sys.executable, "-c", START_BOTH, str(data_dir), "0"]
    if user := ServerUser.for_folder(data_dir):
        os.chown(data_dir, user.uid, user.gid)
        command = ["setpriv", *user.setpriv, *command]
    for _ in range(2):
        done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        me, server = done.stdout.split()
        assert me == server != "0"


def test_a_server_is_found_at_the_same_port_after_a_crash(data_dir: Path) -> None:
    postgres, valkey = Postgres(data_dir), Valkey(data_dir)
    with postgres, valkey:
        urls = postgres.url, valkey.url
        query(postgres, "CREATE TABLE notes AS SELECT 'kept' AS note")
        postgres.stop_immediately()
        valkey.stop_immediately()
        assert not postgres.running
        postgres.start()
        valkey.start()
        os.kill(postgres.pid, signal.SIGKILL)
        postgres.process.popen.wait()
        postgres.start()
        assert (postgres.url, valkey.url) == urls
        assert query(postgres, "SELECT note FROM notes") == "kept"


def test_a_stale_pid_file_whose_number_lives_on_elsewhere_is_no_obstacle(data_dir: Path) -> None:
    with Postgres(data_dir) as postgres:
        pid_file = postgres.folder / "postmaster.pid"
        content = pid_file.read_text()
    pid_file.write_text(content.replace(content.split("\n", 1)[0], str(os.getpid()), 1))
    with Postgres(data_dir) as postgres:
        assert query(postgres, "SELECT 1") == "1"


def test_two_cannot_use_one_folder_at_once(data_dir: Path) -> None:
    with running(START_BOTH, str(data_dir), "60") as first:
        for server in (Postgres(data_dir), Valkey(data_dir)):
            with pytest.raises(StartError, match=f"in use by another stack .process {first.pid}"):
                server.start()


def test_nothing_outlives_a_supervisor_that_was_killed(data_dir: Path, tmp_path: Path) -> None:
    with supervisor(data_dir, str(free_port()), path=stubs(tmp_path, {})) as run:
        assert set(processes_of(data_dir).values()) == {"postgres", "valkey", "api", "worker"}
        run.kill()
        run.wait()
        with Postgres(data_dir) as postgres, Valkey(data_dir):  # their locks wait for the old ones to end
            assert query(postgres, "SELECT 1") == "1"
        wait_until(lambda: not processes_of(data_dir))


def test_a_signal_during_the_start_ends_it_cleanly(data_dir: Path, tmp_path: Path) -> None:
    path = stubs(tmp_path, {"attain_api.cli": WORKER})
    with started(data_dir, str(free_port()), path=path) as run:
        wait_until(lambda: "migrations" in processes_of(data_dir).values())
        run.send_signal(signal.SIGTERM)
        _, errors = run.communicate(timeout=60)
    assert (run.returncode, errors) == (0, "")


def test_a_taken_port_is_named(data_dir: Path) -> None:
    with listener() as port:
        with pytest.raises(StartError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"):
            Postgres(data_dir, port=port).start()
        done = stack("run", "--port", str(port), "--data", str(data_dir))
    assert (done.returncode, done.stdout) == (1, "")
    assert "PORT=" in done.stderr


def test_data_of_another_postgresql_is_left_alone(data_dir: Path) -> None:
    with Postgres(data_dir) as postgres:
        version_file = postgres.folder / "PG_VERSION"
    version_file.write_text("17\n")
    with pytest.raises(StartError, match="written by PostgreSQL 17, and this is 18"):
        Postgres(data_dir).start()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match=r"cannot use .*file: File exists.*DATA="):
        Postgres(tmp_path / "file" / "data").start()


def test_a_server_that_cannot_start_shows_its_log(data_dir: Path) -> None:
    with Postgres(data_dir) as postgres:
        pass
    (postgres.folder / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StartError, match=r'(?s)ended while starting.*"no_such_setting"'):
        postgres.start()
    assert not postgres.running


@pytest.mark.parametrize(
    ("services", "reason"),
    [
        ({"attain_api.cli": "raise SystemExit('no schema today')"}, "no schema today"),
        ({"attain_api.main": "raise SystemExit('no API today')"}, "no API today"),
        ({"attain_worker.main": "raise SystemExit('no work today')"}, "no work today"),
    ],
)
def test_a_failed_start_says_why_and_leaves_nothing_behind(
    data_dir: Path, tmp_path: Path, services: dict[str, str], reason: str
) -> None:
    done = stack("run", "--port", str(free_port()), "--data", str(data_dir), path=stubs(tmp_path, services))
    assert done.returncode == 1
    assert reason in done.stderr
    assert processes_of(data_dir) == {}


@pytest.mark.parametrize("part", ["postgres", "valkey", "api", "worker"])
def test_a_part_that_dies_ends_the_stack(data_dir: Path, tmp_path: Path, part: str) -> None:
    port = str(free_port())
    with supervisor(data_dir, port, path=stubs(tmp_path, {})) as run:
        parts = {log: pid for pid, log in processes_of(data_dir).items()}
        os.kill(parts[part], signal.SIGKILL)
        _, errors = run.communicate(timeout=60)
        assert run.returncode == 1
        assert "ended by itself (exit code -9)" in errors


def test_servers_that_are_given_are_used_and_outlive_the_stack(data_dir: Path, tmp_path: Path) -> None:
    with Postgres(tmp_path / "given") as postgres, Valkey(tmp_path / "given") as valkey:
        given = {"ATTAIN_DATABASE_URL": postgres.url, "ATTAIN_REDIS_URL": valkey.url}
        with supervisor(data_dir, str(free_port()), env=given, path=stubs(tmp_path, {})) as run:
            assert set(processes_of(data_dir).values()) == {"api", "worker"}
            run.send_signal(signal.SIGINT)
            output, _ = run.communicate(timeout=60)
        assert run.returncode == 0
        assert postgres.password not in output
        assert query(postgres, "SELECT 1") == "1"
        assert not (data_dir / "postgres").exists()


def test_a_given_server_that_does_not_answer_is_named(data_dir: Path) -> None:
    port = free_port()
    given = {"ATTAIN_DATABASE_URL": f"postgresql+asyncpg://me:hidden@{HOST}:{port}/mine"}
    done = stack("run", "--port", str(free_port()), "--data", str(data_dir), env=given)
    assert done.returncode == 1
    assert f"nothing answers at {HOST}:{port}, which ATTAIN_DATABASE_URL names" in done.stderr
    assert "hidden" not in done.stdout + done.stderr


def test_the_whole_of_attain_starts_stops_cleanly_and_starts_again(data_dir: Path) -> None:
    port = str(free_port())
    outputs = []
    for _ in range(2):
        with supervisor(data_dir, port) as run:
            assert run.stdout is not None
            said = list(takewhile(lambda line: "Ctrl-C stops it" not in line, run.stdout))
            run.send_signal(signal.SIGTERM)
            output, errors = run.communicate(timeout=60)
            outputs.append("".join(said) + output)
        assert (run.returncode, errors) == (0, "")
        assert processes_of(data_dir) == {}
    email, password = (data_dir / "credentials").read_text().split()
    assert f"Sign in as {email} with password {password}" in outputs[0]
    assert password not in outputs[1]


def query(postgres: Postgres, sql: str) -> str:
    url = postgres.url.replace("+asyncpg", "")
    return subprocess.run(
        [_program("psql"), url, "-Atc", sql], check=True, capture_output=True, text=True
    ).stdout.strip()


def processes_of(data_dir: Path) -> dict[int, str]:
    """The processes that write to a log in the folder, with the log's name."""
    logs = str(data_dir / "logs")
    found = {}
    for output in Path("/proc").glob("[0-9]*/fd/1"):
        try:
            log = output.readlink()
            if str(log.parent) == logs and "postgres:" not in (output.parents[1] / "cmdline").read_text():
                found[int(output.parts[2])] = log.stem
        except OSError:
            continue  # it ended meanwhile, or is somebody else's
    return found


def stubs(folder: Path, modules: dict[str, str]) -> Path:
    """Stand-ins for the services, so that each way to fail can be shown."""
    harmless = {"attain_api.cli": "", "attain_api.main": API, "attain_worker.main": WORKER}
    for name, code in {**harmless, **modules}.items():
        module = (folder / "stubs").joinpath(*name.split(".")).with_suffix(".py")
        module.parent.mkdir(parents=True, exist_ok=True)
        (module.parent / "__init__.py").touch()
        module.write_text(code)
    return folder / "stubs"


def environment(env: dict[str, str] | None, path: Path | None) -> dict[str, str]:
    ours = {key: value for key, value in os.environ.items() if not key.startswith("ATTAIN_")}
    return ours | (env or {}) | ({"PYTHONPATH": str(path)} if path else {})


def stack(
    *arguments: str, env: dict[str, str] | None = None, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", *arguments],
        cwd=CHECKOUT,
        env=environment(env, path),
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


@contextmanager
def started(
    data_dir: Path, port: str, *, env: dict[str, str] | None = None, path: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """The stack as its own process, just started."""
    with ended(
        subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "run", "--port", port, "--data", str(data_dir)],
            cwd=CHECKOUT,
            env=environment(env, path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    ) as run:
        yield run


@contextmanager
def supervisor(
    data_dir: Path, port: str, *, env: dict[str, str] | None = None, path: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """The stack as its own process, once it is ready."""
    with started(data_dir, port, env=env, path=path) as run:
        wait_until(lambda: run.poll() is not None or is_ready(port))
        assert run.poll() is None, run.communicate()
        yield run


@contextmanager
def running(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that has said something."""
    command = [sys.executable, "-c", code, *arguments]
    with ended(subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() != ""
        yield process


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    with process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)


@contextmanager
def listener() -> Iterator[int]:
    with closing(socket.create_server((HOST, 0))) as server:
        yield server.getsockname()[1]


def is_ready(port: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(f"http://{HOST}:{port}/readyz", timeout=5) as reply:
            return bool(reply.status == 200)
    except (URLError, OSError):
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
