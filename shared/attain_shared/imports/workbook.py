"""`python -m attain_shared.imports.workbook ROWS COLUMNS TEXT`: a spreadsheet on stdin, its first sheet on stdout.

Each row is a line of JSON, a list of texts: so many rows, columns, and characters of a cell at most (`sheets.Limits`).

A process of its own, because a small file can unfold to any size: not only by compression, but by one cell far away, or
by one long text that every cell refers to. The process dies of that, or of what it would print, and the API does not: it
reads the rows one by one. It imports nothing of ours.
"""

import json
import resource
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from itertools import islice
from typing import Any

from python_calamine import CalamineWorkbook

MAX_MEMORY = 384 << 20
"""Bytes of address space, of which the interpreter itself takes some; less than the container of the API has."""
MAX_OUTPUT = 64 << 20
"""Bytes of JSON."""
MAX_SECONDS = 20
"""Of processor time."""
SURE_DIGITS = 15
"""So many digits of a number does a spreadsheet keep, and no more."""
CUT = "…"
"""Ends a text, or stands for the cells of a row, of which there was more than is kept."""


def main() -> None:
    """Bound the process, read, print."""
    for what, limit in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_FSIZE, MAX_OUTPUT),
        (resource.RLIMIT_CPU, MAX_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    rows, columns, text = map(int, sys.argv[1:])
    for row in islice(_rows(sys.stdin.buffer.read(), columns), rows):
        cells = keep([cell_text(cell) for cell in row], columns=columns, text=text)
        sys.stdout.buffer.write(json.dumps(cells, ensure_ascii=False).encode() + b"\n")


def _rows(content: bytes, columns: int) -> Iterator[list[Any]]:
    """The rows from the top on, without what is empty at their end; of what is empty before, no more than counts."""
    with CalamineWorkbook.from_filelike(BytesIO(content)) as workbook:
        sheet = workbook.get_sheet_by_index(0)
        margin = [""] * min(sheet.start[1] if sheet.start else 0, columns)
        for row in sheet.iter_rows():
            while row and row[-1] == "":
                row.pop()
            yield margin + row if row else row


def keep(row: Sequence[str], *, columns: int, text: int) -> list[str]:
    """A row without blank cells at its end, cut so that what is left of more than was allowed is no value of anything."""
    width = len(row)
    while width and not row[width - 1].strip():
        width -= 1
    cells = [cell.strip() for cell in row[: min(width, columns)]]
    kept = [cell if len(cell) <= text else cell[:text] + CUT for cell in cells]
    return [*kept, CUT] if width > columns else kept


def cell_text(cell: Any) -> str:  # noqa: ANN401 - whatever a cell holds
    """A cell as one would type it: a number without the `.0` that spreadsheets keep, a day as ISO says it.

    A number that is longer than a spreadsheet can keep it is written with an exponent, as spreadsheets show it.
    """
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, float):
        shown = format(cell, f".{SURE_DIGITS}g")
        return shown if "e+" in shown else format(Decimal(shown), "f")
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


if __name__ == "__main__":
    main()
