"""Short ways to write the rules' inputs down."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from attain_shared.rules.algebra import Algebra, Metric, OverShops, parse_expression
from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain, Window
from attain_shared.rules.reading import Coverage, Reading
from attain_shared.rules.rubric import SCALE, Op, Quantifier, Rubric, Rule
from attain_shared.rules.tiling import Cell

D = Decimal
JULY = Window(date(2026, 7, 1), date(2026, 7, 31))
SHOP, OTHER = "shop-a", "shop-b"


def metric(code: str, algebra: Algebra, over_shops: OverShops, **more: str) -> Metric:
    return Metric(
        code,
        "",
        algebra,
        over_shops,
        over_shops_weight=more.get("weight"),
        numerator=parse_expression(more.get("numerator", "")),
        denominator=parse_expression(more.get("denominator", "")),
    )


def ratio(code: str, numerator: str = "", denominator: str = "") -> Metric:
    return metric(code, Algebra.RATIO, OverShops.POOLED, numerator=numerator, denominator=denominator)


GMV = metric("gmv", Algebra.ADDITIVE, OverShops.SUM)
REFUNDS = metric("refund_amount", Algebra.ADDITIVE, OverShops.SUM)
REVIEWS = metric("reviews", Algebra.ADDITIVE, OverShops.SUM)
UV = metric("uv", Algebra.DISTINCT, OverShops.BOUNDS)
BUYERS = metric("paying_buyers", Algebra.DISTINCT, OverShops.BOUNDS)
SELLING = metric("selling_items", Algebra.DISTINCT, OverShops.BOUNDS)
MEMBERS = metric("members", Algebra.SNAPSHOT, OverShops.SUM)
ACTIVE = metric("active_members", Algebra.SNAPSHOT, OverShops.SUM)
LISTED = metric("listed_items", Algebra.SNAPSHOT, OverShops.SUM)
DSR = metric("dsr_service", Algebra.SNAPSHOT, OverShops.WEIGHTED_MEAN, weight="reviews")
SCORE = metric("shop_score", Algebra.SNAPSHOT, OverShops.WEIGHTED_MEAN, weight="reviews")
REPEAT_30D = metric("repeat_30d", Algebra.SNAPSHOT, OverShops.REFUSED)
CONVERSION = ratio("conversion", "paying_buyers", "uv")
AOV = ratio("aov", "gmv", "paying_buyers")
REFUND_RATE = ratio("refund_rate", "refund_amount", "gmv")
STALE_RATE = ratio("stale_rate", "listed_items - selling_items", "listed_items")
ACTIVE_SHARE = ratio("active_share", "active_members", "members")
SCORE_SHARE = ratio("score_share", "gmv", "shop_score")
BARE_RATIO = ratio("bare_ratio")
CATALOGUE = {
    one.code: one
    for one in (
        *(GMV, REFUNDS, REVIEWS, UV, BUYERS, SELLING, MEMBERS, ACTIVE, LISTED, DSR, SCORE, REPEAT_30D),
        *(CONVERSION, AOV, REFUND_RATE, STALE_RATE, ACTIVE_SHARE, SCORE_SHARE, BARE_RATIO),
    )
}


def cell(
    code: Metric | str,
    bucket: date,
    value: Decimal | str | int,
    *,
    grain: Grain = Grain.DAY,
    shop: str = SHOP,
    through: date | None = None,
    finality: Finality = Finality.FINAL,
) -> Cell:
    return Cell(shop, code if isinstance(code, str) else code.code, grain, bucket, D(value), finality, through)


def july(day: int) -> date:
    return date(2026, 7, day)


def daily(code: Metric | str, values: Sequence[int | str], *, shop: str = SHOP, first: int = 1) -> list[Cell]:
    """One day row after the other from a day of July on."""
    return [cell(code, july(day), value, shop=shop) for day, value in enumerate(values, start=first)]


def monthly(code: Metric | str, value: Decimal | str | int, *, shop: str = SHOP, through: date | None = None) -> Cell:
    """July's month row."""
    return cell(code, july(1), value, grain=Grain.MONTH, shop=shop, through=through)


FULL = Coverage(31, 31, 0)
PARTIAL = Coverage(31, 30, 0)


def point(value: str | int, *, coverage: Coverage = FULL, estimated: bool = False) -> Reading:
    return Reading(D(value), None, None, not estimated, estimated, None, coverage)


def interval(low: str | int, high: str | int, *, coverage: Coverage = FULL) -> Reading:
    return Reading(None, D(low), D(high), exact=False, estimated=False, estimate=None, coverage=coverage)


NOTHING = Reading(None, None, None, exact=False, estimated=False, estimate=None, coverage=Coverage(31, 0, 0))

SHARES = st.decimals(0, 3, places=2)


@st.composite
def accepted_rubrics(draw: st.DrawFn) -> Rubric:
    """Every form of rubric that GOAL-6 accepts."""
    otherwise = draw(st.sampled_from(SCALE))
    below = sorted(draw(st.lists(st.sampled_from([one for one in SCALE if one <= otherwise]), max_size=4)))
    above = sorted(draw(st.lists(st.sampled_from([one for one in SCALE if one >= otherwise]), max_size=4)))[::-1]
    ops = [Op.AT_MOST] * len(below) + [Op.AT_LEAST] * len(above)
    rules = [
        Rule(draw(st.sampled_from(Quantifier)), op, draw(SHARES), figure)
        for op, figure in zip(ops, below + above, strict=True)
    ]
    return Rubric(tuple(rules), otherwise)
