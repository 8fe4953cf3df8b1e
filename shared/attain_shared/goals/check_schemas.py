"""The wire contract of goal-set checks: what to look at again before goals are confirmed (GOAL-14)."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from attain_shared.goals.schemas import OwnerRead
from attain_shared.wire import Figure, Output


class GoalWarning(Output):
    """Something to look at again; never a refusal."""

    code: Literal[
        "weights-not-100",
        "single-goal",
        "nothing-measurable",
        "no-behaviours",
        "late",
        "no-data",
        "target-below-last",
    ]
    """Stable."""
    detail: str
    """A sentence for people, in their language."""
    goal_id: UUID | None
    """The goal; null where it is of all of them."""
    indicator_id: UUID | None
    """Its indicator."""
    figures: dict[str, Figure] = Field(examples=[{"target": "900", "last": "1000"}])
    """What it was seen by: `total` of the weights, `elapsed` and `days` of a window, `target` and `last` figure."""


class GoalCheckRead(Output):
    """What to look at again in an owner's goals of a cycle (GOAL-14)."""

    owner: OwnerRead
    """Whose they are."""
    cycle_id: UUID
    """The cycle."""
    goals: int
    """How many were looked at: drafts, and what is submitted, returned or confirmed."""
    warnings: list[GoalWarning]
    """First those of all goals, then goal by goal."""
