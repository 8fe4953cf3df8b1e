"""Days that are unlike others, and which days of an earlier window are like those of a later one (GOAL-7)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from attain_shared.rules.periods import Window

DRIFT = timedelta(days=31)
"""How far an event may wander: Spring Festival comes up to 19 days earlier or later than the year before."""


@dataclass(frozen=True, slots=True)
class Event:
    """One occurrence of an event, both days inclusive; its other occurrences have the same code (GOAL-7)."""

    code: str
    starts_on: date
    ends_on: date

    @property
    def days(self) -> int:
        """How many days it takes."""
        return (self.ends_on - self.starts_on).days + 1


class Calendar:
    """Events by their days: made once, asked for every day of a window."""

    def __init__(self, events: Iterable[Event]) -> None:
        """Where events overlap, a day belongs to the shorter one: 双11 within a festival of weeks stays 双11."""
        self._on: dict[date, Event] = {}
        self._of: dict[str, list[Event]] = defaultdict(list)
        for event in sorted(events, key=lambda one: (-one.days, one.code, one.starts_on)):
            self._of[event.code].append(event)
            self._on.update(dict.fromkeys(Window(event.starts_on, event.ends_on), event))

    def on(self, day: date) -> Event | None:
        """The event that a day belongs to."""
        return self._on.get(day)

    def ordinary(self, days: Iterable[date]) -> list[date]:
        """The days that belong to no event."""
        return [day for day in days if day not in self._on]

    def earlier(self, event: Event, ago: timedelta) -> Event | None:
        """The occurrence of an event about so long before; none if there was none within a month of then."""
        then = event.starts_on - ago
        past = [
            one
            for one in self._of.get(event.code, ())
            if one.ends_on < event.starts_on and abs(one.starts_on - then) <= DRIFT
        ]
        return min(past, key=lambda one: (abs(one.starts_on - then), one.starts_on), default=None)

    def same_day(self, day: date, ago: timedelta) -> date | None:
        """The day of an event's earlier occurrence that is as far into it; its last day where it was shorter."""
        event = self.on(day)
        past = self.earlier(event, ago) if event else None
        return min(past.starts_on + (day - event.starts_on), past.ends_on) if event and past else None


def aligned(window: Window, past: Window, calendar: Calendar) -> Mapping[date, date]:
    """For each day of a window the earlier day that it is like, lined up by events (GOAL-7).

    The k-th day of an event is like the k-th of its earlier occurrence, which may lie outside the past window: Spring
    Festival moves between January and February. Every other day is like the ordinary day of the past window that lies
    whole weeks before it, or else the closest one of the same weekday; the earlier of two, since an event displaces
    the days just before it. So does an event that did not take place in the past.
    """
    ago = window.starts_on - past.starts_on
    weeks = timedelta(weeks=(ago.days + 3) // 7)
    ordinary = frozenset(calendar.ordinary(past) or past)
    return {day: calendar.same_day(day, ago) or _closest(day - weeks, ordinary) for day in window}


def _closest(wanted: date, days: Collection[date]) -> date:
    if wanted in days:
        return wanted
    return min(days, key=lambda day: ((day - wanted).days % 7 != 0, abs(day - wanted), day))
