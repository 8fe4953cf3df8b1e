"""The wire contract of reviews: as they are shown, and what is done with them (REV-6, api.md)."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from attain_shared.goals.attainment_schemas import IndicatorAttainmentRead
from attain_shared.reviews.assessment_schemas import AssessmentRead, InterviewRead, ScaleFigure, ScaleScore
from attain_shared.rules.quadrants import Quadrant
from attain_shared.rules.review_flow import Step
from attain_shared.wire import Figure, Input, Output, Text


class ReviewLabel(Output):
    """What a rating is called (REV-5)."""

    zh: str
    """In Chinese."""
    en: str
    """In English."""


class ReviewSummary(Output):
    """A review in a list. Until the interview its subject finds null where the judgement will be (REV-7)."""

    id: UUID
    """The review."""
    review_cycle_id: UUID
    """The round it is of."""
    person_id: UUID
    """Whose it is."""
    department_id: UUID | None
    """Their department when it was opened."""
    manager_id: UUID
    """Who assesses."""
    second_level_id: UUID | None
    """The 1 over 1."""
    delegate_id: UUID | None
    """Whom the step it is at was delegated to."""
    step: Step
    """Where it is (REV-6)."""
    due_on: date | None
    """When that step is due."""
    performance: Figure | None
    """P, two decimals (REV-2)."""
    values: Figure | None
    """V, two decimals (REV-4)."""
    values_mapped: Figure | None
    """V on the scale of performance, shown with two decimals (REV-5)."""
    overall: Figure | None
    """Both, weighed."""
    suggested_rating: ScaleFigure | None
    """The nearest step of the scale."""
    rating: ScaleFigure | None
    """The rating, once it is set."""
    rating_label: ReviewLabel | None
    """What it is called."""
    values_failed: bool | None
    """Whether the gate of the values was missed (REV-4)."""
    quadrant: Quadrant | None
    """The matrix (REV-9)."""
    frozen_as_of: datetime | None
    """What the figures are as of (REV-7)."""
    interviewed_at: datetime | None
    """When the interview was recorded."""
    closed_at: datetime | None
    """When it was closed or cancelled."""
    created_at: datetime
    """When it was opened."""
    allowed_actions: list[str]
    """What the caller may do with it now."""


class ReviewGoalRead(Output):
    """A goal in a review, frozen when the manager submitted (REV-7)."""

    goal_id: UUID
    """The goal."""
    title: str
    """What was to be reached."""
    weight: Figure
    """Percent of the person's goals."""
    suggested_score: ScaleFigure | None
    """The computed score."""
    score_low: ScaleFigure | None
    """The least it can be."""
    score_high: ScaleFigure | None
    """The most it can be."""
    rule: str | None
    """The rule that matched."""
    score: ScaleFigure | None
    """What counts: the manager's where given, else the computed one; null is listed, and not counted."""
    indicators: list[IndicatorAttainmentRead]
    """Its indicators' figures as they were."""
    includes_batches_up_to: UUID | None
    """Every batch with an id up to it was in them."""


class ReviewRead(ReviewSummary):
    """A review as the caller sees it (REV-6, REV-7)."""

    goals_score: Figure | None
    """Of the goals (REV-2)."""
    team_score: Figure | None
    """Of the department's goals, where they have a share (REV-2a)."""
    competency_score: Figure | None
    """Of competency and professionalism, where they have a share."""
    goals: list[ReviewGoalRead]
    """The goals as they were frozen; before that see `/figures`."""
    self_assessment: AssessmentRead | None
    """The employee's: for others once it is submitted."""
    manager_assessment: AssessmentRead | None
    """The manager's: for others once it is submitted, for the employee from the interview on."""
    second_level_assessment: AssessmentRead | None
    """What the 1 over 1 decided of the values marked unsure."""
    hr_assessment: AssessmentRead | None
    """What HR decided of them."""
    interview: InterviewRead | None
    """The interview."""
    answer_by: date | None
    """The last day to acknowledge or appeal."""
    surprises: list[Literal["low_rating", "to_improve"]] | None
    """What came without dated feedback before it; for the 1 over 1 and HR (REV-10)."""


class ReviewAction(Input):
    """What is said with an action on a review (REV-6)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "第二个目标的自评缺少依据"}]})

    reason: Text | None = None
    """Why; due with `return`, `appeal`, `uphold` and `cancel`."""


class RatingChanged(Input):
    """HR changes the rating after an appeal (REV-6)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rating": "3.5", "reason": "申诉属实"}]})

    rating: ScaleScore
    """The new rating."""
    reason: Text
    """Why."""


class Delegation(Input):
    """HR has somebody do a step in its owner's place (REV-6)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"to_person_id": "0199b2c4-5f00-7a10-8000-000000000001", "reason": "主管休产假"}]
        }
    )

    to_person_id: UUID
    """Who does it."""
    reason: Text
    """Why."""


class ReviewEventRead(Output):
    """What was done with a review, by whom and why (REV-6)."""

    id: UUID
    """The entry of the record."""
    action: str = Field(examples=["submit"])
    """An action of the flow, or what happened by itself: `open`, `skip`, `expire`, `leave`, `change_manager`."""
    from_step: Step | None
    """Where it was."""
    to_step: Step
    """Where it was then."""
    actor_id: UUID | None
    """Who did it; null where it happened by itself."""
    is_delegate: bool
    """Whether it was done in the owner's place."""
    reason: str | None
    """Why."""
    details: dict[str, JsonValue] | None
    """What else belongs to it."""
    at: datetime = Field(validation_alias="created_at")
    """When."""
