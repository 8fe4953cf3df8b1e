"""The command `attain`: push observations out of a file, or have a platform's report imported."""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import httpx

from attain_shared.client.batching import MAX_ROWS, Defaults
from attain_shared.client.connection import Connection, Credentials
from attain_shared.client.console import ProgressLine, describe_import, describe_outcome, describe_refusal
from attain_shared.client.errors import PushFailed, Refused
from attain_shared.client.files import format_of, read_rows
from attain_shared.client.pushing import push
from attain_shared.client.retries import RetryPolicy
from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain

DONE, FAILED, NOT_ALL_TAKEN_IN, INTERRUPTED = 0, 1, 3, 130
"""Exit codes; 2 is a wrong command line."""
STDIN = "-"
_LANES = ("live", "backfill")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; its exit code."""
    options = _parser().parse_args(arguments)
    line = ProgressLine()
    try:
        credentials = Credentials.from_environment(
            url=options.url, api_key=options.credential, signing_secret=getattr(options, "signing_secret", None)
        )
        with Connection(
            credentials,
            retries=RetryPolicy(give_up_after=options.give_up_after),
            connections=getattr(options, "concurrency", 1),
            on_trouble=line.tell,
        ) as connection:
            return int(options.run(connection, options, line))
    except Refused as error:
        return _fail(line, describe_refusal(error))
    except (PushFailed, OSError, ValueError, httpx.HTTPError, httpx.InvalidURL) as error:
        return _fail(line, [str(error)])
    except KeyboardInterrupt:
        _fail(line, ["interrupted; what was acknowledged is in the checkpoint, if there is one"])
        return INTERRUPTED


def _push(connection: Connection, options: argparse.Namespace, line: ProgressLine) -> int:
    defaults = Defaults(**{field.name: getattr(options, field.name) for field in fields(Defaults)})
    with _opened(options.file) as lines:
        outcome = push(
            connection,
            read_rows(lines, options.format or format_of(Path(options.file))),
            defaults,
            checkpoint=options.checkpoint,
            run_id=options.run_id,
            concurrency=options.concurrency,
            max_rows=options.batch_rows,
            wait_seconds=options.wait,
            on_progress=line.show,
        )
    line.clear()
    for text in describe_outcome(outcome):
        sys.stdout.write(f"{text}\n")
    return DONE if outcome.is_clean else NOT_ALL_TAKEN_IN


def _import(connection: Connection, options: argparse.Namespace, _: ProgressLine) -> int:
    names = ("shop", "kind", "on_error", "lane", "observed_at", "finality")
    given = {name: getattr(options, name) for name in names}
    sent = {name: value for name, value in given.items() if value is not None}
    if options.dry_run:
        sent["dry_run"] = "true"
    # whose clock is nearest to the platform's: the file was written when it was downloaded
    written_at = datetime.fromtimestamp(options.file.stat().st_mtime, UTC)
    sent.setdefault("observed_at", written_at.isoformat())
    name, content = options.file.name, options.file.read_bytes()
    told = json.dumps([name, hashlib.sha256(content).hexdigest(), sent], sort_keys=True)
    answer = connection.post_file(name, content, sent, key=hashlib.sha256(told.encode()).hexdigest())
    for text in describe_import(answer):
        sys.stdout.write(f"{text}\n")
    return NOT_ALL_TAKEN_IN if answer.report.bad_cell_count else DONE


def _fail(line: ProgressLine, texts: Sequence[str] | Iterator[str]) -> int:
    line.clear()
    for text in texts:
        sys.stderr.write(f"attain: {text}\n")
    return FAILED


@contextmanager
def _opened(name: str) -> Iterator[TextIO]:
    if name == STDIN:
        sys.stdin.reconfigure(encoding="utf-8-sig", newline="")  # type: ignore[union-attr]
        yield sys.stdin
    else:
        with Path(name).open(encoding="utf-8-sig", newline="") as file:
            yield file


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="attain",
        description="Push metrics to Attain. ATTAIN_URL, ATTAIN_API_KEY and ATTAIN_SIGNING_SECRET are read.",
    )
    commands = parser.add_subparsers(required=True, metavar="push | import")
    _add_push(commands.add_parser("push", help="push observations out of a file"))
    _add_import(
        commands.add_parser(
            "import", help="have a platform's report imported; ATTAIN_TOKEN is an administrator's access token"
        )
    )
    return parser


def _add_push(parser: argparse.ArgumentParser) -> None:
    _add_server(parser)
    parser.add_argument(
        "--api-key", dest="credential", metavar="KEY", help="better given as ATTAIN_API_KEY: others see command lines"
    )
    parser.add_argument(
        "file", help="JSON lines, or CSV with the fields' names in its first line; - for standard input"
    )
    parser.add_argument("--format", choices=("jsonl", "csv"), help="unless the file's name tells")
    parser.add_argument("--signing-secret", metavar="SECRET", help="better given as ATTAIN_SIGNING_SECRET")
    beside = parser.add_argument_group("for rows that do not say themselves")
    beside.add_argument("--shop", metavar="PLATFORM:ID")
    beside.add_argument("--metric")
    beside.add_argument("--grain", choices=[grain.value for grain in Grain])
    beside.add_argument("--bucket", metavar="DAY")
    beside.add_argument("--dimension")
    beside.add_argument("--through", metavar="DAY")
    _add_clock(beside)
    run = parser.add_argument_group("the run")
    run.add_argument("--source", help="what the connector calls itself")
    run.add_argument("--lane", choices=_LANES)
    run.add_argument("--checkpoint", type=Path, metavar="FILE", help="go on from here after an interruption")
    run.add_argument("--run-id", metavar="ID", help="the first part of every Idempotency-Key")
    run.add_argument("--concurrency", type=_positive, default=1, metavar="N", help="batches under way at a time")
    run.add_argument("--batch-rows", type=_positive, default=MAX_ROWS, metavar="N")
    run.add_argument(
        "--wait", type=float, nargs="?", const=600.0, metavar="SECONDS", help="for the verdicts (600 where not said)"
    )
    parser.set_defaults(run=_push)


def _add_import(parser: argparse.ArgumentParser) -> None:
    _add_server(parser)
    parser.set_defaults(credential=os.environ.get("ATTAIN_TOKEN"))
    parser.add_argument("file", type=Path, help=".xls, .xlsx or .csv, as the platform gives it")
    parser.add_argument("--shop", required=True, metavar="PLATFORM:ID")
    parser.add_argument("--kind", choices=("shop", "product"), help="unless the report tells")
    parser.add_argument("--on-error", choices=("refuse", "skip"), help="what to do about bad cells (refuse)")
    parser.add_argument("--dry-run", action="store_true", help="only report")
    parser.add_argument("--lane", choices=_LANES)
    _add_clock(parser, otherwise="the time at which the file was written")
    parser.set_defaults(run=_import)


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", help="instead of ATTAIN_URL")
    parser.add_argument("--give-up-after", type=float, default=900.0, metavar="SECONDS", help="without an answer (900)")


def _add_clock(parser: argparse._ActionsContainer, *, otherwise: str = "") -> None:
    default = f" ({otherwise})" if otherwise else ""
    parser.add_argument("--observed-at", metavar="INSTANT", help=f"the source's own clock, with its offset{default}")
    parser.add_argument("--finality", choices=[finality.value for finality in Finality])


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
