"""When a delivery is tried again."""

from datetime import timedelta

import pytest

from attain_worker.delivery.retries import RETRIES, SPREAD, wait_after


def test_ten_tries_take_three_days_and_a_bit() -> None:
    waits = [wait_after(attempts, retry_after=None, chance=0) for attempts in range(1, 11)]
    assert waits == [*RETRIES, None]
    assert timedelta(days=3) < sum(RETRIES, timedelta()) < timedelta(days=3.5)


@pytest.mark.parametrize("attempts", range(1, len(RETRIES) + 1))
def test_a_wait_is_spread_and_never_shorter_than_the_receiver_asks(attempts: int) -> None:
    longest = wait_after(attempts, retry_after=None, chance=1)
    assert longest == RETRIES[attempts - 1] * (1 + SPREAD)
    assert wait_after(attempts, retry_after=200_000, chance=0) == timedelta(seconds=200_000)
    assert wait_after(attempts, retry_after=1, chance=0) == RETRIES[attempts - 1]
