from collections import defaultdict
from collections.abc import Hashable, Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attain_shared.metrics.catalogue import METRICS
from attain_shared.rules.aggregation import read
from attain_shared.rules.algebra import Aggregate, Metric, RollUpRefused, components
from attain_shared.rules.corrections import Finality
from attain_shared.rules.months import Month, Series, summarise, without
from attain_shared.rules.periods import Grain, Window, bucket_end, bucket_start, buckets
from attain_shared.rules.reading import Reading
from attain_shared.rules.rollup import SeriesOf, read_months
from attain_shared.rules.tiling import Cell, Prefer
from tests.unit.rules.support import BARE_RATIO, CATALOGUE, JULY, OTHER, SHOP, D, cell, daily, july, monthly

ALL = {**CATALOGUE, **METRICS}
JULY_AND_AUGUST = Window(date(2026, 7, 1), date(2026, 8, 31))
QUARTER = Window(date(2026, 7, 1), date(2026, 9, 30))
KNOWN = Window(date(2026, 6, 1), date(2026, 10, 31))
"""The days that rows are made for: more than any window below has."""

WINDOWS = (
    *(JULY, JULY_AND_AUGUST, QUARTER, Window(date(2026, 7, 1), date(2026, 9, 15)), Window(july(6), date(2026, 8, 9))),
    *(Window(date(2026, 6, 1), date(2026, 8, 30)), Window(date(2026, 6, 1), date(2026, 10, 31))),
)
SHOPS = (SHOP, OTHER, "shop-c")

Months = dict[tuple[str, Hashable], list[Month]]
Coarser = dict[tuple[str, Hashable], list[Cell]]


def summed_up(cells: Sequence[Cell]) -> tuple[Months, Coarser]:
    """Day rows as months, and the others as they are."""
    by_month: dict[tuple[str, Hashable, date], list[Cell]] = defaultdict(list)
    coarser: Coarser = defaultdict(list)
    for one in cells:
        if one.grain is Grain.DAY:
            by_month[one.metric, one.shop_id, bucket_start(one.bucket, Grain.MONTH)].append(one)
        else:
            coarser[one.metric, one.shop_id].append(one)
    months: Months = defaultdict(list)
    for (code, shop, first), rows in by_month.items():
        months[code, shop].append(summarise(first, rows))
    return months, coarser


def series_in(window: Window, months: Months, coarser: Coarser) -> SeriesOf:
    """As `Facts` has them."""
    return lambda code, shop: Series.within(window, months.get((code, shop), ()), coarser.get((code, shop), ()))


def told(
    code: str,
    cells: Sequence[Cell],
    *,
    window: Window = JULY,
    shops: Sequence[str] = (SHOP,),
    aggregate: Aggregate = Aggregate.DEDUPLICATED,
) -> Reading | None:
    """The reading by months, which is that of the rows wherever there is one."""
    months, coarser = summed_up(cells)
    reading = read_months(ALL[code], ALL, series_in(window, months, coarser), window, shops, aggregate)
    by_rows = read(ALL[code], ALL, cells, window, shops, aggregate)
    assert reading is None or repr(reading) == repr(by_rows)
    return reading


FULL = (1 << KNOWN.days) - 1
DAYS = list(KNOWN)
MONTH_ENDS = [(day - KNOWN.starts_on).days + 1 for day in DAYS if (day + timedelta(days=1)).day == 1]
days_present = st.one_of(
    st.sampled_from([0, FULL]),
    st.sampled_from(MONTH_ENDS).map(lambda end: (1 << end) - 1),
    st.integers(0, KNOWN.days).map(lambda end: (1 << end) - 1),
    st.integers(0, FULL),
)


@st.composite
def series(draw: st.DrawFn, code: str, shop: str, shared: int) -> list[Cell]:
    days = draw(st.one_of(st.just(shared), days_present))
    provisional = draw(st.sampled_from([0, 0, FULL >> 50 << 50]))
    seed = draw(st.integers(1, 97))

    def row(grain: Grain, bucket: date, place: int, through: date | None = None) -> Cell:
        value = D(seed * (place + 3) % 101) / 10
        finality = Finality.REALTIME if provisional >> place & 1 else Finality.FINAL
        return Cell(shop, code, grain, bucket, value, finality, through)

    rows = [row(Grain.DAY, day, place) for place, day in enumerate(DAYS) if days >> place & 1]
    grains = draw(
        st.lists(st.sampled_from([Grain.MONTH, Grain.MONTH, Grain.QUARTER, Grain.WEEK]), max_size=2, unique=True)
    )
    for grain in grains:
        for bucket in buckets(KNOWN, grain):
            kind = draw(st.sampled_from(["none", "whole", "whole", "to date"]))
            end = bucket_end(bucket, grain)
            through = draw(st.sampled_from([bucket, bucket + timedelta(days=2), end])) if kind == "to date" else None
            if kind != "none":
                rows.append(row(grain, bucket, draw(st.sampled_from([0, 100])), through))
    return rows


@st.composite
def questions(draw: st.DrawFn) -> tuple[Metric, list[Cell], Window, tuple[str, ...], Aggregate]:
    asked = draw(st.sampled_from(sorted(ALL.values(), key=lambda one: one.code)))
    shops = SHOPS[: draw(st.sampled_from([1, 1, 2, 3]))]
    shared = draw(days_present)
    rows = [
        row
        for shop in shops
        for code in components(asked)
        if code != asked.code or not asked.numerator or draw(st.sampled_from([False, False, True]))
        for row in draw(series(code, shop, shared))
    ]
    return asked, rows, draw(st.sampled_from(WINDOWS)), shops, draw(st.sampled_from(Aggregate))


@settings(max_examples=400, deadline=None)
@given(questions())
def test_months_tell_what_the_rows_tell_or_nothing_met_5a(
    question: tuple[Metric, list[Cell], Window, tuple[str, ...], Aggregate],
) -> None:
    asked, rows, window, shops, aggregate = question
    try:
        read(asked, ALL, rows, window, shops, aggregate)
    except RollUpRefused:
        months, coarser = summed_up(rows)
        with pytest.raises(RollUpRefused):
            read_months(asked, ALL, series_in(window, months, coarser), window, shops, aggregate)
    else:
        told(asked.code, rows, window=window, shops=shops, aggregate=aggregate)


def rows_of(code: str, *, shop: str = SHOP, window: Window = QUARTER, missing: Sequence[date] = ()) -> list[Cell]:
    """A day row a day, of different values."""
    return [cell(code, day, day.day, shop=shop) for day in window if day not in missing]


def month_rows(code: str, *, shop: str = SHOP, months: Sequence[int] = (7, 8, 9)) -> list[Cell]:
    return [cell(code, date(2026, month, 1), 400 + month, grain=Grain.MONTH, shop=shop) for month in months]


TWO = (SHOP, OTHER)
HOLES = (july(3), date(2026, 9, 30))


@pytest.mark.parametrize("missing", [(), HOLES])
@pytest.mark.parametrize(
    ("code", "shops", "aggregate"),
    [
        ("gmv", TWO, Aggregate.DEDUPLICATED),
        ("uv", TWO, Aggregate.DEDUPLICATED),
        ("members", TWO, Aggregate.DEDUPLICATED),
        ("dsr_service", TWO, Aggregate.DEDUPLICATED),
        ("gmv", TWO, Aggregate.DAILY_MEAN),
        ("members", TWO, Aggregate.DAILY_MEAN),
        ("uv", (SHOP,), Aggregate.DAILY_MEAN),
        ("refund_rate", TWO, Aggregate.DEDUPLICATED),
        ("conversion", TWO, Aggregate.DEDUPLICATED),
        ("stale_rate", TWO, Aggregate.DEDUPLICATED),
        ("active_share", TWO, Aggregate.DEDUPLICATED),
        ("dwell", TWO, Aggregate.DAILY_POOLED),
    ],
)
def test_day_rows_alone_are_told_by_their_months(
    code: str, shops: tuple[str, ...], aggregate: Aggregate, missing: tuple[date, ...]
) -> None:
    parts = [part for part in components(ALL[code]) if part != code or not ALL[code].numerator]
    rows = [row for part in parts for shop in shops for row in rows_of(part, shop=shop, missing=missing)]
    reading = told(code, rows, window=QUARTER, shops=shops, aggregate=aggregate)
    assert reading is not None
    assert reading.bounds is not None


@pytest.mark.parametrize("months", [(7, 8, 9), (7, 8)])
@pytest.mark.parametrize("code", ["gmv", "uv", "members", "conversion", "aov", "refund_rate"])
def test_month_rows_beside_day_rows_are_told_too_met_5a(code: str, months: tuple[int, ...]) -> None:
    parts = [part for part in components(ALL[code]) if part != code or not ALL[code].numerator]
    rows = [row for part in parts for row in (*rows_of(part), *month_rows(part, months=months))]
    assert told(code, rows, window=QUARTER) is not None


def test_a_month_row_fills_the_days_that_are_missing_met_5a() -> None:
    reading = told("gmv", [*rows_of("gmv", missing=HOLES), *month_rows("gmv", months=[7])], window=QUARTER)
    assert reading is not None
    assert reading.value == 407 + sum(range(1, 32)) + sum(range(1, 30))


def test_a_to_date_row_of_the_days_so_far_is_told_met_5a() -> None:
    rows = [*daily("uv", [100] * 20), monthly("uv", 1500, through=july(20))]
    reading = told("uv", rows)
    assert reading is not None
    assert reading.value == 1500


def test_the_first_days_row_stands_before_a_to_date_row_of_that_day() -> None:
    reading = told("gmv", [cell("gmv", july(1), 5), monthly("gmv", 6, through=july(1))])
    assert reading is not None
    assert reading.value == 5


def test_a_final_to_date_row_stands_before_the_first_days_provisional_one() -> None:
    first = cell("gmv", july(1), 5, finality=Finality.REALTIME)
    reading = told("gmv", [first, monthly("gmv", 6, through=july(1))])
    assert reading is not None
    assert reading.value == 6


def test_some_days_of_a_month_beside_a_to_date_row_need_their_rows() -> None:
    assert told("gmv", [*daily("gmv", [1] * 21), monthly("gmv", 20, through=july(20))]) is not None
    assert told("uv", [*daily("uv", [1] * 21), monthly("uv", 15, through=july(20))]) is None


def test_coverings_that_months_cannot_tell_apart_need_their_rows() -> None:
    """Two rows over 33 days either way: the quarter to date and a day, or a month to date and a month."""
    rows = [
        cell("uv", july(1), 1, grain=Grain.QUARTER, through=date(2026, 8, 1)),
        monthly("uv", 2, through=july(2)),
        cell("uv", date(2026, 8, 1), 3, grain=Grain.MONTH),
        cell("uv", date(2026, 8, 5), 4),
    ]
    assert told("uv", rows, window=QUARTER) is None


@pytest.mark.parametrize(("months_finality", "value"), [(Finality.FINAL, 5), (Finality.REALTIME, 16)])
def test_of_as_many_days_and_rows_those_that_are_final_stand(months_finality: Finality, value: int) -> None:
    rows = [
        cell("gmv", july(1), 7, grain=Grain.QUARTER, through=date(2026, 8, 1)),
        cell("gmv", july(1), 2, grain=Grain.MONTH, through=july(2), finality=months_finality),
        cell("gmv", date(2026, 8, 1), 3, grain=Grain.MONTH),
        cell("gmv", date(2026, 8, 5), 9, finality=Finality.REALTIME if value == 5 else Finality.FINAL),
    ]
    reading = told("gmv", rows, window=QUARTER)
    assert reading is not None
    assert reading.value == value


@pytest.mark.parametrize(
    ("of_month", "of_quarter", "value"),
    [
        (Finality.FINAL, Finality.FINAL, 5),
        (Finality.REALTIME, Finality.REALTIME, 5),
        (Finality.REALTIME, Finality.FINAL, 6),
    ],
)
@pytest.mark.parametrize("code", ["gmv", "uv"])
def test_of_two_rows_of_the_same_days_the_final_then_the_finer_stands(
    code: str, of_month: Finality, of_quarter: Finality, value: int
) -> None:
    rows = [
        cell(code, july(1), 6, grain=Grain.QUARTER, through=july(20), finality=of_quarter),
        cell(code, july(1), 5, grain=Grain.MONTH, through=july(20), finality=of_month),
    ]
    reading = told(code, rows, window=QUARTER)
    assert reading is not None
    assert reading.value == value


def test_weeks_are_told_only_where_they_could_not_count_met_5a() -> None:
    week = cell("gmv", date(2026, 7, 6), 70, grain=Grain.WEEK)
    assert told("gmv", [*rows_of("gmv"), week], window=QUARTER) is not None
    assert told("gmv", [week], window=Window(date(2026, 7, 6), date(2026, 7, 19))) is None


def test_a_month_cut_by_the_window_needs_its_rows() -> None:
    assert told("gmv", rows_of("gmv"), window=Window(july(1), date(2026, 9, 29))) is None
    assert told("gmv", rows_of("gmv"), window=Window(july(2), date(2026, 9, 30))) is None
    assert told("gmv", rows_of("gmv", missing=[july(1)]), window=Window(july(2), date(2026, 9, 30))) is not None


def test_visitors_of_two_shops_on_one_day_need_their_rows_met_5() -> None:
    rows = [*daily("uv", [9] * 31), *daily("uv", [7] * 31, shop=OTHER)]
    assert told("uv", rows, shops=TWO, aggregate=Aggregate.DAILY_MEAN) is None
    assert told("uv", rows[:40], shops=TWO, aggregate=Aggregate.DAILY_MEAN) is None
    assert told("uv", [*rows[:8], *rows[40:]], shops=TWO, aggregate=Aggregate.DAILY_MEAN) is not None


def test_parts_of_different_days_of_a_month_need_their_rows_met_5a() -> None:
    rows = [*daily("paying_buyers", [4] * 30), *daily("uv", [100] * 31)]
    assert told("conversion", rows) is None
    assert told("conversion", rows, aggregate=Aggregate.DAILY_POOLED) is None


def test_parts_of_different_months_are_told_by_those_they_share_met_5a() -> None:
    rows = [*rows_of("refund_amount", window=JULY_AND_AUGUST), *rows_of("gmv")]
    for aggregate in (Aggregate.DEDUPLICATED, Aggregate.DAILY_POOLED):
        reading = told("refund_rate", rows, window=QUARTER, aggregate=aggregate)
        assert reading is not None
        assert reading.value == 1
        assert reading.coverage.present == 62


PARTS = [*daily("paying_buyers", [4] * 31), *daily("uv", [100] * 31)]
PERIOD_PARTS = [monthly("paying_buyers", 90), monthly("uv", 2000)]


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        ([monthly("conversion", "0.05")], "0.05"),
        ([*PARTS, monthly("conversion", "0.05")], "0.05"),
        ([*PARTS, *PERIOD_PARTS, monthly("conversion", "0.05")], "0.045"),
        ([*PERIOD_PARTS, monthly("conversion", "0.05", through=july(20))], "0.045"),
        ([*PARTS, monthly("conversion", "0.05", through=july(20))], None),
    ],
)
def test_the_order_of_a_ratio_is_kept_met_5a(rows: list[Cell], value: str | None) -> None:
    reading = told("conversion", rows)
    assert reading is not None
    assert reading.value == (None if value is None else D(value))


def test_a_ratios_last_month_is_not_its_quarter_met_5a() -> None:
    september = cell("refund_rate", date(2026, 9, 1), "0.05", grain=Grain.MONTH)
    rows = [*daily("refund_amount", [5] * 4), *daily("gmv", [50] * 4), september]
    reading = told("refund_rate", rows, window=QUARTER)
    assert reading is not None
    assert reading.value == D("0.1")


def test_a_day_with_a_provisional_part_is_provisional_met_8() -> None:
    rows = [cell("stay_seconds", july(1), 100), cell("uv", july(1), 10, finality=Finality.REALTIME)]
    for code, aggregate in (("dwell", Aggregate.DAILY_POOLED), ("dwell", Aggregate.DEDUPLICATED)):
        reading = told(code, rows, aggregate=aggregate)
        assert reading is not None
        assert reading.coverage.provisional == 1


@pytest.mark.parametrize("parts", [[], [cell("paying_buyers", july(1), 4), cell("uv", july(1), 100)]])
def test_a_first_days_ratio_that_says_through_never_misleads_met_5a(parts: list[Cell]) -> None:
    reading = told("conversion", [*parts, cell("conversion", july(1), "0.05", through=july(1))])
    assert (reading is None) is (not parts)


def test_a_ratio_of_its_own_shorter_rows_needs_them_met_6() -> None:
    assert told("conversion", daily("conversion", ["0.05"] * 31)) is None
    assert told("conversion", daily("conversion", ["0.05"])) is None
    assert told("conversion", daily("conversion", ["0.05"] * 31), shops=TWO) is None


def test_days_reported_without_denominators_are_an_estimate_met_6() -> None:
    reading = told("dwell", daily("dwell", [100, 120]), aggregate=Aggregate.DAILY_POOLED)
    assert reading is not None
    assert (reading.value, reading.estimated) == (D(110), True)
    weighed = [*daily("dwell", [100, 120]), *daily("uv", [10, 20])]
    assert told("dwell", weighed, aggregate=Aggregate.DAILY_POOLED) is None


@pytest.mark.parametrize("aggregate", [Aggregate.DEDUPLICATED, Aggregate.DAILY_POOLED])
def test_a_ratio_without_parts_needs_its_rows(aggregate: Aggregate) -> None:
    rows = daily(BARE_RATIO, ["0.1", "0.2"])
    assert told("bare_ratio", rows, aggregate=aggregate) is None


@pytest.mark.parametrize(
    ("code", "aggregate"),
    [
        *((code, Aggregate.DEDUPLICATED) for code in ("gmv", "uv", "members", "conversion")),
        *(("gmv", Aggregate.DAILY_MEAN), ("dwell", Aggregate.DAILY_POOLED)),
    ],
)
def test_no_months_in_the_window_are_no_data_met_8(code: str, aggregate: Aggregate) -> None:
    august = [cell(code, date(2026, 8, 1), 9), cell(code, date(2026, 8, 1), 9, grain=Grain.MONTH)]
    for rows in ([], august):
        reading = told(code, rows, shops=TWO, aggregate=aggregate)
        assert reading is not None
        assert reading.bounds is None


def test_a_month_less_its_later_days_is_the_figure_so_far_goal_7() -> None:
    rows = [*daily("gmv", [10] * 19), cell("gmv", july(20), 3, finality=Finality.REALTIME)]
    so_far = without(summarise(july(1), rows), rows[19:])
    assert so_far[:2] == (july(1), D(190))
    assert (so_far.days, so_far.provisional) == ((1 << 19) - 1, 0)
    complete = Window(july(1), july(19))
    reading = read_months(
        METRICS["gmv"],
        METRICS,
        series_in(complete, {("gmv", SHOP): [so_far]}, {}),
        complete,
        [SHOP],
        Aggregate.DEDUPLICATED,
    )
    assert reading == read(METRICS["gmv"], METRICS, rows, complete, [SHOP], Aggregate.DEDUPLICATED)


def test_a_month_says_which_days_it_sums_up() -> None:
    rows = [cell("gmv", july(2), 7), cell("gmv", july(31), 5, finality=Finality.REALTIME), cell("gmv", july(4), 6)]
    assert summarise(july(1), rows) == Month(july(1), D(18), D(7), D(5), 1 << 1 | 1 << 3 | 1 << 30, 1 << 30)


def test_a_series_of_a_window_is_read_from_again_and_again() -> None:
    series = Series.within(JULY, summed_up(daily("gmv", [10] * 31))[0]["gmv", SHOP], ())
    assert [series.amount(Prefer.FINEST) for _ in range(2)] == [(D(310), D(10))] * 2
