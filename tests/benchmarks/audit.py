"""What the audit chain costs, and that it holds (SEC-5): `python -m tests.benchmarks.audit`.

Eight clients at once change departments and people of one company, then of a company each, in alternating rounds with
the trail and without it. Then the chain is verified, a byte is changed by hand, and it is verified again. The
application runs in this process, on a PostgreSQL of its own that writes to the disk. Prints figures, asserts nothing.
"""

import argparse
import asyncio
import os
import platform
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from unittest.mock import patch

import structlog
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import text

from attain_api.app import create_app
from attain_api.audit.commands import verify_company
from attain_api.settings import ApiSettings
from attain_api.state import ApiState
from attain_shared.audit.trail import Trail
from attain_shared.audit.verification import Verification
from attain_shared.db import session as sessions
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import MemoryDoorbell
from tests.support.companies import Company, make_company, make_member
from tests.support.databases import migrate
from tests.support.servers import create_database, postgres_server

CLIENTS = 8
BYTE = text(
    "UPDATE audit_entries SET digest = set_byte(digest, 0, (get_byte(digest, 0) + 1) % 256) "
    "WHERE company_id = :company_id AND sequence = 1000"
)
VALUE = text(
    "UPDATE audit_entries SET changes = jsonb_set(changes, '{name,after}', '\"somebody else\"') WHERE sequence = "
    "(SELECT max(sequence) FROM audit_entries WHERE company_id = :company_id AND changes ? 'name') "
    "AND company_id = :company_id"
)


@dataclass(frozen=True)
class Desk:
    """What one client works on."""

    company: Company
    paths: tuple[str, ...]


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=5000, help="with the chain, in each of the two layouts")
    parser.add_argument("--rounds", type=int, default=8)
    arguments = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # a log line costs as much as a statement
    with postgres_server(durable=True) as url:
        asyncio.run(measure(url, changes=arguments.changes, rounds=arguments.rounds))


async def measure(server_url: str, *, changes: int, rounds: int) -> None:
    """Both layouts, then the verification."""
    async with application(server_url) as (state, client):
        await describe(state)
        company = await make_company(state)
        shared = [await make_desk(client, state, company) for _ in range(CLIENTS)]
        own = [await make_desk(client, state, await make_company(state)) for _ in range(CLIENTS)]
        await run(client, shared, changes=400)  # warms up
        for layout, desks in (("one company", shared), ("a company each", own)):
            await compare(client, layout, desks, each=changes // rounds, rounds=rounds)
        await show_verification(state, company)


async def compare(client: AsyncClient, layout: str, desks: list[Desk], *, each: int, rounds: int) -> None:
    """Alternate, so that both see the same machine."""
    speeds: dict[str, list[float]] = {"with the chain": [], "without": []}
    spent = dict.fromkeys(speeds, 0.0)
    for number in range(2 * rounds):
        name = "without" if number % 2 else "with the chain"
        with without_trail() if name == "without" else nullcontext():
            before = time.process_time()
            speeds[name].append(await run(client, desks, changes=each))
            spent[name] += time.process_time() - before
    print(f"{layout}, {CLIENTS} clients, {rounds} rounds of {each} changes each way, changes/s:")
    for name, found in speeds.items():
        print(
            f"  {name:15} median {statistics.median(found):6.0f}  min {min(found):6.0f}  max {max(found):6.0f}  "
            f"{spent[name] / rounds / each * 1000:.1f} ms of this process's CPU a change"
        )
    ratios = [one / other for one, other in zip(speeds["with the chain"], speeds["without"], strict=True)]
    print(f"  ratio           median {statistics.median(ratios):6.2f}  min {min(ratios):6.2f}  max {max(ratios):6.2f}")


async def run(client: AsyncClient, desks: list[Desk], *, changes: int) -> float:
    """All clients at once: changes a second."""
    barrier, each = asyncio.Barrier(len(desks)), changes // len(desks)
    started = time.perf_counter()
    await asyncio.gather(*(work(client, desk, barrier, each) for desk in desks))
    return each * len(desks) / (time.perf_counter() - started)


async def work(client: AsyncClient, desk: Desk, barrier: asyncio.Barrier, changes: int) -> None:
    """One client: a department and a person in turn, each time another name."""
    await barrier.wait()
    for number in range(changes):
        path, body = desk.paths[number % len(desk.paths)], {"name": f"{time.perf_counter_ns()} {number}"}
        reply = await client.patch(path, json=body, headers=desk.company.headers)
        if reply.status_code != 200:
            raise RuntimeError(reply.text)


@contextmanager
def without_trail() -> Iterator[None]:
    """Nothing is noted, nothing is appended."""

    async def nothing(*_: object, **__: object) -> None:
        return None

    with ExitStack() as patched:
        patched.enter_context(patch.object(sessions, "append_trail", nothing))
        patched.enter_context(patch.object(Trail, "note_flush", lambda *_: None))
        yield


async def show_verification(state: ApiState, company: Company) -> None:
    """Whole at first; then with a byte of a digest changed by hand, then with a value too."""
    for what, statement in (("untouched", None), ("a byte of a digest changed", BYTE), ("a value changed too", VALUE)):
        if statement is not None:
            async with state.engine.begin() as connection:
                await connection.execute(statement, {"company_id": company.company_id})
        verification, started = Verification(), time.perf_counter()
        found = verify_company(state.sessions, company_id=company.company_id, verification=verification)
        findings = [finding async for finding in found]
        seconds = time.perf_counter() - started
        print(f"{what}: {verification.last.sequence} entries verified in {seconds:.2f} s: {findings or 'whole'}")


async def make_desk(client: AsyncClient, state: ApiState, company: Company) -> Desk:
    """A department and a person to change."""
    member = await make_member(state, company)
    body = {"name": "department", "function": "design"}
    made = await client.post("/v1/departments", json=body, headers=company.headers)
    return Desk(company, (f"/v1/departments/{made.json()['id']}", f"/v1/people/{member.person_id}"))


async def describe(state: ApiState) -> None:
    """What the figures were measured on."""
    async with state.engine.connect() as connection:
        server = (await connection.execute(text("SHOW server_version"))).scalar_one()
        commit = (await connection.execute(text("SHOW synchronous_commit"))).scalar_one()
        fsync = (await connection.execute(text("SHOW fsync"))).scalar_one()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.machine()}, Python {sys.version.split()[0]}"
    )
    print(f"PostgreSQL {server}, fsync {fsync}, synchronous_commit {commit}; application and clients in one process")


@asynccontextmanager
async def application(server_url: str) -> AsyncIterator[tuple[ApiState, AsyncClient]]:
    """The application on a database of its own."""
    url = await create_database(server_url)
    await migrate(url)
    settings = ApiSettings(
        database_url=SecretStr(url),
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
        secret_key=SecretStr("a secret key only for the benchmark"),
        database_pool_size=CLIENTS + 2,
    )
    engine = create_engine(settings, application="benchmark")

    async def answers() -> None:
        return None

    state = ApiState(
        settings=settings,
        engine=engine,
        sessions=create_sessions(engine),
        doorbell=MemoryDoorbell(),
        ping_queue=answers,
    )
    transport = ASGITransport(create_app(state))
    async with AsyncClient(transport=transport, base_url="http://benchmark", timeout=60) as client:
        yield state, client
    await engine.dispose()


if __name__ == "__main__":
    main()
