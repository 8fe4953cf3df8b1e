"""From a seller's export to observations (ING-6): the layouts that there are, and what is told of each."""

import io
import random
import string
import tracemalloc
import zipfile
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter

from attain_shared.errors import Invalid
from attain_shared.imports.headers import DatedAlias, ReportKind
from attain_shared.imports.reports import Report, column_letter, read_report
from attain_shared.metrics.catalogue import ENTRIES
from attain_shared.rules.periods import Grain, Window
from tests.support.reports import WRITERS, Cell, Rows, as_csv, as_xls, as_xlsx, preamble

DAYS = Window(date(2000, 1, 1), date(2026, 11, 24))
HEADER = ["统计日期", "支付金额", "访客数", "支付转化率"]


def read(content: bytes, kind: ReportKind | None = None, dated: Sequence[DatedAlias] = ()) -> Report:
    return read_report(content, catalogue=ENTRIES, kind=kind, days=DAYS, dated=dated)


def read_rows(*rows: Sequence[Cell]) -> Report:
    return read(as_csv(rows))


def values(report: Report) -> list[tuple[str, str, str]]:
    return [(row.bucket.isoformat(), row.metric, str(row.value)) for row in report.figures]


def faults(report: Report) -> list[tuple[int, str, str, str]]:
    return [(cell.row, cell.column, cell.text, cell.code) for cell in report.faulty]


def refusal(content: bytes, kind: ReportKind | None = None) -> tuple[str, str]:
    with pytest.raises(Invalid) as refused:
        read(content, kind)
    assert refused.value.errors is not None
    (error,) = refused.value.errors
    return error.pointer, error.code


def wide_report(rows: int = 31) -> list[Sequence[Cell]]:
    """The shop report: 105 columns, of which the catalogue knows as many as it has names."""
    names = list(dict.fromkeys(name for entry in ENTRIES.values() for name in (entry.zh, *entry.aliases)))
    known = [name for name in names if not name.endswith("(item)")]
    first_of = {name: entry.zh for entry in ENTRIES.values() for name in (entry.zh, *entry.aliases)}
    labels = [name for name in known if first_of[name] == name]
    header = ["统计日期", *labels, *(f"未知指标{number}" for number in range(104 - len(labels)))]
    days = ([f"2026-07-{day:02}", *(f"{day}{column:03}" for column in range(104))] for day in range(1, rows + 1))
    return [header, *days]


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("above", [3, 4, 5, 6])
def test_the_header_is_found_below_its_preamble(form: str, above: int) -> None:
    rows: Rows = [*preamble(above), HEADER, ["2026-07-01", "1,234.56", "1,210", "3.60%"], ["2026-07-02", "-", "", "--"]]
    report = read(WRITERS[form](rows))
    assert values(report) == [
        ("2026-07-01", "gmv", "1234.56"),
        ("2026-07-01", "uv", "1210"),
        ("2026-07-01", "conversion", "0.0360"),
    ]
    assert (report.rows, report.blanks, report.faulty, report.unknown) == (2, 3, [], [])


@pytest.mark.parametrize("above", [3, 6])
def test_a_shop_report_of_105_columns_reads_the_same_in_every_form(above: int) -> None:
    rows = [*preamble(above), *wide_report()]
    reports = [read(write(rows)) for write in WRITERS.values()]
    assert [report == reports[0] for report in reports] == [True] * len(WRITERS)
    (report, *_) = reports
    assert len(rows[above]) == 105
    assert {metric for column in report.matched for metric in column.metrics} == set(ENTRIES)
    assert len(report.matched) + len(report.unknown) == 104
    assert report.unknown[-1] == (column_letter(104), rows[above][104]) == ("DA", rows[above][104])
    assert len(report.figures) == 31 * len(report.matched)
    assert (report.faulty, report.repeated) == ([], [])


def test_every_alias_is_read_as_the_metric_it_stands_for() -> None:
    for code, entry in ENTRIES.items():
        for alias in entry.aliases:
            header, is_item = alias.removesuffix(" (item)"), alias.endswith("(item)")
            head, row = ["统计日期", header], ["2026-07-01", "1"]
            report = read_rows([*head, "商品ID"] if is_item else head, [*row, "661"] if is_item else row)
            assert [(found.metric, found.dimension) for found in report.figures] == [(code, "item:661" * is_item)]


def test_one_garbage_cell_is_named_and_all_others_are_read() -> None:
    """Must show 6: wherever the cell stands."""
    random.seed(5)
    rows = wide_report()
    whole = read(as_csv(rows))
    for _ in range(50):
        row, column = random.randrange(1, len(rows)), random.randrange(0, 1 + len(whole.matched))
        text = random.choice(("乱码", "#N/A", "１２a", "2026-07", "3..1", "=A1", "12,34"))
        spoilt = [list(line) for line in rows]
        spoilt[row][column] = text
        if column == 0:
            text = spoilt[row][0] = "某天"
        report = read(random.choice((as_csv, as_xlsx))(spoilt))
        assert [cell[:3] for cell in faults(report)] == [(row + 1, column_letter(column), text)]
        assert report.faulty[0].header == rows[0][column]
        lost = {(rows[row][0], metric) for metric in whole.matched[column - 1].metrics} if column else None
        expected = [one for one in values(whole) if (one[:2] not in lost if lost else one[0] != rows[row][0])]
        assert values(report) == expected


def test_numbers_and_dates_of_a_spreadsheet_are_what_it_shows() -> None:
    header: list[Cell] = ["统计日期", "支付金额", "访客数", "支付转化率", "投入产出比"]
    rows: Rows = [header, [date(2026, 7, 1), 0.1 + 0.2, 1210, 0.036, 3.5], [46205, 1e-7, 12345678.9, None, -1.5]]
    for report in (read(as_xlsx(rows)), read(as_xls(rows))):
        assert values(report) == [
            ("2026-07-01", "gmv", "0.3"),
            ("2026-07-01", "uv", "1210"),
            ("2026-07-01", "conversion", "0.036"),
            ("2026-07-01", "roi", "3.5"),
            ("2026-07-02", "gmv", "1E-7"),
            ("2026-07-02", "uv", "12345678.9"),
            ("2026-07-02", "roi", "-1.5"),
        ]


def test_a_percentage_is_known_by_the_unit() -> None:
    report = read_rows(HEADER, ["2026-07-01", "3.60%", "12%", "3.60%"], ["2026-07-02", "3.6", "12", "3.6"])
    assert faults(report) == [(2, "B", "3.60%", "unexpected-percent"), (2, "C", "12%", "unexpected-percent")]
    assert values(report)[0] == ("2026-07-01", "conversion", "0.0360")
    assert values(report)[-1] == ("2026-07-02", "conversion", "3.6")


def test_items_become_dimensions() -> None:
    header: list[Cell] = ["统计日期", "商品ID", "商品名称", "商品访客数", "支付金额", "商品支付转化率"]
    first: list[Cell] = ["2026-07-01", "661234567890123456", "红色连衣裙", "1,210", "300.50", "1.25%"]
    second: list[Cell] = ["2026-07-01", "662", "=HYPERLINK()", "-", "0", "0.00%"]
    for report in [read(write([*preamble(4), header, first, second])) for write in WRITERS.values()]:
        assert report.kind is ReportKind.PRODUCT
        assert [(row.dimension, row.metric, row.value) for row in report.figures] == [
            ("item:661234567890123456", "uv", 1210),
            ("item:661234567890123456", "gmv", Decimal("300.50")),
            ("item:661234567890123456", "conversion", Decimal("0.0125")),
            ("item:662", "gmv", 0),
            ("item:662", "conversion", 0),
        ]
        assert report.unknown == [("C", "商品名称")]


def test_an_id_that_lost_its_digits_is_a_bad_cell() -> None:
    """A spreadsheet keeps 15 digits of a number."""
    rows: Rows = [
        ["统计日期", "商品ID", "支付金额"],
        ["2026-07-01", 661234567890123456, 1],
        ["2026-07-01", 661234567890, 2],
    ]
    for report in (read(as_xlsx(rows)), read(as_xls(rows))):
        assert faults(report) == [(2, "B", "6.61234567890124e+17", "lost-digits")]
        assert [row.dimension for row in report.figures] == ["item:661234567890"]


def test_the_caller_may_say_which_report_it_is() -> None:
    shop, product = (
        as_csv([HEADER, ["2026-07-01", "1"]]),
        as_csv([["日期", "商品id", "支付金额"], ["2026-07-01", "1", "2"]]),
    )
    assert read(shop, ReportKind.SHOP).figures
    assert read(product, ReportKind.PRODUCT).figures
    assert refusal(shop, ReportKind.PRODUCT) == refusal(product, ReportKind.SHOP) == ("/kind", "other-report")


def test_terminals_are_dimensions_and_not_the_shop() -> None:
    header: list[Cell] = ["统计日期", "所属终端", "支付金额"]
    report = read_rows(
        header,
        ["2026-07-01", "所有终端", "3"],
        ["2026-07-01", "PC端", "1"],
        ["2026-07-01", "无线端", "2"],
        ["2026-07-01", "冰箱", "9"],
    )
    assert [(row.dimension, int(row.value)) for row in report.figures] == [
        ("", 3),
        ("terminal:pc", 1),
        ("terminal:wireless", 2),
    ]
    assert faults(report) == [(5, "B", "冰箱", "not-a-terminal")]
    report = read_rows([*header, "商品ID"], ["2026-07-01", "PC端", "1", "661"], ["2026-07-01", "全部", "2", "661"])
    assert [(row.dimension, int(row.value)) for row in report.figures] == [("item:661", 2)]
    assert faults(report) == [(2, "B", "PC端", "two-dimensions")]


def test_buckets_of_several_lengths_may_stand_in_one_file() -> None:
    dates = ("2026-07-01", "2026-07", "20260702", "2026-07-06 ~ 2026-07-12", "2026-07-01 ~ 2026-09-30")
    report = read_rows(["日期", "访客数"], *([day, "5"] for day in dates))
    assert [(row.grain, row.bucket.isoformat()) for row in report.figures] == [
        (Grain.DAY, "2026-07-01"),
        (Grain.MONTH, "2026-07-01"),
        (Grain.DAY, "2026-07-02"),
        (Grain.WEEK, "2026-07-06"),
        (Grain.QUARTER, "2026-07-01"),
    ]


def test_rows_that_cannot_be_placed_are_left_out_whole() -> None:
    report = read_rows(
        HEADER,
        ["2026-07-01", "1", "2", "3%"],
        ["合计", "10", "20", "3%"],
        ["2026-07-01", "4", "5", "6%"],
        ["1999-12-31", "1", "1", "1%"],
        ["2026-12-31", "1", "1", "1%"],
        ["2026-07-02", "1", "234.56", "7", "8%"],
    )
    assert faults(report) == [
        (3, "A", "合计", "not-a-date"),
        (4, "A", "2026-07-01", "repeated-row"),
        (5, "A", "1999-12-31", "outside-days"),
        (6, "A", "2026-12-31", "outside-days"),
        (7, "E", "8%", "shifted-row"),
    ]
    assert [value for _, _, value in values(report)] == ["1", "2", "0.03"]
    assert report.rows == 6


def test_of_two_columns_that_mean_the_same_the_label_is_taken_and_then_the_left_one() -> None:
    """What the catalogue calls a metric itself is meant before what only goes by its alias."""
    report = read_rows(["统计日期", "成交金额", "访客数", "支付金额", "支付金额"], ["2026-07-01", "1", "5", "2", "x"])
    assert values(report) == [("2026-07-01", "uv", "5"), ("2026-07-01", "gmv", "2")]
    assert report.repeated == [("B", "成交金额", "D"), ("E", "支付金额", "D")]
    report = read_rows(["统计日期", "成交金额", "店铺成交金额"], ["2026-07-01", "1", "2"])
    assert values(report) == [("2026-07-01", "gmv", "1")]
    assert report.repeated == [("C", "店铺成交金额", "B")]


def test_a_report_of_several_shops_is_refused() -> None:
    """All its figures would be those of the one that is named beside the file."""
    header, first = ["统计日期", "店铺名称", "支付金额"], ["2026-07-01", "旗舰店", "1"]
    for name, day in (("专卖店", "2026-07-02"), ("专卖店", "2026-07-01")):
        assert refusal(as_csv([header, first, [day, name, "2"]])) == ("/file", "several-shops")
    same = read_rows(header, first, ["2026-07-02", " 旗舰店 ", "2"], ["2026-07-03", "", "3"], ["合计", "全部", "6"])
    assert len(same.figures) == 3
    assert same.unknown == [("B", "店铺名称")]


def test_a_long_cell_is_cut_and_never_taken_for_what_it_begins_with() -> None:
    long = "1" + " " * 300 + "2"
    for write in (as_csv, as_xlsx):
        report = read(write([["日期", "支付金额", "访客数"], ["2026-07-01", long, "5"], ["2" * 300, "1", "1"]]))
        assert [(row.metric, int(row.value)) for row in report.figures] == [("uv", 5)]
        assert [(row, column, code) for row, column, _, code in faults(report)] == [
            (2, "B", "not-a-number"),
            (3, "A", "not-a-date"),
        ]


def test_so_many_faults_are_told_and_the_others_counted() -> None:
    report = read_rows(["日期", "支付金额"], *([f"第{number}天", "1"] for number in range(1000)))
    assert (len(report.faulty), report.faulty[-1].row, report.fault_count) == (200, 201, 1000)


def test_a_header_that_changed_its_meaning_is_read_by_the_rows_day() -> None:
    dated = [
        DatedAlias("流量", "pv", None, None, date(2019, 12, 31)),
        DatedAlias("流量", "uv", None, date(2020, 1, 1), date(2020, 12, 31)),
    ]
    rows: Rows = [
        ["统计日期", "流量"],
        ["2019-12-31", "1"],
        ["2020-01-01", "2"],
        ["2021-01-01", "3"],
        ["2021-01-02", "-"],
    ]
    report = read(as_csv(rows), dated=dated)
    assert values(report) == [("2019-12-31", "pv", "1"), ("2020-01-01", "uv", "2")]
    assert faults(report) == [(4, "B", "3", "meaningless-then")]
    assert (report.blanks, report.matched) == (1, [("B", "流量", ["pv", "uv"])])


def test_what_looks_like_a_formula_is_text() -> None:
    report = read_rows(HEADER, ["2026-07-01", "=1+1", "@SUM(A1)", "3%"])
    assert [code for *_, code in faults(report)] == ["not-a-number", "not-a-number"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty-file"),
        (b"\n , ,\n", "empty-file"),
        (b"PK\x03\x04 nonsense", "unreadable-file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 encrypted, or anything", "unreadable-file"),
        (b"\xff\xff\xff\xff", "unreadable-file"),
        ('统计日期,支付金额\n2026-07-01,"1'.encode(), "unreadable-file"),
        ("支付金额,访客数\n1,2\n".encode(), "no-header"),
        ("<html><table><tr><td>统计日期</td></tr></table></html>".encode(), "no-header"),
        (b"x\n" * 30 + "统计日期,支付金额\n".encode(), "no-header"),
        ("统计日期,商品名称\n2026-07-01,1\n".encode(), "no-metrics"),
        (("统计日期" + ",x" * 400).encode(), "too-many-columns"),
        ("统计日期,支付金额\n".encode() + b"2026-07-01,1\n" * 50_000, "too-many-lines"),
    ],
)
def test_a_file_of_no_use_is_refused_and_told_why(content: bytes, code: str) -> None:
    assert refusal(content) == ("/file", code)


def test_a_spreadsheet_that_unfolds_without_end_is_refused() -> None:
    far, wide, bomb = io.BytesIO(), io.BytesIO(), io.BytesIO()
    for stored, corners in ((far, [(1_048_575, 16_383)]), (wide, [(0, 0), (100_000, 16_383)])):
        with xlsxwriter.Workbook(stored) as book:
            sheet = book.add_worksheet()
            for row, column in corners:
                sheet.write(row, column, "far away")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet", bytes(257 << 20))
    assert refusal(far.getvalue()) == ("/file", "too-many-lines")
    assert refusal(wide.getvalue()) == ("/file", "unreadable-file")
    assert refusal(bomb.getvalue()) == ("/file", "too-large-unpacked")


def test_a_text_that_every_cell_refers_to_stays_small() -> None:
    """A few kilobytes that once became a gigabyte in the process that answers everybody."""
    small, large = (
        as_xlsx([["日期", "支付金额", "备注"], *(["2026-07-01", "1", "备" * 32_000] for _ in range(rows))])
        for rows in (1000, 5000)
    )
    tracemalloc.start()
    assert len(read(small).figures) == 1
    assert refusal(large) == ("/file", "unreadable-file")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 16 << 20


def test_what_a_spreadsheet_would_print_is_bounded() -> None:
    rows = [["日期", *("备" * 200 for _ in range(399))] for _ in range(350)]
    assert refusal(as_xlsx(rows)) == ("/file", "unreadable-file")


def test_a_text_is_read_line_by_line() -> None:
    content = "日期,支付金额\n".encode() + b"2026-07-01,1," + b"x" * 250 + b"\n"
    content += content[content.index(b"2026") :] * 40_000
    tracemalloc.start()
    assert read(content).fault_count == 40_001
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 << 20 < len(content)


@pytest.mark.parametrize("row", [b"," * 3_000_000 + b"1", b',"\n"' * 1_000_000, b"," * 3_000_000])
def test_a_row_without_end_is_refused(row: bytes) -> None:
    assert refusal("日期,支付金额\n2026-07-01,1".encode() + row) == ("/file", "unreadable-file")


def test_cells_far_beyond_the_header_shift_a_row() -> None:
    for write in (as_csv, as_xlsx):
        report = read(write([["日期", "支付金额"], ["2026-07-01", "1", *([""] * 900), "x"]]))
        assert faults(report) == [(2, "C", "", "shifted-row")]
        assert report.figures == []


def test_a_file_holds_so_many_figures_and_no_more() -> None:
    items = 200_000 // 10 + 1
    names = [entry.zh for entry in ENTRIES.values()][:10]
    lines = [f"2026-07-01,{item}" + ",1" * 10 for item in range(items)]
    content = "\n".join([",".join(["统计日期", "商品ID", *names]), *lines]).encode()
    assert refusal(content) == ("/file", "too-many-figures")
    assert len(read(content[: content.rindex(b"\n")]).figures) == 200_000


def test_letters_are_those_of_a_spreadsheet() -> None:
    places = (0, 25, 26, 51, 52, 701, 702, 104)
    assert [column_letter(place) for place in places] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "DA"]
    assert len({column_letter(place) for place in range(1000)}) == 1000
    assert set("".join(map(column_letter, range(1000)))) == set(string.ascii_uppercase)
