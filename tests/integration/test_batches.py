"""What became of a push, as its connector and the company's people see it (ING-1, ING-3)."""

from datetime import timedelta

from httpx import AsyncClient
from sqlalchemy import update

from attain_api.state import ApiState
from attain_shared.access.models import Connector
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from tests.support.companies import make_company, make_connector, make_member, make_shop
from tests.support.http import ok, pointers, problem
from tests.support.pushes import PUSHES, Pusher, batch_id, body, make_pusher, name_of, push_raw, read_batch
from tests.support.statements import count_statements
from tests.support.worker import count_rows, take_in

NONE = {"accepted": 0, "unchanged": 0, "superseded": 0, "stale": 0, "conflict": 0, "rejected": 0}


async def test_unknown_shops_and_metrics_are_rejected_and_the_rest_goes_in(api: AsyncClient, state: ApiState) -> None:
    """ING-3: a shop outside the key's scope is as unknown as one of another company."""
    pusher = await make_pusher(state)
    outside = await make_shop(state, pusher.company)
    foreign = await make_shop(state, await make_company(state))
    rows = [
        pusher.row(),
        pusher.row() | {"shop": "tmall:none"},
        pusher.row() | {"shop": name_of(outside)},
        pusher.row() | {"shop": name_of(foreign)},
        pusher.row("no_such_metric"),
        pusher.row("uv"),
    ]
    batch = await pusher.push(api, *rows)
    await take_in(state, pusher.company_id)
    read = await read_batch(api, pusher, batch)
    assert (read["state"], read["attempts"], read["error"]) == ("done", 1, None)
    assert read["verdicts"] == NONE | {"accepted": 2, "rejected": 4}
    assert sum(read["verdicts"].values()) == read["received"] == 6
    found = ok(await api.get(f"{PUSHES}/{batch}/rows?verdict=rejected", headers=pusher.connector.headers))["items"]
    assert [(row["index"], row["pointer"], row["code"]) for row in found] == [
        (1, "/observations/1/shop", "unknown-shop"),
        (2, "/observations/2/shop", "unknown-shop"),
        (3, "/observations/3/shop", "unknown-shop"),
        (4, "/observations/4/metric", "unknown-metric"),
    ]
    details = {row["detail"].replace(row["observation"]["shop"], "…") for row in found[:3]}
    assert len(details) == 1
    assert await count_rows(state, "observations", pusher.company_id) == 2


async def test_people_push_for_every_shop_of_their_company(api: AsyncClient, state: ApiState) -> None:
    """SEC-3: an administrator's scope is the company."""
    pusher = await make_pusher(state)
    other = await make_shop(state, pusher.company)
    foreign = await make_shop(state, await make_company(state))
    rows = [pusher.row() | {"shop": name_of(shop)} for shop in (pusher.shop, other, foreign)]
    headers = pusher.company.headers | {"Idempotency-Key": "k"}
    batch = batch_id(await api.post(PUSHES, json=body(rows, lane="backfill"), headers=headers))
    await take_in(state, pusher.company_id)
    read = ok(await api.get(f"{PUSHES}/{batch}", headers=pusher.company.headers))
    assert read["verdicts"] == NONE | {"accepted": 2, "rejected": 1}
    assert read["connector_id"] is None


async def test_a_shop_taken_from_the_key_before_the_worker_came_is_rejected(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    batch = await pusher.push(api, pusher.row())
    path = f"/v1/connectors/{pusher.connector.id}"
    ok(await api.patch(path, json={"shop_ids": []}, headers=pusher.company.headers))
    await take_in(state, pusher.company_id)
    assert (await read_batch(api, pusher, batch))["verdicts"] == NONE | {"rejected": 1}


async def test_rows_come_back_with_their_defaults_and_verdicts(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    bare = {"value": 1e3, "bucket": "2026-07-01", "dimension": "item:7"}
    batch = await pusher.push(api, bare, shop=name_of(pusher.shop), metric="gmv", grain="month", through="2026-07-03")
    rows = ok(await api.get(f"{PUSHES}/{batch}/rows", headers=pusher.connector.headers))["items"]
    assert rows[0]["verdict"] is None
    await take_in(state, pusher.company_id)
    rows = ok(await api.get(f"{PUSHES}/{batch}/rows", headers=pusher.connector.headers))["items"]
    assert rows == [
        {
            "index": 0, "verdict": "accepted", "pointer": None, "code": None, "detail": None,
            "observation": {
                "shop": name_of(pusher.shop), "metric": "gmv", "dimension": "item:7", "grain": "month",
                "bucket": "2026-07-01", "value": "1000.0", "finality": "final", "through": "2026-07-03",
                "observed_at": "2026-08-01T09:00:00+08:00",
            },
        }
    ]  # fmt: skip


async def test_rows_are_paged_and_filtered(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    rows = [pusher.row(bucket=f"2026-07-{day:02}", metric="gmv" if day % 2 else "none") for day in range(1, 12)]
    batch = await pusher.push(api, *rows)
    await take_in(state, pusher.company_id)
    for verdict, expected in ((None, list(range(11))), ("rejected", list(range(1, 11, 2))), ("stale", [])):
        seen, cursor = [], None
        while True:
            params = {"limit": "3", "verdict": verdict, "cursor": cursor}
            given = {name: value for name, value in params.items() if value}
            page = ok(await api.get(f"{PUSHES}/{batch}/rows", params=given, headers=pusher.connector.headers))
            seen += [row["index"] for row in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == expected
    response = await api.get(f"{PUSHES}/{batch}/rows?verdict=best", headers=pusher.connector.headers)
    assert pointers(response) == [("/query/verdict", "enum")]
    response = await api.get(f"{PUSHES}/{batch}/rows?cursor=zz", headers=pusher.connector.headers)
    problem(response, status=400, code="bad-cursor")


async def test_a_connector_sees_its_own_batches_only(api: AsyncClient, state: ApiState) -> None:
    """SEC-3."""
    pusher = await make_pusher(state)
    neighbour = await make_connector(state, pusher.company, shop_ids=[pusher.shop.id])
    batch = await pusher.push(api, pusher.row())
    for path in (f"{PUSHES}/{batch}", f"{PUSHES}/{batch}/rows"):
        problem(await api.get(path, headers=neighbour.headers), status=404, code="not-found")
        ok(await api.get(path, headers=pusher.company.headers))
    assert ok(await api.get(PUSHES, headers=neighbour.headers))["items"] == []
    mine = ok(await api.get(PUSHES, params={"connector_id": str(pusher.connector.id)}, headers=neighbour.headers))
    assert mine["items"] == []
    for roles, status in ((("executive",), 200), (("hr",), 403), (("employee",), 403)):
        member = await make_member(state, pusher.company, roles=roles)
        assert (await api.get(f"{PUSHES}/{batch}", headers=member.headers)).status_code == status


async def test_another_company_sees_nothing_of_a_batch(api: AsyncClient, state: ApiState) -> None:
    """ORG-0: the same answer as for an id that was never given."""
    pusher, other = await make_pusher(state), await make_pusher(state)
    batch = await pusher.push(api, pusher.row())
    for identifier in (batch, str(new_id()), "none"):
        for path in (f"{PUSHES}/{identifier}", f"{PUSHES}/{identifier}/rows"):
            problem(await api.get(path, headers=other.company.headers), status=404, code="not-found")
    assert ok(await api.get(PUSHES, headers=other.company.headers))["items"] == []


async def test_batches_are_listed_by_state_and_connector_the_newest_first(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    neighbour = await make_connector(state, pusher.company, shop_ids=[pusher.shop.id])
    done = [await pusher.push(api, pusher.row()) for _ in range(3)]
    await take_in(state, pusher.company_id)
    response = await api.post(PUSHES, json=body([pusher.row()]), headers=neighbour.headers | {"Idempotency-Key": "k"})
    waiting = batch_id(response)

    async def listed(**params: str) -> list[str]:
        page = ok(await api.get(PUSHES, params=params, headers=pusher.company.headers))
        return [batch["id"] for batch in page["items"]]

    assert await listed() == [waiting, *reversed(done)]
    assert await listed(sort="stored_at") == [*done, waiting]
    assert await listed(state="done") == done[::-1]
    assert await listed(state="failed") == []
    assert await listed(connector_id=str(neighbour.id)) == [waiting]
    assert await listed(state="stored", connector_id=str(pusher.connector.id)) == []
    with count_statements() as statements:
        await listed()
    assert len(statements) == 2, statements


async def test_a_batch_has_a_tag_that_moves_when_it_is_done(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    path = f"{PUSHES}/{await pusher.push(api, pusher.row())}"
    stored = (await api.get(path, headers=pusher.connector.headers)).headers["etag"]
    headers = pusher.connector.headers | {"If-None-Match": stored}
    assert (await api.get(path, headers=headers)).status_code == 304
    await take_in(state, pusher.company_id)
    response = await api.get(path, headers=headers)
    assert response.status_code == 200
    assert response.headers["etag"] != stored


async def expire(state: ApiState, pusher: Pusher) -> None:
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(Connector)
            .where(Connector.company_id == pusher.company_id)
            .values(expires_at=utc_now() - timedelta(seconds=1))
        )


async def test_an_expired_or_revoked_key_pushes_nothing(api: AsyncClient, state: ApiState) -> None:
    """ING-7."""
    for code in ("api-key-expired", "api-key-revoked"):
        pusher = await make_pusher(state)
        if code == "api-key-expired":
            await expire(state, pusher)
        else:
            path = f"/v1/connectors/{pusher.connector.id}/actions/revoke"
            ok(await api.post(path, headers=pusher.company.headers))
        response = await push_raw(api, pusher, "{}")
        problem(response, status=401, code=code)
        assert response.headers["www-authenticate"].startswith("Bearer")
        assert await count_rows(state, "metric_batches", pusher.company_id) == 0


async def test_without_a_token_nothing_is_read_of_the_body(api: AsyncClient) -> None:
    response = await api.post(PUSHES, content=b"{", headers={"Idempotency-Key": "k"})
    problem(response, status=401, code="unauthenticated")
