"""Reading a table out of an uploaded file, whatever program has written it: CSV, XLSX, XLS."""

import csv
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO, StringIO
from typing import NamedTuple

from attain_api.people.spreadsheets import workbook
from attain_shared.errors import Invalid

MAX_BYTES = 8 << 20
"""Of a file."""
MAX_UNPACKED = 64 << 20
"""Of what a spreadsheet holds, unpacked."""
MAX_ROWS = 20_000
MAX_COLUMNS = 60
MAX_EMPTY_ROWS = 100_000
PATIENCE_SECONDS = 30
_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Line(NamedTuple):
    """A row that is not empty."""

    number: int
    """In the file; the first is 1."""
    cells: Sequence[str]


class Table(NamedTuple):
    """The header and the rows below it."""

    header: Line
    lines: list[Line]


def read_table(content: bytes) -> Table:
    """The first sheet of a file; slow, so not for the event loop.

    Raises:
        Invalid: nothing that can be read, or too much of it.
    """
    if content.startswith((_ZIP, _COMPOUND)):
        rows: Iterable[Sequence[str]] = _spreadsheet(content)
    else:
        rows = _csv(content)
    lines = _lines(rows)
    header = next(lines, None)
    if header is None:
        raise Invalid.field("/file", "empty-file", "There is nothing in the file.")
    if len(header.cells) > MAX_COLUMNS:
        raise Invalid.field("/file", "too-many-columns", f"A file has at most {MAX_COLUMNS} columns.")
    found: list[Line] = []
    for line in lines:
        if len(found) == MAX_ROWS:
            raise _too_many_rows()
        found.append(line)
    return Table(header, found)


def _lines(rows: Iterable[Sequence[str]]) -> Iterator[Line]:
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS + MAX_EMPTY_ROWS:
            raise _too_many_rows()
        width = len(row)
        while width and not row[width - 1].strip():
            width -= 1
        if width:
            yield Line(number, row[:width])


def _too_many_rows() -> Invalid:
    return Invalid.field("/file", "too-many-lines", f"A file has at most {MAX_ROWS} rows.")


def _unreadable(why: str) -> Invalid:
    return Invalid.field("/file", "unreadable-file", f"The file cannot be read: {why}.")


def _csv(content: bytes) -> Iterator[list[str]]:
    text = _decode(content)
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
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


def _delimiter(text: str) -> str:
    """What stands most often in the header, where no text needs it."""
    header = next((line for line in text[:100_000].splitlines() if line.strip(",;\t ")), "")
    return max(",;\t", key=header.count)


def _spreadsheet(content: bytes) -> list[list[str]]:
    if content.startswith(_ZIP):
        _check_unpacked_size(content)
    wanted = str(MAX_ROWS + MAX_EMPTY_ROWS + 1)
    try:
        done = subprocess.run(  # noqa: S603 - as above; the file goes in by stdin
            [sys.executable, "-I", "-m", workbook.__name__, wanted],
            input=content,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=True,
            env={},
        )
    except subprocess.SubprocessError:
        raise _unreadable("it is no spreadsheet, or one that unfolds without end") from None
    rows: list[list[str]] = json.loads(done.stdout)
    return rows


def _check_unpacked_size(content: bytes) -> None:
    """What the archive says of itself; one that lies is left to the limits of the process that unpacks it."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise _unreadable("the archive is damaged") from None
    if size > MAX_UNPACKED:
        raise Invalid.field("/file", "too-large-unpacked", f"Unpacked it is larger than {MAX_UNPACKED} bytes.")
