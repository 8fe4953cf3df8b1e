"""What a cell says (ING-6, MET-8)."""

import time
from datetime import date
from decimal import Decimal

import pytest

from attain_shared.imports.cells import BadCell, Bucket, read_bucket, read_item, read_terminal, read_value
from attain_shared.rules.periods import Grain


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1234.56", "CNY", "1234.56"),
        ("1,234.56", "CNY", "1234.56"),
        ("12,345,678", "people", "12345678"),
        ("１，２３４．５６", "CNY", "1234.56"),
        ("－１２．５", "CNY", "-12.5"),
        ("−12.5", "CNY", "-12.5"),
        ("-1,234", "CNY", "-1234"),
        (" 0 ", "people", "0"),
        ("0.10", "CNY", "0.10"),
        ("12345678901234567890", "count", "12345678901234567890"),
        ("3.60%", "ratio", "0.0360"),
        ("３．６０％", "ratio", "0.0360"),
        ("1,250%", "ratio", "12.50"),
        ("3.6 %", "ratio", "0.036"),
        ("-5%", "ratio", "-0.05"),
        ("0.036", "ratio", "0.036"),
        ("3.6", "ratio", "3.6"),
    ],
)
def test_a_figure_is_kept_exactly_as_written(text: str, unit: str, value: str) -> None:
    """A percentage is known by its unit and its sign, never guessed from its size."""
    read = read_value(text, unit=unit)
    assert str(read) == value


@pytest.mark.parametrize("text", ["", "  ", "-", "--", "－", "—", "——", " - ", "\u3000"])
def test_no_value_is_not_zero(text: str) -> None:
    """MET-8."""
    assert read_value(text, unit="CNY") is None


@pytest.mark.parametrize(
    ("text", "unit", "code"),
    [
        ("abc", "CNY", "not-a-number"),
        ("1,23", "CNY", "not-a-number"),
        ("1 234", "CNY", "not-a-number"),
        ("1²", "CNY", "not-a-number"),
        ("①", "CNY", "not-a-number"),
        ("٣", "CNY", "not-a-number"),
        ("1.2.3", "CNY", "not-a-number"),
        ("=1+1", "CNY", "not-a-number"),
        ("+5", "CNY", "not-a-number"),
        ("NaN", "CNY", "not-a-number"),
        ("True", "CNY", "not-a-number"),
        ("2026-07-01", "CNY", "not-a-number"),
        ("3.60%", "CNY", "unexpected-percent"),
        ("3.60%", "people", "unexpected-percent"),
        ("1.23457E+12", "CNY", "lost-digits"),
        ("123456789012345678901", "CNY", "value-too-long"),
        ("12345678901234567890.5%", "ratio", "value-too-long"),
    ],
)
def test_anything_else_is_a_bad_cell(text: str, unit: str, code: str) -> None:
    with pytest.raises(BadCell) as refused:
        read_value(text, unit=unit)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "grain", "starts_on"),
    [
        ("2026-07-01", Grain.DAY, date(2026, 7, 1)),
        ("2026-07-01 00:00:00", Grain.DAY, date(2026, 7, 1)),
        ("2026/7/1", Grain.DAY, date(2026, 7, 1)),
        ("2026.07.01", Grain.DAY, date(2026, 7, 1)),
        ("２０２６－０７－０１", Grain.DAY, date(2026, 7, 1)),
        ("20260701", Grain.DAY, date(2026, 7, 1)),
        ("2026年7月1日", Grain.DAY, date(2026, 7, 1)),
        ("46204", Grain.DAY, date(2026, 7, 1)),
        ("2026-07", Grain.MONTH, date(2026, 7, 1)),
        ("2026/7", Grain.MONTH, date(2026, 7, 1)),
        ("202607", Grain.MONTH, date(2026, 7, 1)),
        ("2026年7月", Grain.MONTH, date(2026, 7, 1)),
        ("2026-07-01 ~ 2026-07-01", Grain.DAY, date(2026, 7, 1)),
        ("2026-07-06 ~ 2026-07-12", Grain.WEEK, date(2026, 7, 6)),
        ("2026-07-06～2026-07-12", Grain.WEEK, date(2026, 7, 6)),
        ("2026-07-06 00:00:00 ~ 2026-07-12 00:00:00", Grain.WEEK, date(2026, 7, 6)),
        ("46209~46215", Grain.WEEK, date(2026, 7, 6)),
        ("2026-07-06至2026-07-12", Grain.WEEK, date(2026, 7, 6)),
        ("2026-07-06 - 2026-07-12", Grain.WEEK, date(2026, 7, 6)),
        ("2026-07-06--2026-07-12", Grain.WEEK, date(2026, 7, 6)),
        ("20260701~20260731", Grain.MONTH, date(2026, 7, 1)),
        ("2026-07-01 ~ 2026-07-31", Grain.MONTH, date(2026, 7, 1)),
        ("2026-07-01 ~ 2026-09-30", Grain.QUARTER, date(2026, 7, 1)),
    ],
)
def test_a_date_cell_names_a_bucket(text: str, grain: Grain, starts_on: date) -> None:
    """MET-2."""
    assert read_bucket(text) == Bucket(grain, starts_on)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not-a-date"),
        ("-", "not-a-date"),
        ("合计", "not-a-date"),
        ("2026-02-30", "not-a-date"),
        ("2026-13", "not-a-date"),
        ("2026-07/01", "not-a-date"),
        ("2026.7", "not-a-date"),
        ("2026", "not-a-date"),
        ("46204.5", "not-a-date"),
        ("2026-07-01 13:00:00", "not-a-date"),
        ("2026-07-01 ~ ", "not-a-date"),
        ("2026-07-01 ~ 2026-07-07", "not-a-period"),
        ("2026-07-12 ~ 2026-07-06", "not-a-period"),
        ("2026-07-01 ~ 2026-07-30", "not-a-period"),
    ],
)
def test_what_is_no_bucket_is_a_bad_cell(text: str, code: str) -> None:
    """July 1 to 7, 2026 is no week: it begins on a Wednesday."""
    with pytest.raises(BadCell) as refused:
        read_bucket(text)
    assert refused.value.code == code


@pytest.mark.parametrize("text", ["a" + " " * 20_000 + "b", "2026-07-06" + " " * 20_000 + "x", "~" * 20_000])
def test_a_long_text_is_soon_known_to_be_no_date(text: str) -> None:
    """Such a cell once held everybody up for 20 seconds."""
    started = time.process_time()
    with pytest.raises(BadCell):
        read_bucket(text)
    assert time.process_time() - started < 0.1


def test_every_digit_of_an_items_id_is_kept() -> None:
    assert read_item("661234567890123456") == "item:661234567890123456"
    assert read_item(" ６６１ ") == read_item("'661") == "item:661"
    for text, code in (
        ("6.61234567890123E+17", "lost-digits"),
        ("-", "item-missing"),
        ("", "item-missing"),
        ("A1", "not-an-item"),
        ("661.5", "not-an-item"),
    ):
        with pytest.raises(BadCell) as refused:
            read_item(text)
        assert refused.value.code == code, text


def test_a_terminal_is_a_dimension_of_its_own() -> None:
    """MET-2: nothing adds them up, and the figures of one are not those of the shop."""
    assert [read_terminal(text) for text in ("所有终端", "PC端", "ＰＣ", "无线端")] == [
        "",
        "terminal:pc",
        "terminal:pc",
        "terminal:wireless",
    ]
    with pytest.raises(BadCell):
        read_terminal("冰箱")


def test_decimals_are_not_rounded() -> None:
    assert read_value("12345678901234567.89%", unit="ratio") == Decimal("123456789012345.6789")
