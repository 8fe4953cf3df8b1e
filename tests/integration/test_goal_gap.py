"""Why a goal's GMV differs from an earlier window's: UV × conversion × 客单价 by shop, adding up exactly (GOAL-8)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from httpx import AsyncClient

from attain_api.state import ApiState
from tests.support.companies import Member, make_member
from tests.support.goals import confirm_goals
from tests.support.http import ok, pointers, problem
from tests.support.measured import Json, daily_rows, goal_of, pusher_of_shops
from tests.support.pushes import Pusher, make_pusher, push_and_take_in
from tests.support.statements import count_statements

FACTORS = ("uv", "conversion", "aov", "other")


async def gap_of(api: AsyncClient, reader: Member, goal: str, **params: Any) -> Json:
    found = ok(await api.get(f"/v1/goals/{goal}/gap", params=params, headers=reader.headers))
    check_sums(found)
    return found


def effects_of(one: Json) -> Any:
    return tuple(Decimal(one["effects"][name]) for name in FACTORS)


def check_sums(found: Json) -> None:
    """Every effect adds up over the shops, and all effects to the change: to the last cent."""
    for one in (found, *found["shops"]):
        assert sum(effects_of(one)) == Decimal(one["change"])
    for place in range(len(FACTORS)):
        assert sum(effects_of(shop)[place] for shop in found["shops"]) == effects_of(found)[place]
    before, after = (Decimal(found[side]["gmv"] or 0) for side in ("before", "after"))
    assert Decimal(found["change"]) == after - before
    for shop in found["shops"]:
        assert Decimal(shop["change"]) == Decimal(shop["after"] or 0) - Decimal(shop["before"] or 0)


def month(pusher: Pusher, shop: str, of: str, gmv: str, uv: str, buyers: str, *, days: int = 30) -> list[Any]:
    """The same figures every day."""
    told = {"gmv": gmv, "uv": uv, "paying_buyers": buyers}
    return [
        row for metric, value in told.items() for row in daily_rows(pusher, metric, [value] * days, month=of, shop=shop)
    ]


async def test_a_gap_is_taken_apart_shop_by_shop(
    api: AsyncClient, state: ApiState, capsys: pytest.CaptureFixture[str]
) -> None:
    """July has one day more than June, whose visitors count as such; a third shop is new."""
    pusher, shops, names = await pusher_of_shops(state, 3)
    goal = await goal_of(api, pusher, {"shop_ids": shops, "target": "400000"})
    rows = [
        *month(pusher, names[0], "2026-06", "5000", "1000", "50"),
        *month(pusher, names[0], "2026-07", "5600", "1000", "56", days=31),
        *month(pusher, names[1], "2026-06", "3333.33", "700", "31"),
        *month(pusher, names[1], "2026-07", "2871.19", "655", "28", days=31),
        *daily_rows(pusher, "gmv", ["100"] * 10, shop=names[2]),
    ]
    await push_and_take_in(api, state, pusher, *rows)
    found = await gap_of(api, pusher.company, goal)
    assert (found["before"], found["after"]) == (
        {"starts_on": "2026-06-01", "ends_on": "2026-06-30", "gmv": "249999.90"},
        {"starts_on": "2026-07-01", "ends_on": "2026-07-31", "gmv": "263606.89"},
    )
    assert (found["against"], found["target"], found["gap_to_target"]) == ("previous", "400000", "-136393.11")
    first, second, new = found["shops"]
    uv, conversion, aov, other = effects_of(first)
    # one day more, and buyers for 100 visitors 5.6 in place of 5; each spends the same
    assert (aov, other) == (0, 0)
    assert uv > 0
    assert conversion > 0
    assert first["traffic_after"] == {"days": 31, "gmv": "173600", "uv": "31000", "paying_buyers": "1736"}
    assert all(effect != 0 for effect in effects_of(second)[:3])
    assert (effects_of(new), new["before"], new["traffic_after"]) == ((0, 0, 0, 1000), None, None)
    with capsys.disabled():
        print_gap(found)


def print_gap(found: Json) -> None:
    """As a reader would want it."""
    print(f"\nGMV {found['before']['gmv']} → {found['after']['gmv']}, change {found['change']}")
    for name, one in (("all", found), *((f"shop {place}", shop) for place, shop in enumerate(found["shops"], start=1))):
        told = " + ".join(f"{factor} {one['effects'][factor]}" for factor in FACTORS)
        print(f"  {name:<7}{one['change']:>10} = {told}")


async def test_a_running_window_is_held_against_as_many_days(api: AsyncClient, state: ApiState) -> None:
    """Today's partial day is left out on both sides; the target stays that of the whole window."""
    with time_machine.travel(datetime(2026, 7, 6, 4, tzinfo=UTC)):
        pusher = await make_pusher(state)
        growth = {"kind": "growth", "against": "last_year", "target": "0.20"}
        goal = await goal_of(api, pusher, growth)
        rows = [*daily_rows(pusher, "gmv", [10] * 31, month="2025-07"), *daily_rows(pusher, "gmv", [20] * 6)]
        await push_and_take_in(api, state, pusher, *rows, observed_at="2026-07-06T09:00:00+08:00")
        found = await gap_of(api, pusher.company, goal)
        previous = await gap_of(api, pusher.company, goal, against="previous")
    assert (found["against"], previous["against"]) == ("last_year", "previous")
    assert found["before"] == {"starts_on": "2025-07-01", "ends_on": "2025-07-05", "gmv": "50"}
    assert found["after"] == {"starts_on": "2026-07-01", "ends_on": "2026-07-05", "gmv": "100"}
    assert previous["before"] == {"starts_on": "2026-06-01", "ends_on": "2026-06-05", "gmv": None}
    # 310 last July, a fifth more
    assert {one["target"] for one in (found, previous)} == {"372.00"}
    assert found["gap_to_target"] == "-272.00"


async def test_what_is_owned_in_part_is_taken_apart_in_part(api: AsyncClient, state: ApiState) -> None:
    """GOAL-12: half a shop has half of its GMV and half of its visitors."""
    pusher = await make_pusher(state)
    me = {"type": "person", "id": str(pusher.company.person_id)}
    other = {"type": "person", "id": str((await make_member(state, pusher.company)).person_id)}
    body = {"starts_on": "2026-06-01", "owners": [me | {"share": "0.5"}, other | {"share": "0.5"}]}
    ok(await api.put(f"/v1/shops/{pusher.shop.id}/owners", json=body, headers=pusher.company.headers))
    goal = await goal_of(api, pusher, {"attribution": "owned"}, owner=me)
    name = pusher.row()["shop"]
    rows = [
        *month(pusher, name, "2026-06", "1000", "100", "10"),
        *month(pusher, name, "2026-07", "2000", "200", "20"),
    ]
    await push_and_take_in(api, state, pusher, *rows)
    found = await gap_of(api, pusher.company, goal)
    assert effects_of(found) == (15_000, 0, 0, 0)
    assert Decimal(found["shops"][0]["traffic_after"]["uv"]) == 3000


async def test_only_a_gmv_over_its_window_is_taken_apart(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    mean = {"aggregate": "daily_mean"}
    goal = await goal_of(api, pusher, {"metric": "uv"}, mean)
    path, headers = f"/v1/goals/{goal}/gap", pusher.company.headers
    problem(await api.get(path, headers=headers), status=409, code="no-gmv-indicator")
    indicators = ok(await api.get(f"/v1/goals/{goal}", headers=headers))["indicators"]
    for one in indicators:
        refused = await api.get(path, params={"indicator_id": one["id"]}, headers=headers)
        assert pointers(refused) == [("/query/indicator_id", "not-gmv")]
    refused = await api.get(path, params={"indicator_id": goal}, headers=headers)
    problem(refused, status=404, code="not-found")
    with time_machine.travel(datetime(2026, 7, 1, 4, tzinfo=UTC)):
        pusher = await make_pusher(state)
        path = f"/v1/goals/{await goal_of(api, pusher, {})}/gap"
        problem(await api.get(path, headers=pusher.company.headers), status=409, code="no-complete-day")


async def test_only_who_sees_the_goal_in_full_sees_its_gap(api: AsyncClient, state: ApiState) -> None:
    """SEC-3."""
    pusher = await make_pusher(state)
    goal = await goal_of(api, pusher, {}, weight="100")
    employee = await make_member(state, pusher.company)
    path = f"/v1/goals/{goal}/gap"
    problem(await api.get(path, headers=employee.headers), status=404, code="not-found")
    await confirm_goals(api, pusher.company, goal)
    problem(await api.get(path, headers=employee.headers), status=403, code="not-allowed")


async def test_it_takes_as_many_statements_for_fifty_shops_as_for_one(api: AsyncClient, state: ApiState) -> None:
    counts = []
    for number in (1, 50):
        pusher, shops, names = await pusher_of_shops(state, number)
        goal = await goal_of(api, pusher, {"shop_ids": shops})
        await push_and_take_in(api, state, pusher, *[pusher.row(shop=name) for name in names])
        with count_statements() as statements:
            found = await gap_of(api, pusher.company, goal)
        assert len(found["shops"]) == number
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 12
