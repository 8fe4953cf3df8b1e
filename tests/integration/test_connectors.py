from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select, update

from attain_api.state import ApiState
from attain_shared.access.models import ApiKey, Connector
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.signatures import read_secret
from tests.support.companies import Company, make_company, make_member, make_shop
from tests.support.http import created, ok, pointers, problem


async def make(api: AsyncClient, company: Company, **more: object) -> dict[str, Any]:
    body = {"name": "sycm", "shop_ids": [], "scopes": ["write"]} | more
    return created(await api.post("/v1/connectors", json=body, headers=company.headers))


async def who(api: AsyncClient, key: str) -> tuple[int, str | None]:
    response = await api.get("/v1/me", headers={"Authorization": f"Bearer {key}"})
    return response.status_code, response.json().get("code")


async def test_a_connector_gets_a_key_that_is_shown_once(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    shop = await make_shop(state, company)
    body = {"name": "sycm", "shop_ids": [str(shop.id)], "scopes": ["write", "backfill"], "expires_at": None}
    response = await api.post("/v1/connectors", json=body, headers=company.headers)
    connector = created(response)
    assert {*body, "id", "created_at", "api_key", "signing_secret", "require_signature"} <= set(connector)
    assert connector | body == connector
    assert len(read_secret(connector["signing_secret"])) == 32
    assert connector["require_signature"] is False
    assert connector["api_key"].startswith("att_")
    assert await who(api, connector["api_key"]) == (200, None)
    read = ok(await api.get(response.headers["location"], headers=company.headers))
    assert {"api_key", "signing_secret"}.isdisjoint(read)
    page = ok(await api.get("/v1/connectors", params={"name": "sycm"}, headers=company.headers))
    assert page["items"] == [read]


async def test_only_the_hash_of_a_key_is_kept(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    connector = await make(api, company)
    async with transaction(state.sessions, state.doorbell) as uow:
        key = (await uow.session.scalars(select(ApiKey).where(ApiKey.company_id == company.company_id))).one()
    secret = connector["api_key"].split("_", 2)[2]
    assert len(key.secret_hash) == 32
    assert secret.encode() not in key.secret_hash


async def test_a_wrong_secret_tells_nothing_of_the_key(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    connector = await make(api, company)
    response = await api.post(f"/v1/connectors/{connector['id']}/actions/revoke", headers=company.headers)
    ok(response)
    wrong = connector["api_key"][:-1] + ("a" if connector["api_key"][-1] != "a" else "b")
    assert await who(api, wrong) == (401, "invalid-token")
    assert await who(api, connector["api_key"]) == (401, "api-key-revoked")


async def test_shops_scopes_and_end_are_checked(api: AsyncClient, state: ApiState) -> None:
    ours, theirs = await make_company(state), await make_company(state)
    shop, foreign = await make_shop(state, ours), await make_shop(state, theirs)
    body = {
        "name": "x",
        "shop_ids": [str(shop.id), str(foreign.id), str(new_id())],
        "scopes": ["write"],
        "expires_at": "2020-01-01T00:00:00+08:00",
    }
    response = await api.post("/v1/connectors", json=body, headers=ours.headers)
    assert pointers(response) == [
        ("/shop_ids/1", "unknown-shop"),
        ("/shop_ids/2", "unknown-shop"),
        ("/expires_at", "not-in-the-future"),
    ]
    response = await api.post(
        "/v1/connectors",
        json={"name": "x", "shop_ids": [], "scopes": ["admin"], "expires_at": "2030-01-01T00:00:00"},
        headers=ours.headers,
    )
    assert pointers(response) == [("/scopes/0", "literal-error"), ("/expires_at", "timezone-aware")]


async def test_changes_hold_from_the_next_request_on(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    shop = await make_shop(state, company)
    connector = await make(api, company)
    path = f"/v1/connectors/{connector['id']}"
    response = await api.patch(path, json={"shop_ids": [str(shop.id)] * 2}, headers=company.headers)
    assert ok(response)["shop_ids"] == [str(shop.id)]
    assert response.headers["etag"] == '"2"'
    me = await api.get("/v1/me", headers={"Authorization": f"Bearer {connector['api_key']}"})
    assert ok(me)["shop_ids"] == [str(shop.id)]
    response = await api.patch(path, json={"shop_ids": [str(new_id())]}, headers=company.headers)
    assert pointers(response) == [("/shop_ids/0", "unknown-shop")]
    end = (utc_now() + timedelta(hours=1)).isoformat()
    assert ok(await api.patch(path, json={"expires_at": end}, headers=company.headers))["expires_at"]
    assert ok(await api.patch(path, json={"expires_at": None}, headers=company.headers))["expires_at"] is None


async def test_an_expired_connector_is_told_so(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    connector = await make(api, company, expires_at=(utc_now() + timedelta(hours=1)).isoformat())
    assert await who(api, connector["api_key"]) == (200, None)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(Connector)
            .where(Connector.company_id == company.company_id)
            .values(expires_at=utc_now() - timedelta(seconds=1))
        )
    assert await who(api, connector["api_key"]) == (401, "api-key-expired")


@pytest.mark.parametrize(("hours", "old_key"), [(24, (200, None)), (0, (401, "api-key-expired"))])
async def test_the_old_key_works_for_the_overlap(
    api: AsyncClient, state: ApiState, hours: int, old_key: tuple[int, str | None]
) -> None:
    company = await make_company(state)
    connector = await make(api, company)
    path = f"/v1/connectors/{connector['id']}/actions/rotate"
    response = await api.post(path, json={"overlap_hours": hours}, headers=company.headers)
    rotated = ok(response)
    assert response.headers["etag"] == '"2"'
    assert rotated["api_key"] != connector["api_key"]
    assert await who(api, rotated["api_key"]) == (200, None)
    assert await who(api, connector["api_key"]) == old_key


async def test_a_second_rotation_does_not_prolong_the_first_key(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    connector = await make(api, company)
    path = f"/v1/connectors/{connector['id']}/actions/rotate"
    ok(await api.post(path, json={"overlap_hours": 0}, headers=company.headers))
    ok(await api.post(path, json={"overlap_hours": 24}, headers=company.headers))
    assert await who(api, connector["api_key"]) == (401, "api-key-expired")


async def test_a_revoked_connector_takes_no_more_actions(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    connector = await make(api, company)
    path = f"/v1/connectors/{connector['id']}/actions"
    assert ok(await api.post(f"{path}/revoke", headers=company.headers))["revoked_at"] is not None
    problem(await api.post(f"{path}/revoke", headers=company.headers), status=409, code="action-not-allowed")
    response = await api.post(f"{path}/rotate", json={"overlap_hours": 1}, headers=company.headers)
    problem(response, status=409, code="action-not-allowed")


async def test_overlap_has_bounds(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    connector = await make(api, company)
    path = f"/v1/connectors/{connector['id']}/actions/rotate"
    for hours in (-1, 169, True, "1", 1.5, None):
        response = await api.post(path, json={"overlap_hours": hours}, headers=company.headers)
        assert [pointer for pointer, _ in pointers(response)] == ["/overlap_hours"]


async def test_connectors_are_the_administrators_and_executives_read_them(api: AsyncClient, state: ApiState) -> None:
    company, other = await make_company(state), await make_company(state)
    connector = await make(api, company)
    path = f"/v1/connectors/{connector['id']}"
    for role, read in (("executive", 200), ("hr", 403), ("employee", 403)):
        member = await make_member(state, company, roles=(role,))
        assert (await api.get(path, headers=member.headers)).status_code == read
        assert (await api.get("/v1/connectors", headers=member.headers)).status_code == read
        problem(await api.patch(path, json={}, headers=member.headers), status=403, code="not-allowed")
    problem(await api.get(path, headers=other.headers), status=404, code="not-found")
    problem(await api.post(f"{path}/actions/revoke", headers=other.headers), status=404, code="not-found")
