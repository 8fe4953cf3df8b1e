"""Faults of ingestion under pushes: nothing acknowledged is lost, nothing doubled (F1 to F10, ING-4, ING-5).

These are the quick ones; `python -m tests.faults.report` runs all of them, and for longer.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults.injections import (
    Injection,
    Site,
    connection_cut,
    poison,
    redis_out_of_memory,
    rings_dropped,
    worker_killed_at,
)
from tests.support.killable import own_postgres, own_redis
from tests.support.stack import Stack, running_stack
from tests.support.trial import HEADER, Finding, Trial, trial

FULL = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE 'No space left on device' USING ERRCODE = 'disk_full'; END $$
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with (
        own_postgres(durable=True) as postgres,
        own_redis() as queue,
        running_stack(postgres.url, queue.url, tmp_path_factory.mktemp("stack")) as stack,
    ):
        yield Site(postgres, queue, stack)


def disk_full(site: Site, running: Trial) -> None:
    """F10, as the server says it when it finds no room; `tests.faults.disk` fills a real disk."""
    with full_disk(site.stack):
        running.go_on(1)
        taken = len(running.pushes.acknowledged)
        running.go_on(1)
        refused = running.connector.push_once(running.some_rows(), key="no room")
        assert len(running.pushes.acknowledged) == taken
    running.over()
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert int(refused.headers["Retry-After"]) > 0
    with site.stack.database() as database:
        statement = "SELECT count(*) FROM batch_keys WHERE company_id = $1 AND key = 'no room'"
        assert database.value(statement, running.company.id) == 0, "half a push is stored"


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


FAULTS: dict[str, Injection] = {
    "F1 worker killed at rows-added": worker_killed_at("rows-added"),
    "F3 every ring dropped": rings_dropped(3),
    "F4 Redis out of memory": redis_out_of_memory,
    "F6 connections cut": connection_cut(3),
    "F8 poison: raise": poison("raise"),
    "F10 disk full": disk_full,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_acknowledged_is_lost_or_doubled(site: Site, fault: str) -> None:
    findings: list[Finding] = []
    with trial(site.stack, fault, findings) as running:
        FAULTS[fault](site, running)
    (finding,) = findings
    print(f"\n{HEADER}\n{finding}")
    assert (finding.lost, finding.doubled) == (0, 0)
    assert "500" not in finding.refused
