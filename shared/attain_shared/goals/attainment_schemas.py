"""The wire contract of what goals have come to: attainments and scorecards (api.md)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from attain_shared.goals.schemas import Band, OwnerRead
from attain_shared.metrics.schemas import CoverageRead
from attain_shared.wire import Figure, Output


class PaceRead(Output):
    """How a figure that adds up is getting on (GOAL-7)."""

    expected: Figure
    """What it should be by now."""
    gap: Figure
    """Actual less expected."""
    required_per_day: Figure | None
    """What each remaining day must bring."""
    forecast: Figure
    """Where it will end at this pace."""
    method: str
    """How it was forecast."""
    backtest_error: Figure | None
    """The method's own error on past windows, where it has been tested."""


class IndicatorAttainmentRead(Output):
    """An indicator's figures: a point has its value, an interval its two ends, no data nothing."""

    indicator_id: UUID
    """The indicator."""
    metric: str
    """The metric's code."""
    actual: Figure | None
    """The actual figure."""
    actual_low: Figure | None
    """The least it can be."""
    actual_high: Figure | None
    """The most it can be."""
    exact: bool
    """Whether it is the true figure of the days present."""
    estimated: bool
    """Whether it is an estimate: shown, never scored."""
    estimate: Figure | None
    """Beside an interval: a guess at where in it."""
    target: Figure | None
    """What is to be reached."""
    band: Band | None
    """The range that is on target."""
    attainment: Figure | None
    """The share reached, to six decimals (GOAL-5)."""
    attainment_low: Figure | None
    """The least it can be."""
    attainment_high: Figure | None
    """The most it can be."""
    verdict: Literal["open", "met", "missed", "undecided", "no_data"]
    """What is decided."""
    status: Literal["on_track", "at_risk", "off_track", "met", "missed", "undecided", "no_data"]
    """Where it stands."""
    coverage: CoverageRead
    """How much of the window it speaks for."""
    pace: PaceRead | None
    """For metrics that add up, while the window runs."""


class AttainmentRead(Output):
    """A goal's score as the facts have it (GOAL-6)."""

    goal_id: UUID
    """The goal."""
    score: Figure | None
    """The score, where it is decided."""
    score_low: Figure | None
    """The least it can be."""
    score_high: Figure | None
    """The most it can be."""
    rule: str | None
    """The rule that matched; null for those who see the goal in its public form."""
    status: Literal["on_track", "at_risk", "off_track", "met", "missed", "undecided", "no_data"]
    """The worst of its indicators'."""
    computed_at: datetime
    """When it was computed."""
    includes_batches_up_to: UUID | None
    """Every batch with an id up to this one is done or failed, and reflected here."""
    indicators: list[IndicatorAttainmentRead]
    """In the goal's order."""


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
    status: Literal["on_track", "at_risk", "off_track", "met", "missed", "undecided", "no_data"]
    """Where it stands."""
    indicators: list[IndicatorAttainmentRead]
    """Its indicators' figures."""


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
