"""What goals cost to compute (P8, P9): `python -m tests.benchmarks.attainment`, or `make bench-attainment`.

P8: every goal of a company anew, by the worker's own recompute, against one hand-written statement over the rows. P9: what
one batch costs, taking it in and recomputing apart, in a company with few and in one with many goals. 50 million facts
take 13 GB and some twenty minutes to load.
"""

import argparse
import asyncio
import cProfile
import pstats
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import structlog
from pydantic import SecretStr

from attain_shared.clock import business_day
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import MemoryDoorbell
from attain_worker.attainment.service import Recompute
from attain_worker.curves.wanted import WantedCurves
from attain_worker.ingestion.service import Ingestion
from attain_worker.main import collect_rarely
from attain_worker.settings import WorkerSettings
from tests.benchmarks import attainment_batches, attainment_floor
from tests.benchmarks.facts_at_scale import History, first_day_for, load_facts
from tests.benchmarks.freshness import describe
from tests.benchmarks.goals_at_scale import make_goals, mark_goals, quarters
from tests.benchmarks.installation import clean_up_when_terminated, connect
from tests.support.servers import postgres_server, redis_server
from tests.support.stack import Stack, running_stack
from tests.support.story import make_company

BYTES_A_FACT = 400
LONG = 90.0
"""Seconds of a full recompute from which on the later rounds are of a part of the goals."""
PART = 45.0
"""Seconds that such a part is to take."""
PROFILED = 40
SLOW_STATEMENT_MS = 600_000

_LAST_MARK = "SELECT max(generation) FROM goal_marks WHERE company_id = $1"
_IS_MARKED = "SELECT EXISTS (SELECT FROM goal_marks WHERE company_id = $1 AND generation <= $2)"


@dataclass(frozen=True)
class Bench:
    """The servers, a connection beside the services, and a worker in this process."""

    stack: Stack
    connection: asyncpg.Connection
    ingestion: Ingestion
    recompute: Recompute
    many: UUID
    """The company with many goals."""
    few: UUID


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=50_000_000)
    parser.add_argument("--goals", type=int, default=100_000)
    parser.add_argument("--few-goals", type=int, default=1_000, help="goals of the other company")
    parser.add_argument("--shops", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=10, help="of each kind and company, a round")
    parser.add_argument("--profile", action="store_true", help="profile the recompute, and measure nothing else")
    arguments = parser.parse_args()
    if arguments.shops < attainment_batches.FEWEST_SHOPS:
        parser.error(f"at least {attainment_batches.FEWEST_SHOPS} shops")
    clean_up_when_terminated()
    needed, free = arguments.facts * BYTES_A_FACT, shutil.disk_usage(tempfile.gettempdir()).free
    if free < needed:
        parser.error(f"{arguments.facts:,} facts need {needed / 1e9:.0f} GB, and there are {free / 1e9:.0f}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with (
        tempfile.TemporaryDirectory(prefix="attain-benchmark-") as folder,
        postgres_server(durable=True) as postgres_url,
        redis_server() as redis_url,
        running_stack(postgres_url, redis_url, Path(folder), workers=0, env={"ATTAIN_SWEEP_SECONDS": "0.05"}) as stack,
    ):
        describe(stack)
        asyncio.run(measure(stack, arguments))


async def measure(stack: Stack, arguments: argparse.Namespace) -> None:
    """Load, then P8 and P9; or a profile of the recompute."""
    async with running_bench(stack, arguments) as bench:
        collect_rarely()
        if arguments.profile:
            await show_profile(bench, arguments.goals)
            return
        await measure_full(bench, arguments)
        await attainment_batches.measure(
            bench.connection,
            bench.ingestion,
            bench.recompute,
            attainment_batches.Companies(bench.many, bench.few),
            rounds=arguments.rounds,
            batches=arguments.batches,
        )


@asynccontextmanager
async def running_bench(stack: Stack, arguments: argparse.Namespace) -> AsyncIterator[Bench]:
    """Two companies with shops, facts and goals, and a worker as its process has it."""
    many, few = [UUID(make_company(stack.base_url).id) for _ in range(2)]
    settings = WorkerSettings(
        database_url=SecretStr(stack.database_url),
        redis_url=SecretStr(stack.redis_url),
        statement_timeout_ms=SLOW_STATEMENT_MS,
    )
    engine = create_engine(settings, application="benchmark", plan_cache_mode="force_custom_plan")
    sessions, connection, today = create_sessions(engine), await connect(stack), business_day()
    earliest = quarters(quarters(today)[0].starts_on)[0].starts_on  # growth is against the quarter before
    first = first_day_for(arguments.facts, arguments.shops, today=today, no_later=earliest)
    await load_facts(
        connection,
        [History(many, arguments.shops, first, today), History(few, arguments.shops, earliest, today)],
    )
    for company_id, goals in ((many, arguments.goals), (few, arguments.few_goals)):
        crowd = attainment_batches.crowd_of(company_id, goals, arguments.shops)
        await make_goals(connection, sessions, crowd, today=today)
    print(f"facts since {first}, goals in {' and '.join(str(one.starts_on) for one in quarters(today))}", flush=True)
    yield Bench(
        stack=stack,
        connection=connection,
        ingestion=Ingestion(sessions, MemoryDoorbell(), claim_rows=settings.claim_rows, alone_first=0),
        recompute=Recompute(sessions, MemoryDoorbell(), claim_goals=settings.claim_goals, wanted_curves=WantedCurves()),
        many=many,
        few=few,
    )
    await connection.close()
    await engine.dispose()


async def measure_full(bench: Bench, arguments: argparse.Namespace) -> None:
    """P8: in turns the worker's recompute in this process, one and two worker processes, and the statement."""
    goals = arguments.goals
    await attainment_floor.prepare(bench.connection)
    rates: dict[str, list[float]] = {}
    cpu: list[float] = []
    for number in range(arguments.rounds):
        used = time.process_time()
        seconds = await in_process(bench, goals)
        cpu.append((time.process_time() - used) / goals * 1000)
        rates.setdefault("in this process", []).append(goals / seconds)
        if number == 0:
            goals = part_of(goals, seconds)
        for workers in (1, 2):
            seconds = await by_workers(bench, goals, workers)
            rates.setdefault(f"{workers} worker process{'es' * (workers > 1)}", []).append(goals / seconds)
        for how in attainment_floor.STATEMENTS:
            seconds = await attainment_floor.run(bench.connection, bench.many, how)
            rates.setdefault(f"statement, rows {how}", []).append(arguments.goals / seconds)
        progress(f"full recompute: round {number + 1} of {arguments.rounds}")
    floors = [statistics.median(rates[f"statement, rows {how}"]) for how in attainment_floor.STATEMENTS]
    for name, each in rates.items():
        ratios = " and ".join(f"{statistics.median(each) / floor:.2f}" for floor in floors)
        print(f"P8 {name:24} {spread(each)} goals/s   ratio to rows once and for each: {ratios}", flush=True)
    print(f"P8 CPU of Python a goal {statistics.median(cpu):.2f} ms ({min(cpu):.2f} … {max(cpu):.2f})")
    await attainment_floor.compare(bench.connection, bench.many)


def part_of(goals: int, seconds: float) -> int:
    """How many goals the later rounds are of."""
    if seconds <= LONG:
        return goals
    part = max(1, int(goals * PART / seconds))
    print(
        f"P8: all {goals:,} goals took {seconds:.0f} s; the rounds after the first are of {part:,} of them", flush=True
    )
    return part


async def in_process(bench: Bench, goals: int) -> float:
    """Seconds to recompute marked goals, claim by claim."""
    await mark_goals(bench.connection, bench.many, goals)
    return await seconds_of(lambda: recompute_all(bench.recompute, bench.many))


async def by_workers(bench: Bench, goals: int, workers: int) -> float:
    """The same by real processes, from the marks to the last attainment; one at a time has the company's marks."""
    with bench.stack.more_workers(workers):
        started = time.perf_counter()
        await mark_goals(bench.connection, bench.many, goals)
        last = await bench.connection.fetchval(_LAST_MARK, bench.many)
        # goals that get a curve meanwhile are marked anew, which is not what is measured
        while await bench.connection.fetchval(_IS_MARKED, bench.many, last):  # noqa: ASYNC110  # another process ends it
            await asyncio.sleep(0.05)
        return time.perf_counter() - started


async def recompute_all(recompute: Recompute, company_id: UUID) -> None:
    """Claim after claim, as a worker does that nothing else waits for, until no mark is left."""
    while await recompute.recompute_at_leisure(company_id):
        pass


async def seconds_of(run: Callable[[], Awaitable[object]]) -> float:
    """How long something takes."""
    started = time.perf_counter()
    await run()
    return time.perf_counter() - started


async def show_profile(bench: Bench, goals: int) -> None:
    """The recompute of all goals: once to warm up, once without the profiler's own cost, then function by function."""
    for what in ("cold", "warm"):
        used = time.process_time()
        seconds = await in_process(bench, goals)
        cpu = (time.process_time() - used) / goals * 1000
        print(
            f"{goals:,} goals recomputed in {seconds:.2f} s, {goals / seconds:,.0f} goals/s, {cpu:.2f} ms of CPU each ({what})"
        )
    profile = cProfile.Profile()
    profile.enable()
    await in_process(bench, goals)
    profile.disable()
    for order in ("cumulative", "tottime"):
        pstats.Stats(profile, stream=sys.stdout).sort_stats(order).print_stats(PROFILED)


def spread(values: Iterable[float]) -> str:
    """The median, and what the values lie between."""
    every = list(values)
    return f"{statistics.median(every):9,.0f} ({min(every):,.0f} … {max(every):,.0f})"


def progress(text: str) -> None:
    """Where the run is."""
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
