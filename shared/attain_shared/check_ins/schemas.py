"""The wire contract of check-ins: weekly reports, monthly summaries and 1:1 notes, tied to goals (CULT-1)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field

from attain_shared.wire import Day, Figure, Input, Output, Statement

CheckInKind = Literal["weekly", "monthly", "one_on_one"]
ReportKind = Literal["weekly", "monthly"]
CheckInState = Literal["draft", "submitted"]
Confidence = Literal["on_track", "at_risk", "off_track"]
CheckInAction = Literal["change", "submit", "delete", "comment"]

_GOAL: dict[str, Any] = {
    "goal_id": "0199b2c4-5f00-7a10-8000-000000000002",
    "comment": "新品点击率回升",
    "confidence": "on_track",
}
CHECK_IN_EXAMPLE: dict[str, Any] = {
    "kind": "weekly",
    "starts_on": "2026-09-07",
    "summary": "主图改版上线，转化率 3.6%",
    "plans": "双11预热页面定稿",
    "blockers": "摄影排期紧张",
    "goals": [_GOAL],
}


class CheckInGoalWrite(Input):
    """What a check-in says of a goal."""

    goal_id: UUID
    """A goal of the writer's, of a department or the company; in a 1:1 of the other's too, if the writer sees it."""
    comment: Statement | None = None
    """What is to be said of it."""
    confidence: Confidence
    """Whether the writer believes that it will be reached."""


Lines = Annotated[list[CheckInGoalWrite], Field(max_length=20)]


class CheckInCreate(Input):
    """A check-in, as a draft that nobody else sees (CULT-1)."""

    model_config = ConfigDict(json_schema_extra={"examples": [CHECK_IN_EXAMPLE]})

    kind: CheckInKind
    """A weekly report, a monthly summary, or notes of a 1:1."""
    with_person_id: UUID | None = None
    """Of a 1:1, and of nothing else, the other: somebody who is employed."""
    starts_on: Day
    """The Monday of the week, the first of the month, the day of the 1:1; not after today."""
    summary: Statement
    """What was done, or talked about."""
    plans: Statement | None = None
    """What is next."""
    blockers: Statement | None = None
    """What stands in the way, and where help is needed."""
    private_note: Statement | None = None
    """For the writer's eyes alone, whatever becomes of the rest."""
    goals: Lines = Field(default_factory=list)
    """What is to be said of goals, each once."""


class CheckInUpdate(Input):
    """What to change of a draft: absent means unchanged, null clears."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"plans": "双11预热页面定稿", "goals": [_GOAL]}]})

    summary: Statement | MISSING = MISSING
    """What was done, or talked about."""
    plans: Statement | MISSING | None = MISSING
    """What is next."""
    blockers: Statement | MISSING | None = MISSING
    """What stands in the way."""
    private_note: Statement | MISSING | None = MISSING
    """For the writer's eyes alone."""
    goals: Lines | MISSING = MISSING
    """What is to be said of goals, in place of what was."""


class AttainmentThen(Output):
    """What a goal had come to when a check-in was submitted; later figures change nothing of it."""

    score: Figure | None
    """Its score; null without one."""
    status: str
    """As the attainment's own."""
    computed_at: datetime
    """When it was computed."""


class CheckInGoalRead(Output):
    """What a check-in says of a goal."""

    goal_id: UUID
    """The goal."""
    comment: str | None
    """What is said of it."""
    confidence: Confidence
    """Whether the writer believes that it will be reached."""
    attainment: AttainmentThen | None
    """What it had come to; null of a draft, and where nothing was computed yet."""


class CheckInRead(Output):
    """A check-in as the caller sees it (CULT-1)."""

    id: UUID
    """The check-in."""
    kind: CheckInKind
    """A weekly report, a monthly summary, or notes of a 1:1."""
    person_id: UUID
    """Who writes it."""
    with_person_id: UUID | None
    """Of a 1:1, the other."""
    starts_on: date
    """From when it is."""
    ends_on: date
    """Until when it is."""
    summary: str
    """What was done, or talked about."""
    plans: str | None
    """What is next."""
    blockers: str | None
    """What stands in the way."""
    private_note: str | None
    """The writer's own; null to everybody else."""
    goals: list[CheckInGoalRead]
    """What is said of goals, in the writer's order."""
    state: CheckInState
    """A draft is seen by its writer alone."""
    submitted_at: datetime | None
    """When it was submitted."""
    comments: int
    """How many there are on it."""
    created_at: datetime
    """When it was begun."""
    allowed_actions: list[CheckInAction]
    """What the caller may do with it now."""


class CheckInCommentCreate(Input):
    """Something to say to a check-in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "摄影已协调，周四可用"}]})

    text: Statement
    """What is said."""


class CheckInCommentRead(Output):
    """What somebody said to a check-in; never changed."""

    id: UUID
    """The comment."""
    author_id: UUID
    """Who said it."""
    text: str
    """What was said."""
    created_at: datetime
    """When it was said."""


class MissingCheckInRead(Output):
    """Somebody whose report of a period is not there."""

    id: UUID
    """The person."""
    name: str
    """What they are called."""
