"""What a single cell of an export says (ING-6): a figure, no figure (MET-8), a bucket, an item, a terminal."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from attain_shared.rules.periods import Grain, bucket_end, bucket_start

RATIO = "ratio"
"""The unit of what a percentage can be written for."""
MAX_DIGITS = 20
"""Digits of a value, before and after the point together (ING-1)."""
MAX_DATE_TEXT = 64
"""Characters of a date cell: a range from one midnight to another has 41."""
NO_VALUE = frozenset({"", "-", "--", "—", "——"})

# not NFKC, which would also make 12 of 1²
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x2212: "-"}
_NUMBER = re.compile(r"(-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?:\s*(%))?", re.ASCII)
_SCIENTIFIC = re.compile(r"-?\d+(?:\.\d+)?[eE][+-]?\d+", re.ASCII)
_MIDNIGHT = r"(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?"
_DAY = re.compile(rf"(\d{{4}})(?:([-/.])(\d{{1,2}})\2(\d{{1,2}})|年(\d{{1,2}})月(\d{{1,2}})日){_MIDNIGHT}", re.ASCII)
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_MONTH = re.compile(r"(\d{4})(?:[-/](\d{1,2})|年(\d{1,2})月|(\d{2}))", re.ASCII)
_ANY_DAY = rf"\d{{4}}(?:[-/.]\d{{1,2}}[-/.]\d{{1,2}}|年\d{{1,2}}月\d{{1,2}}日|\d{{4}}|\d){_MIDNIGHT}"
_RANGE = re.compile(rf"({_ANY_DAY})\s*(?:~|至|到|--|\s-\s)\s*({_ANY_DAY})")
_SERIAL = re.compile(r"[1-9]\d{4}", re.ASCII)
_SERIAL_ZERO = date(1899, 12, 30)
_ITEM = re.compile(r"\d{1,40}", re.ASCII)
_TERMINALS = {
    **dict.fromkeys(("所有终端", "全部终端", "全部", "合计", "汇总"), ""),
    **dict.fromkeys(("pc", "pc端", "电脑端"), "terminal:pc"),
    **dict.fromkeys(("无线", "无线端", "手机端", "移动端"), "terminal:wireless"),
}


class BadCell(ValueError):
    """A cell that cannot be understood."""

    def __init__(self, code: str, detail: str) -> None:
        """Say what is wrong: a stable code, and the end of a sentence that begins with the cell."""
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Bucket(NamedTuple):
    """Which days a row speaks for (MET-2)."""

    grain: Grain
    starts_on: date


def half_width(text: str) -> str:
    """The same with full-width digits, letters and signs made plain, and nothing around it."""
    return text.translate(_HALF_WIDTH).strip()


def read_value(text: str, *, unit: str) -> Decimal | None:
    """The figure in a cell, exactly as written; None where there is none, which is not zero (MET-8).

    Whether a percentage is meant is known by the unit and the sign, never guessed from the size: of a ratio `3.60%` is
    0.036, and a number without the sign is the ratio itself, because a cell that Excel shows as 3.60% holds 0.036.

    Raises:
        BadCell: anything else.
    """
    plain = half_width(text)
    if plain in NO_VALUE:
        return None
    if _SCIENTIFIC.fullmatch(plain):
        raise BadCell("lost-digits", "has lost digits: a spreadsheet keeps 15 of them")
    match = _NUMBER.fullmatch(plain)
    if match is None:
        raise BadCell("not-a-number", "is not a number")
    number, percent = match.groups()
    if percent and unit != RATIO:
        raise BadCell("unexpected-percent", "is a percentage, but the metric is no ratio")
    value = Decimal(number.replace(",", "") + ("e-2" if percent else ""))
    if _digits(value) > MAX_DIGITS:
        raise BadCell("value-too-long", f"has more than {MAX_DIGITS} digits")
    return value


def _digits(value: Decimal) -> int:
    _, digits, exponent = value.as_tuple()
    return max(len(digits), len(digits) + int(exponent), -int(exponent))


def read_bucket(text: str) -> Bucket:
    """The day, week, month or quarter that a date cell names.

    A range must be exactly one of them.

    Raises:
        BadCell: it names none.
    """
    plain = half_width(text)
    if len(plain) > MAX_DATE_TEXT:
        raise BadCell("not-a-date", "is not a date")
    if day := _read_day(plain):
        return Bucket(Grain.DAY, day)
    if match := _MONTH.fullmatch(plain):
        year, *months = match.groups()
        if first := _make_day(year, next(month for month in months if month), "1"):
            return Bucket(Grain.MONTH, first)
    if match := _RANGE.fullmatch(plain):
        starts_on, ends_on = _read_day(match[1]), _read_day(match[2])
        if starts_on and ends_on:
            return _bucket_of(starts_on, ends_on)
    raise BadCell("not-a-date", "is not a date")


def _bucket_of(starts_on: date, ends_on: date) -> Bucket:
    for grain in Grain:
        if bucket_start(starts_on, grain) == starts_on and bucket_end(starts_on, grain) == ends_on:
            return Bucket(grain, starts_on)
    raise BadCell("not-a-period", "is neither a day nor a whole week, month or quarter")


def _read_day(text: str) -> date | None:
    """A day as people and spreadsheets write it; five digits are a spreadsheet's count of days since 1900."""
    if match := _DAY.fullmatch(text):
        year, _, *parts = match.groups()
        month, day = (part for part in parts if part)
        return _make_day(year, month, day)
    if match := _COMPACT_DAY.fullmatch(text):
        return _make_day(*match.groups())
    return _SERIAL_ZERO + timedelta(days=int(text)) if _SERIAL.fullmatch(text) else None


def _make_day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_item(text: str) -> str:
    """The dimension of a product report's row, every digit of the item's id kept.

    Raises:
        BadCell: there is no id, or a spreadsheet has cut it short.
    """
    plain = half_width(text).lstrip("'")
    if plain in NO_VALUE:
        raise BadCell("item-missing", "is not the id of an item")
    if _SCIENTIFIC.fullmatch(plain):
        raise BadCell("lost-digits", "has lost digits: a spreadsheet keeps 15 of them")
    if not _ITEM.fullmatch(plain):
        raise BadCell("not-an-item", "is not the id of an item")
    return f"item:{plain}"


def read_terminal(text: str) -> str:
    """The dimension of a row that speaks of one kind of device; empty for all of them.

    Raises:
        BadCell: it names none that is known.
    """
    dimension = _TERMINALS.get(half_width(text).lower())
    if dimension is None:
        raise BadCell("not-a-terminal", "is not a kind of device")
    return dimension
