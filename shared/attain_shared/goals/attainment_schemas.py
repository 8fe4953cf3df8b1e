"""The wire contract of what goals have come to: attainments and their history (api.md)."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import model_validator

from attain_shared.goals.indicator_schemas import Band, Kind
from attain_shared.metrics.schemas import CoverageRead
from attain_shared.wire import Figure, Output

Status = Literal["on_track", "at_risk", "off_track", "met", "missed", "undecided", "no_data"]
Verdict = Literal["open", "met", "missed", "undecided", "no_data"]


class PaceRead(Output):
    """How a figure that adds up is getting on (GOAL-7); of a growth, the metric itself, in the metric's unit."""

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
    kind: Kind
    """What kind of figure it is (GOAL-4)."""
    metric: str | None
    """The metric's code; null for `manual` and `milestones`."""
    actual: Figure | None
    """The actual figure; of `growth` the growth, 0.14 for 14 % more."""
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
    """What is to be reached; of `growth` a growth."""
    band: Band | None
    """The range that is on target."""
    attainment: Figure | None
    """The share reached, to six decimals (GOAL-5)."""
    attainment_low: Figure | None
    """The least it can be."""
    attainment_high: Figure | None
    """The most it can be."""
    verdict: Verdict
    """What is decided."""
    status: Status
    """Where it stands."""
    coverage: CoverageRead
    """How much of the window it speaks for."""
    pace: PaceRead | None
    """For metrics that add up, while the window runs."""

    @model_validator(mode="before")
    @classmethod
    def _of_an_earlier_build(cls, data: Any) -> Any:  # noqa: ANN401  # as it is stored
        """Rows stored before 0009 name no kind: there was one."""
        return {"kind": "metric"} | data if isinstance(data, dict) else data


class RubricUsed(Output):
    """Which rules made the score (GOAL-6)."""

    source: Literal["default", "company", "goal"]
    """Those of GOAL-6, of a rubric of the company's, or the goal's own."""
    id: UUID | None
    """The company's rubric."""
    version: int
    """Of these rules."""


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
    rubric: RubricUsed | None
    """The rubric it is one of; null for those who see the goal in its public form."""
    status: Status
    """The worst of its indicators'."""
    computed_at: datetime
    """When it was computed."""
    includes_batches_up_to: UUID | None
    """Every batch with an id up to this one is done or failed, and reflected here."""
    indicators: list[IndicatorAttainmentRead]
    """In the goal's order."""


class AttainmentDayRead(Output):
    """What a goal had come to at the end of a business day."""

    day: date
    """The business day."""
    score: Figure | None
    """The score, where it was decided."""
    score_low: Figure | None
    """The least it could be."""
    score_high: Figure | None
    """The most it could be."""
    score_forecast: Figure | None
    """The score at the end of the window, at the pace of that day."""
    status: Status
    """The worst of its indicators'."""
    attainments: list[Figure | None] | None
    """The indicators' in the goal's order, null where only bounds were known or nothing; null where masked."""


class AttainmentHistoryRead(Output):
    """How a goal got where it is, day by day; a day that is not listed was like the one before it."""

    goal_id: UUID
    """The goal."""
    items: list[AttainmentDayRead]
    """By day: the first is the one that stood on the first day asked about, the last what stands now."""
