"""How many wrong tries are too many (SEC-7)."""

from datetime import UTC, datetime, timedelta

import pytest

from attain_api.access.client import Client
from attain_api.throttling.rule import LONGEST_BLOCK, Limit, Tally, Verdict, count_try
from attain_api.throttling.service import address_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SUBJECT = Limit(tries=5, blocks=True)
ADDRESS = Limit(tries=100, blocks=False)


def tries(count: int, *, limit: Limit, tally: Tally | None = None, at: datetime = NOON) -> tuple[Tally, list[Verdict]]:
    """So many at once."""
    verdicts = []
    for _ in range(count):
        tally, verdict = count_try(tally, limit=limit, now=at)
        verdicts.append(verdict)
    assert tally is not None
    return tally, verdicts


def test_five_tries_a_minute_then_a_block() -> None:
    tally, verdicts = tries(7, limit=SUBJECT)
    assert [verdict.is_allowed for verdict in verdicts] == [True] * 5 + [False] * 2
    assert [verdict.remaining for verdict in verdicts] == [4, 3, 2, 1, 0, 0, 0]
    assert [verdict.begins_block for verdict in verdicts] == [False] * 5 + [True, False]
    assert tally.blocked_until == NOON + timedelta(minutes=1)


def test_five_tries_each_minute_are_never_blocked() -> None:
    tally = None
    for minute in range(10):
        tally, verdicts = tries(5, limit=SUBJECT, tally=tally, at=NOON + timedelta(minutes=minute))
        assert all(verdict.is_allowed for verdict in verdicts)


def test_each_block_is_twice_as_long_up_to_a_quarter_of_an_hour() -> None:
    at, tally, lengths = NOON, None, []
    for _ in range(6):
        tally, verdicts = tries(6, limit=SUBJECT, tally=tally, at=at)
        assert [verdict.is_allowed for verdict in verdicts] == [True] * 5 + [False]
        lengths.append(verdicts[-1].wait)
        _, (still,) = tries(1, limit=SUBJECT, tally=tally, at=at + verdicts[-1].wait - timedelta(seconds=1))
        assert not still.is_allowed
        at += verdicts[-1].wait
    assert [length / timedelta(minutes=1) for length in lengths] == [1, 2, 4, 8, 15, 15]
    assert lengths[-1] == LONGEST_BLOCK


def test_after_an_hour_without_a_try_blocks_are_short_again() -> None:
    tally, _ = tries(6, limit=SUBJECT)
    tally, _ = tries(6, limit=SUBJECT, tally=tally, at=NOON + timedelta(minutes=1))
    _, verdicts = tries(6, limit=SUBJECT, tally=tally, at=NOON + timedelta(minutes=62))
    assert verdicts[-1].wait == timedelta(minutes=1)


def test_an_address_has_its_tries_back_with_the_next_minute() -> None:
    tally, verdicts = tries(101, limit=ADDRESS)
    assert [verdict.is_allowed for verdict in verdicts] == [True] * 100 + [False]
    _, verdicts = tries(1, limit=ADDRESS, tally=tally, at=NOON + timedelta(minutes=1))
    assert verdicts[0].is_allowed


def test_the_headers_say_how_long_to_wait() -> None:
    _, verdicts = tries(6, limit=SUBJECT)
    assert verdicts[0].headers == {"RateLimit-Limit": "5", "RateLimit-Remaining": "4", "RateLimit-Reset": "60"}
    assert verdicts[-1].headers["Retry-After"] == "60"


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("testclient", "testclient", True),
    ],
)
def test_who_has_many_addresses_is_counted_as_one(one: str, other: str, are_same: bool) -> None:
    key = "a secret key only for the tests, long enough"
    (first,), (second,) = (address_of(Client(None, address)) for address in (one, other))
    assert (first.key(key) == second.key(key)) is are_same
    assert address_of(Client(None, None)) == []
