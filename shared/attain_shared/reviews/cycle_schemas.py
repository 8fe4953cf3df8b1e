"""The wire contract of rounds of reviews (REV-1, api.md)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from attain_shared.reviews.settings import ReviewSettings
from attain_shared.wire import Day, Input, Name, Output

Cadence = Literal["quarter", "half_year", "year", "ad_hoc"]
ReviewClass = Literal["staff", "senior"]

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
    """By when each step is to be done; the acknowledgement is due 7 days after the interview (REV-6)."""

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
    department_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] | None = None
    """Only the people of these departments and of all below them."""
    hired_by: Day | None = None
    """Only people hired on this day or before."""
    person_ids: Annotated[list[UUID], Field(min_length=1, max_length=1000)] | None = None
    """Only these people; for an ad-hoc round."""
    due: DueDates = Field(default_factory=DueDates)
    """By when each step is to be done."""


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


class ReviewCycleRead(Output):
    """A round of reviews (REV-1)."""

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
    """Only these people."""
    is_values_only: bool
    """Whether values alone are assessed: of the senior class in a quarter (REV-1)."""
    settings: ReviewSettings
    """How it is judged."""
    due: dict[str, date | None]
    """By step, the day that it is due on."""
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
    """How many there were before."""
    without_assessor: list[UUID]
    """People who have no manager, and for whom no assessor was named: they have no review yet."""
