"""Ten thousand reviews in one round, and what reading and changing them costs (P10 to P12): `python -m tests.benchmarks.reviews`.

A round of a hundred people's reviews and one of ten thousand, each in an installation of its own. Reads go over HTTP,
against a bare handler that runs the same statements, in alternating rounds, each a process of its own; changes in this
process, against the same statements run by asyncpg. Prints figures and asserts nothing.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from httpx import AsyncClient

from attain_api.access.tokens import Claims, sign_access_token
from attain_api.state import ApiState
from attain_shared.access.models import Account, Membership
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from tests.benchmarks.bare import Statement
from tests.benchmarks.installation import clean_up_when_terminated, connect
from tests.benchmarks.load import Load
from tests.benchmarks.organisation import alternate, bare_server, describe
from tests.benchmarks.replay import Change, Replayed, application, client_of, noted, replay
from tests.benchmarks.reviews_at_scale import Crowd, close_reviews, judge_reviews, make_crowd, spread_reviews
from tests.support.companies import Member, add_session, make_company, make_member, password_hash
from tests.support.http import created, ok
from tests.support.rounds import make_round
from tests.support.servers import postgres_server, redis_server
from tests.support.stack import Stack, running_stack

Json = dict[str, Any]
RATED = 100
"""Ratings that are set in one call."""
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Read:
    """What somebody asks for."""

    path: str
    token: str


@dataclass(slots=True)
class Figures:
    """What a request cost with so many reviews."""

    statements: int
    milliseconds: list[float]
    ratios: list[float]
    """To the floor, of each round."""


Table = dict[str, dict[int, Figures]]
"""By request, then by how many reviews there are."""


@dataclass
class Bench:
    """A round of reviews, who asks about it, and where the figures go."""

    stack: Stack
    state: ApiState
    connection: asyncpg.Connection
    crowd: Crowd
    hr: Member
    arguments: argparse.Namespace
    table: Table
    tokens: dict[UUID, str] = field(default_factory=dict)
    round_id: str = ""

    @property
    def path(self) -> str:
        """Of the round."""
        return f"/v1/review-cycles/{self.round_id}"

    async def read(self, cases: Mapping[str, Read]) -> None:
        """Measure reads: ours over HTTP against the same statements behind a bare handler."""
        statements = await self._capture(cases)
        with bare_server(self.stack, list(statements.values())) as (bare_url, bare_pid):
            pids = (self.stack.api.process.popen.pid, bare_pid)
            for number, (name, case) in enumerate(cases.items()):
                progress(f"{self.crowd.size:,} reviews: {name}")
                urls = (f"{self.stack.base_url}{case.path}", f"{bare_url}/{number}")
                rounds = await alternate(
                    urls, case.token, pids, rounds=self.arguments.rounds, seconds=self.arguments.seconds
                )
                alone = await self._alone(case)
                self._keep(name, _of_reads(len(statements[name]), rounds, alone))

    async def change(self, name: str, change: Change) -> Json:
        """Measure a change, then make it for good."""
        progress(f"{self.crowd.size:,} reviews: {name}")
        self._keep(name, _of_changes(await replay(self.state, self.connection, change, rounds=self.arguments.rounds)))
        async with client_of(self.state) as client:
            reply = await client.request(change.method, change.path, json=change.body, headers=change.headers)
        found: Json = ok(reply)
        return found

    async def token_of(self, person_id: UUID) -> str:
        """Of somebody who signs in without a password."""
        if person_id not in self.tokens:
            self.tokens[person_id] = await sign_in(self.state, self.crowd.company_id, person_id)
        return self.tokens[person_id]

    async def _capture(self, cases: Mapping[str, Read]) -> dict[str, list[Statement]]:
        found = {}
        async with client_of(self.state) as client:
            for name, case in cases.items():
                with noted() as sent:
                    ok(await client.get(case.path, headers={"Authorization": f"Bearer {case.token}"}))
                found[name] = [Statement(one.sql, one.values) for one in sent]
        return found

    async def _alone(self, case: Read) -> list[float]:
        """Seconds of requests that come one after the other."""
        seconds = []
        headers = {"Authorization": f"Bearer {case.token}"}
        async with AsyncClient(base_url=self.stack.base_url, headers=headers, timeout=60, trust_env=False) as client:
            for _ in range(max(5, self.arguments.rounds)):
                started = time.perf_counter()
                ok(await client.get(case.path))
                seconds.append(time.perf_counter() - started)
        return seconds

    def _keep(self, name: str, figures: Figures) -> None:
        self.table.setdefault(name, {})[self.crowd.size] = figures


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=100, help="reviews of the first round")
    parser.add_argument("--reviews", type=int, default=10_000, help="reviews of the other one")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each side of a round of reads")
    arguments = parser.parse_args()
    clean_up_when_terminated()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    table: Table = {}
    with (
        tempfile.TemporaryDirectory(prefix="attain-benchmark-") as folder,
        postgres_server(durable=True) as postgres_url,
        redis_server() as redis_url,
    ):
        for size in (arguments.few, arguments.reviews):
            with running_stack(postgres_url, redis_url, Path(folder) / f"{size}", workers=0) as stack:
                if not table:
                    describe(stack)
                asyncio.run(measure(stack, size, arguments, table))
    show(table)


async def measure(stack: Stack, size: int, arguments: argparse.Namespace, table: Table) -> None:
    """A round from its opening to its end."""
    async with application(stack) as state:
        connection = await connect(stack)
        bench = await build(stack, state, connection, size, arguments, table)
        hr = bench.hr.headers
        await bench.change("open", Change("POST", f"{bench.path}/actions/open", {}, hr))
        await spread_reviews(connection, bench.crowd, UUID(bench.round_id), due_on=business_day() - timedelta(1))
        await bench.read(await lists(bench))
        await judge_reviews(connection, bench.crowd, UUID(bench.round_id))
        await bench.read(await reviews(bench))
        await calibrate(bench)
        await close_reviews(connection, bench.crowd, UUID(bench.round_id))
        await bench.change("close", Change("POST", f"{bench.path}/actions/close", None, hr))
        await connection.close()


async def build(
    stack: Stack,
    state: ApiState,
    connection: asyncpg.Connection,
    size: int,
    arguments: argparse.Namespace,
    table: Table,
) -> Bench:
    """A company, somebody of HR, a crowd with its goals, and a draft of a round."""
    started = time.perf_counter()
    company = await make_company(state)
    hr = await make_member(state, company, roles=("hr", "employee"))
    async with client_of(state) as client:
        body = {"kind": "quarter", "name": "2026 Q3", "starts_on": "2026-07-01"}
        cycle = created(await client.post("/v1/cycles", json=body, headers=company.headers))
        crowd = Crowd(company.company_id, UUID(cycle["id"]), size, new_id())
        await make_crowd(connection, crowd)
        bench = Bench(stack, state, connection, crowd, hr, arguments, table)
        bench.round_id = (await make_round(client, hr, cycle["id"]))["id"]
    progress(f"{size:,} people in {len(crowd.departments)} departments, {time.perf_counter() - started:.1f} s")
    return bench


async def lists(bench: Bench) -> dict[str, Read]:
    """What is asked while people assess: by HR, by a head of many, by a team lead."""
    crowd, hr = bench.crowd, bench.hr.token
    head, lead = [await bench.token_of(person_id) for person_id in (crowd.head_id, crowd.lead_id)]
    of_round = f"/v1/reviews?review_cycle_id={bench.round_id}"
    return {
        "list of 50, HR": Read(of_round, hr),
        "list of 50, head": Read(of_round, head),
        "list, lead": Read(of_round, lead),
        "list mine, HR": Read(f"{of_round}&mine=true", hr),
        "list mine, lead": Read("/v1/reviews?mine=true", lead),
        "list overdue, HR": Read(f"{of_round}&overdue=true", hr),
        "board, HR": Read(f"{bench.path}/progress", hr),
        "board, head": Read(f"{bench.path}/progress", head),
    }


async def reviews(bench: Bench) -> dict[str, Read]:
    """What is asked at calibration: one review by all sides, and the groups."""
    crowd, hr = bench.crowd, bench.hr.token
    head, lead, own = [await bench.token_of(one) for one in (crowd.head_id, crowd.lead_id, crowd.member_id)]
    review_id = await bench.connection.fetchval(
        "SELECT id FROM reviews WHERE company_id = $1 AND person_id = $2", crowd.company_id, crowd.member_id
    )
    group_id = await _group_of(bench)
    one, calibration = f"/v1/reviews/{review_id}", f"{bench.path}/calibration"
    return {
        "review, HR": Read(one, hr),
        "review, its manager": Read(one, lead),
        "review, own": Read(one, own),
        "list mine, HR, calibration": Read(f"/v1/reviews?review_cycle_id={bench.round_id}&mine=true", hr),
        "list mine, head, calibration": Read("/v1/reviews?mine=true", head),
        "calibration, HR": Read(calibration, hr),
        "calibration, head": Read(calibration, head),
        "calibration, one group": Read(f"{calibration}?group_id={group_id}", hr),
        "rater statistics": Read(f"{bench.path}/rater-statistics", hr),
    }


async def _group_of(bench: Bench) -> str:
    """The calibration group of the lead's department, or the only one."""
    async with client_of(bench.state) as client:
        groups = ok(await client.get(f"{bench.path}/calibration", headers=bench.hr.headers))["items"]
    return str(groups[len(groups) // 2]["group_id"])


async def calibrate(bench: Bench) -> None:
    """Ratings of a hundred, then a group locked in spite of violations and published."""
    hr, calibration = bench.hr.headers, f"{bench.path}/calibration"
    rows = await bench.connection.fetch(
        "SELECT id, suggested_rating FROM reviews WHERE company_id = $1 AND review_cycle_id = $2 ORDER BY id LIMIT $3",
        bench.crowd.company_id,
        UUID(bench.round_id),
        RATED,
    )
    ratings = [
        {
            "review_id": str(row["id"]),
            "rating": "3" if row["suggested_rating"] != Decimal(3) else "3.25",
            "reason": "调整",
        }
        for row in rows
    ]
    await bench.change(f"ratings of {RATED}", Change("PUT", f"{calibration}/ratings", ratings, hr))
    body = {"group_id": await _group_of(bench), "exception": "业绩突出"}
    await bench.change("lock, the first", Change("POST", f"{calibration}/lock", body, hr))
    await bench.change("publish", Change("POST", f"{calibration}/publish", body, hr))


async def sign_in(state: ApiState, company_id: UUID, person_id: UUID) -> str:
    """An account for somebody who is there, and a token of it."""
    account = Account(id=new_id(), email=f"{person_id}@example.com", password_hash=password_hash())
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add(account)
        await uow.session.flush()
        uow.session.add(
            Membership(account_id=account.id, company_id=company_id, person_id=person_id, accepted_at=utc_now())
        )
        await uow.session.flush()
        session_id = add_session(uow, account_id=account.id, company_id=company_id)
    key = state.settings.secret_key.get_secret_value()
    return sign_access_token(Claims(account.id, company_id, session_id), key=key, now=utc_now(), seconds=HOUR)


def _of_reads(statements: int, rounds: list[tuple[Load, Load]], alone: list[float]) -> Figures:
    ratios = [ours.requests_per_second / floor.requests_per_second for ours, floor in rounds]
    return Figures(statements, [seconds * 1000 for seconds in alone], ratios)


def _of_changes(replayed: Replayed) -> Figures:
    ratios = [bare / ours for ours, bare in zip(replayed.ours, replayed.bare, strict=True)]
    return Figures(replayed.statements, [seconds * 1000 for seconds in replayed.ours], ratios)


def show(table: Table) -> None:
    """Statements, milliseconds of a request alone, and how near to the floor: medians, and between what they lie."""
    sizes = sorted({size for figures in table.values() for size in figures})
    print("\n" + " " * 29 + "".join(f"{f'{size:,} reviews: statements, ms, ratio':^58}" for size in sizes))
    for name, figures in table.items():
        print(f"{name:29}" + "".join(f"{_cell(figures[size]):58}" for size in sizes).rstrip())


def _cell(figures: Figures) -> str:
    times, ratios = figures.milliseconds, figures.ratios
    span = f"({min(times):.1f} to {max(times):.1f})"
    near = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return f"{figures.statements:3} {statistics.median(times):9.1f} {span:20} {near}"


def progress(text: str) -> None:
    """Where the run is."""
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
