"""`GET /v1/ops/status` (api.md, Operations): how the installation does right now, and nothing of any company."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx import AsyncClient
from pydantic import SecretStr

from attain_api.ops import service
from attain_api.state import ApiState
from attain_shared.db.schema import SCHEMA_REVISION
from attain_shared.db.session import create_engine, create_sessions
from tests.support.companies import Company, make_company, make_connector, make_shop
from tests.support.fresh import client_of
from tests.support.goals import make_cycle
from tests.support.http import ok, problem
from tests.support.installation import Planted, make_worker
from tests.support.proxy import wire_to
from tests.support.statements import count_statements
from tests.support.stored_goals import store_goal

Json = dict[str, Any]


@asynccontextmanager
async def client_by(url: str, state: ApiState) -> AsyncIterator[AsyncClient]:
    """A client of the application on the database at this address."""
    settings = state.settings.model_copy(update={"database_url": SecretStr(url)})
    engine = create_engine(settings, application="tests")
    async with client_of(state, settings=settings, engine=engine, sessions=create_sessions(engine)) as client:
        yield client
    await engine.dispose()


async def status_of(state: ApiState, operator: Company, **changes: Any) -> Json:
    async with client_of(state, **changes) as client:
        return ok(await client.get("/v1/ops/status", headers=operator.headers))


async def fill(state: ApiState, company: Company, *, goals: int) -> Json:
    """One of everything that is counted, in a company; what of it names the company."""
    planted, shop = Planted(state, company), await make_shop(state, company)
    connector = await make_connector(state, company, shop_ids=[shop.id])
    async with client_of(state) as client:
        cycle = await make_cycle(client, company)
    for number in range(goals):
        await store_goal(state, company, cycle, title=f"a goal {number}")
    await planted.batches(2, seconds_ago=1000)
    await planted.batches(3, lane="backfill")
    await planted.batches(seconds_ago=9999, replayed=20)
    await planted.batches(4, batch_state="failed", seconds_ago=9999)
    await planted.batches(5, batch_state="done", seconds_ago=9999)
    await planted.check()
    await planted.marks(seconds_ago=700)
    for _ in range(2):
        other = await make_shop(state, company)
        await planted.silence(connector_id=connector.id, shop_id=other.id)
    return {"company": str(company.company_id), "name": company.name, "connector": str(connector.id)}


async def test_it_tells_what_waits_over_all_companies_and_nothing_of_any(emptied: ApiState) -> None:
    operator = await make_company(emptied, ops=True)
    told = [await fill(emptied, await make_company(emptied), goals=count) for count in (1, 2)]
    await make_worker(emptied)
    async with client_of(emptied) as client:
        response = await client.get("/v1/ops/status", headers=operator.headers)
    content = ok(response)
    assert response.headers["cache-control"] == "no-store"
    assert content["inbox"] == {"live": 6, "backfill": 6, "oldest_seconds": pytest.approx(1000, abs=100), "failed": 8}
    assert content["marks"] == {"goals": 3, "oldest_seconds": pytest.approx(700, abs=100), "checks": 2}
    assert content["silent_connectors"] == 2, "one of each company, however many of its shops it is silent on"
    assert content["status"] == "ok"
    for one in told:
        for what in one.values():
            assert what not in response.text


async def test_nothing_waits_and_nobody_works(emptied: ApiState) -> None:
    operator = await make_company(emptied, ops=True)
    content = await status_of(emptied, operator)
    assert content["status"] == "degraded", "no worker is alive"
    assert content["inbox"] == {"live": 0, "backfill": 0, "oldest_seconds": None, "failed": 0}
    assert content["marks"] == {"goals": 0, "oldest_seconds": None, "checks": 0}
    assert (content["workers"], content["silent_connectors"], content["ingestion_lag_seconds"]) == ([], 0, None)
    database = content["database"]
    assert (database["state"], database["schema"], database["synchronous_standbys"]) == ("ok", SCHEMA_REVISION, 0)
    assert database["size_bytes"] > 1_000_000
    assert database["connections"] >= 1
    assert content["queue"]["state"] == "ok"
    assert (content["version"], content["revision"]) == ("0.1.0", "unknown")
    assert 0 <= content["uptime_seconds"] < 3600


async def test_it_tells_of_each_worker_of_the_last_day(emptied: ApiState) -> None:
    operator = await make_company(emptied, ops=True)
    dead = await make_worker(emptied, seconds_ago=31, lag_seconds=77, rows_taken_in=5)
    done = {"batches_taken_in": 3, "rows_taken_in": 300, "goals_recomputed": 2, "jobs_failed": 1}
    alive = await make_worker(emptied, version="0.1.0", memory_bytes=1 << 28, lag_seconds=0.5, **done)
    slow = await make_worker(emptied, seconds_ago=2, lag_seconds=1.5)
    content = await status_of(emptied, operator)
    assert [worker["id"] for worker in content["workers"]] == [str(alive), str(slow), str(dead)]
    assert [worker["is_alive"] for worker in content["workers"]] == [True, True, False]
    assert content["workers"][0] | done | {"version": "0.1.0", "memory_bytes": 1 << 28} == content["workers"][0]
    assert (content["workers"][1]["version"], content["workers"][1]["memory_bytes"]) == (None, None)
    assert content["ingestion_lag_seconds"] == 1.5, "of those that are alive"


async def test_an_open_transaction_of_another_session_shows(emptied: ApiState) -> None:
    operator = await make_company(emptied, ops=True)
    async with emptied.engine.connect() as connection:
        await connection.exec_driver_sql("SELECT 1")
        await asyncio.sleep(0.3)
        content = await status_of(emptied, operator)
    assert content["database"]["oldest_transaction_seconds"] >= 0.3


async def test_without_a_queue_it_is_degraded_and_with_an_old_schema_unavailable(
    emptied: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> None:
        raise ConnectionError

    operator = await make_company(emptied, ops=True)
    await make_worker(emptied)
    content = await status_of(emptied, operator, ping_queue=away)
    assert (content["status"], content["queue"]["state"]) == ("degraded", "away")
    monkeypatch.setattr(service, "SCHEMA_REVISION", "9999")
    content = await status_of(emptied, operator)
    assert (content["status"], content["database"]["state"]) == ("unavailable", "behind")


@pytest.mark.parametrize("path", ["/v1/ops/status", "/v1/ops/samples"])
async def test_it_is_for_operators_only(api: AsyncClient, state: ApiState, path: str) -> None:
    """SEC-3; a platform's administrator makes companies and does not run the installation."""
    problem(await api.get(path), status=401, code="unauthenticated")
    for is_platform in (False, True):
        administrator = await make_company(state, platform=is_platform)
        problem(await api.get(path, headers=administrator.headers), status=403, code="not-allowed")
    operator = await make_company(state, roles=("employee",), ops=True)
    assert (await api.get(path, headers=operator.headers)).status_code == 200
    problem(await api.get(f"{path}?x=1", headers=operator.headers), status=422, code="invalid")


async def test_it_takes_the_same_statements_however_much_there_is(emptied: ApiState) -> None:
    """P12: looking costs the same for one company and for many."""
    operator = await make_company(emptied, ops=True)
    counts = []
    for companies in (1, 12):
        for _ in range(companies):
            company = await make_company(emptied)
            await Planted(emptied, company).batches(companies)
            await make_worker(emptied)
        with count_statements() as statements:
            await status_of(emptied, operator)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 8


async def test_a_database_that_is_away_is_a_503(state: ApiState) -> None:
    operator = await make_company(state, ops=True)
    async with client_by("postgresql+asyncpg://nobody:nothing@127.0.0.1:1/none", state) as client:
        await client.get("/v1/ops/status")  # builds what an application builds once
        for path in ("/v1/ops/status", "/v1/ops/samples"):
            started = time.perf_counter()
            problem(await client.get(path, headers=operator.headers), status=503, code="unavailable")
            assert time.perf_counter() - started < 2


async def test_a_database_that_hangs_is_a_503_within_two_seconds(state: ApiState) -> None:
    operator = await make_company(state, ops=True)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+asyncpg://attain:x@127.0.0.1:{silent.getsockname()[1]}/attain"
        async with client_by(url, state) as client:
            await client.get("/v1/ops/status")  # builds what an application builds once
            await is_away_in_time(client, operator)


async def test_a_connection_that_goes_dead_is_a_503_within_two_seconds(state: ApiState) -> None:
    operator = await make_company(state, ops=True)
    url = state.settings.database_url.get_secret_value()
    place = urlsplit(url)
    assert place.hostname is not None
    assert place.port is not None
    with wire_to(place.hostname, place.port) as wire:
        through = url.replace(f"{place.hostname}:{place.port}", f"127.0.0.1:{wire.port}")
        async with client_by(through, state) as client:
            ok(await client.get("/v1/ops/status", headers=operator.headers))
            wire.go_dead()
            await is_away_in_time(client, operator)


async def is_away_in_time(client: AsyncClient, operator: Company) -> None:
    started = time.perf_counter()
    problem(await client.get("/v1/ops/status", headers=operator.headers), status=503, code="unavailable")
    assert time.perf_counter() - started < 2
