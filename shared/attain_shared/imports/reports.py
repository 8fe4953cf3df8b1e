"""From the bytes of a seller's export to observations, and to what could not be understood (ING-6, MET-8).

Pure but for the process that unfolds a spreadsheet: no session, no clock, no settings. Slow, so for a thread.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from typing import NamedTuple, TypeVar

from attain_shared.errors import Invalid
from attain_shared.imports.cells import (
    NO_VALUE,
    BadCell,
    Bucket,
    half_width,
    read_bucket,
    read_item,
    read_terminal,
    read_value,
)
from attain_shared.imports.headers import DATED, DatedAlias, Meaning, Meanings, ReportKind
from attain_shared.imports.sheets import HEADER_WITHIN, Limits, Line, read_lines
from attain_shared.metrics.catalogue import CatalogueEntry
from attain_shared.rules.declarations import printed
from attain_shared.rules.periods import Grain, Window

T = TypeVar("T")
MAX_COLUMNS = 400
LIMITS = Limits(rows=50_000, columns=MAX_COLUMNS, text=200, unpacked=256 << 20)
MAX_FIGURES = 200_000
"""Observations of one file."""
ANCHORS = ("统计日期", "日期")
"""What heads the column of dates, and so tells the header from the lines before it."""
ITEM_HEADERS = frozenset({"商品id", "宝贝id"})
TERMINAL_HEADERS = frozenset({"终端", "所属终端", "终端类型"})
SHOP_HEADERS = frozenset({"店铺名称"})
MAX_FAULTS = 200
"""Told of a file; the others are counted."""
LONGEST_TEXT = 100
"""Characters of a cell that are told."""


class ImportedRow(NamedTuple):
    """A figure of a file (MET-2)."""

    metric: str
    dimension: str
    grain: Grain
    bucket: date
    value: Decimal


class MatchedColumn(NamedTuple):
    """A column that was taken in; the letter is the spreadsheet's."""

    column: str
    header: str
    metrics: list[str]
    """One, unless the header has changed its meaning."""


class UnknownColumn(NamedTuple):
    """A column that means nothing to the catalogue."""

    column: str
    header: str


class RepeatedColumn(NamedTuple):
    """A column left out because another one means the same metric."""

    column: str
    header: str
    kept: str


class FaultyCell(NamedTuple):
    """A cell that could not be understood, and why."""

    row: int
    column: str
    header: str
    text: str
    code: str
    detail: str
    """The end of a sentence that begins with the cell's text."""


@dataclass(slots=True)
class Report:
    """A file, read."""

    kind: ReportKind
    matched: list[MatchedColumn] = field(default_factory=list)
    unknown: list[UnknownColumn] = field(default_factory=list)
    repeated: list[RepeatedColumn] = field(default_factory=list)
    rows: int = 0
    """Rows below the header that are not empty."""
    blanks: int = 0
    """Cells that say that there is no value (MET-8)."""
    figures: list[ImportedRow] = field(default_factory=list)
    faulty: list[FaultyCell] = field(default_factory=list)
    """The first of them."""
    fault_count: int = 0
    """All of them."""


class _Column(NamedTuple):
    place: int
    meaning: Meaning


def read_report(
    content: bytes,
    *,
    catalogue: Mapping[str, CatalogueEntry],
    kind: ReportKind | None,
    days: Window,
    dated: Sequence[DatedAlias] = DATED,
) -> Report:
    """Read a shop or a product report; which of them, says its column of item ids unless the caller says it too.

    `days` are those that figures may be of. A row whose date, item or terminal cannot be read is left out whole, and so
    is one that says again what a row above it has said, or has more cells than the header: who knows which cell is which.

    Raises:
        Invalid: the file as a whole is of no use.
    """
    header, lines = _find_header(read_lines(content, limits=LIMITS, anchors=ANCHORS))
    names = [printed(cell) for cell in header.cells]
    found = ReportKind.PRODUCT if ITEM_HEADERS & set(names) else ReportKind.SHOP
    if kind not in {None, found}:
        raise Invalid.field("/kind", "other-report", f"This is a {found} report, as its columns say.")
    report = Report(found)
    reader = _RowReader(report, header, catalogue, days)
    reader.choose_columns(Meanings(catalogue, kind=found, dated=dated))
    if not report.matched:
        raise Invalid.field("/file", "no-metrics", "No column of the file names a metric.")
    for line in lines:
        reader.read(line)
    return report


def column_letter(index: int) -> str:
    """The name that spreadsheets give to a column; the first one, A, has index 0."""
    letters = ""
    index += 1
    while index:
        index, letter = divmod(index - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def _find_header(lines: Iterator[Line]) -> tuple[Line, Iterator[Line]]:
    """The widest of the first lines that have an anchor, a preamble may name the dates too; and the lines below it."""
    first = list(islice(lines, HEADER_WITHIN))
    anchored = [place for place, line in enumerate(first) if any(printed(cell) in ANCHORS for cell in line.cells)]
    if not anchored:
        raise Invalid.field("/file", "no-header", f"No line of the first {HEADER_WITHIN} has a cell 统计日期 or 日期.")
    place = max(anchored, key=lambda place: len(first[place].cells))
    if len(first[place].cells) > MAX_COLUMNS:
        raise Invalid.field("/file", "too-many-columns", f"A report has at most {MAX_COLUMNS} columns.")
    return first[place], chain(first[place + 1 :], lines)


class _RowReader:
    """Reads the rows below a header into a report."""

    def __init__(self, report: Report, header: Line, catalogue: Mapping[str, CatalogueEntry], days: Window) -> None:
        names = [printed(cell) for cell in header.cells]
        self._report, self._header, self._catalogue, self._days = report, header.cells, catalogue, days
        self._date = next(names.index(anchor) for anchor in ANCHORS if anchor in names)
        self._item = next((place for place, name in enumerate(names) if name in ITEM_HEADERS), None)
        self._terminal = next((place for place, name in enumerate(names) if name in TERMINAL_HEADERS), None)
        self._shop = next((place for place, name in enumerate(names) if name in SHOP_HEADERS), None)
        self._shop_name = ""
        self._columns: list[_Column] = []
        self._first: dict[tuple[str, Bucket], int] = {}

    def choose_columns(self, meanings: Meanings) -> None:
        """Which columns hold figures, and of what; of two that mean the same, a label's, then the one to the left."""
        report, taken, known = self._report, dict[str, int](), list[_Column]()
        for place, cell in enumerate(self._header):
            if not cell or place in {self._date, self._item, self._terminal}:
                continue
            if meaning := meanings.of(cell):
                known.append(_Column(place, meaning))
            else:
                report.unknown.append(UnknownColumn(column_letter(place), _shown(cell)))
        for column in sorted(known, key=lambda column: not column.meaning.is_label):
            if taken.keys().isdisjoint(column.meaning.metrics()):
                taken |= dict.fromkeys(column.meaning.metrics(), column.place)
        for column in known:
            letter, shown = column_letter(column.place), _shown(self._header[column.place])
            metrics = sorted(column.meaning.metrics())
            kept = next(taken[metric] for metric in metrics if metric in taken)
            if kept == column.place:
                report.matched.append(MatchedColumn(letter, shown, metrics))
                self._columns.append(column)
            else:
                report.repeated.append(RepeatedColumn(letter, shown, column_letter(kept)))

    def read(self, line: Line) -> None:
        """Take in what a row says."""
        self._report.rows += 1
        key = self._key(line)
        if key is None:
            return
        dimension, bucket = key
        for column in self._columns:
            metric = column.meaning.on(bucket.starts_on)
            try:
                value = self._value(metric, _cell(line, column.place))
            except BadCell as fault:
                self._blame(line, column.place, fault)
                continue
            if value is None or metric is None:
                self._report.blanks += 1
            else:
                self._add(ImportedRow(metric, dimension, *bucket, value))

    def _value(self, metric: str | None, text: str) -> Decimal | None:
        if metric is not None:
            return read_value(text, unit=self._catalogue[metric].metric.unit)
        if half_width(text) in NO_VALUE:
            return None
        raise BadCell("meaningless-then", "stands under a header that means no metric on that day")

    def _add(self, figure: ImportedRow) -> None:
        if len(self._report.figures) == MAX_FIGURES:
            raise Invalid.field("/file", "too-many-figures", f"A file has at most {MAX_FIGURES} figures; split it.")
        self._report.figures.append(figure)

    def _key(self, line: Line) -> tuple[str, Bucket] | None:
        """What a row speaks of, and when; None where that cannot be known."""
        if len(line.cells) > len(self._header):
            self._blame(line, len(self._header), BadCell("shifted-row", "has no header above it"))
            return None
        bucket = self._part(line, self._date, self._read_bucket)
        item = "" if self._item is None else self._part(line, self._item, read_item)
        terminal = "" if self._terminal is None else self._part(line, self._terminal, read_terminal)
        if bucket is None or item is None or terminal is None:
            return None
        if item and terminal and self._terminal is not None:
            self._blame(line, self._terminal, BadCell("two-dimensions", "is a part of an item, which is not kept"))
            return None
        self._check_shop(line)
        key = (item or terminal, bucket)
        first = self._first.setdefault(key, line.number)
        if first != line.number:
            self._blame(line, self._date, BadCell("repeated-row", f"has been spoken of in row {first}"))
            return None
        return key

    def _check_shop(self, line: Line) -> None:
        name = "" if self._shop is None else printed(_cell(line, self._shop))
        if name in NO_VALUE:
            return
        if self._shop_name and name != self._shop_name:
            detail = f"The file has figures of several shops, from row {line.number} on; import each shop by itself."
            raise Invalid.field("/file", "several-shops", detail)
        self._shop_name = name

    def _part(self, line: Line, index: int, read: Callable[[str], T]) -> T | None:
        try:
            return read(_cell(line, index))
        except BadCell as fault:
            self._blame(line, index, fault)
            return None

    def _read_bucket(self, text: str) -> Bucket:
        bucket = read_bucket(text)
        if bucket.starts_on not in self._days:
            raise BadCell("outside-days", f"is not from {self._days.starts_on} to {self._days.ends_on}")
        return bucket

    def _blame(self, line: Line, index: int, fault: BadCell) -> None:
        self._report.fault_count += 1
        if len(self._report.faulty) == MAX_FAULTS:
            return
        header = self._header[index] if index < len(self._header) else ""
        cell = FaultyCell(
            line.number, column_letter(index), _shown(header), _shown(_cell(line, index)), fault.code, fault.detail
        )
        self._report.faulty.append(cell)


def _cell(line: Line, index: int) -> str:
    return line.cells[index] if index < len(line.cells) else ""


def _shown(text: str) -> str:
    """The beginning of a text, without what no database takes and no screen shows."""
    return "".join(letter if letter.isprintable() else " " for letter in text.strip()[:LONGEST_TEXT])
