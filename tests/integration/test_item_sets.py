"""Named sets of a shop's items (MET-2)."""

from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.shops.models import Shop
from tests.support.companies import Company, make_company, make_member, make_shop
from tests.support.goals import NOBODY
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements

SETS = "/v1/item-sets"


@pytest.fixture
async def company(state: ApiState) -> Company:
    return await make_company(state)


@pytest.fixture
async def shop(state: ApiState, company: Company) -> Shop:
    return await make_shop(state, company)


def body(shop: Shop, **more: Any) -> dict[str, Any]:
    return {"shop_id": str(shop.id), "name": "爆款", "item_ids": ["612345678901", "b-2"]} | more


async def test_a_set_is_made_read_changed_and_deleted(api: AsyncClient, company: Company, shop: Shop) -> None:
    response = await api.post(SETS, json=body(shop), headers=company.headers)
    made, path = created(response), response.headers["location"]
    assert (made["item_ids"], response.headers["etag"]) == (["612345678901", "b-2"], '"1"')
    assert ok(await api.get(path, headers=company.headers)) == made
    changed = await api.patch(path, json={"item_ids": ["3"]}, headers=company.headers | {"If-Match": '"1"'})
    assert (ok(changed), changed.headers["etag"]) == (made | {"item_ids": ["3"]}, '"2"')
    stale = company.headers | {"If-Match": '"1"'}
    problem(await api.patch(path, json={"name": "x"}, headers=stale), status=412, code="stale")
    problem(await api.delete(path, headers=stale), status=412, code="stale")
    gone = await api.delete(path, headers=company.headers | {"If-Match": '"2"'})
    assert (gone.status_code, gone.content) == (204, b"")
    problem(await api.get(path, headers=company.headers), status=404, code="not-found")
    problem(await api.delete(path, headers=company.headers), status=404, code="not-found")


async def test_a_name_is_taken_once_a_shop(api: AsyncClient, state: ApiState, company: Company, shop: Shop) -> None:
    other = await make_shop(state, company)
    created(await api.post(SETS, json=body(shop), headers=company.headers))
    second = created(await api.post(SETS, json=body(shop, name="新品"), headers=company.headers))
    created(await api.post(SETS, json=body(other), headers=company.headers))
    for response in (
        await api.post(SETS, json=body(shop), headers=company.headers),
        await api.patch(f"{SETS}/{second['id']}", json={"name": "爆款"}, headers=company.headers),
    ):
        problem(response, status=409, code="item-set-taken")


async def test_a_set_made_twice_with_one_key_is_one(api: AsyncClient, company: Company, shop: Shop) -> None:
    headers = company.headers | {"Idempotency-Key": "k"}
    first, again = [created(await api.post(SETS, json=body(shop), headers=headers)) for _ in range(2)]
    assert again == first


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"shop_id": NOBODY}, [("/shop_id", "unknown-shop")]),
        ({"item_ids": []}, [("/item_ids", "too-short")]),
        ({"item_ids": ["1", "2", "1"]}, [("/item_ids/2", "duplicate")]),
        ({"item_ids": [str(number) for number in range(1001)]}, [("/item_ids", "too-long")]),
        ({"item_ids": ["a b"]}, [("/item_ids/0", "string-pattern-mismatch")]),
        ({"item_ids": [""]}, [("/item_ids/0", "string-too-short")]),
        ({"item_ids": [7]}, [("/item_ids/0", "string-type")]),
        ({"name": " "}, [("/name", "string-too-short")]),
        ({"company_id": NOBODY}, [("/company_id", "extra-forbidden")]),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_set_that_cannot_be_is_refused(
    api: AsyncClient, company: Company, shop: Shop, changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert pointers(await api.post(SETS, json=body(shop) | changes, headers=company.headers)) == expected
    assert ok(await api.get(SETS, headers=company.headers))["items"] == []


async def test_the_list_is_filtered_by_shop_and_name_and_paged(
    api: AsyncClient, state: ApiState, company: Company, shop: Shop
) -> None:
    other = await make_shop(state, company)
    for number in range(3):
        created(await api.post(SETS, json=body(shop, name=f"n{number}"), headers=company.headers))
    created(await api.post(SETS, json=body(other, name="n1"), headers=company.headers))

    async def names(**params: str) -> list[str]:
        with count_statements() as statements:
            page = ok(await api.get(SETS, params=params, headers=company.headers))
        assert len(statements) == 2, statements
        return [one["name"] for one in page["items"]]

    assert await names() == ["n0", "n1", "n1", "n2"]
    assert await names(shop_id=str(shop.id), sort="-name") == ["n2", "n1", "n0"]
    assert await names(shop_id=str(other.id)) == ["n1"]
    assert await names(name="n1", limit="1") == ["n1"]


async def test_sets_are_seen_with_their_shop(api: AsyncClient, state: ApiState, company: Company, shop: Shop) -> None:
    """SEC-3: list and detail agree; administrators alone write."""
    made = created(await api.post(SETS, json=body(shop), headers=company.headers))
    path = f"{SETS}/{made['id']}"
    owner = await make_member(state, company)
    share = {"type": "person", "id": str(owner.person_id), "share": "1"}
    owners = {"starts_on": "2026-07-01", "owners": [share]}
    ok(await api.put(f"/v1/shops/{shop.id}/owners", json=owners, headers=company.headers))
    stranger = await make_company(state)
    callers = [(await make_member(state, company, roles=(role,)), True) for role in ("hr", "executive")]
    callers += [(owner, True), (await make_member(state, company), False), (stranger, False)]
    for caller, sees in callers:
        listed = ok(await api.get(SETS, headers=caller.headers))["items"]
        assert listed == ([made] if sees else [])
        assert (await api.get(path, headers=caller.headers)).status_code == (200 if sees else 404)
        if caller is not stranger:
            for response in (
                await api.post(SETS, json=body(shop), headers=caller.headers),
                await api.patch(path, json={"name": "x"}, headers=caller.headers),
                await api.delete(path, headers=caller.headers),
            ):
                problem(response, status=403, code="not-allowed")
    foreign = await api.post(SETS, json=body(shop), headers=stranger.headers)
    assert pointers(foreign) == [("/shop_id", "unknown-shop")]
    problem(await api.patch(path, json={"name": "x"}, headers=stranger.headers), status=404, code="not-found")
