"""A load from its company to its report, against whatever serves on this machine."""

import asyncio
import contextlib
import ipaddress
import json
import signal
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from deploy.local.calls import Api
from deploy.local.load import memory
from deploy.local.load.books import Books, drain, read_books, read_figure
from deploy.local.load.company import CHECKED, LoadCompany, make_company
from deploy.local.load.mix import ADMIN, EXECUTIVE, MAX_ROWS
from deploy.local.load.player import ANSWER_SECONDS, CONNECTIONS, Played, Player, Rates
from deploy.local.load.printing import print_report
from deploy.local.load.report import Report
from deploy.local.printing import make_console
from deploy.local.process import StartError
from deploy.local.stack import STOP_SIGNALS

MAX_SECONDS = 86_400
PROGRESS_SECONDS = 0.5
KEPT_SECONDS = 2.0
"""A connection that rests longer is not used again: the server may be closing it at that moment."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is played against."""

    url: str
    email: str
    password: str = field(repr=False)
    pids: Mapping[str, int] = field(default_factory=dict)
    """Processes whose memory is watched."""
    authority: Path | None = None
    """Whose certificate the server shows, as PEM; none: one that this machine trusts."""

    def __post_init__(self) -> None:
        check_loopback(self.url)

    @property
    def trust(self) -> ssl.SSLContext | bool:
        """For httpx."""
        return ssl.create_default_context(cafile=self.authority) if self.authority else True


@dataclass(frozen=True, slots=True)
class Options:
    """How to play, and what to tell."""

    rates: Rates
    with_faults: bool = False
    timeline: bool = False
    json_file: Path | None = None

    def __post_init__(self) -> None:
        if not 0 < self.rates.seconds <= MAX_SECONDS:
            raise StartError(f"a load takes more than 0 and at most {MAX_SECONDS:,} seconds")
        if not 1 <= self.rates.rows <= MAX_ROWS:
            raise StartError(f"a push has 1 to {MAX_ROWS} rows")
        if min(self.rates.pushes, self.rates.reads) < 0 or self.rates.pushes + self.rates.reads == 0:
            raise StartError("the rates of pushes and reads must not be negative, nor both 0")


def check_loopback(url: str) -> None:
    """A load is for one's own machine: raise `StartError` for any other host."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        is_own = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_own = False
    if parts.scheme not in {"http", "https"} or not is_own:
        raise StartError(f"{url} is not on this machine: a load is played against loopback addresses only")


def run_load(target: Target, options: Options) -> int:
    """Play, print, and say whether all was well: the exit code.

    Raises:
        DemoFailed: the company cannot be made, or its books not be read.
    """
    console = make_console()
    rates = options.rates
    with httpx.Client(base_url=target.url, timeout=ANSWER_SECONDS, trust_env=False, verify=target.trust) as http:
        company = make_company(http, email=target.email, password=target.password)
        console.print(
            f"[green]✓[/] playing {rates.seconds:g} s in the company {company.code}: {rates.pushes:g} pushes/s of "
            f"{rates.rows} rows, {rates.reads:g} reads/s"
        )
        played, samples = asyncio.run(_play(console, target, company, rates))
        books = _read_books(http, company, played, rows=rates.rows)
    held = {name: memory.growth(some) for name, some in samples.items()}
    report = Report(target.url, rates, played, books, held, options.with_faults)
    print_report(console, report, timeline=options.timeline)
    if options.json_file:
        options.json_file.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=1) + "\n")
    return 0 if report.is_good else 1


def _read_books(http: httpx.Client, company: LoadCompany, played: Played, *, rows: int) -> Books:
    def sign_in(role: str) -> Api:
        return Api.sign_in(http, email=company.logins[role].email, password=company.logins[role].password)

    admin = sign_in(ADMIN)
    books = read_books(
        admin,
        company.connector_id,
        acknowledged=played.acknowledged,
        unknown=played.given_up.total(),
        rows=rows,
        drained=drain(admin, company.connector_id),
    )
    if played.given_up:
        return books
    return books._replace(figure=read_figure(sign_in(EXECUTIVE), company.checked_goal, pushed=played.total(*CHECKED)))


async def _play(
    console: Console, target: Target, company: LoadCompany, rates: Rates
) -> tuple[Played, dict[str, list[memory.Sample]]]:
    limits = httpx.Limits(
        max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=KEPT_SECONDS
    )
    samples: dict[str, list[memory.Sample]] = {}
    async with httpx.AsyncClient(
        base_url=target.url, timeout=ANSWER_SECONDS, limits=limits, trust_env=False, verify=target.trust
    ) as http:
        player = Player(http, company, rates)
        watching = [
            asyncio.create_task(memory.watch(target.pids, samples, seconds=rates.seconds)),
            asyncio.create_task(_show_progress(console, player, rates)),
        ]
        try:
            with _stopped_by_signals(player):
                return await player.play(), samples
        finally:
            for task in watching:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task


async def _show_progress(console: Console, player: Player, rates: Rates) -> None:
    """Until cancelled; a terminal sees it move, a file gets its end."""
    figures = "{task.fields[answered]:,} answered, {task.fields[failed]} failed"
    columns = (TextColumn("  {task.completed:.0f} of {task.total:g} s"), BarColumn(40), TextColumn(figures))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("load", total=rates.seconds, answered=0, failed=0)
        while True:
            tries = player.played.tries
            failed = sum(not one.ok for one in tries)
            progress.update(task, completed=min(player.now, rates.seconds), answered=len(tries) - failed, failed=failed)
            await asyncio.sleep(PROGRESS_SECONDS)


@contextlib.contextmanager
def _stopped_by_signals(player: Player) -> Iterator[None]:
    """A signal ends the load early, and its report comes all the same."""
    loop = asyncio.get_running_loop()
    before = {number: handler for number in STOP_SIGNALS if (handler := signal.getsignal(number)) != signal.SIG_IGN}
    for number in before:
        loop.add_signal_handler(number, player.stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
