"""The wire contract of the year and of the decisions that follow from it (REV-12)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from attain_shared.reviews.assessment_schemas import ScaleFigure
from attain_shared.rules.year import BONUS_FACTORS, DecisionKind, Trend
from attain_shared.wire import DecimalText, Figure, Input, Output, Statement

Step = Literal["5", "4.5", "4", "3.75", "3.5", "3.25", "3", "2.5"]
Factor = Annotated[DecimalText, Field(ge=0, le=5, decimal_places=2)]
"""What a bonus is multiplied with."""

_REVIEW = "0199b2c4-5f00-7a10-8000-000000000004"
DECISION_EXAMPLE: dict[str, Any] = {
    "review_id": _REVIEW,
    "kind": "promotion",
    "value": "高级店长",
    "reason": "连续三个季度带教两名新人",
}


class YearReviewRead(Output):
    """A closed review of the year."""

    review_id: UUID
    """The review."""
    review_cycle_id: UUID
    """The round it is of."""
    name: str
    """What people call the round."""
    cadence: Literal["quarter", "half_year"]
    """How often there is one."""
    starts_on: date
    """The first day that it is about."""
    ends_on: date
    """The last one."""
    performance: Figure | None
    """P; null where values alone were assessed."""
    values: Figure | None
    """V."""
    values_failed: bool | None
    """Whether the gate of the values was missed."""
    rating: ScaleFigure | None
    """The rating; null where values alone were assessed."""


class QuarterValuesRead(Output):
    """V of a quarter."""

    quarter: int = Field(examples=[1])
    """Which of the year, from 1 to 4."""
    values: Figure
    """V, two decimals."""


class YearRead(Output):
    """What a year's review rests on (REV-12). The closed reviews are as they are now; what counts is in the review."""

    review_id: UUID
    """The review of the year."""
    person_id: UUID
    """Whose it is."""
    reviews: list[YearReviewRead]
    """The year's closed reviews, in the order of time."""
    quarters: list[QuarterValuesRead]
    """V of the quarters."""
    values_mean: Figure | None
    """Their mean: the values of the year."""
    trend: Trend | None
    """Where V goes, beyond 0.1 a quarter; null with fewer than two quarters."""
    performance: Figure | None
    """The year's, as frozen; its subject finds null until the interview (REV-7)."""
    performance_basis: Literal["yearly_goals", "mean_of_reviews"] | None
    """What it came of: the goals of the yearly cycle where there are any, else the reviews; null where it is."""


class DecisionsPropose(Input):
    """Proposes what follows from the results of a yearly round, by rule."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"bonus_factors": {"4": "1.25"}}]})

    bonus_factors: dict[Step, Factor] = Field(default_factory=dict)
    """By rating, what the bonus is multiplied with, from 0 to 5; ratings that are left out have the usual factor."""

    @property
    def factors(self) -> dict[Decimal, Decimal]:
        """Of every rating, for the rules."""
        return {**BONUS_FACTORS, **{Decimal(step): factor for step, factor in self.bonus_factors.items()}}


class DecisionsProposed(Output):
    """What was proposed."""

    reviews: int
    """Closed reviews of the round with a rating."""
    proposed: int
    """Decisions proposed by this call."""
    existing: int
    """Those that there were, by rule or by hand: they are as they were."""


class DecisionCreate(Input):
    """A decision proposed by hand."""

    model_config = ConfigDict(json_schema_extra={"examples": [DECISION_EXAMPLE]})

    review_id: UUID
    """A closed review of a yearly round, of somebody else."""
    kind: DecisionKind
    """What it is about; of each kind a review has one."""
    value: Statement | None = None
    """A `bonus_factor`'s factor, from 0 to 5 with two decimals at most; of any other kind what is decided, in words."""
    reason: Statement
    """Why."""


class DecisionUpdate(Input):
    """Another value, put forward to be approved."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"value": "1.15", "reason": "全年出勤与带教"}]})

    value: Statement | None
    """As when it was proposed."""
    reason: Statement
    """Why."""


class DecisionApproval(Input):
    """What is said with an approval."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": None}]})

    reason: Statement | None = None
    """Why, where there is something to say."""


class DecisionRejection(Input):
    """Why a decision is rejected."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "岗位编制已满"}]})

    reason: Statement
    """Why."""


class DecisionRead(Output):
    """A decision that follows from a year's result (REV-12)."""

    id: UUID
    """The decision."""
    review_id: UUID
    """The yearly review."""
    person_id: UUID
    """Whom it is about."""
    kind: DecisionKind
    """What it is about."""
    value: str | None
    """A bonus factor's factor; else what is decided, in words."""
    rule: str | None
    """The rule that proposed it; null where somebody did."""
    state: Literal["proposed", "approved", "rejected"]
    """Where it is."""
    proposed_by: UUID | None
    """Who proposed it or changed its value by hand, last; null where the value is the rule's."""
    reason: str | None
    """Their reason."""
    decided_by: UUID | None
    """Who approved or rejected it."""
    decided_at: datetime | None
    """When."""
    answer: str | None
    """What they said."""
    created_at: datetime
    """When it was proposed first."""
    allowed_actions: list[Literal["change", "approve", "reject"]]
    """What the caller may do with it now."""
