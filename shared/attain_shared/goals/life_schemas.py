"""The wire contract of a goal's life: actions, its record, milestones done, numbers entered (api.md)."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from attain_shared.wire import Day, DecimalText, Figure, Input, Output, Statement, Text


class GoalAction(Input):
    """What is said with an action on a goal (GOAL-3)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "目标偏低,请参照去年同期"}]})

    reason: Text | None = None
    """Why; due with `return` and `cancel`."""


class GoalEventRead(Output):
    """What was done with a goal, by whom and why (GOAL-3)."""

    id: UUID
    """The entry of the record."""
    action: str = Field(examples=["adjust"])
    """`submit`, `return`, `adjust`, `confirm`, `cancel`, `close`, `change`, or what was done with a milestone."""
    actor_id: UUID
    """Who did it."""
    is_stand_in: bool
    """Whether it was done in the place of an owner without an account."""
    reason: str | None
    """Why."""
    changes: dict[str, JsonValue] | None
    """Of a change, field by field what was and what is."""
    at: datetime = Field(validation_alias="created_at")
    """When."""


class MilestoneDone(Input):
    """When a milestone was done (GOAL-1)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"on": "2026-07-15"}]})

    on: Day | None = None
    """By default today; not in the future."""


class EntryCreate(Input):
    """A number entered for a manual indicator, with its evidence (GOAL-4)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"value": "12", "on": "2026-07-31", "evidence": "培训签到表 7 月"}]}
    )

    value: DecimalText = Field(examples=["12"])
    """What was reached."""
    on: Day = Field(examples=["2026-07-31"])
    """The day it is of: in the goal's window, and not in the future."""
    evidence: Statement = Field(examples=["培训签到表 7 月"])
    """What shows it."""


class EntryRejection(Input):
    """Why a number is not accepted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "缺少签到记录"}]})

    reason: Statement
    """Why."""


class EntryRead(Output):
    """A number entered for a manual indicator (GOAL-4)."""

    id: UUID
    """The entry."""
    goal_id: UUID
    """The goal."""
    indicator_id: UUID
    """The indicator."""
    value: Figure
    """What was reached."""
    on: date
    """The day it is of."""
    evidence: str
    """What shows it."""
    state: Literal["pending", "accepted", "rejected"]
    """Only what was accepted counts."""
    entered_by: UUID
    """Who entered it."""
    decided_by: UUID | None
    """Who accepted or rejected it."""
    decided_at: datetime | None
    """When they did."""
    reason: str | None
    """Why it was rejected."""
    created_at: datetime
    """When it was entered."""
    allowed_actions: list[str]
    """What the caller may do with it now."""
