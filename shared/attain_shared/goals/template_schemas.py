"""The wire contract of KPI templates (GOAL-9)."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field, JsonValue, StrictBool

from attain_shared.departments.schemas import DepartmentFunction
from attain_shared.goals.indicator_schemas import (
    Aim,
    Attribution,
    Band,
    Kind,
    ManualIndicator,
    MilestonesIndicator,
    PeopleFigure,
)
from attain_shared.goals.rubric_schemas import DefaultRubricRead
from attain_shared.goals.schemas import RubricBody, Standards, Weight
from attain_shared.rules.algebra import Aggregate
from attain_shared.rules.attainment import Direction
from attain_shared.rules.growth import Against
from attain_shared.wire import Code, DecimalText, Figure, Input, Name, Output, Text

TEMPLATE_EXAMPLE: dict[str, JsonValue] = {
    "name": "活动策划",
    "function": "planning",
    "title": "做好大促活动",
    "behaviours": "活动前一周完成页面,活动后三天内复盘",
    "weight": "40",
    "indicators": [
        {"kind": "metric", "metric": "campaign_ctr"},
        {"kind": "metric", "metric": "conversion", "aggregate": "daily_pooled", "target": "0.036"},
    ],
}


class _Measured(Aim):
    """A metric of the catalogue; whoever gets the goal brings the shops."""

    metric: Code = Field(examples=["conversion"])
    """The metric's code."""
    aggregate: Aggregate | None = Field(default=None, examples=["daily_pooled"])
    """How the window is formed; by default as the catalogue says (MET-5a)."""
    dimension: str = Field(default="", max_length=130, pattern=r"^[^\x00-\x1f\x7f]*$")
    """Empty for the whole shop."""
    attribution: Attribution = "whole"
    """`owned`: only the days and the share that the goal's owner held the shops (GOAL-12)."""
    direction: Direction | None = None
    """Which figures are good ones; by default as the catalogue says."""


class TemplateMetric(_Measured):
    """A metric of the catalogue over some shops."""

    kind: Literal["metric"]
    """A metric of the catalogue over some shops."""


class TemplateGrowth(_Measured):
    """How far a metric has grown from an earlier window: x / prev - 1 (GOAL-4)."""

    kind: Literal["growth"]
    """The growth of a metric from an earlier window."""
    against: Against = Against.PREVIOUS
    """The window before, or the same one a year before."""
    target: DecimalText | None = Field(default=None, examples=["0.20"])
    """The growth aimed at, above -1: 0.20 is a fifth more."""


class TemplatePeople(Aim):
    """A figure out of Attain's own data on people, of the department of whoever gets the goal (GOAL-4)."""

    kind: Literal["people"]
    """A figure out of Attain's own data on people."""
    metric: PeopleFigure = Field(examples=["turnover_rate"])
    """团队流失率 or 员工成长."""
    direction: Direction | None = None
    """By default lower is better for `turnover_rate`, higher for `staff_growth`."""


TemplateIndicator = Annotated[
    TemplateMetric | TemplateGrowth | TemplatePeople | ManualIndicator | MilestonesIndicator,
    Field(discriminator="kind"),
]
"""An indicator as a goal has it, but without shops, and with or without a target."""
TemplateIndicators = Annotated[list[TemplateIndicator], Field(min_length=1, max_length=8)]


class KpiTemplateCreate(Input):
    """A new template."""

    model_config = ConfigDict(json_schema_extra={"examples": [TEMPLATE_EXAMPLE]})

    name: Name
    """What people call it, once in a company."""
    position_id: UUID | None = None
    """The position that it is for."""
    function: DepartmentFunction | None = None
    """The function that it is for."""
    title: Name
    """What is to be reached."""
    why: Text | None = None
    """Why it matters."""
    how: Text | None = None
    """The plan."""
    behaviours: Text | None = None
    """The behaviours expected (行为描述)."""
    standards: Standards | None = None
    """Written standards for the three bands (衡量标准)."""
    weight: Weight = Field(examples=["40"])
    """Percent of the owner's goals in the cycle."""
    rubric: RubricBody | None = None
    """How attainments become a score; by default GOAL-6's."""
    rubric_id: UUID | None = None
    """A rubric of the company's in place of `rubric`: goals take its rules of the day they are made."""
    ignore_missing: StrictBool = False
    """Score by the indicators that have data."""
    indicators: TemplateIndicators
    """One to eight."""


class KpiTemplateUpdate(Input):
    """What to change of a template: absent means unchanged, null clears; goals made of it stay."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"weight": "50", "why": None}]})

    name: Name | MISSING = MISSING
    """What people call it."""
    position_id: UUID | MISSING | None = MISSING
    """The position that it is for."""
    function: DepartmentFunction | MISSING | None = MISSING
    """The function that it is for."""
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
    rubric_id: UUID | MISSING | None = MISSING
    """A rubric of the company's in place of `rubric`."""
    ignore_missing: StrictBool | MISSING = MISSING
    """Score by the indicators that have data."""
    indicators: TemplateIndicators | MISSING = MISSING
    """All of them."""


class TemplateIndicatorRead(Output):
    """An indicator of a template; null is what its kind does not have."""

    kind: Kind
    """What kind of figure it is."""
    metric: str | None
    """The metric's code; null for `manual` and `milestones`."""
    aggregate: Aggregate | None
    """How the window is formed; null as the catalogue says."""
    dimension: str | None
    """Empty for the whole shop."""
    attribution: Attribution | None
    """Whether the shops count whole."""
    against: Against | None
    """What growth is against."""
    name: str | None
    """What is entered by hand."""
    unit: str | None
    """What that is counted in."""
    direction: Direction
    """Which figures are good ones."""
    target: Figure | None
    """What is to be reached, where the template says so."""
    baseline: Figure | None
    """Where the way to the target starts."""
    band: Band | None
    """The range that is on target."""
    cap: Figure
    """Where an attainment is cut off when it is averaged."""


class KpiTemplateRead(Output):
    """A goal to start from, for a position or a function (GOAL-9)."""

    id: UUID
    """The template."""
    name: str
    """What people call it."""
    position_id: UUID | None
    """The position that it is for."""
    function: DepartmentFunction | None
    """The function that it is for."""
    title: str
    """What is to be reached."""
    why: str | None
    """Why it matters."""
    how: str | None
    """The plan."""
    behaviours: str | None
    """The behaviours expected."""
    standards: Standards | None
    """Written standards for the three bands."""
    weight: Figure
    """Percent of the owner's goals."""
    rubric: DefaultRubricRead | None
    """How attainments become a score; null for the default, or with `rubric_id`."""
    rubric_id: UUID | None
    """The company's rubric that goals take."""
    ignore_missing: bool
    """Whether indicators without data are left out of the score."""
    indicators: list[TemplateIndicatorRead]
    """What its goals are measured by."""
    origin: str | None
    """The code of the shipped template that it comes from, in `GET /v1/kpi-templates/shipped`; it stays."""
    created_at: datetime
    """When it was made."""


class ShippedWording(Output):
    """A shipped template in one language."""

    name: str
    """What people call it."""
    title: str
    """What is to be reached."""
    behaviours: str
    """The behaviours expected."""
    standards: Standards | None
    """Written standards, where something is entered by hand."""
    indicators: list[TemplateIndicatorRead]
    """What its goals are measured by."""


class ShippedTemplateRead(Output):
    """A template that ships: every company starts with a copy of its own."""

    origin: str
    """Its code, which copies keep."""
    function: DepartmentFunction
    """The function that it is for."""
    weight: Figure
    """Percent of the owner's goals."""
    zh: ShippedWording
    """In Chinese, as companies get it."""
    en: ShippedWording
    """In English."""
