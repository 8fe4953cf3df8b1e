"""What the API tells of itself; series by series, each from its cause."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry

from attain_api import main
from attain_api.app import create_app
from attain_api.batches.gauge import InboxGauge
from attain_api.batches.rates import Rate
from attain_api.ops.traffic import Traffic
from attain_api.state import ApiState
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import ArqDoorbell, Bell
from attain_shared.telemetry import LOOK_SECONDS, LoopLag, watch_count
from tests.support.companies import PASSWORD, make_company
from tests.support.http import problem
from tests.support.pushes import PUSHES, body, make_pusher

Read = Callable[..., float]


@asynccontextmanager
async def serving(state: ApiState, **changes: object) -> AsyncIterator[tuple[AsyncClient, Read]]:
    """A client of an application whose metrics begin at 0, and what reads one of them."""
    registry = CollectorRegistry()
    app = create_app(replace(state, registry=registry, traffic=Traffic(), inbox=InboxGauge(), **changes))  # type: ignore[arg-type]

    def read(name: str, **labels: str) -> float:
        value = registry.get_sample_value(name, labels)
        assert value is not None, f"no series {name} {labels}"
        return value

    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client, read


async def test_sign_ins_that_fail_are_counted_by_reason(state: ApiState) -> None:
    """SEC-7: somebody who tries passwords is seen."""
    company = await make_company(state)
    async with serving(state) as (client, read):
        failed = "attain_sign_in_failures_total"
        assert [read(failed, reason=reason) for reason in ("credentials", "throttled", "refresh")] == [0, 0, 0]

        async def sign_in(password: str, scope: str = "") -> int:
            form = {"username": company.email, "password": password, "scope": scope}
            return (await client.post("/v1/auth/token", data=form)).status_code

        assert await sign_in(PASSWORD) == 200
        assert await sign_in(PASSWORD, scope="company:nobody") == 401
        assert [await sign_in("wrong") for _ in range(5)] == [401] * 4 + [429]
        await client.post("/v1/auth/refresh", json={"refresh_token": "nonsense"})
        assert [read(failed, reason=reason) for reason in ("credentials", "throttled", "refresh")] == [5, 1, 1]


async def test_pushes_that_are_sent_away_are_counted_by_reason(state: ApiState) -> None:
    pusher = await make_pusher(state)

    class UsedUp:
        """A limiter that lets one push in."""

        allowed = True

        async def take(self, name: str, *, per_minute: int) -> Rate | None:  # noqa: ARG002 - the port's shape
            was, self.allowed = self.allowed, False
            return Rate(was, per_minute, 0, 60.0)

        def find_refusal(self, name: str) -> Rate | None:  # noqa: ARG002 - the port's shape
            return None

        async def aclose(self) -> None:
            pass

    settings = state.settings.model_copy(update={"inbox_max_batches": 1})
    async with serving(state, settings=settings) as (client, read):
        for status in (202, 202, 429):
            await asyncio.sleep(1.1)  # the inbox is counted once a second
            answer = await client.post(PUSHES, json=body([pusher.row()]), headers=pusher.headers(None))
            assert answer.status_code == status
        assert read("attain_pushes_refused_total", reason="inbox-full") == 1
        assert read("attain_pushes_refused_total", reason="rate") == 0
    async with serving(state, limiter=UsedUp()) as (client, read):
        for status in (202, 429):
            answer = await client.post(PUSHES, json=body([pusher.row()]), headers=pusher.headers(None))
            assert answer.status_code == status
        assert read("attain_pushes_refused_total", reason="rate") == 1


async def test_the_pool_is_told_as_it_stands_and_who_waited_in_vain(
    state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = create_engine(state.settings.model_copy(update={"database_pool_size": 2}), application="tests")
    monkeypatch.setattr(engine.pool, "_timeout", 0.05)
    company = await make_company(state)
    async with serving(state, engine=engine, sessions=create_sessions(engine)) as (client, read):
        told = "attain_database_pool_connections"
        assert (read("attain_database_pool_size"), read(told, state="in_use"), read(told, state="idle")) == (2, 0, 0)
        async with engine.connect():
            assert read(told, state="in_use") == 1
            async with engine.connect():
                answer = problem(await client.get("/v1/me", headers=company.headers), status=503, code="unavailable")
                assert answer["detail"] == "All connections to the database are in use."
                assert read(told, state="in_use") == 2
        assert (read(told, state="in_use"), read(told, state="idle")) == (0, 2)
        assert read("attain_database_pool_timeouts_total") == 1
    await engine.dispose()


async def test_the_slowest_turn_of_the_loop_is_told_while_it_lasts_and_for_a_while() -> None:
    registry = CollectorRegistry()
    lag = LoopLag(registry)

    def told() -> float:
        return registry.get_sample_value("attain_event_loop_lag_seconds") or 0.0

    assert told() == 0
    task = asyncio.create_task(lag.watch())
    await asyncio.sleep(0.05)
    time.sleep(LOOK_SECONDS + 0.5)  # noqa: ASYNC251 - that is the fault
    assert told() >= 0.4, "another thread sees it before it is over"
    await asyncio.sleep(0.05)
    assert told() >= 0.4
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    lag._lags.extend([0.0] * 60)
    assert told() == 0, "fifteen seconds later"


async def test_rings_that_are_lost_are_counted() -> None:
    registry = CollectorRegistry()
    doorbell = ArqDoorbell("redis://127.0.0.1:1/0")
    watch_count(registry, "attain_rings_lost", "Rings given up to the sweep.", lambda: doorbell.lost)
    assert registry.get_sample_value("attain_rings_lost_total") == 0
    doorbell.ring_all([Bell.INBOX])
    await doorbell.aclose()
    assert registry.get_sample_value("attain_rings_lost_total") == 1


async def test_a_process_tells_all_that_is_to_be_looked_at(state: ApiState) -> None:
    """The names that deploy/prometheus builds on."""
    own = main.create_state(state.settings)
    create_app(own)
    names = {metric.name for metric in own.registry.collect()}
    assert {
        "attain_build_info",
        "attain_database_pool_connections",
        "attain_database_pool_size",
        "attain_event_loop_lag_seconds",
        "attain_http_requests",
        "attain_http_request_duration_seconds",
        "attain_http_request_statements",
        "attain_http_requests_in_flight",
        "attain_http_requests_refused",
        "attain_database_pool_timeouts",
        "attain_sign_in_failures",
        "attain_pushes_refused",
        "attain_push_rate_unchecked",
        "attain_rings_lost",
        "process_resident_memory_bytes",
    } <= names
    for engine in (own.engine, own.health_engine):
        assert engine is not None
        await engine.dispose()
    await own.limiter.aclose()
