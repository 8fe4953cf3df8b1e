"""What rules find is told once, to whom it concerns, and taken back when it is over (CULT-5)."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select, text, update

from attain_api.alerts import service as alerts
from attain_api.state import ApiState
from attain_shared.alerts.models import AlertRule
from attain_shared.alerts.queries import describe_alert
from attain_shared.clock import business_day, utc_now
from attain_shared.db.partitions import create_partitions, month_of
from attain_shared.db.session import transaction
from attain_shared.events.models import Event
from attain_shared.goals.attainment_models import Attainment
from attain_shared.goals.models import Goal
from attain_shared.metrics.models import Observation
from attain_shared.people.timeline import EventKind
from attain_worker.alerts.watching import Watch
from tests.support.alerting import add_rule
from tests.support.companies import Company, Member, make_company, make_member, make_shop
from tests.support.http import created, ok, problem
from tests.support.staff import add_person, hired
from tests.support.statements import count_statements
from tests.support.stored_goals import store_goal, stored_indicator

ALERTS = "/v1/alerts"
NOW = datetime(2026, 7, 31, 4, tzinfo=UTC)
"""Noon of 2026-07-31 in Shanghai."""
YESTERDAY = date(2026, 7, 30)
DROP = {"kind": "metric_drop", "metric": "gmv", "by": "0.3", "days": 14, "shop_ids": None}
OFF_TRACK = {"kind": "goal_off_track", "department_ids": None}


async def rule_of(state: ApiState, company: Member, condition: Mapping[str, Any], **more: Any) -> AlertRule:
    async with transaction(state.sessions, state.doorbell) as uow:
        return add_rule(uow, company_id=company.company_id, condition=condition, **more)


async def watch(state: ApiState, company: Member, now: datetime = NOW) -> None:
    """What a worker does every minute."""
    await Watch(state.sessions, state.doorbell, clock=lambda: now).watch_company(company.company_id)


async def read(api: AsyncClient, member: Member, **params: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = ok(await api.get(ALERTS, params=params, headers=member.headers))["items"]
    return items


async def store_days(
    state: ApiState, company: Member, shop_id: UUID, figures: Mapping[date, str], metric: str = "gmv", **more: Any
) -> None:
    """Final figures of days, whatever was known of them before."""
    async with transaction(state.sessions, state.doorbell) as uow:
        await create_partitions(uow.session, buckets={month_of(day) for day in figures}, inbox=())
        for day, value in figures.items():
            row = {
                "company_id": company.company_id,
                "shop_id": shop_id,
                "metric": metric,
                "dimension": "",
                "grain": "day",
                "bucket": day,
                "value": Decimal(value),
                "is_final": True,
                "observed_at": NOW,
                "batch_id": shop_id,
                "received_at": NOW,
                "row_index": 0,
                "verdict": "accepted",
            } | more
            await uow.session.merge(Observation(**row))


def usual(until: date = YESTERDAY, days: int = 14, value: str = "1000") -> dict[date, str]:
    """The days before."""
    return {until - timedelta(days=back): value for back in range(1, days + 1)}


async def test_a_drop_is_told_once_and_taken_back(api: AsyncClient, state: ApiState) -> None:
    """CULT-5: the worked example; four workers at once tell it once, and take it back once."""
    company = await make_company(state)
    shop = await make_shop(state, company)
    rule = await rule_of(state, company, DROP, severity="critical", playbook="先看数据是否到齐", name="成交骤降")
    await store_days(state, company, shop.id, usual() | {YESTERDAY: "650"})
    await asyncio.gather(*(watch(state, company) for _ in range(4)))
    (alert,) = await read(api, company)
    expected = {
        "kind": "metric_drop",
        "state": "open",
        "severity": "critical",
        "rule_id": str(rule.id),
        "rule_name": "成交骤降",
        "playbook": "先看数据是否到齐",
        "shop_id": str(shop.id),
        "connector_id": None,
        "owner_id": None,
        "details": {"metric": "gmv", "day": "2026-07-30", "value": "650", "median": "1000", "drop": "0.3500"},
        "raised_at": "2026-07-31T04:00:00Z",
    }
    assert {name: alert[name] for name in expected} == expected
    async with state.sessions() as session:
        said = await describe_alert(session, company_id=company.company_id, alert_id=UUID(alert["id"]))
    assert said is not None
    assert (said.shop_name, said.rule_name, said.playbook) == (shop.name, "成交骤降", "先看数据是否到齐")
    assert (said.details, said.cleared_at) == (alert["details"], None)
    await store_days(state, company, shop.id, {YESTERDAY: "701"})
    await watch(state, company)
    assert await read(api, company, state="open") == [alert], "near the limit it stays"
    await store_days(state, company, shop.id, {YESTERDAY: "900"})
    await asyncio.gather(*(watch(state, company) for _ in range(4)))
    assert [one["state"] for one in await read(api, company)] == ["cleared"]
    async with state.sessions() as session:
        told = await session.scalars(
            select(Event).where(Event.company_id == company.company_id).order_by(Event.position, Event.id)
        )
        events = [(one.kind, str(one.subject_id), one.data) for one in told]
    data = {"alert_id": alert["id"], "kind": "metric_drop"}
    assert events == [("alert.raised", alert["id"], data), ("alert.cleared", alert["id"], data)]


async def test_only_complete_days_of_late_are_judged(api: AsyncClient, state: ApiState) -> None:
    """MET-1, MET-8: today's part of a day is none, nor is what was read before a day was over; absence says nothing."""
    company = await make_company(state)
    shop = await make_shop(state, company)
    await rule_of(state, company, DROP)
    day, today = timedelta(days=1), YESTERDAY + timedelta(days=1)
    await store_days(state, company, shop.id, usual(YESTERDAY - day) | {YESTERDAY - day: "900", today: "10"})
    early: dict[str, Any] = {"is_final": False, "observed_at": NOW - timedelta(days=1)}
    await store_days(state, company, shop.id, {YESTERDAY: "10"}, **early)
    await watch(state, company)
    assert await read(api, company) == []
    await store_days(state, company, shop.id, {YESTERDAY: "10"}, is_final=False, observed_at=NOW)
    await watch(state, company)
    assert len(await read(api, company, state="open")) == 1
    await watch(state, company, NOW + timedelta(days=6))
    await watch(state, company, NOW + timedelta(days=60))
    assert len(await read(api, company, state="open")) == 1, "no figures are no recovery"


async def test_a_ratio_drops_by_its_parts_in_the_shops_named(api: AsyncClient, state: ApiState) -> None:
    """MET-3: conversion that nobody pushes is paying buyers over visitors."""
    company = await make_company(state)
    shop, other = [await make_shop(state, company) for _ in range(2)]
    condition = DROP | {"metric": "conversion", "shop_ids": [str(shop.id)]}
    await rule_of(state, company, condition)
    for one in (shop, other):
        await store_days(state, company, one.id, usual(value="1000") | {YESTERDAY: "1000"}, metric="uv")
        await store_days(state, company, one.id, usual(value="50") | {YESTERDAY: "20"}, metric="paying_buyers")
    await watch(state, company)
    (alert,) = await read(api, company)
    assert alert["shop_id"] == str(shop.id)
    told = {"metric": "conversion", "value": "0.02", "median": "0.05", "drop": "0.6000"}
    assert {name: alert["details"][name] for name in told} == told


async def cycle_of_now(api: AsyncClient, company: Company) -> dict[str, Any]:
    year = {"kind": "year", "starts_on": f"{business_day().year}-01-01", "name": "year"}
    return created(await api.post("/v1/cycles", json=year, headers=company.headers))


async def stand(state: ApiState, company: Member, goal_id: UUID, status: str) -> None:
    async with transaction(state.sessions, state.doorbell) as uow:
        of_goal = (Attainment.company_id == company.company_id, Attainment.goal_id == goal_id)
        await uow.session.execute(update(Attainment).where(*of_goal).values(status=status))


async def test_a_goal_off_track_is_told_to_those_who_see_it(api: AsyncClient, state: ApiState) -> None:
    """GOAL-7, SEC-3: its owner's manager sees to it; an administrator does not learn of it."""
    company = await make_company(state)
    manager, peer, executive = [
        await make_member(state, company, roles=roles) for roles in (("employee",), ("employee",), ("executive",))
    ]
    member = await make_member(state, company)
    body = {"manager_id": str(manager.person_id), "effective_on": business_day().isoformat()}
    path = f"/v1/people/{member.person_id}/change-manager"
    ok(await api.post(path, json=body, headers=company.headers))
    cycle = await cycle_of_now(api, company)
    goal_id = await store_goal(
        state, company, cycle, stored_indicator(), person_id=member.person_id, attained=["0.5"], title="林晓的目标"
    )
    await rule_of(state, company, OFF_TRACK)
    await watch(state, company, utc_now())
    assert await read(api, executive) == []
    await stand(state, company, goal_id, "off_track")
    await asyncio.gather(*(watch(state, company, utc_now()) for _ in range(3)))
    (alert,) = await read(api, executive)
    assert (alert["goal_id"], alert["owner_id"]) == (str(goal_id), str(manager.person_id))
    assert alert["details"] == {"status": "off_track", "business_day": business_day().isoformat()}
    for who in (member, manager):
        assert [one["id"] for one in await read(api, who)] == [alert["id"]]
    ids = [UUID(alert["id"])]
    async with state.sessions() as session:
        assert await alerts.list_seen(session, actor=manager.actor, alert_ids=ids) == set(ids)
        assert await alerts.list_seen(session, actor=company.actor, alert_ids=ids) == set()
        said = await describe_alert(session, company_id=company.company_id, alert_id=ids[0])
    assert said is not None
    assert (said.goal_title, said.owner_name) == (None, None), "a group chat is told of nobody's goal"
    for who in (company, peer):
        assert await read(api, who) == []
        problem(await api.get(f"{ALERTS}/{alert['id']}", headers=who.headers), status=404, code="not-found")
    for status, state_then in (("at_risk", "open"), ("no_data", "open"), ("on_track", "cleared")):
        await stand(state, company, goal_id, status)
        await watch(state, company, utc_now())
        assert [one["state"] for one in await read(api, executive)] == [state_then], status
    await stand(state, company, goal_id, "off_track")
    await watch(state, company, utc_now())
    async with transaction(state.sessions, state.doorbell) as uow:
        mine = (Goal.company_id == company.company_id, Goal.id == goal_id)
        await uow.session.execute(update(Goal).where(*mine).values(state="cancelled"))
    await watch(state, company, utc_now())
    assert [one["state"] for one in await read(api, executive)] == ["cleared", "cleared"]


async def test_a_rule_looks_at_the_goals_of_its_departments_alone(api: AsyncClient, state: ApiState) -> None:
    """ORG-1: with those below, and with their people; a department's head sees to its goals."""
    company = await make_company(state, roles=("admin", "executive"))
    head = await make_member(state, company)
    parent, below, other = [
        created(await api.post("/v1/departments", json=body, headers=company.headers))
        for body in ({"name": name, "function": "operations"} for name in ("运营部", "运营一部", "设计部"))
    ]
    for department, changes in ((below, {"parent_id": parent["id"]}), (parent, {"head_id": str(head.person_id)})):
        path = f"/v1/departments/{department['id']}"
        if "parent_id" in changes:
            ok(await api.post(f"{path}/actions/move", json=changes, headers=company.headers))
        else:
            ok(await api.patch(path, json=changes, headers=company.headers))
    person_id = await add_person(state, company, hired(below["id"]))
    cycle = await cycle_of_now(api, company)
    owners: list[dict[str, Any]] = [
        {"department_id": parent["id"]},
        {"person_id": person_id},
        {"department_id": other["id"]},
        {},
    ]
    goals = [await store_goal(state, company, cycle, stored_indicator(), attained=["0.5"], **owner) for owner in owners]
    for goal_id in goals:
        await stand(state, company, goal_id, "off_track")
    await rule_of(state, company, {"kind": "goal_off_track", "department_ids": [parent["id"]]})
    await watch(state, company, utc_now())
    found = {one["goal_id"]: one["owner_id"] for one in await read(api, company)}
    assert found == {str(goals[0]): str(head.person_id), str(goals[1]): None}


async def test_turnover_above_its_limit_is_told(api: AsyncClient, state: ApiState) -> None:
    """ORG-5: of the company, and of a department with all below it; whoever sees the figures sees it."""
    company = await make_company(state)
    head = await make_member(state, company)
    body = {"name": "客服部", "function": "customer_service", "head_id": str(head.person_id)}
    department = created(await api.post("/v1/departments", json=body, headers=company.headers))
    for _ in range(3):
        await add_person(state, company, hired(department["id"]))
    await add_person(state, company, hired(department["id"]), (EventKind.LEAVE, date(2026, 7, 20), {}))
    turnover = {"kind": "turnover", "above": "0.25", "days": 30, "department_ids": [department["id"]]}
    await rule_of(state, company, turnover)
    whole = await rule_of(state, company, turnover | {"department_ids": None})
    await watch(state, company)
    (alert,) = await read(api, company)
    assert (alert["department_id"], alert["owner_id"]) == (department["id"], str(head.person_id))
    told = {"limit": "0.25", "starts_on": "2026-07-02", "ends_on": "2026-07-31"}
    assert {name: alert["details"][name] for name in told} == told
    assert Decimal(alert["details"]["turnover"]) > Decimal("0.25")
    assert await read(api, head) == [alert | {"allowed_actions": ["acknowledge"]}]
    assert await read(api, await make_member(state, company)) == []
    async with transaction(state.sessions, state.doorbell) as uow:
        lower = update(AlertRule).where(AlertRule.company_id == company.company_id, AlertRule.id == whole.id)
        await uow.session.execute(lower.values(condition=turnover | {"above": "0.1", "department_ids": None}))
    await watch(state, company)
    (of_company,) = await read(api, company, rule_id=str(whole.id))
    assert (of_company["department_id"], of_company["owner_id"]) == (None, None)
    assert await read(api, head, rule_id=str(whole.id)) == [], "the company's figures are not a head's"
    await watch(state, company, NOW + timedelta(days=40))
    assert await read(api, company, state="open") == []


async def test_a_rule_that_is_gone_or_rests_takes_back_what_it_told(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    shop = await make_shop(state, company)
    resting, gone = [await rule_of(state, company, DROP) for _ in range(2)]
    await store_days(state, company, shop.id, usual() | {YESTERDAY: "1"})
    await watch(state, company)
    assert len(await read(api, company, state="open")) == 2
    ok(await api.patch(f"/v1/alert-rules/{resting.id}", json={"is_active": False}, headers=company.headers))
    assert (await api.delete(f"/v1/alert-rules/{gone.id}", headers=company.headers)).status_code == 204
    await watch(state, company)
    assert {(one["state"], one["rule_id"]) for one in await read(api, company)} == {
        ("cleared", str(resting.id)),
        ("cleared", None),
    }


async def test_a_company_costs_as_many_statements_whatever_it_has(api: AsyncClient, state: ApiState) -> None:
    """C9: none a shop, none a rule; and three without a rule."""
    company = await make_company(state)
    with count_statements() as bare:
        await watch(state, company)
    shops = [await make_shop(state, company)]
    for condition in (DROP, OFF_TRACK, {"kind": "turnover", "above": "0.1", "days": 30, "department_ids": None}):
        await rule_of(state, company, condition)
    await store_days(state, company, shops[0].id, usual() | {YESTERDAY: "1"})
    with count_statements() as few:
        await watch(state, company)
    for _ in range(5):
        shop = await make_shop(state, company)
        await store_days(state, company, shop.id, usual() | {YESTERDAY: "1"})
        await rule_of(state, company, DROP)
    with count_statements() as many:
        await watch(state, company)
    assert (len(bare), len(few), len(many)) == (3, 11, 11)
    assert len(await read(api, company)) == 36


async def test_what_cannot_be_looked_at_holds_up_no_other_company(api: AsyncClient, state: ApiState) -> None:
    broken, company = [await make_company(state) for _ in range(2)]
    shop = await make_shop(state, company)
    await rule_of(state, broken, {"kind": "metric_drop", "metric": 1})
    await rule_of(state, company, DROP)
    await store_days(state, company, shop.id, usual() | {YESTERDAY: "1"})
    await Watch(state.sessions, state.doorbell, clock=lambda: NOW).watch()
    assert len(await read(api, company)) == 1
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            text("DELETE FROM alert_rules WHERE company_id = :company_id"), {"company_id": broken.company_id}
        )
