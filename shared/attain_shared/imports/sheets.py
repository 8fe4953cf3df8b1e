"""Reading the lines out of a file, whatever program has written it: CSV, XLSX, XLS."""

import codecs
import csv
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO, TextIOWrapper
from typing import NamedTuple

from attain_shared.errors import Invalid
from attain_shared.imports import workbook

MAX_EMPTY_ROWS = 100_000
PATIENCE_SECONDS = 30
HEADER_WITHIN = 30
"""Lines of a CSV among which its header is looked for, to know what separates the cells."""
MAX_LINE = 200_000
"""Characters of a row of a CSV."""
_SAMPLE = 100_000
"""Characters that its header is looked for in."""
_CHUNK = 1 << 20
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
    columns: int
    """A row that has more is cut behind them, and one cell then stands for the others."""
    text: int
    """Characters of a cell; a longer one is cut, and ends with `…`."""
    unpacked: int
    """Bytes of what a spreadsheet holds, unpacked."""


def read_lines(content: bytes, *, limits: Limits, anchors: Sequence[str] = ()) -> Iterator[Line]:
    """The rows of a file's first sheet that are not empty, one by one; slow, so not for the event loop.

    The header of a CSV is the first line with something in it, or one that has an anchor.

    Raises:
        Invalid: nothing that can be read, or too much of it; wherever that is noticed.
    """
    is_spreadsheet = content.startswith((_ZIP, _COMPOUND))
    rows = _spreadsheet(content, limits) if is_spreadsheet else _csv(content, limits, anchors)
    filled = 0
    for number, cells in enumerate(rows, start=1):
        if number > limits.rows + MAX_EMPTY_ROWS:
            raise _too_many_rows(limits)
        if cells:
            filled += 1
            if filled > limits.rows:
                raise _too_many_rows(limits)
            yield Line(number, cells)
    if not filled:
        raise Invalid.field("/file", "empty-file", "There is nothing in the file.")


def _too_many_rows(limits: Limits) -> Invalid:
    return Invalid.field("/file", "too-many-lines", f"A file has at most {limits.rows} rows.")


def _unreadable(why: str) -> Invalid:
    return Invalid.field("/file", "unreadable-file", f"The file cannot be read: {why}.")


def _csv(content: bytes, limits: Limits, anchors: Sequence[str]) -> Iterator[list[str]]:
    encoding = _encoding(content)
    with _text(content, encoding) as text:
        delimiter = _delimiter(text.read(_SAMPLE), anchors)
    length = 0

    def lines() -> Iterator[str]:
        nonlocal length
        while line := text.readline(MAX_LINE + 1):
            length += len(line)
            if length > MAX_LINE:
                raise _unreadable(f"a row of it has more than {MAX_LINE} characters")
            yield line

    with _text(content, encoding) as text:
        reader = csv.reader(lines(), delimiter=delimiter, strict=True)
        try:
            for row in reader:
                length = 0
                yield workbook.keep(row, columns=limits.columns, text=limits.text)
        except csv.Error:
            raise _unreadable(f"it is no CSV around line {reader.line_num}") from None


def _text(content: bytes, encoding: str) -> TextIOWrapper:
    return TextIOWrapper(BytesIO(content), encoding=encoding, newline="")


def _encoding(content: bytes) -> str:
    """Excel in China writes GB 18030, everything else UTF-8; "Unicode text" is UTF-16."""
    encodings = ("utf-16",) if content.startswith(_UTF_16) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for start in range(0, len(content), _CHUNK):
                decoder.decode(content[start : start + _CHUNK])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise _unreadable("it is neither UTF-8 nor GB 18030")


def _delimiter(sample: str, anchors: Sequence[str]) -> str:
    """What stands most often in the header, where no text needs it."""
    lines = [line for line in sample.splitlines() if line.strip(",;\t ")][:HEADER_WITHIN]
    headers = [line for line in lines if any(anchor in line for anchor in anchors)] or lines[:1]
    return max(",;\t", key=lambda delimiter: max((line.count(delimiter) for line in headers), default=0))


def _spreadsheet(content: bytes, limits: Limits) -> Iterator[list[str]]:
    if content.startswith(_ZIP):
        _check_unpacked_size(content, limits)
    wanted = map(str, (limits.rows + MAX_EMPTY_ROWS + 1, limits.columns, limits.text))
    # a file and no pipe: the process bounds what it writes, and nobody has to hold it all
    with tempfile.TemporaryFile() as rows:
        try:
            subprocess.run(  # noqa: S603 - a module of ours; the file goes in by stdin
                [sys.executable, "-I", "-m", workbook.__name__, *wanted],
                input=content,
                stdout=rows,
                stderr=subprocess.DEVNULL,
                timeout=PATIENCE_SECONDS,
                check=True,
                env={},
            )
        except subprocess.SubprocessError:
            raise _unreadable("it is no spreadsheet, or has a password, or unfolds without end") from None
        rows.seek(0)
        yield from map(json.loads, rows)


def _check_unpacked_size(content: bytes, limits: Limits) -> None:
    """What the archive says of itself; one that lies is left to the limits of the process that unpacks it."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise _unreadable("the archive is damaged") from None
    if size > limits.unpacked:
        raise Invalid.field("/file", "too-large-unpacked", f"Unpacked it is larger than {limits.unpacked} bytes.")
