"""The faults F1 to F10 of reliability.md, as they concern ingestion, each under pushes (ING-4, ING-5).

Every function breaks something, lets it be for a while, mends it and says when it was over.
"""

import contextlib
import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import OutOfMemoryError
from sqlalchemy.engine import make_url

from tests.support.database import Database
from tests.support.failpoints import FAILPOINT, FAILPOINTS, POISON, POISONING, POISONS
from tests.support.killable import Killable, Pausable
from tests.support.proxy import Wire, wire_to
from tests.support.stack import Stack, wait_until
from tests.support.trial import HEADER, Finding, Trial, api_instead, trial, worker_instead

BREAKABLE = "tests.support.failpoints"
IMPATIENT = {"ATTAIN_STATEMENT_TIMEOUT_MS": "2000", "ATTAIN_IDLE_IN_TRANSACTION_TIMEOUT_MS": "2000"}
"""By default it takes half a minute until a dead connection is given up."""
FULL = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE 'No space left on device' USING ERRCODE = 'disk_full'; END $$
"""


@dataclass(frozen=True)
class Site:
    """Servers of our own, since these are killed, and Attain over them."""

    postgres: Killable
    redis: Pausable
    stack: Stack

    def queue(self) -> Redis:
        """A connection to Redis; close it."""
        return Redis.from_url(self.stack.redis_url)

    def another_queue(self) -> str:
        """Where nobody else rings or listens."""
        return make_url(self.stack.redis_url).set(database="9").render_as_string(hide_password=False)


Injection = Callable[[Site, Trial], None]


def withstand(site: Site, name: str, fault: Injection) -> None:
    """Break something under pushes: nothing acknowledged is lost or doubled, nothing answered as if it were a bug."""
    findings: list[Finding] = []
    with trial(site.stack, name, findings) as running:
        fault(site, running)
    (finding,) = findings
    print(f"\n{HEADER}\n{finding}")
    assert (finding.lost, finding.doubled) == (0, 0)
    assert "500" not in finding.refused


def worker_killed_at(point: str) -> Injection:
    """F1: kill -9 right behind a named place; another worker is started then."""

    def inject(site: Site, trial: Trial) -> None:
        with worker_instead(site.stack, BREAKABLE, **{FAILPOINT: f"{point}:3"}) as dying:
            wait_until(lambda: not dying.process.running, seconds=20, what=f"its death at {point}")
            trial.over()
            assert dying.process.popen.returncode == -signal.SIGKILL, dying.log_text()

    return inject


def api_killed(site: Site, trial: Trial) -> None:
    """F2: kill -9 of the API while pushes are under way."""
    for _ in range(3):
        site.stack.api.kill()
        site.stack.start_api()
        trial.wait_for_pushes()
    trial.over()


def rings_dropped(seconds: float) -> Injection:
    """F3: the API rings where nobody listens."""

    def inject(site: Site, trial: Trial) -> None:
        with api_instead(site.stack, ATTAIN_REDIS_URL=site.another_queue()):
            first = len(trial.pushes.acknowledged)
            trial.go_on(seconds)
            trial.over()
            trial.note = f"{len(trial.pushes.acknowledged) - first} pushes without a ring"

    return inject


def redis_killed(site: Site, trial: Trial) -> None:
    """F4."""
    site.redis.stop_immediately()
    trial.go_on(3)
    site.redis.start()
    trial.over()


def redis_flushed(site: Site, trial: Trial) -> None:
    """F4: FLUSHALL, ten times a second."""
    with site.queue() as queue:
        for _ in range(30):
            queue.flushall()
            trial.go_on(0.1)
    trial.over()


def redis_paused(seconds: float) -> Injection:
    """F4: it takes connections and says nothing."""

    def inject(site: Site, trial: Trial) -> None:
        site.redis.pause()
        trial.go_on(seconds)
        site.redis.resume()
        trial.over()

    return inject


def redis_out_of_memory(site: Site, trial: Trial) -> None:
    """F4: every write is refused."""
    with site.queue() as queue:
        queue.config_set("maxmemory", "1")
        with contextlib.suppress(OutOfMemoryError):
            queue.set("more", "than it has")
            raise AssertionError("it has memory")
        trial.go_on(3)
        queue.config_set("maxmemory", "0")
    trial.over()


def postgres_stopped(site: Site, trial: Trial) -> None:
    """F5: stopped as a crash would, twice."""
    for down in (1.0, 0.2):
        site.postgres.stop_immediately()
        trial.go_on(down)
        site.postgres.start()
        trial.over()
        trial.wait_for_pushes()


def backend_ended(site: Site, trial: Trial) -> None:
    """F5: the server ends the connections of the worker and of the API, again and again."""
    ended = 0
    with site.stack.database() as database:
        for _ in range(20):
            ended += len(
                database.rows(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            trial.go_on(0.1)
    trial.over()
    trial.note = f"{ended} connections ended"


def backend_killed(site: Site, trial: Trial) -> None:
    """F5: kill -9 of one backend, at which PostgreSQL starts all over; of a server that runs on this host."""
    with site.stack.database() as database:
        pid = database.value(
            "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'attain-worker %' "
            "AND datname = current_database() LIMIT 1"
        )
    os.kill(pid, signal.SIGKILL)
    trial.over()
    trial.wait_for_pushes()


@contextmanager
def wired_worker(site: Site, **env: str) -> Iterator[Wire]:
    """A worker that reaches PostgreSQL by a wire."""
    url = make_url(site.stack.database_url).set(drivername="postgresql")
    assert url.host is not None
    assert url.port is not None
    with wire_to(url.host, url.port) as wire:
        wired = url.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
        with worker_instead(site.stack, ATTAIN_DATABASE_URL=wired, **env):
            yield wire


def connection_cut(times: int) -> Injection:
    """F6: reset in the middle of what a claim sends."""

    def inject(site: Site, trial: Trial) -> None:
        with wired_worker(site) as wire:
            for turn in range(times):
                wire.cut_after = 20_000 + 7_777 * turn
                wait_until(lambda turn=turn: wire.cuts > turn, seconds=20)  # type: ignore[misc]
            trial.over()
            trial.go_on(3)
        trial.note = f"{wire.cuts} connections cut"

    return inject


def connection_dead(site: Site, trial: Trial) -> None:
    """F6: nothing comes through any more, and nobody says so; new connections do."""
    with wired_worker(site, **IMPATIENT) as wire:
        trial.go_on(1)
        wire.go_dead()
        trial.over()
        trial.go_on(5)
    trial.note = "given up after the 2 s it was set to (30 s by default)"


def more_workers(count: int, seconds: float) -> Injection:
    """F7: several workers on one hot shop, whose restatements come in any order."""

    def inject(site: Site, trial: Trial) -> None:
        with site.stack.more_workers(count - 1):
            trial.go_on(seconds)
            trial.over()

    return inject


def poison(kind: str) -> Injection:
    """F8: one batch that no worker survives, or gets done; the others go on meanwhile."""

    def inject(site: Site, trial: Trial) -> None:
        rows = [{**row, "value": POISON} for row in trial.some_rows()]
        with (
            worker_instead(site.stack, BREAKABLE, **{POISONING: kind, **IMPATIENT}) as worker,
            site.stack.database() as database,
        ):
            receipt = trial.push(rows, key="poison")
            began, deaths = time.monotonic(), 0
            while not is_failed(database, trial, receipt["id"]):
                assert time.monotonic() - began < 90, worker.log_text()[-3000:]
                if not worker.process.running:
                    deaths += 1
                    site.stack.start_worker(worker)
                let_time_pass(database, trial)
                time.sleep(0.05)
            took = time.monotonic() - began
        trial.company.admin.act(f"/v1/metric-batches/{receipt['id']}", "replay")
        trial.over()
        replayed = replay_given_up(trial)
        trial.note = f"put aside after {took:.1f} s and {deaths} deaths, then replayed with {replayed} sound ones"

    return inject


def is_failed(database: Database, trial: Trial, batch_id: str) -> bool:
    """Whether a batch was put aside."""
    statement = "SELECT state = 'failed' FROM metric_batches WHERE company_id = $1 AND id = $2"
    return bool(database.value(statement, trial.company.id, batch_id))


def let_time_pass(database: Database, trial: Trial) -> None:
    """What waits for its next try need not wait as long as it would."""
    due = "UPDATE metric_batches SET due_at = now() WHERE company_id = $1 AND state = 'stored' AND due_at > now()"
    database.rows(due, trial.company.id)


def replay_given_up(trial: Trial) -> int:
    """Replay the sound batches that met the death of a worker five times; how many there were."""
    given_up = trial.company.batches(state="failed")
    for batch in given_up:
        trial.company.admin.act(f"/v1/metric-batches/{batch['id']}", "replay")
    return len(given_up)


def transaction_left_open(seconds: float) -> Injection:
    """F9: the vacuum is held back all the time; how long pushes take to be done at first and at last."""

    def inject(site: Site, trial: Trial) -> None:
        with site.stack.database() as elsewhere, site.stack.database() as database:
            elsewhere.rows("BEGIN ISOLATION LEVEL REPEATABLE READ")
            elsewhere.rows("SET LOCAL idle_in_transaction_session_timeout = 0")
            elsewhere.rows("SELECT count(*) FROM metric_batches WHERE company_id = $1", trial.company.id)
            trial.go_on(seconds)
            trial.over()
            times = [
                float(row["seconds"])
                for row in database.rows(
                    "SELECT extract(epoch FROM processed_at - stored_at) AS seconds FROM metric_batches "
                    "WHERE company_id = $1 AND state = 'done' ORDER BY id",
                    trial.company.id,
                )
            ]
            elsewhere.rows("ROLLBACK")
        third = len(times) // 3
        first, last = statistics.median(times[:third]), statistics.median(times[-third:])
        trial.note = f"from stored to done {first * 1000:.0f} ms (first third), {last * 1000:.0f} ms (last third)"

    return inject


def disk_full(site: Site, trial: Trial) -> None:
    """F10, as the server says it when it finds no room; `tests.faults.disk` fills a real disk."""
    with full_disk(site.stack):
        trial.go_on(1)
        taken = len(trial.pushes.acknowledged)
        trial.go_on(1)
        refused = trial.connector.push_once(trial.some_rows(), key="no room")
        assert len(trial.pushes.acknowledged) == taken
    trial.over()
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    with site.stack.database() as database:
        statement = "SELECT count(*) FROM batch_keys WHERE company_id = $1 AND key = 'no room'"
        assert database.value(statement, trial.company.id) == 0, "half a push is stored"


@contextmanager
def full_disk(stack: Stack) -> Iterator[None]:
    """Nothing can be written to the inbox, nor to the facts."""
    with stack.database() as database:
        database.rows(FULL)
        for table in ("metric_batches", "observations"):
            database.rows(f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION refuse()")
        try:
            yield
        finally:
            database.rows("DROP FUNCTION refuse CASCADE")


def of_ingestion(*, long: bool) -> dict[str, Injection]:
    """Every fault, by what it is called; the long ones last as long as reliability.md says."""
    return {
        **{f"F1 worker killed at {point}": worker_killed_at(point) for point in FAILPOINTS},
        "F2 API killed, three times": api_killed,
        "F3 every ring dropped": rings_dropped(60 if long else 5),
        "F4 Redis killed": redis_killed,
        "F4 Redis flushed": redis_flushed,
        "F4 Redis paused": redis_paused(10 if long else 3),
        "F4 Redis out of memory": redis_out_of_memory,
        "F5 PostgreSQL stopped immediately, twice": postgres_stopped,
        "F5 connections ended by the server": backend_ended,
        "F5 a backend killed": backend_killed,
        "F6 connections cut": connection_cut(10 if long else 3),
        "F6 a dead connection": connection_dead,
        "F7 two workers": more_workers(2, 5),
        "F7 three workers, one hot shop": more_workers(3, 10 if long else 4),
        **{f"F8 poison: {kind}": poison(kind) for kind in POISONS},
        "F9 a transaction left open": transaction_left_open(60 if long else 6),
        "F10 no room, as the server says it": disk_full,
    }
