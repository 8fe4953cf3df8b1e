"""The wire contract of rounds of reviews (REV-1, api.md)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field

from attain_shared.reviews.settings import (
    DistributionShares,
    MappingPoint,
    QuadrantThresholds,
    ReviewSettings,
    Share,
)
from attain_shared.reviews.value_schemas import LevelTextRead
from attain_shared.rules.review_flow import Step
from attain_shared.rules.values import Gate
from attain_shared.wire import Day, Figure, Input, Name, Output

Cadence = Literal["quarter", "half_year", "year", "ad_hoc"]
ReviewClass = Literal["staff", "senior"]
DepartmentIds = Annotated[list[UUID], Field(min_length=1, max_length=200)]
PersonIds = Annotated[list[UUID], Field(min_length=1, max_length=1000)]

CYCLE_EXAMPLE: dict[str, Any] = {
    "name": "2026 Q3 staff",
    "cadence": "quarter",
    "cycle_id": "0199b2c4-5f00-7a10-8000-000000000002",
    "class": "staff",
    "department_ids": None,
    "performance_weight": "0.7",
    "values_weight": "0.3",
    "due": {"self_assessment": "2026-10-08", "manager_assessment": "2026-10-15"},
}


class DueDates(Input):
    """By when each step is to be done."""

    self_assessment: Day | None = None
    """The employee's own assessment."""
    manager_assessment: Day | None = None
    """The manager's."""
    second_level: Day | None = None
    """The 1-over-1's approval."""
    hr: Day | None = None
    """HR's approval."""
    calibration: Day | None = None
    """Ratings set and published."""
    interview: Day | None = None
    """The interview held."""
    acknowledgement: Day | None = None
    """By when HR counts on the answers: shown in the round alone, as an answer is due 7 days after the interview, whatever
    day this is (REV-6)."""
    appealed: Day | None = None
    """HR's answer to an appeal."""


class ReviewCycleCreate(ReviewSettings):
    """A new round of reviews, a draft until it is opened."""

    model_config = ConfigDict(json_schema_extra={"examples": [CYCLE_EXAMPLE]})

    name: Name = Field(examples=["2026 Q3 staff"])
    """What people call it."""
    cadence: Cadence
    """How often there is one; `ad_hoc` for one out of turn."""
    cycle_id: UUID
    """The period it is about, whose goals are judged: of the same length, but for an ad-hoc round."""
    review_class: ReviewClass | None = Field(default=None, alias="class")
    """Whose: `staff`, or `senior` (director and above, and heads of departments); with none everybody's, which only an
    ad-hoc round may be."""
    department_ids: DepartmentIds | None = None
    """Only the people of these departments and of all below them."""
    hired_by: Day | None = None
    """Only people hired on this day or before."""
    person_ids: PersonIds | None = None
    """Only these people; for an ad-hoc round."""
    due: DueDates | None = None
    """By when each step is to be done; null for no days."""


class ReviewCycleUpdate(Input):
    """What to change of a draft: absent means unchanged, null clears."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "2026 Q3 staff", "due": {"self_assessment": "2026-10-09"}}]}
    )

    name: Name | MISSING = MISSING
    """What people call it."""
    cadence: Cadence | MISSING = MISSING
    """How often there is one."""
    cycle_id: UUID | MISSING = MISSING
    """The period it is about."""
    review_class: ReviewClass | MISSING | None = Field(default=MISSING, alias="class")
    """Whose."""
    department_ids: DepartmentIds | MISSING | None = MISSING
    """Only the people of these departments and of all below them."""
    hired_by: Day | MISSING | None = MISSING
    """Only people hired on this day or before."""
    person_ids: PersonIds | MISSING | None = MISSING
    """Only these people; for an ad-hoc round."""
    due: DueDates | MISSING | None = MISSING
    """By when each step is to be done: all of them."""
    performance_weight: Share | MISSING = MISSING
    """The weight of performance in the overall score (REV-5)."""
    values_weight: Share | MISSING = MISSING
    """The weight of the values in it."""
    team_share: Share | MISSING = MISSING
    """How much of performance is the score of the department's goals (REV-2a)."""
    competency_share: Share | MISSING = MISSING
    """How much of it is competency and professionalism."""
    values_gate: Gate | MISSING = MISSING
    """When values are failed (REV-4)."""
    values_mapping: list[MappingPoint] | MISSING = Field(default=MISSING, min_length=2, max_length=20)
    """All points that a values score is mapped by (REV-5)."""
    judged_on: Literal["overall", "performance"] | MISSING = MISSING
    """What the ratings of a calibration group are by (REV-8)."""
    quadrants: QuadrantThresholds | MISSING = MISSING
    """The thresholds of the matrix, all of them (REV-9)."""
    distribution: DistributionShares | MISSING = MISSING
    """The shares of the forced distribution, all of them (REV-8)."""


class NamedAssessor(Input):
    """Who assesses somebody that has no manager (REV-6)."""

    person_id: UUID
    """Whose review it is."""
    assessor_id: UUID
    """Who assesses: somebody else who is there."""


class ReviewCycleOpen(Input):
    """Opens a round; opening it again takes in who came since."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"assessors": []}]})

    assessors: list[NamedAssessor] = Field(default_factory=list, max_length=200)
    """For people without a manager: without one they have no review."""


class MappingPointRead(Output):
    """Where a values score lies on the scale of performance (REV-5)."""

    values: Figure
    """The values score."""
    score: Figure
    """What it counts as."""


class QuadrantThresholdsRead(Output):
    """From where on somebody is in which quadrant (REV-9)."""

    wild_dog: Figure
    """Performance, with failed values: from here `wild_dog`, below `dog`."""
    rabbit: Figure
    """Performance below this: `rabbit`."""
    star_performance: Figure
    """Performance of a `star`, at least."""
    star_values: Figure
    """Values of a `star`, at least."""


class DistributionSharesRead(Output):
    """The shares of a calibration group (REV-8)."""

    top: Figure
    """Ratings of 4 and more, at most."""
    upper: Figure
    """Ratings of 3.75 and more, at most."""
    lower: Figure
    """Ratings of 3.25 and less, at least."""


class AssessedValueRead(Output):
    """A value as a round assesses it (REV-3)."""

    code: str
    """What assessments call it."""
    name_zh: str
    """In Chinese."""
    name_en: str
    """In English."""
    levels: list[LevelTextRead]
    """Five, from the lowest to the highest."""


class ReviewCycleRead(Output):
    """A round of reviews (REV-1)."""

    # also where it is dumped without FastAPI: `class` is what the contract says
    model_config = ConfigDict(serialize_by_alias=True)

    id: UUID
    """The round."""
    name: str
    """What people call it."""
    cadence: Cadence
    """How often there is one."""
    cycle_id: UUID
    """The period it is about."""
    review_class: ReviewClass | None = Field(serialization_alias="class")
    """Whose."""
    department_ids: list[UUID] | None
    """Only the people of these departments and of all below them."""
    hired_by: date | None
    """Only people hired on this day or before."""
    person_ids: list[UUID] | None
    """Only these people; for HR and administrators, null for all others."""
    is_values_only: bool
    """Whether values alone are assessed: of the senior class in a quarter (REV-1)."""
    performance_weight: Figure
    """The weight of performance in the overall score (REV-5)."""
    values_weight: Figure
    """The weight of the values in it."""
    team_share: Figure
    """How much of performance is the score of the department's goals (REV-2a)."""
    competency_share: Figure
    """How much of it is competency and professionalism."""
    values_gate: Gate
    """When values are failed (REV-4)."""
    values_mapping: list[MappingPointRead]
    """The points that a values score is mapped by (REV-5)."""
    judged_on: Literal["overall", "performance"]
    """What the ratings of a calibration group are by (REV-8)."""
    company_values: list[AssessedValueRead] | None
    """The values that its reviews assess, as they were when it was opened; null for a draft."""
    quadrants: QuadrantThresholdsRead
    """The thresholds of the matrix (REV-9)."""
    distribution: DistributionSharesRead
    """The shares of the forced distribution (REV-8)."""
    due: dict[str, date]
    """By step, the day that it is due on, for those that have one."""
    state: Literal["draft", "open", "closed"]
    """A draft has no reviews yet; when it is closed, every review is."""
    opened_at: datetime | None
    """When it was opened."""
    closed_at: datetime | None
    """When it was closed."""
    created_at: datetime
    """When it was made."""
    allowed_actions: list[str]
    """What the caller may do with it now: `change`, `open`, `close`."""


class ReviewCycleOpened(ReviewCycleRead):
    """What opening a round came to."""

    created: int
    """How many reviews were opened by this call."""
    existing: int
    """How many people it is about had theirs before, here or in another round of the same cadence and period."""
    without_assessor: list[UUID]
    """People who have no manager, and for whom no assessor was named: they have no review yet; at most 200."""
    without_assessor_count: int
    """How many there are."""


class StepProgress(Output):
    """How many reviews are at a step."""

    step: Step
    """The step (REV-6)."""
    count: int
    """How many are at it."""
    overdue: int
    """How many of those were due before today."""


class DepartmentProgress(Output):
    """How far the reviews of a department are."""

    department_id: UUID | None
    """Where the people were when their reviews were opened; null for those of no department."""
    name: str | None
    """What it is called."""
    steps: list[StepProgress]
    """The steps that any review of it is at, in the order of the flow."""


class WaitingFor(Output):
    """Whom reviews wait for."""

    person_id: UUID | None
    """The step's owner, or whom it was delegated to; null for HR."""
    name: str | None
    """Their name."""
    step: Step
    """What is to be done."""
    count: int
    """In how many reviews."""
    overdue: int
    """In how many of those it was due before today."""


class ReviewProgressRead(Output):
    """How far a round is and whom it waits for: steps alone, nothing of what is judged."""

    review_cycle_id: UUID
    """The round."""
    count: int
    """How many reviews the caller sees of it; their own counts for HR and administrators alone."""
    steps: list[StepProgress]
    """Every step, in the order of the flow."""
    departments: list[DepartmentProgress]
    """By department, by its name."""
    waiting: list[WaitingFor]
    """Whom open reviews wait for, the most overdue first; at most 200."""
    is_waiting_cut: bool
    """Whether there are more: `/v1/reviews?review_cycle_id=…&overdue=true` lists all reviews."""
    without_assessor: list[UUID]
    """People it is about who have no review for want of an assessor; for HR and administrators, until it is closed; at
    most 200."""
    without_assessor_count: int
    """How many there are."""
