"""`python -m deploy.local run`, `demo`, `cascade`, `quarter`, `load`, `push` and `exec`: see `make help`."""

import argparse
import io
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeVar

from deploy.local.beside import beside
from deploy.local.cascade.run import run_cascade
from deploy.local.demo import run_demo
from deploy.local.load.options import add_arguments, play
from deploy.local.ports import free_port
from deploy.local.process import StartError
from deploy.local.quarter.plan import SIZE
from deploy.local.quarter.run import run_quarter
from deploy.local.showcase.run import make_showcase
from deploy.local.stack import STOP_SIGNALS, Stack, StackSettings

T = TypeVar("T")


class Stopped(BaseException):
    """Somebody asked us to stop: by Ctrl-C, by SIGTERM, or by closing the terminal."""


def main() -> int:
    """Run the command that the arguments name; the exit code is 0 also when stopped by a signal."""
    arguments = _parser().parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without "✓" must not end the stack
    for signum in STOP_SIGNALS:
        if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN:  # as nohup sets it
            signal.signal(signum, _stop)
    try:
        if arguments.command == "run":
            _run(arguments)
        elif arguments.command == "demo":
            _play(run_demo, arguments.data)
        elif arguments.command == "cascade":
            _play(run_cascade, arguments.data)
        elif arguments.command == "quarter":
            _play(partial(run_quarter, size=arguments.people), arguments.data)
        elif arguments.command == "load":
            return play(arguments, on_stack=partial(_with_stack, folder=arguments.data))
        elif arguments.command == "exec":
            return _with_stack(beside(arguments.program), None)
        else:
            run_demo(arguments.url, arguments.email, arguments.password_file.read_text().strip())
    except Stopped:
        return 0
    except StartError as exc:
        print(f"✗ {exc}", file=sys.stderr, flush=True)
        return 1
    return 0


def _run(arguments: argparse.Namespace) -> None:
    with Stack(_settings(arguments.data, arguments.port)) as stack:
        admin = stack.credentials
        password = f"with password {admin.password}, kept" if stack.is_new else "with the password"
        print(f"  Sign in as {admin.email} {password} in {stack.credentials_file}", flush=True)
        if arguments.demo:
            run_demo(stack.base_url, admin.email, admin.password)
        if arguments.showcase and stack.is_new:
            shown = make_showcase(stack.base_url, admin.email, admin.password)
            for role, email in shown.emails.items():
                print(f"  {role:<10} {email}, with the same password", flush=True)
        print(f"  The console is at {stack.base_url}/console", flush=True)
        print(f"  Attain serves at {stack.base_url}. Ctrl-C stops it.", flush=True)
        stack.watch()


def _play(story: Callable[[str, str, str], None], folder: Path | None) -> None:
    """Run a story on a stack of its own: with its address, and the e-mail and password of its administrator."""
    _with_stack(lambda stack: story(stack.base_url, stack.credentials.email, stack.credentials.password), folder)


def _with_stack(use: Callable[[Stack], T], folder: Path | None) -> T:
    """Start a stack, by default over new data that are removed again, use it, and stop it."""
    data_dir = folder or Path(tempfile.mkdtemp(prefix="attain-demo-"))
    remove = folder is None
    try:
        with Stack(_settings(data_dir, free_port())) as stack:
            result = use(stack)
            stack.check()
            return result
    except Exception:
        remove = False
        print(f"  The logs are in {data_dir / 'logs'}", file=sys.stderr, flush=True)
        raise
    finally:
        if remove:
            shutil.rmtree(data_dir)


def _stop(_signum: int, _frame: FrameType | None) -> NoReturn:
    for other in STOP_SIGNALS:
        signal.signal(other, signal.SIG_IGN)  # nothing may interrupt the shutdown, which ends by itself
    raise Stopped


def _settings(data_dir: Path, port: int) -> StackSettings:
    return StackSettings(
        data_dir=data_dir,
        port=port,
        database_url=os.environ.get("ATTAIN_DATABASE_URL"),
        redis_url=os.environ.get("ATTAIN_REDIS_URL"),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="Attain on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start everything and keep serving")
    run.add_argument("--port", type=int, default=8000, help="where the API listens on 127.0.0.1 (%(default)s)")
    run.add_argument("--data", type=Path, default=Path("data/local"), help="the data folder (%(default)s)")
    run.add_argument("--demo", action="store_true", help="run the main job first")
    run.add_argument("--showcase", action="store_true", help="fill new data with a company in the middle of its work")
    demo = commands.add_parser("demo", help="start everything, run the main job, stop")
    demo.add_argument("--data", type=Path, help="keep the data in this folder instead of a temporary one")
    cascade = commands.add_parser("cascade", help="start everything, play a company's whole cascade of goals, stop")
    cascade.add_argument("--data", type=Path, help="keep the data in this folder, which must be new")
    quarter = commands.add_parser("quarter", help="start everything, play a quarter of reviews of 200 people, stop")
    quarter.add_argument("--data", type=Path, help="keep the data in this folder, which must be new")
    quarter.add_argument("--people", type=int, default=SIZE, help="how many there are, about (%(default)s)")
    add_arguments(commands.add_parser("load", help="push and read at a steady rate for a while, and report"))
    push = commands.add_parser("push", help="run the main job against an Attain that serves already")
    push.add_argument("--url", required=True, help="where it serves")
    push.add_argument("--email", required=True, help="its administrator's")
    push.add_argument("--password-file", required=True, type=Path, help="holds the administrator's password")
    program = commands.add_parser("exec", help="start everything, run a program that ATTAIN_URL is told to, stop")
    program.add_argument("program", nargs="+", help="the program and its arguments, after --")
    return parser


if __name__ == "__main__":
    sys.exit(main())
