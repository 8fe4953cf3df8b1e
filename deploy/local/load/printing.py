"""How the report of a load looks in a terminal."""

from collections import Counter
from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.table import Table

from deploy.local.load.memory import FLAT_MIB, FLAT_SHARE
from deploy.local.load.report import Report, Times, outage_of


def print_report(console: Console, report: Report, *, timeline: bool) -> None:
    """All of it; with `timeline` also each second in which something failed."""
    console.print(_routes(report))
    if report.memory:
        console.print(_memory(report))
    if timeline:
        for line in report.timeline():
            console.print(f"  second {line['second']:4}: {counted(line['failed'])} of {line['sent']} requests")
    console.print(
        f"{_sign(not report.error_rate)} {report.error_rate:.2%} of {len(report.played.tries):,} requests failed"
    )
    outage = outage_of(report.played.tries)
    if outage:
        console.print(
            f"  {outage.failed} failed, the first at {outage.first:.1f} s, the last at {outage.last:.1f} s; "
            f"{outage.healthy_after:.1f} s from the first failure to healthy"
        )
    _print_books(console, report)
    if report.growing:
        console.print(f"[red]✗[/] memory grows: {', '.join(report.growing)}")
    for route, results in report.unexpected.items():
        console.print(f"[red]✗[/] unexpected: {route}: {counted(results)}")


def _routes(report: Report) -> Table:
    played = report.played
    title = (
        f"{played.planned:,} requests planned over {report.rates.seconds:g} s; times from the planned moment "
        f"(the player was at most {played.behind * 1000:.0f} ms late); {played.sign_ins} sign-ins, "
        f"{played.refreshes} refreshed"
    )
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("route", overflow="fold")
    for header in ("sent", "ok", "failed", "p50 ms", "p99 ms", "max ms"):
        table.add_column(header, justify="left" if header == "failed" else "right")
    for one in report.routes:
        table.add_row(one.route, f"{one.sent:,}", f"{one.ok:,}", counted(one.failed), *_marks(one.times))
    return table


def _memory(report: Report) -> Table:
    table = Table(title="Memory in MiB", title_justify="left", box=box.SIMPLE_HEAD)
    table.caption = f"flat: the second half adds less than {FLAT_SHARE:.0%}, or {FLAT_MIB:g} MiB where that is less"
    table.caption_justify = "left"
    for header in ("process", "first", "last", "most", "MiB/min", ""):
        table.add_column(header, justify="left" if header in {"process", ""} else "right")
    verdicts = {None: "too short to tell", True: "flat", False: "[red]grows[/]"}
    for name, one in report.memory.items():
        slope = "-" if one.slope is None else f"{one.slope:+.2f}"
        table.add_row(name, f"{one.first:.1f}", f"{one.last:.1f}", f"{one.most:.1f}", slope, verdicts[one.is_flat])
    return table


def _print_books(console: Console, report: Report) -> None:
    books = report.books
    given_up = f", given up {counted(report.played.given_up)}" if report.played.given_up else ""
    console.print(
        f"{_sign(not books.missing and not books.doubled)} acknowledged {books.acknowledged_batches:,} batches of "
        f"{books.acknowledged_rows:,} rows, found {books.found_batches:,}: missing {books.missing}, doubled "
        f"{books.doubled}; rows judged {books.judged_rows:,}{given_up}; the inbox was empty {books.drained:.1f} s after"
    )
    if books.figure:
        pushed, shown = books.figure
        console.print(f"{_sign(pushed == shown)} a goal shows {shown}; the rows acknowledged for it come to {pushed}")
    if books.lags:
        p50, p99, most = _marks(Times.of(books.lags))
        console.print(f"{_sign(True)} from stored to done: p50 {p50} ms, p99 {p99} ms, max {most} ms")


def _marks(times: Times) -> tuple[str, ...]:
    return tuple(f"{seconds * 1000:,.0f}" for seconds in (times.p50, times.p99, times.most))


def _sign(good: bool) -> str:  # noqa: FBT001 - one thing only
    return "[green]✓[/]" if good else "[red]✗[/]"


def counted(results: Mapping[str, int]) -> str:
    """As `503 × 12, ConnectError × 3`, the most frequent first."""
    return ", ".join(f"{result} × {count}" for result, count in Counter(results).most_common())
