"""How many files may be imported, and how large they may be."""

import asyncio
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry

from attain_api import file_queue
from attain_api.app import create_app
from attain_api.batches.gauge import InboxGauge
from attain_api.batches.rates import NoLimiter, Rate
from attain_api.file_queue import FileQueue
from attain_api.metric_imports import upload
from attain_api.settings import ApiSettings
from attain_api.state import ApiState
from tests.support.http import created, problem
from tests.support.imports import ROWS, send
from tests.support.pushes import make_pusher
from tests.support.worker import count_rows


class CountingLimiter(NoLimiter):
    """Lets two pushes come."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def take(self, name: str, *, per_minute: int) -> Rate | None:
        self.taken.append(name)
        left = 2 - self.taken.count(name)
        return Rate(left >= 0, per_minute, max(left, 0), 6.0)


async def test_an_import_counts_as_one_push_and_waits_for_a_full_inbox(state: ApiState) -> None:
    """A replay is no push."""
    pusher, limiter = await make_pusher(state), CountingLimiter()
    settings = ApiSettings(**(state.settings.model_dump() | {"push_batches_per_minute": 20, "inbox_max_batches": 2}))
    limited = replace(
        state, settings=settings, registry=CollectorRegistry(), limiter=limiter, inbox=InboxGauge(), files=FileQueue()
    )
    lines = [f"2026-07-01,{item},1,2" for item in range(10_001)]
    content = "\n".join(["统计日期,商品ID,支付金额,访客数", *lines]).encode()
    async with AsyncClient(transport=ASGITransport(create_app(limited)), base_url="http://test") as client:
        first = await send(client, pusher, content, key="k")
        assert (len(created(first)["batch_ids"]), first.headers["RateLimit-Remaining"]) == (3, "1")
        created(await send(client, pusher, content, key="k"))
        assert limiter.taken == [f"{pusher.company.person_id}:live"]
        await asyncio.sleep(1.1)  # so long does the gauge's figure hold
        full = await send(client, pusher, ROWS)
        problem(full, status=429, code="inbox-full")
        assert int(full.headers["Retry-After"]) >= 5
        created(await send(client, pusher, ROWS, {"lane": "backfill"}))
        often = await send(client, pusher, ROWS)
        problem(often, status=429, code="rate-limited")
        assert (often.headers["RateLimit-Remaining"], int(often.headers["Retry-After"]) > 0) == ("0", True)
    assert await count_rows(state, "metric_imports", pusher.company_id) == 2


async def test_uploads_beyond_what_may_wait_are_sent_away(state: ApiState, monkeypatch: pytest.MonkeyPatch) -> None:
    pusher = await make_pusher(state)
    waiting = replace(state, registry=CollectorRegistry(), files=FileQueue())
    monkeypatch.setattr(file_queue, "MAX_FILES", 1)
    async with AsyncClient(transport=ASGITransport(create_app(waiting)), base_url="http://test") as client:
        async with waiting.files.turn((pusher.company.person_id, "k")):
            away = await send(client, pusher, ROWS)
            again = await send(client, pusher, ROWS, key="k")
        problem(away, status=503, code="too-many-files")
        assert int(away.headers["Retry-After"]) >= 5
        problem(again, status=409, code="request-in-progress")
        created(await send(client, pusher, ROWS, key="k"))


async def test_files_that_are_too_large_are_refused(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    pusher = await make_pusher(state)
    monkeypatch.setattr(upload, "MAX_BYTES", 1000)
    problem(await send(api, pusher, b"x" * 1001), status=413, code="too-large")
    problem(await send(api, pusher, b"x" * (1 << 20)), status=413, code="too-large")
