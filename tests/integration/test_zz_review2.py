"""Scratch."""
from datetime import date, timedelta
from decimal import Decimal
import json
import pytest
from structlog.testing import capture_logs
from sqlalchemy import text
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_worker.attainment import service as attainment
from attain_worker.curves import service as curves
from attain_worker.curves.wanted import WantedCurves
from tests.support.companies import make_member
from tests.support.goals import indicator, make_cycle, make_goal, read_attainment
from tests.support.http import created, ok
from tests.support.measured import pusher_of_shops, daily_rows
from tests.support.pushes import make_pusher
from tests.support.worker import take_in, work_off, count_rows, recompute, new_curves


@pytest.fixture
def at(monkeypatch):
    def stand_at(day):
        for module in (attainment, curves):
            monkeypatch.setattr(module, "business_day", lambda: day)
    return stand_at


async def stored(state, company_id, goal_id):
    async with transaction(state.sessions, state.doorbell) as uow:
        row = (await uow.session.execute(text("select score, status, indicators from attainments where company_id=:c and goal_id=:g"), {"c": company_id, "g": goal_id})).first()
    return row


def show(name, row):
    if row is None:
        print(name, None); return
    for one in row.indicators:
        print(name, row.status, {k: v for k, v in one.items() if k in ("actual","actual_low","actual_high","exact","target","attainment","attainment_low","attainment_high","verdict","status","coverage","pace")})


async def own(api, pusher, shop_id, starts_on, *owners):
    body = {"starts_on": starts_on, "owners": [{"type": "person", "id": i, "share": s} for i, s in owners]}
    ok(await api.put(f"/v1/shops/{shop_id}/owners", json=body, headers=pusher.company.headers))


async def test_owned_daily_mean_alone(api, state):
    pusher, shops, names = await pusher_of_shops(state, 2)
    me = str(pusher.company.person_id)
    for s in shops:
        await own(api, pusher, s, "2026-01-01", (me, "1"))
    cycle = await make_cycle(api, pusher.company)
    g = await make_goal(api, pusher.company, indicator(shops, "uv", aggregate="daily_mean", attribution="owned"), cycle_id=cycle["id"], owner={"type": "person", "id": me}, weight="1")
    other = await make_goal(api, pusher.company, indicator(shops[:1], "gmv"), cycle_id=cycle["id"], weight="1")
    await pusher.push(api, pusher.row("uv", bucket="2026-07-01", value="100"), pusher.row("gmv"))
    with capture_logs() as logs:
        try:
            await work_off(state, pusher.company_id)
        except Exception as e:
            print("A: RAISED", repr(e))
    print("A marks", await count_rows(state, "goal_marks", pusher.company_id))
    show("A", await stored(state, pusher.company_id, g["id"]))
    show("A other", await stored(state, pusher.company_id, other["id"]))


async def test_owned_daily_mean_with_narrower(api, state):
    pusher, shops, names = await pusher_of_shops(state, 2)
    me = str(pusher.company.person_id)
    for s in shops:
        await own(api, pusher, s, "2026-01-01", (me, "1"))
    cycle = await make_cycle(api, pusher.company)
    g = await make_goal(api, pusher.company, indicator(shops, "uv", aggregate="daily_mean", attribution="owned"), cycle_id=cycle["id"], owner={"type": "person", "id": me}, weight="1")
    other = await make_goal(api, pusher.company, indicator(shops, "uv"), cycle_id=cycle["id"], weight="1", starts_on="2026-07-01", ends_on="2026-07-31")
    await pusher.push(api, *[pusher.row("uv", bucket=f"2026-0{m}-01", value=str(100*m), shop=n) for m in (7,8,9) for n in names])
    await work_off(state, pusher.company_id)
    show("A2", await stored(state, pusher.company_id, g["id"]))
    r = await read_attainment(api, pusher.company, g["id"], as_of=utc_now().isoformat())
    print("A2 by rows", r["indicators"][0]["actual_low"], r["indicators"][0]["actual_high"], r["indicators"][0]["actual"], r["indicators"][0]["coverage"])


async def test_owned_pace(api, state, at):
    pusher, shops, names = await pusher_of_shops(state, 2)
    me = str(pusher.company.person_id)
    other = str((await make_member(state, pusher.company)).person_id)
    await own(api, pusher, shops[0], "2026-01-01", (other, "1"))
    await own(api, pusher, shops[0], "2026-07-16", (me, "1"))
    await own(api, pusher, shops[1], "2026-01-01", (me, "1"))
    await own(api, pusher, shops[1], "2026-07-16", (other, "1"))
    cycle = await make_cycle(api, pusher.company, kind="month")
    g, o = [await make_goal(api, pusher.company, indicator([s], "gmv", attribution="owned", target=t), cycle_id=cycle["id"], owner={"type": "person", "id": me}, weight="1") for s, t in zip(shops, ("16000", "15000"))]
    at(date(2026, 7, 21))
    await pusher.push(api, *daily_rows(pusher, "gmv", ["1000"] * 20, shop=names[0]), *daily_rows(pusher, "gmv", ["1000"] * 20, shop=names[1]))
    await work_off(state, pusher.company_id)
    show("FF new owner (forecast should be 16000)", await stored(state, pusher.company_id, g["id"]))
    show("FF old owner (final is 15000)", await stored(state, pusher.company_id, o["id"]))


async def test_growth_prev_incomplete(api, state, at):
    pusher = await make_pusher(state)
    cycle = await make_cycle(api, pusher.company, kind="month")
    g = await make_goal(api, pusher.company,
        {"kind": "growth", "metric": "uv", "against": "previous", "shop_ids": [str(pusher.shop.id)], "direction": "higher_better", "target": "0.2"},
        {"kind": "growth", "metric": "gmv", "against": "previous", "shop_ids": [str(pusher.shop.id)], "direction": "higher_better", "target": "0.2"},
        cycle_id=cycle["id"], weight="1")
    # June: a single day known of thirty
    await pusher.push(api, pusher.row("uv", bucket="2026-06-01", value="10"), pusher.row("gmv", bucket="2026-06-01", value="10"),
                      *daily_rows(pusher, "uv", ["100"] * 31), *daily_rows(pusher, "gmv", ["1"] * 31))
    await work_off(state, pusher.company_id)
    show("C", await stored(state, pusher.company_id, g["id"]))


async def test_band_and_first_day(api, state, at):
    pusher = await make_pusher(state)
    cycle = await make_cycle(api, pusher.company, kind="month")
    g = await make_goal(api, pusher.company,
        indicator([pusher.shop.id], "gmv", direction="band", target=None, band={"low": "3000", "high": "3200"}),
        indicator([pusher.shop.id], "gmv", direction="lower_better", target="100000"),
        indicator([pusher.shop.id], "gmv", direction="higher_better", target="100", baseline="50"),
        cycle_id=cycle["id"], weight="1")
    at(date(2026, 7, 11))
    await pusher.push(api, *daily_rows(pusher, "gmv", ["100"] * 10))
    await work_off(state, pusher.company_id)
    show("F band", await stored(state, pusher.company_id, g["id"]))
    # negative additive
    await pusher.push(api, pusher.row("gmv", bucket="2026-07-12", value="-950"))
    at(date(2026, 7, 13))
    async with transaction(state.sessions, state.doorbell) as uow:
        from attain_worker.attainment.service import mark_goals_for_new_day
        await mark_goals_for_new_day(uow, company_id=pusher.company_id, today=date(2026, 7, 13))
    await work_off(state, pusher.company_id)
    show("F after negative", await stored(state, pusher.company_id, g["id"]))


async def test_empty_item_set(api, state, at):
    pusher = await make_pusher(state)
    hot = {"shop_id": str(pusher.shop.id), "name": "爆款", "item_ids": ["1"]}
    s = created(await api.post("/v1/item-sets", json=hot, headers=pusher.company.headers))
    cycle = await make_cycle(api, pusher.company, kind="month")
    g = await make_goal(api, pusher.company, indicator([pusher.shop.id], "gmv", item_set=s["id"]), cycle_id=cycle["id"], weight="1")
    r = await api.patch(f"/v1/item-sets/{s['id']}", json={"item_ids": []}, headers=pusher.company.headers | {"If-Match": "*"})
    print("LL", r.status_code, r.text[:300])
    at(date(2026, 7, 11))
    wanted = WantedCurves()
    await recompute(state, pusher.company_id, wanted)
    show("LL", await stored(state, pusher.company_id, g["id"]))
    with capture_logs() as logs:
        print("LL draw", await new_curves(state, wanted).draw(pusher.company_id), wanted.companies)
    print("LL logs", [l for l in logs if l.get("log_level") == "error"])
