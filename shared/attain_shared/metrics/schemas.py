"""The wire contract of metrics, batches and values (api.md)."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field, StringConstraints

from attain_shared.rules.algebra import Aggregate, Algebra, Better, OverShops
from attain_shared.rules.corrections import Finality, Verdict
from attain_shared.rules.periods import Grain
from attain_shared.wire import Code, Figure, Input, Line, Name, Output

MetricCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
"""A new metric's code."""
Formula = Annotated[Line, Field(min_length=1)]
"""Metric codes joined by + or -."""
Aliases = Annotated[list[Name], Field(max_length=50)]
"""Header names."""


class MetricCreate(Input):
    """A metric of the company's own, declared as the shipped ones are (MET-4)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "net_gmv_rate",
                    "zh": "净支付率",
                    "en": "GMV kept after refunds",
                    "unit": "ratio",
                    "algebra": "ratio",
                    "numerator": "gmv - refund_amount",
                    "denominator": "gmv",
                    "better": "higher",
                    "aliases": ["净成交占比"],
                }
            ]
        }
    )

    code: MetricCode
    """The stable name that pushes and goals use; it never changes."""
    zh: Name
    """The Chinese label."""
    en: Name
    """The English label."""
    unit: Code
    """What a value counts: CNY, people, ratio, …"""
    algebra: Algebra
    """How it rolls up (MET-3); it never changes."""
    over_shops: OverShops | None = None
    """How it rolls up over several shops; by default as its algebra does, and not at all for a snapshot."""
    over_shops_weight: Code | None = None
    """For a `weighted_mean`, the additive metric that weighs it."""
    numerator: Formula | None = None
    """What a ratio divides: metric codes joined by + or -."""
    denominator: Formula | None = None
    """What a ratio divides by."""
    default_aggregate: Aggregate = Aggregate.DEDUPLICATED
    """How a period is formed unless the caller says otherwise (MET-5a)."""
    better: Better
    """Which direction is an improvement."""
    aliases: Aliases = Field(default=[])
    """Header names under which exports print it."""


class MetricUpdate(Input):
    """What to change of a metric of the company's own: absent means unchanged. The rest is what its facts mean."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"aliases": ["净成交占比", "净支付占比"]}]})

    zh: Name | MISSING = MISSING
    """The Chinese label."""
    en: Name | MISSING = MISSING
    """The English label."""
    numerator: Formula | MISSING = MISSING
    """What a ratio divides; goals in open cycles that measure it are computed anew."""
    denominator: Formula | MISSING = MISSING
    """What a ratio divides by; goals in open cycles that measure it are computed anew."""
    default_aggregate: Aggregate | MISSING = MISSING
    """How a period is formed unless the caller says otherwise; goals keep what they were given."""
    better: Better | MISSING = MISSING
    """Which direction is an improvement."""
    aliases: Aliases | MISSING = MISSING
    """Header names under which exports print it, all of them."""


class MetricRead(Output):
    """A metric of the catalogue (MET-4)."""

    origin: Literal["shipped", "company"]
    """Whether it ships with Attain or is the company's own."""
    version: int | None
    """Of the company's own the version in force, from 1; null where it ships."""

    code: str
    """The stable name that pushes and goals use."""
    zh: str
    """The Chinese label."""
    en: str
    """The English label."""
    unit: str
    """What a value counts: CNY, people, ratio, …"""
    algebra: Algebra
    """How it rolls up (MET-3)."""
    over_shops: OverShops
    """How it rolls up over several shops."""
    over_shops_weight: str | None
    """The metric that weighs a mean over shops."""
    numerator: str | None
    """What a ratio divides."""
    denominator: str | None
    """What a ratio divides by."""
    default_aggregate: Aggregate
    """How a period is formed unless the caller says otherwise (MET-5a)."""
    better: Better
    """Which direction is an improvement."""
    aliases: list[str]
    """Header names under which exports print it."""


class MetricVersionRead(MetricRead):
    """A metric as it was declared once (MET-4)."""

    created_by: UUID | None
    """The person who declared it so; null for who sees no people, as a connector."""
    created_at: datetime
    """Since when."""


class MetricList(Output):
    """The whole catalogue: it is short."""

    items: list[MetricRead]
    """Every metric."""
    next_cursor: str | None
    """Always null."""


class CoverageRead(Output):
    """How much of a period a figure speaks for (MET-8)."""

    expected: int
    """Days times shops."""
    present: int
    """Of these, how many have a value."""
    provisional: int
    """Of the present ones, how many the platform may still change."""


class FigureRead(Output):
    """A point (`value`), an interval (`low` and `high`), or no data (all null)."""

    value: Figure | None
    """The figure, where there is one."""
    low: Figure | None
    """The least it can be (MET-5)."""
    high: Figure | None
    """The most it can be."""
    exact: bool
    """Whether it is the true figure of the days present."""
    estimated: bool
    """Whether it is an estimate: shown, never scored (MET-6)."""
    estimate: Figure | None
    """Beside an interval: a guess at where in it."""
    coverage: CoverageRead
    """How much of the period it speaks for."""


class MetricValueRead(FigureRead):
    """A metric of a shop in a bucket."""

    shop_id: UUID
    """The shop."""
    metric: str
    """The metric's code."""
    bucket: date
    """The bucket's first day."""
    grain: Grain
    """The bucket's length."""
    dimension: str
    """Empty for the whole shop."""


class MetricValueList(Output):
    """The values asked for, bucket by bucket; a bucket without data has nulls."""

    items: list[MetricValueRead]
    """By shop, metric and bucket."""
    next_cursor: str | None
    """Always null: a request for too many is refused instead."""


class MetricTotalRead(FigureRead):
    """A metric over a period and shops."""

    shop_ids: list[UUID]
    """The shops."""
    metric: str
    """The metric's code."""
    dimension: str
    """Empty for the whole shop."""
    from_: date = Field(serialization_alias="from")
    """The first day."""
    to: date
    """The last day, inclusive."""
    aggregate: Aggregate
    """How the period was formed (MET-5a)."""


class BatchReceipt(Output):
    """What a push is answered: stored durably, to be processed at once (ING-1)."""

    id: UUID
    """The batch."""
    state: str
    """`stored`: the receipt says what was true when it was written."""
    received: int
    """Rows."""
    stored_at: datetime
    """When it was stored."""


class VerdictCounts(Output):
    """How many rows got which verdict; they add up to `received`."""

    accepted: int
    """The first of their key."""
    unchanged: int
    """Nothing new."""
    superseded: int
    """Replaced an older value."""
    stale: int
    """Older than what is known."""
    conflict: int
    """The same instant, another value: the greater stands."""
    rejected: int
    """Could not be taken in."""


class BatchRead(Output):
    """A batch and what became of it."""

    id: UUID
    """The batch."""
    state: str
    """`stored`, `done` or `failed`."""
    source: str | None
    """What the connector calls itself."""
    lane: str
    """`live` or `backfill`."""
    connector_id: UUID | None
    """Who pushed it; null where a person did."""
    received: int
    """Rows."""
    attempts: int
    """Tries so far."""
    stored_at: datetime
    """When it was stored."""
    processed_at: datetime | None
    """When it was done or given up."""
    error: str | None
    """Why it failed."""
    verdicts: VerdictCounts | None
    """Null until it is done."""
    allowed_actions: list[str]
    """What the caller may do with it now."""


class BatchRowRead(Output):
    """A row of a batch and its verdict."""

    index: int
    """Its place in `observations`."""
    verdict: Verdict | None
    """Null until the batch is done."""
    pointer: str | None
    """Where a rejected row is wrong."""
    code: str | None
    """Why, as a stable code."""
    detail: str | None
    """Why, as a sentence."""
    observation: dict[str, str | None]
    """The row with its defaults filled in."""


class HistoryRead(Output):
    """A row once received for a key (MET-7)."""

    value: Figure
    """Its value."""
    finality: Finality
    """Whether the platform had finished counting."""
    through: date | None
    """The day a to-date row spoke up to."""
    observed_at: datetime
    """The source's clock."""
    received_at: datetime
    """Attain's clock."""
    batch_id: UUID
    """The batch it came in."""
    index: int
    """Its place there."""
    verdict: Verdict
    """What became of it."""
