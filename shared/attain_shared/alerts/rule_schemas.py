"""The wire contract of the rules that raise alerts (CULT-5)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field, TypeAdapter

from attain_shared.alerts.schemas import Severity
from attain_shared.wire import Code, DecimalText, Input, Instant, Name, Output, Statement

MAX_SCOPE = 200
"""Shops or departments that a rule names."""

SHOP = "01997b1c-0000-7000-8000-000000000000"
RULE_EXAMPLE: dict[str, Any] = {
    "name": "成交骤降",
    "condition": {"kind": "metric_drop", "metric": "gmv", "by": "0.3", "days": 28, "shop_ids": None},
    "severity": "critical",
    "owner_id": None,
    "playbook": "先看数据是否到齐,再看流量、转化、客单价哪一个掉了;两小时内在群里说明。",
}

ShopScope = Annotated[list[UUID], Field(min_length=1, max_length=MAX_SCOPE)]
DepartmentScope = Annotated[list[UUID], Field(min_length=1, max_length=MAX_SCOPE)]


class SilentConnectorCondition(Input):
    """A connector has not brought a shop's figures by the time they were due (MET-8).

    Told of with or without a rule; a company has one such rule at most.
    """

    kind: Literal["silent_connector"]
    """A connector is silent."""


class MetricDropCondition(Input):
    """A shop's figure of a day lies far below the median of the days before."""

    kind: Literal["metric_drop"]
    """A metric has dropped."""
    metric: Code = Field(examples=["gmv"])
    """A metric of the catalogue; a ratio of a day is its own row, else its parts'."""
    by: DecimalText = Field(gt=0, le=1, decimal_places=4, examples=["0.3"])
    """From which share below the median on: 0.3 is 30 %. It is over once less than four fifths of that is missing."""
    days: int = Field(strict=True, ge=7, le=90, examples=[28])
    """How many days before it the median looks at; half of them must have a figure."""
    shop_ids: ShopScope | None
    """Of which shops; null is all."""


class GoalOffTrackCondition(Input):
    """A confirmed goal is off track while its window runs (GOAL-7). Over once it is on track, met, or its window ends."""

    kind: Literal["goal_off_track"]
    """A goal is off track."""
    department_ids: DepartmentScope | None
    """Goals of these departments, of those below them, and of their people; null is all goals, the company's too."""


class TurnoverCondition(Input):
    """Staff turnover (流失率, ORG-5) of the last days is above a limit."""

    kind: Literal["turnover"]
    """Too many people leave."""
    above: DecimalText = Field(ge=0, le=10, decimal_places=4, examples=["0.1"])
    """0.1 is 10 %: leavers over the mean headcount of these days."""
    days: int = Field(strict=True, ge=7, le=366, examples=[90])
    """How many days it is counted over, today the last."""
    department_ids: DepartmentScope | None
    """Each of these departments with all below it; null is the company as a whole."""


Condition = Annotated[
    SilentConnectorCondition | MetricDropCondition | GoalOffTrackCondition | TurnoverCondition,
    Field(discriminator="kind"),
]
"""What a rule looks at, where, and from when on it is trouble."""

CONDITION: TypeAdapter[SilentConnectorCondition | MetricDropCondition | GoalOffTrackCondition | TurnoverCondition] = (
    TypeAdapter(Condition)
)
"""Reads a condition as it is stored."""


class AlertRuleCreate(Input):
    """A new rule."""

    # FastAPI leaves nulls out of what the document shows, and a condition needs them
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [RULE_EXAMPLE | {"condition": {**RULE_EXAMPLE["condition"], "shop_ids": [SHOP]}}]
        }
    )

    name: Name
    """What it is called."""
    condition: Condition
    """What it looks at."""
    severity: Severity = Severity.WARNING
    """How soon somebody is to look."""
    owner_id: UUID | None = None
    """Who sees to its alerts. By default the shop's owner with the greatest share (or the head of the department that
    it is), the manager of a goal's owner (or the department's head), or the department's head; else the administrators."""
    playbook: Statement | None = None
    """What is to be done, in your own words."""
    is_active: bool = Field(default=True, strict=True)
    """Whether it raises alerts; one that does not clears those it has raised."""


class AlertRuleUpdate(Input):
    """What is to change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"severity": "warning", "is_active": False}]})

    name: Name | MISSING = MISSING
    """What it is called."""
    condition: Condition | MISSING = MISSING
    """What it looks at: as a whole, of the same kind."""
    severity: Severity | MISSING = MISSING
    """How soon somebody is to look, at what it raises from now on."""
    owner_id: UUID | MISSING | None = MISSING
    """Who sees to what it raises from now on."""
    playbook: Statement | MISSING | None = MISSING
    """What is to be done."""
    is_active: Annotated[bool, Field(strict=True)] | MISSING = MISSING
    """Whether it raises alerts."""


class AlertRuleRead(Output):
    """A rule (CULT-5)."""

    id: UUID
    """Its id."""
    name: str
    """What it is called."""
    condition: Condition
    """What it looks at."""
    severity: Severity
    """How soon somebody is to look."""
    owner_id: UUID | None
    """Who sees to its alerts; null is by default."""
    playbook: str | None
    """What is to be done."""
    is_active: bool
    """Whether it raises alerts."""
    created_at: Instant
    """Since when there is the rule."""
