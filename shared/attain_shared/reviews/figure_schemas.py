"""The wire contract of a review's figures: as they were frozen, and as they are now (REV-7)."""

from datetime import datetime
from uuid import UUID

from attain_shared.goals.attainment_schemas import IndicatorAttainmentRead
from attain_shared.goals.explain_schemas import IndicatorChangeRead
from attain_shared.reviews.assessment_schemas import ScaleFigure
from attain_shared.wire import Figure, Output


class GoalFigures(Output):
    """What a goal has come to by what was measured; the manager's score is in the assessment."""

    score: ScaleFigure | None
    """The computed score: the proposal (REV-2a)."""
    score_low: ScaleFigure | None
    """The least it can be."""
    score_high: ScaleFigure | None
    """The most it can be."""
    rule: str | None
    """The rule that matched."""
    indicators: list[IndicatorAttainmentRead]
    """Its indicators' figures."""
    includes_batches_up_to: UUID | None
    """Every batch with an id up to it is in them."""


class ReviewGoalFigures(Output):
    """A goal's figures in a review, then and now."""

    goal_id: UUID
    """The goal."""
    title: str
    """What was to be reached."""
    weight: Figure
    """Percent of the person's goals."""
    current: GoalFigures | None
    """As they are now; null once the goal counts no more."""
    frozen: GoalFigures | None
    """As they were when the manager submitted; null before that, and for the employee until the interview."""
    difference: Figure | None
    """The computed score now, less the frozen one; null where a side has none."""
    differs: bool
    """Whether an actual figure, an attainment or the score is another now than when it was frozen."""
    restated: bool
    """Whether rows of days that were over then were restated since (MET-7)."""
    changes: list[IndicatorChangeRead]
    """Where it differs, each indicator's change, split in business and restated data, with the rows and batches."""


class ReviewFigures(Output):
    """What was measured of a review: the proposal of the scores, and what became of the figures since (REV-7)."""

    frozen_as_of: datetime | None
    """What the frozen figures are as of."""
    frozen_performance: Figure | None
    """P, as the review counts it (REV-2)."""
    current_performance: Figure | None
    """P with what is computed now, the manager's scores where given; before it is frozen, of computed scores alone."""
    goals: list[ReviewGoalFigures]
    """The person's goals, by id."""
