"""Cross-checks of what was pushed: found beside the figures, told, and over once they go together (MET-9, MET-5a)."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text
from structlog.testing import capture_logs

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.metrics.models import ShopCheck
from attain_shared.shops.models import Shop
from attain_worker.checks import repository, service
from tests.support.companies import make_company, make_connector, make_member, make_shop
from tests.support.http import ok, problem
from tests.support.pushes import Pusher, make_pusher, push_and_take_in, read_batch
from tests.support.statements import count_statements
from tests.support.worker import count_rows, cross_check, new_checks

FINDINGS = "/v1/metric-findings"
LATER = "2026-08-02T09:00:00+08:00"


def days_of(pusher: Pusher, metric: str, values: list[Any], *, first: str = "2026-07-01", **more: object) -> list[Any]:
    """One day row after the other; None is no row."""
    start = date.fromisoformat(first)
    return [
        pusher.row(metric, bucket=str(start + timedelta(days=number)), value=str(value), **more)
        for number, value in enumerate(values)
        if value is not None
    ]


async def taken_in(api: AsyncClient, state: ApiState, pusher: Pusher, *rows: Any, **more: Any) -> None:
    """Push, take in, and cross-check."""
    await push_and_take_in(api, state, pusher, *rows, **more)
    await cross_check(state, pusher.company_id)


async def read_findings(api: AsyncClient, pusher: Pusher, **params: Any) -> list[dict[str, Any]]:
    found = ok(await api.get(FINDINGS, params=params, headers=pusher.company.headers))
    items: list[dict[str, Any]] = found["items"]
    return items


async def told(api: AsyncClient, pusher: Pusher, **params: Any) -> list[tuple[Any, ...]]:
    """The open findings: kind, metric, dimension, grain, bucket, value, expected."""
    names = ("kind", "metric", "dimension", "grain", "bucket", "value", "expected")
    found = await read_findings(api, pusher, **{"state": "open"} | params)
    return sorted(tuple(one[name] for name in names) for one in found)


async def test_figures_that_go_together_are_no_finding(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    row = pusher.row
    parts = [row(value="6842.51"), row("aov", value="68.43"), row("paying_buyers", value="100")]
    await taken_in(api, state, pusher, *parts, row("uv", value="3471"), row("conversion", value="0.0288"))
    assert await told(api, pusher) == []
    assert await count_rows(state, "shop_checks", pusher.company_id) == 0


async def test_a_gmv_that_is_not_aov_times_paying_buyers_is_found(api: AsyncClient, state: ApiState) -> None:
    """MET-9: told, and taken in all the same; for the shop, an item and a channel, in every grain."""
    pusher = await make_pusher(state)
    wrong = {"gmv": "1000", "aov": "120", "paying_buyers": "10"}
    for more in ({}, {"dimension": "item:1"}, {"dimension": "channel:search"}, {"grain": "month"}):
        rows = [pusher.row(metric, value=value, **more) for metric, value in wrong.items()]
        await taken_in(api, state, pusher, *rows)
    rest = ("2026-07-01", "1000", "1200")
    assert await told(api, pusher) == [
        ("aov_mismatch", "gmv", "", "day", *rest),
        ("aov_mismatch", "gmv", "", "month", *rest),
        ("aov_mismatch", "gmv", "channel:search", "day", *rest),
        ("aov_mismatch", "gmv", "item:1", "day", *rest),
    ]


async def test_a_conversion_that_is_not_paying_buyers_by_uv_is_found(api: AsyncClient, state: ApiState) -> None:
    """MET-9."""
    pusher = await make_pusher(state)
    parts = {"conversion": "0.05", "paying_buyers": "36", "uv": "1250"}
    await taken_in(api, state, pusher, *(pusher.row(metric, value=value) for metric, value in parts.items()))
    assert await told(api, pusher) == [("conversion_mismatch", "conversion", "", "day", "2026-07-01", "0.05", "0.0288")]


async def test_figures_of_different_moments_are_not_compared(api: AsyncClient, state: ApiState) -> None:
    """MET-2: a final and a realtime row, two realtime rows an hour apart, and to-date rows of different days."""
    pusher = await make_pusher(state)
    row = pusher.row
    await taken_in(
        api,
        state,
        pusher,
        *(
            row("uv", value="1000"),
            row("conversion", value="0.5"),
            row("paying_buyers", value="5", finality="realtime"),
        ),
        *(
            row(
                metric, value=value, bucket="2026-07-02", finality="realtime", observed_at=f"2026-07-02T{hour}:00+08:00"
            )
            for metric, value, hour in (
                ("uv", "1", "09:00"),
                ("conversion", "3", "09:00"),
                ("paying_buyers", "2", "10:00"),
            )
        ),
        *(
            row(metric, value=value, grain="month", through=through)
            for metric, value, through in (
                ("uv", "1", "2026-07-02"),
                ("conversion", "3", "2026-07-02"),
                ("paying_buyers", "2", "2026-07-03"),
            )
        ),
    )
    assert await told(api, pusher) == []


async def test_a_final_value_below_a_realtime_one_is_found(api: AsyncClient, state: ApiState) -> None:
    """MET-9: the greatest that was ever known counts; a ratio may fall as the day goes on."""
    pusher = await make_pusher(state)
    for value, hour in (("90", "12"), ("120", "18"), ("110", "23")):
        live = {"finality": "realtime", "observed_at": f"2026-07-01T{hour}:00:00+08:00", "value": value}
        await taken_in(api, state, pusher, pusher.row(**live), pusher.row("dwell", **live), pusher.row("uv", **live))
    assert await told(api, pusher) == []
    await taken_in(api, state, pusher, pusher.row(), pusher.row("dwell"), pusher.row("uv", value="120"))
    expected = [("final_below_realtime", "gmv", "", "day", "2026-07-01", "100", "120")]
    assert await told(api, pusher) == expected
    await taken_in(api, state, pusher, pusher.row(value="121", observed_at=LATER))
    assert await told(api, pusher) == []


async def test_a_final_to_date_row_is_held_against_realtime_rows_of_as_many_days(
    api: AsyncClient, state: ApiState
) -> None:
    pusher = await make_pusher(state)
    live = {"grain": "month", "finality": "realtime"}
    row = pusher.row
    await taken_in(api, state, pusher, row(through="2026-07-10", value="100", **live))
    await taken_in(api, state, pusher, row("pv", through="2026-07-20", value="100", **live))
    done = {"grain": "month", "through": "2026-07-15", "value": "90"}
    await taken_in(api, state, pusher, row(**done), row("pv", **done))
    assert await told(api, pusher) == [("final_below_realtime", "gmv", "", "month", "2026-07-01", "90", "100")]


async def test_a_day_ten_times_its_trailing_median_is_found(api: AsyncClient, state: ApiState) -> None:
    """MET-9: of counts, of the shop and its channels; of items only the other checks are made."""
    pusher = await make_pusher(state)
    values = [90, 110, None, 100, 100, 100, 95, 105, 1000]
    rows = days_of(pusher, "gmv", values) + days_of(pusher, "uv", values, dimension="channel:search")
    rows += days_of(pusher, "gmv", values, dimension="item:1") + days_of(pusher, "members", values)
    await taken_in(api, state, pusher, *rows)
    rest = ("day", "2026-07-09", "1000", "100")
    assert await told(api, pusher) == [("tenfold", "gmv", "", *rest), ("tenfold", "uv", "channel:search", *rest)]


async def test_a_median_looks_back_28_days_and_wants_7_of_them(api: AsyncClient, state: ApiState) -> None:
    """MET-9: across the turn of the month, and judged again when a day before it is restated."""
    pusher = await make_pusher(state)
    await taken_in(api, state, pusher, *days_of(pusher, "gmv", [10] * 7, first="2026-07-04"))
    await taken_in(api, state, pusher, pusher.row(bucket="2026-08-01"))
    assert [one[4:] for one in await told(api, pusher)] == [("2026-08-01", "100", "10")]
    too_old = days_of(pusher, "pv", [10] * 7, first="2026-07-03")
    await taken_in(api, state, pusher, *too_old, pusher.row("pv", bucket="2026-08-01"))
    assert [one[1] for one in await told(api, pusher)] == ["gmv"]
    restated = days_of(pusher, "gmv", [11] * 7, first="2026-07-04", observed_at=LATER)
    await taken_in(api, state, pusher, *restated)
    assert await told(api, pusher) == []


async def test_days_that_sum_to_another_value_than_their_month_are_found(api: AsyncClient, state: ApiState) -> None:
    """MET-5a: complete days win, and the disagreement is told; a week of two months is looked at from both."""
    pusher = await make_pusher(state)
    await taken_in(api, state, pusher, pusher.row(grain="week", bucket="2026-07-27", value="71"))
    await taken_in(api, state, pusher, *days_of(pusher, "gmv", [10] * 5, first="2026-07-27"))
    assert await told(api, pusher) == []
    await taken_in(api, state, pusher, *days_of(pusher, "gmv", [10] * 2, first="2026-08-01"))
    expected = [("days_disagree", "gmv", "", "week", "2026-07-27", "71", "70")]
    assert await told(api, pusher) == expected
    restated = pusher.row(bucket="2026-08-02", value="11", observed_at=LATER)
    await taken_in(api, state, pusher, restated)
    assert await told(api, pusher) == []


async def test_days_disagree_only_where_they_add_up_and_are_final(api: AsyncClient, state: ApiState) -> None:
    """MET-3, MET-5a: visitors do not add up; a to-date row speaks for its days; what is counted still, moves."""
    pusher = await make_pusher(state)
    to_date = {"grain": "month", "through": "2026-07-03"}
    rows = [
        *days_of(pusher, "gmv", ["10.01", "10.02", "10.03"]),
        pusher.row(value="30.06", **to_date),
        *days_of(pusher, "uv", [10, 10, 10]),
        pusher.row("uv", value="20", **to_date),
        *days_of(pusher, "pv", [10, 10, 10]),
        pusher.row("pv", value="31", **to_date),
        *days_of(pusher, "paid_orders", [10, 10, 10], finality="realtime"),
        pusher.row("paid_orders", value="31", **to_date),
        *days_of(pusher, "paid_items", [10, None, 10]),
        pusher.row("paid_items", value="31", **to_date),
        *days_of(pusher, "refund_amount", [10, 10, 10], dimension="item:1"),
        pusher.row("refund_amount", value="31", dimension="item:1", **to_date),
    ]
    await taken_in(api, state, pusher, *rows)
    assert await told(api, pusher) == [
        ("days_disagree", "pv", "", "month", "2026-07-01", "31", "30"),
        ("days_disagree", "refund_amount", "item:1", "month", "2026-07-01", "31", "30"),
    ]


async def test_a_companys_own_metric_is_checked_too(api: AsyncClient, state: ApiState) -> None:
    """MET-4."""
    pusher = await make_pusher(state)
    metric = {"code": "live_gmv", "zh": "直播成交金额", "en": "Live GMV", "unit": "CNY"}
    body = metric | {"algebra": "additive", "better": "higher"}
    assert (await api.post("/v1/metrics", json=body, headers=pusher.company.headers)).status_code == 201
    await taken_in(api, state, pusher, *days_of(pusher, "live_gmv", [1] * 7 + [10]))
    assert [one[:2] for one in await told(api, pusher)] == [("tenfold", "live_gmv")]


async def test_a_finding_is_over_and_comes_back(api: AsyncClient, state: ApiState) -> None:
    """MET-9: under the same id; the batch is that of the figure, and reads as before."""
    pusher = await make_pusher(state)
    row = pusher.row
    await taken_in(api, state, pusher, row("aov", value="10"), row("paying_buyers", value="10"))
    batches = []
    for value, hour in (("200", "01"), ("100", "02"), ("300", "03")):
        moment = f"2026-08-02T{hour}:00:00+08:00"
        batches.append(await pusher.push(api, row(value=value, observed_at=moment)))
        await taken_in(api, state, pusher, row("pv"))
        (finding,) = await read_findings(api, pusher)
        if value == "100":
            assert finding["state"] == "resolved"
            assert finding["resolved_at"] is not None
            assert finding["value"] == "200"
            assert await read_findings(api, pusher, state="resolved") == [finding]
            assert await read_findings(api, pusher, state="open") == []
        else:
            assert finding["state"] == "open"
            assert finding["resolved_at"] is None
            assert (finding["value"], finding["expected"], finding["batch_id"]) == (value, "100", batches[-1])
            assert await read_findings(api, pusher, batch_id=batches[-1]) == [finding]
        path = f"{FINDINGS}/{finding['id']}"
        response = await api.get(path, headers=pusher.company.headers)
        assert ok(response) == finding
        tag = {"If-None-Match": response.headers["etag"]}
        assert (await api.get(path, headers=pusher.company.headers | tag)).status_code == 304
    assert await count_rows(state, "metric_findings", pusher.company_id) == 1
    assert (await read_batch(api, pusher, batches[0]))["verdicts"]["accepted"] == 1


async def test_findings_are_filtered_and_paged(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    values = [10] * 7 + [100] * 5
    await taken_in(api, state, pusher, *days_of(pusher, "gmv", values), *days_of(pusher, "pv", values))
    every = await read_findings(api, pusher)
    assert len(every) == 10
    assert [one["id"] for one in every] == sorted((one["id"] for one in every), reverse=True)
    assert await read_findings(api, pusher, sort="id") == every[::-1]
    assert {one["metric"] for one in await read_findings(api, pusher, metric="pv")} == {"pv"}
    spanned = await read_findings(api, pusher, **{"from": "2026-07-09", "to": "2026-07-10"})
    assert sorted({one["bucket"] for one in spanned}) == ["2026-07-09", "2026-07-10"]
    assert await read_findings(api, pusher, kind="aov_mismatch") == []
    assert await read_findings(api, pusher, shop_id=str(pusher.company_id)) == []
    first = ok(await api.get(FINDINGS, params={"limit": 5}, headers=pusher.company.headers))
    rest = ok(await api.get(FINDINGS, params={"cursor": first["next_cursor"]}, headers=pusher.company.headers))
    assert first["items"] + rest["items"] == every
    assert rest["next_cursor"] is None
    problem(
        await api.get(FINDINGS, params={"kind": "strange"}, headers=pusher.company.headers), status=422, code="invalid"
    )


async def test_findings_are_seen_by_whoever_sees_the_shop(api: AsyncClient, state: ApiState) -> None:
    """SEC-3, ORG-0."""
    pusher = await make_pusher(state)
    await taken_in(api, state, pusher, *days_of(pusher, "gmv", [10] * 7 + [100]))
    (finding,) = await read_findings(api, pusher)
    employee = await make_member(state, pusher.company)
    other_shop = await make_shop(state, pusher.company)
    blind = await make_connector(state, pusher.company, shop_ids=[other_shop.id])
    stranger = await make_company(state)
    for headers in (employee.headers, blind.headers, stranger.headers):
        assert ok(await api.get(FINDINGS, headers=headers))["items"] == []
        problem(await api.get(f"{FINDINGS}/{finding['id']}", headers=headers), status=404, code="not-found")
    owners = {"starts_on": "2026-07-01", "owners": [{"type": "person", "id": str(employee.person_id), "share": "1"}]}
    ok(await api.put(f"/v1/shops/{pusher.shop.id}/owners", json=owners, headers=pusher.company.headers))
    for headers in (employee.headers, pusher.connector.headers):
        assert ok(await api.get(FINDINGS, headers=headers))["items"] == [finding]
        assert ok(await api.get(f"{FINDINGS}/{finding['id']}", headers=headers)) == finding


async def mark(state: ApiState, shop: Shop, *, generation: int, month: date = date(2026, 7, 1)) -> None:
    """Mark a month as ingestion does."""
    async with transaction(state.sessions, state.doorbell) as uow:
        check = ShopCheck(company_id=shop.company_id, shop_id=shop.id, month=month, generation=generation)
        await uow.session.merge(check)


async def test_a_month_marked_again_meanwhile_is_left_to_the_next_look(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C12: nothing is written of what was read before, and no mark is lost."""
    pusher = await make_pusher(state)
    await push_and_take_in(api, state, pusher, *days_of(pusher, "gmv", [10] * 7 + [100]))
    await mark(state, pusher.shop, generation=1)
    take_mark = repository.take_mark

    async def marked_meanwhile(*given: Any, **named: Any) -> bool:
        await mark(state, pusher.shop, generation=2)
        return await take_mark(*given, **named)

    monkeypatch.setattr(repository, "take_mark", marked_meanwhile)
    assert await new_checks(state).check(pusher.company_id)
    assert await told(api, pusher) == []
    assert await count_rows(state, "shop_checks", pusher.company_id) == 1
    monkeypatch.undo()
    await cross_check(state, pusher.company_id)
    assert len(await told(api, pusher)) == 1


async def test_a_month_that_cannot_be_checked_holds_up_no_other(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ING-5."""
    pusher = await make_pusher(state)
    healthy = await make_shop(state, pusher.company)
    await push_and_take_in(api, state, pusher, *days_of(pusher, "gmv", [10] * 7 + [100]))
    await mark(state, pusher.shop, generation=1)
    await mark(state, healthy, generation=2)
    list_aovs = repository.list_aovs

    async def fails(session: Any, *, shop_id: UUID, **named: Any) -> Any:
        if shop_id == pusher.shop.id:
            raise ValueError("a bug")
        return await list_aovs(session, shop_id=shop_id, **named)

    monkeypatch.setattr(repository, "list_aovs", fails)
    monkeypatch.setattr(service, "MARKS_AT_A_TIME", 1)
    with capture_logs() as logs:
        assert not await new_checks(state).check(pusher.company_id)
        assert await new_checks(state).check(pusher.company_id)
    assert [line["event"] for line in logs] == ["a month cannot be checked"]
    marks = text("SELECT shop_id FROM shop_checks WHERE company_id = :company_id")
    async with transaction(state.sessions, state.doorbell) as uow:
        left = list(await uow.session.scalars(marks, {"company_id": pusher.company_id}))
    assert left == [pusher.shop.id]
    monkeypatch.undo()
    await cross_check(state, pusher.company_id)
    assert len(await told(api, pusher)) == 1


async def test_statements_are_as_many_whatever_the_rows(api: AsyncClient, state: ApiState) -> None:
    counted = []
    for items in (1, 40):
        pusher = await make_pusher(state)
        parts = {"gmv": "1000", "aov": "120", "paying_buyers": "10"}
        rows = [
            pusher.row(metric, value=value, dimension=f"item:{item}")
            for metric, value in parts.items()
            for item in range(items)
        ]
        await push_and_take_in(api, state, pusher, *rows)
        with count_statements() as seen:
            assert await new_checks(state).check(pusher.company_id)
        counted.append(len(seen))
        assert await count_rows(state, "metric_findings", pusher.company_id) == items
    assert counted[0] == counted[1]
