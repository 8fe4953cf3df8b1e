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


async def test_5_big(api, state):
    c = await make_company(state)
    a = await make_department(api, c, "A"); boss = await make_person(api, c, "boss")
    async def warm(x):
        for k in range(8):
            await asyncio.gather(*[make_person(api, c, f"w{x}{k}x{j}", department_id=a, manager_id=boss["id"]) for j in range(5)])
    await warm("a")
    async with state.engine.connect() as con:
        con = await con.execution_options(isolation_level="AUTOCOMMIT")
        await con.execute(text("analyze"))
    await warm("b"); await warm("c")
    for n in (10000, 20000):
        c = await make_company(state)
        rows = ["name,email,hired_on,department,manager_email"]
        for i in range(n):
            rows.append(f"p{i},p{i}@example.com,2026-01-01,top/d{i % 20}/e{i % 280}," + (f"p{i // 10}@example.com" if i // 10 != i else ""))
        f = "\n".join(rows)
        t = time.monotonic(); r = await send(api, c, f, create_departments=True); out("import", n, r.status_code, round(time.monotonic() - t, 1), r.text[:100])
