"""The wire contract of reminders (REV-1)."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from attain_shared.wire import Output

ReminderSubject = Literal[
    "self_assessment",
    "manager_assessment",
    "second_level",
    "hr",
    "interview",
    "acknowledgement",
    "appealed",
    "rater",
    "action_item",
    "improvement_plan",
]
"""What there is to do: a step of a review, an answer as a rater, or to follow up."""


class ReminderRead(Output):
    """The caller is reminded of what they have to do, once for each day that it is due on (REV-1)."""

    id: UUID
    """The reminder."""
    review_id: UUID
    """The review that it belongs to."""
    about_id: UUID
    """Whose review that is."""
    subject: ReminderSubject
    """What there is to do: a step of the review, an answer as a rater, an action item or an improvement plan."""
    subject_id: UUID
    """The action item or the plan; else the review."""
    kind: Literal["due_soon", "overdue"]
    """`due_soon` from three days before the day on, `overdue` from the day after it on."""
    due_on: date
    """When it is due."""
    is_seen: bool
    """Whether the caller has said that they have seen it."""
    created_at: datetime
    """When they were reminded."""
