"""When something is trouble, and when no longer (CULT-5)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.metrics.catalogue import METRICS
from attain_shared.rules.alerting import Judgement, figures_by_day, judge_drop, judge_goal, judge_turnover
from attain_shared.rules.verdicts import IndicatorStatus

DAY = date(2026, 7, 1)
figures = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(10) ** 9, places=2)
shares = st.decimals(min_value=Decimal("0.0001"), max_value=1, places=4)


@pytest.mark.parametrize(
    ("value", "by", "judgement", "share"),
    [
        ("1000", "0.3", Judgement.FINE, "0.0000"),
        ("1500", "0.3", Judgement.FINE, "-0.5000"),
        ("700.01", "0.3", Judgement.BETWEEN, "0.3000"),
        ("700", "0.3", Judgement.TROUBLE, "0.3000"),
        ("0", "1", Judgement.TROUBLE, "1.0000"),
        ("0", "0.3", Judgement.TROUBLE, "1.0000"),
        ("-1", "1", Judgement.TROUBLE, "1.0010"),
        # four fifths of 30 % are 24 %: up to there the alert stands, above it is over
        ("760", "0.3", Judgement.BETWEEN, "0.2400"),
        ("760.01", "0.3", Judgement.FINE, "0.2400"),
    ],
)
def test_a_drop_is_told_at_the_limit_and_taken_back_below_four_fifths_of_it(
    value: str, by: str, judgement: Judgement, share: str
) -> None:
    """A limit is inclusive, as targets are (GOAL-5)."""
    before = [Decimal(one) for one in ("900", "1000", "5000")]
    drop = judge_drop(Decimal(value), before=before, by=Decimal(by), days=5)
    assert drop is not None
    assert (drop.judgement, drop.median, str(drop.share)) == (judgement, Decimal(1000), share)


@pytest.mark.parametrize("before", [["1000"] * 13, [], ["0"] * 28, ["-5"] * 28])
def test_nothing_is_usual_with_less_than_half_of_the_days_or_a_median_of_nothing(before: list[str]) -> None:
    assert judge_drop(Decimal(0), before=[Decimal(one) for one in before], by=Decimal("0.3"), days=28) is None


def test_the_median_of_an_even_number_is_exact() -> None:
    before = [Decimal("0.0001"), Decimal(99999999999999999999)]
    drop = judge_drop(Decimal(1), before=before, by=Decimal("0.5"), days=4)
    assert drop is not None
    assert drop.median == Decimal("49999999999999999999.50005")


@given(value=figures, before=st.lists(figures, min_size=4, max_size=30), by=shares)
def test_a_lower_figure_is_never_judged_milder(value: Decimal, before: list[Decimal], by: Decimal) -> None:
    order = [Judgement.FINE, Judgement.BETWEEN, Judgement.TROUBLE]
    found = [judge_drop(one, before=before, by=by, days=8) for one in (value, value / 2)]
    mild, harsh = (order.index(one.judgement) for one in found if one is not None)
    assert harsh >= mild


@given(value=figures, before=st.lists(figures, min_size=4, max_size=30), by=shares, factor=st.integers(2, 1000))
def test_the_unit_does_not_matter(value: Decimal, before: list[Decimal], by: Decimal, factor: int) -> None:
    """Yuan or fen."""
    plain = judge_drop(value, before=before, by=by, days=8)
    scaled = judge_drop(value * factor, before=[one * factor for one in before], by=by, days=8)
    assert plain is not None
    assert scaled is not None
    assert (scaled.judgement, scaled.share) == (plain.judgement, plain.share)


@given(by=shares, usual=figures)
def test_the_limit_itself_is_trouble_whatever_the_digits(by: Decimal, usual: Decimal) -> None:
    drop = judge_drop(usual * (1 - by), before=[usual] * 4, by=by, days=8)
    assert drop is not None
    assert drop.judgement is Judgement.TROUBLE


@pytest.mark.parametrize(
    ("status", "judgement"),
    [
        (IndicatorStatus.OFF_TRACK, Judgement.TROUBLE),
        (IndicatorStatus.AT_RISK, Judgement.BETWEEN),
        (IndicatorStatus.UNDECIDED, Judgement.BETWEEN),
        (IndicatorStatus.NO_DATA, Judgement.BETWEEN),
        (IndicatorStatus.ON_TRACK, Judgement.FINE),
        (IndicatorStatus.MET, Judgement.FINE),
        (IndicatorStatus.MISSED, Judgement.FINE),
    ],
)
def test_a_goal_is_trouble_from_off_track_until_on_track(status: IndicatorStatus, judgement: Judgement) -> None:
    """GOAL-7: between the two lies what is at risk."""
    assert judge_goal(status) is judgement


@pytest.mark.parametrize(
    ("turnover", "judgement"),
    [(None, Judgement.FINE), ("0.1", Judgement.FINE), ("0.1001", Judgement.TROUBLE), ("2", Judgement.TROUBLE)],
)
def test_turnover_is_trouble_above_its_limit(turnover: str | None, judgement: Judgement) -> None:
    """ORG-5: null at headcount 0."""
    rate = None if turnover is None else Decimal(turnover)
    assert judge_turnover(rate, above=Decimal("0.1")) is judgement


def test_a_ratio_of_a_day_is_its_own_row_else_its_parts() -> None:
    """MET-3: conversion is paying buyers over visitors; a day with one part alone has no figure."""
    days = [DAY + timedelta(days=place) for place in range(4)]
    series = {
        "conversion": {days[0]: Decimal("0.05")},
        "paying_buyers": {days[0]: Decimal(1), days[1]: Decimal(3), days[2]: Decimal(3), days[3]: Decimal(0)},
        "uv": {days[0]: Decimal(100), days[1]: Decimal(100), days[3]: Decimal(0)},
    }
    assert figures_by_day(METRICS["conversion"], series) == {days[0]: Decimal("0.05"), days[1]: Decimal("0.03")}
    assert figures_by_day(METRICS["uv"], {"uv": series["uv"]}) == series["uv"]
