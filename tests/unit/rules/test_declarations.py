"""A company's own metric is taken only if it can be computed (MET-3, MET-4)."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from attain_api.messages import DETAILS_ZH
from attain_shared.imports.reports import ANCHORS, ITEM_HEADERS, TERMINAL_HEADERS
from attain_shared.metrics.catalogue import ENTRIES, METRICS
from attain_shared.rules import declarations
from attain_shared.rules.algebra import Aggregate, Algebra, Metric, OverShops, parse_expression
from attain_shared.rules.declarations import (
    FITTING,
    RESERVED,
    declaration_faults,
    expression_text,
    is_of_products_only,
    name_faults,
    printed,
)
from tests.unit.rules.support import CATALOGUE, metric, ratio

SCORE = metric("own", Algebra.SNAPSHOT, OverShops.WEIGHTED_MEAN, weight="reviews")
SUM = metric("own", Algebra.ADDITIVE, OverShops.SUM)


def faults(declared: Metric) -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in declaration_faults(declared, CATALOGUE)]


def test_what_ships_could_be_declared_met_4() -> None:
    for code, shipped in METRICS.items():
        others = {name: other for name, other in METRICS.items() if name != code}
        assert list(declaration_faults(shipped, others)) == [], code


@pytest.mark.parametrize(
    "declared",
    [
        SUM,
        metric("own", Algebra.DISTINCT, OverShops.BOUNDS),
        metric("own", Algebra.SNAPSHOT, OverShops.REFUSED),
        SCORE,
        ratio("own", "gmv - refund_amount", "members + uv"),
        replace(ratio("own", "gmv", "uv"), default_aggregate=Aggregate.DAILY_POOLED),
        replace(SUM, default_aggregate=Aggregate.DAILY_MEAN),
    ],
    ids=str,
)
def test_what_can_be_computed_is_taken(declared: Metric) -> None:
    assert faults(declared) == []


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (ratio("own"), [("numerator", "missing"), ("denominator", "missing")]),
        (ratio("own", "gmv"), [("denominator", "missing")]),
        (
            replace(SUM, numerator=((1, "gmv"),), denominator=((1, "uv"),)),
            [("numerator", "not-a-ratio"), ("denominator", "not-a-ratio")],
        ),
        (
            ratio("own", "magic + gmv - magic", "tricks"),
            [("numerator", "unknown-metric"), ("denominator", "unknown-metric")],
        ),
        (ratio("own", "own", "gmv + own"), [("numerator", "circular"), ("denominator", "circular")]),
        (ratio("own", "aov", "uv"), [("numerator", "not-a-part")]),
        # read over several shops it would have no value
        (ratio("own", "gmv", "repeat_30d"), [("denominator", "not-a-part")]),
        (ratio("own", "shop_score", "gmv"), [("numerator", "not-a-part")]),
        (replace(SCORE, over_shops_weight=None), [("over_shops_weight", "missing")]),
        (replace(SCORE, over_shops_weight="magic"), [("over_shops_weight", "unknown-metric")]),
        (replace(SCORE, over_shops_weight="own"), [("over_shops_weight", "circular")]),
        (replace(SCORE, over_shops_weight="uv"), [("over_shops_weight", "not-a-weight")]),
        (replace(SCORE, over_shops=OverShops.SUM), [("over_shops_weight", "not-weighted")]),
        (replace(SUM, default_aggregate=Aggregate.DAILY_POOLED), [("default_aggregate", "roll-up-refused")]),
        (
            replace(ratio("own", "gmv", "uv"), default_aggregate=Aggregate.DAILY_MEAN),
            [("default_aggregate", "roll-up-refused")],
        ),
    ],
    ids=str,
)
def test_what_cannot_be_computed_is_refused(declared: Metric, expected: list[tuple[str, str]]) -> None:
    assert faults(declared) == expected


@pytest.mark.parametrize("code", ["aov", "dsr_service", "score_share"])
def test_a_circle_is_found_through_others(code: str) -> None:
    """Whatever a metric needs must not need the metric."""
    through = {"aov": "gmv", "dsr_service": "reviews", "score_share": "shop_score"}[code]
    assert ("numerator", "circular") in faults(ratio(through, code, "uv"))


@pytest.mark.parametrize("algebra", Algebra)
@pytest.mark.parametrize("over_shops", OverShops)
def test_shops_go_together_as_the_algebra_allows_met_3(algebra: Algebra, over_shops: OverShops) -> None:
    weight = {"weight": "reviews"} if over_shops is OverShops.WEIGHTED_MEAN else {}
    parts = {"numerator": "gmv", "denominator": "uv"} if algebra is Algebra.RATIO else {}
    refused = over_shops not in FITTING[algebra]
    assert faults(metric("own", algebra, over_shops, **weight, **parts)) == (
        [("over_shops", "over-shops-refused")] if refused else []
    )


def test_the_shipped_catalogue_has_each_combination() -> None:
    assert {(one.algebra, one.over_shops) for one in METRICS.values()} == {
        (algebra, over_shops) for algebra, fitting in FITTING.items() for over_shops in fitting
    }


def test_a_name_is_of_one_metric() -> None:
    taken = {printed(name): entry.metric.code for entry in ENTRIES.values() for name in (entry.zh, *entry.aliases)}
    found = name_faults("支付金额", "Own", ["成交 金额", "直播", "人均停留时长（秒）", "直 播"], taken)
    assert [(fault.field, fault.code) for fault in found] == [
        ("zh", "alias-taken"),
        ("aliases/0", "alias-taken"),
        ("aliases/2", "alias-taken"),
        ("aliases/3", "duplicate"),
    ]


def test_the_mark_of_product_reports_makes_no_other_header() -> None:
    """A report prints the header without it: what ships would be taken over."""
    assert [printed(name) for name in ("商品访客数 (item)", "商品访客数（ITEM）", "商品访客数")] == ["商品访客数"] * 3
    assert [is_of_products_only(name) for name in ("商品访客数（ITEM）", "商品访客数")] == [True, False]
    taken = {printed("商品访客数 (item)"): "uv"}
    found = name_faults("商品访客数", "Own", ["商品访客数 (item)", "直播", "直播（item）"], taken)
    assert [(fault.field, fault.code) for fault in found] == [
        ("zh", "alias-taken"),
        ("aliases/0", "alias-taken"),
        ("aliases/2", "duplicate"),
    ]


def test_the_code_of_a_new_metric_is_no_name_of_another() -> None:
    taken = {"live": "live_gmv"}
    assert [fault.field for fault in name_faults("直播", "Own", [], taken, code="live")] == ["code"]
    assert list(name_faults("直播", "Own", [], taken)) == []


@pytest.mark.parametrize(
    "name", ["统计日期", "日 期", "商品ID", "宝贝id", "终端", "所属终端", "终端类型", "店铺名称", "(item)"]
)
def test_a_column_that_says_of_what_a_row_is_heads_no_metric(name: str) -> None:
    found = [*name_faults(name, "Own", [], {}), *name_faults("直播", name, [name], {})]
    assert [(fault.field, fault.code) for fault in found] == [
        (field, "reserved-header") for field in ("zh", "en", "aliases/0")
    ]


def test_every_column_that_the_importer_reads_otherwise_is_reserved() -> None:
    assert {printed(name) for name in {*ANCHORS, *ITEM_HEADERS, *TERMINAL_HEADERS}} <= RESERVED
    assert {printed(name) for name in RESERVED} == RESERVED


@pytest.mark.parametrize(
    ("written", "canonical"),
    [("", ""), ("gmv", "gmv"), ("+gmv", "gmv"), (" - a+b", "- a + b"), ("listed-selling", "listed - selling")],
)
def test_an_expression_is_written_in_one_way(written: str, canonical: str) -> None:
    text = expression_text(parse_expression(written))
    assert text == canonical
    assert parse_expression(text) == parse_expression(written)


def test_every_fault_has_a_detail_in_chinese() -> None:
    """api.md, Manners."""
    codes = set(re.findall(r'Fault\([^,]+, "([a-z-]+)"', Path(declarations.__file__).read_text()))
    assert {"circular", "not-a-part", "alias-taken", "unknown-metric", "missing"} <= codes
    assert codes - DETAILS_ZH.keys() == set()
