"""F5: the primary dies under pushes and its standby is promoted; nothing acknowledged is missing (promise 4)."""

import pytest

from tests.faults import failover
from tests.support.trial import HEADER


@pytest.mark.timeout(120)
def test_after_a_failover_processes_find_the_promoted_standby_by_themselves_and_nothing_is_missing() -> None:
    (finding,) = failover.run(pushes=15)
    print(f"\n{HEADER}\n{finding}")
    assert finding.acknowledged
    assert not finding.lost
    assert not finding.doubled
    assert finding.recovered < 10
