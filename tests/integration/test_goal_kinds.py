"""Every kind of indicator measured through the API: growth, people, manual, milestones, items, shares and caps (GOAL-4, GOAL-5)."""

import secrets
from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from tests.support.goals import act, make_cycle
from tests.support.http import created, ok
from tests.support.measured import Json, come_to, daily_rows, goal_of, pusher_of_shops, scored, shown
from tests.support.pushes import Pusher, make_pusher, push_and_take_in
from tests.support.relations import make_relations

GROWTH = {"kind": "growth", "against": "last_year", "target": "0.20"}
PREVIOUS = GROWTH | {"against": "previous"}
LOWER = {"direction": "lower_better"}
FIGURES = ("actual", "attainment", "verdict")
NO_DATA = (None, None, "no_data")


@pytest.fixture
async def pusher(state: ApiState) -> Pusher:
    return await make_pusher(state)


async def push(api: AsyncClient, state: ApiState, pusher: Pusher, **told: tuple[str, str]) -> None:
    """One row a metric: its day, and its value."""
    rows = [pusher.row(metric, bucket=day, value=value) for metric, (day, value) in told.items()]
    await push_and_take_in(api, state, pusher, *rows)


async def test_growth_is_from_the_window_before_or_a_year_ago(
    api: AsyncClient, state: ApiState, pusher: Pusher
) -> None:
    """GOAL-4: x / (prev × (1 + g)); the growth itself is shown; a baseline and a falling target are growths too.

    As days of before are missing the growth may be less: above a falling target that decides nothing (MET-5a).
    """
    goal = await goal_of(
        api, pusher, GROWTH, PREVIOUS, PREVIOUS | {"target": "-0.25"} | LOWER, PREVIOUS | {"baseline": "0.10"},
        {"target": "1140"},
    )  # fmt: skip
    for day, value in (("2025-07-31", "1000"), ("2026-06-01", "950"), ("2026-06-30", "50"), ("2026-07-15", "1140")):
        await push(api, state, pusher, gmv=(day, value))
    found = await come_to(api, state, pusher.company, goal)
    assert shown(found, "metric", *FIGURES) == [
        ("gmv", "0.14", "0.950000", "missed"),
        ("gmv", "0.14", "0.950000", "missed"),
        ("gmv", "0.14", "0.480000", "undecided"),
        ("gmv", "0.14", "0.400000", "missed"),
        ("gmv", "1140", "1.000000", "met"),
    ]
    assert [one["target"] for one in found["indicators"]][:3] == ["0.20", "0.20", "-0.25"]
    await push(api, state, pusher, gmv=("2026-06-15", "900"))
    found = await come_to(api, state, pusher.company, goal)
    assert shown(found, *FIGURES)[:3] == [
        ("0.14", "0.950000", "missed"), ("-0.4", "0.500000", "missed"), ("-0.4", "1.200000", "met"),
    ]  # fmt: skip


async def test_growth_from_nothing_is_no_data(api: AsyncClient, state: ApiState, pusher: Pusher) -> None:
    """GOAL-4: prev missing or 0 → null, which makes the score null unless it is ignored (GOAL-6)."""
    goal = await goal_of(api, pusher, PREVIOUS, {"target": "1000"})
    lenient = await goal_of(
        api, pusher, PREVIOUS, {"target": "1000"}, cycle_id=await _july(api, pusher), ignore_missing=True
    )
    await push(api, state, pusher, gmv=("2026-07-01", "1000"))
    for _ in range(2):
        strict, ignoring = [await come_to(api, state, pusher.company, one) for one in (goal, lenient)]
        assert shown(strict, *FIGURES) == [NO_DATA, ("1000", "1.000000", "met")]
        assert scored(strict) == (None, None, None, None, "no_data")
        assert scored(ignoring) == ("3.5", None, None, "otherwise", "no_data")
        await push(api, state, pusher, gmv=("2026-06-30", "0"))
    await push_and_take_in(api, state, pusher, pusher.row(bucket="2026-06-29", value="500"))
    strict = await come_to(api, state, pusher.company, goal)
    assert shown(strict, *FIGURES)[0] == ("1", "1.666667", "undecided")
    assert scored(strict)[0] == "3.5"


async def _july(api: AsyncClient, pusher: Pusher) -> str:
    cycles = ok(await api.get("/v1/cycles", headers=pusher.company.headers))["items"]
    return str(cycles[0]["id"])


async def test_growth_of_visitors_is_as_uncertain_as_they_are(
    api: AsyncClient, state: ApiState, pusher: Pusher
) -> None:
    """MET-5: between the least of now over the most of then and the reverse; a mean by day is exact (MET-5a)."""
    goal = await goal_of(
        api, pusher, PREVIOUS | {"metric": "uv"}, PREVIOUS | {"metric": "uv", "aggregate": "daily_mean"}
    )
    for month, values in (("2026-06", [100, 100]), ("2026-07", [120, 180])):
        await push_and_take_in(api, state, pusher, *daily_rows(pusher, "uv", values, month=month))
    found = await come_to(api, state, pusher.company, goal)
    names = ("actual", "actual_low", "actual_high", "attainment", "attainment_low", "attainment_high", "verdict")
    assert shown(found, *names) == [
        (None, "-0.1", "2", None, "0.750000", "2.500000", "undecided"),
        ("0.5", None, None, "1.250000", None, None, "met"),
    ]
    assert scored(found)[:3] == (None, "3.25", "4")


async def test_items_are_added_up_where_the_algebra_allows(api: AsyncClient, state: ApiState, pusher: Pusher) -> None:
    """MET-2: hot items, one of them alone, and a terminal, beside the whole shop; a set that changes is followed."""
    hot = {"shop_id": str(pusher.shop.id), "name": "爆款", "item_ids": ["1", "2"]}
    headers = pusher.company.headers
    item_set = created(await api.post("/v1/item-sets", json=hot, headers=headers))["id"]
    goal = await goal_of(
        api, pusher, {"item_set": item_set}, {"metric": "uv", "item_set": item_set}, {"dimension": "item:1"},
        {"dimension": "terminal:pc"}, {},
    )  # fmt: skip
    rows = [pusher.row(dimension=f"item:{item}", value=f"{item}00") for item in (1, 2, 3)]
    rows += [pusher.row("uv", dimension=f"item:{item}", value=f"{item}0") for item in (1, 2, 3)]
    rows += [pusher.row(dimension="terminal:pc", value="70"), pusher.row(value="1000")]
    await push_and_take_in(api, state, pusher, *rows)
    found = await come_to(api, state, pusher.company, goal)
    names = ("actual", "actual_low", "actual_high", "attainment")
    rest = [("100", None, None, "0.100000"), ("70", None, None, "0.070000"), ("1000", None, None, "1.000000")]
    assert shown(found, *names) == [("300", None, None, "0.300000"), (None, "20", "30", None), *rest]
    change = {"item_ids": ["1", "2", "3"]}
    ok(await api.patch(f"/v1/item-sets/{item_set}", json=change, headers=headers | {"If-Match": "*"}))
    found = await come_to(api, state, pusher.company, goal)
    assert shown(found, *names) == [("600", None, None, "0.600000"), (None, "30", "60", None), *rest]


async def test_shops_are_added_up_as_each_metric_says(api: AsyncClient, state: ApiState) -> None:
    """MET-3: sums, bounds, members summed, service weighted by its reviews; of shops with and without rows."""
    pusher, shops, names = await pusher_of_shops(state, 3)
    metrics = (
        {"metric": code, "shop_ids": shops, "target": "4"} for code in ("gmv", "uv", "members", "dsr_service", "aov")
    )
    goal = await goal_of(api, pusher, *metrics)
    told = {"gmv": (600, 400), "uv": (30, 20), "members": (5, 6), "dsr_service": ("4.8", "4.5"), "reviews": (2, 1),
            "paying_buyers": (10, 10)}  # fmt: skip
    rows = [
        pusher.row(metric, value=str(value), shop=name)
        for metric, values in told.items()
        for name, value in zip(names, values, strict=False)
    ]
    await push_and_take_in(api, state, pusher, *rows)
    found = await come_to(api, state, pusher.company, goal)
    assert shown(found, "actual", "actual_low", "actual_high") == [
        ("1000", None, None), (None, "30", "50"), ("11", None, None), ("4.7", None, None), (None, "50", "100"),
    ]  # fmt: skip
    assert {one["coverage"]["expected"] for one in found["indicators"]} == {93}


async def test_a_department_is_credited_with_its_share(api: AsyncClient, state: ApiState, pusher: Pusher) -> None:
    """GOAL-12, MET-1: 0.4 of a shop; the company's own goal takes it as it is."""
    headers = pusher.company.headers
    team = {"name": "运营部", "function": "operations"}
    department = created(await api.post("/v1/departments", json=team, headers=headers))["id"]
    owners = [
        {"type": "department", "id": department, "share": "0.4"},
        {"type": "person", "id": str(pusher.company.person_id), "share": "0.6"},
    ]
    body = {"starts_on": "2026-07-01", "owners": owners}
    ok(await api.put(f"/v1/shops/{pusher.shop.id}/owners", json=body, headers=headers))
    cycle = (await make_cycle(api, pusher.company, kind="month"))["id"]
    owned: list[Json] = [{"attribution": "owned"}, {"attribution": "owned", "metric": "members"}]
    department_s, company_s = {"type": "department", "id": department}, {"type": "company"}
    goals = [await goal_of(api, pusher, *owned, cycle_id=cycle, owner=owner) for owner in (department_s, company_s)]
    await push(api, state, pusher, gmv=("2026-07-01", "2500"), members=("2026-07-02", "80"))
    found = [await come_to(api, state, pusher.company, goal) for goal in goals]
    assert [shown(one, "actual") for one in found] == [["1000", "80"], ["2500", "80"]]


async def test_the_people_of_a_team_are_measured_from_attains_own_data(
    api: AsyncClient, state: ApiState, pusher: Pusher
) -> None:
    """GOAL-4, ORG-5: in June, three stay and two leave in the middle; one of the three is promoted."""
    headers = pusher.company.headers
    team = {"name": "运营部", "function": "operations"}
    department = created(await api.post("/v1/departments", json=team, headers=headers))["id"]
    people = []
    for _ in range(5):
        email = f"{secrets.token_hex(6)}@example.com"
        person = {"name": "林晓", "email": email, "hired_on": "2026-03-01", "department_id": department}
        people.append(created(await api.post("/v1/people", json=person, headers=headers))["id"])
    cycle = (await make_cycle(api, pusher.company, kind="month", starts_on="2026-06-01"))["id"]
    turnover, growth = (
        {"kind": "people", "metric": metric, "target": target, "department_id": department}
        for metric, target in (("turnover_rate", "0.4"), ("staff_growth", "0.5"))
    )
    goal = await _of_people(api, pusher, turnover, growth, cycle_id=cycle)
    everybody = await _of_people(api, pusher, turnover | {"department_id": None}, cycle_id=cycle)
    assert shown(await come_to(api, state, pusher.company, goal), *FIGURES) == [
        ("0.0000", "2.000000", "met"), ("0.0000", "0.000000", "missed"),
    ]  # fmt: skip
    for person in people[3:]:
        leave = {"effective_on": "2026-06-15", "reason": "moved away"}
        ok(await api.post(f"/v1/people/{person}/leave", json=leave, headers=headers))
    position = {"name": "主管", "function": "operations", "tier": "middle", "grade": "senior"}
    post = created(await api.post("/v1/positions", json=position, headers=headers))["id"]
    promotion = {"effective_on": "2026-06-20", "position_id": post}
    ok(await api.post(f"/v1/people/{people[0]}/promote", json=promotion, headers=headers))
    found = await come_to(api, state, pusher.company, goal)
    assert shown(found, *FIGURES) == [("0.5000", "0.750000", "missed"), ("0.3333", "0.666600", "missed")]
    assert scored(found) == ("3.25", None, None, "any<=0.80", "missed")
    found = await come_to(api, state, pusher.company, everybody)
    assert shown(found, *FIGURES) == [("0.4000", "1.000000", "met")]


async def _of_people(api: AsyncClient, pusher: Pusher, *indicators: Json, **more: Any) -> str:
    body = {"owner": {"type": "company"}, "title": "带团队", "weight": "1", "indicators": indicators, **more}
    return str(created(await api.post("/v1/goals", json=body, headers=pusher.company.headers))["id"])


async def test_what_is_entered_counts_once_accepted_and_milestones_as_they_are_done(
    api: AsyncClient, state: ApiState
) -> None:
    """GOAL-4: pending and rejected numbers are no data; of milestones the share done, 0 of them is a figure."""
    people = await make_relations(state)
    me, boss = people["me"], people["boss"]
    cycle = (await make_cycle(api, people.admin, kind="quarter"))["id"]
    steps = [{"title": title, "due_on": "2026-09-30"} for title in ("方案", "上线", "复盘", "推广")]
    body = {
        "cycle_id": cycle, "owner": people.owner("me"), "title": "培训", "weight": "100", "milestones": steps,
        "standards": {"below": "少", "meets": "够", "above": "多"},
        "indicators": [
            {"kind": "manual", "name": "培训", "unit": "次", "target": "12"}, {"kind": "milestones", "target": "0.5"},
        ],
    }  # fmt: skip
    goal = created(await api.post("/v1/goals", json=body, headers=me.headers))
    for action, who in (("submit", me), ("adjust", boss), ("confirm", me)):
        ok(await act(api, who, goal["id"], action))
    entries = f"/v1/goals/{goal['id']}/indicators/{goal['indicators'][0]['id']}/entries"

    async def reached() -> Any:
        return shown(await come_to(api, state, me, goal["id"]), *FIGURES)

    async def enter(value: str, on: str, action: str) -> None:
        entry = {"value": value, "on": on, "evidence": "签到表"}
        made = created(await api.post(entries, json=entry, headers=me.headers))["id"]
        assert await reached() == expected
        reason = {"reason": "缺少签到记录"} if action == "reject" else None
        ok(await api.post(f"{entries}/{made}/actions/{action}", json=reason, headers=boss.headers))

    expected = [NO_DATA, ("0", "0.000000", "missed")]
    assert await reached() == expected
    await enter("15", "2026-07-31", "reject")
    assert await reached() == expected
    await enter("9", "2026-08-31", "accept")
    expected[0] = ("9", "0.750000", "missed")
    assert await reached() == expected
    await enter("12", "2026-09-30", "accept")
    expected[0] = ("12", "1.000000", "met")
    done = [("0.25", "0.500000", "missed"), ("0.5", "1.000000", "met")]
    for step, figures in zip(goal["milestones"], done, strict=False):
        path = f"/v1/goals/{goal['id']}/milestones/{step['id']}/actions/complete"
        ok(await api.post(path, json={"on": "2026-08-01"}, headers=me.headers | {"If-Match": "*"}))
        expected[1] = figures
        assert await reached() == expected
    assert scored(await come_to(api, state, me, goal["id"])) == ("3.5", None, None, "otherwise", "met")


async def test_what_is_averaged_is_capped_and_what_is_missing_may_be_ignored(
    api: AsyncClient, state: ApiState, pusher: Pusher
) -> None:
    """GOAL-5, GOAL-6: 9.0 counts as 1.2, so that the mean of 1.2 and 0.2 is no more than 0.70; raw it is shown."""
    goal = await goal_of(
        api, pusher, {"target": "1000", "cap": "1.2"}, {"metric": "pv", "target": "100"}, {"metric": "reviews"},
        ignore_missing=True,
    )  # fmt: skip
    await push(api, state, pusher, gmv=("2026-07-01", "9000"), pv=("2026-07-01", "20"))
    found = await come_to(api, state, pusher.company, goal)
    assert shown(found, "attainment") == ["9.000000", "0.200000", None]
    assert scored(found) == ("3", None, None, "mean<=0.70", "no_data")
