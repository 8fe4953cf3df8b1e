"""The wire contract of indicators: each kind with its own fields (api.md, GOAL-4)."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from attain_shared.rules.algebra import Aggregate
from attain_shared.rules.attainment import Direction
from attain_shared.rules.growth import Against
from attain_shared.wire import Code, DecimalText, Figure, Input, Name, Output

Kind = Literal["metric", "growth", "people", "manual", "milestones"]
Attribution = Literal["whole", "owned"]
PeopleFigure = Literal["turnover_rate", "staff_growth"]
DayWeight = Annotated[DecimalText, Field(ge=0)]
"""What a day of the window weighs beside the others."""

METRIC_EXAMPLE: dict[str, JsonValue] = {
    "kind": "metric",
    "metric": "conversion",
    "aggregate": "daily_pooled",
    "shop_ids": ["0199b2c4-5f00-7a10-8000-000000000004"],
    "direction": "higher_better",
    "target": "0.036",
}


class Band(Input):
    """The range that is on target."""

    low: DecimalText
    """Its lower end, inclusive."""
    high: DecimalText
    """Its upper end, inclusive."""


class Aim(Input):
    """What an indicator is held against (GOAL-5)."""

    target: DecimalText | None = Field(default=None, examples=["0.036"])
    """Above 0, or other than the baseline; none with a band."""
    baseline: DecimalText | None = None
    """Where the way to the target starts."""
    band: Band | None = None
    """With direction `band`."""
    cap: DecimalText = Field(default="2.0", validate_default=True)
    """Where an attainment is cut off when it is averaged."""


class Measured(Aim):
    """A metric of the catalogue over some shops, or over items of one."""

    metric: Code = Field(examples=["conversion"])
    """The metric's code."""
    shop_ids: list[UUID] = Field(min_length=1, max_length=200)
    """The shops it is measured over."""
    aggregate: Aggregate | None = Field(default=None, examples=["daily_pooled"])
    """How the window is formed; by default as the catalogue says (MET-5a)."""
    dimension: str = Field(default="", max_length=130, pattern=r"^[^\x00-\x1f\x7f]*$")
    """Empty for the whole shop; not beside `item_set`."""
    item_set: UUID | None = None
    """A set of items of the only shop, in place of a dimension (MET-2)."""
    attribution: Attribution = "whole"
    """`owned`: only the days and the share that the goal's owner held the shops (GOAL-12)."""
    daily_curve: list[DayWeight] | None = Field(default=None, min_length=1, max_length=366)
    """What each day of the window weighs in its pace, one figure a day (GOAL-7)."""


class MetricIndicator(Measured):
    """A metric of the catalogue over some shops."""

    kind: Literal["metric"]
    """A metric of the catalogue over some shops."""
    direction: Direction = Field(examples=["higher_better"])
    """Which figures are good ones."""


class GrowthIndicator(Measured):
    """How far a metric has grown from an earlier window: x / prev - 1 (GOAL-4)."""

    kind: Literal["growth"]
    """The growth of a metric from an earlier window."""
    against: Against = Field(examples=["last_year"])
    """The window before, or the same one a year before."""
    direction: Direction = Direction.HIGHER_BETTER
    """Which growth is a good one."""
    target: DecimalText | None = Field(default=None, examples=["0.20"])
    """The growth aimed at, above -1: 0.20 is a fifth more."""


class PeopleIndicator(Aim):
    """A figure out of Attain's own data on people (GOAL-4)."""

    kind: Literal["people"]
    """A figure out of Attain's own data on people."""
    metric: PeopleFigure = Field(examples=["turnover_rate"])
    """团队流失率 or 员工成长."""
    department_id: UUID | None = None
    """Whose people: by default the owning department's, of the company's goal everybody; a person's goal names one."""
    direction: Direction | None = None
    """By default lower is better for `turnover_rate`, higher for `staff_growth`."""


class ManualIndicator(Aim):
    """Numbers that the owner enters with evidence (GOAL-4)."""

    kind: Literal["manual"]
    """Numbers that the owner enters with evidence."""
    name: Name = Field(examples=["及时发货率"])
    """What is entered."""
    unit: Name = Field(examples=["ratio"])
    """What it is counted in."""
    direction: Direction = Direction.HIGHER_BETTER
    """Which figures are good ones."""


class MilestonesIndicator(Aim):
    """The share of the goal's milestones that is done (GOAL-4)."""

    kind: Literal["milestones"]
    """The share of the goal's milestones that is done."""
    direction: Direction = Direction.HIGHER_BETTER
    """More done is better."""
    target: DecimalText | None = Field(default="1", validate_default=True, le=1)
    """The share to be done: 1 is all of them."""


IndicatorCreate = Annotated[
    MetricIndicator | GrowthIndicator | PeopleIndicator | ManualIndicator | MilestonesIndicator,
    Field(discriminator="kind"),
]
"""What a goal is measured by (GOAL-4, GOAL-5)."""


class Kept(Input):
    """Which indicator of the goal it is."""

    id: UUID | None = None
    """One of the goal's, which then keeps what was entered for it; without it a new one."""


class MetricChange(MetricIndicator, Kept):
    """A metric of the catalogue over some shops."""


class GrowthChange(GrowthIndicator, Kept):
    """How far a metric has grown from an earlier window."""


class PeopleChange(PeopleIndicator, Kept):
    """A figure out of Attain's own data on people."""


class ManualChange(ManualIndicator, Kept):
    """Numbers that the owner enters with evidence."""


class MilestonesChange(MilestonesIndicator, Kept):
    """The share of the goal's milestones that is done."""


IndicatorChange = Annotated[
    MetricChange | GrowthChange | PeopleChange | ManualChange | MilestonesChange, Field(discriminator="kind")
]
"""An indicator of a goal that is changed: one that it has, or a new one."""

Indicators = Sequence[MetricIndicator | GrowthIndicator | PeopleIndicator | ManualIndicator | MilestonesIndicator]
"""All of a goal's, in order."""


class IndicatorRead(Output):
    """What a goal is measured by; null is what its kind does not have."""

    id: UUID
    """The indicator: the same as long as the goal has it."""
    kind: Kind
    """What kind of figure it is."""
    metric: str | None
    """The metric's code; null for `manual` and `milestones`."""
    shop_ids: list[UUID] | None
    """The shops; null where masked."""
    aggregate: Aggregate | None
    """How the window is formed; null where masked."""
    dimension: str | None
    """Empty for the whole shop; null with an item set, and where masked."""
    item_set: UUID | None
    """The set of items; null where masked."""
    against: Against | None
    """What growth is against."""
    attribution: Attribution | None
    """Whether the shops count whole; null where masked."""
    daily_curve: list[Figure] | None
    """What each day weighs, where that was given; null where masked."""
    department_id: UUID | None
    """Whose people; null for everybody's, and where masked."""
    name: str | None
    """What is entered by hand."""
    unit: str | None
    """What that is counted in."""
    direction: Direction
    """Which figures are good ones."""
    target: Figure | None
    """What is to be reached; of `growth` the growth aimed at."""
    baseline: Figure | None
    """Where the way to the target starts."""
    band: Band | None
    """The range that is on target."""
    cap: Figure | None
    """Where an attainment is cut off when it is averaged; null where masked."""
