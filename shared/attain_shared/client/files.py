"""Observations out of files: one JSON object a line, or CSV with the fields' names in the first line."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from attain_shared.client.batching import Observation
from attain_shared.client.errors import PushFailed

Format = Literal["jsonl", "csv"]
FIELDS = frozenset(field.name for field in fields(Observation))


class FileFault(PushFailed):
    """A line that cannot be read."""


def format_of(path: Path) -> Format:
    """By the name: `.csv`, or JSON lines."""
    return "csv" if path.suffix.lower() == ".csv" else "jsonl"


def read_rows(lines: Iterable[str], form: Format) -> Iterator[dict[str, Any]]:
    """The rows of a file, one after the other; numbers keep their digits.

    Raises:
        FileFault: with the line.
    """
    return _read_csv(lines) if form == "csv" else _read_json_lines(lines)


def _read_json_lines(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise FileFault(f"line {number}: {error}") from error
        if not isinstance(row, dict):
            raise FileFault(f"line {number}: not a JSON object")
        yield row


def _no_number(token: str) -> object:
    raise ValueError(f"{token} is no value; leave the row out")


def _read_csv(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """An empty cell is left to the defaults."""
    reader = csv.DictReader(lines, strict=True)
    try:
        names = reader.fieldnames or []
        if unknown := [name for name in names if name not in FIELDS]:
            raise FileFault(
                f"line 1: no such field: {', '.join(map(repr, unknown))}; there are {', '.join(sorted(FIELDS))}"
            )
        for row in reader:
            if None in row or None in row.values():
                raise FileFault(f"line {reader.line_num}: {len(names)} cells are due")
            yield {name: cell for name, cell in row.items() if cell != ""}
    except csv.Error as error:
        raise FileFault(f"line {reader.line_num}: {error}") from error
