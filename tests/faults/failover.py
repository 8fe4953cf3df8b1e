"""F5: PostgreSQL dies, and a synchronous streaming standby takes over; clients find it at the same address."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from deploy.local.ports import HOST
from deploy.local.server import ENVIRONMENT
from deploy.local.servers import Postgres, _program
from deploy.local.user import ServerUser
from tests.support.database import Database
from tests.support.killable import own_redis
from tests.support.proxy import wire_to
from tests.support.stack import running_stack, wait_until
from tests.support.trial import Finding, trial

FAULT = "F5 failover to a synchronous standby"


def run() -> list[Finding]:
    """Stop the one at once, promote the other, and lead the clients there."""
    findings: list[Finding] = []
    with (
        tempfile.TemporaryDirectory(prefix="attain-failover-") as folder,
        Postgres(Path(folder) / "primary") as primary,
        own_redis() as queue,
        wire_to(HOST, primary.port) as wire,
    ):
        address = make_url(primary.url).set(port=wire.port).render_as_string(hide_password=False)
        with (
            standby_of(primary, Path(folder) / "standby") as standby,
            running_stack(address, queue.url, Path(folder) / "stack") as stack,
            trial(stack, FAULT, findings) as running,
        ):
            running.wait_for_pushes(60)
            primary.stop_immediately()
            with Database(standby.url) as database:
                database.rows("ALTER SYSTEM RESET synchronous_standby_names")
                database.rows("SELECT pg_promote(), pg_reload_conf()")
            wire.lead_to(standby.port)
            running.over()
            running.wait_for_pushes(40)
    return findings


@contextmanager
def standby_of(primary: Postgres, folder: Path) -> Iterator[Postgres]:
    """A standby that has every commit before the client hears of it."""
    standby = Postgres(folder)
    folder.mkdir()
    shutil.copy(primary.password_file, folder / primary.password_file.name)
    (folder / "logs").mkdir()
    user = ServerUser.for_folder(primary.folder)
    draft = Path(tempfile.mkdtemp(dir=folder))
    if user:
        user.take(draft)
    backup = [_program("pg_basebackup"), "-D", str(draft), "-R", "-X", "stream", "-c", "fast"]
    source = ["-d", f"host={HOST} port={primary.port} user=attain application_name=standby password={primary.password}"]
    standby.process.run([*backup, *source], env=ENVIRONMENT, cwd=folder, demote=user.setpriv if user else ())
    draft.rename(standby.folder)
    with standby:
        with Database(primary.url) as database:
            database.rows("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
            database.rows("SELECT pg_reload_conf()")
            wait_until(
                lambda: database.value("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1,
                seconds=20,
                what="the standby",
            )
        yield standby
