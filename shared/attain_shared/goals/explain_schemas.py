"""The wire contract of attainments opened up: what they were read from, and why they changed (GOAL-8)."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from attain_shared.goals.attainment_schemas import IndicatorAttainmentRead, RubricUsed, Status
from attain_shared.goals.rubric_schemas import RubricRuleRead
from attain_shared.metrics.finding_schemas import FindingRead
from attain_shared.metrics.schemas import CoverageRead
from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain
from attain_shared.wire import DecimalText, Figure, Input, Output

PeriodName = Literal["current", "earlier"]


class PartRead(Output):
    """A part of a ratio, or what weighs a mean, as it entered the figure: a point, an interval, or nothing."""

    metric: str
    """The metric's code."""
    value: Figure | None
    """The figure; of `daily_pooled` the sum of the days."""
    low: Figure | None
    """The least it can be."""
    high: Figure | None
    """The most it can be."""


class HoldingRead(Output):
    """Days on which the goal's owner held a shop (GOAL-12)."""

    starts_on: date
    """The first of them in the window."""
    ends_on: date
    """The last of them in the window, inclusive."""
    days: int
    """How many they are."""
    share: Figure
    """Of the shop; it scales what adds up."""


class UnitRead(Output):
    """A shop, or an item of a set, by itself: a point, an interval, or nothing."""

    shop_id: UUID
    """The shop."""
    dimension: str
    """Empty for the whole shop."""
    value: Figure | None
    """The figure."""
    low: Figure | None
    """The least it can be."""
    high: Figure | None
    """The most it can be."""
    coverage: CoverageRead
    """How much of the days it speaks for."""
    parts: list[PartRead]
    """What it is made of; empty for a metric without parts, and where the ratio's own row speaks."""
    holdings: list[HoldingRead] | None
    """The days and shares that count; null where the shop counts whole."""


class PeriodRead(Output):
    """The figure of some days; of `growth` there are two."""

    period: PeriodName
    """The goal's window, or what growth is against."""
    starts_on: date
    """Its first day."""
    ends_on: date
    """Its last day, inclusive."""
    value: Figure | None
    """The figure."""
    low: Figure | None
    """The least it can be."""
    high: Figure | None
    """The most it can be."""
    exact: bool
    """Whether it is the true figure of the days present."""
    estimated: bool
    """Whether it is an estimate: shown, never scored."""
    coverage: CoverageRead
    """How much of the days it speaks for."""
    units: list[UnitRead]
    """Shop by shop, of those whose values the caller sees; no more than `limit`."""
    units_total: int
    """How many shops and items of sets it is about."""


class FigureRow(Output):
    """Which row, of which figure."""

    period: PeriodName
    """Which figure it enters."""
    shop_id: UUID
    """The shop."""
    metric: str
    """The metric's code."""
    dimension: str
    """Empty for the whole shop."""
    grain: Grain
    """The length of its bucket."""
    bucket: date
    """The bucket's first day."""


class SourceRow(FigureRow):
    """A row that a figure was read from; those passed over (MET-5a) are not among them."""

    value: Figure
    """As the source gave it."""
    finality: Finality
    """Whether the platform may still change it."""
    through: date | None
    """Of a to-date row the last day it speaks for."""
    observed_at: datetime
    """By the source's own clock."""
    received_at: datetime
    """When Attain got it."""
    batch_id: UUID
    """The batch it came in."""


class TeamRead(Output):
    """What a figure on people was counted from."""

    department_id: UUID | None
    """The department, with all below it; null: everybody."""
    starts_on: date
    """The first day counted."""
    ends_on: date
    """The last day counted, inclusive."""
    person_days: int
    """The sum of the daily headcounts."""
    leavers: int
    """How many left."""
    team: int
    """How many were there on every day."""
    grown: int
    """How many of them were promoted meanwhile, or got a higher rating than in their last review."""


class EntryUsed(Output):
    """A number that was entered and accepted."""

    id: UUID
    """The entry."""
    value: Figure
    """The number."""
    on: date
    """The day it is of."""
    decided_at: datetime
    """When it was accepted."""
    counted: bool
    """Whether it is the one that counts: that of the latest day."""


class StepRead(Output):
    """A milestone that was counted."""

    id: UUID
    """The milestone."""
    title: str
    """What is to be done."""
    due_on: date
    """By when."""
    done_on: date | None
    """When it was done, as far as was known."""


class FormulaRead(Output):
    """How the figures were made, in the caller's language."""

    actual: str
    """The actual figure."""
    attainment: str
    """The attainment (GOAL-5)."""


class ExplainedIndicator(IndicatorAttainmentRead):
    """An indicator's figures, and what they were made of."""

    formula: FormulaRead
    """How they were made."""
    periods: list[PeriodRead]
    """Of `metric` one, of `growth` two; of the other kinds none."""
    rows: list[SourceRow]
    """What was read, no more than `limit`; all of them are at `/explain/rows`."""
    rows_total: int
    """How many rows that the caller sees were read."""
    hidden_shops: int
    """How many of its shops' values are not the caller's to see: they are counted, and not opened."""
    team: TeamRead | None
    """Of `people`."""
    entries: list[EntryUsed]
    """Of `manual`, the latest first; no more than `limit`."""
    milestones: list[StepRead]
    """Of `milestones`."""


class ExplainedRule(RubricRuleRead):
    """One line of a rubric."""

    rule: str
    """As attainments name it."""
    matched: bool
    """Whether it is the one that matched."""


class ExplainedRubric(RubricUsed):
    """The rules that made the score."""

    name: str | None
    """What people call it, where it is the company's."""
    rules: list[ExplainedRule]
    """First match wins."""
    otherwise: Figure
    """The score where no rule matches."""


class SplitRead(Output):
    """A change in two parts that add up to it exactly; null where a side of it has no data."""

    first: Figure | None
    """As it was known then."""
    last: Figure | None
    """As it is known now."""
    change: Figure | None
    """`last` less `first`."""
    business: Figure | None
    """What business did: rows that came later."""
    restated: Figure | None
    """What the platform's restatements of days long over did (MET-7)."""


class RestatementRead(FigureRow):
    """A row of days that were over, as it was known, and as it is known since."""

    before: Figure
    """The value then."""
    after: Figure
    """The value now."""
    batch_before: UUID
    """The batch of the value then."""
    batch_after: UUID
    """The batch that restated it."""


class IndicatorChangeRead(Output):
    """Why an indicator's figures changed. Of an interval its ends are split, each by itself."""

    indicator_id: UUID
    """The indicator."""
    actual: SplitRead | None
    """Of two points."""
    actual_low: SplitRead | None
    """Where a side is an interval, of the least."""
    actual_high: SplitRead | None
    """Where a side is an interval, of the most."""
    attainment: SplitRead | None
    """Of two points."""
    attainment_low: SplitRead | None
    """Where a side is an interval, of the least."""
    attainment_high: SplitRead | None
    """Where a side is an interval, of the most."""
    restatements: list[RestatementRead]
    """The rows restated that a figure was read from, of shops that the caller sees; no more than `limit`."""
    restatements_total: int
    """How many there are."""


class ChangeRead(Output):
    """Why an attainment changed between two instants: business went on, or figures were restated."""

    since: datetime
    """The first instant."""
    until: datetime
    """The second."""
    score: SplitRead | None
    """Of two points."""
    score_low: SplitRead | None
    """Where a side is an interval, of the least."""
    score_high: SplitRead | None
    """Where a side is an interval, of the most."""
    indicators: list[IndicatorChangeRead]
    """In the goal's order."""


class GoalExplanation(Output):
    """A goal's attainment opened up."""

    goal_id: UUID
    """The goal."""
    as_of: datetime
    """As known when."""
    score: Figure | None
    """The score, where it is decided."""
    score_low: Figure | None
    """The least it can be."""
    score_high: Figure | None
    """The most it can be."""
    rule: str | None
    """The rule that matched."""
    rubric: ExplainedRubric
    """The rules."""
    status: Status
    """The worst of its indicators'."""
    indicators: list[ExplainedIndicator]
    """In the goal's order."""
    batches: list[UUID]
    """The batches of the rows read, the latest first; no more than `limit`."""
    batches_total: int
    """How many there are."""
    findings: list[FindingRead]
    """What the cross-checks found in the series and days read (MET-9), the latest first; no more than `limit`."""
    change: ChangeRead | None
    """With `since`, why it changed."""


class Supposition(Input):
    """A figure that an indicator might end with."""

    indicator_id: UUID
    """One of the goal's."""
    actual: DecimalText = Field(examples=["0.038"])
    """The figure at the end of the window; of `growth` the growth."""


class WhatIf(Input):
    """Figures that indicators might end with; those not named keep their present ones."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"indicators": [{"indicator_id": "0199b2c4-5f00-7a10-8000-000000000007", "actual": "0.038"}]}]
        }
    )

    indicators: list[Supposition] = Field(min_length=1, max_length=8)
    """Each once."""


class SupposedIndicator(IndicatorAttainmentRead):
    """An indicator's figures, supposed or present."""

    supposed: bool
    """Whether its figure was given: then it is judged as that of a window that is over."""


class WhatIfRead(Output):
    """What a goal would come to."""

    goal_id: UUID
    """The goal."""
    score: Figure | None
    """The score, where it would be decided."""
    score_low: Figure | None
    """The least it could be."""
    score_high: Figure | None
    """The most it could be."""
    rule: str | None
    """The rule that would match."""
    rubric: RubricUsed
    """The rubric it is one of."""
    status: Status
    """The worst of its indicators'."""
    indicators: list[SupposedIndicator]
    """In the goal's order."""
