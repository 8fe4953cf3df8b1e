import pytest

from attain_shared.rules.algebra import Aggregate, Metric, RollUpRefused, check_aggregate, components, parse_expression
from tests.unit.rules.support import AOV, CONVERSION, DSR, GMV, MEMBERS, REPEAT_30D, STALE_RATE, UV


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("", ()),
        ("gmv", ((1, "gmv"),)),
        (" listed_items - selling_items ", ((1, "listed_items"), (-1, "selling_items"))),
        ("-a+b", ((-1, "a"), (1, "b"))),
    ],
)
def test_a_numerator_is_a_sum_of_metrics_met_4(text: str, expression: tuple[tuple[int, str], ...]) -> None:
    assert parse_expression(text) == expression


@pytest.mark.parametrize("text", ["a b", "a -", "a * b", "-", "a / b", "2 a"])
def test_nothing_else_is_an_expression(text: str) -> None:
    with pytest.raises(ValueError, match="not a sum"):
        parse_expression(text)


@pytest.mark.parametrize(
    ("metric", "codes"),
    [
        (GMV, ("gmv",)),
        (DSR, ("dsr_service", "reviews")),
        (AOV, ("aov", "gmv", "paying_buyers")),
        (STALE_RATE, ("stale_rate", "listed_items", "selling_items")),
    ],
)
def test_a_metric_is_read_from_its_own_rows_its_parts_and_its_weight_met_3(
    metric: Metric, codes: tuple[str, ...]
) -> None:
    assert components(metric) == codes


@pytest.mark.parametrize(
    ("metric", "aggregate", "shops", "reason"),
    [
        (GMV, Aggregate.DAILY_POOLED, 1, "no ratio"),
        (MEMBERS, Aggregate.DAILY_POOLED, 1, "no ratio"),
        (CONVERSION, Aggregate.DAILY_MEAN, 1, "is a ratio"),
        (REPEAT_30D, Aggregate.DEDUPLICATED, 2, "no value over several shops"),
        (REPEAT_30D, Aggregate.DAILY_MEAN, 2, "no value over several shops"),
        (DSR, Aggregate.DAILY_MEAN, 2, "no daily mean over several"),
    ],
)
def test_what_the_algebra_forbids_is_refused_with_a_reason_met_3(
    metric: Metric, aggregate: Aggregate, shops: int, reason: str
) -> None:
    with pytest.raises(RollUpRefused, match=reason):
        check_aggregate(metric, aggregate, shops)


@pytest.mark.parametrize(
    ("metric", "aggregate", "shops"),
    [
        (GMV, Aggregate.DEDUPLICATED, 3),
        (UV, Aggregate.DAILY_MEAN, 3),
        (CONVERSION, Aggregate.DAILY_POOLED, 3),
        (REPEAT_30D, Aggregate.DAILY_MEAN, 1),
        (DSR, Aggregate.DEDUPLICATED, 2),
        (MEMBERS, Aggregate.DAILY_MEAN, 2),
    ],
)
def test_what_the_algebra_allows_passes_met_3(metric: Metric, aggregate: Aggregate, shops: int) -> None:
    check_aggregate(metric, aggregate, shops)
