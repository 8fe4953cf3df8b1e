"""The command `load`: its arguments, and where it plays."""

import argparse
from collections.abc import Callable
from pathlib import Path

from deploy.local.load.player import Rates
from deploy.local.load.run import Options, Target, run_load
from deploy.local.process import StartError
from deploy.local.stack import Stack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be said of a load."""
    usual = Rates()
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="how long (%(default)g)")
    parser.add_argument("--pushes", type=float, default=usual.pushes, help="a second (%(default)g)")
    parser.add_argument("--rows", type=int, default=usual.rows, help="of a push (%(default)s)")
    parser.add_argument("--reads", type=float, default=usual.reads, help="a second (%(default)g)")
    parser.add_argument("--data", type=Path, help="keep the data of the stack in this folder, which must be new")
    parser.add_argument("--url", help="play against what serves here already, on this machine")
    parser.add_argument("--email", help="the platform operator's there, who makes a company for the load")
    parser.add_argument("--password-file", type=Path, help="holds the operator's password")
    parser.add_argument("--authority", type=Path, help="certificate of whoever vouches for an https:// URL")
    parser.add_argument(
        "--process", action="append", default=[], metavar="NAME=PID", help="watch the memory of a process; repeatable"
    )
    parser.add_argument(
        "--faults", action="store_true", help="parts are killed meanwhile: unanswered requests are no failure"
    )
    parser.add_argument("--timeline", action="store_true", help="print each second in which requests failed")
    parser.add_argument("--json", type=Path, help="write the report to this file")


def play(arguments: argparse.Namespace, *, on_stack: Callable[[Callable[[Stack], int]], int]) -> int:
    """Play as told, on a stack of its own where no URL is given; the exit code.

    Raises:
        StartError: the arguments do not fit, or something cannot start.
    """
    rates = Rates(arguments.seconds, arguments.pushes, arguments.rows, arguments.reads)
    options = Options(rates, arguments.faults, arguments.timeline, arguments.json)
    if arguments.url is None:
        return on_stack(lambda stack: run_load(_target_of(stack), options))
    if not (arguments.email and arguments.password_file):
        raise StartError("say who the operator is: EMAIL= and PASSWORD_FILE= (--email, --password-file)")
    target = Target(
        url=arguments.url,
        email=arguments.email,
        password=arguments.password_file.read_text().strip(),
        pids=dict(map(_named_pid, arguments.process)),
        authority=arguments.authority,
    )
    return run_load(target, options)


def _target_of(stack: Stack) -> Target:
    return Target(stack.base_url, stack.credentials.email, stack.credentials.password, stack.pids)


def _named_pid(text: str) -> tuple[str, int]:
    name, _, pid = text.partition("=")
    if not (name and pid.isdigit() and Path(f"/proc/{pid}").exists()):
        raise StartError(f"{text} names no process: say NAME=PID")
    return name, int(pid)
