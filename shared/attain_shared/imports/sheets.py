"""Reading the lines out of a file, whatever program has written it: CSV, XLSX, XLS."""

import csv
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO, StringIO
from typing import NamedTuple

from attain_shared.errors import Invalid
from attain_shared.imports import workbook

MAX_EMPTY_ROWS = 100_000
PATIENCE_SECONDS = 30
HEADER_WITHIN = 30
"""Lines of a CSV among which its header is looked for, to know what separates the cells."""
_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Line(NamedTuple):
    """A row that is not empty."""

    number: int
    """In the file; the first is 1."""
    cells: Sequence[str]


class Limits(NamedTuple):
    """How much is read of a file."""

    rows: int
    """That are not empty."""
    unpacked: int
    """Bytes of what a spreadsheet holds, unpacked."""


def read_lines(content: bytes, *, limits: Limits, anchors: Sequence[str] = ()) -> list[Line]:
    """The rows of a file's first sheet that are not empty; slow, so not for the event loop.

    The header of a CSV is the first line with something in it, or one that has an anchor.

    Raises:
        Invalid: nothing that can be read, or too much of it.
    """
    if content.startswith((_ZIP, _COMPOUND)):
        rows: Iterable[Sequence[str]] = _spreadsheet(content, limits)
    else:
        rows = _csv(content, anchors)
    lines: list[Line] = []
    for line in _filled(rows, limits):
        if len(lines) == limits.rows:
            raise _too_many_rows(limits)
        lines.append(line)
    if not lines:
        raise Invalid.field("/file", "empty-file", "There is nothing in the file.")
    return lines


def _filled(rows: Iterable[Sequence[str]], limits: Limits) -> Iterator[Line]:
    for number, row in enumerate(rows, start=1):
        if number > limits.rows + MAX_EMPTY_ROWS:
            raise _too_many_rows(limits)
        width = len(row)
        while width and not row[width - 1].strip():
            width -= 1
        if width:
            yield Line(number, row[:width])


def _too_many_rows(limits: Limits) -> Invalid:
    return Invalid.field("/file", "too-many-lines", f"A file has at most {limits.rows} rows.")


def _unreadable(why: str) -> Invalid:
    return Invalid.field("/file", "unreadable-file", f"The file cannot be read: {why}.")


def _csv(content: bytes, anchors: Sequence[str]) -> Iterator[list[str]]:
    text = _decode(content)
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text, anchors), strict=True)
    try:
        yield from reader
    except csv.Error:
        raise _unreadable(f"it is no CSV around line {reader.line_num}") from None


def _decode(content: bytes) -> str:
    """Excel in China writes GB 18030, everything else UTF-8; "Unicode text" is UTF-16."""
    encodings = ("utf-16",) if content.startswith(_UTF_16) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable("it is neither UTF-8 nor GB 18030")


def _delimiter(text: str, anchors: Sequence[str]) -> str:
    """What stands most often in the header, where no text needs it."""
    lines = [line for line in text[:100_000].splitlines() if line.strip(",;\t ")][:HEADER_WITHIN]
    headers = [line for line in lines if any(anchor in line for anchor in anchors)] or lines[:1]
    return max(",;\t", key=lambda delimiter: max((line.count(delimiter) for line in headers), default=0))


def _spreadsheet(content: bytes, limits: Limits) -> list[list[str]]:
    if content.startswith(_ZIP):
        _check_unpacked_size(content, limits)
    wanted = str(limits.rows + MAX_EMPTY_ROWS + 1)
    try:
        done = subprocess.run(  # noqa: S603 - a module of ours; the file goes in by stdin
            [sys.executable, "-I", "-m", workbook.__name__, wanted],
            input=content,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=True,
            env={},
        )
    except subprocess.SubprocessError:
        raise _unreadable("it is no spreadsheet, or has a password, or unfolds without end") from None
    rows: list[list[str]] = json.loads(done.stdout)
    return rows


def _check_unpacked_size(content: bytes, limits: Limits) -> None:
    """What the archive says of itself; one that lies is left to the limits of the process that unpacks it."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise _unreadable("the archive is damaged") from None
    if size > limits.unpacked:
        raise Invalid.field("/file", "too-large-unpacked", f"Unpacked it is larger than {limits.unpacked} bytes.")
