"""The pace of figures of which a part alone is to be expected: shops held for a time, and days that are missing."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from httpx import AsyncClient

from attain_api.state import ApiState
from tests.support.companies import make_member
from tests.support.goals import indicator, make_cycle
from tests.support.http import created, ok
from tests.support.measured import Json, come_to, daily_rows, goal_of, pusher_of_shops
from tests.support.pushes import Pusher, make_pusher, push_and_take_in

OBSERVED = {"observed_at": "2026-07-20T20:00:00+08:00"}
JULY_21 = datetime(2026, 7, 21, 4, tzinfo=UTC)


@pytest.fixture
def late_in_july() -> Iterator[None]:
    """Twenty days of July are complete."""
    with time_machine.travel(JULY_21):
        yield


async def hand_over(api: AsyncClient, pusher: Pusher, shop_id: str, starts_on: str, *owners: tuple[str, str]) -> None:
    """Owners of a shop from a day on, each with a share."""
    body = {"starts_on": starts_on, "owners": [{"type": "person", "id": id_, "share": share} for id_, share in owners]}
    ok(await api.put(f"/v1/shops/{shop_id}/owners", json=body, headers=pusher.company.headers))


async def goals_over(api: AsyncClient, pusher: Pusher, *measured: Json) -> list[str]:
    """A goal of the company's first member for each indicator, in July."""
    cycle = (await make_cycle(api, pusher.company, kind="month"))["id"]
    owner = {"type": "person", "id": str(pusher.company.person_id)}
    return [await goal_of(api, pusher, one, cycle_id=cycle, owner=owner) for one in measured]


def paced(attainment: Json) -> tuple[str, ...]:
    """Status and pace of the only indicator."""
    (one,) = attainment["indicators"]
    names = ("expected", "gap", "required_per_day", "forecast")
    return (one["status"], *(one["pace"][name] for name in names))


@pytest.mark.usefixtures("late_in_july")
async def test_a_shop_that_changes_hands_is_paced_by_the_days_held_goal_7(api: AsyncClient, state: ApiState) -> None:
    """GOAL-12: of 16 days held 5 are complete; who has handed it over has come to what there will be."""
    pusher, shops, names = await pusher_of_shops(state, 2)
    me, other = str(pusher.company.person_id), str((await make_member(state, pusher.company)).person_id)
    for shop, before, after in zip(shops, (other, me), (me, other), strict=True):
        await hand_over(api, pusher, shop, "2026-01-01", (before, "1"))
        await hand_over(api, pusher, shop, "2026-07-16", (after, "1"))
    owned = [
        indicator([shop], target=target, attribution="owned")
        for shop, target in zip(shops, ("16000", "15000"), strict=True)
    ]
    coming, gone = await goals_over(api, pusher, *owned)
    rows = [row for name in names for row in daily_rows(pusher, "gmv", ["1000"] * 20, shop=name)]
    await push_and_take_in(api, state, pusher, *rows, **OBSERVED)
    found = await come_to(api, state, pusher.company, coming)
    assert paced(found) == ("on_track", "5000", "0", "1000", "16000")
    (one,) = (await come_to(api, state, pusher.company, gone))["indicators"]
    assert (one["status"], one["pace"]["forecast"], one["pace"]["required_per_day"]) == ("met", "15000", None)


@pytest.mark.usefixtures("late_in_july")
async def test_a_share_of_a_shop_is_paced_by_the_shares_held_goal_7(api: AsyncClient, state: ApiState) -> None:
    """GOAL-12's example after 20 days: 10,000 alone, 5,000 of half of it, and 5,500 to come."""
    pusher = await make_pusher(state)
    me, other = str(pusher.company.person_id), str((await make_member(state, pusher.company)).person_id)
    await hand_over(api, pusher, str(pusher.shop.id), "2026-01-01", (me, "1"))
    await hand_over(api, pusher, str(pusher.shop.id), "2026-07-11", (me, "0.5"), (other, "0.5"))
    (goal,) = await goals_over(api, pusher, {"target": "20500", "attribution": "owned"})
    await push_and_take_in(api, state, pusher, *daily_rows(pusher, "gmv", ["1000"] * 20), **OBSERVED)
    assert paced(await come_to(api, state, pusher.company, goal)) == ("on_track", "15000", "0", "500", "20500")


@pytest.mark.usefixtures("late_in_july")
async def test_days_that_are_missing_are_not_expected_to_show_met_8(api: AsyncClient, state: ApiState) -> None:
    """Ten of twenty days, each as planned, are on track, and so is who held the shop on all of them."""
    pusher, shops, names = await pusher_of_shops(state, 2)
    for shop in shops:
        await hand_over(api, pusher, shop, "2026-01-01", (str(pusher.company.person_id), "1"))
    whole, held, behind, both = await goals_over(
        api,
        pusher,
        indicator(shops[:1], target="3100"),
        indicator(shops[:1], target="3100", attribution="owned"),
        indicator(shops[1:], target="3100"),
        indicator(shops, target="6200"),
    )
    rows = [
        *daily_rows(pusher, "gmv", ["100"] * 10, shop=names[0]),
        *daily_rows(pusher, "gmv", ["50"] * 20, shop=names[1]),
    ]
    await push_and_take_in(api, state, pusher, *rows, **OBSERVED)
    for goal in (whole, held):
        found = await come_to(api, state, pusher.company, goal)
        assert paced(found)[:3] == ("on_track", "1000", "0")
        assert found["indicators"][0]["pace"]["forecast"] == "3100"
        assert found["indicators"][0]["coverage"]["present"] == 10
    assert paced(await come_to(api, state, pusher.company, behind))[:3] == ("off_track", "2000", "-1000")
    assert paced(await come_to(api, state, pusher.company, both))[:3] == ("off_track", "3000", "-1000")


@pytest.mark.usefixtures("late_in_july")
async def test_an_item_that_sells_on_some_days_is_not_taken_for_one_whose_days_are_missing(
    api: AsyncClient, state: ApiState
) -> None:
    """MET-2: of an item without sales the platforms' reports have no row."""
    pusher = await make_pusher(state)
    hot = {"shop_id": str(pusher.shop.id), "name": "爆款", "item_ids": ["1", "2"]}
    item_set = created(await api.post("/v1/item-sets", json=hot, headers=pusher.company.headers))["id"]
    (goal,) = await goals_over(api, pusher, {"target": "3100", "item_set": item_set})
    rows = [
        *daily_rows(pusher, "gmv", ["90"] * 20, dimension="item:1"),
        *daily_rows(pusher, "gmv", ["100"] * 2, dimension="item:2"),
    ]
    await push_and_take_in(api, state, pusher, *rows, **OBSERVED)
    assert paced(await come_to(api, state, pusher.company, goal)) == ("on_track", "2000", "0", "100", "3100")


async def test_a_growth_from_days_that_are_missing_decides_nothing_in_its_favour(
    api: AsyncClient, state: ApiState
) -> None:
    """MET-5a mirrored, GOAL-4: of June one day is known; the growth is shown, and whether it was reached is not said."""
    pusher = await make_pusher(state)
    growth = {"kind": "growth", "against": "previous", "target": "0.2"}
    goal = await goal_of(api, pusher, growth, growth | {"metric": "uv"}, growth | {"target": "40"})
    june = [pusher.row(metric, bucket="2026-06-01", value="10") for metric in ("gmv", "uv")]
    july = [row for metric in ("gmv", "uv") for row in daily_rows(pusher, metric, ["10"] * 31)]
    await push_and_take_in(api, state, pusher, *june, *july)
    found = await come_to(api, state, pusher.company, goal)
    assert [(one["actual"], one["verdict"]) for one in found["indicators"]] == [
        ("30", "undecided"), (None, "undecided"), ("30", "missed"),
    ]  # fmt: skip
    rest = [
        row | {"value": "10"}
        for metric in ("gmv", "uv")
        for row in daily_rows(pusher, metric, range(30), month="2026-06")
    ]
    await push_and_take_in(api, state, pusher, *rest, observed_at="2026-08-03T09:00:00+08:00")
    found = await come_to(api, state, pusher.company, goal)
    assert [one["verdict"] for one in found["indicators"]] == ["missed", "undecided", "missed"]
