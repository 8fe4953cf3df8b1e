"""The database's own day of trouble, as docs/deploy.md tells it: a standby in its place, and back to an instant."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deployment import Deployment, docker, run
from tests.support.stack import wait_until


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[Deployment]:
    """The databases alone: no image of ours is needed."""
    deployment = Deployment(tmp_path, ("compose.yaml", "compose.standby.yaml"))
    deployment.make_secrets()
    try:
        start(deployment, "postgres")
        yield deployment
    finally:
        deployment.down()


def start(deployment: Deployment, service: str) -> None:
    deployment.compose("up", "--detach", "--no-deps", service)
    run("./healthy.sh", *deployment.ids(service), cwd=deployment.folder, env=deployment.env)


def script(deployment: Deployment, name: str, *arguments: str, check: bool = True) -> str:
    """What one of the scripts says; what it complains of, where it may."""
    done = run(f"./{name}", *arguments, check=check, cwd=deployment.folder, env=deployment.env)
    return done.stdout if check else done.stdout + done.stderr


def ask(deployment: Deployment, service: str, statement: str) -> str:
    return deployment.execute(service, "psql", "-U", "postgres", "-d", "attain", "-XAtqc", statement)


def lose(deployment: Deployment, service: str) -> None:
    """The container and its volume."""
    deployment.compose("rm", "--stop", "--force", service)
    docker("volume", "rm", f"{deployment.project}_{service}")


@pytest.mark.timeout(300)
def test_the_standby_has_what_was_committed_and_the_old_primary_takes_no_writes(databases: Deployment) -> None:
    script(databases, "standby.sh")
    ask(databases, "postgres", "CREATE TABLE kept AS SELECT 1 AS n")
    docker("kill", *databases.ids("postgres"))
    told = script(databases, "promote.sh")
    assert "the standby was synchronous" in told
    assert script(databases, "primary.sh") == "standby\n"
    assert ask(databases, "standby", "INSERT INTO kept VALUES (2); SELECT count(*) FROM kept") == "2"
    start(databases, "postgres")
    assert ask(databases, "postgres", "SELECT pg_is_in_recovery()") == "t"
    lose(databases, "postgres")
    databases.compose("up", "--detach", "--no-deps", "postgres")
    wait_until(lambda: "there was a database" in databases.logs("postgres"), what="the refusal to begin anew")
    script(databases, "standby.sh", "standby", "postgres")
    ask(databases, "standby", "INSERT INTO kept VALUES (3)")
    lose(databases, "standby")  # from here on nothing can fence it
    assert "no database takes writes" in script(databases, "primary.sh", check=False)
    assert "not promoted" in script(databases, "promote.sh", "standby", "postgres", check=False)
    script(databases, "promote.sh", "--i-have-fenced-it", "standby", "postgres")
    assert ask(databases, "postgres", "INSERT INTO kept VALUES (4); SELECT count(*) FROM kept") == "4"


@pytest.mark.timeout(300)
def test_a_lost_database_comes_back_as_it_was_at_an_instant(databases: Deployment) -> None:
    script(databases, "standby.sh")
    ask(databases, "postgres", "CREATE TABLE kept AS SELECT 1 AS n")
    copy = ["exec", "-T", "--user", "postgres", "postgres", "sh", "/etc/attain/backup/base.sh", "/backups", "1"]
    databases.compose(*copy)
    base = databases.compose(*copy).stdout.split()[1]
    ask(databases, "postgres", "INSERT INTO kept VALUES (2)")
    instant = ask(databases, "postgres", "SELECT clock_timestamp() FROM pg_sleep(0.01)")
    ask(databases, "postgres", "INSERT INTO kept VALUES (3); SELECT pg_switch_wal()")
    databases.compose("stop", "postgres")  # which waits until the log is archived
    lose(databases, "standby")
    lose(databases, "postgres")
    restore = ["run", "--rm", "-T", "--no-deps", "--entrypoint", "sh", "postgres", "/etc/attain/backup/restore.sh"]
    databases.compose(*restore, base, instant)
    start(databases, "postgres")
    assert (
        ask(databases, "postgres", "INSERT INTO kept VALUES (4); SELECT string_agg(n::text, ',') FROM kept") == "1,2,4"
    )
    again = databases.compose(*restore, base, instant, check=False)
    assert again.returncode == 1
    assert "not empty" in again.stdout + again.stderr
