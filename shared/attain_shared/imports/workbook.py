"""`python -m attain_shared.imports.workbook`: a spreadsheet on stdin, its first sheet as JSON on stdout.

A process of its own, because a small file can unfold to any size: not only by compression, but by one cell far away, or
by one long text that every cell refers to. The process dies of that, and the API does not. It imports nothing of ours.
"""

import json
import resource
import sys
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook

MAX_MEMORY = 1 << 30
"""Bytes of address space, of which the interpreter itself takes a good part."""
MAX_SECONDS = 20
"""Of processor time."""
SURE_DIGITS = 15
"""So many digits of a number does a spreadsheet keep, and no more."""


def main() -> None:
    """Bound the process, read, print."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    rows_wanted = int(sys.argv[1])
    with CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read())) as workbook:
        rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=rows_wanted)
    json.dump([[cell_text(cell) for cell in row] for row in rows], sys.stdout)


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
