"""A thousand listeners on one API process: `python -m tests.benchmarks.streams`.

What a stream costs in memory, how long from a push to its event, and a killed process: everybody comes back to another
one and knows the last. Starts servers, APIs and a worker of its own; prints figures, and fails only where somebody missed
something.
"""

import argparse
import asyncio
import json
import signal
import tempfile
import time
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import quantiles

import httpx
from pydantic import SecretStr

from attain_api.settings import ApiSettings
from attain_api.state import ApiState
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.db.tables import metadata
from attain_shared.doorbell import MemoryDoorbell
from deploy.local.ports import HOST, free_port
from tests.benchmarks.freshness import describe
from tests.benchmarks.installation import connect
from tests.benchmarks.processes import cpu_seconds, resident_mb
from tests.support.companies import (
    Company,
    KeyedConnector,
    Member,
    make_company,
    make_connector,
    make_member,
    make_shop,
)
from tests.support.goals import confirm_goals, indicator, make_cycle, make_goal
from tests.support.servers import postgres_server, redis_server
from tests.support.stack import GRACE_SECONDS, Stack, running_stack, wait_until

OWNERS = 50
"""Listeners with a goal of their own on the shop, beside the company's, which everybody hears of."""
AT_ONCE = 50
"""Streams opened at once."""
PATIENCE = 60.0


@dataclass(eq=False)
class Reader:
    """One listener on a socket of its own."""

    member: Member
    last_id: str = ""
    arrived: dict[str, float] = field(default_factory=dict)
    """By event, when it came."""
    again: int = 0
    """Events that came a second time."""
    goals: dict[str, str] = field(default_factory=dict)
    """By goal, the last event."""
    task: asyncio.Task[None] | None = None

    async def open(self, port: int) -> None:
        """Listen, from where it was the last time."""
        reader, writer = await asyncio.open_connection(HOST, port)
        after = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
        head = f"GET /v1/events HTTP/1.1\r\nHost: attain\r\nAuthorization: Bearer {self.member.token}\r\n{after}\r\n"
        writer.write(head.encode())
        status = await reader.readline()
        assert b" 200 " in status, status
        await self._read_one(reader)
        self.task = asyncio.create_task(self._read(reader, writer))

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._read_one(reader)
        except (EOFError, ConnectionError):
            writer.close()

    async def _read_one(self, reader: asyncio.StreamReader) -> None:
        """Up to the end of one event; the chunks it comes in are lines that say nothing."""
        data = ""
        while line := await reader.readline():
            text = line.decode().strip()
            if text.startswith("data: "):
                data = text.removeprefix("data: ")
            elif text.startswith("id: "):
                self.last_id = text.removeprefix("id: ")
            elif not text and data:
                self._note(json.loads(data))
                return
        raise EOFError

    def _note(self, event: dict[str, str]) -> None:
        if not event:
            return
        self.again += event["id"] in self.arrived
        self.arrived[event["id"]] = time.perf_counter()
        self.goals[event["subject_id"]] = event["id"]


@dataclass
class World:
    """The company that all of them belong to."""

    connector: KeyedConnector
    shop: str
    goal_id: str
    """The company's: everybody is told of it."""
    readers: list[Reader]
    pushed: int = 0


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--pushes", type=int, default=40)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="attain-benchmark-") as folder,
        postgres_server(durable=True) as postgres_url,
        redis_server() as redis_url,
        running_stack(postgres_url, redis_url, Path(folder)) as stack,
    ):
        describe(stack)
        asyncio.run(run(stack, arguments.streams, arguments.pushes))


async def run(stack: Stack, streams: int, pushes: int) -> None:
    """Everything, one after the other."""
    world = await populate(stack, streams)
    pid = stack.api.process.popen.pid
    before = resident_mb(pid)
    started = time.perf_counter()
    await open_all(world, stack.port)
    seconds, after = time.perf_counter() - started, resident_mb(pid)
    print(f"{streams:,} streams opened in {seconds:.1f} s: {before:.0f} → {after:.0f} MB, "
          f"{(after - before) * 1024 / streams:.0f} KB each")  # fmt: skip
    idle = cpu_seconds(pid)
    await asyncio.sleep(10)
    print(f"idle: {(cpu_seconds(pid) - idle) * 10:.1f} % of a core")
    await measure(stack, world, pushes)
    print(f"after them {resident_mb(pid):.0f} MB")
    await kill_and_resume(stack, world)


async def populate(stack: Stack, streams: int) -> World:
    """People with accounts, a shop, a goal of the company, and goals of some of them."""
    env = stack.api.env
    settings = ApiSettings(
        database_url=SecretStr(env["ATTAIN_DATABASE_URL"]),
        redis_url=SecretStr(env["ATTAIN_REDIS_URL"]),
        secret_key=SecretStr(env["ATTAIN_SECRET_KEY"]),
    )
    engine = create_engine(settings, application="benchmark")

    async def queue_answers() -> None:
        """Nobody asks."""

    state = ApiState(
        settings=settings, engine=engine, sessions=create_sessions(engine), doorbell=MemoryDoorbell(), ping_queue=queue_answers
    )  # fmt: skip
    assert metadata.tables  # the models refer to each other
    company: Company = await make_company(state)
    boss = await make_member(state, company, roles=("executive", "employee"))
    people = [await make_member(state, company) for _ in range(streams)]
    shop = await make_shop(state, company)
    connector = await make_connector(state, company, shop_ids=[shop.id])
    async with httpx.AsyncClient(base_url=stack.base_url, timeout=30, trust_env=False) as api:
        cycle_id = (await make_cycle(api, company))["id"]
        one = indicator([str(shop.id)])
        goal_id = (
            await make_goal(api, boss, one, cycle_id=cycle_id, owner={"type": "company"}, weight="100", title="全年")
        )["id"]
        await confirm_goals(api, boss, goal_id)
        share = str(Decimal(1) / OWNERS)
        owners = [{"type": "person", "id": str(one.person_id), "share": share} for one in people[:OWNERS]]
        body = {"starts_on": "2026-07-01", "owners": owners}
        answer = await api.put(f"/v1/shops/{shop.id}/owners", json=body, headers=company.headers)
        assert answer.status_code == 200, answer.text
        for person in people[:OWNERS]:
            owner = {"type": "person", "id": str(person.person_id)}
            await make_goal(api, person, one, cycle_id=cycle_id, owner=owner, weight="100", title="自己的")
    await engine.dispose()
    return World(connector, f"{shop.platform}:{shop.external_id}", goal_id, [Reader(person) for person in people])


async def open_all(world: World, port: int) -> None:
    """Some at a time, as balancers and browsers do."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def open_one(reader: Reader) -> None:
        async with turn:
            await reader.open(port)

    await asyncio.gather(*(open_one(reader) for reader in world.readers))


async def push(world: World, http: httpx.AsyncClient) -> float:
    """A figure that moves every goal; when it was acknowledged."""
    world.pushed += 1
    row = {"shop": world.shop, "metric": "gmv", "bucket": date(2026, 7, 1).isoformat(), "value": str(world.pushed)}
    # each one is newer than the one before
    observed_at = f"2026-07-02T{world.pushed // 3600:02}:{world.pushed // 60 % 60:02}:{world.pushed % 60:02}+08:00"
    body = {"grain": "day", "observed_at": observed_at, "observations": [row]}
    headers = world.connector.headers | {"Idempotency-Key": str(world.pushed)}
    answer = await http.post("/v1/metric-batches", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return time.perf_counter()


async def everybody_knows(world: World, known: set[str | None]) -> str:
    """Wait until all have been told of one and the same event of the company's goal that was not known before."""
    deadline = time.perf_counter() + PATIENCE
    while True:
        last = {reader.goals.get(world.goal_id) for reader in world.readers}
        if len(last) == 1 and not last & known and None not in last:
            return str(last.pop())
        assert time.perf_counter() < deadline, f"{len(last)} different events after {PATIENCE} s"
        await asyncio.sleep(0.01)


async def measure(stack: Stack, world: World, pushes: int) -> None:
    """One push after the other, each until everybody was told."""
    waited: list[float] = []
    known: set[str | None] = {None}
    async with httpx.AsyncClient(base_url=stack.base_url, timeout=30, trust_env=False) as http:
        for _ in range(pushes):
            acknowledged = await push(world, http)
            event_id = await everybody_knows(world, known)
            known.add(event_id)
            waited += [reader.arrived[event_id] - acknowledged for reader in world.readers]
            await asyncio.sleep(0.3)
    cuts = quantiles(waited, n=100)
    print(f"{pushes} pushes, {len(waited):,} events: 202 → event p50 {cuts[49] * 1000:.0f} ms, "
          f"p99 {cuts[98] * 1000:.0f} ms, at most {max(waited) * 1000:.0f} ms")  # fmt: skip


async def kill_and_resume(stack: Stack, world: World) -> None:
    """kill -9 of the process that all listen to; pushes go on, and all come back to another one."""
    port = free_port()
    second = stack.another("api-2", "attain_api.main", ATTAIN_PORT=str(port))
    second.launch()
    await asyncio.to_thread(wait_until, lambda: is_ready(port), what="the second API")
    try:
        known = {reader.goals.get(world.goal_id) for reader in world.readers}
        stack.api.kill()
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}", timeout=30, trust_env=False) as http:
            await asyncio.gather(*(reader.task for reader in world.readers if reader.task is not None))
            for _ in range(5):
                await push(world, http)
                await asyncio.sleep(0.3)
            started = time.perf_counter()
            await open_all(world, port)
            await push(world, http)
            await everybody_knows(world, known)
        again = sum(reader.again for reader in world.readers)
        print(f"killed, 5 pushes unheard: all {len(world.readers):,} back in {time.perf_counter() - started:.1f} s, "
              f"know the last, and were told {again} events twice")  # fmt: skip
        assert again == 0
        await check_nothing_missed(stack, world)
    finally:
        second.process.stop(signal.SIGTERM, grace=GRACE_SECONDS)


async def check_nothing_missed(stack: Stack, world: World) -> None:
    """Owners of goals know the last event of their own goal, too; what the outbox has is what they were told last."""
    connection = await connect(stack)
    rows = await connection.fetch(
        "SELECT DISTINCT ON (subject_id) subject_id::text AS goal, id::text AS event FROM events "
        "WHERE company_id = $1 ORDER BY subject_id, position DESC, id DESC",
        world.readers[0].member.company_id,
    )
    await connection.close()
    last = {row["goal"]: row["event"] for row in rows}
    deadline = time.perf_counter() + PATIENCE
    while wrong := [one for one in world.readers if any(last[goal] != told for goal, told in one.goals.items())]:
        assert time.perf_counter() < deadline, f"{len(wrong)} do not know the last event of a goal"
        await asyncio.sleep(0.1)
    print(
        f"the last events of {len(last)} goals are known to all {sum(map(len, (r.goals for r in world.readers))):,} who may"
    )


def is_ready(port: int) -> bool:
    """Whether an API serves there."""
    try:
        return httpx.get(f"http://{HOST}:{port}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main()
