"""The same key and body get the same receipt, however often and from however many connections (ING-2)."""

import asyncio
import json

import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.doorbell import Bell, MemoryDoorbell
from tests.support.companies import make_connector, make_member
from tests.support.http import problem
from tests.support.pushes import PUSHES, Pusher, body, make_pusher, push_raw, read_batch
from tests.support.worker import count_rows, take_in


def content_of(pusher: Pusher, value: str = "100") -> str:
    return json.dumps(body([pusher.row(value=value)]))


async def batches(state: ApiState, pusher: Pusher) -> int:
    return await count_rows(state, "metric_batches", pusher.company_id)


async def test_a_push_is_stored_and_named(api: AsyncClient, state: ApiState) -> None:
    """ING-1: 202 means stored durably."""
    pusher = await make_pusher(state)
    response = await push_raw(api, pusher, content_of(pusher))
    assert response.status_code == 202
    receipt = response.json()
    assert set(receipt) == {"id", "state", "received", "stored_at"}
    assert (receipt["state"], receipt["received"]) == ("stored", 1)
    assert response.headers["location"] == f"{PUSHES}/{receipt['id']}"
    assert await batches(state, pusher) == 1


async def test_the_same_push_gets_the_same_receipt(api: AsyncClient, state: ApiState) -> None:
    """ING-2: also after the batch is done."""
    pusher = await make_pusher(state)
    first = await push_raw(api, pusher, content_of(pusher), key="k")
    again = await push_raw(api, pusher, content_of(pusher), key="k")
    await take_in(state, pusher.company_id)
    later = await push_raw(api, pusher, content_of(pusher), key="k")
    assert first.json() == again.json() == later.json()
    assert first.headers["location"] == later.headers["location"]
    assert await batches(state, pusher) == 1


async def test_gzip_and_plain_of_a_body_are_the_same_body(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    first = await push_raw(api, pusher, content_of(pusher), key="k")
    packed = await push_raw(api, pusher, content_of(pusher), key="k", packed=True)
    assert first.json() == packed.json()
    assert await batches(state, pusher) == 1


async def test_another_body_under_the_same_key_is_a_conflict(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    assert (await push_raw(api, pusher, content_of(pusher), key="k")).status_code == 202
    response = await push_raw(api, pusher, content_of(pusher, "101"), key="k")
    problem(response, status=409, code="idempotency-key-reused")
    assert await batches(state, pusher) == 1


async def test_a_refused_push_leaves_its_key_free(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    assert (await push_raw(api, pusher, content_of(pusher, "-"), key="k")).status_code == 422
    assert (await push_raw(api, pusher, content_of(pusher), key="k")).status_code == 202


@pytest.mark.parametrize("packed", [False, True])
async def test_20_sends_at_once_make_one_batch(api: AsyncClient, state: ApiState, packed: bool) -> None:
    """ING-2: the others wait for the first and return its receipt."""
    pusher = await make_pusher(state)
    sends = (push_raw(api, pusher, content_of(pusher), key="k", packed=packed and n % 2 > 0) for n in range(20))
    answers: list[Response] = list(await asyncio.gather(*sends))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert await batches(state, pusher) == 1


async def test_of_20_bodies_at_once_under_one_key_one_is_taken(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    sends = (push_raw(api, pusher, content_of(pusher, str(n)), key="k") for n in range(20))
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*sends))
    assert statuses == [202] + [409] * 19
    assert await batches(state, pusher) == 1


async def test_keys_belong_to_one_principal(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    neighbour = await make_connector(state, pusher.company, shop_ids=[pusher.shop.id])
    colleague = await make_member(state, pusher.company, roles=("admin",))
    elsewhere = await make_pusher(state)
    ids = {(await push_raw(api, pusher, content_of(pusher), key="k")).json()["id"]}
    for headers in (neighbour.headers, colleague.headers, pusher.company.headers, elsewhere.connector.headers):
        response = await api.post(PUSHES, content=content_of(pusher), headers=headers | {"Idempotency-Key": "k"})
        assert response.status_code == 202
        ids.add(response.json()["id"])
    assert len(ids) == 5


async def test_a_new_batch_rings_and_a_repeated_one_does_not(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    assert isinstance(state.doorbell, MemoryDoorbell)
    state.doorbell.rung.clear()
    await push_raw(api, pusher, content_of(pusher), key="k")
    assert state.doorbell.rung == [Bell.INBOX]
    await push_raw(api, pusher, content_of(pusher), key="k")
    assert state.doorbell.rung == [Bell.INBOX]


async def test_a_batch_before_the_worker_came_has_no_verdicts(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    batch = await read_batch(api, pusher, await pusher.push(api, pusher.row(), source="sycm"))
    expected = {
        "state": "stored", "received": 1, "attempts": 0, "processed_at": None, "error": None, "verdicts": None,
        "allowed_actions": [], "source": "sycm", "lane": "live", "connector_id": str(pusher.connector.id),
    }  # fmt: skip
    assert batch | expected == batch
