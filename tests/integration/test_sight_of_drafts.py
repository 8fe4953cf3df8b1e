"""What a goal that nobody was asked to agree to yet shows of shops out of its reader's sight: nothing (SEC-3)."""

from dataclasses import dataclass
from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.clock import business_day
from tests.support.companies import Member, make_shop
from tests.support.goals import act, indicator, make_cycle, make_goal, read_attainment
from tests.support.http import created, ok, pointers, problem
from tests.support.pushes import body, name_of
from tests.support.relations import Relations, make_relations
from tests.support.worker import work_off

Json = dict[str, Any]
MANUAL = {"kind": "manual", "name": "准时率", "unit": "%", "target": "95"}
NO_FIGURES = (None, None, None, "no_data", "no_data", {"expected": 0, "present": 0, "provisional": 0}, None)


@dataclass
class World:
    """A company, its cycle, and two shops that made money: `mine`, and `lost`, which is somebody else's now."""

    api: AsyncClient
    people: Relations
    cycle: str
    mine: str
    lost: str

    def __getitem__(self, name: str) -> Member:
        """Somebody, by what they are to `me`."""
        return self.people[name]

    async def own(self, shop: str, owner: str, starts_on: str = "2026-07-01") -> None:
        """Give a shop away."""
        given = {"starts_on": starts_on, "owners": [self.people.owner(owner) | {"share": "1"}]}
        ok(await self.api.put(f"/v1/shops/{shop}/owners", json=given, headers=self.people.admin.headers))

    async def draft(self, writer: str, *indicators: Json, **more: Any) -> Json:
        """A goal of mine in draft."""
        owner = self.people.owner("me")
        return await make_goal(self.api, self[writer], *indicators, cycle_id=self.cycle, owner=owner, **more)

    async def patch(self, caller: str, goal: Json, **changes: Any) -> Any:
        """Change a goal."""
        headers = self[caller].headers | {"If-Match": "*"}
        return await self.api.patch(f"/v1/goals/{goal['id']}", json=changes, headers=headers)

    async def get(self, caller: str, path: str, **params: str) -> Any:
        """Read something."""
        return ok(await self.api.get(path, params=params, headers=self[caller].headers))


@pytest.fixture
async def world(api: AsyncClient, state: ApiState) -> World:
    people = await make_relations(state)
    shops = [await make_shop(state, people.admin) for _ in range(2)]
    rows = [
        {"shop": name_of(shop), "metric": "gmv", "bucket": f"2026-{month:02}-15", "value": "900"}
        for shop in shops
        for month in (4, 7)
    ]
    headers = people.admin.headers | {"Idempotency-Key": "k"}
    assert (await api.post("/v1/metric-batches", json=body(rows, source="by hand"), headers=headers)).status_code == 202
    world = World(api, people, (await make_cycle(api, people.admin))["id"], *(str(shop.id) for shop in shops))
    for shop in (world.mine, world.lost):
        await world.own(shop, "me")
    return world


async def lose(world: World, state: ApiState) -> Json:
    """A draft over both shops, of which one goes to somebody else; computed."""
    goal = await world.draft("me", indicator([world.lost]), indicator([world.mine]))
    await world.own(world.lost, "other_head")
    await work_off(state, world.people.admin.company_id)
    return goal


def figures(one: Json) -> tuple[Any, ...]:
    """What an indicator has come to."""
    names = ("actual", "attainment", "estimate", "verdict", "status", "coverage", "pace")
    return tuple(one[name] for name in names)


def scored(found: Json) -> tuple[Any, ...]:
    """What a goal has come to."""
    return tuple(found[name] for name in ("score", "score_low", "score_high", "rule", "status"))


NO_SCORE = (None, None, None, None, "no_data")


async def test_a_draft_shows_no_figures_of_a_shop_out_of_sight(api: AsyncClient, state: ApiState, world: World) -> None:
    """However they are asked for; what is in sight, and the same goal for whoever sees all, is as it was."""
    goal = await lose(world, state)
    path, now = f"/v1/goals/{goal['id']}", f"{business_day()}T00:00:00+08:00"
    seen = await read_attainment(api, world["me"], goal["id"])
    past = await read_attainment(api, world["me"], goal["id"], as_of=now)
    opened = await world.get("me", f"{path}/explain")
    for found in (seen, past, opened):
        assert scored(found) == NO_SCORE
        assert figures(found["indicators"][0]) == NO_FIGURES
    assert [seen["indicators"][1]["actual"], opened["indicators"][1]["actual"]] == ["900", "900"]
    assert (opened["indicators"][0]["periods"], opened["indicators"][0]["rows_total"]) == ([], 0)
    assert not any(rule["matched"] for rule in opened["rubric"]["rules"])
    since = await world.get("me", f"{path}/explain", since="2026-07-01T00:00:00+08:00")
    assert since["change"] is None
    days = (await world.get("me", f"{path}/attainment/history"))["items"]
    assert {(day["score"], day["score_forecast"], day["status"], *day["attainments"]) for day in days} == {
        (None, None, "no_data", None, None)
    }
    whole = await read_attainment(api, world["hr"], goal["id"])
    assert [one["actual"] for one in whole["indicators"]] == ["900", "900"]
    assert whole["score"] is not None


async def test_a_supposition_opens_no_shop(api: AsyncClient, state: ApiState, world: World) -> None:
    """GOAL-8: what the caller supposes is theirs; what they leave as it stands is not shown."""
    goal = await lose(world, state)
    lost, mine = (one["id"] for one in goal["indicators"])
    for supposed, hidden in ((mine, True), (lost, False)):
        told = {"indicators": [{"indicator_id": supposed, "actual": "1000"}]}
        response = await api.post(f"/v1/goals/{goal['id']}/what-if", json=told, headers=world["me"].headers)
        found = ok(response)
        assert (scored(found) == NO_SCORE) is hidden
        assert (figures(found["indicators"][0]) == NO_FIGURES) is hidden
        assert found["indicators"][1]["actual"] is not None


async def test_a_check_says_nothing_of_a_shop_out_of_sight(state: ApiState, world: World) -> None:
    """GOAL-14: neither what it made in the window before, nor whether it made anything."""
    easy = await world.draft("me", indicator([world.lost], target="10"), indicator([world.lost], "uv"))
    path, warned = f"/v1/goal-checks/people/{world['me'].person_id}", {"no-data", "target-below-last"}
    await work_off(state, world.people.admin.company_id)
    for owner, expected in (("me", warned), ("other_head", set())):
        await world.own(world.lost, owner)
        found = await world.get("me", path, cycle_id=world.cycle)
        assert {one["code"] for one in found["warnings"] if one["goal_id"] == easy["id"]} & warned == expected


async def test_a_draft_keeps_what_it_measures_and_gets_no_more(state: ApiState, world: World) -> None:
    """The very indicator stays over the same days; another metric, item or window of the shop is refused."""
    goal = await lose(world, state)
    lost, mine = ({"id": one["id"]} for one in goal["indicators"])
    kept = [indicator([world.lost], target="700") | lost, indicator([world.mine]) | mine]
    refused = [("/indicators/0/shop_ids/0", "unknown-shop")]
    ok(await world.patch("me", goal, indicators=kept))
    for other in (
        indicator([world.lost]),
        indicator([world.lost], "uv") | lost,
        indicator([world.lost], dimension="item:7") | lost,
    ):
        assert pointers(await world.patch("me", goal, indicators=[other, kept[1]])) == refused
    moved = await world.patch("me", goal, indicators=kept, starts_on="2026-07-15", ends_on="2026-07-15")
    assert pointers(moved) == refused
    ok(await world.patch("me", goal, indicators=[kept[1]]))


async def test_what_is_named_by_the_owner_they_see_when_they_submit(state: ApiState, world: World) -> None:
    """Also in a goal that somebody above has written; what those have named is submitted as it is."""
    goal = await world.draft("boss", MANUAL, weight="0")
    ok(await world.patch("me", goal, indicators=[indicator([world.lost])]))
    await world.own(world.lost, "other_head")
    problem(await act(world.api, world["me"], goal["id"], "submit"), status=409, code="shop-out-of-sight")
    await world.own(world.mine, "boss")
    given = await world.draft("boss", indicator([world.mine]), weight="0")
    sent = [indicator([world.mine], target="5") | {"id": given["indicators"][0]["id"]}]
    ok(await world.patch("me", given, indicators=sent))
    ok(await act(world.api, world["me"], given["id"], "submit"))


async def test_a_draft_of_a_template_shows_no_shop_that_its_owner_does_not_see(
    api: AsyncClient, state: ApiState, world: World
) -> None:
    """GOAL-13: HR gives it over any shop; its figures come with the agreement to it."""
    await world.own(world.lost, "other_head")
    template = {
        "name": "t",
        "title": "t",
        "weight": "0",
        "indicators": [{"kind": "metric", "metric": "gmv", "target": "9"}],
    }
    made = created(await api.post("/v1/kpi-templates", json=template, headers=world["hr"].headers))["id"]
    told = {"cycle_id": world.cycle, "to": {"person_ids": [str(world["me"].person_id)]}, "shop_ids": [world.lost]}
    report = ok(await api.post(f"/v1/kpi-templates/{made}/assign", json=told, headers=world["hr"].headers))
    goal = report["items"][0]["goal_id"]
    await work_off(state, world.people.admin.company_id)
    assert figures((await read_attainment(api, world["me"], goal))["indicators"][0]) == NO_FIGURES
    ok(await act(api, world["me"], goal, "submit"))
    assert (await read_attainment(api, world["me"], goal))["indicators"][0]["actual"] == "900"
