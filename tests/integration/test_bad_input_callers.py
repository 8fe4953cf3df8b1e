"""Pushes refused for their key, their lane or their caller (ING-1, ING-7, SEC-3)."""

import json
from typing import Any

import httpx
import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from tests.support.companies import make_company, make_member, make_shop
from tests.support.http import problem
from tests.support.pushes import DEFAULTS, PUSHES, Pusher, body, make_pusher, name_of, push_raw
from tests.support.worker import count_rows


async def push(api: AsyncClient, pusher: Pusher, *rows: Any, **more: Any) -> Response:
    return await push_raw(api, pusher, json.dumps(body(rows, **more)))


async def nothing_stored(state: ApiState, pusher: Pusher) -> bool:
    return await count_rows(state, "metric_batches", pusher.company_id) == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "é".encode(), b"a\tb"], ids=["empty", "long", "not ascii", "control"])
async def test_a_key_has_1_to_255_printable_characters(api: AsyncClient, state: ApiState, key: str | bytes) -> None:
    """ING-1."""
    pusher = await make_pusher(state)
    headers = httpx.Headers(pusher.connector.headers)
    headers = httpx.Headers([*headers.raw, (b"Idempotency-Key", key if isinstance(key, bytes) else key.encode())])
    response = await api.post(PUSHES, json=body([pusher.row()]), headers=headers)
    problem(response, status=400, code="idempotency-key-invalid")
    assert await nothing_stored(state, pusher)


async def test_a_push_needs_a_key(api: AsyncClient, state: ApiState) -> None:
    """ING-1."""
    pusher = await make_pusher(state)
    response = await api.post(PUSHES, json=body([pusher.row()]), headers=pusher.connector.headers)
    problem(response, status=400, code="idempotency-key-missing")
    assert await nothing_stored(state, pusher)


async def test_the_backfill_lane_needs_its_scope(api: AsyncClient, state: ApiState) -> None:
    """ING-7."""
    pusher = await make_pusher(state, scopes=("write",))
    problem(await push(api, pusher, pusher.row(), lane="backfill"), status=403, code="lane-not-allowed")
    assert await nothing_stored(state, pusher)
    pusher = await make_pusher(state, scopes=("backfill",))
    problem(await push(api, pusher, pusher.row()), status=403, code="lane-not-allowed")
    assert (await push(api, pusher, pusher.row(), lane="backfill")).status_code == 202


async def test_only_connectors_and_administrators_push(api: AsyncClient, state: ApiState) -> None:
    """SEC-3: push by hand is the administrator's."""
    company = await make_company(state)
    shop = await make_shop(state, company)
    content = dict(DEFAULTS) | {"observations": [{"shop": name_of(shop), "metric": "gmv", "bucket": "2026-07-01"}]}
    content["value"] = "1"
    for roles, status in ((("employee",), 403), (("hr",), 403), (("executive",), 403), (("admin",), 202)):
        member = await make_member(state, company, roles=roles)
        response = await api.post(PUSHES, json=content, headers=member.headers | {"Idempotency-Key": "k"})
        assert response.status_code == status, roles
