"""The wire contract of alerts."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import JsonValue

from attain_shared.wire import Instant, Output


class AlertKind(StrEnum):
    """What trouble there is."""

    SILENT_CONNECTOR = "silent_connector"


class AlertRead(Output):
    """Trouble that Attain has noticed by itself (MET-8)."""

    id: UUID
    """Its id."""
    kind: AlertKind
    """`silent_connector`: a connector has not brought a shop's figures by the time they were due."""
    state: Literal["open", "cleared"]
    """`cleared` once the trouble is over."""
    connector_id: UUID | None
    """The connector it is about."""
    shop_id: UUID | None
    """The shop it is about."""
    details: dict[str, JsonValue]
    """As it was when raised; of a silent connector `expected_day`, `due_at`, and `latest_day`, the last day brought."""
    raised_at: Instant
    """Since when."""
    cleared_at: Instant | None
    """Until when."""
