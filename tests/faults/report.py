"""Every fault that Attain is to survive, F1 to F14, one after the other, and a table: `python -m tests.faults.report`.

With `--synchronous-commit off` PostgreSQL does not wait for the disk and is stopped at once, again and again: rows that
were acknowledged are lost then, which proves that the same run with `on` shows something. `--only F6` runs some.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import structlog

from tests.faults import clients, clocks, disk, failover, upgrades
from tests.faults.injections import Injection, Site, of_ingestion, postgres_stopped
from tests.support.killable import own_postgres, own_redis
from tests.support.stack import running_stack
from tests.support.trial import HEADER, Finding, trial

ROUNDS = 4


@contextmanager
def site_of_our_own(*, settings: tuple[str, ...] = ()) -> Iterator[Site]:
    """Durable servers, and Attain over them."""
    with (
        tempfile.TemporaryDirectory(prefix="attain-faults-") as folder,
        own_postgres(durable=True) as postgres,
        own_redis() as queue,
        running_stack(postgres.url, queue.url, Path(folder) / "stack") as stack,
    ):
        with stack.database() as database:
            for setting in settings:
                database.rows(f"ALTER SYSTEM SET {setting}")
            database.rows("SELECT pg_reload_conf()")
        yield Site(postgres, queue, stack)


def run(site: Site, faults: Mapping[str, Injection]) -> Iterator[Finding]:
    """Run each; one that does not show what it is to show is said, and the others go on."""
    for fault, inject in faults.items():
        findings: list[Finding] = []
        try:
            with trial(site.stack, fault, findings) as running:
                inject(site, running)
        except AssertionError as error:
            print(f"{fault}: FAILED: {error}", flush=True)
        yield from findings


def run_with_own_servers(only: frozenset[str]) -> Iterator[Finding]:
    """What needs servers that are set up otherwise."""
    if is_wanted(failover.FAULT, only):
        yield from failover.run()
    if is_wanted(disk.FAULT, only):
        if os.geteuid() == 0:
            yield from disk.run()
        else:
            print(f"{disk.FAULT}: left out: to mount a small disk takes root")


def of_all(*, long: bool) -> dict[str, Injection]:
    """Every fault that one installation can stand, by what it is called."""
    return {
        **of_ingestion(long=long),
        **clocks.FAULTS,
        **clients.faults(long=long),
        **upgrades.faults(long=long),
    }


def is_wanted(fault: str, only: frozenset[str]) -> bool:
    """Whether a fault was asked for by its number; all are where none was."""
    return not only or fault.split(maxsplit=1)[0] in only


def main() -> int:
    """The exit code says whether a row was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--synchronous-commit", choices=["on", "off"], help="only the crashes of PostgreSQL")
    parser.add_argument("--only", nargs="+", default=[], metavar="F…", help="these faults: F1 F12")
    parser.add_argument("--short", action="store_true", help="for seconds instead of minutes")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    only = frozenset(options.only)
    print(HEADER)
    if options.synchronous_commit:
        wanted: dict[str, Injection] = {
            f"F5 stopped immediately, round {number + 1}": postgres_stopped for number in range(ROUNDS)
        }
        settings: tuple[str, ...] = (f"synchronous_commit = {options.synchronous_commit}",)
    else:
        wanted = {fault: inject for fault, inject in of_all(long=not options.short).items() if is_wanted(fault, only)}
        settings = ()
    findings: list[Finding] = []
    if wanted:
        with site_of_our_own(settings=settings) as site:
            findings += told(run(site, wanted))
    failed = len(wanted) - len(findings)
    if not options.synchronous_commit:
        findings += told(run_with_own_servers(only))
    lost, doubled = sum(one.lost for one in findings), sum(one.doubled for one in findings)
    print(f"{len(findings)} faults: {lost} rows lost, {doubled} doubled; {failed} did not show what they are to show")
    return int(lost > 0 or doubled > 0 or failed > 0)


def told(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Each as soon as it is there."""
    for finding in findings:
        print(finding, flush=True)
        yield finding


if __name__ == "__main__":
    sys.exit(main())
