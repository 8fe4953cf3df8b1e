"""A streaming standby of an embedded PostgreSQL."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.ports import HOST
from deploy.local.process import Process
from deploy.local.server import ENVIRONMENT
from deploy.local.servers import Postgres, _program
from deploy.local.user import ServerUser
from tests.support.database import Database
from tests.support.stack import CHECKOUT, wait_until

PROGRAMS = Path(_program("postgres")).parent
"""Where PostgreSQL's own are."""


def run_beside(server: Postgres, *command: str, **env: str) -> None:
    """Run one of PostgreSQL's programs, or a script that calls them, to its end as the server's own user."""
    user = ServerUser.for_folder(server.folder)
    Process(command[0], server.data_dir / "logs" / "programs.log").run(
        command,
        env=ENVIRONMENT | {"PATH": f"{PROGRAMS}:{ENVIRONMENT['PATH']}"} | env,
        cwd=server.data_dir,
        demote=user.setpriv if user else (),
    )


def folder_of(server: Postgres, path: Path) -> Path:
    """An empty folder that belongs to the server's user."""
    path.mkdir(parents=True, mode=0o700)
    if user := ServerUser.for_folder(server.folder):
        user.take(path)
    return path


@contextmanager
def standby_of(primary: Postgres, folder: Path, *, synchronous: bool = True) -> Iterator[Postgres]:
    """A standby; a synchronous one has every commit before the client hears of it."""
    standby = Postgres(folder)
    folder.mkdir()
    shutil.copy(primary.password_file, folder / primary.password_file.name)
    (folder / "logs").mkdir()
    draft = folder_of(primary, Path(tempfile.mkdtemp(dir=folder)) / "draft")
    source = f"host={HOST} port={primary.port} user=attain application_name=standby password={primary.password}"
    run_beside(
        primary, str(PROGRAMS / "pg_basebackup"), "-D", str(draft), "-R", "-X", "stream", "-c", "fast", "-d", source
    )
    draft.rename(standby.folder)
    with standby, Database(primary.url) as database:
        if synchronous:
            database.rows("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            database.rows("SELECT pg_reload_conf()")
        wanted = "sync" if synchronous else "async"
        wait_until(
            lambda: database.value("SELECT count(*) FROM pg_stat_replication WHERE sync_state = $1", wanted) == 1,
            seconds=20,
            what="the standby",
        )
        yield standby


def promote(standby: Postgres) -> None:
    """By the statements that `promote.sh` has it run."""
    run_beside(
        standby,
        str(PROGRAMS / "psql"),
        "-XAtq",
        "-v",
        "ON_ERROR_STOP=1",
        "-f",
        str(CHECKOUT / "deploy" / "promote.sql"),
        PGHOST=HOST,
        PGPORT=str(standby.port),
        PGUSER="attain",
        PGPASSWORD=standby.password,
        PGDATABASE="attain",
        PGCONNECT_TIMEOUT="10",
    )
