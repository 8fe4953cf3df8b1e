import asyncio, time
from datetime import date, timedelta
from sqlalchemy import text
from attain_shared.clock import business_day
from tests.integration.test_people_history import make_department, make_person, act, get, history, members
from tests.integration.test_people_import import send
from tests.support.companies import make_company, make_member

T = business_day()
D = lambda n: (T + timedelta(days=n)).isoformat()

def out(*a):
    print("ZZ", *a, flush=True)

async def patch(api, c, p, **b):
    r = await api.patch(f"/v1/people/{p['id']}", json=b, headers=c.headers)
    return r

async def dept_post(api, c, d, action, **b):
    return await api.post(f"/v1/departments/{d}/actions/{action}", json=b, headers=c.headers)

async def test_1_toggle(api, state):
    c = await make_company(state)
    a, b = [await make_department(api, c, n) for n in "AB"]
    p = await make_person(api, c, "lin", department_id=a)
    for want in (b, a, b):
        r = await patch(api, c, p, department_id=want)
        out("toggle", r.status_code, "asked", "AB"[want == b], "got", "AB"[r.json()["department_id"] == b])
    m = await make_person(api, c, "boss")
    for want in (m["id"], None, m["id"]):
        r = await patch(api, c, p, manager_id=want)
        out("toggle manager", r.status_code, "asked", want, "got", r.json()["manager_id"])

async def test_2_same_day_correct(api, state):
    c = await make_company(state)
    a, b, e = [await make_department(api, c, n) for n in "ABE"]
    p = await make_person(api, c, "lin", department_id=a)
    await act(api, c, p, "transfer", effective_on="2026-07-01", department_id=b)
    await act(api, c, p, "transfer", effective_on="2026-07-01", department_id=e)
    h = await history(api, c, p)
    first = [x for x in h if x["kind"] == "transfer" and x["changes"]["department_id"] == b][0]
    r = await api.post(f"/v1/people/{p['id']}/history/{first['id']}/actions/correct", json={"reason": "note only", "note": "x"}, headers=c.headers)
    g = await get(api, c, p)
    out("correct note of earlier same-day event", r.status_code, "department was E, now", g["department_name"])
    # hire day
    q = await make_person(api, c, "wang", department_id=a, hired_on=T.isoformat())
    r = await patch(api, c, q, department_id=b)
    h = await history(api, c, q)
    hire = [x for x in h if x["kind"] == "hire"][0]
    r = await api.post(f"/v1/people/{q['id']}/history/{hire['id']}/actions/correct", json={"reason": "r", "employment_type": "intern"}, headers=c.headers)
    out("correct hire after same-day patch", r.status_code, r.json().get("code"), r.json().get("detail"))
    # leave+rehire next day
    z = await make_person(api, c, "zhao", department_id=a)
    await act(api, c, z, "leave", effective_on="2026-09-30", reason="x")
    await act(api, c, z, "rehire", effective_on="2026-10-01", department_id=a)
    h = await history(api, c, z)
    lv = [x for x in h if x["kind"] == "leave"][0]
    r = await api.post(f"/v1/people/{z['id']}/history/{lv['id']}/actions/correct", json={"reason": "r", "leaving_reason": "y"}, headers=c.headers)
    out("correct leave reason before next-day rehire", r.status_code, r.json().get("code"), r.json().get("detail"))
    # upcoming
    u = await make_person(api, c, "up", department_id=a, hired_on=D(5))
    r = await act(api, c, u, "transfer", effective_on=D(5), department_id=b)
    out("transfer on hire day upcoming", r.status_code)
    r = await patch(api, c, u, employment_type="intern")
    out("patch upcoming", r.status_code, r.json().get("code"))

async def test_3_closed(api, state):
    c = await make_company(state)
    a, b = [await make_department(api, c, n) for n in "AB"]
    p = await make_person(api, c, "lin", department_id=a)
    r = await dept_post(api, c, a, "merge", into_id=b)
    out("merge", r.status_code)
    h = await history(api, c, p)
    tr = [x for x in h if x["kind"] == "transfer"][0]
    r = await api.post(f"/v1/people/{p['id']}/history/{tr['id']}/actions/withdraw", json={"reason": "r"}, headers=c.headers)
    g = await get(api, c, p)
    d = (await api.get(f"/v1/departments/{a}", headers=c.headers)).json()
    out("withdraw merge transfer", r.status_code, "now in", g["department_name"], "closed_on", d["closed_on"], "merged", d["merged_into_id"] == b)
    # correct hire day etc
    q = await make_person(api, c, "q", department_id=b)
    await act(api, c, q, "leave", effective_on="2026-09-30")
    await act(api, c, p, "transfer", effective_on=D(0), department_id=None)
    c2 = await make_department(api, c, "C2")
    s = await make_person(api, c, "s", department_id=c2)
    await act(api, c, s, "leave", effective_on="2026-09-30")
    r = await dept_post(api, c, c2, "close")
    h = await history(api, c, s)
    lv = [x for x in h if x["kind"] == "leave"][0]
    r2 = await api.post(f"/v1/people/{s['id']}/history/{lv['id']}/actions/withdraw", json={"reason": "r"}, headers=c.headers)
    g = await get(api, c, s)
    out("close then withdraw leave", r.status_code, r2.status_code, g["status"], g["department_name"])
    # manager who has left: withdraw change of manager
async def test_4_subtree_as_of(api, state):
    c = await make_company(state)
    import time_machine
    a, x, e = [await make_department(api, c, n) for n in "AXE"]
    p = await make_person(api, c, "lin", department_id=x, hired_on="2026-01-01")
    async with state.engine.begin() as con:
        await con.execute(text("update departments set parent_id=:a where company_id=:c and id=:x"), {"a": a, "c": c.company_id, "x": x})
        await con.execute(text("update department_spells set parent_id=:a where company_id=:c and department_id=:x"), {"a": a, "c": c.company_id, "x": x})
    r = await dept_post(api, c, x, "move", parent_id=e)
    out("move", r.status_code)
    yesterday = D(-1)
    tree = (await api.get("/v1/departments/tree", params={"on": yesterday}, headers=c.headers)).json()
    out("tree yesterday", [(n["name"], [k["name"] for k in n["children"]]) for n in tree["items"]])
    out("subtree A yesterday", await members(api, c, a, subtree="true", on=yesterday), "stats", (await api.get(f"/v1/departments/{a}/stats", params={"from": yesterday, "to": yesterday}, headers=c.headers)).json()["subtree"]["headcount"])

async def test_5_stats_merge(api, state):
    c = await make_company(state)
    top, a, b = [await make_department(api, c, n) for n in ("top", "A", "B")]
    for d in (a, b):
        r = await api.patch(f"/v1/departments/{d}", json={"parent_id": top}, headers=c.headers); assert r.status_code == 200
    async with state.engine.begin() as con:
        await con.execute(text("delete from department_spells where company_id=:c and starts_on > '-infinity' and department_id=any(:d)"), {"c": c.company_id, "d": [a, b]})
        await con.execute(text("update department_spells set parent_id=:t, ends_on='infinity' where company_id=:c and department_id=any(:d)"), {"t": top, "c": c.company_id, "d": [a, b]})
    ps = [await make_person(api, c, f"p{i}", department_id=a, hired_on="2026-01-01") for i in range(4)]
    await act(api, c, ps[0], "leave", effective_on=D(-5)); await act(api, c, ps[1], "leave", effective_on=D(-4))
    async def show(tag):
        s = (await api.get(f"/v1/departments/{top}/stats", params={"from": D(-20), "to": D(0)}, headers=c.headers)).json()["subtree"]
        out(tag, {k: s[k] for k in ("headcount", "leavers", "transfers_in", "transfers_out", "mean_headcount", "turnover")})
    await show("before merge")
    r = await dept_post(api, c, a, "merge", into_id=b); out("merge", r.status_code)
    await show("after merge A into B, both under top")

async def test_6_import(api, state):
    c = await make_company(state)
    f = "name,email,hired_on,confirmed_on,left_on\nlin,lin@example.com,2026-01-01,,%s\n" % D(30)
    r = await send(api, c, f); out("import", r.status_code, r.json()["created"])
    r = await send(api, c, f); out("again", r.status_code, r.json().get("errors") or r.json().get("unchanged"))
    f = "name,email,hired_on,confirmed_on\nwang,wang@example.com,2026-01-01,%s\n" % D(30)
    r = await send(api, c, f); r = await send(api, c, f); out("again confirmed", r.status_code, r.json().get("errors") or r.json().get("unchanged"))

async def test_7_erased(api, state):
    c = await make_company(state)
    p = await make_person(api, c, "lin")
    await act(api, c, p, "leave", effective_on="2026-09-30", reason="x")
    r = await api.post(f"/v1/people/{p['id']}/erase", headers=c.headers); out("erase", r.status_code)
    h = await history(api, c, p)
    out("event actions", [(x["kind"], x["allowed_actions"]) for x in h])
    lv = [x for x in h if x["kind"] == "leave"][0]
    r = await api.post(f"/v1/people/{p['id']}/history/{lv['id']}/actions/correct", json={"reason": "Lin Xiao moved, call 13800000000", "leaving_reason": "Lin Xiao", "note": "Lin Xiao"}, headers=c.headers)
    out("correct erased", r.status_code, r.json().get("changes"), r.json().get("note"))
    h = await history(api, c, p)
    lv = [x for x in h if x["kind"] == "leave" and not x["withdrawn_at"]][0]
    r = await api.post(f"/v1/people/{p['id']}/history/{lv['id']}/actions/withdraw", json={"reason": "y"}, headers=c.headers)
    g = await get(api, c, p)
    out("withdraw leave of erased", r.status_code, g["status"], g["name"])
    # export -> import roundtrip with erased
    q = await make_person(api, c, "wang")
    await act(api, c, q, "leave", effective_on="2026-09-30")
    await api.post(f"/v1/people/{q['id']}/erase", headers=c.headers)
    r = await api.post("/v1/people/export", params={"format": "csv"}, headers=c.headers)
    r2 = await send(api, c, r.content)
    out("roundtrip", r2.status_code, r2.json().get("errors") or (r2.json().get("unchanged"), r2.json().get("created")))

async def test_8_misc(api, state):
    c = await make_company(state)
    a = await make_department(api, c, "A")
    p = await make_person(api, c, "lin", department_id=a)
    await act(api, c, p, "leave", effective_on="2026-09-30")
    g = await get(api, c, p, on="2026-07-01")
    out("as-of actions", g["status"], g["allowed_actions"])
    await api.patch(f"/v1/departments/{a}", json={"name": "A2"}, headers=c.headers)
    g = await get(api, c, p, on="2026-07-01"); d = (await api.get(f"/v1/departments/{a}", params={"on": "2026-07-01"}, headers=c.headers)).json()
    out("as-of name", g["department_name"], d["name"])
    # blueprint
    u = "/v1/blueprints/flagship/apply"
    r = await api.post(u, json={}, headers=c.headers); out("apply", r.status_code)
    ids = {x["code"]: x["id"] for x in r.json()["departments"]}
    for k in ("planning", "customer_service", "logistics"):
        rr = await dept_post(api, c, ids[k], "close"); out(rr.status_code)
    rr = await api.delete(f"/v1/departments/{ids['product']}", headers=c.headers); out("delete", rr.status_code)
    rr = await dept_post(api, c, ids["store"], "close"); out("close store", rr.status_code)
    r = await api.post(u, json={}, headers=c.headers); out("apply to closed", r.status_code, r.json().get("errors") or [(x["code"], x["action"]) for x in r.json()["departments"]])
    r = await api.post(u, json={"dry_run": True}, headers=c.headers); out("dry run to closed", r.status_code)
    # brand team twice
    b1, b2 = [await make_department(api, c, n) for n in ("B1", "B2")]
    for b in (b1, b2):
        r = await api.post("/v1/blueprints/brand_team/apply", json={"parent_id": b}, headers=c.headers)
        out("brand_team", r.status_code, [(x["action"]) for x in r.json()["departments"]])
    # manager who left since, recorded after the fact
    m = await make_person(api, c, "m"); n = await make_person(api, c, "n")
    await act(api, c, m, "leave", effective_on="2026-09-30")
    r = await act(api, c, n, "change-manager", effective_on="2026-05-01", manager_id=m["id"])
    out("backdated manager who left later", r.status_code, r.json().get("errors"))
    # own metric in template
    r = await api.get("/v1/openapi.json"); out("metrics POST", list(r.json()["paths"].get("/v1/metrics", {})))
    for path in ("/v1/people/{person_id}/history/{event_id}/actions/correct",):
        op = r.json()["paths"][path]["post"]; out([q["name"] for q in op["parameters"]], op["responses"]["200"].get("headers"), list(op["responses"]))
