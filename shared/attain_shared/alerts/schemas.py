"""The wire contract of alerts."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, JsonValue

from attain_shared.wire import Input, Instant, Output, Text


class AlertKind(StrEnum):
    """What trouble there is."""

    SILENT_CONNECTOR = "silent_connector"
    METRIC_DROP = "metric_drop"
    GOAL_OFF_TRACK = "goal_off_track"
    TURNOVER = "turnover"


class Severity(StrEnum):
    """How soon somebody is to look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertAcknowledge(Input):
    """Somebody takes an alert on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"comment": "正在和数据商确认"}]})

    comment: Text | None = None
    """What they are about to do."""


class AlertRead(Output):
    """Trouble that Attain has noticed by itself (MET-8, CULT-5)."""

    id: UUID
    """Its id."""
    kind: AlertKind
    """`silent_connector`: a connector has not brought a shop's figures by the time they were due; `metric_drop`: a shop's
    figure lies far below its usual one; `goal_off_track`: a goal will not be reached at this pace; `turnover`: too many
    people leave."""
    state: Literal["open", "cleared"]
    """`cleared` once the trouble is over."""
    severity: Severity
    """As its rule said when it was raised; `warning` without a rule."""
    rule_id: UUID | None
    """The rule that raised it; null without one, and once the rule is deleted."""
    rule_name: str | None
    """What the rule is called."""
    playbook: str | None
    """What is to be done, as the rule says now."""
    connector_id: UUID | None
    """The connector it is about."""
    shop_id: UUID | None
    """The shop it is about."""
    goal_id: UUID | None
    """The goal it is about."""
    department_id: UUID | None
    """The department it is about, with all below it; of `turnover` null for the company."""
    owner_id: UUID | None
    """Who sees to it; null is the administrators."""
    details: dict[str, JsonValue]
    """As it was when raised. `silent_connector`: `expected_day`, `due_at`, and `latest_day`, the last day brought;
    `metric_drop`: `metric`, `day`, `value`, the `median` of the days before, and `drop`, the share by which it lies below;
    `goal_off_track`: `status` and `business_day`; `turnover`: `turnover`, `limit`, `starts_on`, `ends_on`."""
    raised_at: Instant
    """Since when."""
    cleared_at: Instant | None
    """Until when."""
    acknowledged_at: Instant | None
    """When somebody took it on last."""
    acknowledged_by: UUID | None
    """Who did."""
    comment: str | None
    """What they said."""
    allowed_actions: list[Literal["acknowledge"]]
    """What the caller may do with it now."""
