"""Faults of ingestion under pushes: nothing acknowledged is lost, nothing doubled (F1 to F10, ING-4, ING-5).

These are the quick ones; `python -m tests.faults.report` runs all of them, and for longer.
"""

import pytest

from tests.faults.injections import (
    Injection,
    Site,
    connection_cut,
    connection_dead,
    disk_full,
    poison,
    redis_out_of_memory,
    rings_dropped,
    withstand,
    worker_killed_at,
)

FAULTS: dict[str, Injection] = {
    "F1 worker killed at rows-added": worker_killed_at("rows-added"),
    "F3 every ring dropped": rings_dropped(3),
    "F4 Redis out of memory": redis_out_of_memory,
    "F6 connections cut": connection_cut(3),
    "F6 a dead connection": connection_dead,
    "F8 poison: raise": poison("raise"),
    "F10 disk full": disk_full,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_acknowledged_is_lost_or_doubled(site: Site, fault: str) -> None:
    withstand(site, fault, FAULTS[fault])
