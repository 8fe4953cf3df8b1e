"""Giving one template to a position, a department, a tier or some people in one call (GOAL-13)."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.kpi_templates import assigning
from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.goals.models import Goal
from attain_shared.identifiers import new_id
from attain_shared.people.timeline import EventKind
from tests.support.assigning import MANUAL, TEMPLATE, World, counts, outcomes
from tests.support.companies import make_company, make_member, make_shop
from tests.support.goals import NOBODY, make_cycle, make_goal, read_attainment
from tests.support.http import created, ok, pointers, problem
from tests.support.relations import make_relations
from tests.support.staff import add_person, hired
from tests.support.statements import count_statements
from tests.support.worker import recompute


@pytest.fixture
async def world(api: AsyncClient, state: ApiState) -> World:
    company = await make_company(state)
    position = {"name": "店长", "function": "operations", "tier": "middle", "grade": "manager"}
    position_id = created(await api.post("/v1/positions", json=position, headers=company.headers))["id"]
    department = {"name": "运营部", "function": "operations"}
    department_id = created(await api.post("/v1/departments", json=department, headers=company.headers))["id"]
    cycle = await make_cycle(api, company, starts_on="2026-10-01")
    shop = await make_shop(state, company)
    return World(api, state, company, cycle["id"], shop.id, position_id, department_id)


async def test_doing_it_again_changes_nothing(world: World) -> None:
    template, people = await world.template(), await world.people(3)
    to = {"position_id": world.position}
    first = await world.assign(template, to)
    assert (counts(first), [one["person_id"] for one in first["items"]]) == ((3, 0, 0), people)
    tables = ("goals", "indicators", "indicator_sources", "audit_entries")
    before = [await world.count(table) for table in tables]
    assert before[:2] == [3, 6]
    again = await world.assign(template, to)
    assert counts(again) == (0, 3, 0)
    assert [one["goal_id"] for one in again["items"]] == [one["goal_id"] for one in first["items"]]
    assert [await world.count(table) for table in tables] == before
    (newcomer,) = await world.people(1)
    assert counts(await world.assign(template, to)) == (1, 3, 0)
    (goal,) = await world.goals(person_id=newcomer)
    assert (goal["state"], goal["title"], goal["weight"], goal["template_id"]) == (
        "draft",
        TEMPLATE["title"],
        "60.00",
        template,
    )
    assert [(one["metric"], one["aggregate"], one["target"], one["shop_ids"]) for one in goal["indicators"]] == [
        ("gmv", "deduplicated", "1000", [str(world.shop)]),
        ("conversion", "daily_pooled", "0.036", [str(world.shop)]),
    ]


async def test_with_one_key_the_first_report_comes_again(world: World) -> None:
    template, people = await world.template(), await world.people(1)
    body = {"cycle_id": world.cycle, "to": {"person_ids": people}, "shop_ids": [str(world.shop)]}
    headers = world.company.headers | {"Idempotency-Key": "k"}
    path = f"/v1/kpi-templates/{template}/assign"
    first, again = [ok(await world.api.post(path, json=body, headers=headers)) for _ in range(2)]
    assert (counts(first), again) == ((1, 0, 0), first)
    other = await world.api.post(path, json=body | {"weight": "1"}, headers=headers)
    problem(other, status=409, code="idempotency-key-reused")


async def test_a_target_that_its_kind_does_not_take_is_refused(world: World) -> None:
    template, people = await world.template(indicators=[{"kind": "milestones"}]), await world.people(2)
    response = await world.send(template, {"person_ids": people}, targets={"0": "2"})
    assert pointers(response) == [("/targets/0", "invalid-target")]


async def test_a_dry_run_says_the_same_and_stores_nothing(world: World) -> None:
    template, people = await world.template(), await world.people(2)
    to = {"person_ids": people}
    tables = ("goals", "indicators", "indicator_sources", "goal_marks", "audit_entries")
    before = [await world.count(table) for table in tables]
    dry = await world.assign(template, to, dry_run=True)
    assert (dry["dry_run"], counts(dry), {one["goal_id"] for one in dry["items"]}) == (True, (2, 0, 0), {None})
    assert [await world.count(table) for table in tables] == before
    assert outcomes(await world.assign(template, to)) == outcomes(dry)
    assert counts(await world.assign(template, to, dry_run=True)) == (0, 2, 0)


async def test_the_new_goals_are_audited_and_computed(world: World, state: ApiState) -> None:
    """SEC-5 and GOAL-10: as goals written one by one."""
    template, (person,) = await world.template(), await world.people(1)
    report = await world.assign(template, {"person_ids": [person]})
    goal = report["items"][0]["goal_id"]
    params = {"resource_type": "goal", "resource_id": goal}
    headers = world.company.headers
    (entry,) = ok(await world.api.get("/v1/audit-entries", params=params, headers=headers))["items"]
    assert (entry["action"], entry["actor"]["id"]) == ("assign_kpi_template", str(world.company.person_id))
    await recompute(state, world.company.company_id)
    caller = await make_member(state, world.company, roles=("hr",))
    shown = await read_attainment(world.api, caller, goal)
    assert [one["metric"] for one in shown["indicators"]] == ["gmv", "conversion"]


async def test_many_people_cost_as_many_statements_as_one(world: World) -> None:
    template = await world.template(indicators=[*TEMPLATE["indicators"], MANUAL])
    alone, many = await world.people(1), await world.people(60)
    spent = []
    for people in (alone, many):
        with count_statements() as statements:
            report = await world.assign(template, {"person_ids": people})
        assert report["created"] == len(people)
        spent.append(len(statements))
    assert spent[0] == spent[1]
    with count_statements() as statements:
        assert counts(await world.assign(template, {"position_id": world.position})) == (0, 61, 0)
    assert len(statements) <= spent[0]


async def test_everybody_of_a_position_a_department_or_a_tier(world: World) -> None:
    below = {"name": "运营一部", "function": "operations", "parent_id": world.department}
    headers = world.company.headers
    below_id = created(await world.api.post("/v1/departments", json=below, headers=headers))["id"]
    other = {"name": "客服", "function": "customer_service", "tier": "frontline", "grade": "staff"}
    other_id = created(await world.api.post("/v1/positions", json=other, headers=headers))["id"]
    (manager,) = await world.people(1)
    (clerk,) = await world.people(1, position_id=UUID(other_id))
    (inner,) = await world.people(1, department_id=UUID(below_id), position_id=UUID(other_id))
    for to, expected in (
        ({"position_id": world.position}, {manager}),
        ({"position_id": other_id}, {clerk, inner}),
        ({"department_id": world.department}, {manager, clerk}),
        ({"department_id": world.department, "include_below": True}, {manager, clerk, inner}),
        ({"tier": "frontline"}, {clerk, inner}),
        ({"tier": "executive"}, set()),
    ):
        report = await world.assign(await world.template(), to)
        assert outcomes(report) == dict.fromkeys(expected, "created"), to


async def test_who_left_or_starts_later(world: World) -> None:
    """Who counts is who is there today; of a cycle yet to come, on its first day."""
    template, today = await world.template(), business_day()
    place: dict[str, Any] = {"position_id": UUID(world.position)}
    (here,) = await world.people(1)
    left = str(
        await add_person(
            world.state,
            world.company,
            hired(world.department, **place),
            (EventKind.LEAVE, today - timedelta(days=1), {}),
        )
    )
    soon = str(
        await add_person(world.state, world.company, hired(world.department, today + timedelta(days=7), **place))
    )
    assert outcomes(await world.assign(template, {"position_id": world.position})) == {here: "created"}
    named = await world.assign(template, {"person_ids": [here, left, soon]})
    assert outcomes(named) == {here: "existing", left: "has-left", soon: "not-hired-yet"}
    assert counts(named) == (0, 1, 2)
    year = (await make_cycle(world.api, world.company, kind="year", starts_on=f"{today.year + 1}-01-01"))["id"]
    if today + timedelta(days=7) <= date(today.year + 1, 1, 1):
        later = await world.assign(template, {"position_id": world.position}, cycle_id=year)
        assert outcomes(later) == {here: "created", soon: "created"}


async def test_two_calls_at_once_make_no_more_goals_than_one(world: World) -> None:
    """Both wait at a barrier: the template, held by a third session until both ask for it."""
    template, people = await world.template(), await world.people(5)
    company_id = world.company.company_id
    hold = text("SELECT 1 FROM kpi_templates WHERE company_id = :company_id AND id = :id FOR UPDATE")
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'kpi_templates'")
    async with world.state.engine.connect() as barrier, world.state.engine.connect() as watch:
        await barrier.execute(hold, {"company_id": company_id, "id": UUID(template)})
        both = [asyncio.create_task(world.assign(template, {"position_id": world.position})) for _ in "ab"]
        while (await watch.scalar(waiting)) != len(both):
            await watch.rollback()
            await asyncio.sleep(0.02)
        await barrier.rollback()
        reports = await asyncio.gather(*both)
    assert sorted(map(counts, reports)) == [(0, 5, 0), (5, 0, 0)]
    assert len({one["goal_id"] for report in reports for one in report["items"]}) == len(people)
    assert await world.count("goals") == len(people)


async def test_a_goal_that_came_about_otherwise_at_the_same_moment_is_no_second_one(world: World) -> None:
    """A cycle copied forward does not wait for the template; the index does."""
    template, (person,) = await world.template(), await world.people(1)
    other = Goal(
        company_id=world.company.company_id, id=new_id(), cycle_id=UUID(world.cycle), person_id=UUID(person),
        title="copied", starts_on=date(2026, 10, 1), ends_on=date(2026, 12, 31), weight=0, ignore_missing=False,
        state="draft", template_id=UUID(template), created_by=world.company.person_id,
    )  # fmt: skip
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'INTO goals'")
    async with world.state.engine.connect() as watch:
        async with transaction(world.state.sessions, world.state.doorbell) as uow:
            uow.session.add(other)
            await uow.session.flush()
            sending = asyncio.create_task(world.send(template, {"person_ids": [person]}))
            while not await watch.scalar(waiting):
                await watch.rollback()
                await asyncio.sleep(0.02)
        problem(await sending, status=409, code="conflict")
    assert outcomes(await world.assign(template, {"person_ids": [person]})) == {person: "existing"}


async def test_a_cancelled_goal_makes_room_for_a_new_one(world: World) -> None:
    template, (person,) = await world.template(), await world.people(1)
    to = {"person_ids": [person]}
    first = (await world.assign(template, to))["items"][0]["goal_id"]
    headers = world.company.headers | {"If-Match": "*"}
    ok(await world.api.post(f"/v1/goals/{first}/actions/cancel", json={"reason": "错了"}, headers=headers))
    report = await world.assign(template, to)
    assert counts(report) == (1, 0, 0)
    assert report["items"][0]["goal_id"] != first


async def test_each_over_their_own_shops(world: World) -> None:
    """Those of today; who has none gets no goal that measures shops."""
    one, two, none = await world.people(3)
    second = (await make_shop(world.state, world.company)).id
    for shop, owners in ((world.shop, {one: "0.5", two: "0.5"}), (second, {two: "1"})):
        share = [{"type": "person", "id": person, "share": share} for person, share in owners.items()]
        body = {"starts_on": "2026-07-01", "owners": share}
        ok(await world.api.put(f"/v1/shops/{shop}/owners", json=body, headers=world.company.headers))
    to = {"person_ids": [one, two, none]}
    template = await world.template(indicators=TEMPLATE["indicators"][:1])
    report = await world.assign(template, to, shop_ids="owned")
    assert outcomes(report) == {one: "created", two: "created", none: "no-shops"}
    measured = {goal["owner"]["id"]: goal["indicators"][0]["shop_ids"] for goal in await world.goals()}
    assert measured == {one: [str(world.shop)], two: sorted([str(world.shop), str(second)])}
    # what cannot be rolled up over two shops is refused to who has two, and shops do not matter to what is entered
    rolling = await world.template(indicators=[{"kind": "metric", "metric": "repeat_30d", "target": "0.2"}])
    assert outcomes(await world.assign(rolling, to, shop_ids="owned"))[two] == "roll-up-refused"
    by_hand = await world.template(indicators=[MANUAL])
    assert counts(await world.assign(by_hand, to, shop_ids="owned")) == (3, 0, 0)


async def test_targets_weight_and_parent_are_the_calls(world: World) -> None:
    template, (person,) = await world.template(indicators=[{"kind": "metric", "metric": "gmv"}]), await world.people(1)
    to = {"person_ids": [person]}
    assert pointers(await world.send(template, to)) == [("/targets/0", "invalid-target")]
    assert pointers(await world.send(template, to, targets={"0": "0"})) == [("/targets/0", "invalid-target")]
    response = await world.send(template, to, targets={"0": "5", "1": "5"})
    assert pointers(response) == [("/targets/1", "unknown-indicator")]
    executive = await make_member(world.state, world.company, roles=("admin", "executive"))
    shop = {"kind": "metric", "metric": "gmv", "shop_ids": [str(world.shop)], "direction": "higher_better"}
    parent = await make_goal(world.api, executive, shop | {"target": "9"}, cycle_id=world.cycle)
    more = {"targets": {"0": "5"}, "weight": "30", "parent_id": parent["id"], "caller": executive}
    ok(await world.send(template, to, **more))
    (goal,) = await world.goals(person_id=person)
    assert (goal["weight"], goal["parent_id"], goal["indicators"][0]["target"]) == ("30.00", parent["id"], "5")


async def test_a_team_figure_is_of_the_department_of_whoever_gets_it(world: World) -> None:
    template = await world.template(indicators=[{"kind": "people", "metric": "turnover_rate", "target": "0.05"}])
    (placed,) = await world.people(1)
    stray = str(await add_person(world.state, world.company, hired()))
    report = await world.assign(template, {"person_ids": [placed, stray]})
    assert outcomes(report) == {placed: "created", stray: "no-department"}
    (goal,) = await world.goals(person_id=placed)
    assert goal["indicators"][0]["department_id"] == world.department


async def test_goals_keep_the_rules_of_the_day_they_were_made(world: World) -> None:
    """GOAL-6: of the company's rubric the version of then."""
    headers, rules = world.company.headers, {"rules": [], "otherwise": "3.5"}
    rubric = created(await world.api.post("/v1/rubrics", json=rules | {"name": "平"}, headers=headers))["id"]
    template, people = await world.template(rubric_id=rubric), await world.people(2)
    await world.assign(template, {"person_ids": people[:1]})
    ok(await world.api.patch(f"/v1/rubrics/{rubric}", json={"otherwise": "4"}, headers=headers))
    await world.assign(template, {"person_ids": people[1:]})
    kept = {goal["owner"]["id"]: goal for goal in await world.goals()}
    assert [
        (kept[person]["rubric"]["otherwise"], kept[person]["rubric_version"], kept[person]["rubric_id"])
        for person in people
    ] == [("3.5", 1, rubric), ("4", 2, rubric)]


async def test_what_is_not_there_is_refused(world: World) -> None:
    template, (person,) = await world.template(), await world.people(1)
    to = {"person_ids": [person]}
    for more, expected in (
        ({"to": {"person_ids": [person, NOBODY]}}, ("/to/person_ids/1", "unknown-person")),
        ({"to": {"person_ids": [person, person]}}, ("/to/person_ids/1", "duplicate")),
        ({"to": {"person_ids": [NOBODY] * 2001}}, ("/to/person_ids", "too-long")),
        ({"to": {}}, ("/to/person_ids", "missing")),
        ({"to": [None]}, ("/to", "union-tag-not-found")),
        ({"to": {"position_id": NOBODY}}, ("/to/position_id", "unknown-position")),
        ({"to": {"department_id": NOBODY}}, ("/to/department_id", "unknown-department")),
        ({"to": {"tier": "top"}}, ("/to/tier", "literal-error")),
        ({"cycle_id": NOBODY}, ("/cycle_id", "unknown-cycle")),
        ({"shop_ids": [NOBODY]}, ("/shop_ids/0", "unknown-shop")),
        ({"shop_ids": [str(world.shop)] * 2}, ("/shop_ids/1", "duplicate")),
        ({"parent_id": NOBODY}, ("/parent_id", "unknown-goal")),
        ({"weight": "101"}, ("/weight", "less-than-equal")),
        ({"state": "confirmed"}, ("/state", "literal-error")),
    ):
        response = await world.send(template, **({"to": to} | more))
        assert pointers(response) == [expected], more
    problem(await world.send(NOBODY, to), status=404, code="not-found")
    headers = world.company.headers
    ok(await world.api.post(f"/v1/cycles/{world.cycle}/actions/close", headers=headers | {"If-Match": "*"}))
    problem(await world.send(template, to), status=409, code="cycle-closed")
    assert await world.count("goals") == 0


async def test_more_than_one_call_takes_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assigning, "MOST_PEOPLE", 2)
    monkeypatch.setattr(assigning, "MOST_SHOPS", 0)
    template, people = await world.template(), await world.people(2)
    to = {"position_id": world.position}
    assert outcomes(await world.assign(template, to)) == dict.fromkeys(people, "too-many-shops")
    await world.people(1)
    assert pointers(await world.send(template, to)) == [("/to", "too-many-people")]


async def test_managers_and_heads_give_to_the_people_below_them(api: AsyncClient, state: ApiState) -> None:
    """SEC-3: HR to everybody, administrators to people without an account.

    Of a group others are not counted, by name they are refused.
    """
    relations = await make_relations(state)
    company, team = relations.admin, str(relations.departments["team"])
    ids = {name: str(member.person_id) for name, member in relations.members.items()}
    cycle = await make_cycle(api, company, starts_on="2026-10-01")
    shop = await make_shop(state, company)
    world = World(api, state, company, cycle["id"], shop.id, "", team)
    share = [relations.owner("me") | {"share": "1"}]
    owners = {"starts_on": "2026-07-01", "owners": share}
    ok(await api.put(f"/v1/shops/{shop.id}/owners", json=owners, headers=company.headers))
    everybody = {ids[name] for name in ("me", "peer", "silent", "boss")}
    team_of = dict.fromkeys(("hr", "skip", "head"), everybody)
    team_of |= {"boss": everybody - {ids["boss"]}, "admin": {ids["silent"]}}
    for name in ("hr", "admin", "boss", "skip", "head", "other_head", "mentor", "me", "report", "executive"):
        template, caller = await world.template(indicators=[MANUAL]), relations[name]
        response = await world.send(template, {"department_id": team}, caller=caller, shop_ids="owned", dry_run=True)
        if name in team_of:
            assert outcomes(ok(response)) == dict.fromkeys(team_of[name], "created"), name
        else:
            problem(response, status=403, code="not-allowed")
    boss = relations["boss"]
    by_name = {"person_ids": [ids["me"], ids["mentor"]]}
    template = await world.template()
    assert counts(ok(await world.send(template, {"person_ids": [ids["mentor"]]}, caller=relations["hr"]))) == (1, 0, 0)
    report = ok(await world.send(template, by_name, caller=boss, shop_ids="owned"))
    # not even that the other one has such a goal already
    assert outcomes(report) == {ids["me"]: "created", ids["mentor"]: "not-allowed"}
    assert next(one["goal_id"] for one in report["items"] if one["person_id"] == ids["mentor"]) is None
    report = ok(await world.send(template, {"person_ids": [ids["me"], ids["silent"]]}, caller=relations["admin"]))
    assert outcomes(report) == {ids["me"]: "not-allowed", ids["silent"]: "created"}
    stranger = await make_company(state)
    response = await world.send(await world.template(), by_name, caller=stranger)
    problem(response, status=404, code="not-found")
    unseen = (await make_shop(state, company)).id
    response = await world.send(await world.template(), by_name, caller=boss, shop_ids=[str(unseen)])
    assert pointers(response) == [("/shop_ids/0", "unknown-shop")]
