"""Cycles copied forward with their goals (GOAL-1)."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select, text

from attain_api.goals.writing import hold_cascade
from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import reading, transaction
from attain_shared.goals.attainment_models import GoalMark
from attain_shared.goals.models import Goal, Indicator, IndicatorSource, Milestone
from attain_shared.goals.template_models import KpiTemplate
from attain_shared.identifiers import new_id
from attain_shared.people.timeline import EventKind
from tests.support.companies import Member, make_company, make_member, make_shop
from tests.support.goals import make_cycle
from tests.support.http import created, ok, problem
from tests.support.staff import HIRED_ON, add_person, hired
from tests.support.statements import count_statements
from tests.support.stored_goals import store_goal, stored_indicator

Json = dict[str, Any]


async def copy(api: AsyncClient, caller: Member, cycle: Json, **body: Any) -> Json:
    """Copy a cycle forward."""
    return created(await api.post(f"/v1/cycles/{cycle['id']}/actions/copy", json=body, headers=caller.headers))


async def read_copies(state: ApiState, company: Member, cycle_id: str) -> dict[UUID | None, Goal]:
    """The goals of a cycle by what they were copied from."""
    async with reading(state.sessions) as uow:
        found = await uow.session.scalars(
            select(Goal).where(Goal.company_id == company.company_id, Goal.cycle_id == UUID(cycle_id))
        )
        return {goal.copied_from_id: goal for goal in found}


async def rows_of(state: ApiState, kind: Any, company: Member, goal_id: UUID) -> list[Any]:
    """What belongs to a goal."""
    async with reading(state.sessions) as uow:
        found = await uow.session.scalars(
            select(kind).where(kind.company_id == company.company_id, kind.goal_id == goal_id)
        )
        return list(found)


async def test_what_was_agreed_on_becomes_drafts_of_the_next_cycle(api: AsyncClient, state: ApiState) -> None:
    """GOAL-1: days move by a quarter, indicators are as they were, milestones are not done."""
    company = await make_company(state)
    shop = await make_shop(state, company)
    cycle = await make_cycle(api, company)
    months: dict[str, Any] = {"starts_on": date(2026, 8, 1), "ends_on": date(2026, 9, 30)}
    person = await add_person(state, company, hired())
    told = stored_indicator(shop_ids=[shop.id], target="120", baseline=Decimal(100), daily_curve=[Decimal(1)] * 61)
    words: dict[str, Any] = {
        "why": "why",
        "how": "how",
        "behaviours": "b",
        "standards": {"meets": "m"},
        "collaborators": [person],
    }
    rubric = {"rules": [], "otherwise": "3.5"}
    source = await store_goal(
        state, company, cycle, told, person_id=person, weight="60", rubric=rubric, rubric_version=4,
        ignore_missing=True, state="closed", is_closed_with_cycle=True, **months, **words,
    )  # fmt: skip
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add(
            Milestone(
                company_id=company.company_id, id=new_id(), goal_id=source, position=0, title="上新",
                due_on=date(2026, 9, 30), owner_id=person, done_on=date(2026, 9, 1),
            )
        )  # fmt: skip
    for state_ in ("draft", "submitted", "returned", "cancelled"):
        await store_goal(state, company, cycle, state=state_)
    report = await copy(api, company, cycle)
    following = report["cycle"]
    assert {name: following[name] for name in ("kind", "starts_on", "ends_on", "name", "state")} == {
        "kind": "quarter", "starts_on": "2026-10-01", "ends_on": "2026-12-31", "name": "2026 Q4", "state": "open",
    }  # fmt: skip
    assert (report["created"], report["existing"], report["left_out"]) == (1, 0, [])
    (goal,) = (await read_copies(state, company, following["id"])).values()
    assert (goal.state, goal.copied_from_id, goal.created_by, goal.version) == ("draft", source, company.person_id, 1)
    assert (goal.starts_on, goal.ends_on) == (date(2026, 11, 1), date(2026, 12, 31))
    assert (goal.person_id, goal.weight, goal.rubric, goal.rubric_version) == (person, Decimal(60), rubric, 4)
    assert {name: getattr(goal, name) for name in words} == words
    assert (goal.ignore_missing, goal.is_closed_with_cycle, goal.agreed_at) == (True, False, None)
    (indicator,) = await rows_of(state, Indicator, company, goal.id)
    assert (indicator.target, indicator.baseline, indicator.shop_ids) == (Decimal(120), Decimal(100), [shop.id])
    assert indicator.daily_curve == [Decimal(1)] * 61
    (milestone,) = await rows_of(state, Milestone, company, goal.id)
    assert (milestone.title, milestone.due_on, milestone.done_on) == ("上新", date(2026, 12, 31), None)
    (fed,) = await rows_of(state, IndicatorSource, company, goal.id)
    assert (fed.shop_id, fed.metric, fed.indicator_id) == (shop.id, "gmv", indicator.id)
    assert len(await rows_of(state, GoalMark, company, goal.id)) == 1
    executive = await make_member(state, company, roles=("executive",))
    assert ok(await api.get(f"/v1/goals/{goal.id}", headers=executive.headers))["state"] == "draft"


async def test_a_curve_that_does_not_fit_the_new_days_is_left_behind(api: AsyncClient, state: ApiState) -> None:
    """GOAL-7: a weight for each day of July says nothing of a month with another number of days."""
    company = await make_company(state)
    july = await make_cycle(api, company, kind="month", starts_on="2026-08-01")
    source = await store_goal(state, company, july, stored_indicator(daily_curve=[Decimal(1)] * 31))
    goals = await read_copies(state, company, (await copy(api, company, july))["cycle"]["id"])
    (indicator,) = await rows_of(state, Indicator, company, goals[source].id)
    assert indicator.daily_curve is None


async def test_copying_again_makes_nothing_new(api: AsyncClient, state: ApiState) -> None:
    """What came of a copy is never touched, and what is new in the cycle is copied."""
    company = await make_company(state)
    cycle = await make_cycle(api, company)
    first = await store_goal(state, company, cycle)
    made = await copy(api, company, cycle, name="四季度")
    assert made["cycle"]["name"] == "四季度"
    copied = await read_copies(state, company, made["cycle"]["id"])
    async with transaction(state.sessions, state.doorbell) as uow:
        goal = await uow.session.get_one(Goal, (company.company_id, copied[first].id))
        goal.state, goal.title = "cancelled", "not wanted"
    again = await copy(api, company, cycle, name="another name")
    assert again == made | {"created": 0, "existing": 1}
    second = await store_goal(state, company, cycle)
    more = await copy(api, company, cycle)
    assert (more["created"], more["existing"]) == (1, 1)
    found = await read_copies(state, company, made["cycle"]["id"])
    assert found.keys() == {first, second}
    assert found[first].title == "not wanted"


async def test_two_copies_at_once_make_one(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    cycle = await make_cycle(api, company)
    for _ in range(3):
        await store_goal(state, company, cycle)
    reports = await asyncio.gather(*(copy(api, company, cycle) for _ in range(4)))
    assert sorted((one["created"], one["existing"]) for one in reports) == [(0, 3)] * 3 + [(3, 0)]
    assert len({one["cycle"]["id"] for one in reports}) == 1


async def test_parents_are_the_copies_or_stay_where_they_still_enclose(api: AsyncClient, state: ApiState) -> None:
    """GOAL-2: a goal of the year stays above; one of the half-year that ends is above no longer."""
    company = await make_company(state)
    year = await make_cycle(api, company, kind="year", starts_on="2026-01-01")
    half = await make_cycle(api, company, kind="half_year", starts_on="2026-01-01")
    cycle = await make_cycle(api, company, starts_on="2026-04-01")
    of_year, of_half = await store_goal(state, company, year), await store_goal(state, company, half)
    top = await store_goal(state, company, cycle, parent_id=of_year)
    middle = await store_goal(state, company, cycle, parent_id=top)
    low = await store_goal(state, company, cycle, parent_id=middle)
    ending = await store_goal(state, company, cycle, parent_id=of_half)
    copies = await read_copies(state, company, (await copy(api, company, cycle))["cycle"]["id"])
    assert {copied: goal.parent_id for copied, goal in copies.items()} == {
        top: of_year, middle: copies[top].id, low: copies[middle].id, ending: None,
    }  # fmt: skip


async def test_copies_that_are_there_are_parents_where_they_still_fit(api: AsyncClient, state: ApiState) -> None:
    """GOAL-2: since the first copying one was cancelled, one made shorter, one left as it was."""
    company = await make_company(state)
    cycle = await make_cycle(api, company)
    tops = [await store_goal(state, company, cycle) for _ in range(3)]
    following = (await copy(api, company, cycle))["cycle"]["id"]
    there = await read_copies(state, company, following)
    async with transaction(state.sessions, state.doorbell) as uow:
        cancelled, short, _ = [await uow.session.get_one(Goal, (company.company_id, there[top].id)) for top in tops]
        cancelled.state, short.ends_on = "cancelled", date(2026, 11, 30)
    below = [await store_goal(state, company, cycle, parent_id=top) for top in tops]
    await copy(api, company, cycle)
    copies = await read_copies(state, company, following)
    assert [copies[one].parent_id for one in below] == [None, None, there[tops[2]].id]


async def test_a_parent_that_shrinks_meanwhile_is_none_of_a_copy(api: AsyncClient, state: ApiState) -> None:
    """GOAL-2: copying and a change of the window above are judged one after the other."""
    company = await make_company(state)
    executive = await make_member(state, company, roles=("executive",))
    year = await make_cycle(api, company, kind="year", starts_on="2026-01-01")
    cycle = await make_cycle(api, company)
    top = await store_goal(state, company, year, state="draft", created_by=executive.person_id)
    below = await store_goal(state, company, cycle, parent_id=top)
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with state.engine.connect() as watch:
        async with transaction(state.sessions, state.doorbell) as uow:
            await hold_cascade(uow, company_id=company.company_id)
            (await uow.session.get_one(Goal, (company.company_id, top))).ends_on = date(2026, 9, 30)
            copying = asyncio.create_task(copy(api, company, cycle))
            while not copying.done() and not await watch.scalar(waiting):
                await watch.rollback()
                await asyncio.sleep(0.02)
        report = await copying
    assert (await read_copies(state, company, report["cycle"]["id"]))[below].parent_id is None


async def test_whose_owner_is_gone_is_left_out(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    cycle = await make_cycle(api, company)
    yesterday = business_day() - timedelta(days=1)
    left = await add_person(state, company, hired(on=HIRED_ON), (EventKind.LEAVE, yesterday, {}))
    stays = await add_person(state, company, hired())
    body = {"name": "运营部", "function": "operations"}
    department = created(await api.post("/v1/departments", json=body, headers=company.headers))["id"]
    of_left = await store_goal(state, company, cycle, person_id=left)
    of_department = await store_goal(state, company, cycle, department_id=department)
    below = await store_goal(state, company, cycle, person_id=stays, parent_id=of_department)
    ok(await api.post(f"/v1/departments/{department}/actions/close", headers=company.headers))
    report = await copy(api, company, cycle)
    assert {one["goal_id"]: one["reason"] for one in report["left_out"]} == {
        str(of_left): "owner-left",
        str(of_department): "department-closed",
    }
    copies = await read_copies(state, company, report["cycle"]["id"])
    assert {copied: goal.parent_id for copied, goal in copies.items()} == {below: None}


async def test_a_cycle_is_copied_into_an_open_one_by_administrators(api: AsyncClient, state: ApiState) -> None:
    """SEC-3."""
    company, other = await make_company(state), await make_company(state)
    cycle = await make_cycle(api, company)
    following = await make_cycle(api, company, starts_on="2026-10-01")
    path = f"/v1/cycles/{cycle['id']}/actions/copy"
    assert (await copy(api, company, cycle))["cycle"] == following
    ok(await api.post(f"/v1/cycles/{following['id']}/actions/close", headers=company.headers))
    problem(await api.post(path, json={}, headers=company.headers), status=409, code="cycle-closed")
    problem(await api.post(path, json={}, headers=other.headers), status=404, code="not-found")
    employee = await make_member(state, company)
    problem(await api.post(path, json={}, headers=employee.headers), status=403, code="not-allowed")


async def test_with_one_key_the_first_answer_comes_again(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    cycle = await make_cycle(api, company)
    await store_goal(state, company, cycle)
    headers = company.headers | {"Idempotency-Key": "k"}
    answers = [await api.post(f"/v1/cycles/{cycle['id']}/actions/copy", json={}, headers=headers) for _ in range(2)]
    assert created(answers[0]) == created(answers[1])
    assert answers[1].headers["location"] == f"/v1/cycles/{created(answers[0])['cycle']['id']}"


async def test_copying_costs_the_same_for_one_goal_and_for_many(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    shop = await make_shop(state, company)
    costs = []
    for starts_on, goals in (("2026-01-01", 1), ("2028-01-01", 50)):
        cycle = await make_cycle(api, company, starts_on=starts_on)
        for _ in range(goals):
            await store_goal(state, company, cycle, stored_indicator(shop_ids=[shop.id]), weight="1")
        with count_statements() as statements:
            assert (await copy(api, company, cycle))["created"] == goals
        costs.append(len(statements))
    assert costs[0] == costs[1], costs


async def test_copies_are_measured_as_things_are_now(api: AsyncClient, state: ApiState) -> None:
    """MET-2, MET-4: by the version in force of a metric of the company's own, over the items that a set has now."""
    company = await make_company(state)
    shop = await make_shop(state, company)
    cycle = await make_cycle(api, company)
    metric = {"code": "live_gmv", "zh": "直播", "en": "Live", "unit": "CNY", "algebra": "additive", "better": "higher"}
    created(await api.post("/v1/metrics", json=metric, headers=company.headers))
    body = {"shop_id": str(shop.id), "name": "爆款", "item_ids": ["7", "8"]}
    item_set = created(await api.post("/v1/item-sets", json=body, headers=company.headers))["id"]
    own = stored_indicator("live_gmv", shop_ids=[shop.id], metric_version=1)
    items = stored_indicator(shop_ids=[shop.id], item_set_id=UUID(item_set), item_dimensions=["item:1"])
    by_hand = stored_indicator(None, "1", kind="manual", name="准时发货", aggregate=None)
    source = await store_goal(state, company, cycle, own, items, by_hand)
    goals = await read_copies(state, company, (await copy(api, company, cycle))["cycle"]["id"])
    copies = sorted(await rows_of(state, Indicator, company, goals[source].id), key=lambda one: one.position)
    assert [one.metric_version for one in copies] == [1, None, None]
    assert [one.item_dimensions for one in copies] == [None, ["item:7", "item:8"], None]
    fed = {(one.metric, one.dimension) for one in await rows_of(state, IndicatorSource, company, goals[source].id)}
    assert fed == {("live_gmv", ""), ("gmv", "item:7"), ("gmv", "item:8")}


async def test_what_was_assigned_in_the_next_cycle_is_not_copied_beside_it(api: AsyncClient, state: ApiState) -> None:
    """GOAL-13: an owner has one goal of a template in a cycle."""
    company = await make_company(state)
    cycle, following = await make_cycle(api, company), await make_cycle(api, company, starts_on="2026-10-01")
    person, other = [await add_person(state, company, hired()) for _ in range(2)]
    template = KpiTemplate(
        company_id=company.company_id, id=new_id(), name="n", title="t", weight=Decimal(50), ignore_missing=False,
        indicators=[], version=1,
    )  # fmt: skip
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add(template)
    assigned: dict[str, Any] = {"template_id": template.id}
    source = await store_goal(state, company, cycle, person_id=person, **assigned)
    copied = await store_goal(state, company, cycle, person_id=other, **assigned)
    await store_goal(state, company, following, person_id=person, state="draft", **assigned)
    await store_goal(state, company, following, person_id=other, state="cancelled", **assigned)
    report = await copy(api, company, cycle)
    assert report["left_out"] == [{"goal_id": str(source), "reason": "template-assigned"}]
    assert (await read_copies(state, company, following["id"]))[copied].template_id == template.id
