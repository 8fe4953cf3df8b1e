"""The wire contract of the event calendar (GOAL-7)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import MISSING, ConfigDict, StringConstraints

from attain_shared.wire import Day, Input, Name, Output

EventCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
"""What an event's occurrences in all years have in common."""


class EventCreate(Input):
    """An event of the company's own, or one that ships as the company has it (GOAL-7)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"code": "double_11", "name": "天猫双11", "starts_on": "2026-10-15", "ends_on": "2026-11-11"},
                {"code": "brand_day", "name": "品牌日", "starts_on": "2026-09-09", "ends_on": "2026-09-10"},
            ]
        }
    )

    code: EventCode
    """Days are lined up with those of other years' events of this code; that of a shipped one replaces it."""
    name: Name
    """What people call it."""
    starts_on: Day
    """The first day; its year is the event's."""
    ends_on: Day
    """The last day, inclusive."""
    cancelled: bool = False
    """Whether it does not take place: so a shipped event is taken off the calendar."""


class EventUpdate(Input):
    """What to change of an event: absent means unchanged."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ends_on": "2026-11-14"}]})

    name: Name | MISSING = MISSING
    """What people call it."""
    starts_on: Day | MISSING = MISSING
    """The first day; its year is the event's."""
    ends_on: Day | MISSING = MISSING
    """The last day, inclusive."""
    cancelled: bool | MISSING = MISSING
    """Whether it does not take place."""


class CalendarEventRead(Output):
    """An event on the calendar, or called off."""

    id: UUID | None
    """Null for one that ships, as it ships."""
    code: str
    """What its occurrences in all years have in common."""
    year: int
    """Which occurrence it is."""
    name: str
    """What people call it; the Chinese label for one that ships."""
    en: str | None
    """The English label; null for an event of the company's."""
    starts_on: date
    """The first day."""
    ends_on: date
    """The last day, inclusive."""
    shipped: bool
    """Whether Attain knows it by itself. One that has an id too is as the company has it, and is back once that is deleted."""
    cancelled: bool
    """Whether it does not take place."""


class EventList(Output):
    """The events of some years, by their days."""

    items: list[CalendarEventRead]
    """The events."""
    next_cursor: None
    """Always null: a calendar comes whole."""
