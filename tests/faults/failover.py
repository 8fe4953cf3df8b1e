"""F5: PostgreSQL dies, and a synchronous standby takes over; every process finds it by itself, as its URL names both."""

import tempfile
from pathlib import Path

from sqlalchemy.engine import make_url

from deploy.local.ports import HOST
from deploy.local.servers import Postgres
from tests.support.database import Database
from tests.support.killable import own_redis
from tests.support.stack import stack_on
from tests.support.standby import promote, standby_of
from tests.support.trial import Finding, trial

FAULT = "F5 failover to a synchronous standby"


def run(*, pushes: int = 60) -> list[Finding]:
    """Stop the one at once, and promote the other, with so many pushes before and as many afterwards."""
    findings: list[Finding] = []
    with (
        tempfile.TemporaryDirectory(prefix="attain-failover-") as folder,
        Postgres(Path(folder) / "primary") as primary,
        own_redis() as queue,
        standby_of(primary, Path(folder) / "standby") as standby,
        stack_on(primary.url, queue.url, Path(folder) / "stack", ATTAIN_DATABASE_URL=both(primary, standby)) as stack,
        trial(stack, FAULT, findings) as running,
    ):
        as_copied_from_a_synchronous_primary(standby)
        running.wait_for_pushes(pushes)
        primary.stop_immediately()
        stack.database_url = standby.url
        promote(standby)
        running.over()
        running.wait_for_pushes(pushes)
    return findings


def as_copied_from_a_synchronous_primary(standby: Postgres) -> None:
    """Have it wait for a standby of its own, as a copy of a primary that waits for one does."""
    with Database(standby.url) as database:
        database.rows("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        database.rows("SELECT pg_reload_conf()")


def both(primary: Postgres, standby: Postgres) -> str:
    """A URL that names two servers."""
    places = f"{HOST}:{primary.port},{HOST}:{standby.port}"
    url = make_url(primary.url)
    return f"postgresql://{url.username}:{primary.password}@{places}/{url.database}?target_session_attrs=read-write"
