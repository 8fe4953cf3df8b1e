"""The wire contract of shops."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import MISSING, AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from attain_shared.wire import Day, DecimalText, Figure, Input, Instant, Name, Output


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


class OwnerShare(Input):
    """A person or a department, and its share of a shop."""

    type: Literal["person", "department"]
    """Which of the two."""
    id: UUID
    """The person or the department."""
    share: DecimalText = Field(gt=0, le=1, decimal_places=6, examples=["0.5"])
    """Above 0; the shares of a set make 1."""


class ShopOwnersUpdate(Input):
    """Who owns a shop from a day on (GOAL-12)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "starts_on": "2026-07-01",
                    "owners": [{"type": "person", "id": "0199b2c4-5f00-7a10-8000-000000000001", "share": "1.0"}],
                }
            ]
        }
    )

    starts_on: Day
    """The first day; what was set for it and for later days is replaced."""
    owners: list[OwnerShare] = Field(max_length=50)
    """The whole set, with shares that make exactly 1; empty where nobody owns the shop from that day on."""


class ShopOwnerRead(Output):
    """An owner and its share."""

    type: Literal["person", "department"]
    """Which of the two."""
    id: UUID
    """The person or the department."""
    name: str | None
    """Its name today; null where the caller's directory does not show them any more."""
    share: Figure
    """Its share of the shop; the shares of a set make 1."""


class ShopOwnersRead(Output):
    """The owners of a shop for a stretch of days (GOAL-12)."""

    shop_id: UUID
    """The shop."""
    starts_on: date | None
    """The first day; null where nobody has owned the shop before."""
    ends_on: date | None
    """The last day, inclusive; null while no change is set."""
    owners: list[ShopOwnerRead]
    """The set; empty where nobody owns the shop."""


ItemId = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\s\x00-\x1f\x7f]+$")]
"""A platform's id of an item, as in the dimension `item:<id>`."""
ItemIds = Annotated[
    list[ItemId],
    Field(
        min_length=1,
        max_length=1000,
        examples=[["612345678901", "612345678902"]],
        json_schema_extra={"uniqueItems": True},
    ),
]
"""Items, each once."""


class ItemSetCreate(Input):
    """A new set of a shop's items, such as its hot items (爆款) (MET-2)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "shop_id": "0199b2c4-5f00-7a10-8000-000000000004",
                    "name": "爆款",
                    "item_ids": ["612345678901", "612345678902"],
                }
            ]
        }
    )

    shop_id: UUID
    """The shop."""
    name: Name
    """The set's name, once a shop."""
    item_ids: ItemIds
    """The items, each once."""


class ItemSetUpdate(Input):
    """What to change of an item set: absent means unchanged."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"item_ids": ["612345678901"]}]})

    name: Name | MISSING = MISSING
    """The set's name, once a shop."""
    item_ids: ItemIds | MISSING = MISSING
    """All the items, each once."""


class ItemSetRead(Output):
    """A named set of a shop's items."""

    id: UUID
    """Its id."""
    shop_id: UUID
    """The shop."""
    name: str
    """Its name."""
    item_ids: list[str]
    """The items."""
    created_at: Instant
    """When it was made."""
