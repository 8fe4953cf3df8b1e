"""Values by bucket and totals over a period: what the algebra allows, with bounds instead of lies (MET-3, MET-5)."""

from datetime import date, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import make_company, make_member, make_shop
from tests.support.http import ok, pointers, problem
from tests.support.pushes import Pusher, make_pusher, name_of, push_and_take_in, read_total, read_values
from tests.support.statements import count_statements

JULY = [str(date(2026, 7, 1) + timedelta(days=day)) for day in range(31)]


async def july(api: AsyncClient, state: ApiState, **metrics: list[str]) -> Pusher:
    """A shop with these day values from the first of July on; a blank is no row."""
    pusher = await make_pusher(state)
    rows = [
        pusher.row(metric, bucket=day, value=value)
        for metric, values in metrics.items()
        for day, value in zip(JULY, values, strict=False)
        if value
    ]
    await push_and_take_in(api, state, pusher, *rows)
    return pusher


def figures(found: dict[str, Any]) -> tuple[Any, ...]:
    return found["value"], found["low"], found["high"], found["exact"]


async def test_a_months_visitors_out_of_days_are_an_interval(api: AsyncClient, state: ApiState) -> None:
    """MET-5: July's daily UV sums to 31,000 with a largest day of 1,800."""
    pusher = await july(api, state, uv=["1800", "200", *["1000"] * 29])
    total = await read_total(api, pusher, metric="uv")
    assert figures(total) == (None, "1800", "31000", False)
    assert total["coverage"] == {"expected": 31, "present": 31, "provisional": 0}
    assert total["aggregate"] == "deduplicated"
    (month,) = await read_values(api, pusher, metric="uv", grain="month")
    assert figures(month) == (None, "1800", "31000", False)


async def test_a_months_own_row_is_exact(api: AsyncClient, state: ApiState) -> None:
    """MET-5."""
    pusher = await july(api, state, uv=["1000"] * 31)
    await push_and_take_in(api, state, pusher, pusher.row("uv", grain="month", value="12000"))
    assert figures(await read_total(api, pusher, metric="uv")) == ("12000", None, None, True)


async def test_what_adds_up_is_summed_over_days_and_shops(api: AsyncClient, state: ApiState) -> None:
    """MET-3."""
    pusher = await july(api, state, gmv=["0.10", "0.20", "1234567890123456.78"])
    other = await make_shop(state, pusher.company)
    shops = [str(shop.id) for shop in (other, pusher.shop, other)]
    question = {"metric": "gmv", "from": "2026-07-01", "to": "2026-07-03", "shop_id": shops}
    found = ok(await api.get("/v1/metric-values/total", params=question, headers=pusher.company.headers))
    assert figures(found) == ("1234567890123457.08", None, None, True)
    assert found["shop_ids"] == [str(other.id), str(pusher.shop.id)]
    assert found["coverage"] == {"expected": 6, "present": 3, "provisional": 0}
    assert (found["from"], found["to"], found["metric"], found["dimension"]) == ("2026-07-01", "2026-07-03", "gmv", "")


async def test_complete_days_win_over_the_month_else_the_month(api: AsyncClient, state: ApiState) -> None:
    """MET-5a: never both."""
    pusher = await july(api, state, gmv=["10"] * 30)
    await push_and_take_in(api, state, pusher, pusher.row(grain="month", value="500"))
    assert (await read_total(api, pusher))["value"] == "500"
    await push_and_take_in(api, state, pusher, pusher.row(bucket="2026-07-31", value="10"))
    assert (await read_total(api, pusher))["value"] == "310"


@pytest.mark.parametrize(
    ("metric", "aggregate", "expected"),
    [
        ("gmv", "deduplicated", ("600", None, None, True)),
        ("gmv", "daily_mean", ("200", None, None, True)),
        ("uv", "daily_mean", ("20", None, None, True)),
        ("uv", "deduplicated", (None, "30", "60", False)),
        ("conversion", "daily_pooled", ("0.1", None, None, True)),
        ("conversion", "deduplicated", (None, "0.05", "0.2", False)),
        ("aov", "daily_pooled", ("100", None, None, True)),
        ("refund_rate", None, ("0.02", None, None, True)),
        ("dwell", None, ("3", None, None, True)),
    ],
)
async def test_a_period_is_formed_as_the_aggregate_says(
    api: AsyncClient, state: ApiState, metric: str, aggregate: str | None, expected: tuple[Any, ...]
) -> None:
    """MET-5a; dwell's default is daily_pooled."""
    pusher = await july(
        api, state, gmv=["100", "200", "300"], uv=["10", "20", "30"], paying_buyers=["1", "2", "3"],
        refund_amount=["12"], stay_seconds=["30", "60", "90"],
    )  # fmt: skip
    params = {"metric": metric, "to": "2026-07-03"} | ({"aggregate": aggregate} if aggregate else {})
    if metric == "refund_rate":
        await push_and_take_in(
            api, state, pusher, *(pusher.row("refund_amount", bucket=day, value="0") for day in JULY[1:3])
        )
    assert figures(await read_total(api, pusher, **params)) == expected


async def test_a_ratio_takes_period_rows_before_its_own_row_before_bounds(api: AsyncClient, state: ApiState) -> None:
    """MET-5a: the order of a deduplicated ratio; Σ/Σ stands beside the interval as an estimate."""
    pusher = await july(api, state, uv=["100"] * 31, paying_buyers=["5"] * 31)
    total = await read_total(api, pusher, metric="conversion")
    assert (total["value"], total["estimate"], total["exact"]) == (None, "0.05", False)
    assert (total["low"], total["high"]) == ("0.001612903226", "1.55")
    await push_and_take_in(api, state, pusher, pusher.row("conversion", grain="month", value="0.061"))
    assert figures(await read_total(api, pusher, metric="conversion")) == ("0.061", None, None, True)
    rows = [pusher.row("uv", grain="month", value="1000"), pusher.row("paying_buyers", grain="month", value="60")]
    await push_and_take_in(api, state, pusher, *rows)
    assert figures(await read_total(api, pusher, metric="conversion")) == ("0.06", None, None, True)


async def test_a_denominator_of_zero_has_no_quotient(api: AsyncClient, state: ApiState) -> None:
    """MET-5a."""
    pusher = await july(api, state, gmv=["0"], refund_amount=["0"])
    found = await read_total(api, pusher, metric="refund_rate", to="2026-07-01")
    assert figures(found) == (None, None, None, False)


async def test_a_snapshot_is_its_last_value(api: AsyncClient, state: ApiState) -> None:
    """MET-3."""
    pusher = await july(api, state, members=["100", "", "130", "120"])
    assert (await read_total(api, pusher, metric="members"))["value"] == "120"


@pytest.mark.parametrize(
    ("metric", "aggregate", "shops"),
    [
        ("repeat_30d", "deduplicated", 2),
        ("gmv", "daily_pooled", 1),
        ("conversion", "daily_mean", 1),
        ("dsr_service", "daily_mean", 2),
    ],
)
async def test_a_roll_up_that_does_not_fit_is_refused(
    api: AsyncClient, state: ApiState, metric: str, aggregate: str, shops: int
) -> None:
    """MET-3: never computed."""
    company = await make_company(state)
    ids = [str((await make_shop(state, company)).id) for _ in range(shops)]
    question = {"metric": metric, "from": "2026-07-01", "to": "2026-07-03", "aggregate": aggregate, "shop_id": ids}
    response = await api.get("/v1/metric-values/total", params=question, headers=company.headers)
    content = problem(response, status=422, code="roll-up-refused")
    assert [wrong["pointer"] for wrong in content["errors"]] == ["/query/aggregate"]


async def test_a_bucket_without_data_has_nulls(api: AsyncClient, state: ApiState) -> None:
    """MET-8: absent is not zero."""
    pusher = await july(api, state, gmv=["0", "", "5"])
    found = await read_values(api, pusher, to="2026-07-03")
    assert [(one["bucket"], one["value"], one["exact"], one["coverage"]["present"]) for one in found] == [
        ("2026-07-01", "0", True, 1),
        ("2026-07-02", None, False, 0),
        ("2026-07-03", "5", True, 1),
    ]
    assert {(one["low"], one["high"], one["estimate"], one["estimated"]) for one in found} == {
        (None, None, None, False)
    }


async def test_buckets_of_every_grain_that_have_a_day_in_the_window_are_returned(
    api: AsyncClient, state: ApiState
) -> None:
    """MET-2: weeks start on Monday; a bucket is told whole."""
    pusher = await july(api, state, gmv=["1"] * 31)
    expected = {
        "week": [("2026-06-29", "5"), ("2026-07-06", "7")],
        "month": [("2026-07-01", "31")],
        "quarter": [("2026-07-01", "31")],
    }
    for grain, buckets in expected.items():
        found = await read_values(api, pusher, grain=grain, to="2026-07-10")
        assert [(one["bucket"], one["value"]) for one in found] == buckets, grain


async def test_a_dimension_is_apart_from_the_whole(api: AsyncClient, state: ApiState) -> None:
    """MET-2: nothing adds dimensions up to the whole."""
    pusher = await make_pusher(state)
    rows = [pusher.row(dimension=f"item:{number}", value="10") for number in (1, 2)]
    await push_and_take_in(api, state, pusher, *rows)
    assert (await read_total(api, pusher))["value"] is None
    assert (await read_total(api, pusher, dimension="item:1"))["value"] == "10"
    (value,) = await read_values(api, pusher, to="2026-07-01", dimension="item:2")
    assert (value["value"], value["dimension"]) == ("10", "item:2")


async def test_realtime_rows_are_provisional(api: AsyncClient, state: ApiState) -> None:
    """MET-8."""
    pusher = await july(api, state, gmv=["1", "2"])
    await push_and_take_in(api, state, pusher, pusher.row(bucket="2026-07-03", finality="realtime"))
    assert (await read_total(api, pusher, to="2026-07-03"))["coverage"] == {
        "expected": 3, "present": 3, "provisional": 1,
    }  # fmt: skip


async def test_shops_out_of_view_are_not_found(api: AsyncClient, state: ApiState) -> None:
    """ORG-0, SEC-3: another company's shop, one that never was, and one outside the key's scope answer alike."""
    pusher = await make_pusher(state)
    outside, foreign = await make_shop(state, pusher.company), await make_shop(state, await make_company(state))
    window = {"metric": "gmv", "from": "2026-07-01", "to": "2026-07-02"}
    key = {"metric": "gmv", "grain": "day", "bucket": "2026-07-01"}
    paths = (("/v1/metric-values", window), ("/v1/metric-values/total", window), ("/v1/observations/history", key))
    for path, params in paths:
        for shop_id, caller in (
            (foreign.id, pusher.company.headers),
            (new_id(), pusher.company.headers),
            (foreign.id, pusher.connector.headers),
            (outside.id, pusher.connector.headers),
        ):
            response = await api.get(path, params=params | {"shop_id": str(shop_id)}, headers=caller)
            problem(response, status=404, code="not-found")
        ok(await api.get(path, params=params | {"shop_id": str(pusher.shop.id)}, headers=pusher.connector.headers))
        employee = await make_member(state, pusher.company)
        response = await api.get(path, params=params | {"shop_id": str(pusher.shop.id)}, headers=employee.headers)
        problem(response, status=404, code="not-found")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"metric": "nothing"}, ("/query/metric", "unknown-metric")),
        ({"metric": "gmv,"}, ("/query/metric", "unknown-metric")),
        ({"grain": "hour"}, ("/query/grain", "enum")),
        ({"from": "2026-08-01"}, ("/query", "window")),
        ({"from": "1900-01-01"}, ("/query", "window")),
        ({"from": "1.7.2026"}, ("/query/from", "date-format")),
        ({"shop_id": "x"}, ("/query/shop_id/0", "uuid-parsing")),
        ({"as_of": "2026-07-01"}, ("/query/as_of", "instant-format")),
        ({"as_of": "2026-07-01T00:00:00"}, ("/query/as_of", "timezone-aware")),
        ({"dimension": "a\x00"}, ("/query/dimension", "string-pattern-mismatch")),
        ({"colour": "red"}, ("/query/colour", "extra-forbidden")),
        ({"metric": ",".join(["gmv", "uv", "pv"]), "from": "2017-01-01"}, ("/query/to", "too-many-values")),
    ],
    ids=str,
)
async def test_a_question_that_makes_no_sense_is_refused(
    api: AsyncClient, state: ApiState, params: dict[str, str], expected: tuple[str, str]
) -> None:
    company = await make_company(state)
    shop = await make_shop(state, company)
    question = {"shop_id": str(shop.id), "metric": "gmv", "from": "2026-07-01", "to": "2026-07-31"} | params
    response = await api.get("/v1/metric-values", params=question, headers=company.headers)
    assert pointers(response) == [expected]


async def test_a_question_takes_the_same_statements_however_long(api: AsyncClient, state: ApiState) -> None:
    pusher = await july(api, state, gmv=["1"] * 31, uv=["1"] * 31)
    counts = []
    for metrics, to in (("gmv", "2026-07-01"), ("gmv,uv,conversion,dwell", "2026-09-28")):
        with count_statements() as statements:
            await read_values(api, pusher, metric=metrics, to=to)
        counts.append(len(statements))
    assert counts == [4, 4]  # P12


async def test_several_shops_and_metrics_come_in_the_order_asked_for(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    other = await make_shop(state, pusher.company)
    row = pusher.row("uv", value="3") | {"shop": name_of(other)}
    headers = pusher.company.headers | {"Idempotency-Key": "k"}
    body = {"observations": [row], "grain": "day", "observed_at": "2026-08-01T09:00:00+08:00"}
    assert (await api.post("/v1/metric-batches", json=body, headers=headers)).status_code == 202
    await push_and_take_in(api, state, pusher, pusher.row())
    shops = [str(shop.id) for shop in (other, pusher.shop)]
    question = {"metric": "uv,gmv", "from": "2026-07-01", "to": "2026-07-01", "shop_id": shops}
    found = ok(await api.get("/v1/metric-values", params=question, headers=pusher.company.headers))
    shown = [(one["shop_id"], one["metric"], one["value"]) for one in found["items"]]
    assert shown == [
        (str(other.id), "uv", "3"), (str(other.id), "gmv", None),
        (str(pusher.shop.id), "uv", None), (str(pusher.shop.id), "gmv", "100"),
    ]  # fmt: skip
    assert found["next_cursor"] is None


async def test_the_catalogue_is_for_everybody_of_a_company(api: AsyncClient, state: ApiState) -> None:
    """MET-4."""
    pusher = await make_pusher(state)
    employee = await make_member(state, pusher.company)
    listed = ok(await api.get("/v1/metrics", headers=employee.headers))
    assert ok(await api.get("/v1/metrics", headers=pusher.connector.headers)) == listed
    found = {one["code"]: one for one in listed["items"]}
    assert (found["gmv"]["zh"], found["gmv"]["algebra"], found["gmv"]["numerator"]) == ("支付金额", "additive", None)
    assert found["conversion"]["numerator"] == "paying_buyers"
    assert found["stale_rate"]["numerator"] == "listed_items - selling_items"
    assert found["dsr_service"]["over_shops_weight"] == "reviews"
