"""Which metric a header names (ING-6, MET-4)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from attain_shared.imports.headers import DATED, DatedAlias, Meanings, ReportKind, read_aliases
from attain_shared.metrics.catalogue import ENTRIES, CatalogueEntry

DAY = date(2026, 7, 1)


def meaning(
    header: str, kind: ReportKind = ReportKind.SHOP, *, catalogue: Mapping[str, CatalogueEntry] = ENTRIES
) -> str | None:
    found = Meanings(catalogue, kind=kind).of(header)
    return found.on(DAY) if found else None


def test_every_label_and_alias_of_the_catalogue_is_known() -> None:
    for code, entry in ENTRIES.items():
        for name in (code, entry.zh, entry.en, *entry.aliases):
            header, kind = name.removesuffix(" (item)"), ReportKind.SHOP
            if header != name:
                kind = ReportKind.PRODUCT
            assert meaning(header, kind) == code, name


def test_an_alias_of_product_reports_means_nothing_in_a_shop_report() -> None:
    assert meaning("商品访客数", ReportKind.PRODUCT) == "uv"
    assert meaning("商品访客数") is None


def test_width_case_and_spaces_do_not_matter() -> None:
    for header in ("人均停留时长（秒）", "人均停留时长(秒)", " 人均 停留时长 ( 秒 ) ", "人均停留时长（秒)"):
        assert meaning(header) == "dwell"
    assert meaning("ＵＶ价值") == meaning("uv价值") == "uv_value"
    assert meaning("人均停留时长") is None


def test_a_companys_own_aliases_are_known_too() -> None:
    own = replace(
        ENTRIES["gmv"],
        metric=replace(ENTRIES["gmv"].metric, code="live_gmv"),
        zh="直播成交",
        aliases=("直播间支付金额", "单品直播支付 (item)"),
    )
    catalogue = {**ENTRIES, "live_gmv": own}
    assert meaning("直播间支付金额", catalogue=catalogue) == "live_gmv"
    assert meaning("单品直播支付", catalogue=catalogue) is None
    assert meaning("单品直播支付", ReportKind.PRODUCT, catalogue=catalogue) == "live_gmv"


def test_a_header_may_have_meant_something_else_once() -> None:
    dated = [
        DatedAlias("访客数", "pv", None, None, date(2018, 12, 31)),
        DatedAlias("新指标", "gmv", ReportKind.SHOP, date(2020, 1, 1), date(2020, 12, 31)),
        DatedAlias("新指标", "order_amount", ReportKind.SHOP, date(2021, 1, 1), None),
        DatedAlias("别的", "no_such_metric", None, None, None),
    ]
    shop = Meanings(ENTRIES, kind=ReportKind.SHOP, dated=dated)
    visitors, new = shop.of("访客数"), shop.of(" 新指标 ")
    assert visitors is not None
    assert new is not None
    assert [visitors.on(day) for day in (date(2018, 12, 31), date(2019, 1, 1))] == ["pv", "uv"]
    days = (date(2019, 12, 31), date(2020, 1, 1), date(2020, 12, 31), date(2021, 1, 1))
    assert [new.on(day) for day in days] == [None, "gmv", "gmv", "order_amount"]
    assert shop.of("别的") is None
    assert Meanings(ENTRIES, kind=ReportKind.PRODUCT, dated=dated).of("新指标") is None


def test_dated_aliases_are_read_from_a_table() -> None:
    text = "header,metric,report,since,until,provenance\n流量,pv,,,2019-12-31,x\n流量,uv,shop,2020-01-01,,y\n"
    assert read_aliases(text) == (
        DatedAlias("流量", "pv", None, None, date(2019, 12, 31)),
        DatedAlias("流量", "uv", ReportKind.SHOP, date(2020, 1, 1), None),
    )


def test_the_dated_aliases_that_ship_name_metrics_of_the_catalogue() -> None:
    assert {alias.metric for alias in DATED} <= set(ENTRIES)
