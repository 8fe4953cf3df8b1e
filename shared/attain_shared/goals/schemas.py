"""The wire contract of cycles, goals, attainments and scorecards (api.md)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, AfterValidator, ConfigDict, Field, JsonValue, StrictBool

from attain_shared.goals.indicator_schemas import METRIC_EXAMPLE, IndicatorChange, IndicatorCreate, IndicatorRead
from attain_shared.rules.rubric import Op, Quantifier
from attain_shared.wire import Day, DecimalText, Figure, Input, Name, Output, Text


def _with_two_places(weight: Decimal) -> Decimal:
    """As it is stored: the answer to a change and a later reading, of one ETag, are the same."""
    return weight.quantize(Decimal("0.01"))


Weight = Annotated[DecimalText, Field(ge=0, le=100, decimal_places=2), AfterValidator(_with_two_places)]
"""A share of an owner's goals, in percent."""


GOAL_EXAMPLE: dict[str, JsonValue] = {
    "cycle_id": "0199b2c4-5f00-7a10-8000-000000000002",
    "owner": {"type": "person", "id": "0199b2c4-5f00-7a10-8000-000000000001"},
    "title": "提升转化",
    "why": "流量贵了,要把来的人留住",
    "how": "优化主图与详情页",
    "weight": "40",
    "milestones": [{"title": "主图定稿", "due_on": "2026-07-31"}],
    "indicators": [METRIC_EXAMPLE],
}


class CompanyOwner(Input):
    """The company itself."""

    type: Literal["company"]
    """The company."""


class UnitOwner(Input):
    """A department or a person."""

    type: Literal["department", "person"]
    """Which of the two."""
    id: UUID
    """The department or the person."""


Owner = Annotated[CompanyOwner | UnitOwner, Field(discriminator="type")]


class OwnerRead(Output):
    """Who owns a goal or a scorecard."""

    type: Literal["company", "department", "person"]
    """What it is."""
    id: UUID | None
    """Null for the company."""


class RubricRule(Input):
    """One line of a rubric (GOAL-6)."""

    test: Quantifier
    """Which indicators must pass: `all`, `any`, or their `mean`."""
    op: Op
    """The threshold belongs to both."""
    threshold: DecimalText = Field(ge=0)
    """An attainment: 0.60 is 60 %."""
    score: DecimalText
    """A score of the scale."""


class RubricBody(Input):
    """An ordered list of rules, first match wins (评分标准)."""

    rules: list[RubricRule] = Field(max_length=50)
    """First the `<=` rules with scores ascending, then the `>=` rules with scores descending."""
    otherwise: DecimalText
    """The score where no rule matches."""


class Standards(Input):
    """Written standards for the three bands (衡量标准)."""

    below: Text | None = None
    """What scores below 3.5."""
    meets: Text | None = None
    """What scores 3.5."""
    above: Text | None = None
    """What scores above 3.5."""


class MilestoneCreate(Input):
    """A step of a goal, with its day (GOAL-1)."""

    title: Name = Field(examples=["主图定稿"])
    """What is to be done."""
    due_on: Day = Field(examples=["2026-07-31"])
    """By when, within the goal's window."""
    owner_id: UUID | None = None
    """The person who sees to it; by default the goal's owner."""


class MilestoneChange(MilestoneCreate):
    """A step of a goal that is changed: one that it has, or a new one."""

    id: UUID | None = None
    """One of the goal's, which stays done if it is; without it a new one."""


class MilestoneRead(Output):
    """A step of a goal, with its day."""

    id: UUID
    """The milestone."""
    title: str
    """What is to be done."""
    due_on: date
    """By when."""
    owner_id: UUID | None
    """Who sees to it; null: the goal's owner."""
    done_on: date | None
    """When it was done; null while it is not."""


MAX_LISTED = 50
"""Collaborators, and milestones, of a goal."""


class GoalCreate(Input):
    """A new goal, in draft."""

    model_config = ConfigDict(json_schema_extra={"examples": [GOAL_EXAMPLE]})

    cycle_id: UUID
    """The cycle it belongs to; must be open."""
    owner: Owner = Field(examples=[{"type": "person", "id": "0199b2c4-5f00-7a10-8000-000000000001"}])
    """Whose it is."""
    parent_id: UUID | None = None
    """The goal above it, of the same or an enclosing window."""
    title: Name = Field(examples=["提升转化"])
    """What is to be reached."""
    why: Text | None = None
    """Why it matters."""
    how: Text | None = None
    """The plan."""
    collaborators: list[UUID] = Field(default_factory=list, max_length=MAX_LISTED)
    """People who help with it."""
    milestones: list[MilestoneCreate] = Field(default_factory=list, max_length=MAX_LISTED)
    """Its steps."""
    behaviours: Text | None = None
    """The behaviours expected (行为描述)."""
    standards: Standards | None = None
    """Written standards for the three bands."""
    starts_on: Day | None = None
    """By default the cycle's first day."""
    ends_on: Day | None = None
    """By default the cycle's last day."""
    weight: Weight = Field(examples=["40"])
    """Percent of the owner's goals in the cycle."""
    rubric: RubricBody | None = None
    """How attainments become a score; by default GOAL-6's."""
    rubric_id: UUID | None = None
    """In place of `rubric`, one of the company's: its rules as they are now."""
    ignore_missing: StrictBool = False
    """Score by the indicators that have data."""
    indicators: list[IndicatorCreate] = Field(min_length=1, max_length=8)
    """One to eight."""


class GoalUpdate(Input):
    """Changes of a goal; what is absent stays, null clears."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "提升转化与停留", "why": None}]})

    reason: Text | None = None
    """Why; due for a confirmed goal, and kept in its history."""
    parent_id: UUID | MISSING | None = MISSING
    """The goal above it."""
    title: Name | MISSING = MISSING
    """What is to be reached."""
    why: Text | MISSING | None = MISSING
    """Why it matters."""
    how: Text | MISSING | None = MISSING
    """The plan."""
    collaborators: Annotated[list[UUID], Field(max_length=MAX_LISTED)] | MISSING = MISSING
    """People who help with it, all of them."""
    milestones: Annotated[list[MilestoneChange], Field(max_length=MAX_LISTED)] | MISSING = MISSING
    """Its steps, all of them."""
    behaviours: Text | MISSING | None = MISSING
    """The behaviours expected."""
    standards: Standards | MISSING | None = MISSING
    """Written standards; frozen once it is confirmed."""
    starts_on: Day | MISSING | None = MISSING
    """Null: the cycle's first day."""
    ends_on: Day | MISSING | None = MISSING
    """Null: the cycle's last day."""
    weight: Weight | MISSING = MISSING
    """Percent of the owner's goals; once it is submitted, weights change together."""
    rubric: RubricBody | MISSING | None = MISSING
    """How attainments become a score; frozen once it is confirmed."""
    rubric_id: UUID | MISSING | None = MISSING
    """One of the company's rubrics, in place of the present rules; frozen once it is confirmed."""
    ignore_missing: StrictBool | MISSING = MISSING
    """Score by the indicators that have data."""
    indicators: Annotated[list[IndicatorChange], Field(min_length=1, max_length=8)] | MISSING = MISSING
    """All of them, one to eight; one that is not named is removed, with what was entered for it."""


class GoalRead(Output):
    """A goal; its figures are in its attainment."""

    id: UUID
    """The goal."""
    cycle_id: UUID
    """Its cycle."""
    owner: OwnerRead
    """Whose it is."""
    parent_id: UUID | None
    """The goal above it."""
    title: str
    """What is to be reached."""
    why: str | None
    """Why it matters."""
    how: str | None
    """The plan."""
    collaborators: list[UUID] | None
    """People who help with it; null where masked."""
    milestones: list[MilestoneRead] | None
    """Its steps; null where masked."""
    behaviours: str | None
    """The behaviours expected."""
    standards: Standards | None
    """Written standards."""
    starts_on: date
    """The window's first day."""
    ends_on: date
    """The window's last day, inclusive."""
    weight: Figure | None
    """Percent of the owner's goals; null where masked."""
    rubric: RubricBody | None
    """Null: the default of GOAL-6."""
    rubric_id: UUID | None
    """The company's rubric that the rules were taken from."""
    rubric_version: int | None
    """Its version then; else how often the goal's own rules were set. Null for the default."""
    ignore_missing: bool | None
    """Whether indicators without data are left out of the score; null where masked."""
    indicators: list[IndicatorRead]
    """What it is measured by."""
    state: Literal["draft", "submitted", "returned", "confirmed", "closed", "cancelled"]
    """Where it is in its life (GOAL-3)."""
    agreed_at: datetime | None
    """When the owner's superior agreed to what was submitted: before that nobody confirms it."""
    template_id: UUID | None
    """The KPI template that it was assigned by."""
    copied_from_id: UUID | None
    """The goal of an earlier cycle that it was copied from."""
    created_at: datetime
    """When it was made."""
    allowed_actions: list[str]
    """What the caller may do with it now."""
    masked: list[str] = Field(examples=[["why", "how", "indicators/shop_ids"]])
    """Fields that are null because the caller sees only the public part of the goal (SEC-3); empty in full view."""


class GoalWeight(Input):
    """One goal's weight."""

    goal_id: UUID
    """The goal."""
    weight: Weight
    """Percent."""


class GoalWeights(Input):
    """All of an owner's weights in a cycle, changed together (GOAL-2)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "cycle_id": "0199b2c4-5f00-7a10-8000-000000000002",
                    "owner": {"type": "company"},
                    "weights": [{"goal_id": "0199b2c4-5f00-7a10-8000-000000000003", "weight": "100"}],
                }
            ]
        }
    )

    cycle_id: UUID
    """The cycle."""
    owner: Owner
    """The owner."""
    weights: list[GoalWeight] = Field(min_length=1, max_length=200)
    """Every draft, submitted and confirmed goal, adding up to 100."""
    reason: Text | None = None
    """Why; kept in the history of those that were submitted."""


class GoalWeightsRead(Output):
    """An owner's weights in a cycle."""

    cycle_id: UUID
    """The cycle."""
    owner: OwnerRead
    """The owner."""
    weights: list[GoalWeight]
    """By goal."""
