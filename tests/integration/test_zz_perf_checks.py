import time
from datetime import date
from uuid import uuid4
from sqlalchemy import text
from attain_shared.db.partitions import create_partitions
from attain_shared.db.session import transaction
from attain_worker.checks import repository
from attain_shared.rules.findings import CheckedMonth
from tests.integration.test_findings import mark
from tests.support.pushes import make_pusher
from tests.support.worker import new_checks, count_rows

async def test_perf(api, state):
    p = await make_pusher(state)
    fill = text("""
    INSERT INTO observations (company_id, shop_id, metric, dimension, grain, bucket, value, is_final, through, observed_at, batch_id, received_at, row_index, verdict)
    SELECT CAST(:c AS uuid), CAST(:s AS uuid), m, CASE WHEN i = 0 THEN '' ELSE 'item:' || i END, 'day', d::date, 100 + (random()*10)::int, true, NULL, now(), CAST(:b AS uuid), now(), 0, 'accepted'
    FROM unnest(ARRAY['gmv','aov','paying_buyers','uv','conversion','pv','paid_items','refund_amount']) m, generate_series(0, 500) i, generate_series('2026-05-01'::date,'2026-08-31','1 day') d
    """)
    hist = text("""
    INSERT INTO observation_history (company_id, shop_id, metric, dimension, grain, bucket, value, is_final, through, observed_at, batch_id, received_at, row_index, verdict)
    SELECT company_id, shop_id, metric, dimension, grain, bucket, value - 20, false, NULL, now(), gen_random_uuid(), now(), 0, 'accepted'
    FROM observations, generate_series(1,2) WHERE company_id = :c AND bucket BETWEEN '2026-07-01' AND '2026-07-31'
    """)
    months = text("""
    INSERT INTO observations (company_id, shop_id, metric, dimension, grain, bucket, value, is_final, through, observed_at, batch_id, received_at, row_index, verdict)
    SELECT company_id, shop_id, metric, dimension, 'month', '2026-07-01', sum(value), true, NULL, now(), batch_id, now(), 0, 'accepted'
    FROM observations WHERE company_id = :c AND bucket BETWEEN '2026-07-01' AND '2026-07-31' GROUP BY company_id, shop_id, metric, dimension, batch_id
    """)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(text("SET LOCAL statement_timeout = 0"))
        await create_partitions(uow.session, buckets=[date(2026, m, 1) for m in (5, 6, 7, 8, 9)], inbox=[])
        ps = {"c": p.company_id, "s": p.shop.id, "b": uuid4()}
        await uow.session.execute(fill, ps)
        await uow.session.execute(hist, {"c": p.company_id})
        await uow.session.execute(months, {"c": p.company_id})
    print("rows", await count_rows(state, "observations", p.company_id), await count_rows(state, "observation_history", p.company_id))
    async with transaction(state.sessions, state.doorbell) as uow:
        w = dict(company_id=p.company_id, shop_id=p.shop.id, checked=CheckedMonth(date(2026,7,1)))
        for name, more in (("list_aovs", {}), ("list_conversions", {}), ("list_finals_below", {"metrics": ["gmv","uv","pv","paying_buyers","paid_items","refund_amount"]}), ("list_steep_days", {"metrics": ["gmv","uv","pv","paying_buyers","paid_items","refund_amount"]}), ("list_disagreeing", {"metrics": ["gmv","pv","paid_items","refund_amount"]})):
            await uow.session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
            t = time.perf_counter(); r = await getattr(repository, name)(uow.session, **w, **more); print(name, len(r), round(time.perf_counter()-t, 3))
    await mark(state, p.shop, generation=1)
    t = time.perf_counter(); await new_checks(state).check(p.company_id); print("whole", round(time.perf_counter()-t, 3), await count_rows(state, "metric_findings", p.company_id))
    async with state.engine.connect() as c:
        await c.execute(text("ANALYZE observations")); await c.execute(text("ANALYZE observation_history")); await c.commit()
    await mark(state, p.shop, generation=2)
    t = time.perf_counter(); await new_checks(state).check(p.company_id); print("whole again, analyzed", round(time.perf_counter()-t, 3))
