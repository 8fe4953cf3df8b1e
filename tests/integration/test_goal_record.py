"""What is done with a goal is put on record, with reasons where they are due (GOAL-3)."""

from dataclasses import dataclass
from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from tests.support.companies import Member, make_shop
from tests.support.goals import act, indicator, make_cycle, make_goal
from tests.support.http import ok, pointers, problem
from tests.support.relations import Relations, make_relations


@dataclass
class World:
    """A company with everybody in it, a cycle, and a shop that everybody in `top` sees."""

    people: Relations
    cycle: dict[str, Any]
    shop: str


@pytest.fixture
async def world(api: AsyncClient, state: ApiState) -> World:
    people = await make_relations(state)
    shop = str((await make_shop(state, people.admin)).id)
    owners = [people.owner("me") | {"share": "0.5"}, people.owner("other") | {"share": "0.5"}]
    body = {"starts_on": "2026-07-01", "owners": owners}
    ok(await api.put(f"/v1/shops/{shop}/owners", json=body, headers=people.admin.headers))
    return World(people, await make_cycle(api, people.admin), shop)


async def draft(api: AsyncClient, world: World, *, writer: str = "me", owner: str = "me", **more: Any) -> str:
    measured = indicator([world.shop])
    named = world.people.owner(owner)
    made = await make_goal(api, world.people[writer], measured, cycle_id=world.cycle["id"], owner=named, **more)
    return str(made["id"])


async def history(api: AsyncClient, caller: Member, goal: str, **params: Any) -> dict[str, Any]:
    return ok(await api.get(f"/v1/goals/{goal}/history", params=params, headers=caller.headers))


async def test_staff_and_manager_agree_on_a_goal(api: AsyncClient, world: World) -> None:
    """GOAL-3: the employee confirms only after the manager's adjust, and a return undoes the agreement."""
    me, boss, goal = world.people["me"], world.people["boss"], await draft(api, world)
    ok(await act(api, me, goal, "submit"))
    problem(await act(api, me, goal, "confirm"), status=409, code="action-not-allowed")
    tag = (adjusted := await act(api, boss, goal, "adjust")).headers["etag"]
    assert ok(adjusted)["state"] == "submitted"
    ok(await act(api, boss, goal, "return", etag=tag, reason="比去年还低"))
    ok(await act(api, me, goal, "submit"))
    problem(await act(api, me, goal, "confirm"), status=409, code="action-not-allowed")
    ok(await act(api, boss, goal, "adjust", reason="now it is"))
    assert ok(await act(api, me, goal, "confirm"))["state"] == "confirmed"
    ids = {str(me.person_id): "me", str(boss.person_id): "boss"}
    for reader in ("me", "boss", "mentor", "hr"):
        found = [
            (ids[one["actor_id"]], one["action"], one["reason"], one["is_stand_in"])
            for one in (await history(api, world.people[reader], goal))["items"]
        ]
        assert found == [
            ("me", "confirm", None, False),
            ("boss", "adjust", "now it is", False),
            ("me", "submit", None, False),
            ("boss", "return", "比去年还低", False),
            ("boss", "adjust", None, False),
            ("me", "submit", None, False),
        ]


async def test_a_record_is_read_in_parts_and_only_with_the_goal_in_full(api: AsyncClient, world: World) -> None:
    executive, goal = world.people["executive"], await draft(api, world, writer="executive", owner="company")
    for action in ("submit", "adjust", "confirm"):
        ok(await act(api, executive, goal, action))
    page = await history(api, executive, goal, limit=2, sort="at")
    rest = await history(api, executive, goal, limit=2, sort="at", cursor=page["next_cursor"])
    assert [one["action"] for one in (*page["items"], *rest["items"])] == ["submit", "adjust", "confirm"]
    for reader, status, code in (("peer", 403, "not-allowed"), ("admin", 403, "not-allowed")):
        response = await api.get(f"/v1/goals/{goal}/history", headers=world.people[reader].headers)
        problem(response, status=status, code=code)
    mine = await draft(api, world)
    response = await api.get(f"/v1/goals/{mine}/history", headers=world.people["peer"].headers)
    problem(response, status=404, code="not-found")


@pytest.mark.parametrize("action", ["return", "cancel"])
async def test_some_actions_want_a_reason(api: AsyncClient, world: World, action: str) -> None:
    me, boss, goal = world.people["me"], world.people["boss"], await draft(api, world)
    ok(await act(api, me, goal, "submit"))
    for reason in (None, "", " \n"):
        response = await act(api, boss, goal, action, reason=reason)
        assert pointers(response) == [("/reason", "missing")]
    ok(await act(api, boss, goal, action, reason="因故取消"))


async def test_confirming_for_an_owner_without_an_account_is_on_record(api: AsyncClient, world: World) -> None:
    """GOAL-3: by the superior or an administrator; the superior's own part is in their own name."""
    goals = {
        writer: await draft(api, world, writer=writer, owner="silent", weight="50") for writer in ("admin", "boss")
    }
    for writer, goal in goals.items():
        ok(await act(api, world.people[writer], goal, "submit"))
    ok(await act(api, world.people["boss"], goals["admin"], "adjust"))
    for writer, goal in goals.items():
        ok(await act(api, world.people[writer], goal, "confirm"))
    found = {
        writer: [(one["action"], one["is_stand_in"]) for one in (await history(api, world.people["hr"], goal))["items"]]
        for writer, goal in goals.items()
    }
    assert found == {
        "admin": [("confirm", True), ("adjust", False), ("submit", True)],
        "boss": [("confirm", True), ("submit", True)],
    }


async def test_a_head_submits_and_an_executive_agrees(api: AsyncClient, world: World) -> None:
    """SEC-3: a head writes the department's goals; GOAL-3: and confirms them once the superior has agreed."""
    head, executive = world.people["other_head"], world.people["executive"]
    goal = await draft(api, world, writer="other_head", owner="other")
    ok(await act(api, head, goal, "submit"))
    problem(await act(api, head, goal, "confirm"), status=409, code="action-not-allowed")
    ok(await act(api, executive, goal, "adjust"))
    ok(await act(api, head, goal, "confirm"))


async def test_what_is_cancelled_weighs_no_more_and_keeps_its_children(api: AsyncClient, world: World) -> None:
    executive = world.people["executive"]
    above = await draft(api, world, writer="executive", owner="company")
    below = await draft(api, world, writer="executive", owner="other", parent_id=above)
    ok(await act(api, executive, above, "submit"))
    ok(await act(api, executive, above, "cancel", reason="merged"))
    again = await draft(api, world, writer="executive", owner="company")
    ok(await act(api, executive, again, "submit"))
    assert ok(await api.get(f"/v1/goals/{below}", headers=executive.headers))["parent_id"] == above


async def test_in_a_closed_cycle_goals_are_only_ended(api: AsyncClient, world: World) -> None:
    me, boss, goal = world.people["me"], world.people["boss"], await draft(api, world)
    ok(await act(api, me, goal, "submit"))
    path = f"/v1/cycles/{world.cycle['id']}/actions/close"
    ok(await api.post(path, headers=world.people.admin.headers))
    before = await api.get(f"/v1/goals/{goal}", headers=boss.headers)
    assert not {"return", "adjust", "confirm", "submit"} & set(before.json()["allowed_actions"])
    problem(await act(api, boss, goal, "adjust"), status=409, code="cycle-closed")
    problem(await act(api, boss, goal, "return", reason="x"), status=409, code="cycle-closed")
    ok(await act(api, boss, goal, "cancel", reason="the quarter is over"))


async def test_a_standard_for_each_band_comes_before_what_is_entered_by_hand(api: AsyncClient, world: World) -> None:
    """GOAL-1."""
    manual = {"kind": "manual", "name": "培训", "unit": "次", "target": "12"}
    me = world.people["me"]
    owner, cycle = world.people.owner("me"), world.cycle["id"]
    goal = (await make_goal(api, me, manual, cycle_id=cycle, owner=owner, standards={"meets": "12"}))["id"]
    response = await act(api, me, goal, "submit")
    assert pointers(response) == [("/standards/below", "missing"), ("/standards/above", "missing")]


async def test_two_who_act_at_once_act_one_after_the_other(api: AsyncClient, world: World) -> None:
    """Each names the version they have read: the second finds another one."""
    me, boss, goal = world.people["me"], world.people["boss"], await draft(api, world)
    submitted = await act(api, me, goal, "submit")
    ok(submitted)
    tag = (await api.get(f"/v1/goals/{goal}", headers=boss.headers)).headers["etag"]
    ok(await act(api, world.people["skip"], goal, "adjust"))
    problem(await act(api, boss, goal, "return", etag=tag, reason="x"), status=412, code="stale")
    problem(await act(api, me, goal, "confirm", etag=submitted.headers["etag"]), status=412, code="stale")
