"""Who sees which goals, attainments and scorecards, and how much of them (SEC-3)."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from attain_api.events.audience import find_audience
from attain_api.goals.reading import MASKED, MASKED_OF_INDICATOR
from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import reading, transaction
from attain_shared.events.schemas import EventKind
from attain_shared.goals.models import Goal
from attain_shared.identifiers import new_id
from tests.support.companies import make_shop
from tests.support.events import event_of
from tests.support.goals import confirm_goals, indicator, make_cycle, make_goal
from tests.support.http import ok, problem
from tests.support.relations import VIEWERS, Relations, make_relations, place
from tests.support.statements import count_statements

SECRETS = {"why": "w-secret", "how": "h-secret", "behaviours": "b-secret", "standards": {"meets": "s-secret"}}
GOALS = ("me", "silent", "team draft", "team", "company draft", "company", "other")
"""Drafts of two people, and of department and company a draft and a confirmed one each."""
FULL: dict[str, set[str]] = {
    "me": {"me"},
    "peer": set(),
    "report": set(),
    "boss": {"me", "silent"},
    "skip": {"me", "silent"},
    "head": {"me", "silent", "team draft", "team"},
    "other_head": {"other"},
    "former": set(),
    "mentor": {"me"},
    "executive": set(GOALS),
    "hr": set(GOALS),
    "admin": {"silent", "team draft", "team"},
}
"""The goals that each sees in full."""
PUBLIC = {"team", "company", "other"}
"""What everybody sees the public part of."""


class World:
    """A company with everybody and everything in it."""

    def __init__(self, people: Relations, cycle: str, shop: str, ids: dict[str, str]) -> None:
        self.people, self.cycle, self.shop, self.ids = people, cycle, shop, ids


@pytest.fixture(scope="module")
async def world(api: AsyncClient, state: ApiState) -> World:
    people = await make_relations(state)
    admin = people.admin
    cycle = (await make_cycle(api, admin))["id"]
    shop = str((await make_shop(state, admin)).id)
    share = {"type": "department", "id": str(people.departments["top"]), "share": "1"}
    owners = {"starts_on": "2026-07-01", "owners": [people.owner("me") | {"share": "0.5"}, share | {"share": "0.5"}]}
    ok(await api.put(f"/v1/shops/{shop}/owners", json=owners, headers=admin.headers))
    ids: dict[str, str] = {}
    for name, writer, weight in (
        ("me", "me", "100"),
        ("silent", "admin", "100"),
        ("team", "head", "100"),
        ("team draft", "head", "0"),
        ("company", "executive", "100"),
        ("company draft", "executive", "0"),
        ("other", "executive", "100"),
    ):
        owner = people.owner(name.removesuffix(" draft"))
        one = indicator([shop], baseline="7", cap="1.25")
        ids[name] = (
            await make_goal(
                api, people[writer], one, cycle_id=cycle, owner=owner, weight=weight, title=name, **SECRETS,
                parent_id=ids.get("company") if name.startswith("other") else None,
            )
        )["id"]  # fmt: skip
    for name in ("team", "company"):
        await confirm_goals(api, people["executive"], ids[name])
    await confirm_goals(api, people["executive"], ids["other"], owner=people["other_head"])
    return World(people, cycle, shop, ids)


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize("name", GOALS)
async def test_a_goal_is_seen_in_full_in_part_or_not_at_all(
    api: AsyncClient, world: World, viewer: str, name: str
) -> None:
    """List, detail and attainment agree."""
    headers, goal = world.people[viewer].headers, world.ids[name]
    full, seen = name in FULL[viewer], name in FULL[viewer] | PUBLIC
    listed = {one["id"]: one for one in ok(await api.get("/v1/goals", headers=headers))["items"]}
    detail = await api.get(f"/v1/goals/{goal}", headers=headers)
    attainment = await api.get(f"/v1/goals/{goal}/attainment", headers=headers)
    assert (goal in listed, detail.status_code, attainment.status_code) == (
        (True, 200, 200) if seen else (False, 404, 404)
    )
    if seen:
        assert listed[goal] == detail.json()
        assert detail.json()["masked"] == (
            [] if full else [*MASKED, *(f"indicators/{one}" for one in MASKED_OF_INDICATOR)]
        )
        assert ("secret" in detail.text) is full


async def test_whoever_sees_an_attainment_is_told_that_it_changed_and_nobody_else(
    state: ApiState, world: World
) -> None:
    """All at once, and each alone; before anything is told, the detail says what each of them sees."""
    listeners = {name: world.people[name].actor for name in VIEWERS}
    company_id = world.people.admin.company_id
    events = [event_of(EventKind.ATTAINMENT_CHANGED, UUID(goal_id), company_id) for goal_id in world.ids.values()]
    async with reading(state.sessions) as uow:
        together = await find_audience(
            uow.session, company_id=company_id, events=events, listeners=list(listeners.values())
        )
        for name, actor in listeners.items():
            alone = await find_audience(uow.session, company_id=company_id, events=events, listeners=[actor])
            expected = {UUID(world.ids[goal]) for goal in FULL[name] | PUBLIC}
            assert (name, together[actor.principal_id], alone[actor.principal_id]) == (name, expected, expected)


@pytest.mark.parametrize("viewer", ["peer", "former", "admin"])
async def test_the_public_part_is_title_owner_window_target_and_state(
    api: AsyncClient, world: World, viewer: str
) -> None:
    """SEC-3: company and department goals: title, target, attainment; the rest is null and named."""
    goal = ok(await api.get(f"/v1/goals/{world.ids['company']}", headers=world.people[viewer].headers))
    shown = {key: value for key, value in goal.items() if value is not None}
    (one,) = shown.pop("indicators")
    assert shown.keys() == {
        "id", "cycle_id", "owner", "title", "starts_on", "ends_on", "state", "created_at", "allowed_actions", "masked"
    }  # fmt: skip
    assert (shown["title"], shown["state"], shown["allowed_actions"]) == ("company", "confirmed", [])
    told = {key: value for key, value in one.items() if value is not None}
    assert told.keys() == {"id", "kind", "metric", "direction", "target"}
    assert all(one[name] is None for name in MASKED_OF_INDICATOR)


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_scorecards_are_for_those_who_see_the_goals_in_full(api: AsyncClient, world: World, viewer: str) -> None:
    """A person outside the view is not there; departments and the company are there for everybody, so 403."""
    people, params = world.people, {"cycle_id": world.cycle}
    for name, path, refused in (
        ("me", f"people/{people['me'].person_id}", 404),
        ("silent", f"people/{people['silent'].person_id}", 404),
        ("team", f"departments/{people.departments['team']}", 403),
        ("other", f"departments/{people.departments['other']}", 403),
        ("company", "company", 403),
    ):
        response = await api.get(f"/v1/scorecards/{path}", params=params, headers=people[viewer].headers)
        assert response.status_code == (200 if name in FULL[viewer] else refused), name
    strange = await api.get(f"/v1/scorecards/people/{new_id()}", params=params, headers=people[viewer].headers)
    problem(strange, status=404, code="not-found")


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_filters_find_nothing_that_is_masked_or_out_of_view(api: AsyncClient, world: World, viewer: str) -> None:
    """An unknown owner and one outside the view look alike; a masked field is not to be guessed by asking for it."""
    people, headers = world.people, world.people[viewer].headers

    async def found(**params: str) -> set[str]:
        return {one["title"] for one in ok(await api.get("/v1/goals", params=params, headers=headers))["items"]}

    seen = FULL[viewer] | PUBLIC
    assert await found() == await found(sort="-title") == seen
    assert await found(person_id=str(people["me"].person_id)) == seen & {"me"}
    assert await found(person_id=str(new_id())) == set()
    assert await found(department_id=str(people.departments["team"])) == seen & {"team", "team draft"}
    assert await found(owner_type="company") == seen & {"company", "company draft"}
    assert await found(state="draft") == seen & {"me", "silent", "team draft", "company draft"}
    assert await found(parent_id=world.ids["company"]) == FULL[viewer] & {"other"}


@pytest.mark.parametrize("viewer", ["me", "head", "executive", "admin"])
async def test_the_statements_of_a_list_do_not_grow_with_it(api: AsyncClient, state: ApiState, viewer: str) -> None:
    people = await make_relations(state)
    cycle = (await make_cycle(api, people.admin))["id"]
    counts = []
    for number in (1, 199):
        async with transaction(state.sessions, state.doorbell) as uow:
            uow.session.add_all(_public_goal(people, cycle) for _ in range(number))
        with count_statements() as statements:
            page = ok(await api.get("/v1/goals", params={"limit": 200}, headers=people[viewer].headers))
        counts.append((len(page["items"]), len(statements)))
    assert counts == [(1, 4), (200, 4)]


def _public_goal(people: Relations, cycle: str) -> Goal:
    today = business_day()
    return Goal(
        company_id=people.admin.company_id, cycle_id=cycle, title="x", starts_on=today, ends_on=today, weight=0,
        ignore_missing=False, state="confirmed", created_by=people.admin.person_id, version=1,
    )  # fmt: skip


async def test_sight_is_that_of_today(api: AsyncClient, state: ApiState, world: World) -> None:
    """A new manager sees the goals, the former one does not any more; the tag tells the change of rights."""
    people = await make_relations(state)
    shop = str((await make_shop(state, people.admin)).id)
    cycle = (await make_cycle(api, people.admin))["id"]
    goal = await make_goal(api, people.admin, indicator([shop]), cycle_id=cycle, owner=people.owner("silent"))
    path = f"/v1/goals/{goal['id']}"
    assert (await api.get(path, headers=people["other_head"].headers)).status_code == 404
    await place(state, people, "silent", manager="other_head")
    assert ok(await api.get(path, headers=people["other_head"].headers)) == goal
    assert (await api.get(path, headers=people["boss"].headers)).status_code == 404
    tags = {(await api.get(path, headers=people[name].headers)).headers["etag"] for name in ("other_head", "admin")}
    assert len(tags) == 2


async def test_a_goal_waited_for_is_one_that_is_seen(api: AsyncClient, world: World) -> None:
    params: dict[str, Any] = {"wait_for_batch": str(new_id()), "timeout": 0}
    for viewer in ("peer", "me"):
        path = f"/v1/goals/{world.ids['me']}/attainment"
        response = await api.get(path, params=params, headers=world.people[viewer].headers)
        problem(response, status=404, code="not-found")
