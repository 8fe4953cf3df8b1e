"""The events that ship (GOAL-7): `events.csv` beside this file, 2015 to 2035, read once.

618, 双11 and 双12 are the day they are called after: the festivals around them begin on other days every year and on
every platform, and a company that wants them whole puts its own days in their place. Spring Festival is the days off
from New Year's Eve on. Up to 2026 those are the announced ones, out of the package holidays 0.109 (`country_holidays("CN")`:
New Year's Day, the eve before it, and on until the next working day). From 2027 on the first day is the same package's,
sure since the lunar calendar is; the last one is an estimate, the sixth after New Year's Day, as days off have gone
since 2025: the State Council announces them each autumn. ADR 29 says why there is a file.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

from attain_shared.rules.events import Event


@dataclass(frozen=True, slots=True)
class ShippedEvent:
    """An event with what people call it."""

    event: Event
    zh: str
    en: str


def _shipped(row: dict[str, str]) -> ShippedEvent:
    event = Event(row["code"], date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"]))
    return ShippedEvent(event, row["zh"], row["en"])


def _read_events() -> tuple[ShippedEvent, ...]:
    text = files(__package__).joinpath("events.csv").read_text("utf-8")
    return tuple(map(_shipped, csv.DictReader(text.splitlines())))


SHIPPED: Sequence[ShippedEvent] = _read_events()
"""Every shipped event, by its days; a year's occurrence of a code is one of them."""
