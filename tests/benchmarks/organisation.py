"""A company of thousands, and what reading it costs (P10, P11, P12): `python -m tests.benchmarks.organisation`.

Builds it by import, then asks for its people and departments: ours over HTTP against a bare handler with the same SQL, in
alternating rounds, each a process of its own. Prints figures and asserts nothing.
"""

import argparse
import asyncio
import os
import pickle
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import structlog
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import event
from sqlalchemy.engine import Engine

from attain_api.app import create_app
from attain_api.settings import ApiSettings
from attain_api.state import ApiState
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import MemoryDoorbell
from deploy.local.ports import HOST, free_port
from deploy.local.process import Process
from tests.benchmarks.bare import Statement
from tests.benchmarks.load import Load, load
from tests.support.servers import postgres_server, redis_server
from tests.support.stack import CHECKOUT, Stack, running_stack, wait_until
from tests.support.story import Company, make_company

PACKAGES = ("fastapi", "uvicorn", "sqlalchemy", "asyncpg", "pydantic")
TEAM = 33
"""People to a department, about: its leader and those who report to them."""


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--departments", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each side of a round")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="attain-benchmark-") as folder,
        postgres_server(durable=True) as postgres_url,
        redis_server() as redis_url,
        running_stack(postgres_url, redis_url, Path(folder), workers=0) as stack,
    ):
        describe(stack)
        company = make_company(stack.base_url)
        with company.admin:
            build(company, people_file(arguments.people, arguments.departments))
            with stack.database() as database:
                database.rows("ANALYZE")
            paths = cases(company)
            statements = asyncio.run(capture(stack, company, paths))
            with bare_server(stack, list(statements.values())) as (bare_url, bare_pid):
                for number, (name, path) in enumerate(paths.items()):
                    ours, floor = (f"{stack.base_url}{path}", f"{bare_url}/{number}")
                    token = company.admin.http.headers["Authorization"].removeprefix("Bearer ")
                    pids = (stack.api.process.popen.pid, bare_pid)
                    rounds = asyncio.run(
                        alternate((ours, floor), token, pids, rounds=arguments.rounds, seconds=arguments.seconds)
                    )
                    show(name, len(statements[name]), rounds)


def describe(stack: Stack) -> None:
    """What the figures were measured on."""
    with stack.database() as database:
        server = database.value("SHOW server_version")
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.machine()}, Python {sys.version.split()[0]}"
    )
    print(f"PostgreSQL {server}, 1 API process, 1 bare process, 8 connections; {packages}")


def people_file(people: int, departments: int) -> bytes:
    """A company of three levels as CSV: centres, their departments and teams; everybody has a manager but one."""
    paths = department_paths(departments)
    lines = ["name,email,phone,department,manager_email,employment_type,hired_on,roles"]
    for number in range(people):
        department = number % departments
        leads = number < departments
        boss = (department - 1) // 6 if leads else department
        manager = "" if number == 0 else f"p{boss}@example.com"
        day = f"20{10 + number % 16}-{1 + number % 12:02}-{1 + number % 28:02}"
        kind = ("employee", "employee", "outsourced", "intern")[number % 4]
        lines.append(
            f"员工{number},p{number}@example.com,138{number:08},{paths[department]},{manager},{kind},{day},employee"
        )
    return "\n".join(lines).encode()


def department_paths(count: int) -> list[str]:
    """Paths in a tree in which each department has six below it."""
    paths = ["总部"]
    while len(paths) < count:
        paths.append(f"{paths[(len(paths) - 1) // 6]}/部门{len(paths)}")
    return paths


def build(company: Company, file: bytes) -> None:
    """Import the people: a dry run, the import, and the same file again."""
    for what, params in (("dry run", {"dry_run": "true"}), ("import", {}), ("import again", {})):
        started = time.perf_counter()
        reply = company.admin.http.post(
            "/v1/people/import",
            files={"file": ("people.csv", file)},
            params={"create_departments": "true"} | params,
            timeout=120,
        )
        took = time.perf_counter() - started
        reply.raise_for_status()
        report = reply.json()
        counts = {name: report[name] for name in ("created", "unchanged", "failed")}
        print(f"{what:14} {took:6.2f} s  {counts} departments {len(report['departments_created'])}")
    started = time.perf_counter()
    exported = company.admin.http.post("/v1/people/export", timeout=120)
    exported.raise_for_status()
    print(f"{'export':14} {time.perf_counter() - started:6.2f} s  {len(exported.content)} bytes")


def cases(company: Company) -> dict[str, str]:
    """What is asked for, by name."""
    cursor: dict[str, str] = {}
    person_id = ""
    for _ in range(99):
        page = company.admin.get("/v1/people", **cursor)
        person_id = page["items"][0]["id"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    department_id = company.admin.get("/v1/departments", name="部门1")["items"][0]["id"]
    return {
        "person": f"/v1/people/{person_id}",
        "people, page 1": "/v1/people",
        "people, page 100": f"/v1/people?{httpx.QueryParams(cursor)}",
        "departments/tree": "/v1/departments/tree",
        "department stats": f"/v1/departments/{department_id}/stats",
    }


async def capture(stack: Stack, company: Company, paths: dict[str, str]) -> dict[str, list[Statement]]:
    """The statements of each request, by asking an application in this process."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    settings = ApiSettings(
        database_url=SecretStr(stack.api.env["ATTAIN_DATABASE_URL"]),
        redis_url=SecretStr(stack.redis_url),
        secret_key=SecretStr(stack.api.env["ATTAIN_SECRET_KEY"]),
    )
    engine = create_engine(settings, application="benchmark")

    async def ping() -> None:
        return

    state = ApiState(
        settings=settings,
        engine=engine,
        sessions=create_sessions(engine),
        doorbell=MemoryDoorbell(),
        ping_queue=ping,
    )
    found: dict[str, list[Statement]] = {}
    headers = {"Authorization": company.admin.http.headers["Authorization"]}
    async with AsyncClient(transport=ASGITransport(create_app(state)), base_url="http://here", headers=headers) as api:
        for name, path in paths.items():
            with noted_statements() as statements:
                (await api.get(path)).raise_for_status()
            found[name] = statements
    await engine.dispose()
    return found


@contextmanager
def noted_statements() -> Iterator[list[Statement]]:
    """The statements that run inside the block, with their values."""
    statements: list[Statement] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        statements.append(Statement(statement, tuple(values)))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def bare_server(stack: Stack, statements: list[list[Statement]]) -> Iterator[tuple[str, int]]:
    """The floor, as a process: its URL and its id."""
    port, path = free_port(), stack.folder / "statements.pickle"
    path.write_bytes(pickle.dumps(statements))
    process = Process("bare", stack.folder / "bare.log")
    process.start(
        [sys.executable, "-m", "tests.benchmarks.bare", str(port), str(path)], env=stack.api.env, cwd=CHECKOUT
    )
    url = f"http://{HOST}:{port}"

    def answers() -> bool:
        assert process.running, process.failure("ended by itself")
        try:
            return httpx.get(f"{url}/0", trust_env=False).is_success
        except httpx.TransportError:
            return False

    try:
        wait_until(answers, what="the bare server")
        yield url, process.popen.pid
    finally:
        process.popen.terminate()
        process.popen.wait()


async def alternate(
    urls: tuple[str, str], token: str, pids: tuple[int, int], *, rounds: int, seconds: float
) -> list[tuple[Load, Load]]:
    """Ours and the floor in turn, after a warm-up of each."""
    for url, pid in zip(urls, pids, strict=True):
        await load(url, token=token, pid=pid, seconds=0.5)
    done = []
    for _ in range(rounds):
        ours, floor = [
            await load(url, token=token, pid=pid, seconds=seconds) for url, pid in zip(urls, pids, strict=True)
        ]
        done.append((ours, floor))
    return done


def show(name: str, statements: int, rounds: Sequence[tuple[Load, Load]]) -> None:
    """Print medians, and between what they lie."""
    rates = [[side.requests_per_second for side in sides] for sides in zip(*rounds, strict=True)]
    ratios = [ours.requests_per_second / floor.requests_per_second for ours, floor in rounds]
    cpu = [statistics.median(side.milliseconds_of_cpu for side in sides) for sides in zip(*rounds, strict=True)]
    ours, floor = (f"{statistics.median(rate):7.0f} ({min(rate):.0f} to {max(rate):.0f})" for rate in rates)
    print(
        f"{name:18} {statements} statements  ours {ours}/s  bare {floor}/s  "
        f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})  "
        f"cpu {cpu[0]:.2f} / {cpu[1]:.2f} ms"
    )


if __name__ == "__main__":
    main()
