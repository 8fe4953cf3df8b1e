from collections import Counter
from datetime import date, timedelta

import pytest

from attain_shared.calendar.shipped import SHIPPED
from attain_shared.rules.events import Calendar

CALENDAR = Calendar(shipped.event for shipped in SHIPPED)
YEAR = timedelta(days=365)


def test_every_year_has_each_event_once_goal_7() -> None:
    expected = {(code, year) for code in CODES for year in range(2015, 2036)}
    found = Counter((shipped.event.code, shipped.event.starts_on.year) for shipped in SHIPPED)
    assert found == dict.fromkeys(expected, 1)


CODES = {"spring_festival": "春节", "sale_618": "618", "double_11": "双11", "double_12": "双12"}


def test_events_are_called_what_people_call_them() -> None:
    assert {shipped.event.code: shipped.zh for shipped in SHIPPED} == CODES
    assert all(shipped.en for shipped in SHIPPED)


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [("2024-02-09", "2024-02-17"), ("2025-01-28", "2025-02-04"), ("2026-02-16", "2026-02-23")],
)
def test_spring_festival_is_the_announced_days_off_from_its_eve_on(starts_on: str, ends_on: str) -> None:
    event = CALENDAR.on(date.fromisoformat(starts_on))
    assert event is not None
    assert (event.starts_on.isoformat(), event.ends_on.isoformat()) == (starts_on, ends_on)


def test_every_event_finds_the_one_of_the_year_before_goal_7() -> None:
    """Spring Festival wanders by up to 19 days."""
    for shipped in SHIPPED:
        past = CALENDAR.earlier(shipped.event, YEAR)
        if shipped.event.starts_on.year == 2015:
            assert past is None
        else:
            assert past is not None
            assert past.starts_on.year == shipped.event.starts_on.year - 1


def test_no_two_events_share_a_day() -> None:
    for shipped in SHIPPED:
        assert CALENDAR.on(shipped.event.starts_on) == CALENDAR.on(shipped.event.ends_on) == shipped.event
