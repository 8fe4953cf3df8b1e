"""Who sees which shops, their values and their owners (SEC-3, MET-1)."""

from uuid import UUID

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import make_connector, make_shop
from tests.support.goals import act, indicator, make_cycle, make_goal
from tests.support.http import ok, problem
from tests.support.relations import VIEWERS, Relations, make_relations, place
from tests.support.statements import count_statements

SHOPS = ("owned", "owned before", "owned later", "measured", "drafted", "of team", "of other", "of boss", "nobody's")
SEEN: dict[str, set[str]] = {
    "me": {"owned", "measured"},
    "peer": set(),
    "report": set(),
    "boss": {"owned", "measured", "of boss"},
    "skip": {"owned", "measured", "of boss"},
    "head": {"owned", "measured", "of team", "of boss"},
    "other_head": {"of other"},
    "former": set(),
    "mentor": set(),
    "executive": set(SHOPS),
    "hr": set(SHOPS),
    "admin": set(SHOPS),
}
"""Owned today, or measured by a goal that is more than a draft: one's own, of people below, of departments led."""


class World:
    """A company and its shops, by name."""

    def __init__(self, people: Relations, shops: dict[str, UUID]) -> None:
        self.people, self.shops = people, shops


async def own(api: AsyncClient, people: Relations, shop: UUID, *owners: str, starts_on: str = "2026-07-01") -> None:
    """Give a shop to one owner, or to nobody."""
    body = {"starts_on": starts_on, "owners": [people.owner(name) | {"share": "1"} for name in owners]}
    ok(await api.put(f"/v1/shops/{shop}/owners", json=body, headers=people.admin.headers))


@pytest.fixture(scope="module")
async def world(api: AsyncClient, state: ApiState) -> World:
    people = await make_relations(state)
    shops = {name: (await make_shop(state, people.admin, name=name)).id for name in SHOPS}
    await own(api, people, shops["owned"], "me")
    await own(api, people, shops["owned before"], "me")
    await own(api, people, shops["owned before"], starts_on="2026-08-01")
    await own(api, people, shops["owned later"], "me", starts_on="2099-01-01")
    await own(api, people, shops["of team"], "team")
    await own(api, people, shops["of other"], "other")
    await own(api, people, shops["of boss"], "boss")
    cycle = (await make_cycle(api, people.admin))["id"]
    for shop in ("measured", "drafted"):
        await own(api, people, shops[shop], "me")
    goals = {}
    for owner, writer, shop, weight in (
        ("me", "me", "measured", "100"),
        ("me", "me", "drafted", "0"),
        ("company", "executive", "nobody's", "100"),
    ):
        one = indicator([shops[shop]])
        made = await make_goal(
            api, people[writer], one, cycle_id=cycle, owner=people.owner(owner), weight=weight, title=shop
        )
        goals[shop] = made["id"]
    ok(await act(api, people["me"], goals["measured"], "submit"))
    for shop in ("measured", "drafted"):
        await own(api, people, shops[shop])
    return World(people, shops)


WINDOW = {"metric": "gmv", "from": "2026-07-01", "to": "2026-07-02"}


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_list_detail_values_and_owners_agree(api: AsyncClient, world: World, viewer: str) -> None:
    headers = world.people[viewer].headers
    listed = {one["name"]: one for one in ok(await api.get("/v1/shops", headers=headers))["items"]}
    assert listed.keys() == SEEN[viewer]
    for name, shop in world.shops.items():
        status = 200 if name in SEEN[viewer] else 404
        detail = await api.get(f"/v1/shops/{shop}", headers=headers)
        assert detail.status_code == status, name
        if status == 200:
            assert detail.json() == listed[name]
        shop_id = {"shop_id": str(shop)}
        for path, params in (
            (f"/v1/shops/{shop}/owners", {}),
            (f"/v1/shops/{shop}/owners/history", {}),
            ("/v1/metric-values", WINDOW | shop_id),
            ("/v1/metric-values/total", WINDOW | shop_id),
            ("/v1/observations/history", {"metric": "gmv", "grain": "day", "bucket": "2026-07-01"} | shop_id),
        ):
            assert (await api.get(path, params=params, headers=headers)).status_code == status, (name, path)


async def test_one_shop_out_of_view_spoils_a_total(api: AsyncClient, world: World) -> None:
    """A total over some shops is no way to read one of them."""
    params = WINDOW | {"shop_id": [str(world.shops["owned"]), str(world.shops["nobody's"])]}
    for path in ("/v1/metric-values", "/v1/metric-values/total"):
        response = await api.get(path, params=params, headers=world.people["me"].headers)
        problem(response, status=404, code="not-found")
        ok(await api.get(path, params=params, headers=world.people["hr"].headers))


async def test_filters_find_no_shop_out_of_view(api: AsyncClient, world: World) -> None:
    for name, found in (("owned", ["owned"]), ("nobody's", []), ("no such", [])):
        page = ok(await api.get("/v1/shops", params={"name": name}, headers=world.people["me"].headers))
        assert [one["name"] for one in page["items"]] == found


async def test_the_pages_of_a_list_hold_what_is_seen(api: AsyncClient, world: World) -> None:
    seen, params = [], {"limit": "1"}
    while True:
        page = ok(await api.get("/v1/shops", params=params, headers=world.people["head"].headers))
        seen += [one["name"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == sorted(SEEN["head"])


async def test_a_connector_reads_the_values_of_its_shops_alone(api: AsyncClient, state: ApiState, world: World) -> None:
    connector = await make_connector(state, world.people.admin, shop_ids=[world.shops["owned"]])
    for name, status in (("owned", 200), ("measured", 404)):
        params = WINDOW | {"shop_id": str(world.shops[name])}
        response = await api.get("/v1/metric-values", params=params, headers=connector.headers)
        assert response.status_code == status
    problem(await api.get("/v1/shops", headers=connector.headers), status=403, code="not-allowed")


@pytest.mark.parametrize("viewer", ["me", "head", "hr"])
async def test_the_statements_of_a_list_do_not_grow_with_it(api: AsyncClient, state: ApiState, viewer: str) -> None:
    people = await make_relations(state)
    counts = []
    for number in range(1, 4):
        shop = await make_shop(state, people.admin)
        await own(api, people, shop.id, "me")
        with count_statements() as statements:
            page = ok(await api.get("/v1/shops", headers=people[viewer].headers))
        counts.append((len(page["items"]) == number, len(statements)))
    assert counts == [(True, 2)] * 3


async def test_a_draft_brings_no_sight_of_its_shops(api: AsyncClient, state: ApiState) -> None:
    """Somebody might else keep a draft to see the figures of a shop that is no longer theirs."""
    people = await make_relations(state)
    shop = await make_shop(state, people.admin)
    await own(api, people, shop.id, "me")
    cycle = (await make_cycle(api, people.admin))["id"]
    goal = await make_goal(api, people["me"], indicator([shop.id]), cycle_id=cycle, owner=people.owner("me"))
    path, headers = f"/v1/shops/{shop.id}", people["me"].headers
    ok(await api.get(path, headers=headers))
    await own(api, people, shop.id)
    problem(await api.get(path, headers=headers), status=404, code="not-found")
    problem(await act(api, people["me"], goal["id"], "submit"), status=409, code="shop-out-of-sight")
    await own(api, people, shop.id, "me")
    ok(await act(api, people["me"], goal["id"], "submit"))
    await own(api, people, shop.id)
    ok(await api.get(path, headers=headers))


async def test_sight_of_a_shop_follows_the_person(api: AsyncClient, state: ApiState) -> None:
    """Rights are those of today: a new manager sees the shops of their people."""
    people = await make_relations(state)
    shop = await make_shop(state, people.admin)
    await own(api, people, shop.id, "peer")

    async def sees(name: str) -> bool:
        return (await api.get(f"/v1/shops/{shop.id}", headers=people[name].headers)).status_code == 200

    assert (await sees("boss"), await sees("former")) == (True, False)
    await place(state, people, "peer", manager="former")
    assert (await sees("boss"), await sees("former")) == (False, True)


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_connectors_and_batches_are_for_administrators_and_executives(
    api: AsyncClient, world: World, viewer: str
) -> None:
    """A column that is '–' answers 403."""
    headers = world.people[viewer].headers
    reads = viewer in {"admin", "executive"}
    for path in ("/v1/connectors", "/v1/metric-batches"):
        assert (await api.get(path, headers=headers)).status_code == (200 if reads else 403)
        missing = await api.get(f"{path}/{new_id()}", headers=headers)
        assert missing.status_code == (404 if reads else 403)
    created_or_not = await api.post(
        "/v1/connectors", json={"name": "x", "shop_ids": [], "scopes": ["write"]}, headers=headers
    )
    assert created_or_not.status_code in ({201, 422} if viewer == "admin" else {403})
    for path in ("/v1/metrics", "/v1/cycles"):
        ok(await api.get(path, headers=headers))
    cycle = {"kind": "month", "starts_on": "2026-01-01", "name": "x"}
    assert ((await api.post("/v1/cycles", json=cycle, headers=headers)).status_code == 201) is (viewer == "admin")
