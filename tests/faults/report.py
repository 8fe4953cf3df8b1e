"""Every fault of ingestion, one after the other, and a table: `python -m tests.faults.report`.

With `--synchronous-commit off` PostgreSQL does not wait for the disk and is stopped at once, again and again: rows that
were acknowledged are lost then, which proves that the same run with `on` shows something. `--only F6` runs some.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import structlog

from tests.faults import disk, failover
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


def run(site: Site, faults: Mapping[str, Injection]) -> list[Finding]:
    """Run each, and print what it came to."""
    findings: list[Finding] = []
    for fault, inject in faults.items():
        with trial(site.stack, fault, findings) as running:
            inject(site, running)
        print(findings[-1], flush=True)
    return findings


def main() -> int:
    """The exit code says whether a row was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--synchronous-commit", choices=["on", "off"], help="only the crashes of PostgreSQL")
    parser.add_argument("--only", nargs="+", default=["F"], metavar="F…", help="the faults whose names begin so")
    parser.add_argument("--short", action="store_true", help="for seconds instead of minutes")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    only = tuple(options.only)
    print(HEADER)
    if options.synchronous_commit:
        crashes = {f"F5 stopped immediately, round {number + 1}": postgres_stopped for number in range(ROUNDS)}
        with site_of_our_own(settings=(f"synchronous_commit = {options.synchronous_commit}",)) as site:
            findings = run(site, crashes)
    else:
        wanted = {
            fault: inject for fault, inject in of_ingestion(long=not options.short).items() if fault.startswith(only)
        }
        findings = []
        if wanted:
            with site_of_our_own() as site:
                findings = run(site, wanted)
        for fault, with_own_servers in (("F5 failover", failover.run), ("F10 disk full", disk.run)):
            if fault.startswith(only):
                findings += with_own_servers()
                print(findings[-1], flush=True)
    lost, doubled = sum(one.lost for one in findings), sum(one.doubled for one in findings)
    print(f"{len(findings)} faults: {lost} rows lost, {doubled} doubled")
    return int(lost > 0 or doubled > 0)


if __name__ == "__main__":
    sys.exit(main())
