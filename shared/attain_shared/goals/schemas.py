"""The wire contract of cycles, goals, attainments and scorecards (api.md)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, AfterValidator, ConfigDict, Field, JsonValue, StrictBool

from attain_shared.rules.algebra import Aggregate
from attain_shared.rules.attainment import Direction
from attain_shared.rules.periods import CycleKind
from attain_shared.rules.rubric import Op, Quantifier
from attain_shared.wire import Code, Day, DecimalText, Figure, Input, Name, Output, Text


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
    "indicators": [
        {
            "kind": "metric",
            "metric": "conversion",
            "aggregate": "daily_pooled",
            "shop_ids": ["0199b2c4-5f00-7a10-8000-000000000004"],
            "direction": "higher_better",
            "target": "0.036",
        }
    ],
}


class CycleCreate(Input):
    """A new cycle; its end follows from its kind."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "quarter", "starts_on": "2026-07-01", "name": "2026 Q3"}]}
    )

    kind: CycleKind = Field(examples=["quarter"])
    """How long it is."""
    starts_on: Day = Field(examples=["2026-07-01"])
    """Its first day: of a month, quarter, half-year or year."""
    name: Name = Field(examples=["2026 Q3"])
    """What people call it."""


class CycleRead(Output):
    """A period that goals belong to (GOAL-1)."""

    id: UUID
    """The cycle."""
    kind: CycleKind
    """How long it is."""
    name: str
    """What people call it."""
    starts_on: date
    """Its first day."""
    ends_on: date
    """Its last day, inclusive."""
    state: Literal["open", "closed"]
    """Closed cycles take no new goals."""
    created_at: datetime
    """When it was made."""


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


class Band(Input):
    """The range that is on target."""

    low: DecimalText
    """Its lower end, inclusive."""
    high: DecimalText
    """Its upper end, inclusive."""


class IndicatorCreate(Input):
    """What a goal is measured by (GOAL-4, GOAL-5)."""

    kind: Literal["metric"]
    """A metric of the catalogue over some shops."""
    metric: Code = Field(examples=["conversion"])
    """The metric's code."""
    shop_ids: list[UUID] = Field(min_length=1, max_length=200)
    """The shops it is measured over."""
    aggregate: Aggregate | None = Field(default=None, examples=["daily_pooled"])
    """How the window is formed; by default as the catalogue says (MET-5a)."""
    dimension: str = Field(default="", max_length=130, pattern=r"^[^\x00-\x1f\x7f]*$")
    """Empty for the whole shop."""
    direction: Direction = Field(examples=["higher_better"])
    """Which figures are good ones."""
    target: DecimalText | None = Field(default=None, examples=["0.036"])
    """Above 0, or other than the baseline."""
    baseline: DecimalText | None = None
    """Where the way to the target starts."""
    band: Band | None = None
    """With direction `band`."""
    cap: DecimalText = Field(default="2.0", validate_default=True)
    """Where an attainment is cut off when it is averaged."""


class IndicatorRead(Output):
    """What a goal is measured by."""

    id: UUID
    """The indicator."""
    kind: Literal["metric"]
    """A metric of the catalogue."""
    metric: str
    """The metric's code."""
    shop_ids: list[UUID] | None
    """The shops; null where masked."""
    aggregate: Aggregate | None
    """How the window is formed; null where masked."""
    dimension: str | None
    """Empty for the whole shop; null where masked."""
    direction: Direction
    """Which figures are good ones."""
    target: Figure | None
    """What is to be reached."""
    baseline: Figure | None
    """Where the way to the target starts."""
    band: Band | None
    """The range that is on target."""
    cap: Figure | None
    """Where an attainment is cut off when it is averaged; null where masked."""


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
    ignore_missing: StrictBool = False
    """Score by the indicators that have data."""
    indicators: list[IndicatorCreate] = Field(min_length=1, max_length=8)
    """One to eight."""


class GoalUpdate(Input):
    """Changes of a draft; what is absent stays, null clears."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "提升转化与停留", "why": None}]})

    parent_id: UUID | MISSING | None = MISSING
    """The goal above it."""
    title: Name | MISSING = MISSING
    """What is to be reached."""
    why: Text | MISSING | None = MISSING
    """Why it matters."""
    how: Text | MISSING | None = MISSING
    """The plan."""
    behaviours: Text | MISSING | None = MISSING
    """The behaviours expected."""
    standards: Standards | MISSING | None = MISSING
    """Written standards."""
    weight: Weight | MISSING = MISSING
    """Percent of the owner's goals."""
    rubric: RubricBody | MISSING | None = MISSING
    """How attainments become a score."""
    ignore_missing: StrictBool | MISSING = MISSING
    """Score by the indicators that have data."""


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
    ignore_missing: bool | None
    """Whether indicators without data are left out of the score; null where masked."""
    indicators: list[IndicatorRead]
    """What it is measured by."""
    state: Literal["draft", "submitted", "returned", "confirmed", "closed", "cancelled"]
    """Where it is in its life (GOAL-3)."""
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


class GoalWeightsRead(Output):
    """An owner's weights in a cycle."""

    cycle_id: UUID
    """The cycle."""
    owner: OwnerRead
    """The owner."""
    weights: list[GoalWeight]
    """By goal."""
