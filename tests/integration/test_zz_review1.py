"""Scratch."""
from datetime import date
from typing import Any
from uuid import UUID
import asyncio
import pytest
from httpx import AsyncClient
from attain_api.state import ApiState
from attain_shared.clock import business_day
from tests.support.assigning import MANUAL, TEMPLATE, World
from tests.support.companies import make_company, make_member, make_shop
from tests.support.goals import NOBODY, make_cycle, make_goal, indicator, act, confirm_goals, goal_body, read_attainment
from tests.support.http import created, ok
from tests.support.relations import make_relations
from tests.support.staff import add_person, hired
from tests.support.worker import recompute
from tests.support.stored_goals import store_goal, stored_indicator


async def aworld(api, state):
    company = await make_company(state)
    position = {"name": "店长", "function": "operations", "tier": "middle", "grade": "manager"}
    position_id = created(await api.post("/v1/positions", json=position, headers=company.headers))["id"]
    department = {"name": "运营部", "function": "operations"}
    department_id = created(await api.post("/v1/departments", json=department, headers=company.headers))["id"]
    cycle = await make_cycle(api, company, starts_on="2026-10-01")
    shop = await make_shop(state, company)
    return World(api, state, company, cycle["id"], shop.id, position_id, department_id)


async def test_assign_milestone_target(api: AsyncClient, state: ApiState) -> None:
    w = await aworld(api, state)
    t = await w.template(indicators=[{"kind": "milestones"}])
    p = await w.people(1)
    r = await w.send(t, {"person_ids": p}, targets={"0": "2"})
    print("ASSIGN", r.status_code, r.text[:300])
    t2 = await w.template(indicators=[{"kind": "metric", "metric": "gmv", "target": "-5"}]) if False else None
    r = await w.send(t, {"person_ids": p}, targets={"0": "-1"})
    print("ASSIGN neg", r.status_code, r.text[:300])
    for to in (None, {}, [], "x", {"tier": "frontline", "position_id": w.position}, {"person_ids": []}):
        r = await w.send(t, to)
        print("TO", to, r.status_code, r.text[:200])
    r = await api.post("/v1/kpi-templates", json=TEMPLATE | {"name": "x1", "indicators": [{"kind": "milestones", "target": None}]}, headers=w.company.headers)
    print("TPL", r.status_code, r.text[:300])
    r = await api.post("/v1/goals", json=goal_body(w.cycle, [{"kind": "milestones", "target": None}], owner={"type": "person", "id": p[0]}), headers=w.company.headers)
    print("GOAL", r.status_code, r.text[:300])
    r = await api.post("/v1/kpi-templates", json=TEMPLATE | {"name": "x2", "indicators": [{"kind": "metric", "metric": "gmv", "direction": "band", "band": {"low": "1", "high": "2"}}]}, headers=w.company.headers)
    print("TPLband", r.status_code, r.text[:200])
    r2 = await w.send(r.json()["id"], {"person_ids": p}, targets={"0": "5"})
    print("ASSIGN band", r2.status_code, r2.text[:300])
    # two languages etc
    await recompute(state, w.company.company_id)


async def test_provenance(api: AsyncClient, state: ApiState) -> None:
    people = await make_relations(state)
    cycle = (await make_cycle(api, people.admin))["id"]
    shop = await make_shop(state, people.admin)

    async def own(*owners):
        body = {"starts_on": "2026-07-01", "owners": [people.owner(n) | {"share": "1"} for n in owners]}
        ok(await api.put(f"/v1/shops/{shop.id}/owners", json=body, headers=people.admin.headers))
    await own("me")
    goal = await make_goal(api, people["boss"], MANUAL, cycle_id=cycle, owner=people.owner("me"))
    r = await api.patch(f"/v1/goals/{goal['id']}", json={"indicators": [indicator([shop.id])]}, headers=people["me"].headers | {"If-Match": "*"})
    print("PATCH", r.status_code)
    await own("other_head")
    r = await api.get(f"/v1/shops/{shop.id}", headers=people["me"].headers)
    values = {"shop_id": str(shop.id), "metric": "gmv", "from": "2026-07-01", "to": "2026-07-02"}
    r1 = await api.get("/v1/metric-values", params=values, headers=people["me"].headers)
    print("before", r.status_code, r1.status_code, r1.text[:100])
    r = await act(api, people["me"], goal["id"], "submit")
    print("submit", r.status_code, r.text[:200])
    r1 = await api.get("/v1/metric-values", params=values, headers=people["me"].headers)
    print("after", r1.status_code, r1.text[:100])


async def test_draft_attainment_after_loss(api: AsyncClient, state: ApiState) -> None:
    people = await make_relations(state)
    cycle = (await make_cycle(api, people.admin))["id"]
    shop = await make_shop(state, people.admin)

    async def own(*owners):
        body = {"starts_on": "2026-07-01", "owners": [people.owner(n) | {"share": "1"} for n in owners]}
        ok(await api.put(f"/v1/shops/{shop.id}/owners", json=body, headers=people.admin.headers))
    await own("me")
    goal = await make_goal(api, people["me"], indicator([shop.id], target="1000"), cycle_id=cycle, owner=people.owner("me"))
    await own("other_head")
    push = {"source": "x", "grain": "day", "observed_at": "2026-11-20T09:00:00+08:00", "observations": [
        {"shop": f"{shop.platform}:{shop.external_id}", "metric": "gmv", "bucket": f"2026-07-{d:02d}", "value": "100"} for d in range(1, 10)]}
    r = await api.post("/v1/metric-batches", json=push, headers=people.admin.headers | {"Idempotency-Key": "k1"})
    print("push", r.status_code, r.text[:100])
    from tests.support.worker import work_off
    await work_off(state, people.admin.company_id)
    values = {"shop_id": str(shop.id), "metric": "gmv", "from": "2026-07-01", "to": "2026-07-02"}
    r1 = await api.get("/v1/metric-values", params=values, headers=people["me"].headers)
    print("values", r1.status_code, r1.text[:100])
    r = await api.get(f"/v1/goals/{goal['id']}/attainment", headers=people["me"].headers)
    print("ATT", r.status_code, r.json()["indicators"][0]["actual"])
    r = await api.get(f"/v1/goals/{goal['id']}/explain", headers=people["me"].headers)
    print("EXPLAIN", r.status_code, r.text[:400])
    r = await api.patch(f"/v1/goals/{goal['id']}", json={"starts_on": "2026-07-03", "ends_on": "2026-07-03"}, headers=people["me"].headers | {"If-Match": "*"})
    print("PATCH window", r.status_code)
    r = await api.patch(f"/v1/goals/{goal['id']}", json={"indicators": [indicator([shop.id], "uv"), indicator([shop.id])]}, headers=people["me"].headers | {"If-Match": "*"})
    print("PATCH metric", r.status_code, r.text[:200])
    await work_off(state, people.admin.company_id)
    r = await api.get(f"/v1/goals/{goal['id']}/attainment", headers=people["me"].headers)
    print("ATT", r.status_code, [i["actual"] for i in r.json()["indicators"]])
    r = await api.get(f"/v1/goal-checks/people/{people['me'].person_id}", params={"cycle_id": cycle}, headers=people["me"].headers)
    print("CHECK", r.status_code, r.text[:600])
    r = await api.get(f"/v1/goals/{goal['id']}/split", params={"by": "last_year", "person_id": str(people["me"].person_id)}, headers=people["me"].headers)
    print("SPLIT", r.status_code, r.text[:200])


async def test_parents(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    ex = await make_member(state, company, roles=("executive",))
    shop = await make_shop(state, company)
    cycle = await make_cycle(api, company)
    parent = await make_goal(api, ex, indicator([shop.id]), cycle_id=cycle["id"])
    ok(await act(api, ex, parent["id"], "cancel", reason="x"))
    r = await api.post("/v1/goals", json=goal_body(cycle["id"], [indicator([shop.id])], parent_id=parent["id"]), headers=ex.headers)
    print("CANCELLED PARENT", r.status_code)
    # copy into a narrowed parent
    p = await make_goal(api, ex, indicator([shop.id]), cycle_id=cycle["id"])
    c = await make_goal(api, ex, indicator([shop.id]), cycle_id=cycle["id"], parent_id=p["id"], weight="0")
    await confirm_goals(api, ex, p["id"])
    r = created(await api.post(f"/v1/cycles/{cycle['id']}/actions/copy", json={}, headers=company.headers))
    nxt = r["cycle"]["id"]
    page = ok(await api.get("/v1/goals", params={"cycle_id": nxt}, headers=ex.headers))["items"]
    pc = page[0]
    r = await api.patch(f"/v1/goals/{pc['id']}", json={"starts_on": "2026-12-01"}, headers=company.headers | {"If-Match": "*"})
    r = await api.patch(f"/v1/goals/{pc['id']}", json={"starts_on": "2026-12-01"}, headers=ex.headers | {"If-Match": "*"})
    print("narrow", r.status_code, r.text[:100])
    await confirm_goals(api, ex, c["id"])
    r = created(await api.post(f"/v1/cycles/{cycle['id']}/actions/copy", json={}, headers=company.headers))
    page = ok(await api.get("/v1/goals", params={"cycle_id": nxt}, headers=ex.headers))["items"]
    for g in page:
        print("COPY", g["id"], g["parent_id"], g["starts_on"], g["ends_on"], g["state"])


async def test_split_odd(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    ex = await make_member(state, company, roles=("executive",))
    shop = await make_shop(state, company)
    cycle = await make_cycle(api, company)
    for target, baseline, direction in (("-100", "-200", "higher_better"), ("99999999999999999999", None, "higher_better"), ("0.0000000000000000001", None, "higher_better"), ("0", "-1", "higher_better")):
        for metric in ("gmv", "uv", "orders"):
            body = goal_body(cycle["id"], [indicator([shop.id], metric, target=target, baseline=baseline, direction=direction)])
            r = await api.post("/v1/goals", json=body, headers=ex.headers)
            if r.status_code != 201:
                print("GOAL", metric, target, r.status_code, r.text[:150]); continue
            for by in ("shop", "last_year"):
                r2 = await api.get(f"/v1/goals/{r.json()['id']}/split", params={"by": by, "person_id": [str(ex.person_id), str(company.person_id)]}, headers=ex.headers)
                print("SPLIT", metric, target, by, r2.status_code, [i["target"] for i in r2.json().get("items", [])] or r2.text[:200])
            await recompute(state, company.company_id)
            r3 = await api.get(f"/v1/goals/{r.json()['id']}/what-if", headers=ex.headers)
            ind = r.json()["indicators"][0]["id"]
            r3 = await api.post(f"/v1/goals/{r.json()['id']}/what-if", json={"indicators": [{"indicator_id": ind, "actual": "99999999999999999999"}]}, headers=ex.headers)
            print("WHATIF", r3.status_code, r3.text[:120])
    r = await api.get("/v1/leaderboards", params={"cycle_id": cycle["id"], "department_id": NOBODY}, headers=ex.headers)
    print("LB", r.status_code, r.text[:100])
    r = await api.get(f"/v1/cycles/{cycle['id']}/cascade", params={"limit": 1}, headers=ex.headers)
    print("CAS", r.status_code, r.text[:100])


async def test_weights_closed(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    ex = await make_member(state, company, roles=("executive",))
    shop = await make_shop(state, company)
    cycle = await make_cycle(api, company)
    a = await make_goal(api, ex, indicator([shop.id]), cycle_id=cycle["id"], weight="60")
    b = await make_goal(api, ex, indicator([shop.id]), cycle_id=cycle["id"], weight="40")
    ok(await act(api, ex, a["id"], "submit")); ok(await act(api, ex, b["id"], "submit"))
    ok(await act(api, ex, a["id"], "confirm"))
    ok(await api.post(f"/v1/cycles/{cycle['id']}/actions/close", headers=company.headers))
    r = await api.put("/v1/goal-weights", json={"cycle_id": cycle["id"], "owner": {"type": "company"}, "weights": [{"goal_id": b["id"], "weight": "100"}]}, headers=ex.headers)
    print("WEIGHTS", r.status_code, r.text[:200])
    ok(await api.post(f"/v1/cycles/{cycle['id']}/actions/open", headers=company.headers))
    r = await act(api, ex, b["id"], "confirm")
    print("CONFIRM", r.status_code, r.text[:200])


async def test_weights_after_single_close(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    ex = await make_member(state, company, roles=("executive",))
    shop = await make_shop(state, company)
    cycle = await make_cycle(api, company)
    a = await make_goal(api, ex, indicator([shop.id]), cycle_id=cycle["id"], weight="60")
    b = await make_goal(api, ex, indicator([shop.id]), cycle_id=cycle["id"], weight="40")
    await confirm_goals(api, ex, a["id"], b["id"])
    ok(await act(api, ex, a["id"], "close"))
    r = await api.put("/v1/goal-weights", json={"cycle_id": cycle["id"], "owner": {"type": "company"}, "weights": [{"goal_id": b["id"], "weight": "100"}]}, headers=ex.headers)
    print("WEIGHTS2", r.status_code, r.text[:200])


async def test_events(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for body in ({"code": "x", "name": "n", "starts_on": "2100-12-31", "ends_on": "2100-12-31"}, {"code": "618", "name": "n", "starts_on": "2026-06-18", "ends_on": "2026-06-18"}):
        r = await api.post("/v1/event-calendar", json=body, headers=company.headers)
        print("EV", r.status_code, r.text[:200])
        if r.status_code == 201:
            for ch in ({"starts_on": None}, {"name": None}, {"starts_on": "1900-01-01", "ends_on": "1900-01-01"}, {}, {"cancelled": None}):
                r2 = await api.patch(f"/v1/event-calendar/{r.json()['id']}", json=ch, headers=company.headers)
                print("EVP", ch, r2.status_code, r2.text[:150])
    r = await api.get("/v1/event-calendar", params={"limit": 5}, headers=company.headers)
    print("LIST", r.status_code, r.text[:150])
