"""What is written to a sheet is read back from it (ING-6)."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from attain_shared.imports.reports import ImportedRow, read_report
from attain_shared.metrics.catalogue import ENTRIES
from attain_shared.rules.periods import Grain, Window, bucket_end, bucket_start
from tests.support.reports import WRITERS, Cell, preamble

DAYS = Window(date(2000, 1, 1), date(2026, 11, 24))
METRICS = st.lists(st.sampled_from(sorted(ENTRIES)), min_size=1, max_size=12, unique=True)
VALUES = st.decimals(min_value=-(10**12), max_value=10**12, places=4) | st.integers(0, 10**9).map(Decimal)
BUCKETS = st.builds(
    lambda days, grain: (grain, bucket_start(date(2004, 1, 1) + timedelta(days=days), grain)),
    st.integers(0, 8000),
    st.sampled_from(Grain),
)
Key = tuple[str, Grain, date]


def written(value: Decimal, unit: str, style: int) -> str:
    """A figure in one of the ways in which exports write it."""
    if unit == "ratio" and style % 2:
        return f"{value * 100:,f}%"
    text = f"{value:,f}" if style % 3 else f"{value:f}"
    return text if style % 5 else text.translate({ord(half): ord(half) + 0xFEE0 for half in "0123456789,.-"})


def dated(grain: Grain, bucket: date, style: int) -> str:
    """A bucket in one of the ways in which exports write it."""
    if grain is Grain.DAY:
        return (bucket.isoformat(), f"{bucket:%Y%m%d}", f"{bucket:%Y/%m/%d}", f"{bucket:%Y年%m月%d日}")[style % 4]
    if grain is Grain.MONTH and style % 2:
        return f"{bucket:%Y-%m}"
    return f"{bucket} ~ {bucket_end(bucket, grain)}"


@settings(deadline=None, max_examples=150)
@given(
    metrics=METRICS,
    rows=st.dictionaries(BUCKETS, st.lists(VALUES | st.none(), min_size=12, max_size=12), min_size=1, max_size=15),
    above=st.integers(0, 6),
    style=st.integers(0, 60),
    form=st.sampled_from([name for name in WRITERS if not name.startswith("xls")]),
)
def test_what_was_written_is_read(
    metrics: list[str],
    rows: Mapping[tuple[Grain, date], list[Decimal | None]],
    above: int,
    style: int,
    form: str,
) -> None:
    sheet: list[list[Cell]] = [*preamble(above), ["统计日期", *(ENTRIES[metric].zh for metric in metrics)]]
    expected = []
    for (grain, bucket), figures in rows.items():
        line: list[Cell] = [dated(grain, bucket, style)]
        for metric, value in zip(metrics, figures, strict=False):
            line.append("-" if value is None else written(value, ENTRIES[metric].metric.unit, style))
            if value is not None:
                expected.append(ImportedRow(metric, "", grain, bucket, value))
        sheet.append(line)
    report = read_report(WRITERS[form](sheet), catalogue=ENTRIES, kind=None, days=DAYS)
    assert report.figures == expected
    assert report.faulty == []
    assert report.rows == len(rows)


@settings(deadline=None, max_examples=10)
@given(numbers=st.lists(st.floats(-1e9, 1e9).map(lambda number: round(number, 4)), min_size=1, max_size=20))
def test_the_numbers_of_a_spreadsheet_are_read_as_it_shows_them(numbers: list[float]) -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(len(numbers))]
    lines: list[list[Cell]] = [[day, number] for day, number in zip(days, numbers, strict=True)]
    rows: list[list[Cell]] = [["日期", "支付金额"], *lines]
    for form in ("xlsx", "xls"):
        report = read_report(WRITERS[form](rows), catalogue=ENTRIES, kind=None, days=DAYS)
        assert [(row.bucket, float(row.value)) for row in report.figures] == list(zip(days, numbers, strict=True))
        assert all(len(row.value.as_tuple().digits) <= 15 for row in report.figures)
