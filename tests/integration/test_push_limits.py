"""How often a principal may push, and what a full inbox answers (api.md, Manners)."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from httpx import ASGITransport, AsyncClient, Response
from prometheus_client import CollectorRegistry

from attain_api.app import create_app
from attain_api.batches.gauge import InboxGauge
from attain_api.batches.rates import NoLimiter, RedisLimiter
from attain_api.settings import ApiSettings
from attain_api.state import ApiState
from tests.support.killable import Pausable, own_redis
from tests.support.pushes import PUSHES, Pusher, body, make_pusher
from tests.support.servers import redis_server
from tests.support.worker import count_rows, take_in

UNCHECKED = "attain_push_rate_unchecked_total"


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    """A Redis of this file's own."""
    with redis_server() as url:
        yield url


@asynccontextmanager
async def serving(
    state: ApiState, *, redis_url: str | None = None, **settings: int
) -> AsyncIterator[tuple[AsyncClient, ApiState]]:
    """The application with these limits."""
    registry = CollectorRegistry()
    limiter = RedisLimiter(redis_url, registry) if redis_url else NoLimiter()
    limited = replace(
        state,
        settings=ApiSettings(**(state.settings.model_dump() | settings)),
        registry=registry,
        limiter=limiter,
        inbox=InboxGauge(),
    )
    async with AsyncClient(transport=ASGITransport(create_app(limited)), base_url="http://test") as client:
        yield client, limited
    await limiter.aclose()


async def push(client: AsyncClient, pusher: Pusher, *, key: str | None = None, lane: str = "live") -> Response:
    """Push one row."""
    return await client.post(PUSHES, json=body([pusher.row()], lane=lane), headers=pusher.headers(key))


def refused(response: Response, code: str) -> int:
    """The seconds that a refused push is to wait."""
    assert response.status_code == 429, response.text
    assert response.json()["code"] == code
    return int(response.headers["Retry-After"])


async def test_a_tenth_of_a_minutes_pushes_may_come_at_once(state: ApiState, redis_url: str) -> None:
    pusher = await make_pusher(state)
    async with serving(state, redis_url=redis_url, push_batches_per_minute=30) as (client, _):
        answers = [await push(client, pusher) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert [answer.headers["RateLimit-Limit"] for answer in answers] == ["30"] * 4
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert [int(answer.headers["RateLimit-Reset"]) for answer in answers] == [2, 4, 6, 6]
    assert answers[0].headers["RateLimit-Policy"] == "30;w=60;burst=3"
    assert 6 <= refused(answers[3], "rate-limited") <= 10
    assert await count_rows(state, "metric_batches", pusher.company_id) == 3


async def test_pushes_come_through_again_as_time_goes_by(state: ApiState, redis_url: str) -> None:
    pusher = await make_pusher(state)
    async with serving(state, redis_url=redis_url, push_batches_per_minute=60) as (client, _):
        while (answer := await push(client, pusher)).status_code == 202:
            pass
        refused(answer, "rate-limited")
        await asyncio.sleep(1.1)
        assert (await push(client, pusher)).status_code == 202


async def test_each_lane_and_each_principal_has_its_own_count(state: ApiState, redis_url: str) -> None:
    one, other = await make_pusher(state), await make_pusher(state)
    limits = {"push_batches_per_minute": 1, "backfill_batches_per_minute": 1}
    async with serving(state, redis_url=redis_url, **limits) as (client, _):
        assert (await push(client, one)).status_code == 202
        assert (await push(client, one, lane="backfill")).status_code == 202
        assert (await push(client, other)).status_code == 202
        by_hand = other.company.headers | {"Idempotency-Key": "by hand"}
        assert (await client.post(PUSHES, json=body([other.row()]), headers=by_hand)).status_code == 202
        assert 60 <= refused(await push(client, one), "rate-limited") <= 91
        refused(await push(client, one, lane="backfill"), "rate-limited")


async def test_every_answer_to_a_push_says_what_is_left_and_a_replay_counts(state: ApiState, redis_url: str) -> None:
    pusher = await make_pusher(state)
    async with serving(state, redis_url=redis_url, push_batches_per_minute=50) as (client, _):
        await push(client, pusher, key="once")
        again = await push(client, pusher, key="once")
        other = await client.post(PUSHES, json=body([pusher.row(value="7")]), headers=pusher.headers("once"))
    assert (again.status_code, again.headers["RateLimit-Remaining"]) == (202, "3")
    assert (other.status_code, other.headers["RateLimit-Remaining"]) == (409, "2")


async def test_without_a_limit_nothing_is_counted(state: ApiState, redis_url: str) -> None:
    pusher = await make_pusher(state)
    async with serving(state, redis_url=redis_url, push_batches_per_minute=0) as (client, _):
        answers = [await push(client, pusher) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {202}
    assert "RateLimit-Limit" not in answers[0].headers


async def test_pushes_at_once_do_not_slip_through(state: ApiState, redis_url: str) -> None:
    pusher = await make_pusher(state)
    async with serving(state, redis_url=redis_url, push_batches_per_minute=40) as (client, _):
        answers = await asyncio.gather(*(push(client, pusher) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [202] * 4 + [429] * 16
    assert all(int(answer.headers["RateLimit-Remaining"]) >= 0 for answer in answers)


@pytest.fixture
def own() -> Iterator[Pausable]:
    """A Redis to be hurt."""
    with own_redis() as server:
        yield server


async def test_pushes_go_on_while_redis_hangs_or_is_dead(state: ApiState, own: Pausable) -> None:
    """Checklist 14: open, within 100 ms, and not each push anew."""
    pusher = await make_pusher(state)
    async with serving(state, redis_url=own.url, push_batches_per_minute=10) as (client, limited):

        async def seconds() -> float:
            began = time.monotonic()
            rate = await limited.limiter.take("somebody", per_minute=10)
            assert rate is None
            return time.monotonic() - began

        assert (await push(client, pusher)).status_code == 202
        own.pause()
        assert await seconds() < 0.2
        assert await seconds() < 0.01
        answer = await push(client, pusher)
        assert answer.status_code == 202
        assert "RateLimit-Remaining" not in answer.headers
        own.resume()
        own.stop_immediately()
        await asyncio.sleep(1.1)
        assert await seconds() < 0.2
        assert (await push(client, pusher)).status_code == 202
        assert limited.registry.get_sample_value(UNCHECKED) == 5
        own.start()
        await asyncio.sleep(1.1)
        assert "RateLimit-Remaining" in (await push(client, pusher)).headers


async def test_a_full_lane_refuses_new_pushes_and_the_other_lane_goes_on(state: ApiState) -> None:
    pusher = await make_pusher(state)
    async with serving(state, inbox_max_batches=2) as (client, limited):
        for number in range(3):
            limited.inbox = InboxGauge()
            assert (await push(client, pusher, key=f"{number}", lane="backfill")).status_code == 202
        limited.inbox = InboxGauge()
        assert 5 <= refused(await push(client, pusher, lane="backfill"), "inbox-full") <= 8
        assert (await push(client, pusher)).status_code == 202
        # what is stored is stored: its receipt may have been lost on the way
        assert (await push(client, pusher, key="0", lane="backfill")).status_code == 202
        await take_in(state, pusher.company_id)
        refused(await push(client, pusher, lane="backfill"), "inbox-full")
        await asyncio.sleep(1.1)
        assert (await push(client, pusher, lane="backfill")).status_code == 202


async def test_the_inbox_is_looked_at_once_a_second(state: ApiState) -> None:
    company, looks = (await make_pusher(state)).company_id, 0

    async def count() -> int:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0.01)
        return 7

    gauge = InboxGauge()
    assert set(await asyncio.gather(*(gauge.read(company, "live", count=count) for _ in range(20)))) == {0, 7}
    assert await gauge.read(company, "live", count=count) == 7
    assert looks == 1
