"""The wire contract of cycles: the periods that goals belong to, and their goals copied forward (GOAL-1)."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from attain_shared.rules.periods import CycleKind
from attain_shared.wire import Day, Input, Name, Output


class CycleCreate(Input):
    """A new cycle; its end follows from its kind."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "quarter", "starts_on": "2026-07-01", "name": "2026 Q3"}]}
    )

    kind: CycleKind = Field(examples=["quarter"])
    """How long it is."""
    starts_on: Day = Field(examples=["2026-07-01"])
    """Its first day: of a month, quarter, half-year or year."""
    name: Name = Field(examples=["2026 Q3"])
    """What people call it."""


class CycleRead(Output):
    """A period that goals belong to (GOAL-1)."""

    id: UUID
    """The cycle."""
    kind: CycleKind
    """How long it is."""
    name: str
    """What people call it."""
    starts_on: date
    """Its first day."""
    ends_on: date
    """Its last day, inclusive."""
    parent_id: UUID | None
    """The shortest of the longer cycles that it lies in: of a month the quarter, if there is one."""
    state: Literal["open", "closed"]
    """Closed cycles take no new goals."""
    created_at: datetime
    """When it was made."""


class CycleCopy(Input):
    """The goals of a cycle are to be copied forward."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "2026 Q4"}]})

    name: Name | None = Field(default=None, examples=["2026 Q4"])
    """What people call the next cycle, where it has to be made; by default like `2026 Q4`."""


class LeftOutGoal(Output):
    """A goal that was not copied."""

    goal_id: UUID
    """The goal."""
    reason: Literal["owner-left", "department-closed", "template-assigned"]
    """Nobody is there to reach it, or the owner has a goal of its KPI template in the next cycle already."""


class CycleCopied(Output):
    """What was copied forward; copying again makes nothing new."""

    cycle: CycleRead
    """The next cycle of the same kind."""
    created: int
    """How many goals were copied, as drafts."""
    existing: int
    """How many had been copied before."""
    left_out: list[LeftOutGoal]
    """Which were not."""
