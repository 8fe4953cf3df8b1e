"""Numbers entered by hand, accepted by the superior, and milestones done (GOAL-1, GOAL-4)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.identifiers import new_id
from tests.support.companies import Member, make_member
from tests.support.goals import act, confirm_goals, make_cycle, make_goal
from tests.support.http import created, ok, pointers, problem
from tests.support.relations import Relations, make_relations
from tests.support.statements import count_statements
from tests.support.worker import count_rows, recompute

TODAY = business_day()
TOMORROW = TODAY + timedelta(days=1)
MANUAL = {"kind": "manual", "name": "培训", "unit": "次", "target": "12"}
STANDARDS = {"below": "少于 8 次", "meets": "12 次", "above": "多于 15 次"}


@dataclass
class World:
    """A confirmed goal of `me`, with a manual indicator, another one, and two milestones."""

    people: Relations
    cycle: str
    goal: str
    manual: str
    counted: str
    milestones: list[str]

    @property
    def entries(self) -> str:
        """Where numbers are entered."""
        return f"/v1/goals/{self.goal}/indicators/{self.manual}/entries"


@pytest.fixture
async def world(api: AsyncClient, state: ApiState) -> World:
    people = await make_relations(state)
    year = await make_cycle(api, people.admin, kind="year", starts_on=f"{TODAY.year}-01-01")
    return await make_world(api, people, year["id"], "me", agreeing="boss")


async def make_world(
    api: AsyncClient, people: Relations, cycle: str, owner: str, *, writer: str | None = None, agreeing: str | None
) -> World:
    milestones = [
        {"title": "方案", "due_on": TODAY.isoformat(), "owner_id": str(people["peer"].person_id)},
        {"title": "上线", "due_on": TODAY.isoformat()},
    ]
    caller = people[writer or owner]
    goal = await make_goal(
        api, caller, MANUAL, {"kind": "milestones"}, cycle_id=cycle, owner=people.owner(owner),
        standards=STANDARDS, milestones=milestones,
    )  # fmt: skip
    if agreeing:
        ok(await act(api, caller, goal["id"], "submit"))
        ok(await act(api, people[agreeing], goal["id"], "adjust"))
        ok(await act(api, caller, goal["id"], "confirm"))
    manual, counted = (one["id"] for one in goal["indicators"])
    return World(people, cycle, goal["id"], manual, counted, [one["id"] for one in goal["milestones"]])


async def enter(api: AsyncClient, caller: Member, world: World, **more: Any) -> Response:
    body = {"value": "3", "on": TODAY.isoformat(), "evidence": "签到表"} | more
    return await api.post(world.entries, json=body, headers=caller.headers)


async def decide(api: AsyncClient, caller: Member, world: World, entry: str, action: str) -> Response:
    body = {"reason": "没有签到表"} if action == "reject" else None
    return await api.post(f"{world.entries}/{entry}/actions/{action}", json=body, headers=caller.headers)


async def tick(
    api: AsyncClient, caller: Member, world: World, action: str = "complete", *, place: int = 0,
    etag: str | None = "*", body: dict[str, Any] | None = None,
) -> Response:  # fmt: skip
    headers = caller.headers | ({"If-Match": etag} if etag else {})
    path = f"/v1/goals/{world.goal}/milestones/{world.milestones[place]}/actions/{action}"
    return await api.post(path, json=body, headers=headers)


async def test_a_number_counts_once_the_superior_accepts_it(api: AsyncClient, state: ApiState, world: World) -> None:
    """GOAL-4: entered by the owner with evidence, accepted by the manager."""
    me, boss = world.people["me"], world.people["boss"]
    await recompute(state, me.company_id)
    entry = created(await enter(api, me, world))
    assert (entry["state"], entry["value"], entry["on"]) == ("pending", "3", TODAY.isoformat())
    assert (entry["evidence"], entry["entered_by"]) == ("签到表", str(me.person_id))
    assert (entry["decided_by"], entry["decided_at"], entry["allowed_actions"]) == (None, None, [])
    assert await count_rows(state, "goal_marks", me.company_id) == 0
    listed = ok(await api.get(world.entries, headers=boss.headers))["items"]
    assert listed == [entry | {"allowed_actions": ["accept", "reject"]}]
    accepted = ok(await decide(api, boss, world, entry["id"], "accept"))
    assert (accepted["state"], accepted["decided_by"]) == ("accepted", str(boss.person_id))
    assert accepted["allowed_actions"] == []
    assert await count_rows(state, "goal_marks", me.company_id) == 1
    for action in ("accept", "reject"):
        problem(await decide(api, boss, world, entry["id"], action), status=409, code="action-not-allowed")


async def test_a_number_is_rejected_with_a_reason(api: AsyncClient, state: ApiState, world: World) -> None:
    me, skip = world.people["me"], world.people["skip"]
    await recompute(state, me.company_id)
    entry = created(await enter(api, me, world))["id"]
    blank = await api.post(f"{world.entries}/{entry}/actions/reject", json={"reason": " "}, headers=skip.headers)
    assert [pointer for pointer, _ in pointers(blank)] == ["/reason"]
    rejected = ok(await decide(api, skip, world, entry, "reject"))
    assert (rejected["state"], rejected["reason"]) == ("rejected", "没有签到表")
    assert await count_rows(state, "goal_marks", me.company_id) == 0
    created(await enter(api, me, world, value="4"))
    found = {}
    for name in ("pending", "accepted", "rejected"):
        page = ok(await api.get(world.entries, params={"state": name}, headers=skip.headers))
        found[name] = [one["value"] for one in page["items"]]
    assert found == {"pending": ["4"], "accepted": [], "rejected": ["3"]}


@pytest.mark.parametrize(
    ("caller", "enters", "decides", "reads"),
    [
        ("me", 201, 403, 200),
        ("boss", 403, 200, 200),
        ("skip", 403, 200, 200),
        ("head", 403, 200, 200),
        ("mentor", 403, 403, 200),
        ("hr", 403, 403, 200),
        ("executive", 403, 403, 200),
        ("admin", 404, 404, 404),
        ("peer", 404, 404, 404),
        ("report", 404, 404, 404),
    ],
)
async def test_the_owner_enters_and_the_superior_decides(
    api: AsyncClient, world: World, caller: str, enters: int, decides: int, reads: int
) -> None:
    entry, member = created(await enter(api, world.people["me"], world))["id"], world.people[caller]
    assert (await enter(api, member, world)).status_code == enters
    assert (await api.get(world.entries, headers=member.headers)).status_code == reads
    assert (await decide(api, member, world, entry, "accept")).status_code == decides


async def test_whoever_has_nobody_above_accepts_their_own(api: AsyncClient, world: World) -> None:
    """And who has no account is stood in for, while the superior accepts."""
    people = world.people
    alone = await make_world(api, people, world.cycle, "other_head", agreeing="other_head")
    entry = created(await enter(api, people["other_head"], alone))
    assert entry["allowed_actions"] == ["accept", "reject"]
    ok(await decide(api, people["other_head"], alone, entry["id"], "accept"))
    silent = await make_world(api, people, world.cycle, "silent", writer="admin", agreeing=None)
    await confirm_goals(api, people.admin, silent.goal)
    entry = created(await enter(api, people.admin, silent))
    problem(await decide(api, people.admin, silent, entry["id"], "accept"), status=403, code="not-allowed")
    ok(await decide(api, people["boss"], silent, entry["id"], "accept"))


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"on": f"{TODAY.year - 1}-12-31"}, "/on", "outside-window"),
        ({"on": f"{TODAY.year + 1}-01-01"}, "/on", "outside-window"),
        ({"on": TOMORROW.isoformat()}, "/on", "in-the-future" if TOMORROW.year == TODAY.year else "outside-window"),
        ({"evidence": "  "}, "/evidence", "string-too-short"),
        ({"value": "x"}, "/value", "decimal-format"),
        ({"state": "accepted"}, "/state", "extra-forbidden"),
    ],
)
async def test_a_number_that_cannot_be_is_refused(
    api: AsyncClient, world: World, body: dict[str, Any], pointer: str, code: str
) -> None:
    assert pointers(await enter(api, world.people["me"], world, **body)) == [(pointer, code)]


async def test_numbers_are_for_manual_indicators_of_confirmed_goals(api: AsyncClient, world: World) -> None:
    me, boss = world.people["me"], world.people["boss"]
    body = {"value": "3", "on": TODAY.isoformat(), "evidence": "签到表"}

    async def post(goal: str, indicator: str) -> Response:
        return await api.post(f"/v1/goals/{goal}/indicators/{indicator}/entries", json=body, headers=me.headers)

    problem(await post(world.goal, world.counted), status=409, code="not-manual")
    problem(await post(world.goal, str(new_id())), status=404, code="not-found")
    draft = await make_world(api, world.people, world.cycle, "me", agreeing=None)
    problem(await post(draft.goal, draft.manual), status=409, code="action-not-allowed")
    problem(await post(world.goal, draft.manual), status=404, code="not-found")
    entry = created(await post(world.goal, world.manual))["id"]
    problem(await decide(api, boss, draft, entry, "accept"), status=404, code="not-found")
    ok(await act(api, boss, world.goal, "close"))
    problem(await decide(api, boss, world, entry, "accept"), status=409, code="action-not-allowed")


async def test_the_same_key_enters_a_number_once(api: AsyncClient, world: World) -> None:
    headers = world.people["me"].headers | {"Idempotency-Key": "one"}
    body = {"value": "3", "on": TODAY.isoformat(), "evidence": "签到表"}
    first, second = [await api.post(world.entries, json=body, headers=headers) for _ in range(2)]
    assert created(first) == created(second)
    assert len(ok(await api.get(world.entries, headers=headers))["items"]) == 1


async def test_many_entries_are_listed_by_as_many_statements_as_one(api: AsyncClient, world: World) -> None:
    me, counts = world.people["me"], []
    for _ in range(2):
        for _ in range(3):
            created(await enter(api, me, world))
        with count_statements() as statements:
            ok(await api.get(world.entries, headers=me.headers))
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 4


async def test_a_milestone_is_done_and_not_done_after_all(api: AsyncClient, state: ApiState, world: World) -> None:
    """GOAL-1, on record: the goal is another one, and computed anew."""
    me = world.people["me"]
    await recompute(state, me.company_id)
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    tag = (await api.get(f"/v1/goals/{world.goal}", headers=me.headers)).headers["etag"]
    response = await tick(api, me, world, etag=tag, body={"on": yesterday})
    assert [one["done_on"] for one in ok(response)["milestones"]] == [yesterday, None]
    assert response.headers["etag"] != tag
    assert await count_rows(state, "goal_marks", me.company_id) == 1
    problem(await tick(api, me, world, "reopen", etag=tag), status=412, code="stale")
    problem(await tick(api, me, world, "reopen", etag=None), status=428, code="precondition-required")
    problem(await tick(api, me, world), status=409, code="action-not-allowed")
    ok(await tick(api, me, world, "reopen"))
    problem(await tick(api, me, world, "reopen"), status=409, code="action-not-allowed")
    assert [one["done_on"] for one in ok(await tick(api, me, world, place=1))["milestones"]] == [
        None,
        TODAY.isoformat(),
    ]
    events = ok(await api.get(f"/v1/goals/{world.goal}/history", params={"limit": 3}, headers=me.headers))["items"]
    assert [one["action"] for one in events] == ["complete_milestone", "reopen_milestone", "complete_milestone"]
    assert events[1]["changes"] == {f"milestones/{world.milestones[0]}/done_on": [yesterday, None]}


async def test_a_milestone_is_not_done_in_the_future(api: AsyncClient, world: World) -> None:
    response = await tick(api, world.people["me"], world, body={"on": TOMORROW.isoformat()})
    assert pointers(response) == [("/on", "in-the-future")]


async def test_a_milestone_is_not_done_before_the_goal_began(api: AsyncClient, world: World) -> None:
    response = await tick(api, world.people["me"], world, body={"on": "2020-01-01"})
    assert pointers(response) == [("/on", "outside-window")]


@pytest.mark.parametrize(
    ("caller", "status"),
    [("me", 200), ("boss", 200), ("head", 200), ("mentor", 403), ("hr", 403), ("executive", 403), ("peer", 404)],
)
async def test_a_milestone_is_for_its_owner_the_goals_and_the_superior(
    api: AsyncClient, world: World, caller: str, status: int
) -> None:
    """Who owns the milestone, but does not see the goal, is as blind as ever (SEC-3)."""
    assert (await tick(api, world.people[caller], world)).status_code == status


async def test_whoever_owns_a_milestone_of_a_goal_they_see_does_it(api: AsyncClient, world: World) -> None:
    """A department's goal is there for everybody; its milestones are for their owners."""
    people = world.people
    department = await make_world(api, people, world.cycle, "other", writer="executive", agreeing=None)
    await confirm_goals(api, people["executive"], department.goal, owner=people["other_head"])
    assert (await tick(api, people["peer"], department, place=1)).status_code == 403
    ok(await tick(api, people["peer"], department, place=0))


async def test_milestones_of_a_draft_wait(api: AsyncClient, state: ApiState, world: World) -> None:
    draft = await make_world(api, world.people, world.cycle, "me", agreeing=None)
    problem(await tick(api, world.people["me"], draft), status=409, code="action-not-allowed")
    mixed = World(**vars(world) | {"milestones": draft.milestones})
    problem(await tick(api, world.people["me"], mixed), status=404, code="not-found")
    stranger = await make_member(state, world.people.admin)
    problem(await tick(api, stranger, world), status=404, code="not-found")
