"""Who writes, submits and confirms whose goals (GOAL-3, SEC-3)."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.departments.models import Department
from attain_shared.identifiers import new_id
from attain_shared.people.queries import replace_spells
from attain_shared.people.timeline import Event, EventKind, build_spells
from tests.support.companies import Member, make_company, make_member, make_shop
from tests.support.goals import act, confirm_goals, goal_body, indicator, make_cycle, make_goal
from tests.support.http import created, ok, pointers, problem
from tests.support.relations import VIEWERS, Relations, make_relations, place

OWNERS = ("me", "silent", "team", "other", "company")
"""`silent` has no account, `team` no head of its own."""
WRITES: dict[str, set[str]] = {
    "me": {"me"},
    "peer": set(),
    "report": set(),
    "boss": {"me", "silent"},
    "skip": {"me", "silent"},
    "head": {"me", "silent", "team"},
    "other_head": {"other"},
    "former": set(),
    "mentor": set(),
    "executive": {"team", "other", "company"},
    "hr": set(),
    "admin": {"silent", "team"},
}
"""Their own goals, those of their departments, those they split to below, and of owners without an account."""
SPLIT_TO_STAFF = {("boss", "me"), ("skip", "me"), ("head", "me")}
"""Whose drafts are another's to submit."""
WRITER = {"me": "me", "silent": "admin", "team": "head", "other": "executive", "company": "executive"}


class World:
    """A company, its cycle and its shop, which everybody who writes goals sees."""

    def __init__(self, people: Relations, cycle: str, shop: str) -> None:
        self.people, self.cycle, self.shop = people, cycle, shop


@pytest.fixture
async def world(api: AsyncClient, state: ApiState) -> World:
    people = await make_relations(state)
    shop = str((await make_shop(state, people.admin)).id)
    owners = [people.owner("me"), *(people.owner(name) for name in ("top", "other"))]
    body = {
        "starts_on": "2026-07-01",
        "owners": [one | {"share": share} for one, share in zip(owners, ("0.5", "0.3", "0.2"), strict=True)],
    }
    ok(await api.put(f"/v1/shops/{shop}/owners", json=body, headers=people.admin.headers))
    return World(people, (await make_cycle(api, people.admin))["id"], shop)


async def write(api: AsyncClient, world: World, writer: Member, owner: str) -> Response:
    body = goal_body(world.cycle, [indicator([world.shop])], owner=world.people.owner(owner))
    return await api.post("/v1/goals", json=body, headers=writer.headers)


async def draft(api: AsyncClient, world: World, owner: str) -> str:
    return str(created(await write(api, world, world.people[WRITER[owner]], owner))["id"])


async def patch(api: AsyncClient, caller: Member, goal: str, body: dict[str, Any]) -> Response:
    return await api.patch(f"/v1/goals/{goal}", json=body, headers=caller.headers | {"If-Match": "*"})


@pytest.mark.parametrize("writer", VIEWERS)
async def test_goals_are_written_for_those_one_answers_for(api: AsyncClient, world: World, writer: str) -> None:
    for owner in OWNERS:
        response = await write(api, world, world.people[writer], owner)
        assert response.status_code == (201 if owner in WRITES[writer] else 403), owner
        if owner in WRITES[writer]:
            own = ["change", "cancel"] if (writer, owner) in SPLIT_TO_STAFF else ["change", "submit", "cancel"]
            assert response.json()["allowed_actions"] == own, owner


@pytest.mark.parametrize("owner", OWNERS)
async def test_weights_are_set_by_whoever_writes(api: AsyncClient, world: World, owner: str) -> None:
    goal = await draft(api, world, owner)
    weights = [{"goal_id": goal, "weight": "100"}]
    body = {"cycle_id": world.cycle, "owner": world.people.owner(owner), "weights": weights}
    for viewer in VIEWERS:
        response = await api.put("/v1/goal-weights", json=body, headers=world.people[viewer].headers)
        assert response.status_code == (200 if owner in WRITES[viewer] else 403), viewer


async def test_a_department_is_confirmed_for_by_its_head_alone(api: AsyncClient, state: ApiState, world: World) -> None:
    """GOAL-3: nobody confirms for an owner with an account; who heads the department is no superior of theirs."""
    executive, head = world.people["executive"], world.people["other_head"]
    other = str(world.people.departments["other"])
    goal = await draft(api, world, "other")
    ok(await act(api, executive, goal, "submit"))
    problem(await act(api, executive, goal, "confirm"), status=403, code="not-allowed")
    ok(await act(api, head, goal, "return", reason="too late"))
    body = {"head_id": str(executive.person_id)}
    ok(await api.patch(f"/v1/departments/{other}", json=body, headers=world.people.admin.headers))
    alone = ok(await act(api, executive, goal, "submit"))
    assert "confirm" in alone["allowed_actions"]
    problem(await act(api, head, goal, "confirm"), status=404, code="not-found")


async def test_a_head_far_above_is_a_superior(api: AsyncClient, state: ApiState, world: World) -> None:
    """SEC-3: at any depth, past departments that nobody heads."""
    people = world.people
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add(
            below := Department(
                company_id=people.admin.company_id, id=new_id(), name="below", function="operations",
                parent_id=people.departments["team"], head_id=people["report"].person_id, duties=[],
            )
        )  # fmt: skip
    people.departments["below"] = below.id
    await place(state, people, "former", department="below")
    for owner, life in (("below", ["change", "submit", "cancel"]), ("former", ["change", "cancel"])):
        goal = created(await write(api, world, people["head"], owner))
        assert goal["allowed_actions"] == life, owner


async def test_a_public_goal_is_seen_but_not_written(api: AsyncClient, world: World) -> None:
    goal = await draft(api, world, "company")
    await confirm_goals(api, world.people["executive"], goal)
    for viewer in ("peer", "admin", "hr"):
        problem(await patch(api, world.people[viewer], goal, {"title": "x"}), status=403, code="not-allowed")
    ok(await patch(api, world.people["executive"], goal, {"title": "x", "reason": "a better word"}))


async def test_a_goal_does_not_open_the_books_of_a_shop(api: AsyncClient, state: ApiState, world: World) -> None:
    """SEC-3: with goals on a shop come its values; so only a shop one sees may be measured."""
    secret = await make_shop(state, world.people.admin)
    for writer, owner in (("me", "me"), ("head", "team"), ("other_head", "other")):
        body = goal_body(world.cycle, [indicator([world.shop, secret.id])], owner=world.people.owner(owner))
        response = await api.post("/v1/goals", json=body, headers=world.people[writer].headers)
        assert pointers(response) == [("/indicators/0/shop_ids/1", "unknown-shop")]
    body = goal_body(world.cycle, [indicator([secret.id])], owner=world.people.owner("team"))
    created(await api.post("/v1/goals", json=body, headers=world.people["executive"].headers))


async def test_a_parent_out_of_view_is_unknown(api: AsyncClient, world: World) -> None:
    hidden, mine = await draft(api, world, "company"), await draft(api, world, "me")
    body = goal_body(world.cycle, [indicator([world.shop])], owner=world.people.owner("me"), parent_id=hidden)
    response = await api.post("/v1/goals", json=body, headers=world.people["me"].headers)
    assert pointers(response) == [("/parent_id", "unknown-goal")]
    response = await patch(api, world.people["me"], mine, {"parent_id": hidden})
    assert pointers(response) == [("/parent_id", "unknown-goal")]
    await confirm_goals(api, world.people["executive"], hidden)
    assert ok(await patch(api, world.people["me"], mine, {"parent_id": hidden}))["parent_id"] == hidden


async def test_an_owner_of_another_company_is_unknown(api: AsyncClient, state: ApiState, world: World) -> None:
    """ORG-0: as unknown as one that never was, to whoever may write for owners."""
    stranger = await make_company(state)
    foreign = {"type": "person", "id": str(stranger.person_id)}
    body = goal_body(world.cycle, [indicator([world.shop])], owner=foreign)
    response = await api.post("/v1/goals", json=body, headers=world.people.admin.headers)
    assert pointers(response) == [("/owner/id", "unknown-owner")]
    response = await api.post("/v1/goals", json=body, headers=world.people["me"].headers)
    problem(response, status=403, code="not-allowed")


async def test_an_administrator_acts_until_the_owner_has_an_account(api: AsyncClient, state: ApiState) -> None:
    """SEC-3: the company has an account once an executive has."""
    admin = await make_company(state)
    cycle, shop = (await make_cycle(api, admin))["id"], await make_shop(state, admin)
    goal = (await make_goal(api, admin, indicator([shop.id]), cycle_id=cycle))["id"]
    ok(await act(api, admin, goal, "submit"))
    people = await make_relations(state)
    body = goal_body(str(cycle), [indicator([shop.id])])
    problem(await api.post("/v1/goals", json=body, headers=people.admin.headers), status=403, code="not-allowed")
    ok(await act(api, admin, goal, "confirm"))


async def test_an_administrator_acts_for_somebody_until_their_first_day(api: AsyncClient, state: ApiState) -> None:
    """SEC-3: an account is good from the first day on, so nobody else could write the goals that wait for it."""
    admin = await make_company(state)
    cycle, shop = (await make_cycle(api, admin))["id"], await make_shop(state, admin)
    member = await make_member(state, admin)
    owner = {"type": "person", "id": str(member.person_id)}
    body = goal_body(str(cycle), [indicator([shop.id])], owner=owner)
    for days, status in ((1, 201), (0, 403)):
        hire = Event(id=new_id(), kind=EventKind.HIRE, effective_on=business_day() + timedelta(days=days), changes={})
        async with transaction(state.sessions, state.doorbell) as uow:
            await replace_spells(
                uow.session, company_id=admin.company_id, person_id=member.person_id, spells=build_spells([hire])
            )
        answer = await api.post("/v1/goals", json=body, headers=admin.headers)
        assert answer.status_code == status, answer.text


async def test_agreed_weights_are_not_shifted_by_whom_they_measure(api: AsyncClient, world: World) -> None:
    head, executive = world.people["other_head"], world.people["executive"]
    owner, goals = world.people.owner("other"), [await draft(api, world, "other") for _ in range(2)]

    async def weigh(caller: Member, *weights: str) -> Response:
        pairs = [{"goal_id": goal, "weight": weight} for goal, weight in zip(goals, weights, strict=True)]
        body = {"cycle_id": world.cycle, "owner": owner, "weights": pairs}
        return await api.put("/v1/goal-weights", json=body, headers=caller.headers)

    ok(await weigh(head, "50", "50"))
    await confirm_goals(api, executive, *goals, owner=head)
    problem(await weigh(head, "90", "10"), status=403, code="not-allowed")
    ok(await weigh(head, "50", "50"))
    ok(await weigh(executive, "90", "10"))
