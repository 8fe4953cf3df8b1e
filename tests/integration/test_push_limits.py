"""How often a principal may push, and what a full inbox answers (api.md, Manners)."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest
from httpx import ASGITransport, AsyncClient, Response
from prometheus_client import CollectorRegistry

from attain_api.app import create_app
from attain_api.batches.body import PushedBody
from attain_api.batches.gauge import InboxGauge
from attain_api.batches.rates import NoLimiter, Rate, RedisLimiter
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
    assert 2 <= refused(answers[3], "rate-limited") <= 4
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
        assert 59 <= refused(await push(client, one), "rate-limited") <= 91
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


async def seconds_to_take(state: ApiState) -> float:
    """Until a push is let through uncounted."""
    began = time.monotonic()
    assert await state.limiter.take("somebody", per_minute=10) is None
    return time.monotonic() - began


def unchecked(state: ApiState) -> float | None:
    return state.registry.get_sample_value(UNCHECKED)


async def test_pushes_go_on_while_redis_hangs_or_is_dead(state: ApiState, own: Pausable) -> None:
    """Checklist 14: open, within 100 ms, and not each push anew."""
    pusher = await make_pusher(state)
    async with serving(state, redis_url=own.url, push_batches_per_minute=10) as (client, limited):
        assert (await push(client, pusher)).status_code == 202
        own.pause()
        for _ in range(3):
            assert 0.05 < await seconds_to_take(limited) < 0.2
        assert await seconds_to_take(limited) < 0.01
        answer = await push(client, pusher)
        assert answer.status_code == 202
        assert "RateLimit-Remaining" not in answer.headers
        await asyncio.sleep(1.1)
        assert 0.05 < await seconds_to_take(limited) < 0.2
        assert await seconds_to_take(limited) < 0.01, "it hangs still: that need not be found out three times"
        own.resume()
        own.stop_immediately()
        await asyncio.sleep(1.1)
        assert await seconds_to_take(limited) < 0.05
        assert await seconds_to_take(limited) < 0.01
        assert (await push(client, pusher)).status_code == 202
        assert unchecked(limited) == 10
        own.start()
        await asyncio.sleep(1.1)
        assert "RateLimit-Remaining" in (await push(client, pusher)).headers


async def test_one_late_answer_lets_one_push_through_and_no_other(state: ApiState, own: Pausable) -> None:
    async with serving(state, redis_url=own.url) as (_, limited):
        take = partial(limited.limiter.take, "somebody", per_minute=100)
        assert await take()
        own.pause()
        missed = await asyncio.gather(*(take() for _ in range(20)))
        own.resume()
        assert missed == [None] * 20, "they waited for the same answer, which is one miss"
        assert [rate is not None for rate in [await take() for _ in range(3)]] == [True] * 3
        assert unchecked(limited) == 20


@pytest.mark.parametrize("lag", [0.15, 0.3, 0.6])
async def test_pushes_are_counted_however_busy_the_process_is(state: ApiState, redis_url: str, lag: float) -> None:
    """Under load the answer is long there when it is looked at: that is when the limit is needed."""
    async with serving(state, redis_url=redis_url) as (_, limited):
        names = [f"busy {lag} {number}" for number in range(10)]
        for _ in range(2):
            taking = [asyncio.create_task(limited.limiter.take(name, per_minute=100)) for name in names]
            for _ in range(3):
                await asyncio.sleep(0)
                time.sleep(lag / 3)  # noqa: ASYNC251 - as unpacking others' pushes does
            assert all(rate is not None for rate in await asyncio.gather(*taking))
        assert unchecked(limited) == 0


async def test_who_is_known_to_be_refused_is_refused_before_the_body_is_read(
    state: ApiState, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pusher = await make_pusher(state)
    async with serving(state, redis_url=redis_url, push_batches_per_minute=10, backfill_batches_per_minute=10) as (
        client,
        _,
    ):
        assert (await push(client, pusher, key="live")).status_code == 202
        assert (await push(client, pusher, lane="backfill")).status_code == 202
        read: list[PushedBody] = []
        unpack = PushedBody.unpack

        def noted(body: PushedBody) -> bytes:
            read.append(body)
            return unpack(body)

        monkeypatch.setattr(PushedBody, "unpack", noted)
        answer = await push(client, pusher)
        assert 5 <= refused(answer, "rate-limited") <= 10
        assert (answer.headers["RateLimit-Remaining"], answer.headers["RateLimit-Limit"]) == ("0", "10")
        assert not read
        assert (await push(client, pusher, key="live")).status_code == 202
        assert len(read) == 1


async def test_a_lane_that_has_room_is_open_though_the_other_has_none(state: ApiState, redis_url: str) -> None:
    pusher = await make_pusher(state)
    async with serving(state, redis_url=redis_url, push_batches_per_minute=10, backfill_batches_per_minute=0) as (
        client,
        _,
    ):
        assert (await push(client, pusher)).status_code == 202
        refused(await push(client, pusher), "rate-limited")
        assert (await push(client, pusher, lane="backfill")).status_code == 202


async def test_a_push_whose_receipt_was_lost_gets_it_from_a_limited_principal_too(
    state: ApiState, redis_url: str
) -> None:
    """ING-2: the same key and body, the same receipt."""
    pusher = await make_pusher(state)
    async with serving(state, redis_url=redis_url, push_batches_per_minute=10) as (client, _):
        first = await push(client, pusher, key="once")
        for _ in range(3):
            again = await push(client, pusher, key="once")
            assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
            refused(await push(client, pusher), "rate-limited")
        other = await client.post(PUSHES, json=body([pusher.row(value="7")]), headers=pusher.headers("once"))
        assert other.status_code == 409
    assert await count_rows(state, "metric_batches", pusher.company_id) == 1


@pytest.mark.parametrize(("content", "status"), [(b"{", 400), (b'{"observations": []}', 422)])
async def test_pushes_that_cannot_be_read_count_too(
    state: ApiState, redis_url: str, content: bytes, status: int
) -> None:
    pusher = await make_pusher(state)
    limits = {"push_batches_per_minute": 20, "backfill_batches_per_minute": 20}
    async with serving(state, redis_url=redis_url, **limits) as (client, _):
        answers = [await client.post(PUSHES, content=content, headers=pusher.headers()) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [status, status, 429]
        assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]


@pytest.mark.parametrize(
    ("per_minute", "since_full", "retry_after"),
    [(3000, 0.0, 0.6), (3000, 0.25, 0.35), (3000, 5.9, 0.0), (30, 0.0, 2.0), (6, 0.0, 10.0)],
)
def test_retry_after_is_when_a_tenth_of_a_burst_may_come(
    per_minute: int, since_full: float, retry_after: float
) -> None:
    """Not a whole burst, for which who comes back would have to be idle."""
    burst = max(1, per_minute // 10)
    rate = Rate(allowed=False, per_minute=per_minute, remaining=0, reset=burst * 60 / per_minute - since_full)
    assert rate.retry_after == pytest.approx(retry_after)


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
