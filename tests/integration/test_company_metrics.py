"""A company's own metrics: declared as the shipped ones are, versioned, and known wherever figures are made (MET-4)."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.metrics import declaring
from attain_api.state import ApiState
from attain_shared.metrics.catalogue import ENTRIES
from tests.support.companies import Company, make_company, make_connector, make_member, make_shop
from tests.support.http import created, ok, pointers, problem
from tests.support.pushes import (
    PUSHES,
    Pusher,
    make_pusher,
    name_of,
    push_and_take_in,
    read_batch,
    read_total,
    read_values,
    read_verdicts,
)
from tests.support.statements import count_statements
from tests.support.worker import count_rows, take_in

METRICS = "/v1/metrics"
SUM: dict[str, Any] = {"code": "live_gmv", "zh": "直播成交金额", "en": "Live GMV", "unit": "CNY", "algebra": "additive"}
SUM |= {"better": "higher"}
KEPT: dict[str, Any] = {
    "code": "kept",
    "zh": "净支付率",
    "en": "Kept after refunds",
    "unit": "ratio",
    "algebra": "ratio",
}
KEPT |= {"numerator": "gmv-refund_amount", "denominator": "gmv", "better": "higher"}
SCORE: dict[str, Any] = {"code": "score", "zh": "店铺评分", "en": "Score", "unit": "score", "algebra": "snapshot"}
SCORE |= {"over_shops": "weighted_mean", "over_shops_weight": "reviews", "better": "higher"}


@pytest.fixture
async def company(state: ApiState) -> Company:
    return await make_company(state)


async def declare(api: AsyncClient, company: Company, declared: dict[str, Any], **more: Any) -> dict[str, Any]:
    return created(await api.post(METRICS, json=declared | more, headers=company.headers))


async def test_a_metric_is_declared_read_changed_and_keeps_its_versions(api: AsyncClient, company: Company) -> None:
    response = await api.post(METRICS, json=KEPT | {"aliases": ["净成交占比"]}, headers=company.headers)
    made, path, tag = created(response), response.headers["location"], response.headers["etag"]
    assert made == KEPT | {
        "origin": "company",
        "version": 1,
        "numerator": "gmv - refund_amount",
        "over_shops": "pooled",
        "over_shops_weight": None,
        "default_aggregate": "deduplicated",
        "aliases": ["净成交占比"],
    }
    read = await api.get(path, headers=company.headers)
    assert (ok(read), read.headers["etag"]) == (made, tag)
    unmodified = await api.get(path, headers=company.headers | {"If-None-Match": tag})
    assert unmodified.status_code == 304

    change = {"zh": "净成交率", "numerator": "gmv - refund_amount - ad_spend", "better": "none"}
    changed = await api.patch(path, json=change, headers=company.headers | {"If-Match": tag})
    assert ok(changed) == made | change | {"version": 2}
    assert ok(await api.get(path, headers=company.headers)) == changed.json()
    problem(
        await api.patch(path, json={"zh": "x"}, headers=company.headers | {"If-Match": tag}), status=412, code="stale"
    )
    versions = ok(await api.get(f"{path}/versions", headers=company.headers))
    shown = [{name: one[name] for name in made} for one in versions["items"]]
    assert shown == [changed.json(), made]
    assert {one["created_by"] for one in versions["items"]} == {str(company.person_id)}
    part = ok(await api.get(f"{path}/versions?limit=1&sort=version", headers=company.headers))
    rest = ok(await api.get(f"{path}/versions?sort=version&cursor={part['next_cursor']}", headers=company.headers))
    assert [one["version"] for one in part["items"] + rest["items"]] == [1, 2]


async def test_a_change_of_nothing_makes_no_version(api: AsyncClient, state: ApiState, company: Company) -> None:
    path = f"{METRICS}/{(await declare(api, company, KEPT))['code']}"
    same = {"zh": KEPT["zh"], "numerator": " gmv  - refund_amount", "aliases": []}
    assert ok(await api.patch(path, json=same, headers=company.headers))["version"] == 1
    assert await count_rows(state, "company_metrics", company.company_id) == 1


async def test_the_catalogue_lists_what_ships_and_then_the_companys_own(api: AsyncClient, company: Company) -> None:
    shipped = ok(await api.get(METRICS, headers=company.headers))["items"]
    assert [one["code"] for one in shipped] == list(ENTRIES)
    assert {(one["origin"], one["version"]) for one in shipped} == {("shipped", None)}
    made = [await declare(api, company, one) for one in (SUM, SCORE)]
    assert ok(await api.get(METRICS, headers=company.headers))["items"] == shipped + made
    one = await api.get(f"{METRICS}/{shipped[0]['code']}", headers=company.headers)
    assert (ok(one), bool(one.headers["etag"])) == (shipped[0], True)
    assert ok(await api.get(f"{METRICS}/gmv/versions", headers=company.headers))["items"] == []


@pytest.mark.parametrize(
    ("algebra", "over_shops"),
    [("additive", "sum"), ("distinct", "bounds"), ("snapshot", "refused")],
)
async def test_shops_go_together_as_the_algebra_has_it(
    api: AsyncClient, company: Company, algebra: str, over_shops: str
) -> None:
    """MET-3; how a snapshot does is never guessed."""
    assert (await declare(api, company, SUM, algebra=algebra))["over_shops"] == over_shops


async def test_a_code_is_declared_once(api: AsyncClient, company: Company) -> None:
    await declare(api, company, SUM)
    again = SUM | {"zh": "另一个", "en": "Another"}
    problem(await api.post(METRICS, json=again, headers=company.headers), status=409, code="metric-exists")
    problem(
        await api.post(METRICS, json=again | {"code": "gmv"}, headers=company.headers),
        status=409,
        code="metric-exists",
    )


async def test_a_code_is_no_name_of_another_metric(api: AsyncClient, company: Company) -> None:
    """Its own label may be the same as its code; and a change is not held up by a name that came to ship later."""
    await declare(api, company, SUM, aliases=["Live"])
    taken = await api.post(METRICS, json=KEPT | {"code": "live"}, headers=company.headers)
    assert pointers(taken) == [("/code", "alias-taken")]
    await declare(api, company, KEPT, en="kept")


async def test_who_declared_it_is_shown_to_who_sees_people(api: AsyncClient, state: ApiState, company: Company) -> None:
    """SEC-3: a connector knows nobody."""
    await declare(api, company, SUM)
    shop = await make_shop(state, company)
    shown = {}
    for role in ("hr", "executive", "employee"):
        member = await make_member(state, company, roles=(role,))
        shown[role] = await _declarer(api, member.headers)
    shown["connector"] = await _declarer(api, (await make_connector(state, company, shop_ids=[shop.id])).headers)
    declarer = str(company.person_id)
    assert shown == {"hr": declarer, "executive": declarer, "employee": None, "connector": None}


async def _declarer(api: AsyncClient, headers: dict[str, str]) -> str | None:
    (version,) = ok(await api.get(f"{METRICS}/live_gmv/versions", headers=headers))["items"]
    declarer: str | None = version["created_by"]
    return declarer


async def test_two_declare_one_code_at_once(api: AsyncClient, state: ApiState, company: Company) -> None:
    responses = await asyncio.gather(*(api.post(METRICS, json=SUM, headers=company.headers) for _ in range(5)))
    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409, 409]
    assert await count_rows(state, "company_metrics", company.company_id) == 1


async def test_a_metric_declared_twice_with_one_key_is_one(api: AsyncClient, company: Company) -> None:
    headers = company.headers | {"Idempotency-Key": "k"}
    first, again = [created(await api.post(METRICS, json=SUM, headers=headers)) for _ in range(2)]
    assert again == first


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (SUM | {"code": "Live"}, [("/code", "string-pattern-mismatch")]),
        (SUM | {"code": "a" * 81}, [("/code", "string-pattern-mismatch")]),
        (SUM | {"zh": " "}, [("/zh", "string-too-short")]),
        (SUM | {"algebra": "magic"}, [("/algebra", "enum")]),
        (SUM | {"company_id": "x"}, [("/company_id", "extra-forbidden")]),
        (SUM | {"over_shops": "bounds"}, [("/over_shops", "over-shops-refused")]),
        (SUM | {"numerator": "gmv"}, [("/numerator", "not-a-ratio")]),
        (
            SUM | {"aliases": ["直播", "成交 金额", "直播"]},
            [("/aliases/1", "alias-taken"), ("/aliases/2", "duplicate")],
        ),
        (SUM | {"zh": "访客数"}, [("/zh", "alias-taken")]),
        (SUM | {"zh": "商品访客数"}, [("/zh", "alias-taken")]),
        (SUM | {"aliases": ["支付金额 (item)"]}, [("/aliases/0", "alias-taken")]),
        (
            SUM | {"zh": "统计日期", "aliases": ["商品ID"]},
            [("/zh", "reserved-header"), ("/aliases/0", "reserved-header")],
        ),
        (SCORE | {"over_shops_weight": None}, [("/over_shops_weight", "missing")]),
        (KEPT | {"numerator": None}, [("/numerator", "missing")]),
        (KEPT | {"numerator": "gmv / uv"}, [("/numerator", "invalid-formula")]),
        (KEPT | {"denominator": "magic"}, [("/denominator", "unknown-metric")]),
        (KEPT | {"denominator": "kept"}, [("/denominator", "circular")]),
        (KEPT | {"denominator": "conversion"}, [("/denominator", "not-a-part")]),
    ],
    ids=lambda value: str(value)[-60:],
)
async def test_what_cannot_be_computed_is_refused(
    api: AsyncClient, company: Company, declared: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert pointers(await api.post(METRICS, json=declared, headers=company.headers)) == expected


async def test_an_aggregate_that_does_not_fit_is_refused(api: AsyncClient, company: Company) -> None:
    """MET-5a."""
    refused = await api.post(METRICS, json=SUM | {"default_aggregate": "daily_pooled"}, headers=company.headers)
    (error,) = problem(refused, status=422, code="roll-up-refused")["errors"]
    assert (error["pointer"], error["code"]) == ("/default_aggregate", "roll-up-refused")


async def test_a_change_is_checked_as_a_declaration_is(api: AsyncClient, company: Company) -> None:
    await declare(api, company, SUM, aliases=["直播间成交"])
    await declare(api, company, KEPT)
    for code, change, expected in (
        ("kept", {"code": "other"}, ("/code", "extra-forbidden")),
        ("kept", {"algebra": "additive"}, ("/algebra", "extra-forbidden")),
        ("kept", {"unit": "CNY"}, ("/unit", "extra-forbidden")),
        ("kept", {"numerator": None}, ("/numerator", "string-type")),
        ("kept", {"numerator": "kept"}, ("/numerator", "circular")),
        ("kept", {"denominator": "gmv uv"}, ("/denominator", "invalid-formula")),
        ("kept", {"aliases": ["直播间 成交"]}, ("/aliases/0", "alias-taken")),
        ("live_gmv", {"numerator": "gmv"}, ("/numerator", "not-a-ratio")),
    ):
        response = await api.patch(f"{METRICS}/{code}", json=change, headers=company.headers)
        assert (code, change, pointers(response)[0]) == (code, change, expected)


async def test_what_ships_stands_and_the_rest_is_unknown(api: AsyncClient, state: ApiState, company: Company) -> None:
    response = await api.patch(f"{METRICS}/gmv", json={"zh": "x"}, headers=company.headers)
    problem(response, status=403, code="not-allowed")
    for path in ("/live_gmv", "/live_gmv/versions"):
        problem(await api.get(METRICS + path, headers=company.headers), status=404, code="not-found")
    problem(
        await api.patch(f"{METRICS}/live_gmv", json={"zh": "x"}, headers=company.headers), status=404, code="not-found"
    )
    hr = await make_member(state, company, roles=("hr", "employee"))
    problem(await api.post(METRICS, json=SUM, headers=hr.headers), status=403, code="not-allowed")


async def test_a_company_declares_so_many_and_no_more(
    api: AsyncClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declaring, "MAX_METRICS", 1)
    await declare(api, company, SUM)
    problem(await api.post(METRICS, json=KEPT, headers=company.headers), status=409, code="too-many-metrics")


async def test_a_declaration_is_in_the_trail(api: AsyncClient, company: Company) -> None:
    """SEC-5."""
    await declare(api, company, SUM)
    ok(await api.patch(f"{METRICS}/live_gmv", json={"zh": "直播额"}, headers=company.headers))
    found = ok(await api.get("/v1/audit-entries?resource_type=metric", headers=company.headers))["items"]
    assert {one["action"] for one in found} == {"create_metric", "update_metric"}


async def test_the_same_code_means_to_each_company_what_it_declared(api: AsyncClient, state: ApiState) -> None:
    """ORG-0: figures of one are never made with the other's formula, nor its metrics known."""
    ours, theirs = await make_pusher(state), await make_pusher(state)
    for pusher in (ours, theirs):
        rows = [pusher.row("gmv", value="100"), pusher.row("refund_amount", value="20"), pusher.row("pv", value="50")]
        await push_and_take_in(api, state, pusher, *rows)
    await declare(api, ours.company, KEPT)
    question = {"shop_id": str(theirs.shop.id), "metric": "kept", "from": "2026-07-01", "to": "2026-07-31"}
    unknown = await api.get("/v1/metric-values", params=question, headers=theirs.company.headers)
    assert pointers(unknown) == [("/query/metric", "unknown-metric")]
    await declare(api, theirs.company, KEPT, numerator="pv", zh="每元浏览量")
    assert (await read_total(api, ours, metric="kept"))["value"] == "0.8"
    assert (await read_total(api, theirs, metric="kept"))["value"] == "0.5"
    assert [(await read_values(api, one, metric="kept"))[0]["value"] for one in (ours, theirs)] == ["0.8", "0.5"]
    ok(await api.patch(f"{METRICS}/kept", json={"numerator": "gmv"}, headers=theirs.company.headers))
    assert (await read_total(api, ours, metric="kept"))["value"] == "0.8"
    shown = [ok(await api.get(f"{METRICS}/kept", headers=one.company.headers)) for one in (ours, theirs)]
    assert [one["version"] for one in shown] == [1, 2]


async def test_over_several_shops_a_score_is_weighted_as_declared(api: AsyncClient, state: ApiState) -> None:
    """MET-3: also where the weight is the company's own; and what is to be refused over shops is."""
    pusher = await make_pusher(state)
    other = await make_shop(state, pusher.company)
    shops = [str(pusher.shop.id), str(other.id)]
    scope = {"shop_ids": shops}
    connector = f"/v1/connectors/{pusher.connector.id}"
    ok(await api.patch(connector, json=scope, headers=pusher.company.headers))
    await declare(api, pusher.company, SUM)
    await declare(api, pusher.company, SCORE, over_shops_weight="live_gmv")
    rows = [
        pusher.row(code, value=value) | {"shop": name_of(shop)}
        for shop, score, weight in ((pusher.shop, "4", "100"), (other, "5", "300"))
        for code, value in (("score", score), ("live_gmv", weight))
    ]
    assert set(await push_and_take_in(api, state, pusher, *rows)) == {"accepted"}
    assert (await read_total(api, pusher, metric="score", shop_id=shops))["value"] == "4.75"
    await declare(
        api, pusher.company, SCORE, code="rank", zh="排名", en="Rank", over_shops=None, over_shops_weight=None
    )
    question = {"shop_id": shops, "metric": "rank", "from": "2026-07-01", "to": "2026-07-31"}
    refused = await api.get("/v1/metric-values/total", params=question, headers=pusher.company.headers)
    problem(refused, status=422, code="roll-up-refused")


async def test_a_template_may_measure_the_companys_own(api: AsyncClient, state: ApiState, company: Company) -> None:
    """GOAL-9."""
    await declare(api, company, KEPT, default_aggregate="daily_pooled")
    kpi = {"name": "净支付", "kind": "metric", "metric": "kept"}
    body = {"name": "策划", "function": "planning", "tier": "frontline", "grade": "senior", "kpi_template": [kpi]}
    made = created(await api.post("/v1/positions", json=body, headers=company.headers))
    (shown,) = made["kpi_template"]
    assert (shown["aggregate"], shown["unit"], shown["direction"]) == ("daily_pooled", "ratio", "higher_better")
    other = await make_company(state)
    response = await api.post("/v1/positions", json=body, headers=other.headers)
    assert pointers(response) == [("/kpi_template/0/metric", "unknown-metric")]


async def test_rows_of_a_metric_go_in_once_it_is_declared(api: AsyncClient, state: ApiState) -> None:
    """ING-3: unknown codes are rejected row by row, and replayed after the cause is mended."""
    pusher = await make_pusher(state)
    batch = await pusher.push(api, pusher.row("gmv", value="5"), pusher.row("live_gmv", value="7"))
    await take_in(state, pusher.company_id)
    assert await read_verdicts(api, pusher, batch) == ["accepted", "rejected"]
    await declare(api, pusher.company, SUM)
    ok(await api.post(f"{PUSHES}/{batch}/actions/replay", headers=pusher.connector.headers))
    await take_in(state, pusher.company_id)
    assert await read_verdicts(api, pusher, batch) == ["accepted", "accepted"]
    assert (await read_batch(api, pusher, batch))["verdicts"]["rejected"] == 0
    assert (await read_total(api, pusher, metric="live_gmv"))["value"] == "7"


async def test_catalogue_and_figures_take_few_statements(api: AsyncClient, state: ApiState) -> None:
    """P12: as many for many metrics as for none."""
    pusher = await make_pusher(state)
    connector = await make_connector(state, pusher.company, shop_ids=[pusher.shop.id])
    counts = [await _count(api, pusher, connector.headers)]
    for number in range(20):
        await declare(api, pusher.company, SUM, code=f"own_{number}", zh=f"指标{number}", en=f"Own {number}")
    counts.append(await _count(api, pusher, connector.headers))
    assert counts == [[2, 2, 4, 4]] * 2


async def _count(api: AsyncClient, pusher: Pusher, headers: dict[str, str]) -> list[int]:
    question = f"shop_id={pusher.shop.id}&metric=gmv&from=2026-07-01&to=2026-07-31"
    counts = []
    for path in (METRICS, f"{METRICS}/gmv", f"/v1/metric-values?{question}", f"/v1/metric-values/total?{question}"):
        with count_statements() as statements:
            ok(await api.get(path, headers=headers))
        counts.append(len(statements))
    return counts
