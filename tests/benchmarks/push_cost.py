"""What a push costs the API in CPU, against storing the bytes unseen (P5): `python -m tests.benchmarks.push_cost`.

The API and a bare handler with the same INSERT, each a process of its own, in alternating rounds; then what of it goes
where, with the application in this process. No worker runs. Prints figures and asserts nothing.
"""

import argparse
import asyncio
import gc
import pickle
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from cProfile import Profile
from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from inspect import iscoroutinefunction
from pstats import Stats
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import structlog
import uvloop
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSessionTransaction

from attain_api import deps
from attain_api.app import create_app
from attain_api.batches import limits, repository, service
from attain_api.batches.body import PushedBody
from attain_api.batches.rates import RedisLimiter
from attain_api.settings import ApiSettings
from attain_api.state import ApiState
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import ArqDoorbell
from deploy.local.ports import HOST, free_port
from deploy.local.process import Process
from tests.benchmarks.bare_push import Insert
from tests.benchmarks.figures import body_of, figures, packed
from tests.benchmarks.freshness import describe
from tests.benchmarks.ingest import running_bench
from tests.benchmarks.installation import clean_up_when_terminated, connect
from tests.benchmarks.organisation import noted_statements
from tests.benchmarks.processes import cpu_seconds
from tests.support.stack import CHECKOUT, Stack, wait_until
from tests.support.story import Company

PATH = "/v1/metric-batches"
CONNECTIONS = 4
NO_LIMIT_IN_PRACTICE = "6000000"
"""The pushes are counted, as they are by default, and none is refused."""


class Side(NamedTuple):
    """Who is asked."""

    url: str
    pid: int
    headers: dict[str, str]


@dataclass(frozen=True)
class Push:
    """A body, and how it is packed."""

    name: str
    body: bytes
    headers: dict[str, str]


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pushes", type=int, default=400, help="of each side of a round")
    parser.add_argument("--profile", action="store_true", help="functions by their own time, too")
    parser.add_argument("--idle-shops", action="store_true", help="leave the connector its 400 shops; else it has 10")
    arguments = parser.parse_args()
    clean_up_when_terminated()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    limit = {"ATTAIN_PUSH_BATCHES_PER_MINUTE": NO_LIMIT_IN_PRACTICE}
    with running_bench(workers=0, **limit) as (stack, company, key):
        describe(stack)
        uvloop.run(measure(stack, company, key, arguments))


async def measure(stack: Stack, company: Company, key: str, arguments: argparse.Namespace) -> None:
    """Each body: rounds in turns, then the parts."""
    if not arguments.idle_shops:
        await keep_shops(stack, company, 10)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    async with own_application(stack) as app:
        insert = await capture(app, headers)
        with bare_server(stack, insert) as (bare_url, bare_pid):
            ours = Side(f"{stack.base_url}{PATH}", stack.api.process.popen.pid, headers)
            floor = Side(bare_url, bare_pid, headers)
            for rows in arguments.rows:
                for push in make_pushes(rows):
                    await compare(stack, ours, floor, push, arguments)
                    await split(app, headers, push, arguments.pushes)
                    if arguments.profile:
                        await profile(app, headers, push, arguments.pushes)
                    await empty(stack)


def make_pushes(rows: int) -> list[Push]:
    """The same rows as they come from a connector, and unpacked."""
    body = body_of(list(figures(0, rows)))
    return [
        Push(f"{rows:,} rows, gzip", packed(body), {"Content-Encoding": "gzip"}),
        Push(f"{rows:,} rows, plain", body, {}),
    ]


async def keep_shops(stack: Stack, company: Company, count: int) -> None:
    """As many shops as a connector commonly has: all of them are read with its key."""
    connection = await connect(stack)
    await connection.execute(
        "UPDATE connectors SET shop_ids = shop_ids[1:$2] WHERE company_id = $1", UUID(str(company.id)), count
    )
    await connection.close()


async def empty(stack: Stack) -> None:
    """Take the pushes away again: an inbox that only grows is not what is measured."""
    connection = await connect(stack)
    await connection.execute("TRUNCATE metric_batches, batch_keys")
    await connection.close()


async def compare(stack: Stack, ours: Side, floor: Side, push: Push, arguments: argparse.Namespace) -> None:
    """CPU of a push at both sides, in turns."""
    for side in (ours, floor):
        await send(side, push, 50)
    rounds = []
    for number in range(arguments.rounds):
        rounds.append([await send(side, push, arguments.pushes) for side in (ours, floor)])
        await empty(stack)
        print(f"  {push.name}: round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
    api, bare = (statistics.median(one) for one in zip(*rounds, strict=True))
    ratios = [one / other for one, other in rounds]
    print(
        f"\n{push.name}, {len(push.body):,} bytes: API {api:.0f} µs of CPU a push, bare {bare:.0f} µs; "
        f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} … {max(ratios):.2f})",
        flush=True,
    )


async def send(side: Side, push: Push, count: int) -> float:
    """Microseconds of the server's CPU a push, over so many on a few connections."""
    headers = side.headers | push.headers
    waiting = iter(range(count))
    async with httpx.AsyncClient(headers=headers, timeout=60, trust_env=False) as client:

        async def one_after_the_other() -> None:
            for _ in waiting:
                own = {"Idempotency-Key": str(uuid4())}
                reply = await client.post(side.url, content=push.body, headers=own)
                if reply.status_code != 202:
                    raise RuntimeError(f"{reply.status_code}: {reply.text[:300]}")

        before = cpu_seconds(side.pid)
        await asyncio.gather(*(one_after_the_other() for _ in range(CONNECTIONS)))
    return (cpu_seconds(side.pid) - before) / count * 1e6


@asynccontextmanager
async def own_application(stack: Stack) -> AsyncIterator[FastAPI]:
    """The API in this process, put together as its own `main` does."""
    settings = ApiSettings(
        database_url=SecretStr(stack.api.env["ATTAIN_DATABASE_URL"]),
        redis_url=SecretStr(stack.redis_url),
        secret_key=SecretStr(stack.api.env["ATTAIN_SECRET_KEY"]),
        push_batches_per_minute=int(NO_LIMIT_IN_PRACTICE),
    )
    engine, registry = create_engine(settings, application="benchmark"), CollectorRegistry()
    doorbell = ArqDoorbell(stack.redis_url)
    state = ApiState(
        settings=settings,
        engine=engine,
        sessions=create_sessions(engine),
        doorbell=doorbell,
        ping_queue=doorbell.ping,
        registry=registry,
        limiter=RedisLimiter(stack.redis_url, registry),
    )
    yield create_app(state)
    await doorbell.aclose()
    await state.limiter.aclose()
    await engine.dispose()


async def capture(app: FastAPI, headers: dict[str, str]) -> Insert:
    """The statement that stores a push, and what in it is the push's own."""
    key, body = str(uuid4()), packed(body_of(list(figures(0, 10))))
    with noted_statements() as statements:
        status, batch_id = await call(app, headers | {"Content-Encoding": "gzip"}, key, body)
    if status != 202:
        raise RuntimeError(f"answered {status}")
    statement = next(one for one in statements if "INSERT INTO metric_batches" in one.sql)

    def places(wanted: object) -> tuple[int, ...]:
        found = tuple(place for place, value in enumerate(statement.values) if value == wanted)
        if not found:
            raise RuntimeError("the statement that stores a push has changed")
        return found

    return Insert(statement.sql, statement.values, places(key), places(UUID(batch_id)), places(body))


@contextmanager
def bare_server(stack: Stack, insert: Insert) -> Iterator[tuple[str, int]]:
    """The floor, as a process: its URL and its id."""
    port, path = free_port(), stack.folder / "insert.pickle"
    path.write_bytes(pickle.dumps(tuple(insert)))
    process = Process("bare", stack.folder / "bare.log")
    command = [sys.executable, "-m", "tests.benchmarks.bare_push", str(port), str(path)]
    process.start(command, env=stack.api.env, cwd=CHECKOUT)
    url = f"http://{HOST}:{port}/"

    def answers() -> bool:
        assert process.running, process.failure("ended by itself")
        try:
            return httpx.get(url, trust_env=False).status_code == 405
        except httpx.TransportError:
            return False

    try:
        wait_until(answers, what="the bare server")
        yield url, process.popen.pid
    finally:
        process.popen.terminate()
        process.popen.wait()


async def call(app: FastAPI, headers: dict[str, str], key: str, body: bytes) -> tuple[int, str]:
    """One push without a socket or a client: the status, and the id of the batch."""
    told: list[Any] = []
    sent = [(name.lower().encode(), value.encode()) for name, value in (headers | {"Idempotency-Key": key}).items()]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": PATH, "raw_path": PATH.encode(), "query_string": b"", "root_path": "", "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1), "headers": [*sent, (b"content-length", str(len(body)).encode())],
    }  # fmt: skip

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def tell(message: dict[str, object]) -> None:
        told.append(message)

    await app(scope, receive, tell)  # type: ignore[arg-type]
    location = dict(told[0]["headers"]).get(b"location", b"").decode()
    return told[0]["status"], urlsplit(location).path.rpartition("/")[2]


async def split(app: FastAPI, headers: dict[str, str], push: Push, count: int) -> None:
    """What of a push's CPU goes where: one push at a time, each part's share of the process's clock."""
    spent: dict[str, list[float]] = defaultdict(list)
    for _ in range(50):
        await call(app, headers | push.headers, str(uuid4()), push.body)
    gc.collect()
    with ExitStack() as patched:
        for name, owner, function in (
            ("key and signature of the caller", deps, "authenticate"),
            ("unpack", PushedBody, "_unpacked"),
            ("decode and check", service, "read_push"),
            ("pack", PushedBody, "packed"),
            ("read: the three above, and the thread", asyncio, "to_thread"),
            ("rate limit", limits, "check_rate"),
            ("depth of the inbox", limits, "check_inbox"),
            ("store", repository, "store_batch"),
            ("commit", AsyncSessionTransaction, "__aexit__"),
        ):
            patched.enter_context(patch.object(owner, function, timed(getattr(owner, function), spent[name])))
        started = time.process_time()
        for _ in range(count):
            status, _ = await call(app, headers | push.headers, str(uuid4()), push.body)
            if status != 202:
                raise RuntimeError(f"answered {status}")
        total = (time.process_time() - started) / count
    content = PushedBody(push.body, is_gzip="Content-Encoding" in push.headers).unpack()
    started = time.process_time()
    for _ in range(200):
        sha256(content).digest()
    spent["hash"] = [(time.process_time() - started) / 200 * count]
    show_parts(push, total, {name: sum(seconds) / count for name, seconds in spent.items()})


async def profile(app: FastAPI, headers: dict[str, str], push: Push, count: int) -> None:
    """Where the event loop's thread spends its time; the body is read in another, and looked at by itself."""
    of_the_loop, of_reading = Profile(), Profile()
    of_the_loop.enable()
    for _ in range(count):
        await call(app, headers | push.headers, str(uuid4()), push.body)
    of_the_loop.disable()
    of_reading.enable()
    for _ in range(count):
        service._read(PushedBody(push.body, is_gzip="Content-Encoding" in push.headers))
    of_reading.disable()
    for profiled, lines in ((of_the_loop, 40), (of_reading, 12)):
        Stats(profiled).strip_dirs().sort_stats("tottime").print_stats(lines)


def timed(function: Callable[..., Any], into: list[float]) -> Callable[..., Any]:
    """The same function, that notes the CPU which passes until it is through."""
    if iscoroutinefunction(function):

        @wraps(function)
        async def waits(*args: Any, **kwargs: Any) -> Any:
            started = time.process_time()
            try:
                return await function(*args, **kwargs)
            finally:
                into.append(time.process_time() - started)

        return waits

    @wraps(function)
    def runs(*args: Any, **kwargs: Any) -> Any:
        started = time.process_time()
        try:
            return function(*args, **kwargs)
        finally:
            into.append(time.process_time() - started)

    return runs


def show_parts(push: Push, total: float, parts: dict[str, float]) -> None:
    """Microseconds and shares; what is left is routing, dependencies, session and answer."""
    inside = ("unpack", "decode and check", "pack")
    rest = total - sum(seconds for name, seconds in parts.items() if name not in inside)
    print(f"  in this process, one at a time: {total * 1e6:.0f} µs of CPU a push, without socket and HTTP parser")
    for name, seconds in [*parts.items(), ("routing, dependencies, session, answer", rest)]:
        print(f"    {'  ' if name in inside else ''}{name:40} {seconds * 1e6:6.0f} µs  {seconds / total:4.0%}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
