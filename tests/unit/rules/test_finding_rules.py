"""Cross-checks: which figures go together, to the digits they are printed with (MET-9, MET-5a)."""

from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.findings import (
    CheckedMonth,
    FindingKind,
    aov_mismatch,
    conversion_mismatch,
    days_disagree,
    final_below_realtime,
    last_unit,
    tenfold,
)
from attain_shared.rules.periods import Grain, bucket_end, bucket_start
from tests.unit.rules.support import D

ROUNDINGS = (ROUND_HALF_UP, ROUND_DOWN)
counts = st.integers(min_value=0, max_value=10**9).map(Decimal)
positive = st.integers(min_value=1, max_value=10**9).map(Decimal)
amounts = st.decimals(min_value=0, max_value=10**10, places=2)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
months = days.map(lambda day: bucket_start(day, Grain.MONTH))


@pytest.mark.parametrize(
    ("value", "places", "unit"),
    [("68.43", 2, "0.01"), ("68.5", 2, "0.01"), ("68", 2, "0.01"), ("0.028812", 4, "0.000001"), ("1E+2", 2, "0.01")],
)
def test_a_figure_says_no_more_than_its_last_digit(value: str, places: int, unit: str) -> None:
    assert last_unit(D(value), places) == D(unit)


@pytest.mark.parametrize(
    ("gmv", "aov", "buyers", "expected"),
    [
        ("6843", "68.43", 100, None),
        ("6842.51", "68.43", 100, None),
        ("6844.02", "68.43", 100, "6843"),
        ("6841.98", "68.43", 100, "6843"),
        ("1000", "120", 10, "1200"),
        ("1000", "100", 10, None),
        ("1000.12", "100", 10, "1000"),
        ("0", "0", 0, None),
        ("50", "0", 0, "0"),
        ("50", "50", 0, "0"),
    ],
)
def test_gmv_is_aov_times_paying_buyers_met_9(gmv: str, aov: str, buyers: int, expected: str | None) -> None:
    found = aov_mismatch(gmv=D(gmv), aov=D(aov), paying_buyers=D(buyers))
    assert found == (None if expected is None else D(expected))


@pytest.mark.parametrize(
    ("conversion", "buyers", "uv", "expected"),
    [
        ("0.0288", 36, 1250, None),
        ("0.0289", 36, 1250, None),
        ("0.0290", 36, 1250, "0.0288"),
        ("0.1", 30, 1000, "0.03"),
        ("0.1", 100, 1000, None),
        ("0", 5, 1000, "0.005"),
        ("0.3333", 1, 3, None),
        ("0.5", 1, 3, "0.333333333333"),
        ("0.5", 3, 0, None),
        ("1.2", 12, 10, None),
    ],
)
def test_conversion_is_paying_buyers_by_uv_met_9(conversion: str, buyers: int, uv: int, expected: str | None) -> None:
    """Ratios above 1 are no finding (MET-4); without visitors there is no ratio."""
    found = conversion_mismatch(conversion=D(conversion), paying_buyers=D(buyers), uv=D(uv))
    assert found == (None if expected is None else D(expected))


@given(amounts, positive, st.sampled_from(ROUNDINGS), st.integers(min_value=2, max_value=6))
def test_a_printed_aov_is_never_found_however_it_was_rounded(
    gmv: Decimal, buyers: Decimal, rounding: str, places: int
) -> None:
    """MET-9: rounding is no disagreement."""
    aov = (gmv / buyers).quantize(Decimal(1).scaleb(-places), rounding)
    assert aov_mismatch(gmv=gmv, aov=aov, paying_buyers=buyers) is None
    assert aov_mismatch(gmv=gmv, aov=aov.normalize(), paying_buyers=buyers) is None


@given(counts, positive, st.sampled_from(ROUNDINGS), st.integers(min_value=4, max_value=8))
def test_a_printed_conversion_is_never_found_however_it_was_rounded(
    buyers: Decimal, uv: Decimal, rounding: str, places: int
) -> None:
    """MET-9: rounding is no disagreement."""
    conversion = (buyers / uv).quantize(Decimal(1).scaleb(-places), rounding)
    assert conversion_mismatch(conversion=conversion, paying_buyers=buyers, uv=uv) is None


@given(amounts, positive, st.integers(min_value=3, max_value=1000))
def test_an_aov_that_is_off_by_more_than_its_digits_is_found(aov: Decimal, buyers: Decimal, units: int) -> None:
    """MET-9."""
    true = aov * buyers
    assert aov_mismatch(gmv=true + units * buyers / 100, aov=aov, paying_buyers=buyers) == true


@pytest.mark.parametrize(("final", "realtime", "expected"), [(99, 100, 100), (100, 100, None), (101, 100, None)])
def test_a_final_value_does_not_lie_below_a_realtime_one_met_9(final: int, realtime: int, expected: int | None) -> None:
    assert final_below_realtime(D(final), D(realtime)) == expected


@pytest.mark.parametrize(
    ("value", "before", "expected"),
    [
        (1000, [100] * 7, 100),
        (999, [100] * 7, None),
        (1000, [100] * 6, None),
        (1000, [0, 0, 0, 0, 5, 5, 5], None),
        (60, [0, 0, 0, 6, 6, 6, 6], 6),
        (0, [0] * 7, None),
        (1000, [90, 110] * 4, 100),
        (10, [-1] * 7, None),
    ],
)
def test_a_day_ten_times_its_trailing_median_is_found_met_9(
    value: int, before: list[int], expected: int | None
) -> None:
    assert tenfold(D(value), before=[D(one) for one in before]) == expected


@pytest.mark.parametrize(("value", "expected"), [("100.03", None), ("100.02", "100.03"), ("100.030", None)])
def test_days_sum_to_their_week_met_5a(value: str, expected: str | None) -> None:
    found = days_disagree(D(value), days=[D("50.01"), D("50.02")])
    assert found == (None if expected is None else D(expected))


@given(months, days)
def test_a_changed_day_has_every_tenfold_looked_at_whose_median_it_enters(month: date, judged: date) -> None:
    """MET-9: its own, and those of the 28 days after it."""
    checked = CheckedMonth(month)
    enters = any(bucket_start(judged - timedelta(days=back), Grain.MONTH) == month for back in range(29))
    assert checked.covers(FindingKind.TENFOLD, Grain.DAY, judged) is enters
    if enters:
        assert checked.trailing_from <= judged - timedelta(days=28)
        assert judged <= checked.tenfold_until


@given(months, days, st.sampled_from([Grain.WEEK, Grain.MONTH, Grain.QUARTER]))
def test_a_changed_day_has_every_bucket_looked_at_that_it_lies_in(month: date, day: date, grain: Grain) -> None:
    """MET-5a: also a week or quarter that started in a month before."""
    checked, bucket = CheckedMonth(month), bucket_start(day, grain)
    shares_a_day = bucket <= checked.last and bucket_end(bucket, grain) >= month
    assert checked.covers(FindingKind.DAYS_DISAGREE, grain, bucket) is shares_a_day
    if shares_a_day:
        assert checked.coarser_from <= bucket
        assert bucket_end(bucket, grain) <= checked.coarser_until


@pytest.mark.parametrize("kind", [FindingKind.AOV_MISMATCH, FindingKind.FINAL_BELOW_REALTIME])
def test_what_is_of_one_bucket_is_looked_at_with_its_month(kind: FindingKind) -> None:
    july = CheckedMonth(date(2026, 7, 1))
    assert july.covers(kind, Grain.QUARTER, date(2026, 7, 1))
    assert july.covers(kind, Grain.DAY, date(2026, 7, 31))
    assert not july.covers(kind, Grain.DAY, date(2026, 8, 1))
    assert not july.covers(kind, Grain.WEEK, date(2026, 6, 29))
