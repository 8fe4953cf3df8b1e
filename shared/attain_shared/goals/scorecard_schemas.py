"""The wire contract of scorecards: what owners have reached in a cycle (api.md, REV-2)."""

from typing import Literal
from uuid import UUID

from attain_shared.goals.attainment_schemas import IndicatorAttainmentRead
from attain_shared.goals.schemas import OwnerRead
from attain_shared.wire import Figure, Output

Standing = Literal["on_track", "at_risk", "off_track", "met", "missed", "undecided", "no_data"]
"""Where a goal stands (GOAL-7)."""


class ScorecardGoal(Output):
    """A goal on a scorecard."""

    goal_id: UUID
    """The goal."""
    title: str
    """What is to be reached."""
    weight: Figure
    """Percent of the owner's goals."""
    score: Figure | None
    """The computed score."""
    score_low: Figure | None
    """The least it can be."""
    score_high: Figure | None
    """The most it can be."""
    score_forecast: Figure | None
    """The score at the end of the window, at this pace."""
    rule: str | None
    """The rule that matched."""
    status: Standing
    """Where it stands."""
    indicators: list[IndicatorAttainmentRead]
    """Its indicators' figures."""


class GoalBelow(Output):
    """How a goal of somebody below stands."""

    goal_id: UUID
    """The goal."""
    score: Figure | None
    """The computed score."""
    score_low: Figure | None
    """The least it can be."""
    score_high: Figure | None
    """The most it can be."""
    status: Standing
    """Where it stands."""
    attainments: list[Figure | None]
    """Its indicators', in the goal's order; null without data, and where only bounds are known."""


class PerformanceBelow(Output):
    """The performance of somebody below, in figures alone (REV-2)."""

    owner: OwnerRead
    """Whose it is: a department or a person."""
    name: str
    """What it is called."""
    performance: Figure | None
    """The weighted mean of the goals' scores."""
    performance_low: Figure | None
    """The least it can be."""
    performance_high: Figure | None
    """The most it can be."""
    performance_forecast: Figure | None
    """At the end of the cycle, at this pace."""
    goals: int
    """How many confirmed goals it is made of."""
    without_data: int
    """How many of them have no score."""
    standings: list[GoalBelow]
    """How each of them stands, the oldest first."""


class ScorecardRead(Output):
    """An owner's performance in a cycle (REV-2)."""

    owner: OwnerRead
    """Whose it is."""
    cycle_id: UUID
    """The cycle."""
    performance: Figure | None
    """The weighted mean of the goals' scores."""
    performance_low: Figure | None
    """The least it can be."""
    performance_high: Figure | None
    """The most it can be."""
    performance_forecast: Figure | None
    """At the end of the cycle, at this pace."""
    goals: list[ScorecardGoal]
    """The confirmed goals."""
    without_data: list[UUID]
    """Goals that have no score: listed, not counted as zero."""
    below: list[PerformanceBelow] | None
    """With `subtree`: those below that the caller sees and that have goals, the departments first, each by name."""
