"""F5: the synchronous standby goes away under pushes; what is acknowledged outlives the primary all the same (promise 4)."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.servers import Postgres
from tests.support.database import Database
from tests.support.killable import own_redis
from tests.support.stack import Stack, stack_on, wait_until
from tests.support.standby import promote, standby_of
from tests.support.story import Client, Connector, Row, make_company

PATIENCE = {"ATTAIN_STATEMENT_TIMEOUT_MS": "500"}
"""A commit that waits for the standby is given up two seconds later."""
ANSWERED_SECONDS = 10.0


@contextmanager
def replicated() -> Iterator[tuple[Postgres, Postgres, Stack]]:
    """A primary, its synchronous standby, and an installation on the primary."""
    with (
        tempfile.TemporaryDirectory(prefix="attain-away-") as folder,
        Postgres(Path(folder) / "primary") as primary,
        own_redis() as queue,
        stack_on(primary.url, queue.url, Path(folder) / "stack", **PATIENCE) as stack,
        standby_of(primary, Path(folder) / "standby") as standby,
    ):
        yield primary, standby, stack


@pytest.mark.timeout(90)
def test_nothing_is_acknowledged_that_the_standby_does_not_have() -> None:
    with replicated() as (primary, standby, stack):
        company = make_company(stack.base_url)
        shop_id = company.make_shop("kept")
        with company.admin, company.make_connector([shop_id]) as connector:
            connector.push(some_row(1), key=uuid4().hex)
            company.wait_until_done()
            standby.stop()
            refuse_pushes(connector)
            refuse_creations(company.admin)
            expected = {
                "attain_synchronous_standbys 0.0",
                "attain_synchronous_standbys_wanted 1.0",
                "attain_workers_alive 1.0",
            }
            wait_until(lambda: expected <= set(stack.api.metrics().splitlines()), seconds=35, what="a sample of this")
            standby.start()
            key = uuid4().hex
            kept = connector.push(some_row(3), key=key)
            assert connector.push(some_row(3), key=key) == kept
        primary.stop_immediately()
        promote(standby)
        with Database(standby.url) as database:
            found = "SELECT count(*) FROM metric_batches WHERE company_id = $1 AND id = $2"
            assert database.value(found, company.id, kept["id"]) == 1


def refuse_pushes(connector: Connector) -> None:
    """However often it is sent again, a push that only the primary has is not acknowledged."""
    key = uuid4().hex
    for _ in range(2):
        started = time.monotonic()
        reply = connector.push_once(some_row(2), key=key)
        assert time.monotonic() - started < ANSWERED_SECONDS
        assert (reply.status_code, reply.headers.get("retry-after") is not None) == (503, True), reply.text


def refuse_creations(admin: Client) -> None:
    """Nor is a creating request (`Idempotency-Key`)."""
    body, headers = {"name": "Kept", "function": "operations"}, {"Idempotency-Key": uuid4().hex}
    for _ in range(2):
        reply = admin.http.post("/v1/departments", json=body, headers=headers)
        assert reply.status_code == 503, reply.text


def some_row(day: int) -> list[Row]:
    """A row of that day."""
    return [{"shop": "tmall:kept", "metric": "gmv", "bucket": f"2025-03-{day:02}", "value": str(day)}]
