"""Processing a batch again once the cause of its rejections or failure is mended (ING-3, ING-5)."""

from httpx import AsyncClient
from sqlalchemy import update

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.doorbell import Bell, MemoryDoorbell
from attain_shared.metrics.models import MetricBatch
from tests.support.companies import make_company, make_connector
from tests.support.http import created, ok, problem
from tests.support.pushes import PUSHES, make_pusher, read_batch, read_values, read_verdicts
from tests.support.worker import count_received, count_rows, new_ingestion, take_in


async def test_only_the_rejected_rows_are_judged_again(api: AsyncClient, state: ApiState) -> None:
    """ING-3: the shop is made and opened to the key, then its rows go in; the others keep their verdict."""
    pusher = await make_pusher(state)
    late = pusher.row(value="7") | {"shop": "tmall:opened-later"}
    batch = await pusher.push(api, pusher.row(value="5"), late, pusher.row("no_such_metric"))
    await take_in(state, pusher.company_id)
    assert (await read_batch(api, pusher, batch))["allowed_actions"] == ["replay"]
    new_shop = {"platform": "tmall", "external_id": "opened-later", "name": "新店"}
    shop = created(await api.post("/v1/shops", json=new_shop, headers=pusher.company.headers))
    scope = {"shop_ids": [str(pusher.shop.id), shop["id"]]}
    connector = f"/v1/connectors/{pusher.connector.id}"
    ok(await api.patch(connector, json=scope, headers=pusher.company.headers))

    replayed = ok(await api.post(f"{PUSHES}/{batch}/actions/replay", headers=pusher.connector.headers))
    assert (replayed["state"], replayed["verdicts"], replayed["allowed_actions"]) == ("stored", None, [])
    await take_in(state, pusher.company_id)

    assert await read_verdicts(api, pusher, batch) == ["accepted", "accepted", "rejected"]
    read = await read_batch(api, pusher, batch)
    assert sum(read["verdicts"].values()) == read["received"] == 3
    assert await count_received(state, pusher.company_id) == 2
    assert await count_rows(state, "batch_rejections", pusher.company_id) == 1


async def test_a_failed_batch_is_processed_whole(api: AsyncClient, state: ApiState) -> None:
    """ING-5: a poison batch is put aside, visible and replayable."""
    pusher = await make_pusher(state)
    batch = await pusher.push(api, pusher.row(value="5"))
    async with transaction(state.sessions, MemoryDoorbell()) as uow:
        await uow.session.execute(
            update(MetricBatch)
            .where(MetricBatch.company_id == pusher.company_id)
            .values(state="failed", attempts=5, error="it was the disk")
        )
    ok(await api.post(f"{PUSHES}/{batch}/actions/replay", headers=pusher.connector.headers))
    await take_in(state, pusher.company_id)
    read = await read_batch(api, pusher, batch)
    assert (read["state"], read["attempts"], read["error"]) == ("done", 1, None)
    assert (await read_values(api, pusher))[0]["value"] == "5"


async def test_a_batch_below_the_low_water_mark_is_found_by_its_bell(api: AsyncClient, state: ApiState) -> None:
    """A worker that remembers the batch as done looks from the start when that bell rings."""
    pusher = await make_pusher(state)
    batch = await pusher.push(api, pusher.row("no_such_metric"))
    ingestion = new_ingestion(state)
    assert await ingestion.take_in(pusher.company_id)
    assert isinstance(state.doorbell, MemoryDoorbell)
    ok(await api.post(f"{PUSHES}/{batch}/actions/replay", headers=pusher.connector.headers))
    assert Bell.INBOX_FROM_THE_START in state.doorbell.rung
    ingestion.forget_low_water()
    assert await ingestion.take_in(pusher.company_id)
    assert (await read_batch(api, pusher, batch))["verdicts"]["rejected"] == 1


async def test_what_needs_no_replay_is_not_replayed(api: AsyncClient, state: ApiState) -> None:
    """A waiting batch, and a done one without rejected rows; a stale sight of it; another connector's."""
    pusher = await make_pusher(state)
    batch = await pusher.push(api, pusher.row())
    url = f"{PUSHES}/{batch}/actions/replay"
    problem(await api.post(url, headers=pusher.connector.headers), status=409, code="action-not-allowed")
    await take_in(state, pusher.company_id)
    problem(await api.post(url, headers=pusher.connector.headers), status=409, code="action-not-allowed")
    stale = pusher.connector.headers | {"If-Match": '"stored-0-0"'}
    problem(await api.post(url, headers=stale), status=412, code="stale")
    other = await make_connector(state, pusher.company, shop_ids=[pusher.shop.id])
    problem(await api.post(url, headers=other.headers), status=404, code="not-found")
    stranger = await make_company(state)
    problem(await api.post(url, headers=stranger.headers), status=404, code="not-found")


async def test_replayed_rows_were_not_known_before(api: AsyncClient, state: ApiState) -> None:
    """MET-7: a figure as known at an instant before the replay stays what it was."""
    pusher = await make_pusher(state)
    row = pusher.row(value="7") | {"shop": "tmall:comes-later"}
    batch = await pusher.push(api, row)
    await take_in(state, pusher.company_id)
    new_shop = {"platform": "tmall", "external_id": "comes-later", "name": "新店"}
    shop = created(await api.post("/v1/shops", json=new_shop, headers=pusher.company.headers))
    connector = f"/v1/connectors/{pusher.connector.id}"
    ok(await api.patch(connector, json={"shop_ids": [shop["id"]]}, headers=pusher.company.headers))
    before = utc_now().isoformat()
    ok(await api.post(f"{PUSHES}/{batch}/actions/replay", headers=pusher.connector.headers))
    await take_in(state, pusher.company_id)
    then = await read_values(api, pusher, shop_id=shop["id"], to="2026-07-01", as_of=before)
    now = await read_values(api, pusher, shop_id=shop["id"], to="2026-07-01")
    assert (then[0]["value"], now[0]["value"]) == (None, "7")
