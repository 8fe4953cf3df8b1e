"""Clocks that jump, hostile clients, releases that meet: nothing acknowledged is lost, nothing doubled (F11, F12, F14).

These are the quick ones; `make faults` runs all of them, and for longer. F13 is
`tests/e2e/test_shutdown.py`, an API that is behind `tests/integration/test_clocks_apart.py`.
"""

import pytest

from tests.faults import clients, clocks, upgrades
from tests.faults.injections import Injection, Site, withstand

FAULTS: dict[str, Injection] = {
    **{name: fault for name, fault in clocks.FAULTS.items() if fault is not clocks.api_is_behind},
    **clients.faults(long=False),
    **{name: fault for name, fault in upgrades.faults(long=False).items() if name.startswith("F14")},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_acknowledged_is_lost_or_doubled(site: Site, fault: str) -> None:
    withstand(site, fault, FAULTS[fault])
