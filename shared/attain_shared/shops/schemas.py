"""The wire contract of shops."""

from typing import Annotated
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import MISSING, AfterValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from attain_shared.wire import Input, Instant, Name, Output


def _known_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise PydanticCustomError("unknown_timezone", "There is no such time zone")
    return zone


Platform = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]
"""A platform's code: `tmall`, `taobao`, …"""
Zone = Annotated[str, StringConstraints(max_length=80), AfterValidator(_known_zone)]
"""A name of the IANA time zone database."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""


class ShopCreate(Input):
    """A new shop (MET-1)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "platform": "tmall",
                    "external_id": "brand-flagship",
                    "name": "某某旗舰店",
                    "timezone": "Asia/Shanghai",
                    "currency": "CNY",
                }
            ]
        }
    )

    platform: Platform
    """The platform's code."""
    external_id: Name
    """The platform's own id of the shop; a push names the shop `platform:external_id`."""
    name: Name
    """The shop's name."""
    timezone: Zone = "Asia/Shanghai"
    """The zone of its business days."""
    currency: Currency = "CNY"
    """The currency of its money."""


class ShopUpdate(Input):
    """What to change of a shop: absent means unchanged. What names the shop to connectors stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "某某官方旗舰店"}]})

    name: Name | MISSING = MISSING
    """The shop's name."""
    timezone: Zone | MISSING = MISSING
    """The zone of its business days."""
    currency: Currency | MISSING = MISSING
    """The currency of its money."""


class ShopRead(Output):
    """A shop."""

    id: UUID
    """Its id."""
    platform: str
    """The platform's code."""
    external_id: str
    """The platform's own id of the shop."""
    name: str
    """The shop's name."""
    timezone: str
    """The zone of its business days."""
    currency: str
    """The currency of its money."""
    created_at: Instant
    """When it was made."""
