"""The database is destroyed, and comes back from its back-ups as it was at an instant: nothing more, nothing less."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from uuid import UUID

import pytest

from deploy.local.ports import HOST
from deploy.local.process import StartError
from deploy.local.servers import Postgres
from tests.support.database import Database
from tests.support.killable import own_redis
from tests.support.stack import CHECKOUT, Stack, stack_on, wait_until
from tests.support.standby import PROGRAMS, folder_of, promote, run_beside, standby_of
from tests.support.story import Company, Connector, Row, make_company, metric_indicator

SCRIPTS = CHECKOUT / "deploy" / "backup"
IN_PASSING = {"installation_samples"}
"""What is written by the clock, whatever is pushed."""


@dataclass(frozen=True)
class Site:
    """A server of our own that archives its log, and Attain over it."""

    postgres: Postgres
    stack: Stack
    backups: Path

    def verify(self, *whats: str) -> None:
        """`attain-admin … verify` as processes; one ends with 1 where something is not as it was written."""
        program = [sys.executable, "-m", "attain_api.cli"]
        running = [
            subprocess.Popen([*program, what, "verify"], env=self.stack.api.env, cwd=CHECKOUT, stdout=subprocess.PIPE)
            for what in whats
        ]
        for one in running:
            said, _ = one.communicate()
            assert one.returncode == 0, said.decode()

    def counts(self) -> dict[str, int]:
        """The rows of each table."""
        with self.stack.database() as database:
            tables = database.rows(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "AND relkind IN ('r', 'p') AND NOT relispartition"
            )
            return {
                name: database.value(f'SELECT count(*) FROM "{name}"') for (name,) in tables if name not in IN_PASSING
            }


@pytest.fixture
def backups() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="attain-restored-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "backups"


@pytest.fixture
def postgres(backups: Path) -> Iterator[Postgres]:
    """A server that archives its log into `backups`."""
    with Postgres(backups.with_name("server"), durable=False) as server:
        archive(server, folder_of(server, backups))
        yield server


@pytest.fixture
def site(postgres: Postgres, backups: Path) -> Iterator[Site]:
    with own_redis() as queue, stack_on(postgres.url, queue.url, backups.with_name("stack")) as stack:
        yield Site(postgres, stack, backups)


def run_script(postgres: Postgres, script: str, *arguments: str) -> None:
    """One of the scripts, beside the server and as its user."""
    run_beside(
        postgres,
        "/bin/sh",
        str(SCRIPTS / script),
        *arguments,
        PGHOST=HOST,
        PGPORT=str(postgres.port),
        PGUSER="attain",
        PGPASSWORD=postgres.password,
        PGDATA=str(postgres.folder),
    )


def archive(postgres: Postgres, backups: Path) -> None:
    """As the composed deployment does."""
    command = f'PATH="{PROGRAMS}:$PATH" sh {SCRIPTS}/archive.sh {backups} "%p" %f'
    with Database(postgres.url) as database:
        database.rows("ALTER SYSTEM SET archive_mode = on")
        database.rows(f"ALTER SYSTEM SET archive_command = '{command}'")
    postgres.stop()
    postgres.start()


@pytest.mark.timeout(120)
def test_a_destroyed_database_comes_back_as_it_was_at_an_instant(site: Site) -> None:
    company = make_company(site.stack.base_url)
    shop = company.make_shop("kept")
    company.make_goal(company.make_cycle("year", "2025-01-01"), [metric_indicator("gmv", [shop], "1000000")])
    with company.admin, company.make_connector([shop]) as connector:
        first = push(connector, company, 1)
        run_script(site.postgres, "base.sh", str(site.backups))
        second = push(connector, company, 2)
        wait_until(lambda: not site.counts()["goal_marks"], what="all to be computed")
        before, instant = site.counts(), now(site.postgres)
        third = push(connector, company, 3)
        company.make_shop("too late")
        wait_until_archived(site.postgres)
    (base,) = site.backups.glob("*/base/*")
    site.stack.stop()
    site.postgres.stop_immediately()
    lose(site.postgres)
    began = time.monotonic()
    run_script(site.postgres, "restore.sh", str(base), instant.isoformat())
    site.postgres.start()
    took = time.monotonic() - began
    assert site.counts() == before
    with site.stack.database() as database:
        found = {row["id"] for row in database.rows("SELECT id FROM metric_batches WHERE company_id = $1", company.id)}
        shops = database.value("SELECT count(*) FROM shops WHERE company_id = $1", company.id)
    assert first in found
    assert second in found
    assert third not in found
    assert shops == 1
    site.verify("audit", "months")
    print(f"\nrestored {sum(before.values()):,} rows of {len(before)} tables to {instant:%H:%M:%S.%f} in {took:.1f} s")


@pytest.mark.timeout(120)
def test_one_who_chose_the_wrong_instant_can_choose_again(postgres: Postgres, backups: Path) -> None:
    def write(name: str) -> datetime:
        with Database(postgres.url) as database:
            database.rows("INSERT INTO kept VALUES ($1)", name)
        return now(postgres)

    def restored(*arguments: str) -> str:
        run_script(postgres, "restore.sh", str(base), *arguments)
        postgres.start()
        with Database(postgres.url) as database:
            names: str = database.value("SELECT string_agg(name, ' ' ORDER BY name) FROM kept")
        return names

    def destroy() -> None:
        wait_until_archived(postgres)
        postgres.stop()
        lose(postgres)

    with Database(postgres.url) as database:
        database.rows("CREATE TABLE kept (name text)")
    run_script(postgres, "base.sh", str(backups))
    (base,) = backups.glob("*/base/*")
    early, wanted = write("a").isoformat(), write("b").isoformat()
    write("c")
    destroy()
    assert restored(early) == "a"
    write("d")
    destroy()
    for instant in (wanted, ""):
        with pytest.raises(StartError, match="name the TIMELINE"):
            run_script(postgres, "restore.sh", str(base), instant)
    assert restored(wanted, "1") == "a b"
    destroy()
    assert restored("", "1") == "a b c"
    destroy()
    assert restored("", "2") == "a d"
    said = (postgres.data_dir / "logs" / "programs.log").read_text()
    assert "timeline 2 left timeline 1" in said
    assert ", on timeline 3" in said


def test_a_failover_leaves_nothing_to_choose(postgres: Postgres, backups: Path) -> None:
    with Database(postgres.url) as database:
        database.rows("CREATE TABLE kept (name text)")
    run_script(postgres, "base.sh", str(backups))
    (base,) = backups.glob("*/base/*")
    with standby_of(postgres, backups.with_name("standby")) as standby:
        with Database(postgres.url) as database:
            database.rows("SET synchronous_commit = on")
            database.rows("INSERT INTO kept VALUES ('before')")
        with pytest.raises(StartError, match="takes no writes"):
            run_script(standby, "base.sh", str(backups))
        postgres.stop_immediately()
        promote(standby)
        with Database(standby.url) as database:
            database.rows("INSERT INTO kept VALUES ('after')")
        instant = now(standby).isoformat()
        with Database(standby.url) as database:
            database.rows("INSERT INTO kept VALUES ('too late')")
        wait_until_archived(standby)
    lose(postgres)
    run_script(postgres, "restore.sh", str(base), instant)
    postgres.start()
    with Database(postgres.url) as database:
        assert database.value("SELECT string_agg(name, ' ') FROM kept") == "before after"


def test_an_instant_without_its_offset_is_refused(postgres: Postgres, backups: Path) -> None:
    run_script(postgres, "base.sh", str(backups))
    (base,) = backups.glob("*/base/*")
    postgres.stop()
    lose(postgres)
    for instant in ("2026-11-22 21:05:00", "2026-11-22", "yesterday 21:05 +08"):
        with pytest.raises(StartError, match="needs the offset"):
            run_script(postgres, "restore.sh", str(base), instant)


def test_an_archive_that_has_gone_is_not_begun_anew(postgres: Postgres, backups: Path) -> None:
    wait_until_archived(postgres)
    (system,) = backups.iterdir()
    rmtree(system)
    with Database(postgres.url) as database:
        database.rows("CREATE TABLE kept (name text)")
        database.rows("SELECT pg_switch_wal()")
        wait_until(lambda: bool(database.value("SELECT failed_count > 0 FROM pg_stat_archiver")), what="the failure")
    with pytest.raises(StartError, match="is its disk mounted"):
        run_script(postgres, "base.sh", str(backups))
    assert not list(backups.iterdir())


def lose(postgres: Postgres) -> None:
    """Its files."""
    rmtree(postgres.folder)
    folder_of(postgres, postgres.folder)


def push(connector: Connector, company: Company, month: int) -> UUID:
    """The first four weeks of a month; the batch, once it is done."""
    rows: list[Row] = [
        {"shop": "tmall:kept", "metric": metric, "bucket": f"2025-{month:02}-{day:02}", "value": f"{day}"}
        for metric in ("gmv", "uv", "order_count")
        for day in range(1, 29)
    ]
    receipt = connector.push(rows)
    company.wait_until_done()
    return UUID(receipt["id"])


def now(postgres: Postgres) -> datetime:
    """This instant, by the database's clock; what comes next comes later."""
    with Database(postgres.url) as database:
        instant: datetime = database.value("SELECT clock_timestamp() FROM pg_sleep(0.01)")
    return instant


def wait_until_archived(postgres: Postgres) -> None:
    """Until the log has been kept up to this instant, which `archive_timeout` sees to within a minute."""
    with Database(postgres.url) as database:
        name = database.value("SELECT pg_walfile_name(pg_switch_wal())")
        kept = "SELECT last_archived_wal >= $1 FROM pg_stat_archiver"
        wait_until(lambda: bool(database.value(kept, name)), seconds=20, what="the log to be archived")
