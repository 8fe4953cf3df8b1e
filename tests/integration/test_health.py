import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import delete
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from attain_api.app import create_app
from attain_api.health import repository
from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db import schema
from attain_shared.db.session import create_engine, create_sessions, transaction
from attain_shared.identifiers import new_id
from attain_shared.work.models import WorkerHeartbeat
from attain_worker.jobs import Totals
from attain_worker.maintenance.service import Housekeeping
from deploy.local.ports import HOST
from tests.support.companies import make_company
from tests.support.fresh import client_of
from tests.support.http import problem
from tests.support.proxy import wire_to
from tests.support.statements import count_statements

QUICK_PING = repository.ping


async def beat(state: ApiState, *, age: timedelta) -> None:
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(delete(WorkerHeartbeat))
        uow.session.add(WorkerHeartbeat(worker_id=new_id(), host="h", beat_at=utc_now() - age))


def states(content: dict[str, Any]) -> dict[str, str]:
    return {name: check["state"] for name, check in content.items() if isinstance(check, dict)}


ALL_OK = {"database": "ok", "pool": "ok", "schema": "ok", "queue": "ok", "worker": "ok"}


async def test_a_sign_of_life_needs_nothing(api: AsyncClient) -> None:
    with count_statements() as statements:
        response = await api.get("/livez")
    assert (response.status_code, response.json(), statements) == (200, {"status": "ok"}, [])


async def test_all_is_well(api: AsyncClient, state: ApiState) -> None:
    await beat(state, age=timedelta())
    response = await api.get("/readyz")
    content = response.json()
    assert (response.status_code, content["status"], content["draining"]) == (200, "ok", False)
    assert states(content) == ALL_OK
    assert all(content[name]["milliseconds"] >= 0 for name in ALL_OK)
    assert "Connection" not in response.headers


async def test_without_a_worker_or_a_queue_it_still_serves(state: ApiState) -> None:
    async def away() -> None:
        raise ConnectionError

    await beat(state, age=timedelta(seconds=31))
    async with client_of(state, ping_queue=away) as client:
        response = await client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert states(response.json()) == ALL_OK | {"queue": "away", "worker": "away"}


async def test_an_old_schema_is_not_served(api: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "SCHEMA_REVISION", "9999")
    response = await api.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "unavailable")
    assert states(response.json())["schema"] == "behind"


async def test_a_newer_schema_is_served(api: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "SCHEMA_REVISION", "0001")
    assert (await api.get("/readyz")).status_code == 200


async def test_without_a_database_it_does_not_serve(state: ApiState) -> None:
    url = SecretStr("postgresql+asyncpg://nobody:nothing@127.0.0.1:1/none")
    engine = create_engine(state.settings.model_copy(update={"database_url": url}), application="tests")
    async with client_of(state, engine=engine, sessions=create_sessions(engine)) as client:
        response = await client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "unavailable")
    assert states(response.json()) == ALL_OK | {
        "database": "away",
        "schema": "unknown",
        "worker": "unknown",
    }


async def test_a_dependency_that_hangs_is_away_within_two_seconds(
    state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_args: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(repository, "ping", hang)
    async with client_of(state, ping_queue=hang) as client:
        started = time.perf_counter()
        response = await client.get("/readyz")
    assert time.perf_counter() - started < 2
    assert response.status_code == 503
    assert states(response.json()) == {
        "database": "away",
        "pool": "ok",
        "schema": "unknown",
        "queue": "away",
        "worker": "unknown",
    }


def with_a_check_of_its_own(state: ApiState, url: str, *, connections: int = 1) -> ApiState:
    """As a serving process has it: a pool for requests, and one connection for the check."""

    def engine(size: int) -> AsyncEngine:
        changes = {"database_url": SecretStr(url), "database_pool_size": size}
        return create_engine(state.settings.model_copy(update=changes), application="tests")

    own = engine(connections)
    return replace(state, engine=own, sessions=create_sessions(own), health_engine=engine(1))


async def test_many_who_ask_at_once_are_told_the_same_and_the_database_is_not_away(
    state: ApiState, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def slow_ping(session: AsyncSession) -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.3)
        await QUICK_PING(session)

    await beat(state, age=timedelta())
    monkeypatch.setattr(repository, "ping", slow_ping)
    own = with_a_check_of_its_own(state, database_url, connections=2)
    async with client_of(own) as client:
        answers = await asyncio.gather(*(client.get("/readyz") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        assert asked == 1
        await client.get("/readyz")
        assert asked == 2, "whoever comes later is told anew"
    await disposed(own)


async def test_a_worker_whose_host_has_another_time_is_alive(state: ApiState) -> None:
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(delete(WorkerHeartbeat))
    with time_machine.travel(utc_now() - timedelta(minutes=10)):
        await Housekeeping(state.sessions, state.doorbell).beat(Totals())
    async with client_of(state) as client:
        assert states((await client.get("/readyz")).json())["worker"] == "ok"


async def disposed(state: ApiState) -> None:
    assert state.health_engine is not None
    await state.health_engine.dispose()
    await state.engine.dispose()


async def test_a_pool_that_is_used_up_is_named_and_no_database_that_is_away(state: ApiState, database_url: str) -> None:
    await beat(state, age=timedelta())
    narrow = with_a_check_of_its_own(state, database_url)
    async with client_of(narrow) as client:
        async with narrow.engine.connect():
            started = time.perf_counter()
            response = await client.get("/readyz")
            took = time.perf_counter() - started
        assert (response.status_code, response.json()["status"]) == (200, "degraded")
        assert states(response.json()) == ALL_OK | {"pool": "busy"}
        assert took < 2, "and not the five seconds that a request waits for a connection"
        assert (await client.get("/readyz")).json()["status"] == "ok"
    await disposed(narrow)


async def test_a_database_that_says_nothing_any_more_is_away_within_two_seconds(
    state: ApiState, database_url: str
) -> None:
    address = make_url(database_url)
    assert address.host is not None
    with wire_to(address.host, address.port or 5432) as line:
        through = address.set(host=HOST, port=line.port).render_as_string(hide_password=False)
        frozen = with_a_check_of_its_own(state, through)
        async with client_of(frozen) as client:
            assert states((await client.get("/readyz")).json())["database"] == "ok"
            line.go_dead()
            for _ in range(2):
                started = time.perf_counter()
                response = await client.get("/readyz")
                assert time.perf_counter() - started < 2.5
                assert (response.status_code, states(response.json())["database"]) == (503, "away")
                assert (await client.get("/livez")).status_code == 200
            line.cut_all()
            await until(client, "ok")
    await disposed(frozen)


async def until(client: AsyncClient, wanted: str) -> None:
    for _ in range(50):
        if states((await client.get("/readyz")).json())["database"] == wanted:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"never {wanted}")


async def test_while_draining_it_is_alive_and_not_ready_whatever_its_dependencies_would_say(state: ApiState) -> None:
    async with client_of(state, draining=True) as client:
        with count_statements() as statements:
            alive, response = await client.get("/livez"), await client.get("/readyz")
    assert alive.status_code == 200
    content = response.json()
    assert (response.status_code, content["status"], content["draining"]) == (503, "unavailable", True)
    assert (states(content), statements) == (dict.fromkeys(ALL_OK, "unknown"), [])
    assert alive.headers["Connection"] == response.headers["Connection"] == "close"


async def test_it_is_not_ready_if_the_drain_begins_while_it_asks(state: ApiState) -> None:
    app = create_app(replace(state, registry=type(state.registry)()))

    async def meanwhile() -> None:
        app.state.attain.draining = True

    app.state.attain.ping_queue = meanwhile
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        response = await client.get("/readyz")
    assert (response.status_code, response.json()["draining"]) == (503, True)
    assert states(response.json())["queue"] == "ok"


async def test_requests_are_counted_by_route_template(state: ApiState) -> None:
    company = await make_company(state, ops=True)
    async with client_of(state) as client:
        await client.get(f"/v1/shops/{company.person_id}", headers=company.headers)
        await client.get("/nowhere")
        await client.request("BREW", "/livez")
        text = (await client.get("/metrics", headers=company.headers)).text
    assert 'attain_http_requests_total{method="GET",route="/v1/shops/{shop_id}",status="404"} 1.0' in text
    assert 'attain_http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert 'attain_http_requests_total{method="other",route="/livez",status="405"} 1.0' in text
    assert "attain_http_request_duration_seconds_bucket" in text
    of_shop = 'method="GET",route="/v1/shops/{shop_id}"'
    assert f"attain_http_request_statements_sum{{{of_shop}}} 2.0" in text, "the caller and the shop (P12)"
    assert 'attain_http_request_statements_sum{method="GET",route="unmatched"} 0.0' in text
    assert "process_resident_memory_bytes" in text


async def test_the_figures_of_the_process_are_for_operators_only(api: AsyncClient, state: ApiState) -> None:
    """api.md, Operations: only health answers without an identity."""
    administrator = await make_company(state)
    problem(await api.get("/metrics"), status=401, code="unauthenticated")
    problem(await api.get("/metrics", headers=administrator.headers), status=403, code="not-allowed")
    operator = await make_company(state, roles=("employee",), ops=True)
    assert (await api.get("/metrics", headers=operator.headers)).status_code == 200
