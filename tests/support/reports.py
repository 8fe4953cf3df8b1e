"""Reports as sellers download them, written by what writes such files."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date

import xlsxwriter
import xlwt

Cell = str | float | date | None
Rows = Sequence[Sequence[Cell]]
TITLES = ("店铺：某某旗舰店", "统计时间：2026-07-01 至 2026-07-31", "", "日期", "终端：所有终端", "数据来源：生意参谋")


def preamble(rows: int) -> list[list[Cell]]:
    """What stands above the header; one of its cells could be taken for one."""
    return [[title] for title in TITLES[:rows]]


def as_xlsx(rows: Rows) -> bytes:
    """A workbook of today's Excel."""
    stored = io.BytesIO()
    with xlsxwriter.Workbook(stored, {"strings_to_formulas": False, "strings_to_numbers": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                elif cell is not None:
                    sheet.write_number(number, column, cell)
    return stored.getvalue()


def as_xls(rows: Rows) -> bytes:
    """A workbook of Excel 97."""
    book = xlwt.Workbook(encoding="utf-8")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    sheet = book.add_sheet("报表")
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write(number, column, cell, day)
            elif cell is not None:
                sheet.write(number, column, cell)
    stored = io.BytesIO()
    book.save(stored)
    return stored.getvalue()


def as_csv(rows: Rows, *, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """Text, in the encoding given."""
    stored = io.StringIO()
    csv.writer(stored, delimiter=delimiter).writerows(rows)
    return stored.getvalue().encode(encoding)


WRITERS: dict[str, Callable[[Rows], bytes]] = {
    "xlsx": as_xlsx,
    "xls": as_xls,
    "csv": as_csv,
    "csv with a BOM": lambda rows: as_csv(rows, encoding="utf-8-sig"),
    "csv in GB 18030": lambda rows: as_csv(rows, encoding="gb18030"),
    "text with tabs": lambda rows: as_csv(rows, encoding="utf-16", delimiter="\t"),
}
"""Every form that a report comes in."""
